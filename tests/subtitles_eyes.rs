//! Subtitles over both eyes: the same letters in every layout, at a depth of their own.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ash::vk;
use deep3d::depth_film::DepthFile;
use deep3d::eyes::{Eyes, EyesError, Place, Settings as EyeSettings, TIMESTAMPS};
use deep3d::film::{Film, FilmOptions, Origin, Scene, Step, SubtitleOptions};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, Image, ImageOptions};
use deep3d::media::{StopFlag, TrackChoice};
use deep3d::net::Weights;
use deep3d::sink::{Adjustments, Layout};
use deep3d::stage::comfort::{self, Convergence, Strength, Viewing};
use deep3d::stage::placement::CuePlan;
use deep3d::stage::stereo::SourceEye;
use deep3d::subtitle::Settings;
use ffmpeg::ffmpeg;

const SIZE: [u32; 2] = [640, 360];

fn srt(cues: &[(f64, f64, &str)]) -> String {
    let time = |seconds: f64| format!("00:00:{:02},{:03}", seconds as u32, (seconds * 1000.0) as u32 % 1000);
    let cue = |(index, (from, to, text)): (usize, &(f64, f64, &str))| {
        format!("{}\n{} --> {}\n{text}\n\n", index + 1, time(*from), time(*to))
    };
    cues.iter().enumerate().map(cue).collect()
}

fn settings(layout: Layout, flat: bool) -> EyeSettings {
    EyeSettings {
        layout,
        comfort: comfort::Settings::default(),
        swap_eyes: false,
        flat,
        source_eye: SourceEye::Centre,
        selection: false,
        adjustments: Adjustments::default(),
    }
}

/// The first picture of a film from 1 s on, laid out as `layout` says.
fn laid_out(gpu: &Gpu, path: &Path, layout: Layout, subtitles: Option<SubtitleOptions>) -> Vec<u8> {
    let weights = Arc::new(Weights::built_in().unwrap());
    let start = Some("1".parse().unwrap());
    let options = FilmOptions { start, network_area: 128 * 64, subtitles, ..FilmOptions::default() };
    let mut film = Film::open(gpu, &weights, path, &options, StopFlag::default()).unwrap();
    let Ok(Step::Scene(scene)) = film.scenes.receive(Some(Duration::from_secs(60))) else { panic!("no picture") };
    let mut eyes = Eyes::new(gpu);
    eyes.set_patient(true);
    drawn(gpu, &mut eyes, &scene.data, &settings(layout, true))
}

/// What the eyes make of `scene`, as bytes: laid out, or the depth where that is the layout.
fn drawn(gpu: &Gpu, eyes: &mut Eyes, scene: &Scene, settings: &EyeSettings) -> Vec<u8> {
    let layout = settings.layout;
    let size = layout.output_size(SIZE);
    let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let target = Image::new(gpu, "target", options).unwrap();
    let bytes = u64::from(size[0] * size[1] * 4);
    let readback = Buffer::new(gpu, "read back", bytes, BufferKind::Readback).unwrap();
    let mut commands = Commands::new(gpu, "eyes", TIMESTAMPS).unwrap();
    let recorded = commands.record::<EyesError>(|recorder| {
        eyes.record(recorder, scene, settings, &target, Place::File, 0)?;
        match (layout, eyes.deep()) {
            (Layout::Depth, Some(deep)) => recorder.copy_buffer(deep, 0, &readback, 0, deep.bytes())?,
            _ => recorder.copy_image_to_buffer(&target, &readback, 4)?,
        }
        Ok(())
    });
    recorded.unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    readback.read(<[u8]>::to_vec).unwrap()
}

