//! `deep3d test-pattern`: the pattern into a window or a picture.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ash::vk;
use clap::Args;

use super::error::CliError;
use super::film_error::PatternError;
use super::options;
use super::setup::{check_validation, gpu_options};
use crate::control::{Done, Keyboard, Status};
use crate::eyes::{Place, composition};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, GpuOptions, Headless, Image, ImageOptions, Recorder};
use crate::media::encode::{PixelOrder, StillFormat, StillOptions, write_depth, write_picture, write_wiggle};
use crate::output::Outputs;
use crate::pattern::{Eye, draw, draw_layers, mapping, parallax};
use crate::sink::Layout;
use crate::sink::compose::Compose;
use crate::sink::layout::{Target, WIGGLE};
use crate::sink::window::{self, Manners, Placement, WindowOptions};
use crate::sink::{Action, App, Asked, Canvas, Tick, WindowState};
use crate::stage::stereo::depth;
use crate::stage::stereo::layers::layers_size;
use crate::ui::DepthModel;

#[derive(Debug, Args)]
pub(crate) struct TestPatternArguments {
    /// Write this picture instead of showing a window
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    /// How the two eyes are arranged
    #[arg(long, default_value = "sbs", value_name = "LAYOUT")]
    pub(super) layout: Layout,
    /// Width and height of one eye's picture in pixels
    #[arg(long, default_value = "1920x1080", value_name = "WxH", value_parser = options::size)]
    pub(super) size: [u32; 2],
    /// Fill the screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    /// Exchange the eyes
    #[arg(long)]
    pub(super) swap_eyes: bool,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    /// The GPU: a number from `deep3d doctor` or part of its name
    #[arg(long, value_name = "GPU")]
    pub(super) gpu: Option<String>,
}

pub(super) fn show(arguments: &TestPatternArguments) -> Result<(), CliError> {
    let layout = arguments.layout;
    let options = gpu_options(arguments.gpu.clone());
    match &arguments.output {
        None => {
            let size = layout.output_size(arguments.size);
            let window = WindowOptions {
                title: "deep3d".to_owned(),
                size,
                full_screen: arguments.fullscreen,
                gpu: options,
                placement: Placement::default(),
                manners: Manners::default(),
            };
            let mut app = PatternWindow {
                keyboard: Keyboard::default(),
                window: WindowState::default(),
                eye: arguments.size,
                swap_eyes: arguments.swap_eyes,
                layout,
                gpu: None,
                pictures: None,
                compose: None,
                began: Instant::now(),
            };
            Ok(window::run(&mut app, window).map_err(|error: PatternError| error)?)
        }
        Some(output) => {
            let format = StillFormat::from_path(output).map_err(PatternError::from)?;
            let mut outputs = Outputs::new(arguments.force);
            outputs.take(output)?;
            outputs.sweep();
            if !layout.allows(Target::Picture) || !layout.allows_still(format) {
                let wanted = if layout == Layout::Wiggle { ".gif" } else { ".png" };
                return Err(CliError::Usage(format!(
                    "--layout {layout} cannot be written as {}: name a {wanted}",
                    format.name()
                )));
            }
            write(arguments, output, format, options)
        }
    }
}

/// What is laid out: a pair of eyes, or one picture that stands for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Eyes,
    Depth,
    Layers,
}

impl Kind {
    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Depth => Self::Depth,
            Layout::Layers => Self::Layers,
            _ => Self::Eyes,
        }
    }
}

/// The parallax of the pattern in pixels.
fn parallax_in_pixels(size: [u32; 2]) -> Vec<f32> {
    parallax(size).into_iter().map(|percent| percent * size[0] as f32 / 100.0).collect()
}

