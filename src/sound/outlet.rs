//! What the device is filled from, on the device's own thread: never waits, never locks, never allocates.
//!
//! Film time is at a place for each frame that the device takes. Sound that lies there is heard; where there is none, silence; sound that comes too late is
//! left out. Wherever what is heard breaks off or begins, five milliseconds lead from one to the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringbuf::traits::{Consumer, Producer};
use ringbuf::{HeapCons, HeapProd};

use super::format::Format;
use super::message::{Command, Piece, Report, Stamp, StreamId};
use super::room::Stage;
use super::settings::Settings;

/// How long sound takes to begin and to break off, in seconds.
const FADE: f64 = 0.005;
/// How long the volume takes to change, in seconds from none to full.
const SWELL: f64 = 0.03;
/// How far a piece may lie from where the one before ended without a gap or a cut, in seconds: times are rounded.
const TOLERANCE: f64 = 0.002;
/// How long film time waits for its first sound, in seconds.
const PATIENCE: f64 = 0.3;
/// A device that has not asked for so long has stood: film time has gone on without it.
const STALL: Duration = Duration::from_millis(500);
/// The most channels.
const CHANNELS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Holding,
    /// Until there is sound, or so many frames have passed.
    Waiting(usize),
    Moving,
}

/// The end that sound comes out of.
pub struct Outlet {
    format: Format,
    samples: HeapCons<f32>,
    pieces: HeapCons<Piece>,
    commands: HeapCons<Command>,
    reports: HeapProd<Report>,
    settings: Arc<Settings>,
    /// The number of the next frame.
    frame: u64,
    /// How many commands it has obeyed.
    obeyed: u64,
    /// When the device asked last, and for how many frames.
    asked: Option<(Instant, usize)>,
    stream: StreamId,
    /// What is heard when all of that has been.
    following: Option<StreamId>,
    /// What was to follow, and is not wanted any more.
    void: Option<StreamId>,
    mode: Mode,
    /// Film time of the next frame, in seconds.
    film: f64,
    /// What is left of the piece that is being heard.
    piece: Option<Piece>,
    gain: f32,
    /// The frame before.
    last: [f32; CHANNELS],
    /// What is led to silence, and how many frames of that are over.
    residue: [f32; CHANNELS],
    fallen: usize,
    /// How many frames of the beginning are over.
    risen: usize,
    fade: usize,
    /// The frame before was sound.
    sounding: bool,
    /// What makes two ears' sound of a film's channels, where the device is to have that.
    stage: Option<Box<Stage>>,
}

impl Outlet {
    pub(super) fn new(
        format: Format,
        samples: HeapCons<f32>,
        pieces: HeapCons<Piece>,
        commands: HeapCons<Command>,
        reports: HeapProd<Report>,
        settings: Arc<Settings>,
    ) -> Self {
        let fade = format.frames(FADE).max(1);
        Self {
            format,
            samples,
            pieces,
            commands,
            reports,
            gain: settings.gain(),
            settings,
            frame: 0,
            obeyed: 0,
            asked: None,
            stream: StreamId::default(),
            following: None,
            void: None,
            mode: Mode::Holding,
            film: 0.0,
            piece: None,
            last: [0.0; CHANNELS],
            residue: [0.0; CHANNELS],
            fallen: fade,
            risen: 0,
            fade,
            sounding: false,
            stage: None,
        }
    }

    /// The same, heard as loudspeakers around the head.
    pub(super) fn on(self, stage: Stage) -> Self {
        Self { stage: Some(Box::new(stage)), ..self }
    }

    fn channels(&self) -> usize {
        usize::from(self.format.channels).clamp(1, CHANNELS)
    }

