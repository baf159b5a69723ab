//! The gpu module on a real driver, watched by the validation layer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ash::vk;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{
    Bind, Bindings, Buffer, BufferKind, Commands, Gpu, GpuError, GpuOptions, Headless, Image, ImageOptions, Kernel,
    KernelSource, Prompt, QueueKind, Resource, TexelView, Validation,
};
use deep3d::stage::input::{InputOptions, NetworkInput};

const SCALE: KernelSource = KernelSource {
    name: "test_scale",
    spirv: include_bytes!("../spirv/test_scale.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageWrite],
    push_bytes: 8,
};

fn push(count: u32, offset: f32) -> Vec<u8> {
    [count.to_le_bytes(), offset.to_le_bytes()].concat()
}

#[test]
fn a_dispatch_takes_its_workgroups_from_what_ran_before() {
    let gpu = WatchedGpu::new().unwrap();
    let values = Buffer::with_content(&gpu, "values", bytemuck::cast_slice(&[1.0f32; 256])).unwrap();
    // The workgroups in the second place: two of 64 lanes.
    let wanted = Buffer::with_content(&gpu, "wanted", bytemuck::cast_slice(&[9u32, 9, 2, 1, 1])).unwrap();
    let counts = Buffer::new(&gpu, "counts", 20, BufferKind::Device).unwrap();
    let result = Buffer::new(&gpu, "result", 1024, BufferKind::Device).unwrap();
    let readback = Buffer::new(&gpu, "readback", 1024, BufferKind::Readback).unwrap();
    let kernel = Kernel::new(&gpu, &SCALE, &[3]).unwrap();
    let texels = TexelView::new(&values, vk::Format::R32_SFLOAT).unwrap();
    let bind = |from: &Arc<TexelView>| Bindings::new(&kernel, &[Resource::from(from), (&result).into()]).unwrap();
    let bindings = bind(&texels);
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    commands
        .record(|recorder| {
            recorder.dispatch(&bindings, &push(256, 0.0), [4, 1, 1])?;
            recorder.copy_buffer(&wanted, 0, &counts, 0, 20)?;
            recorder.dispatch_indirect(&bindings, &push(256, 2.0), &counts, 8)?;
            recorder.copy_buffer(&result, 0, &readback, 0, 1024)
        })
        .unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    let result: Vec<f32> = readback.read(|bytes| bytemuck::cast_slice(bytes).to_vec()).unwrap();
    assert!(result[..128].iter().all(|value| *value == 5.0) && result[128..].iter().all(|value| *value == 3.0));
    for offset in [2, 12, u64::MAX - 3] {
        let refused = commands.record(|recorder| recorder.dispatch_indirect(&bindings, &push(1, 0.0), &counts, offset));
        assert!(matches!(refused, Err(GpuError::Misuse(_))), "{offset}");
    }
}

#[test]
fn dependent_dispatches_see_each_other_and_timestamps_grow() {
    let gpu = WatchedGpu::new().unwrap();
    let count = 1000u32;
    let values: Vec<f32> = (0..count).map(|value| value as f32).collect();
    let bytes = u64::from(count) * 4;
    let upload = Buffer::new(&gpu, "upload", bytes, BufferKind::Upload).unwrap();
    let [one, two] = ["one", "two"].map(|name| Buffer::new(&gpu, name, bytes, BufferKind::Device).unwrap());
    let readback = Buffer::new(&gpu, "readback", bytes, BufferKind::Readback).unwrap();
    let kernel = Kernel::new(&gpu, &SCALE, &[3]).unwrap();
    let bind = |from: &_, to: &Arc<Buffer>| {
        let texels = TexelView::new(from, vk::Format::R32_SFLOAT).unwrap();
        Bindings::new(&kernel, &[Resource::from(&texels), Resource::from(to)]).unwrap()
    };
    let (first, second) = (bind(&upload, &one), bind(&one, &two));
    let mut commands = Commands::new(&gpu, "test", 3).unwrap();
    commands
        .record(|recorder| {
            recorder.timestamp(0);
            recorder.dispatch(&first, &push(count, 1.0), [count.div_ceil(64), 1, 1])?;
            recorder.timestamp(1);
            recorder.dispatch(&second, &push(count, 0.5), [count.div_ceil(64), 1, 1])?;
            recorder.copy_buffer(&two, 0, &readback, 0, bytes)
        })
        .unwrap();
    let made = gpu.objects_created();
    for round in 0..3 {
        let shifted: Vec<f32> = values.iter().map(|value| value + round as f32).collect();
        upload.write(0, bytemuck::cast_slice(&shifted)).unwrap();
        let point = gpu.submit(&mut commands).unwrap();
        gpu.wait(point).unwrap();
        assert!(gpu.reached(point).unwrap());
        let result: Vec<f32> = readback.read(|bytes| bytemuck::cast_slice(bytes).to_vec()).unwrap();
        let expected: Vec<f32> = shifted.iter().map(|value| (value * 3.0 + 1.0) * 3.0 + 0.5).collect();
        assert_eq!(result, expected);
    }
    assert_eq!(gpu.objects_created(), made, "submitting again makes nothing new");
    let times = commands.timestamps().unwrap();
    assert!(times[1].unwrap() > times[0].unwrap() && times[2].is_none());
}

#[test]
fn what_one_queue_makes_the_other_goes_on_with() {
    let gpu = WatchedGpu::new().unwrap();
    let count = 100_000u32;
    let bytes = u64::from(count) * 4;
    let upload = Buffer::new(&gpu, "upload", bytes, BufferKind::Upload).unwrap();
    let [one, two] = ["one", "two"].map(|name| Buffer::new(&gpu, name, bytes, BufferKind::Device).unwrap());
    let readback = Buffer::new(&gpu, "readback", bytes, BufferKind::Readback).unwrap();
    let kernel = Kernel::new(&gpu, &SCALE, &[3]).unwrap();
    let commands = |queue, from: &_, to: &Arc<Buffer>, offset| {
        let texels = TexelView::new(from, vk::Format::R32_SFLOAT).unwrap();
        let bound = Bindings::new(&kernel, &[Resource::from(&texels), Resource::from(to)]).unwrap();
        let mut commands = Commands::new_for(&gpu, queue, "test", 2).unwrap();
        let recorded = commands.record(|recorder| {
            recorder.timestamp(0);
            recorder.dispatch(&bound, &push(count, offset), [count.div_ceil(64), 1, 1])?;
            recorder.timestamp(1);
            if Arc::ptr_eq(to, &one) { Ok(()) } else { recorder.copy_buffer(to, 0, &readback, 0, bytes) }
        });
        recorded.unwrap();
        commands
    };
    // In and out on the main queue, and between them the network's, which has nothing of its own to do at first.
    let mut into = commands(QueueKind::Main, &upload, &one, 1.0);
    let mut between = commands(QueueKind::Network, &one, &two, 2.0);
    let mut out = commands(QueueKind::Main, &two, &one, 3.0);
    let mut back = commands(QueueKind::Network, &one, &two, 4.0);
    let made = gpu.objects_created();
    for round in 0..5 {
        let values: Vec<f32> = (0..count).map(|value| (value % 1000) as f32 + round as f32).collect();
        upload.write(0, bytemuck::cast_slice(&values)).unwrap();
        let first = gpu.submit(&mut into).unwrap();
        let second = gpu.submit_after(&mut between, &[first]).unwrap();
        let third = gpu.submit_after(&mut out, &[second, first]).unwrap();
        let fourth = gpu.submit_after(&mut back, &[third]).unwrap();
        let points = [first, second, third, fourth];
        assert!((0..4).all(|at| points[at + 1..].iter().all(|other| *other != points[at])), "{points:?}");
        gpu.wait(fourth).unwrap();
        assert!(points.iter().all(|point| gpu.reached(*point).unwrap()));
        let result: Vec<f32> = readback.read(|bytes| bytemuck::cast_slice(bytes).to_vec()).unwrap();
        let expected = |value: &f32| [1.0, 2.0, 3.0, 4.0].iter().fold(*value, |value, offset| value * 3.0 + offset);
        assert_eq!(result, values.iter().map(expected).collect::<Vec<_>>());
    }
    assert_eq!(gpu.objects_created(), made, "submitting again makes nothing new");
    assert!(between.timestamps().unwrap().iter().all(Option::is_some));
}

#[test]
fn the_queues_are_as_far_as_each_of_them_is() {
    let gpu = WatchedGpu::new().unwrap();
    let commands = |queue, bytes| {
        let [from, to] = ["from", "to"].map(|name| Buffer::new(&gpu, name, bytes, BufferKind::Device).unwrap());
        let mut commands = Commands::new_for(&gpu, queue, "test", 0).unwrap();
        let mut lease = None;
        let recorded = commands.record(|recorder| {
            lease = Some(recorder.lease());
            recorder.copy_buffer(&from, 0, &to, 0, bytes)
        });
        recorded.unwrap();
        (commands, lease.unwrap())
    };
    let (mut quick, _) = commands(QueueKind::Main, 16);
    for _ in 0..10 {
        let point = gpu.submit(&mut quick).unwrap();
        gpu.wait(point).unwrap();
    }
    // The other one's first is not among them, and ends by itself.
    let (mut other, lease) = commands(QueueKind::Network, 16);
    assert!(!lease.has_run(&gpu).unwrap());
    let point = gpu.submit(&mut other).unwrap();
    gpu.wait(point).unwrap();
    assert!(lease.has_run(&gpu).unwrap() && !lease.is_over(&gpu).unwrap());
    assert!(other.point() == point && gpu.reached(point).unwrap());
}

#[test]
fn images_stay_on_the_main_queue() {
    let gpu = WatchedGpu::new().unwrap();
    let options = ImageOptions { size: [8, 8], format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let [image, other] = ["image", "other"].map(|name| Image::new(&gpu, name, options).unwrap());
    let buffer = Buffer::new(&gpu, "buffer", 1024, BufferKind::Device).unwrap();
    let pictures = [Arc::clone(&image)];
    let input = NetworkInput::new(&gpu, &InputOptions::DEEP3D_2016, &pictures, &buffer, [8, 8]).unwrap();
    let mut commands = Commands::new_for(&gpu, QueueKind::Network, "test", 0).unwrap();
    let misuse = |result: Result<(), GpuError>| assert!(matches!(result, Err(GpuError::Misuse(_))), "{result:?}");
    let recorded = commands.record::<GpuError>(|recorder| {
        misuse(recorder.copy_image_to_buffer(&image, &buffer, 4));
        misuse(recorder.copy_buffer_to_image(&buffer, &image, 4));
        misuse(recorder.copy_buffer_to_part(&buffer, &image, [0, 0], [1, 1], 4));
        misuse(recorder.copy_image(&image, &other));
        misuse(input.record(recorder, 0));
        Ok(())
    });
    recorded.unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
}

#[test]
fn images_start_black_and_make_mips() {
    let gpu = WatchedGpu::new().unwrap();
    let options = ImageOptions { size: [37, 21], format: vk::Format::R8G8B8A8_UNORM, mips: 0 };
    let image = Image::new(&gpu, "picture", options).unwrap();
    assert_eq!(image.mips(), 6);
    let upload = Buffer::new(&gpu, "upload", 37 * 21 * 4, BufferKind::Upload).unwrap();
    let readback = Buffer::new(&gpu, "readback", 37 * 21 * 4, BufferKind::Readback).unwrap();
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    commands.record(|recorder| recorder.copy_image_to_buffer(&image, &readback, 4)).unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    assert!(readback.read(|bytes| bytes.iter().all(|byte| *byte == 0)).unwrap());
    // Also in memory that held another picture before: new memory is often black by itself.
    upload.with_mut(|bytes| bytes.fill(0xAA)).unwrap();
    for _ in 0..3 {
        let again = Image::new(&gpu, "again", options).unwrap();
        commands
            .record(|recorder| {
                recorder.copy_image_to_buffer(&again, &readback, 4)?;
                recorder.copy_buffer_to_image(&upload, &again, 4)
            })
            .unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        assert!(readback.read(|bytes| bytes.iter().all(|byte| *byte == 0)).unwrap());
        // Nothing holds it any more, so that its memory is free for the next.
        commands.record::<GpuError>(|_| Ok(())).unwrap();
    }
    let count_up = |bytes: &mut [u8]| bytes.iter_mut().enumerate().for_each(|(index, byte)| *byte = index as u8);
    upload.with_mut(count_up).unwrap();
    commands
        .record(|recorder| {
            recorder.copy_buffer_to_image(&upload, &image, 4)?;
            recorder.make_mips(&image);
            recorder.copy_image_to_buffer(&image, &readback, 4)
        })
        .unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    assert!(readback.read(|bytes| bytes.iter().enumerate().all(|(index, byte)| *byte == index as u8)).unwrap());
}

#[test]
fn what_is_dropped_while_the_gpu_works_is_freed_later() {
    let gpu = WatchedGpu::new().unwrap();
    for turn in 0..20 {
        let from = Buffer::new(&gpu, "from", 1 << 20, BufferKind::Device).unwrap();
        let to = Buffer::new(&gpu, "to", 1 << 20, BufferKind::Device).unwrap();
        let queue = if turn % 2 == 0 { QueueKind::Main } else { QueueKind::Network };
        let mut commands = Commands::new_for(&gpu, queue, "copy", 0).unwrap();
        commands.record(|recorder| recorder.copy_buffer(&from, 0, &to, 0, 1 << 20)).unwrap();
        gpu.submit(&mut commands).unwrap();
    }
    assert!(gpu.peak_memory() >= 2 << 20);
}

#[test]
fn wrong_use_is_an_error_and_not_a_crash() {
    let gpu = WatchedGpu::new().unwrap();
    let buffer = Buffer::new(&gpu, "buffer", 16, BufferKind::Device).unwrap();
    let kernel = Kernel::new(&gpu, &SCALE, &[1]).unwrap();
    let misuse = |result: Result<(), GpuError>| assert!(matches!(result, Err(GpuError::Misuse(_))), "{result:?}");
    misuse(buffer.write(0, &[0]));
    misuse(buffer.read(|_| ()));
    misuse(Bindings::new(&kernel, &[]).map(|_| ()));
    misuse(Bindings::new(&kernel, &[Resource::from(&buffer), Resource::from(&buffer)]).map(|_| ()));
    let upload = Buffer::new(&gpu, "upload", 16, BufferKind::Upload).unwrap();
    misuse(upload.write(15, &[0, 0]));
    misuse(upload.write(u64::MAX, &[0]));
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    misuse(commands.record(|recorder| recorder.copy_buffer(&buffer, 8, &upload, 0, 16)));
}

#[test]
fn an_unknown_gpu_is_named_with_those_there_are() {
    let options = GpuOptions { select: Some("voodoo".to_owned()), ..GpuOptions::default() };
    let error = Gpu::new(&Headless, &options).unwrap_err().to_string();
    let known = deep3d::gpu::list().unwrap();
    assert!(error.contains("voodoo") && error.contains(&known[0].name), "{error}");
}

#[test]
fn a_lease_ends_when_its_commands_cannot_run_any_more() {
    let gpu = WatchedGpu::new().unwrap();
    let buffer = |kind| Buffer::new(&gpu, "buffer", 16, kind).unwrap();
    let (from, to) = (buffer(BufferKind::Upload), buffer(BufferKind::Device));
    let record = |commands: &mut Commands| {
        let mut lease = None;
        let recorded = commands.record(|recorder| {
            lease = Some(recorder.lease());
            recorder.copy_buffer(&from, 0, &to, 0, 16)
        });
        recorded.unwrap();
        lease.unwrap()
    };
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let first = record(&mut commands);
    assert!(!first.is_over(&gpu).unwrap(), "not run yet");
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    assert!(!first.is_over(&gpu).unwrap(), "could run again");
    let second = record(&mut commands);
    assert!(first.is_over(&gpu).unwrap() && !second.is_over(&gpu).unwrap());
    // Dropped while it may still run.
    let point = gpu.submit(&mut commands).unwrap();
    drop(commands);
    gpu.wait(point).unwrap();
    assert!(second.is_over(&gpu).unwrap());
    // Never run at all.
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let third = record(&mut commands);
    drop(commands);
    assert!(third.is_over(&gpu).unwrap());
}

#[test]
fn copies_that_do_not_fit_are_refused() {
    let gpu = WatchedGpu::new().unwrap();
    let image = |size, format| Image::new(&gpu, "image", ImageOptions { size, format, mips: 1 }).unwrap();
    let rgba = vk::Format::R8G8B8A8_UNORM;
    let (one, other) = (image([8, 8], rgba), image([8, 9], rgba));
    let srgb = image([8, 8], vk::Format::R8G8B8A8_SRGB);
    let buffer = Buffer::new(&gpu, "buffer", 64, BufferKind::Upload).unwrap();
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let recorded = commands.record(|recorder| {
        assert!(recorder.copy_image(&one, &other).is_err(), "another size");
        assert!(recorder.copy_image(&one, &srgb).is_err(), "another format");
        for (at, size) in [([5, 0], [4, 4]), ([0, u32::MAX], [4, 4]), ([0, 0], [0, 4]), ([0, 0], [5, 4])] {
            assert!(recorder.copy_buffer_to_part(&buffer, &one, at, size, 4).is_err(), "{size:?} at {at:?}");
        }
        recorder.copy_buffer_to_part(&buffer, &one, [4, 4], [4, 4], 4)?;
        recorder.copy_image(&one, &one.clone()).map_or(Ok(()), |()| Err(GpuError::Misuse("onto itself".to_owned())))
    });
    recorded.unwrap();
}

#[test]
fn one_gpu_is_watched_at_a_time() {
    let alive = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let gpu = WatchedGpu::new().unwrap();
                assert_eq!(alive.fetch_add(1, Ordering::SeqCst), 0, "another thread's GPU is watched, too");
                Commands::new(&gpu, "some work", 0).unwrap();
                alive.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    let _first = WatchedGpu::new().unwrap();
    let second = WatchedGpu::new().err().unwrap();
    assert!(second.to_string().contains("a second GPU"), "{second}");
}

#[test]
fn what_keeps_a_viewer_waiting_is_an_objection() {
    let options = GpuOptions { validation: Validation::On, ..GpuOptions::default() };
    let gpu = Gpu::new(&Headless, &options).unwrap();
    let side = 2048;
    let bytes = u64::from(side) * u64::from(side) * 4;
    let readback = Buffer::new(&gpu, "readback", bytes, BufferKind::Readback).unwrap();
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let options = ImageOptions { size: [side; 2], format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let mut copy = |image: &Arc<Image>| {
        // So often that it is not over before it is waited for, however busy the machine is.
        let recorded = commands.record::<GpuError>(|recorder| {
            (0..32).try_for_each(|_| recorder.copy_image_to_buffer(image, &readback, 4))
        });
        recorded.unwrap();
        gpu.submit(&mut commands).unwrap()
    };

    // Another size, and what is drawn to it: nobody waits for that.
    let image = {
        let _prompt = Prompt::begin();
        let image = Image::new(&gpu, "canvas", options).unwrap();
        copy(&image);
        image
    };
    assert_eq!(gpu.validation_messages(), [""; 0]);
    gpu.wait(copy(&image)).unwrap();
    assert!(readback.read(|bytes| bytes.iter().all(|byte| *byte == 0)).unwrap(), "it begins black");

    // Waiting for the GPU and compiling are objected to, there and only there.
    let point = copy(&image);
    {
        let _prompt = Prompt::begin();
        gpu.wait(point).unwrap();
        drop(Prompt::begin());
        drop(Kernel::new(&gpu, &SCALE, &[3]).unwrap());
    }
    let point = copy(&image);
    gpu.wait(point).unwrap();
    drop(Kernel::new(&gpu, &SCALE, &[4]).unwrap());
    let said = gpu.validation_messages();
    assert!(said.len() == 2 && said[0].contains("waiting for the GPU") && said[1].contains("test_scale"), "{said:?}");
}
