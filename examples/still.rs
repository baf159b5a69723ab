//! Makes both eyes from a still and a disparity picture (brighter is nearer), for looking at what the stereo stage does:
//!
//! ```text
//! cargo run --example still -- PHOTO DISPARITY OUT-PREFIX [STRENGTH [CONVERGENCE [centre|left [ROUNDS]]]]
//! ```
//!
//! writes PREFIX-left.png, -right.png, -anaglyph.png and -depth.png, and prints how long the GPU took.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ash::vk;
use deep3d::frame::{Chroma, Colour as Meaning, OwnedPlanes, Picture, PixelFormat, Shape};
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, GpuOptions, Headless, Image, ImageOptions};
use deep3d::sink::compose::{Arrangement, Compose, Composition};
use deep3d::stage::colour::Colour;
use deep3d::stage::comfort::{Limits, Mapping, Percentiles, Viewing};
use deep3d::stage::stereo::depth::Depth;
use deep3d::stage::stereo::{Source, SourceEye, Stereo, View};
use deep3d::stage::upload::Upload;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, disparity, prefix, more @ ..] = arguments.as_slice() else {
        return Err("usage: still PHOTO DISPARITY OUT-PREFIX [STRENGTH [CONVERGENCE [centre|left [ROUNDS]]]]".into());
    };
    let number = |index: usize, default: f32| more.get(index).map_or(Ok(default), |text| text.parse());
    let (strength, convergence) = (number(0, 1.5)?, number(1, 0.5)?);
    let source_eye = if more.get(2).is_some_and(|eye| eye == "left") { SourceEye::Left } else { SourceEye::Centre };

    let photo = image::open(photo)?.to_rgb8();
    let size = [photo.width(), photo.height()];
    let plane = |channel: usize| (photo.pixels().map(|pixel| pixel.0[channel]).collect(), size[0] as usize);
    let picture = Picture {
        shape: Shape {
            size,
            format: PixelFormat { chroma: Chroma::C444, depth: 8, shift: 0, semi_planar: false },
            colour: Meaning::SRGB,
            sample_aspect: (1, 1),
            orientation: Default::default(),
        },
        planes: Box::new(OwnedPlanes(vec![plane(1), plane(2), plane(0)])),
    };
    let map = image::open(disparity)?.to_luma32f();
    let small = [map.width(), map.height()];
    let raw: Vec<f32> = map.pixels().map(|pixel| -pixel.0[0]).collect();
    let shot = Percentiles::of(&raw).ok_or("the disparity picture is empty")?;
    let limits = Limits::of(Viewing::of_width(1.0));
    let view = View { mapping: Mapping::new(shot, 0.1, strength, convergence, limits), source_eye };

    let gpu = Gpu::new(&Headless, &GpuOptions::default())?;
    let upload = Upload::new(&gpu, &picture.shape, 1)?;
    let image = Colour::picture(&gpu, &upload)?;
    let colour = Colour::new(&gpu, &upload, &[Arc::clone(&image)])?;
    let disparity = Buffer::with_content(&gpu, "disparity", bytemuck::cast_slice(&raw))?;
    let stereo = Stereo::new(&gpu, &[Source { picture: image, disparity }], small)?;
    let depth = Depth::new(&gpu, &stereo)?;
    let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let result = Image::new(&gpu, "result", options)?;
    let compose = Compose::new(&gpu, stereo.left(), stereo.right(), &result);
    let mut commands = Commands::new(&gpu, "still", 8)?;
    upload.put(0, &picture)?;
    commands.record::<GpuError>(|recorder| {
        recorder.timestamp(0);
        upload.record(recorder, 0)?;
        colour.record(recorder, 0, 0)?;
        recorder.timestamp(1);
        stereo.record_parallax(recorder, 0, &view.mapping)?;
        recorder.timestamp(2);
        stereo.record_eyes(recorder, 0, &view)?;
        recorder.timestamp(3);
        depth.record(recorder, &view.mapping)?;
        recorder.timestamp(4);
        compose.record(recorder, &Composition::whole(Arrangement::RED_CYAN, size))?;
        recorder.timestamp(5);
        Ok(())
    })?;
    let mut best = [Duration::MAX; 5];
    for _ in 0..number(3, 5.0)? as usize {
        gpu.wait(gpu.submit(&mut commands)?)?;
        let ends: Vec<_> = commands.timestamps()?.into_iter().flatten().collect();
        for (best, pair) in best.iter_mut().zip(ends.windows(2)) {
            *best = pair[1].saturating_sub(pair[0]).min(*best);
        }
    }
    println!("least time of each: colour, parallax, eyes, depth, composing: {best:.1?}");
    let bytes = u64::from(size[0]) * u64::from(size[1]) * 4;
    let readback = Buffer::new(&gpu, "readback", bytes, BufferKind::Readback)?;
    for (name, image) in
        [("left", stereo.left()), ("right", stereo.right()), ("anaglyph", &result), ("depth", depth.grey())]
    {
        commands.record(|recorder| recorder.copy_image_to_buffer(image, &readback, 4))?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        let pixels = readback.read(<[u8]>::to_vec)?;
        image::save_buffer(format!("{prefix}-{name}.png"), &pixels, size[0], size[1], image::ColorType::Rgba8)?;
    }
    Ok(())
}