    /// Fills `out`, whole frames, asked for at the moment `asked`; its first frame is heard at the moment `heard`.
    pub fn fill(&mut self, out: &mut [f32], asked: Instant, heard: Instant) {
        match self.stage.take() {
            None => self.give(out, asked, heard),
            Some(mut stage) => {
                stage.fill(out, heard, |film, heard| self.give(film, asked, heard));
                self.stage = Some(stage);
            }
        }
    }

    /// The same of the film's own channels.
    fn give(&mut self, out: &mut [f32], asked: Instant, heard: Instant) {
        let channels = self.channels();
        let frames = out.len() / channels;
        self.catch_up(asked);
        self.asked = Some((asked, frames));
        while let Some(command) = self.commands.try_pop() {
            self.obey(command, heard);
            self.obeyed += 1;
        }
        self.look();
        self.report(Some(Stamp { asked, heard }));
        let mut out = &mut out[..frames * channels];
        while !out.is_empty() {
            let left = out.len() / channels;
            let frames = self.next(left);
            let (now, later) = out.split_at_mut(frames * channels);
            self.write(now);
            self.frame += frames as u64;
            out = later;
        }
    }

    /// A device that has stood for long left film time behind.
    fn catch_up(&mut self, asked: Instant) {
        let Some((before, frames)) = self.asked else { return };
        let stood = asked.saturating_duration_since(before);
        if stood > STALL + Duration::from_secs_f64(self.format.seconds(frames as u64)) && self.mode == Mode::Moving {
            let missed = stood.as_secs_f64() - self.format.seconds(frames as u64);
            self.film += missed * self.settings.speed();
        }
    }

    fn obey(&mut self, command: Command, heard: Instant) {
        match command {
            Command::Follow(stream) => self.following = Some(stream),
            Command::Select(stream) => {
                self.void = self.following.take().filter(|following| *following != stream).or(self.void);
                self.stream = stream;
                self.mode = Mode::Holding;
            }
            Command::Hold => self.mode = Mode::Holding,
            Command::Go { film, since: None } => {
                self.film = film.unwrap_or(self.film);
                self.mode = Mode::Waiting(self.format.frames(PATIENCE));
            }
            Command::Go { film, since: Some(since) } => {
                let later = heard.saturating_duration_since(since).as_secs_f64();
                self.film = film.unwrap_or(self.film) + later * self.settings.speed();
                self.mode = Mode::Moving;
            }
        }
    }

    /// Takes the next piece out of the ring, where there is one of the stream wanted; what is of an older one goes.
    fn look(&mut self) {
        loop {
            match self.piece {
                Some(piece) if piece.frames == 0 => self.piece = None,
                Some(piece) if piece.stream < self.stream || self.void == Some(piece.stream) => {
                    self.samples.skip(piece.frames * self.channels());
                    self.piece = None;
                }
                Some(_) => return,
                None => match self.pieces.try_pop() {
                    Some(piece) => self.piece = Some(piece),
                    None => return,
                },
            }
        }
    }

    fn report(&mut self, stamp: Option<Stamp>) {
        let speed = if self.mode == Mode::Moving { self.speed() } else { 0.0 };
        let (frame, stream, obeyed, film) = (self.frame, self.stream, self.obeyed, self.film);
        let report = Report { frame, stamp, stream, obeyed, film, speed };
        // Where nobody listens they are lost.
        let _ = self.reports.try_push(report);
    }

    /// How fast film time runs here: as the sound that lies here was made, or as is wanted where there is none.
    fn speed(&self) -> f64 {
        match self.here() {
            Some((piece, ahead)) if ahead.abs() <= TOLERANCE => piece.speed,
            _ => self.settings.speed(),
        }
    }

    /// The next piece of the stream wanted, and how far ahead it lies, in seconds of film.
    fn here(&self) -> Option<(Piece, f64)> {
        let piece = self.piece.filter(|piece| piece.stream == self.stream)?;
        Some((piece, piece.film + self.settings.delay().seconds() - self.film))
    }

