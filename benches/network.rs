//! The network alone, for `./x bench-peers`: `cargo bench --bench network -- FOLDER NETWORK WIDTH HEIGHT`.
//!
//! Writes FOLDER/weights.safetensors (the ones in the program, or generated ones for the original) and FOLDER/input.f32 (a generated picture
//! after mean and standard deviation, C×H×W), runs one picture and writes FOLDER/output.f32 (the softmax, C×H×W) and, of the original,
//! FOLDER/eye.f32 (the right eye's picture, 3×H×W in 0..255). Then each line of the standard input is answered with a line: `run` with the
//! seconds of one more picture, from its submission to its end (the original's with its selection layer), `layers` with the time each dispatch
//! took as `name=seconds`. It ends when the input does.

use ash::vk;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, GpuOptions, Headless, Image, ImageOptions};
use deep3d::net::graph::Network;
use deep3d::net::selection::Selection;
use deep3d::net::{Engine, Precision, Shape, Weights, synthetic};
use std::error::Error;
use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, network, width, height] = arguments.as_slice() else {
        return Err("usage: network FOLDER deep3d|deep3d-2016 WIDTH HEIGHT".into());
    };
    let (folder, size) = (Path::new(folder), [width.parse()?, height.parse()?]);
    let weights = match network.as_str() {
        "deep3d" => Weights::built_in()?,
        "deep3d-2016" => synthetic::weights(Network::Deep3d2016, synthetic::SEED)?,
        other => return Err(format!("no network {other}: deep3d or deep3d-2016").into()),
    };
    weights.write(&folder.join("weights.safetensors"), true)?;
    let gpu = Gpu::new(&Headless, &GpuOptions::default())?;
    let engine = Engine::new(&gpu, &weights, size, Precision::Single)?;
    let colours = planar(size);
    let metadata = engine.metadata();
    let pixels = (size[0] * size[1]) as usize;
    let input: Vec<f32> = (colours.iter().enumerate())
        .map(|(index, value)| {
            (value / 255.0 - metadata.input.mean[index / pixels]) / metadata.input.std[index / pixels]
        })
        .collect();
    fs::write(folder.join("input.f32"), bytemuck::cast_slice(&input))?;
    write_buffer(&gpu, &texels(&input, pixels), engine.input()?)?;
    let right = match weights.metadata.network {
        Network::Deep3d => None,
        Network::Deep3d2016 => Some(RightEye::new(&gpu, &engine, &colours)?),
    };
    let mut frame = Commands::new(&gpu, "frame", 0)?;
    frame.record(|recorder| {
        engine.record(recorder)?;
        right.as_ref().map_or(Ok(()), |right| right.selection.record(recorder))
    })?;
    gpu.wait(gpu.submit(&mut frame)?)?;
    let [out_width, out_height] = engine.output_size();
    let planes = Shape::new(weights.metadata.network.planes(), out_height, out_width);
    let softmax = planes_of(&read(&gpu, engine.planes()?)?, planes);
    fs::write(folder.join("output.f32"), bytemuck::cast_slice(&softmax))?;
    if let Some(right) = &right {
        let eye = planes_of(&right.read(&gpu)?, Shape::new(3, size[1], size[0]));
        let eye: Vec<f32> = eye.iter().map(|value| value * 255.0).collect();
        fs::write(folder.join("eye.f32"), bytemuck::cast_slice(&eye))?;
    }
    let facts = gpu.facts();
    answer(&format!("{} | {}", facts.name, facts.driver))?;
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "run" => {
                let start = Instant::now();
                gpu.wait(gpu.submit(&mut frame)?)?;
                answer(&start.elapsed().as_secs_f64().to_string())?;
            }
            "layers" => answer(&layers(&gpu, &engine)?)?,
            other => return Err(format!("no command {other}: run or layers").into()),
        }
    }
    Ok(())
}

