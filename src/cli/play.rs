//! `deep3d play`: the player in front, films and eyes behind it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::adjust::{ColourArguments, ZoomArguments};
use super::cache::CacheArguments;
use super::error::CliError;
use super::headset::HeadsetArguments;
use super::input::InputArguments;
use super::memory::MemoryArguments;
use super::osd::OsdArguments;
use super::painter::ScenePainter;
use super::playlist::PlaylistArguments;
use super::print::print;
use super::setup::{check_validation, gpu_options, scene};
use super::shots::ShotArguments;
use super::sound::SoundArguments;
use super::stop::ask_on_interrupt;
use super::subtitles::{SidArguments, SubtitleArguments};
use super::tracks::TrackArguments;
use super::window::WindowArguments;
use super::{BenchArguments, SceneOptions, headset, options, plot};
use crate::bench::HeadsetReport;
use crate::eyes::Settings;
use crate::film::{FilmOptions, Pace};
use crate::gpu::{Gpu, GpuOptions, Headless};
use crate::location::Location;
use crate::media::Deinterlace;
use crate::player::quality::Quality;
use crate::player::{
    self, Controls, Error, Films, HrSeek, KeepOpen, Part, PlayError, Player, PlayerOptions, WatchOptions,
};
use crate::position::Position;
use crate::sink::ScreenSettings;
use crate::sink::layout::Target;
use crate::sink::window::WindowOptions;
use crate::sink::xr::HeadsetOptions;
use crate::sound::Room;
use crate::time::Time;

/// Size of the null sink's canvas and of the first window before anything is known of the film, in pixels.
pub(super) const CANVAS: [u32; 2] = [1280, 720];

/// Where a film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SinkKind {
    /// The window
    Auto,
    /// A desktop window
    Window,
    /// A headset, through OpenXR
    Vr,
    /// Nowhere: for measuring
    Null,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArguments {
    /// Films to play, one after another: files, folders, lists (m3u, pls, cue), or http(s), HLS, DASH and RTSP addresses; without one the window waits for some
    #[arg(value_name = "FILE|URL", value_parser = options::location())]
    pub(super) inputs: Vec<Location>,
    /// Where to show them
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) sink: SinkKind,
    /// Which films stand at their last picture, paused, when they are over, instead of being left
    #[arg(long, value_enum, default_value = "no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub(super) keep_open: KeepOpen,
    /// What films are called in messages and in the window's title, instead of by their names
    #[arg(long, value_name = "TITLE")]
    pub(super) force_media_title: Option<String>,
    /// Stand at the first picture until you let the film go on
    #[arg(long)]
    pub(super) pause: bool,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end), 50%, or #2 (a chapter)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) start: Option<Position>,
    /// Where to end, written likewise
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) end: Option<Position>,
    /// How much to play at most, from where it begins
    #[arg(long, value_name = "TIME", value_parser = options::length)]
    pub(super) length: Option<Time>,
    /// Where a part begins that is repeated, in seconds or written likewise
    #[arg(long, value_name = "TIME", value_parser = options::length)]
    pub(super) ab_loop_a: Option<Time>,
    /// Where that part ends
    #[arg(long, value_name = "TIME", value_parser = options::length)]
    pub(super) ab_loop_b: Option<Time>,
    /// Which seeks are exact; the others go to a key frame, which is faster
    #[arg(long, value_enum, default_value = "yes")]
    pub(super) hr_seek: HrSeek,
    /// Which pictures are made whole from two fields: those that say that they are interlaced, all, or none
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) deinterlace: Deinterlace,
    /// Fill the screen
    #[arg(long, alias = "fs")]
    pub(super) fullscreen: bool,
    /// How much work each picture is worth
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) quality: Quality,
    /// Write what happens to a new file, a line of JSON each (docs/statistics.md)
    #[arg(long, value_name = "FILE")]
    pub(super) dump_stats: Option<PathBuf>,
    #[command(flatten)]
    pub(super) playlist: PlaylistArguments,
    #[command(flatten)]
    pub(super) cache: CacheArguments,
    #[command(flatten)]
    pub(super) tracks: TrackArguments,
    #[command(flatten)]
    pub(super) sound: SoundArguments,
    #[command(flatten)]
    pub(super) sid: Box<SidArguments>,
    #[command(flatten)]
    pub(super) subtitles: Box<SubtitleArguments>,
    #[command(flatten)]
    pub(super) window: Box<WindowArguments>,
    #[command(flatten)]
    pub(super) memory: Box<MemoryArguments>,
    #[command(flatten)]
    pub(super) input: InputArguments,
    #[command(flatten)]
    pub(super) osd: OsdArguments,
    #[command(flatten)]
    pub(super) shots: ShotArguments,
    #[command(flatten)]
    colours: Box<ColourArguments>,
    #[command(flatten)]
    zoom: Box<ZoomArguments>,
    #[command(flatten)]
    pub(super) headset: HeadsetArguments,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

