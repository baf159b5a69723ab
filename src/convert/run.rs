//! Carries a plan out: each input through the chain and the eyes into its file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ash::vk;

use super::depth::{DepthSaver, SaveOptions};
use super::error::ConvertError;
use super::made::{Facts, Made};
use super::plan::{Job, Kind, Plan};
use super::progress::Progress;
use super::size;
use crate::eyes::{Eyes, Place, Settings};
use crate::film::{Film, FilmOptions, Origin, Scene, Step};
use crate::frame::Frame;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, ImageOptions};
use crate::media::StopFlag;
use crate::media::encode::{
    Codec, PixelOrder, Preset, StillFormat, StillOptions, TrackSource, write_depth, write_picture, write_wiggle,
};
use crate::position::Position;
use crate::ring::Empty;
use crate::sink::Layout;
use crate::sink::file::{FilmOptions as WriterOptions, FilmWriter};
use crate::sink::layout::WIGGLE;
use crate::stage::comfort::tally::{Comforts, Tally};
use crate::stage::placement::CuePlan;
use crate::time::Time;

/// How everything of a plan is converted.
pub struct ConvertOptions {
    /// What is seen.
    pub settings: Settings,
    /// Part of the film's size that the eyes are made with, each way; the file has the film's in any case.
    pub eye_scale: f32,
    /// Where to begin.
    pub start: Option<Position>,
    /// Where to end.
    pub end: Option<Position>,
    /// `--codec`.
    pub codec: Option<Codec>,
    /// `--crf`.
    pub crf: Option<u8>,
    /// `--preset`.
    pub preset: Preset,
    /// `--force`.
    pub force: bool,
    /// How depth is saved, where the plan says so.
    pub save: Option<SaveOptions>,
    /// How films are opened.
    pub film: FilmOptions,
}

/// How long a scene is waited for before the reader gets room.
const RELIEF: Duration = Duration::from_millis(50);

/// What became of a job.
#[derive(Debug)]
pub enum Outcome {
    /// Its film of depth is there; the job goes on.
    Depth,
    /// The file was made. How comfortable it is; `None` where nothing was measured.
    Made(Option<Comforts>),
    /// It is there from before, made of the same input with the same settings.
    MadeBefore,
    /// A file is there that is not known to be this one; it stays.
    InTheWay,
    /// It could not be made. Nothing of it is there.
    Failed(ConvertError),
}

/// Converts everything in `plan`, one after the other, and tells what became of each job. `made` knows and learns what was made. `stop` interrupts: then and
/// where a single file fails, that is the error; one of several that fails does not end the rest.
pub fn run(
    gpu: &Gpu,
    origin: &Origin,
    plan: &Plan,
    options: &ConvertOptions,
    (made, stop): (&mut Made, &StopFlag),
    mut tell: impl FnMut(&Job, Outcome),
) -> Result<(), ConvertError> {
    if let Some(folder) = &plan.folder {
        let failed = |reason| ConvertError::Folder { folder: folder.clone(), reason };
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let result = jobs(gpu, origin, plan, options, (made, stop), &mut tell);
    if let Some(folder) = &plan.folder {
        // It was made for what is in it; where that is nothing it goes again.
        std::fs::remove_dir(folder).ok();
    }
    result
}

fn jobs(
    gpu: &Gpu,
    origin: &Origin,
    plan: &Plan,
    options: &ConvertOptions,
    (made, stop): (&mut Made, &StopFlag),
    tell: &mut impl FnMut(&Job, Outcome),
) -> Result<(), ConvertError> {
    for job in &plan.jobs {
        let interrupted = |depth| ConvertError::Interrupted { output: job.output.clone(), depth };
        if job.is_there {
            tell(job, if made.has(&job.input, &job.output) { Outcome::MadeBefore } else { Outcome::InTheWay });
            continue;
        }
        if stop.is_stopped() {
            return Err(interrupted(None));
        }
        let input = job.input.path().and_then(Facts::of);
        let mut depth = None;
        let mut tell_of_it = |outcome| {
            if matches!(outcome, Outcome::Depth) {
                depth.clone_from(&job.depth);
            }
            tell(job, outcome);
        };
        let result = Conversion::open(gpu, origin, job, options, stop).and_then(|mut conversion| {
            let result = match job.kind {
                Kind::Film(_) => conversion.film(&mut tell_of_it),
                Kind::Picture(format) => conversion.picture(format, &mut tell_of_it),
                Kind::Depth => conversion.depth(),
            };
            conversion.progress.clear();
            // What is there is told at once: to take down the threads takes its time.
            result.map(|()| {
                tell_of_it(Outcome::Made(conversion.tally.result()));
                if let Some(input) = input {
                    made.remember(input, &job.output);
                }
            })
        });
        match result {
            // A stop that came after the last of it changes nothing about that.
            Ok(()) => {}
            // A stop makes reading fail in its own words; what counts is that it was wanted.
            Err(_) if stop.is_stopped() => return Err(interrupted(depth)),
            Err(error) if plan.jobs.len() == 1 => return Err(error),
            Err(error) => tell(job, Outcome::Failed(error)),
        }
    }
    Ok(())
}

/// Where a picture is made and read back.
struct Target {
    image: Arc<Image>,
    readback: Arc<Buffer>,
    size: [u32; 2],
}

impl Target {
    fn new(gpu: &Gpu, size: [u32; 2]) -> Result<Self, GpuError> {
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let image = Image::new(gpu, "laid-out picture", options)?;
        let bytes = u64::from(size[0]) * u64::from(size[1]) * 4;
        Ok(Self { image, readback: Buffer::new(gpu, "picture read back", bytes, BufferKind::Readback)?, size })
    }

    fn stride(&self) -> usize {
        self.size[0] as usize * 4
    }
}

struct Conversion<'a> {
    gpu: &'a Gpu,
    job: &'a Job,
    options: &'a ConvertOptions,
    stop: &'a StopFlag,
    film: Film,
    eyes: Eyes,
    commands: Commands,
    start: Time,
    end: Option<Time>,
    progress: Progress,
    tally: Tally,
}

