//! `deep3d test-pattern`: the pattern into a window or a picture.

use std::sync::Arc;
use std::time::Instant;

use ash::vk;

use super::TestPatternArguments;
use super::run::{CliError, check_validation, gpu_options};
use crate::eyes::{Place, composition};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Headless, Image, ImageOptions, Recorder};
use crate::media::encode::{EncodeError, StillFormat, StillOptions, write_picture};
use crate::pattern::{Eye, draw};
use crate::sink::Layout;
use crate::sink::compose::Compose;
use crate::sink::layout::Target;
use crate::sink::window::{self, Action, App, Canvas, Tick, WindowError, WindowOptions};

/// What can go wrong with it.
#[derive(Debug, thiserror::Error)]
pub(super) enum PatternError {
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Window(#[from] WindowError),
}

pub(super) fn show(arguments: &TestPatternArguments) -> Result<(), CliError> {
    let layout = arguments.layout;
    if matches!(layout, Layout::Depth | Layout::Layers | Layout::Wiggle) {
        return Err(CliError::Usage(format!(
            "the test pattern has no {layout}: choose a layout of both eyes, or one eye"
        )));
    }
    let options = gpu_options(arguments.gpu.clone());
    match &arguments.output {
        None => {
            let size = layout.output_size(arguments.size);
            let window =
                WindowOptions { title: "deep3d".to_owned(), size, full_screen: arguments.fullscreen, gpu: options };
            let mut app =
                PatternWindow { arguments, swap_eyes: arguments.swap_eyes, layout, pictures: None, compose: None };
            Ok(window::run(&mut app, window).map_err(|error: PatternError| error)?)
        }
        Some(output) => {
            let format = StillFormat::from_path(output).map_err(PatternError::from)?;
            if !layout.allows(Target::Picture) || !layout.allows_still(format) {
                return Err(CliError::Usage(format!(
                    "--layout {layout} cannot be written as {}: name a .png",
                    format.name()
                )));
            }
            let gpu = Gpu::new(&Headless, &options)?;
            write(&gpu, arguments, output)?;
            check_validation(&gpu)
        }
    }
}

/// Both eyes' pictures on the GPU.
fn pictures(gpu: &Gpu, size: [u32; 2]) -> Result<[Arc<Image>; 2], GpuError> {
    let upload = |eye, name: &str| {
        let samples = draw(size, eye);
        let buffer = Buffer::new(gpu, "pattern", samples.len() as u64, BufferKind::Upload)?;
        buffer.write(0, &samples)?;
        let image = Image::new(gpu, name, ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?;
        let mut commands = Commands::new(gpu, "pattern", 0)?;
        commands.record(|recorder| recorder.copy_buffer_to_image(&buffer, &image, 4))?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        Ok(image)
    };
    Ok([upload(Eye::Left, "left pattern")?, upload(Eye::Right, "right pattern")?])
}

fn write(gpu: &Gpu, arguments: &TestPatternArguments, output: &std::path::Path) -> Result<(), PatternError> {
    let size = arguments.layout.output_size(arguments.size);
    let [left, right] = pictures(gpu, arguments.size)?;
    let target =
        Image::new(gpu, "laid-out pattern", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?;
    let readback = Buffer::new(gpu, "pattern", u64::from(size[0]) * u64::from(size[1]) * 4, BufferKind::Readback)?;
    let compose = Compose::new(gpu, &left, &right, &target);
    let composition = composition(arguments.layout, arguments.swap_eyes, arguments.size, 1.0, size, Place::File);
    let mut commands = Commands::new(gpu, "pattern", 0)?;
    commands.record(|recorder| {
        compose.record(recorder, &composition)?;
        recorder.copy_image_to_buffer(&target, &readback, 4)
    })?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    let options = StillOptions { force: arguments.force, ..StillOptions::default() };
    readback.read(|bytes| write_picture(output, bytes, size[0] as usize * 4, size, &options))??;
    Ok(())
}

struct PatternWindow<'a> {
    arguments: &'a TestPatternArguments,
    swap_eyes: bool,
    layout: Layout,
    pictures: Option<(Gpu, [Arc<Image>; 2])>,
    compose: Option<(Arc<Image>, Compose)>,
}

impl App for PatternWindow<'_> {
    type Error = PatternError;

    fn start(&mut self, gpu: &Gpu) -> Result<(), PatternError> {
        self.pictures = Some((gpu.clone(), pictures(gpu, self.arguments.size)?));
        Ok(())
    }

    fn tick(&mut self, _now: Instant) -> Result<Tick, PatternError> {
        Ok(Tick::default())
    }

    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), PatternError> {
        let Some((gpu, [left, right])) = &self.pictures else { return Ok(()) };
        let compose = match self.compose.take() {
            Some((image, compose)) if Arc::ptr_eq(&image, &canvas.image) => (image, compose),
            _ => (Arc::clone(&canvas.image), Compose::new(gpu, left, right, &canvas.image)),
        };
        let place = Place::Window(canvas.origin);
        let composition =
            composition(self.layout, self.swap_eyes, self.arguments.size, 1.0, canvas.image.size(), place);
        compose.1.record(recorder, &composition)?;
        self.compose = Some(compose);
        Ok(())
    }

    fn act(&mut self, action: Action, _now: Instant) -> bool {
        if action == Action::SwapEyes {
            self.swap_eyes = !self.swap_eyes;
        }
        action == Action::SwapEyes
    }

    fn title(&self) -> String {
        let swapped = if self.swap_eyes { " – eyes swapped" } else { "" };
        format!("deep3d – test pattern – {}{swapped}", self.layout)
    }

    fn end(&mut self) {
        self.compose = None;
        self.pictures = None;
    }
}
