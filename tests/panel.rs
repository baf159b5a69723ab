//! The panel's meshes on pictures: where they come to lie, in which colours, and that nothing in use is touched. The validation layer watches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ash::vk;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, Image, ImageOptions};
use deep3d::sink::panel::{PanelInput, PanelPicture, PanelPlace, PanelRenderer, Pointer, TextureChange, Views};
use deep3d::sink::{Layout, ScreenSettings};
use deep3d::time::Time;
use deep3d::ui::{DepthModel, Panel, PanelModel, VolumeModel};
use egui::epaint::{ClippedPrimitive, Color32, Mesh, Primitive, Rect, TextureId, Vertex, pos2};

/// A rectangle in points, with a corner of texture 0 on it, clipped to itself.
fn rectangle(rect: Rect, colour: Color32) -> ClippedPrimitive {
    let mut mesh = Mesh::with_texture(TextureId::Managed(0));
    for (x, y) in
        [(rect.min.x, rect.min.y), (rect.max.x, rect.min.y), (rect.min.x, rect.max.y), (rect.max.x, rect.max.y)]
    {
        mesh.vertices.push(Vertex { pos: pos2(x, y), uv: pos2(0.1, 0.1), color: colour });
    }
    mesh.indices = vec![0, 1, 2, 2, 1, 3];
    ClippedPrimitive { clip_rect: rect, primitive: Primitive::Mesh(mesh) }
}

/// White in its upper left half, nothing elsewhere.
fn texels() -> TextureChange {
    let texels = (0..16).flat_map(|index| if index % 4 < 2 { [255; 4] } else { [0; 4] }).collect();
    TextureChange::New { texture: 0, size: [4, 4], texels }
}

fn canvas(gpu: &Gpu, size: [u32; 2], colour: [u8; 4]) -> Arc<Image> {
    let image = Image::new(gpu, "canvas", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 }).unwrap();
    let content = colour.repeat((size[0] * size[1]) as usize);
    let buffer = Buffer::new(gpu, "canvas", content.len() as u64, BufferKind::Upload).unwrap();
    buffer.write(0, &content).unwrap();
    let mut commands = Commands::new(gpu, "fill", 0).unwrap();
    commands.record(|recorder| recorder.copy_buffer_to_image(&buffer, &image, 4)).unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    image
}

/// What is to be seen after drawing, as a function of the pixel.
fn draw(
    gpu: &Gpu,
    renderer: &mut PanelRenderer,
    target: &Arc<Image>,
    views: &Views,
    background: Option<[f32; 4]>,
) -> impl Fn(u32, u32) -> [u8; 4] + use<> {
    let [width, height] = target.size();
    let buffer = Buffer::new(gpu, "back", u64::from(width * height * 4), BufferKind::Readback).unwrap();
    let mut commands = Commands::new(gpu, "draw", 0).unwrap();
    let mut drawn = Ok(());
    let record = commands.record(|recorder| {
        drawn = renderer.draw(recorder, target, views, background);
        recorder.copy_image_to_buffer(target, &buffer, 4)
    });
    record.unwrap();
    drawn.unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    let bytes = buffer.read(<[u8]>::to_vec).unwrap();
    move |x, y| bytes[((y * width + x) * 4) as usize..][..4].try_into().unwrap()
}

const GREY: [u8; 4] = [100, 110, 120, 255];

#[test]
fn a_mesh_lies_over_the_picture_in_encoded_values() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    let solid = rectangle(Rect::from_min_max(pos2(10.0, 10.0), pos2(20.0, 20.0)), Color32::from_rgb(200, 40, 7));
    let half = Color32::from_rgba_premultiplied(60, 20, 0, 128);
    let glass = rectangle(Rect::from_min_max(pos2(30.0, 10.0), pos2(40.0, 20.0)), half);
    renderer.show(PanelPicture { meshes: vec![solid, glass], textures: vec![texels()] });
    let target = canvas(&gpu, [128, 64], GREY);
    let views = Views { pixels_per_point: 2.0, ..Views::whole([128, 64], 2.0) };
    let pixel = draw(&gpu, &mut renderer, &target, &views, None);
    assert_eq!(pixel(30, 30), [200, 40, 7, 255]);
    assert_eq!([pixel(19, 30), pixel(40, 30), pixel(30, 19), pixel(30, 40)], [GREY; 4]);
    // Half of what was there, and the panel's own share on top, as egui means it: no light is added up, only numbers.
    let over = |own: u8, was: u8| f32::from(own) + f32::from(was) * (1.0 - 128.0 / 255.0);
    let found = pixel(70, 30);
    for (channel, (own, was)) in [(60, 100), (20, 110), (0, 120)].into_iter().enumerate() {
        assert!((f32::from(found[channel]) - over(own, was)).abs() <= 1.5, "{found:?}");
    }
    assert_eq!(found[3], 255);
}