impl<'a> Conversion<'a> {
    fn open(
        gpu: &'a Gpu,
        origin: &Origin,
        job: &'a Job,
        options: &'a ConvertOptions,
        stop: &'a StopFlag,
    ) -> Result<Self, ConvertError> {
        let mut film_options = FilmOptions {
            start: options.start,
            end: options.end,
            keep_planes: options.settings.needs_planes(),
            tracks: matches!(job.kind, Kind::Film(_)),
            one_size: true,
            ..options.film.clone()
        };
        let mut plan = None;
        if film_options.subtitles.is_some() && matches!(job.kind, Kind::Film(_)) && job.input.can_be_reopened() {
            plan = look_ahead(gpu, origin, job, (&film_options, &options.settings, options.end), stop)?;
            // That there are none has been said.
            film_options.subtitles = film_options.subtitles.filter(|_| plan.is_some());
        }
        let film = Film::open(gpu, origin, &job.input, &film_options, stop.clone())?;
        let place = |position: Option<Position>| match position {
            None => Ok(None),
            Some(position) => {
                let unknown = || ConvertError::NoPlace(job.input.clone());
                position.resolve(film.info.duration, &film.info.chapters).map(Some).ok_or_else(unknown)
            }
        };
        let start = place(options.start)?.unwrap_or(Time::ZERO);
        let end = place(options.end)?;
        let progress = Progress::new(&film.info, start, end);
        let commands = Commands::new(gpu, "eyes", 0)?;
        let mut eyes = Eyes::new(gpu);
        eyes.set_metered(true);
        eyes.set_patient(true);
        plan.into_iter().for_each(|plan| eyes.set_plan(plan));
        eyes.set_scale(options.eye_scale);
        let tally = Tally::new(&options.settings.comfort);
        Ok(Self { gpu, job, options, stop, film, eyes, commands, start, end, progress, tally })
    }

    /// The next scene before the end. While it is waited for, `writer` makes room for the reader, who waits where the film's tracks lie far apart.
    fn next(&mut self, mut writer: Option<&mut FilmWriter>) -> Result<Option<Frame<Scene>>, ConvertError> {
        loop {
            match self.film.scenes.receive(Some(RELIEF)) {
                Ok(Step::Scene(scene)) if self.end.is_none_or(|end| scene.pts < end) => return Ok(Some(scene)),
                Ok(Step::Scene(_) | Step::End { .. }) | Err(Empty::ForGood) => return Ok(None),
                Ok(Step::Failed { error, .. }) => return Err(error.into()),
                Err(Empty::Yet) if self.stop.is_stopped() => return Ok(None),
                Err(Empty::Yet) => writer.as_deref_mut().map_or(Ok(()), FilmWriter::relieve)?,
            }
        }
    }

    fn first(&mut self) -> Result<Frame<Scene>, ConvertError> {
        let nothing = ConvertError::Nothing { input: self.job.input.clone(), start: self.start };
        self.next(None)?.ok_or(nothing)
    }