#[test]
fn both_eyes_see_the_same_letters_in_every_layout() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mkv");
    let grey = "-f lavfi -i color=0x808080:s=640x360:r=10:d=2 -c:v libx264 -preset ultrafast";
    ffmpeg(grey, &path);
    std::fs::write(folder.path().join("film.en.srt"), srt(&[(0.0, 9.0, "Letters")])).unwrap();
    let large = || Settings { scale: 2.5, ..Settings::default() };
    let wanted = || Some(SubtitleOptions { settings: large(), ..SubtitleOptions::default() });
    let bare = laid_out(&gpu, &path, Layout::Left, None);
    let left = laid_out(&gpu, &path, Layout::Left, wanted());
    let none = SubtitleOptions { choice: TrackChoice::No, ..SubtitleOptions::default() };
    assert!(laid_out(&gpu, &path, Layout::Left, Some(none)) == bare);
    let white =
        |picture: &[u8]| picture.chunks_exact(4).filter(|pixel| pixel[..3].iter().all(|value| *value > 200)).count();
    assert!(white(&bare) == 0 && white(&left) > 200, "{}", white(&left));
    assert!(laid_out(&gpu, &path, Layout::Right, wanted()) == left);
    let row = SIZE[0] as usize * 4;
    let both = laid_out(&gpu, &path, Layout::Sbs, wanted());
    for (both, one) in both.chunks_exact(row * 2).zip(left.chunks_exact(row)) {
        assert!(&both[..row] == one && &both[row..] == one);
    }
    assert!(laid_out(&gpu, &path, Layout::Tab, wanted()) == [left.clone(), left.clone()].concat());
    for layout in [Layout::Rows, Layout::Columns, Layout::Checkerboard] {
        assert!(laid_out(&gpu, &path, layout, wanted()) == left, "{layout}");
    }
    // Each half has letters of half the width, made for it.
    let half = white(&laid_out(&gpu, &path, Layout::HalfSbs, wanted()));
    assert!((white(&left) * 7 / 10..white(&left) * 11 / 10).contains(&half), "{half} of {}", white(&left));
    assert!(white(&laid_out(&gpu, &path, Layout::Anaglyph, wanted())) * 10 > white(&left) * 9);
}

/// Both eyes beside each other, and the parallax of each of the film's pixels in % of the width.
struct Rendered {
    pair: Vec<u8>,
    parallax: Vec<f32>,
}

fn rendered(gpu: &Gpu, eyes: &mut Eyes, scene: &Scene, settings: &EyeSettings) -> Rendered {
    let [pair, deep] =
        [Layout::Sbs, Layout::Depth].map(|layout| drawn(gpu, eyes, scene, &EyeSettings { layout, ..*settings }));
    let samples = deep.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let parallax = samples.map(|sample| (32_768.0 - f32::from(sample)) / 3277.0);
    Rendered { pair, parallax: parallax.take((SIZE[0] * SIZE[1]) as usize).collect() }
}

/// Pixels in one half of a pair that are white: letters.
fn letters(pair: &[u8], half: u32) -> Vec<[i32; 2]> {
    let mut found = Vec::new();
    for y in 0..SIZE[1] {
        for x in 0..SIZE[0] {
            let at = ((y * SIZE[0] * 2 + half * SIZE[0] + x) * 4) as usize;
            if pair[at..at + 3].iter().all(|value| *value >= 250) {
                found.push([x as i32, y as i32]);
            }
        }
    }
    found
}

/// A made film of so many seconds, four pictures in each, with depth in grey as `grey` says and a line in each span of `cues`.
struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
    depth: PathBuf,
}

impl Made {
    fn new(seconds: u32, grey: &str, cues: &[(f64, f64)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, depth) = (folder.path().join("film.mkv"), folder.path().join("depth.mkv"));
        let dark = format!("-f lavfi -i testsrc2=s=640x360:r=4:d={seconds},lutrgb=r=val/4:g=val/4:b=val/4 -c:v ffv1");
        ffmpeg(&dark, &path);
        let grey = format!("nullsrc=s=320x180:r=4:d={seconds},format=gray,geq=lum='{grey}'");
        ffmpeg(&format!("-f lavfi -i {grey} -c:v ffv1"), &depth);
        let cues: Vec<_> = cues.iter().map(|(from, to)| (*from, *to, "A line of letters")).collect();
        std::fs::write(folder.path().join("film.srt"), srt(&cues)).unwrap();
        Self { _folder: folder, path, depth }
    }