/// The pictures for an eye of `size` on the GPU.
fn pictures(gpu: &Gpu, size: [u32; 2], kind: Kind) -> Result<[Arc<Image>; 2], GpuError> {
    let upload = |samples: &[u8], size: [u32; 2], name: &str| {
        let buffer = Buffer::new(gpu, "pattern", samples.len() as u64, BufferKind::Upload)?;
        buffer.write(0, samples)?;
        let image = Image::new(gpu, name, ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?;
        let mut commands = Commands::new(gpu, "pattern", 0)?;
        commands.record(|recorder| recorder.copy_buffer_to_image(&buffer, &image, 4))?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        Ok(image)
    };
    let twice = |image: Arc<Image>| [Arc::clone(&image), image];
    match kind {
        Kind::Eyes => Ok([
            upload(&draw(size, Eye::Left), size, "left pattern")?,
            upload(&draw(size, Eye::Right), size, "right pattern")?,
        ]),
        Kind::Depth => {
            let (_, grey) = depth::reference(&parallax_in_pixels(size), size[0], &mapping());
            let samples: Vec<u8> = grey.into_iter().flat_map(|grey| [grey, grey, grey, 255]).collect();
            upload(&samples, size, "depth of the pattern").map(twice)
        }
        Kind::Layers => upload(&draw_layers(size), layers_size(size), "layers of the pattern").map(twice),
    }
}

fn write(
    arguments: &TestPatternArguments,
    output: &Path,
    format: StillFormat,
    options: GpuOptions,
) -> Result<(), CliError> {
    let (eye, force) = (arguments.size, arguments.force);
    match arguments.layout {
        Layout::Depth if matches!(format, StillFormat::Png | StillFormat::Tiff) => {
            let (deep, _) = depth::reference(&parallax_in_pixels(eye), eye[0], &mapping());
            write_depth(output, &deep, eye, force).map_err(PatternError::from)?;
        }
        Layout::Wiggle => {
            let mut eyes = [draw(eye, Eye::Left), draw(eye, Eye::Right)];
            if arguments.swap_eyes {
                eyes.reverse();
            }
            let eyes = eyes.each_ref().map(Vec::as_slice);
            write_wiggle(output, &eyes, eye[0] as usize * 4, eye, PixelOrder::Rgba, WIGGLE, force)
                .map_err(PatternError::from)?;
        }
        _ => {
            let gpu = Gpu::new(&Headless, &options)?;
            write_laid_out(&gpu, arguments, output)?;
            check_validation(&gpu)?;
        }
    }
    Ok(())
}

fn write_laid_out(gpu: &Gpu, arguments: &TestPatternArguments, output: &Path) -> Result<(), PatternError> {
    let layout = arguments.layout;
    let size = layout.output_size(arguments.size);
    let [left, right] = pictures(gpu, arguments.size, Kind::of(layout))?;
    let target =
        Image::new(gpu, "laid-out pattern", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?;
    let readback = Buffer::new(gpu, "pattern", u64::from(size[0]) * u64::from(size[1]) * 4, BufferKind::Readback)?;
    let compose = Compose::new(gpu, &left, &right, &target);
    let composition = composition(layout, arguments.swap_eyes, arguments.size, 1.0, size, Place::File);
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

struct PatternWindow {
    /// Width and height of one eye's picture.
    eye: [u32; 2],
    swap_eyes: bool,
    layout: Layout,
    keyboard: Keyboard,
    window: WindowState,
    gpu: Option<Gpu>,
    pictures: Option<(Kind, [Arc<Image>; 2])>,
    compose: Option<(Arc<Image>, Compose)>,
    /// A wiggle counts from here.
    began: Instant,
}

impl App for PatternWindow {
    type Error = PatternError;

    fn start(&mut self, gpu: &Gpu) -> Result<(), PatternError> {
        self.gpu = Some(gpu.clone());
        Ok(())
    }

    fn tick(&mut self, now: Instant) -> Result<Tick, PatternError> {
        let wiggles = self.layout == Layout::Wiggle;
        Ok(Tick { repaint: wiggles, wake: wiggles.then(|| now + WIGGLE), ..Tick::default() })
    }

    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), PatternError> {
        let Some(gpu) = &self.gpu else { return Ok(()) };
        let kind = Kind::of(self.layout);
        let [left, right] = match self.pictures.take() {
            Some((shown, pictures)) if shown == kind => pictures,
            _ => {
                self.compose = None;
                pictures(gpu, self.eye, kind)?
            }
        };
        let compose = match self.compose.take() {
            Some((image, compose)) if Arc::ptr_eq(&image, &canvas.image) => (image, compose),
            _ => (Arc::clone(&canvas.image), Compose::new(gpu, &left, &right, &canvas.image)),
        };
        let place = Place::Window(canvas.origin);
        let layout = self.layout.at(self.began.elapsed());
        let composition = composition(layout, self.swap_eyes, self.eye, 1.0, canvas.image.size(), place);
        compose.1.record(recorder, &composition)?;
        self.pictures = Some((kind, [left, right]));
        self.compose = Some(compose);
        Ok(())
    }

    fn act(&mut self, action: Action, _now: Instant) -> bool {
        match action {
            Action::SwapEyes => self.swap_eyes = !self.swap_eyes,
            Action::Layout(by) => self.layout = self.layout.step(by, Target::Window),
            _ => return false,
        }
        true
    }

    fn set_window(&mut self, window: WindowState) {
        self.window = window;
    }

    fn key(&mut self, name: &str, repeated: bool, now: Instant) -> Asked {
        let mut asked = Asked::default();
        for command in self.keyboard.press(name, repeated) {
            let status = Status {
                full_screen: self.window.full_screen,
                on_top: self.window.on_top,
                depth: Some(DepthModel { swap_eyes: self.swap_eyes, layout: self.layout, ..DepthModel::default() }),
                ..Status::default()
            };
            match command.resolve(&status) {
                Ok(Done::Act(Some(action))) if action.is_of_sink() => asked.actions.push(action),
                Ok(Done::Act(Some(action))) => asked.repaint |= self.act(action, now),
                _ => {}
            }
        }
        asked
    }

    fn title(&self) -> String {
        let swapped = if self.swap_eyes { " – eyes swapped" } else { "" };
        format!("deep3d – test pattern – {}{swapped}", self.layout)
    }

    fn end(&mut self) {
        self.compose = None;
        self.pictures = None;
        self.gpu = None;
    }
}
