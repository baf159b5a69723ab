//! `deep3d convert`: films and pictures into files, and how comfortable these are.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::SceneOptions;
use super::adjust::ColourArguments;
use super::convert_report::ConvertReport;
use super::error::CliError;
use super::options::{gamut, location};
use super::setup::{check_validation, gpu_options, scene};
use super::stop::stop_on_interrupt;
use super::subtitles::SubtitleArguments;
use super::tracks::TrackArguments;
use crate::convert::made::{Facts, Made};
use crate::convert::plan::{PlanError, Request, plan};
use crate::convert::{self, ConvertOptions, SaveOptions};
use crate::eyes::Settings;
use crate::film::{Origin, SubtitleOptions, scale_for};
use crate::frame::Gamut;
use crate::gpu::{Gpu, Headless};
use crate::location::Location;
use crate::media::TrackChoice;
use crate::media::encode::{Codec, GreyCodec, Preset};
use crate::player::quality::{Governor, Quality};
use crate::position::Position;

#[derive(Debug, Clone, Args)]
pub(crate) struct ConvertArguments {
    /// Films and pictures to convert
    #[arg(required = true, value_name = "IN", value_parser = location())]
    inputs: Vec<Location>,
    /// The file to write, its kind told by its extension; a folder for several inputs
    #[arg(short, long, value_name = "OUT", required_unless_present = "save_depth")]
    output: Option<PathBuf>,
    /// Write the depth as a film of its own (.mkv), for --depth; without -o nothing else is written
    #[arg(long, value_name = "FILE", conflicts_with = "depth")]
    save_depth: Option<PathBuf>,
    /// How that is coded: ffv1 keeps it to the bit, hevc is smaller
    #[arg(
        long,
        value_name = "ffv1|hevc",
        default_value = "ffv1",
        hide_possible_values = true,
        requires = "save_depth"
    )]
    depth_codec: GreyCodec,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end), 50%, or #2 (a chapter)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<Position>,
    /// Where to end, written likewise
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<Position>,
    /// The film's codec; without it H.264 up to 4096 pixels of width and HEVC beyond
    #[arg(long, value_name = "h264|hevc|av1")]
    codec: Option<Codec>,
    /// Quality: lower is better and larger; without it a good middle for the codec
    #[arg(long)]
    crf: Option<u8>,
    /// Time that the encoder may take: slower is smaller
    #[arg(long, value_enum, default_value = "medium", hide_possible_values = true, value_name = "ultrafast..veryslow")]
    preset: Preset,
    /// How much work each picture is worth: fast makes the eyes smaller and enlarges them; auto is full, since nothing has to be in time
    #[arg(long, value_enum, default_value = "full")]
    quality: Quality,
    /// The colours that the output is made for and tagged with
    #[arg(long, value_name = "srgb|display-p3", default_value = "srgb", value_parser = gamut)]
    gamut: Gamut,
    /// Overwrite what is there
    #[arg(long)]
    force: bool,
    /// Write how comfortable the films are, as JSON (its keys: docs/comfort.md)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Draw subtitles into both eyes instead of copying them as a track: the track's number, or as the film says, or else the first
    #[arg(long, value_name = "auto|NUMBER", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    burn_subtitles: Option<TrackChoice>,
    #[command(flatten)]
    subtitles: Box<SubtitleArguments>,
    #[command(flatten)]
    colours: Box<ColourArguments>,
    #[command(flatten)]
    tracks: TrackArguments,
    #[command(flatten)]
    scene: SceneOptions,
}

