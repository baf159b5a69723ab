//! Which depth each picture gets: going on, sought, given up, in gaps and between bars.

use std::sync::Arc;
use std::time::Duration;

use deep3d::depth_film::{Beside, DepthFile, DepthFilm};
use deep3d::film::{Film, FilmError, FilmOptions, Origin, Scene, SeekMode, Step};
use deep3d::frame::Frame;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu};
use deep3d::media::{Source, SourceOptions, StopFlag};
use deep3d::position::Position;
use deep3d::stage::comfort::Settings;
use deep3d::time::Time;

use super::{BIKES, Folder, ffmpeg, grey_film};

/// Scenes of a film, and what depth they have.
struct Player {
    gpu: Gpu,
    film: Film,
    commands: Commands,
}

impl Player {
    fn open(gpu: &Gpu, film: &str, depth: &str, options: FilmOptions) -> Result<Self, FilmError> {
        let origin = Origin::DepthFilm(DepthFile { location: depth.into(), anyway: true });
        let film = Film::open(gpu, origin, film, &options, StopFlag::default())?;
        Ok(Self { gpu: gpu.clone(), film, commands: Commands::new(gpu, "read", 0).unwrap() })
    }

    fn scene(&mut self) -> Option<Frame<Scene>> {
        match self.film.scenes.receive(Some(Duration::from_secs(60))) {
            Ok(Step::Scene(scene)) => Some(scene),
            Ok(Step::End { .. }) => None,
            Ok(Step::Failed { error, .. }) => panic!("{error}"),
            Err(empty) => panic!("nothing came: {empty:?}"),
        }
    }

    fn disparity(&mut self, scene: &Scene) -> Vec<f32> {
        let disparity = Arc::clone(&scene.slot().disparity);
        let buffer = Buffer::new(&self.gpu, "read", disparity.bytes(), BufferKind::Readback).unwrap();
        self.commands.record(|recorder| recorder.copy_buffer(&disparity, 0, &buffer, 0, disparity.bytes())).unwrap();
        self.gpu.wait(self.gpu.submit(&mut self.commands).unwrap()).unwrap();
        buffer.read(|bytes| bytemuck::cast_slice(bytes).to_vec()).unwrap()
    }

    /// The next picture's time, its grey in codes of 1023, and whether it has depth.
    fn grey(&mut self) -> Option<(Time, i32, bool)> {
        let scene = self.scene()?;
        let values = self.disparity(&scene.data);
        let (left, right) = (values[0], values[values.len() - 1]);
        assert!(left.abs() < 1e-4, "white is near: {left}");
        let shown = scene.data.mapping(&Settings::default()).gain != 0.0;
        Some((scene.pts, ((1.0 - right) * 1023.0).round() as i32, shown))
    }
}

/// A film of twelve pictures a second, its sound a little before its pictures.
fn twelve(folder: &Folder, seconds: u32) -> String {
    let path = folder.path("film.mkv");
    let options = format!(
        "-f lavfi -i testsrc2=size=128x72:rate=12:duration={seconds} -f lavfi -i sine=duration={seconds} \
         -vf setpts=PTS+0.06/TB -c:v libx264 -g 12 -pix_fmt yuv420p -c:a aac"
    );
    ffmpeg(&options, &path);
    path
}

#[test]
fn every_picture_gets_its_own_depth_wherever_one_goes() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = Folder::new();
    let film = twelve(&folder, 6);
    let depth = folder.path("depth.mkv");
    let code = |number: u32| 10 * number as i32;
    grey_film(&depth, 72, 12, Time::ZERO, |number| Some(code(number) as u16));
    let mut player = Player::open(&gpu, &film, &depth, FilmOptions::default()).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| player.grey()).collect();
    assert_eq!(seen.len(), 72);
    for (number, (pts, grey, shown)) in seen.iter().enumerate() {
        assert_eq!((*grey, *shown), (code(number as u32), true), "picture {number} at {pts}");
    }
    // The film's own picture, from each place to any other, also behind its end.
    for number in [40usize, 3, 71, 0, 41, 20] {
        let epoch = player.film.control().seek(seen[number].0, SeekMode::Exact);
        let mut scene = player.scene();
        while scene.as_ref().is_none_or(|scene| scene.epoch != epoch) {
            scene = player.scene();
        }
        let values = player.disparity(&scene.unwrap().data);
        let grey = ((1.0 - values[values.len() - 1]) * 1023.0).round() as i32;
        assert_eq!(grey, code(number as u32), "after going to picture {number}");
        if number != 71 {
            assert_eq!(player.grey().unwrap().1, code(number as u32 + 1), "and on from there");
        }
    }
    let options = FilmOptions { start: Some(Position::FromStart(seen[30].0)), ..FilmOptions::default() };
    let mut player = Player::open(&gpu, &film, &depth, options).unwrap();
    assert_eq!(player.grey().unwrap(), (seen[30].0, code(30), true), "begun in the middle");
}