pub(super) fn play(arguments: &PlayArguments) -> Result<(), CliError> {
    if arguments.sound.help()? {
        return Ok(());
    }
    let entries = arguments.playlist.entries(&arguments.inputs);
    if entries.is_empty() && arguments.sink == SinkKind::Null && !arguments.playlist.waits() {
        return Err(CliError::Usage("there is nothing to play: name a file or an address".to_owned()));
    }
    if !arguments.scene.layout.allows(Target::Window) {
        return Err(CliError::Usage(format!("--layout {} cannot be shown in a window", arguments.scene.layout)));
    }
    let (origin, settings, film) = scene(&arguments.scene)?;
    if origin.network().is_none() && entries.len() > 1 {
        return Err(CliError::Usage("--depth is one film's: play the films one by one".to_owned()));
    }
    let settings = Settings { adjustments: arguments.zoom.with(arguments.colours.adjustments()), ..settings };
    let film = FilmOptions {
        start: arguments.start,
        rotation: arguments.colours.rotation(),
        // The layout can be changed to one that shows the planes at any time.
        keep_planes: true,
        pace: pace(&settings),
        deinterlacing: arguments.deinterlace.into(),
        cache: arguments.cache.options(),
        subtitles: Some(arguments.subtitles.options(arguments.sid.choice())),
        wanted: arguments.tracks.options(),
        audio_auto: arguments.tracks.audio_file_auto,
        replay_gain: arguments.sound.replay_gain(),
        ..film
    };
    let watch = WatchOptions {
        quality: arguments.quality,
        dump: arguments.dump_stats.as_deref().map(statistics_file).transpose()?,
        script: None,
    };
    let seen = arguments.sink != SinkKind::Null;
    let memory = arguments.memory.options(seen);
    let control = arguments.input.control(memory.clone(), seen)?;
    let gpu = gpu_options(arguments.scene.network.gpu.clone());
    let player = PlayerOptions {
        keep_open: arguments.keep_open,
        media_title: arguments.force_media_title.clone(),
        paused: arguments.pause,
        part: Part {
            start: arguments.start,
            end: arguments.end,
            length: arguments.length,
            ab_loop: [arguments.ab_loop_a, arguments.ab_loop_b],
        },
        deinterlacing: film.deinterlacing.clone(),
        rotation: film.rotation.clone(),
        hr_seek: arguments.hr_seek,
        cache_pause: arguments.cache.pause(),
        live_delay: arguments.cache.live_delay,
        hold_stills: seen,
        osd: arguments.osd.options(),
        shots: arguments.shots.options(),
        ..PlayerOptions::default()
    };
    let player = arguments.playlist.player(player, entries.is_empty());
    let room = if arguments.sink == SinkKind::Vr { arguments.sound.room() } else { None };
    let player = arguments.sound.player(player, seen || arguments.sound.is_asked_for(), room.as_ref())?;
    let film = FilmOptions { sound: player.sound.clone(), ..film };
    let planes = origin.network().is_some();
    let unfolding = arguments.playlist.unfolding();
    let films = move |gpu: &Gpu| {
        let films = Films::new(gpu, origin.clone(), entries.clone(), film.clone())?;
        Ok::<_, Error>(films.unfolding(unfolding).remembered(memory.clone()))
    };
    let painter = |gpu: &Gpu| ScenePainter::new(gpu, settings, planes);
    if arguments.sink == SinkKind::Null {
        let gpu = Gpu::new(&Headless, &gpu)?;
        let size = arguments.scene.layout.output_size(CANVAS);
        let player = Player::new(films(&gpu).map_err(PlayError::from)?, player);
        player::null::play(&gpu, player, painter(&gpu), size, watch, control)?;
        return check_validation(&gpu);
    }
    let start = |gpu: &Gpu| Ok((films(gpu)?, painter(gpu)));
    if arguments.sink == SinkKind::Vr {
        return in_headset(arguments, gpu, player, watch, control, room, start);
    }
    let window = WindowOptions {
        title: "deep3d".to_owned(),
        size: arguments.scene.layout.output_size(CANVAS),
        full_screen: arguments.fullscreen,
        placement: arguments.window.placement(),
        manners: arguments.window.manners(),
        gpu,
    };
    // Ctrl-C ends the process there and then: nothing is being written.
    player::play(start, player, watch, control, window)?;
    Ok(())
}