fn answer(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The time of each dispatch in one run.
fn layers(gpu: &Gpu, engine: &Engine) -> Outcome<String> {
    let count = engine.step_names().len();
    let mut commands = Commands::new(gpu, "layers", count as u32 + 1)?;
    commands.record(|recorder| engine.record_timed(recorder, 0))?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    let times = commands.timestamps()?;
    let seconds = times.windows(2).map(|pair| match pair {
        [Some(from), Some(to)] => (*to - *from).as_secs_f64(),
        _ => f64::NAN,
    });
    Ok(engine
        .step_names()
        .zip(seconds)
        .map(|(name, seconds)| format!("{name}={seconds}"))
        .collect::<Vec<_>>()
        .join(" "))
}

/// The generated picture's channels one after the other, 0..255.
fn planar([width, height]: [u32; 2]) -> Vec<f32> {
    let picture = synthetic::picture(width as usize, height as usize);
    (0..3).flat_map(|channel| picture.iter().skip(channel).step_by(3).map(|value| f32::from(*value))).collect()
}

/// C×H×W of three channels to one RGBA texel a pixel.
fn texels(values: &[f32], pixels: usize) -> Vec<f32> {
    (0..pixels * 4).map(|index| values.get(index % 4 * pixels + index / 4).copied().unwrap_or(0.0)).collect()
}

/// Whole texels a pixel to C×H×W.
fn planes_of(texels: &[f32], shape: Shape) -> Vec<f32> {
    let (pixels, stride) = (shape.pixels() as usize, shape.channels.div_ceil(4) as usize * 4);
    (0..shape.count()).map(|index| texels[index % pixels * stride + index / pixels]).collect()
}

fn write_buffer(gpu: &Gpu, values: &[f32], to: &Arc<Buffer>) -> Outcome<()> {
    let upload = Buffer::new(gpu, "upload", to.bytes(), BufferKind::Upload)?;
    upload.write(0, bytemuck::cast_slice(values))?;
    let mut commands = Commands::new(gpu, "upload", 0)?;
    commands.record(|recorder| recorder.copy_buffer(&upload, 0, to, 0, to.bytes()))?;
    Ok(gpu.wait(gpu.submit(&mut commands)?)?)
}

fn read(gpu: &Gpu, buffer: &Arc<Buffer>) -> Outcome<Vec<f32>> {
    let readback = Buffer::new(gpu, "readback", buffer.bytes(), BufferKind::Readback)?;
    let mut commands = Commands::new(gpu, "readback", 0)?;
    commands.record(|recorder| recorder.copy_buffer(buffer, 0, &readback, 0, buffer.bytes()))?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    Ok(readback.read(|bytes| bytemuck::cast_slice(bytes).to_vec())?)
}

/// The original's selection layer at the network's own size, in single precision.
struct RightEye {
    selection: Selection,
    eye: Arc<Image>,
}

impl RightEye {
    fn new(gpu: &Gpu, engine: &Engine, colours: &[f32]) -> Outcome<Self> {
        let size = engine.input_size();
        let options = ImageOptions { size, format: vk::Format::R32G32B32A32_SFLOAT, mips: 1 };
        let (left, eye) = (Image::new(gpu, "left", options)?, Image::new(gpu, "right", options)?);
        let shares: Vec<f32> = colours.iter().map(|value| value / 255.0).collect();
        let values = texels(&shares, colours.len() / 3);
        let upload = Buffer::new(gpu, "upload", values.len() as u64 * 4, BufferKind::Upload)?;
        upload.write(0, bytemuck::cast_slice(&values))?;
        let mut commands = Commands::new(gpu, "upload", 0)?;
        commands.record(|recorder| recorder.copy_buffer_to_image(&upload, &left, 16))?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        Ok(Self { selection: Selection::new(gpu, engine, &left, &eye)?, eye })
    }

    fn read(&self, gpu: &Gpu) -> Outcome<Vec<f32>> {
        let [width, height] = self.eye.size();
        let buffer = Buffer::new(gpu, "right", u64::from(width * height) * 16, BufferKind::Device)?;
        let mut commands = Commands::new(gpu, "right", 0)?;
        commands.record(|recorder| recorder.copy_image_to_buffer(&self.eye, &buffer, 16))?;
        gpu.wait(gpu.submit(&mut commands)?)?;
        read(gpu, &buffer)
    }
}