#[test]
fn what_is_given_up_is_not_lost() {
    let folder = Folder::new();
    let film = twelve(&folder, 6);
    let depth = folder.path("depth.mkv");
    grey_film(&depth, 72, 12, Time::ZERO, |number| Some(10 * number as u16));
    let source = Source::open(&film, &SourceOptions::default()).unwrap();
    let at = (&film).into();
    let beside = Beside { location: &at, info: source.info(), beginning: source.beginning() };
    let file = DepthFile { location: depth.into(), anyway: true };
    let picture = Time::from_seconds(1.0 / 12.0);
    let mut depth = DepthFilm::open(&file, &beside, &StopFlag::default()).unwrap();
    let mut grey = |number: u32, given_up: bool| {
        let time = source.beginning() + Time::from_seconds(f64::from(number) / 12.0);
        let map = depth.at(time, picture, &|| given_up).unwrap().map;
        ((1.0 - map.values[map.values.len() - 1]) * 1023.0).round() as i32
    };
    assert_eq!(grey(4, false), 40);
    // On the way ahead, on a way so far that it is sought, and back: whatever was given up, what comes after it is right.
    for given_up in [9, 71, 1] {
        grey(given_up, true);
        for number in [10, 11, 70, 3] {
            assert_eq!(grey(number, false), 10 * number as i32, "after giving up {given_up}");
        }
    }
}

#[test]
fn gaps_keep_the_depth_before_them_and_ends_have_none() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = Folder::new();
    let film = twelve(&folder, 4);
    let depth = folder.path("depth.mkv");
    // Half as many pictures.
    grey_film(&depth, 24, 6, Time::ZERO, |number| Some(number as u16 * 10));
    let mut player = Player::open(&gpu, &film, &depth, FilmOptions::default()).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| player.grey()).map(|(_, grey, shown)| (grey, shown)).collect();
    assert_eq!(seen, (0..48).map(|number| (number / 2 * 10, true)).collect::<Vec<_>>());
    // A gap of a second, and an end after two: it fades out, and no new picture is sought for each.
    grey_film(&depth, 24, 12, Time::ZERO, |number| (!(6..18).contains(&number)).then_some(number as u16 * 10));
    let mut player = Player::open(&gpu, &film, &depth, FilmOptions::default()).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| player.grey()).map(|(_, grey, shown)| (grey, shown)).collect();
    let wanted = |number: i32| if (6..18).contains(&number) { 50 } else { number.min(23) * 10 };
    for (number, (grey, shown)) in seen.iter().enumerate() {
        assert_eq!(*grey, wanted(number as i32), "picture {number}");
        assert!(*shown || number > 24, "picture {number} is flat");
    }
    assert!(!seen[47].1, "two seconds behind its end there is no depth");
    // One picture is the depth of a still, and of nothing that moves.
    let still = folder.path("still.png");
    ffmpeg(&format!("-i {film} -frames:v 1"), &still);
    let error = Player::open(&gpu, &film, &still, FilmOptions::default()).err().expect("refused").to_string();
    assert!(error.contains("one picture"), "{error}");
}

#[test]
fn depth_is_cut_as_the_bars_are() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = Folder::new();
    let film = folder.path("bars.mkv");
    // Two pictures without bars, then with them.
    let filter = "[0:v]trim=end_frame=16,split[a][b];[a]scale=320:136,pad=320:180:0:22,setsar=1[bars];\
                  [b]trim=end_frame=2,scale=320:180,setsar=1[first];[first][bars]concat";
    ffmpeg(&format!("-i {BIKES} -filter_complex {filter} -c:v ffv1"), &film);
    // Grey of a row is its height.
    let depth = folder.path("depth.mkv");
    ffmpeg(
        "-f lavfi -i color=black:s=320x180:r=25:d=1 -frames:v 18 -vf format=gray10le,geq=lum=Y*5 -c:v ffv1 -color_range pc",
        &depth,
    );
    let mut player = Player::open(&gpu, &film, &depth, FilmOptions::default()).unwrap();
    let scenes: Vec<_> = std::iter::from_fn(|| {
        let scene = player.scene()?;
        let values = player.disparity(&scene.data);
        Some((scene.data.layout.crop, scene.data.layout.disparity_size, values))
    })
    .collect();
    let (whole, between) = (&scenes[0], &scenes[17]);
    assert_eq!((whole.1, between.1[0]), ([320, 180], 320));
    assert!((22..=26).contains(&between.0.at[1]), "{:?}", between.0);
    for (crop, size, values) in [whole, between] {
        for row in [0, size[1] / 2, size[1] - 1] {
            let code = (1.0 - values[(row * size[0] + 7) as usize]) * 1023.0;
            let wanted = (crop.at[1] + row) as f32 * 5.0;
            assert!((code - wanted).abs() < 2.6, "{code} for {wanted} in row {row} of {crop:?}");
        }
    }
}