    /// All of its scenes, in order.
    fn scenes(&self, gpu: &Gpu, titled: bool, with: &mut dyn FnMut(&Scene)) {
        let settings = Settings { scale: 2.0, ..Settings::default() };
        let subtitles = titled.then(|| SubtitleOptions { settings, ..SubtitleOptions::default() });
        let options = FilmOptions { subtitles, ..FilmOptions::default() };
        let origin = Origin::DepthFilm(DepthFile { location: self.depth.clone().into(), anyway: true });
        let mut film = Film::open(gpu, origin, self.path.as_path(), &options, StopFlag::default()).unwrap();
        loop {
            match film.scenes.receive(Some(Duration::from_secs(60))) {
                Ok(Step::Scene(scene)) => with(&scene.data),
                Ok(Step::End { .. }) => return,
                Ok(Step::Failed { error, .. }) => panic!("{error}"),
                Err(_) => panic!("nothing came"),
            }
        }
    }
}

/// Where the letters of a pair are: the parallax of the text, and the least of `parallax` in the rectangle around them, so many pixels wider.
struct Line {
    text: f32,
    ends: [[i32; 2]; 2],
}

impl Line {
    fn of(pair: &[u8], name: &str) -> Self {
        let (left, right) = (letters(pair, 0), letters(pair, 1));
        assert!(!left.is_empty(), "{name}: there are letters");
        let shift = right[0][0] - left[0][0];
        let same = left.len() == right.len() && left.iter().zip(&right).all(|(l, r)| [l[0] + shift, l[1]] == *r);
        assert!(left.len() > 300 && same, "{name}: the same letters for both eyes");
        let ends = [0, 1].map(|axis| {
            let all = || left.iter().chain(&right).map(move |place| place[axis]);
            [all().min().unwrap(), all().max().unwrap()]
        });
        Self { text: shift as f32 / SIZE[0] as f32 * 100.0, ends }
    }

    fn nearest(&self, parallax: &[f32], beyond: i32) -> f32 {
        let [columns, rows] = [0, 1].map(|axis| {
            let [from, to] = self.ends[axis];
            (from - beyond).max(0)..(to + beyond + 1).min(SIZE[axis] as i32)
        });
        let all = rows.flat_map(|y| columns.clone().map(move |x| parallax[(y * SIZE[0] as i32 + x) as usize]));
        all.min_by(f32::total_cmp).unwrap()
    }
}

/// A made scene: a disc that moves to and fro, nearer than the ground, in front of which lines stand.
#[test]
fn a_line_lies_right_in_front_of_the_nearest_that_it_covers() {
    let gpu = WatchedGpu::new().unwrap();
    let cue = |index: u32| (f64::from(index) * 1.1, f64::from(index) * 1.1 + 1.0);
    let disc = "if(lt(hypot(X-160-120*sin(T),Y-120-50*sin(T*0.7)),28),230,70+Y/3)";
    let made = Made::new(24, disc, &(0..21).map(cue).collect::<Vec<_>>());
    let settings = settings(Layout::Sbs, false);
    let mut plan = CuePlan::default();
    made.scenes(&gpu, true, &mut |scene| Eyes::plan(&mut plan, scene, &settings));
    assert_eq!(plan.len(), 21);
    let mut eyes = Eyes::new(&gpu);
    eyes.set_patient(true);
    eyes.set_plan(plan);
    // Of each cue: parallax of its text and of the nearest that it has covered.
    let mut all: Vec<Option<(f32, f32)>> = vec![None; 21];
    made.scenes(&gpu, true, &mut |scene| {
        let seconds = scene.time().seconds();
        let Some(index) = (0..21).find(|index| cue(*index).0 <= seconds && seconds < cue(*index).1) else { return };
        let Rendered { pair, parallax } = rendered(&gpu, &mut eyes, scene, &settings);
        let line = Line::of(&pair, &format!("{seconds}"));
        // What is near is known in fields.
        let (text, nearest, wide) = (line.text, line.nearest(&parallax, 4), line.nearest(&parallax, 24));
        assert!(text <= nearest - 0.05, "{seconds}: text at {text:.3} %, what it covers at {nearest:.3} %");
        let known = &mut all[index as usize];
        let (before, so_far) = known.unwrap_or((text, wide));
        assert!(before == text, "{seconds}: it stays where it is");
        *known = Some((text, wide.min(so_far)));
    });
    for (index, known) in all.iter().enumerate() {
        let (text, nearest) = known.expect("each cue is seen");
        println!("cue {index}: text at {text:.3} %, the nearest at {nearest:.3} %");
    }
    let far = all.iter().flatten().filter(|(text, nearest)| nearest - text > 0.3).count();
    assert!(far == 0, "{far} cues lie farther in front than they need to");
}

