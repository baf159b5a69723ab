//! A scene as a picture for a file, made on a thread of its own beside what is shown.

use std::time::{Duration, Instant};

use ash::vk;

use crate::control::ShotOf;
use crate::eyes::{Eyes, EyesError, Place, Settings, TIMESTAMPS};
use crate::film::Scene;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, Image, ImageOptions};
use crate::overlay::Told;
use crate::player::{Error, Maker, Taken};
use crate::sink::Layout;

/// A message that is not drawn by then is left out.
const PATIENCE: Duration = Duration::from_secs(2);

/// What makes a picture of `scene` under `settings`. The window's has that size and place on the screen, and `told` over it.
pub(super) fn maker(
    gpu: &Gpu,
    scene: Scene,
    settings: Settings,
    of: ShotOf,
    window: Option<([u32; 2], [i32; 2])>,
    told: Option<Told>,
) -> Maker {
    let gpu = gpu.clone();
    // Of the eyes the left one is the left one, however the glasses want it, and never the depth.
    let pair = Settings { layout: Layout::Sbs, swap_eyes: false, ..settings };
    let (size, place, settings) = match (of, window) {
        (ShotOf::Window, Some((size, origin))) => (size, Place::Window(origin), settings),
        _ => (Layout::Sbs.output_size(scene.layout.size), Place::File, pair),
    };
    let scene = if of == ShotOf::Video { scene.without_subtitles() } else { scene };
    let told = told.filter(|_| place != Place::File);
    Box::new(move || make(&gpu, &scene, &settings, (size, place), told.as_ref()))
}

fn make(
    gpu: &Gpu,
    scene: &Scene,
    settings: &Settings,
    (size, place): ([u32; 2], Place),
    told: Option<&Told>,
) -> Result<Taken, Error> {
    let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let target = Image::new(gpu, "screenshot", options)?;
    let bytes = u64::from(size[0]) * u64::from(size[1]) * 4;
    let readback = Buffer::new(gpu, "screenshot read back", bytes, BufferKind::Readback)?;
    let mut commands = Commands::new(gpu, "screenshot", TIMESTAMPS)?;
    let mut eyes = Eyes::new(gpu);
    eyes.set_patient(true);
    if told.is_some() {
        eyes.set_message(told);
    }
    let began = Instant::now();
    loop {
        commands.record::<EyesError>(|recorder| {
            eyes.record(recorder, scene, settings, &target, place, 0)?;
            Ok(recorder.copy_image_to_buffer(&target, &readback, 4)?)
        })?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        // The message is drawn by a thread that begins with it.
        match eyes.repaint_after().filter(|_| told.is_some() && began.elapsed() < PATIENCE) {
            Some(after) => std::thread::sleep(after.max(Duration::from_millis(5))),
            None => break,
        }
    }
    Ok(Taken { samples: readback.read(<[u8]>::to_vec)?, size, is_pair: place == Place::File })
}