/// The file for `--dump-stats`: a new one, or a pipe or device that is there.
fn statistics_file(path: &Path) -> Result<Box<dyn Write + Send>, CliError> {
    let is_no_file = path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    let mut options = File::options();
    let opened = if is_no_file { options.write(true) } else { options.write(true).create_new(true) }.open(path);
    match opened {
        Ok(file) => Ok(Box::new(file)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(CliError::Usage(format!("--dump-stats {}: it is there already: choose another name", path.display())))
        }
        Err(error) => Err(CliError::Usage(format!("--dump-stats {}: {error}", path.display()))),
    }
}

/// Pictures do not wait for the network. Only the original's selection needs the planes of each.
pub(super) fn pace(settings: &Settings) -> Pace {
    if settings.selection { Pace::Every } else { Pace::Live }
}

/// Plays in the headset, and remembers how the screen was left.
fn in_headset(
    arguments: &PlayArguments,
    gpu: GpuOptions,
    player: PlayerOptions,
    watch: WatchOptions,
    control: Controls,
    room: Option<Room>,
    start: impl FnMut(&Gpu) -> Result<(Films, ScenePainter), Error>,
) -> Result<(), CliError> {
    let file = headset::file();
    let remembered = file.as_deref().map_or_else(ScreenSettings::default, headset::read);
    let mut screen = arguments.headset.screen(remembered);
    let options = HeadsetOptions {
        sound: player.sound.clone(),
        room,
        ..arguments.headset.options(gpu, None, ask_on_interrupt())
    };
    let played = player::play_in_headset(start, player, watch, control, &options, &mut screen);
    if let Some(file) = file.filter(|_| screen != remembered)
        && let Err(error) = headset::write(&file, &screen)
    {
        tracing::warn!("the screen could not be remembered in {}: {error}", file.display());
    }
    played?;
    Ok(())
}

/// Plays in the headset for the sake of the figures. The screen stands as usual, so that they can be compared.
pub(super) fn measure_in_headset(arguments: &BenchArguments) -> Result<(), CliError> {
    let Some(input) = &arguments.file else {
        return Err(CliError::Usage("bench --sink vr plays a film: name one".to_owned()));
    };
    let (origin, settings, film) = scene(&arguments.scene)?;
    let gpu = gpu_options(arguments.scene.network.gpu.clone());
    let planes = origin.network().is_some();
    let film = FilmOptions { pace: pace(&settings), ..film };
    let start = |gpu: &Gpu| {
        let films = Films::new(gpu, origin.clone(), [input.clone()], film.clone())?;
        Ok((films, ScenePainter::new(gpu, settings, planes)))
    };
    let frames = u64::from(arguments.frames) + u64::from(arguments.warm_up);
    let options = arguments.headset.headset.options(gpu, Some(frames), ask_on_interrupt());
    let mut screen = arguments.headset.headset.screen(ScreenSettings::default());
    let player = PlayerOptions { hold_stills: true, ..PlayerOptions::default() };
    let (counts, statistics) =
        player::play_in_headset(start, player, WatchOptions::default(), Controls::default(), &options, &mut screen)?;
    let report = HeadsetReport::new(counts.dropped, &statistics);
    plot::write(arguments, || report.plot())?;
    print(&report, arguments.json, || report.table())?;
    Ok(())
}