#[test]
fn both_eyes_of_a_side_by_side_picture_have_the_whole_panel() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    let red = Color32::from_rgb(255, 0, 0);
    for (layout, size, other) in [(Layout::Sbs, [2400, 420], [1200, 0]), (Layout::Tab, [1200, 840], [0, 420])] {
        let views = Views::on_canvas(layout, size, 1.0);
        assert_eq!(views.size, [1200.0, 420.0]);
        let corner = rectangle(Rect::from_min_max(pos2(1190.0, 410.0), pos2(1300.0, 500.0)), red);
        renderer.show(PanelPicture { meshes: vec![corner], textures: vec![texels()] });
        let target = canvas(&gpu, size, GREY);
        let pixel = draw(&gpu, &mut renderer, &target, &views, None);
        for [x, y] in [[0, 0], other] {
            assert_eq!(pixel(x + 1195, y + 415), [255, 0, 0, 255], "{layout}");
            assert_eq!(pixel(x + 1185, y + 415), GREY, "{layout}");
            assert_eq!(pixel(x + 1195, y + 405), GREY, "{layout}");
        }
        // Nothing of one eye's panel reaches into the other's.
        assert_eq!(pixel(other[0], other[1]), GREY, "{layout}");
    }
    // Squeezed eyes: as wide in points as the window.
    let views = Views::on_canvas(Layout::HalfSbs, [1200, 420], 1.0);
    let left = rectangle(Rect::from_min_max(pos2(0.0, 0.0), pos2(600.0, 420.0)), red);
    renderer.show(PanelPicture { meshes: vec![left], textures: Vec::new() });
    let pixel = draw(&gpu, &mut renderer, &canvas(&gpu, [1200, 420], GREY), &views, None);
    let halves = [pixel(299, 200)[0], pixel(301, 200)[0], pixel(899, 200)[0], pixel(901, 200)[0]];
    assert_eq!(halves, [255, 100, 255, 100]);
}

#[test]
fn letters_keep_all_their_ink_where_eyes_are_squeezed() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    // A letter of 4×8 texels, with nothing around it.
    let ink = |x: usize, y: usize| if (2..6).contains(&x) && (4..12).contains(&y) { [255; 4] } else { [0; 4] };
    let texels = (0..256).flat_map(|index| ink(index % 16, index / 16)).collect();
    let size = [1240, 820];
    for (layout, size) in [(Layout::HalfSbs, size), (Layout::HalfTab, size)] {
        let views = Views::on_canvas(layout, size, 1.0);
        for shift in 0..8 {
            let place = 100.0 + shift as f32 / 4.0;
            let rect = Rect::from_min_max(pos2(place, place), pos2(place + 4.0, place + 8.0));
            let mut mesh = Mesh::with_texture(TextureId::Managed(0));
            let uv = Rect::from_min_max(pos2(2.0 / 16.0, 4.0 / 16.0), pos2(6.0 / 16.0, 12.0 / 16.0));
            mesh.add_rect_with_uv(rect, uv, Color32::WHITE);
            let letter = ClippedPrimitive { clip_rect: Rect::EVERYTHING, primitive: Primitive::Mesh(mesh) };
            let texture = TextureChange::New { texture: 0, size: [16, 16], texels: Vec::clone(&texels) };
            renderer.show(PanelPicture { meshes: vec![letter], textures: vec![texture] });
            let pixel = draw(&gpu, &mut renderer, &canvas(&gpu, size, [0, 0, 0, 255]), &views, None);
            let places = (40..120).flat_map(|y| (40..120).map(move |x| [x, y]));
            let ink: f32 = places.map(|[x, y]| f32::from(pixel(x, y)[0]) / 255.0).sum();
            // Between texels colours are mixed as light, so it is rather more than the letter's 32 texels make.
            assert!((14.0..21.0).contains(&ink), "{layout}, {place}: {ink} pixels of ink");
        }
    }
}

#[test]
fn an_image_of_its_own_is_transparent_around_the_panel() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    let target = canvas(&gpu, [64, 64], GREY);
    let half = Color32::from_rgba_premultiplied(64, 32, 0, 128);
    let middle = rectangle(Rect::from_min_max(pos2(16.0, 16.0), pos2(48.0, 48.0)), half);
    renderer.show(PanelPicture { meshes: vec![middle], textures: vec![texels()] });
    let pixel = draw(&gpu, &mut renderer, &target, &Views::whole([64, 64], 1.0), Some([0.0; 4]));
    assert_eq!(pixel(5, 5), [0; 4]);
    assert!(pixel(32, 32).iter().zip([64, 32, 0, 128]).all(|(found, wanted)| found.abs_diff(wanted) <= 1));
    // Nothing to be seen any more.
    renderer.show(PanelPicture::default());
    let pixel = draw(&gpu, &mut renderer, &target, &Views::whole([64, 64], 1.0), Some([0.0; 4]));
    assert_eq!(pixel(32, 32), [0; 4]);
}