/// How a scene with text lies to the same without: farther back by `push` at its front end, and with `share` of the depth.
fn pushed(with: &[f32], without: &[f32]) -> (f32, f32, f32) {
    // Towards the sides everything comes to the screen.
    let middle = |at: &usize| (100..540).contains(&(at % SIZE[0] as usize));
    let pairs: Vec<_> = (0..with.len()).filter(middle).map(|at| (without[at], with[at])).collect();
    let near = pairs.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let far = pairs.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let share = (far.1 - near.1) / (far.0 - near.0);
    let bent = pairs.iter().map(|(a, b)| (near.1 + (a - near.0) * share - b).abs()).fold(0.0, f32::max);
    (near.1 - near.0, share, bent)
}

/// A disc at the limit of comfort, whose own depth goes on behind and before its line: it goes back as a whole, and nothing of it is flattened.
#[test]
fn a_scene_is_pushed_back_where_a_line_has_no_room() {
    let gpu = WatchedGpu::new().unwrap();
    let cues = [(2.1, 4.0), (5.5, 6.5), (8.3, 9.9)];
    let disc = "if(lt(hypot(X-160,Y-140+40*max(T-7,0)),44),(X+Y)/6+170,20+Y/3)";
    let made = Made::new(11, disc, &cues);
    // Seen 6.3 m wide, the far end has no room.
    for (planned, width) in [(true, 1.0), (false, 6.3)] {
        let comfort = comfort::Settings {
            strength: Strength::Percent(2.0),
            convergence: Convergence::At(0.5),
            viewing: Viewing::of_width(width),
        };
        let settings = EyeSettings { comfort, ..settings(Layout::Sbs, false) };
        let mut bare = Vec::new();
        let mut eyes = Eyes::new(&gpu);
        made.scenes(&gpu, false, &mut |scene| bare.push(rendered(&gpu, &mut eyes, scene, &settings).parallax));
        let mut eyes = Eyes::new(&gpu);
        eyes.set_patient(true);
        if planned {
            let mut plan = CuePlan::default();
            made.scenes(&gpu, true, &mut |scene| Eyes::plan(&mut plan, scene, &settings));
            eyes.set_plan(plan);
        }
        let (mut pushes, mut gaps, mut index) = (Vec::new(), Vec::new(), 0);
        made.scenes(&gpu, true, &mut |scene| {
            let seconds = scene.time().seconds();
            let Rendered { pair, parallax } = rendered(&gpu, &mut eyes, scene, &settings);
            let (push, share, bent) = pushed(&parallax, &bare[index]);
            assert!(bent < 0.01 && share < 1.004, "{planned} {width} {seconds}: {bent} {share}");
            let far = parallax.iter().copied().fold(0.0, f32::max);
            assert!(far <= 6.3 / width + 0.002, "{planned} {width} {seconds}: {far} is beyond the limit");
            assert!(width > 1.0 || share > 0.996, "{planned} {seconds}: {share}");
            if cues.iter().any(|(from, to)| *from <= seconds && seconds < *to) {
                let line = Line::of(&pair, &format!("{planned} {width} {seconds}"));
                gaps.push(line.nearest(&parallax, 4) - line.text);
                assert!(line.text >= -1.0 - 0.08, "{planned} {width} {seconds}: {} is beyond the limit", line.text);
            }
            pushes.push(push);
            index += 1;
        });
        let steps = pushes.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let most = pushes.iter().copied().fold(0.0, f32::max);
        println!("planned {planned}, {width} m wide: pushed back by {pushes:.3?}, text in front by {gaps:.3?}");
        assert!(most > 0.1 && most <= 0.16, "{planned} {width}: {most}");
        assert!(steps <= 0.3 * 0.25 + 0.003, "{planned} {width}: {steps}");
        assert!(gaps.len() > 15 && gaps.iter().all(|gap| (0.05..=0.3).contains(gap)), "{planned} {width}: {gaps:?}");
        assert!(
            pushes[..4].iter().chain(&pushes[42..]).all(|push| push.abs() < 0.002),
            "{planned} {width}: {pushes:?}"
        );
    }
}