    /// Makes `scene`'s picture under `settings` and reads it back.
    fn render(&mut self, scene: &Scene, settings: &Settings, target: &Target) -> Result<(), ConvertError> {
        self.commands.record::<ConvertError>(|recorder| {
            self.eyes.record(recorder, scene, settings, &target.image, Place::File, 0)?;
            Ok(recorder.copy_image_to_buffer(&target.image, &target.readback, 4)?)
        })?;
        let point = self.gpu.submit(&mut self.commands)?;
        Ok(self.gpu.wait(point)?)
    }

    /// Takes what was measured of the picture rendered last.
    fn measure(&mut self, pts: Time, duration: Time) -> Result<(), ConvertError> {
        while let Some(measured) = self.eyes.measured()? {
            self.tally.add(&measured.reading, measured.seen(pts.seconds(), duration.seconds()));
        }
        Ok(())
    }

    /// What saves the depth in `path` from `scene` on.
    fn saver(&self, path: Option<&PathBuf>, scene: &Scene) -> Result<Option<DepthSaver>, ConvertError> {
        let Some((path, options)) = path.zip(self.options.save.as_ref()) else { return Ok(None) };
        let (options, input) = ((options, self.options.force), (&self.job.input, &self.film.info));
        DepthSaver::new(self.gpu, path, options, input, scene, self.stop).map(Some)
    }

    fn depth(&mut self) -> Result<(), ConvertError> {
        let mut scene = self.first()?;
        let saver = self.saver(Some(&self.job.output), &scene.data)?;
        let Some(mut saver) = saver else { return Ok(()) };
        loop {
            saver.take(&scene)?;
            self.progress.tell(scene.pts + scene.duration);
            drop(scene);
            match self.next(None)? {
                Some(next) if !self.stop.is_stopped() => scene = next,
                _ => break,
            }
        }
        if self.stop.is_stopped() {
            return Err(self.interrupted());
        }
        saver.finish()
    }

    fn film(&mut self, tell: &mut dyn FnMut(Outcome)) -> Result<(), ConvertError> {
        let settings = self.options.settings;
        let mut scene = self.first()?;
        let mut saver = self.saver(self.job.depth.as_ref(), &scene.data)?;
        let film = scene.data.layout.size;
        let eye = settings.eye(film);
        size::check(self.options.settings.layout, eye, self.gpu.facts().max_image_side)?;
        let mut tracks = self.film.take_tracks();
        if let (Some(tracks), Some(subtitles)) = (&mut tracks, self.film.subtitles()) {
            // What is in the picture need not be a track.
            let (all, shown) = (subtitles.tracks(), subtitles.shown());
            let burnt = all.iter().filter(|track| track.outside.is_none() && Some(track.number) == shown);
            burnt.for_each(|track| tracks.leave_out(track.stream));
        }
        let info = &self.film.info;
        let source = TrackSource {
            tracks,
            // Without --start the sound may begin before the first picture.
            start: if self.options.start.is_some() { scene.pts } else { Time::ZERO },
            end: self.end,
            stop: self.stop.clone(),
        };
        let signed = |(a, b): (u32, u32)| Some((i32::try_from(a).ok()?, i32::try_from(b).ok()?));
        let writer_options = WriterOptions {
            sample_aspect: settings.sample_aspect(film, scene.data.layout.sample_aspect),
            primaries: self.options.film.reading.gamut.primaries(),
            codec: self.options.codec,
            crf: self.options.crf,
            preset: self.options.preset,
            time_base: info.time_base,
            frame_rate: info.frame_rate.and_then(signed),
            force: self.options.force,
            ..WriterOptions::new(settings.layout, eye)
        };
        let mut writer = FilmWriter::create(&self.job.output, &writer_options, source)?;
        for note in writer.notes() {
            self.progress.warn(note);
        }
        let target = Target::new(self.gpu, writer.size())?;
        loop {
            if scene.data.layout.size != film {
                return Err(ConvertError::SizeChanged(self.job.input.clone()));
            }
            self.render(&scene.data, &settings, &target)?;
            if let Some(saver) = &mut saver {
                saver.take(&scene)?;
            }
            let (pts, duration) = (scene.pts, scene.duration);
            drop(scene);
            self.measure(pts, duration)?;
            target.readback.read(|bytes| writer.write(bytes, target.stride(), pts, duration))??;
            self.progress.tell(pts + duration);
            match self.next(Some(&mut writer))? {
                Some(next) if !self.stop.is_stopped() => scene = next,
                _ => break,
            }
        }
        if self.stop.is_stopped() {
            return Err(self.interrupted());
        }
        save(saver, tell)?;
        Ok(writer.finish()?)
    }

    fn interrupted(&self) -> ConvertError {
        ConvertError::Interrupted { output: self.job.output.clone(), depth: None }
    }