#[test]
fn textures_change_while_the_gpu_still_draws_with_them() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    let target = canvas(&gpu, [64, 64], GREY);
    let views = Views::whole([64, 64], 1.0);
    let whole = || rectangle(Rect::from_min_max(pos2(0.0, 0.0), pos2(64.0, 64.0)), Color32::WHITE);
    let filled = |size: u32, value: u8| {
        let texels = vec![[value, value, value, 255]; (size * size) as usize].concat();
        TextureChange::New { texture: 0, size: [size, size], texels }
    };
    let mut commands: Vec<_> = (0..3).map(|_| Commands::new(&gpu, "draw", 0).unwrap()).collect();
    for turn in 0..60u32 {
        // Sizes change at first, then only what is in them, in whole and in part.
        let size = if turn < 20 { 4 + turn % 3 } else { 8 };
        let mut textures = vec![filled(size, turn as u8)];
        let value = turn as u8 + 100;
        let texels = [value, value, value, 255].repeat(4);
        textures.push(TextureChange::Part { texture: 0, at: [0, 0], size: [2, 2], texels });
        if turn % 7 == 5 {
            textures.push(TextureChange::Gone { texture: 0 });
        }
        renderer.show(PanelPicture { meshes: vec![whole()], textures });
        let commands = &mut commands[(turn % 3) as usize];
        commands.record(|recorder| renderer.draw(recorder, &target, &views, None)).unwrap();
        let _ = gpu.submit(commands).unwrap();
    }
    let pixel = draw(&gpu, &mut renderer, &target, &views, Some([0.0; 4]));
    let value = pixel(5, 5);
    assert!(value[0].abs_diff(159) <= 1, "the part that was changed last: {value:?}");
    // A part of a texture that is not there, or beyond it, is refused or passed over, and never written.
    let outside = TextureChange::Part { texture: 0, at: [7, 7], size: [2, 2], texels: vec![0; 16] };
    renderer.show(PanelPicture { meshes: Vec::new(), textures: vec![outside] });
    let mut commands = Commands::new(&gpu, "draw", 0).unwrap();
    let drawn = commands.record(|recorder| renderer.draw(recorder, &target, &views, None));
    assert!(drawn.is_err());
}

/// The whole of it, as a headset has it, in an image of its own; left as a picture to look at.
#[test]
fn a_headsets_panel_is_drawn_with_all_its_letters() {
    let gpu = WatchedGpu::new().unwrap();
    let mut renderer = PanelRenderer::new(&gpu).unwrap();
    let size = [1520, 960];
    let views = Views::whole(size, 2.0);
    let depth = DepthModel {
        strength: 1.5,
        convergence: 0.5,
        automatic: false,
        metered: false,
        swap_eyes: false,
        flat: false,
        layout: Layout::Sbs,
    };
    let model = PanelModel {
        name: "Big Buck Bunny – Čaj, Ελλάς, кино.mkv".to_owned(),
        position: Time::from_seconds(754.0),
        duration: Some(Time::from_seconds(5400.0)),
        has_next: true,
        volume: Some(VolumeModel { volume: 80.0, most: 130.0, mute: false }),
        seeking: true,
        depth: Some(depth),
        ..PanelModel::default()
    };
    let mut panel = Panel::new();
    let mut now = Instant::now();
    panel.toggle(now);
    let mut run = |panel: &mut Panel, pointer: Vec<Pointer>| {
        now += Duration::from_millis(20);
        let place = PanelPlace::Headset(ScreenSettings::default());
        let input =
            PanelInput { size: views.size, pixels_per_point: views.pixels_per_point, pointer, place, scrubbing: None };
        if let Some(picture) = panel.run(input, || model.clone(), now).picture {
            renderer.show(picture);
        }
    };
    let middle = |panel: &Panel, name: &str| {
        let [from, to] = panel.widget(name).unwrap();
        [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0]
    };
    run(&mut panel, Vec::new());
    let at = middle(&panel, "screen");
    for event in [Pointer::Moved(at), Pointer::Pressed(at), Pointer::Released(at)] {
        run(&mut panel, vec![event]);
    }
    run(&mut panel, vec![Pointer::Moved([700.0, 250.0])]);
    let ([name_at, _], bar) = (panel.widget("seek").unwrap(), panel.widget("quit").unwrap());
    let target = canvas(&gpu, size, GREY);
    let pixel = draw(&gpu, &mut renderer, &target, &views, Some([0.0; 4]));
    let picture = image::RgbaImage::from_fn(size[0], size[1], |x, y| image::Rgba(pixel(x, y)));
    picture.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("panel.png")).unwrap();
    assert_eq!(pixel(3, 3), [0; 4], "transparent where nothing is");
    let quit = pixel((bar[1][0] * 2.0) as u32 - 6, (bar[1][1] * 2.0) as u32 - 6);
    assert!(quit[3] > 200 && quit[0] < 40, "the ground is dark and nearly solid: {quit:?}");
    // The name stands above the seek bar: letters have their own alpha and are bright.
    let [left, top] = name_at.map(|side| (side * 2.0) as u32);
    let bright = |from: u32, to: u32| {
        let columns = (from..to).filter(|x| (top - 44..top).any(|y| pixel(*x, y)[0] > 180));
        columns.count()
    };
    assert!(bright(left, left + 700) > 150, "{} columns of letters", bright(left, left + 700));
    assert_eq!(bright(left + 1000, left + 1300), 0);
}