pub(super) fn convert(arguments: &ConvertArguments) -> Result<(), CliError> {
    let request = Request {
        inputs: &arguments.inputs,
        output: arguments.output.as_deref(),
        save_depth: arguments.save_depth.as_deref(),
        layout: arguments.scene.layout,
        codec: arguments.codec,
        crf: arguments.crf,
    };
    let wanted = arguments.tracks.options();
    if wanted.video == TrackChoice::No {
        return Err(CliError::Usage(
            "--vid no leaves no pictures to convert: name a track, or leave it out".to_owned(),
        ));
    }
    let mut outputs = arguments.scene.outputs(arguments.force);
    arguments.tracks.files().iter().for_each(|file| outputs.protect(file));
    let plan = plan(&request, &mut outputs)?;
    if let Some(report) = &arguments.report {
        outputs.take(report)?;
    }
    outputs.sweep();
    let (origin, settings, mut film) = scene(&arguments.scene)?;
    let settings = Settings { adjustments: arguments.colours.adjustments(), ..settings };
    film.rotation = arguments.colours.rotation();
    film.reading.gamut = arguments.gamut;
    film.subtitles =
        arguments.burn_subtitles.map(|choice| SubtitleOptions { any: true, ..arguments.subtitles.options(choice) });
    (film.wanted, film.audio_auto) = (wanted, arguments.tracks.audio_file_auto);
    if origin.network().is_none() && plan.jobs.len() > 1 {
        return Err(CliError::Usage("--depth is one film's: convert the films one by one".to_owned()));
    }
    let save = match &origin {
        Origin::Network(weights) if arguments.save_depth.is_some() => {
            let codec = arguments.depth_codec;
            codec.check().map_err(PlanError::from)?;
            Some(SaveOptions { codec, network: origin.name(), scale: scale_for(weights) })
        }
        _ => None,
    };
    let mut made = Made::new(super::folders::state(), &arguments.settings());
    let gpu = Gpu::new(&Headless, &gpu_options(arguments.scene.network.gpu.clone()))?;
    let jobs = plan.jobs.len();
    let report = Arc::new(Mutex::new(ConvertReport::default()));
    let stop = stop_on_interrupt({
        let (report, file, force) = (Arc::clone(&report), arguments.report.clone(), arguments.force);
        let outputs: Vec<PathBuf> = plan.jobs.iter().map(|job| job.output.clone()).collect();
        move || {
            // It is held only while a name is printed: who prints into a pipe that nobody reads is not waited for.
            let report = report.try_lock();
            report.map_or(Some(PathBuf::new()), |report| report.last_words(&outputs, file.as_deref(), force))
        }
    });
    let options = ConvertOptions {
        settings,
        // Nothing is ever late here: it stays with what it begins with.
        eye_scale: Governor::new(arguments.quality).settings().eyes,
        start: arguments.start,
        end: arguments.end,
        codec: arguments.codec,
        crf: arguments.crf,
        preset: arguments.preset,
        force: arguments.force,
        save,
        film,
    };
    let result = convert::run(&gpu, &origin, &plan, &options, (&mut made, &stop), |job, outcome| {
        report.lock().unwrap_or_else(PoisonError::into_inner).add(job, outcome);
    });
    // From here on all is told as it is.
    drop(stop);
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    if jobs > 1 {
        report.tell_all();
    }
    let written = arguments.report.as_ref().map_or(Ok(()), |file| report.write(file, arguments.force));
    result?;
    written?;
    let missing = report.missing();
    if jobs > 1 && missing > 0 {
        return Err(CliError::Partly { missing, all: jobs });
    }
    std::mem::replace(&mut report.stdout, Ok(()))?;
    check_validation(&gpu)
}

impl ConvertArguments {
    /// All that the files depend on beside their inputs. What is added to the options is in it unless it is taken out here.
    fn settings(&self) -> String {
        let mut same = self.clone();
        (same.inputs, same.output, same.save_depth, same.report, same.force) = (Vec::new(), None, None, None, false);
        same.scene.network.gpu = None;
        if same.quality == Quality::Auto {
            same.quality = Quality::Full;
        }
        (same.scene.queues.decode_ahead, same.scene.queues.scene_ahead) = (0, 0);
        let files = [self.scene.network.weights.as_deref(), self.scene.kept.depth.as_ref().and_then(Location::path)];
        let sounds: Vec<_> = self.tracks.files().iter().map(|file| file.path().and_then(Facts::of)).collect();
        format!("{same:?} {:?} {sounds:?}", files.map(|file| file.and_then(Facts::of)))
    }
}