    fn picture(&mut self, format: StillFormat, tell: &mut dyn FnMut(Outcome)) -> Result<(), ConvertError> {
        let scene = self.first()?;
        let mut saver = self.saver(self.job.depth.as_ref(), &scene.data)?;
        if let Some(saver) = &mut saver {
            saver.take(&scene)?;
        }
        if self.stop.is_stopped() {
            return Err(self.interrupted());
        }
        save(saver, tell)?;
        let (settings, output, force) = (self.options.settings, &self.job.output, self.options.force);
        let eye = settings.eye(scene.data.layout.size);
        size::check(self.options.settings.layout, eye, self.gpu.facts().max_image_side)?;
        let gamut = self.options.film.reading.gamut;
        let still = StillOptions { gamut, force, ..StillOptions::default() };
        match settings.layout {
            Layout::Wiggle => {
                let target = Target::new(self.gpu, eye)?;
                let mut pictures = Vec::new();
                for layout in [Layout::Left, Layout::Right] {
                    self.render(&scene.data, &Settings { layout, ..settings }, &target)?;
                    pictures.push(target.readback.read(<[u8]>::to_vec)?);
                }
                self.measure(Time::ZERO, Time::ZERO)?;
                let both: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
                write_wiggle(output, &both, target.stride(), eye, PixelOrder::Rgba, WIGGLE, force)?;
            }
            Layout::Depth if matches!(format, StillFormat::Png | StillFormat::Tiff) => {
                let target = Target::new(self.gpu, eye)?;
                self.render(&scene.data, &settings, &target)?;
                self.measure(Time::ZERO, Time::ZERO)?;
                let samples = self.read_depth(eye)?;
                write_depth(output, &samples, eye, force)?;
            }
            layout => {
                let target = Target::new(self.gpu, layout.output_size(eye))?;
                self.render(&scene.data, &settings, &target)?;
                self.measure(Time::ZERO, Time::ZERO)?;
                target.readback.read(|bytes| write_picture(output, bytes, target.stride(), target.size, &still))??;
            }
        }
        Ok(())
    }

    /// The 16-bit depth of what was rendered last.
    fn read_depth(&mut self, size: [u32; 2]) -> Result<Vec<u16>, ConvertError> {
        let Some(deep) = self.eyes.deep().map(Arc::clone) else { return Ok(Vec::new()) };
        let readback = Buffer::new(self.gpu, "depth read back", deep.bytes(), BufferKind::Readback)?;
        self.commands.record(|recorder| recorder.copy_buffer(&deep, 0, &readback, 0, deep.bytes()))?;
        let point = self.gpu.submit(&mut self.commands)?;
        self.gpu.wait(point)?;
        let count = size[0] as usize * size[1] as usize;
        let pair = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
        Ok(readback.read(|bytes| bytes.chunks_exact(2).take(count).map(pair).collect())?)
    }
}

/// Looks through a film before it is converted, for the depth of its subtitles: each cue is to have one, from its first picture on. None where there are no
/// subtitles.
fn look_ahead(
    gpu: &Gpu,
    origin: &Origin,
    job: &Job,
    (options, settings, end): (&FilmOptions, &Settings, Option<Position>),
    stop: &StopFlag,
) -> Result<Option<CuePlan>, ConvertError> {
    let options = FilmOptions { tracks: false, ..options.clone() };
    let mut film = Film::open(gpu, origin, &job.input, &options, stop.clone())?;
    let end = end.and_then(|end| end.resolve(film.info.duration, &film.info.chapters));
    let mut plan = CuePlan::default();
    if film.subtitles().is_none_or(|subtitles| subtitles.tracks().is_empty()) {
        return Ok(None);
    }
    loop {
        match film.scenes.receive(Some(RELIEF)) {
            Ok(Step::Scene(scene)) if end.is_none_or(|end| scene.pts < end) => {
                Eyes::plan(&mut plan, &scene.data, settings);
            }
            Ok(Step::Scene(_) | Step::End { .. }) | Err(Empty::ForGood) => return Ok(Some(plan)),
            Ok(Step::Failed { error, .. }) => return Err(error.into()),
            Err(Empty::Yet) if stop.is_stopped() => return Ok(Some(plan)),
            Err(Empty::Yet) => {}
        }
    }
}

/// Finishes the film of depth beside a job's own file.
fn save(saver: Option<DepthSaver>, tell: &mut dyn FnMut(Outcome)) -> Result<(), ConvertError> {
    if let Some(saver) = saver {
        saver.finish()?;
        tell(Outcome::Depth);
    }
    Ok(())
}