    /// Goes to what comes next and says how many frames of it there are, at most `most`: sound where `sounding` says so afterwards, else silence.
    fn next(&mut self, most: usize) -> usize {
        if let Mode::Waiting(left) = self.mode {
            self.look();
            if self.here().is_some() || left == 0 {
                self.mode = Mode::Moving;
                self.report(None);
            } else {
                let frames = most.min(left);
                self.mode = Mode::Waiting(left - frames);
                self.silence();
                return frames;
            }
        }
        if self.mode == Mode::Holding {
            self.silence();
            return most;
        }
        let rate = f64::from(self.format.rate.max(1));
        loop {
            self.look();
            self.go_over();
            let Some((piece, ahead)) = self.here() else {
                self.silence();
                self.film += most as f64 / rate * self.settings.speed();
                return most;
            };
            let tolerance = if self.sounding && piece.joined { TOLERANCE } else { 0.6 / rate * piece.speed };
            if ahead > tolerance {
                let speed = self.settings.speed();
                let frames = ((ahead / speed.max(0.01) * rate).ceil() as usize).clamp(1, most);
                self.silence();
                self.film += frames as f64 / rate * speed;
                return frames;
            }
            if ahead < -tolerance {
                let late = ((-ahead / piece.speed.max(0.01) * rate).ceil() as usize).clamp(1, piece.frames);
                self.samples.skip(late * self.channels());
                self.take(late);
                if let Some(piece) = &mut self.piece {
                    piece.joined = false;
                }
                continue;
            }
            let frames = piece.frames.min(most);
            if !piece.joined {
                self.silence();
            }
            let began = !self.sounding;
            self.film = piece.film + self.settings.delay().seconds();
            if began {
                self.report(None);
            }
            self.film += frames as f64 / rate * piece.speed;
            self.take(frames);
            (self.sounding, self.risen) = (true, if began { 0 } else { self.risen });
            return frames;
        }
    }

    /// Where the stream wanted is over and the one that follows it is there, that is heard from its beginning on.
    fn go_over(&mut self) {
        let delay = self.settings.delay().seconds();
        if let Some(piece) = &mut self.piece
            && self.following == Some(piece.stream)
        {
            (self.stream, self.film) = (piece.stream, piece.film + delay);
            (self.following, piece.joined) = (None, true);
            self.report(None);
        }
    }

    /// So many frames of the piece are gone.
    fn take(&mut self, frames: usize) {
        if let Some(piece) = &mut self.piece {
            piece.frames -= frames;
            piece.joined = true;
            piece.film += frames as f64 / f64::from(self.format.rate.max(1)) * piece.speed;
        }
    }

    /// What was heard breaks off here.
    fn silence(&mut self) {
        if std::mem::take(&mut self.sounding) {
            (self.residue, self.fallen) = (self.last, 0);
        }
    }

    /// Writes sound or silence, whichever it is.
    fn write(&mut self, out: &mut [f32]) {
        let channels = self.channels();
        if self.sounding {
            self.samples.pop_slice(out);
        } else {
            out.fill(0.0);
        }
        let wanted = self.settings.gain();
        let step = (1.0 / (SWELL * f64::from(self.format.rate.max(1)))) as f32;
        for frame in out.chunks_exact_mut(channels) {
            self.gain += (wanted - self.gain).clamp(-step, step);
            let rise = if self.risen < self.fade { self.risen as f32 / self.fade as f32 } else { 1.0 };
            let fall = if self.fallen < self.fade { 1.0 - self.fallen as f32 / self.fade as f32 } else { 0.0 };
            for ((sample, last), residue) in frame.iter_mut().zip(&mut self.last).zip(&self.residue) {
                *sample = (*sample * self.gain * rise + residue * fall).clamp(-1.0, 1.0);
                *last = *sample;
            }
            self.risen += usize::from(self.sounding && self.risen < self.fade);
            self.fallen += usize::from(self.fallen < self.fade);
        }
    }
}
