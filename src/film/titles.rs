//! The thread that draws subtitles: packets ─► cues, and drawings as they are asked for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::options::SubtitleOptions;
use super::subtitles::{Job, SOON, Subtitles};
use crate::media::subtitle::{Fonts, Outside, Renderer, Track, read};
use crate::media::{Info, Languages, SubtitlePackets, SubtitleRead, TrackChoice, TrackInfo, TrackKind, best_subtitle};
use crate::terminal;
use crate::time::Time;

/// How often packets are taken while nothing is asked for.
const PATIENCE: Duration = Duration::from_millis(50);
/// Where a cue will be is looked up so long after its beginning: it may come out of nothing.
const THERE: Time = Time::from_nanoseconds(40_000_000);

/// The thread's own.
pub(super) struct Titles {
    packets: Option<SubtitlePackets>,
    tracks: Vec<(TrackInfo, Track)>,
    info: Info,
    options: SubtitleOptions,
    renderer: Renderer,
    /// For what is seen later, so that the first may give the same drawing as long as nothing changes.
    ahead: Renderer,
    subtitles: Subtitles,
    control: Control,
}

impl Titles {
    /// Of the tracks in the film, and in the files beside it that `options` name.
    pub(super) fn new(
        packets: Option<SubtitlePackets>,
        info: &Info,
        options: SubtitleOptions,
        subtitles: &Subtitles,
        control: &Control,
    ) -> Self {
        Self {
            packets,
            tracks: Vec::new(),
            info: info.clone(),
            options,
            renderer: Renderer::default(),
            ahead: Renderer::default(),
            subtitles: subtitles.clone(),
            control: control.clone(),
        }
    }

    /// Opens all tracks and tells of them. What cannot be read is told and left out.
    fn open(&mut self) {
        let (info, options) = (&self.info, &self.options);
        let attached = self.packets.as_mut().map(|packets| std::mem::take(&mut packets.fonts)).unwrap_or_default();
        let fonts = Fonts::of(attached, &info.location);
        if let Some(packets) = &self.packets {
            for track in &packets.tracks {
                let known = info.tracks.iter().find(|known| known.stream == track.stream());
                match Track::new(track, packets.origin(), &fonts, info.size, &info.location) {
                    Ok(opened) => self.tracks.extend(known.map(|known| (known.clone(), opened))),
                    Err(error) => tracing::warn!("{error}; the film goes on without these subtitles"),
                }
            }
        }
        // As in mpv files beside the film have the numbers behind those of the film.
        let numbers = info.tracks.iter().filter(|track| track.kind == TrackKind::Subtitle).map(|track| track.number);
        let mut number = numbers.max().unwrap_or(0);
        let stop = self.control.stop_flag();
        for file in &options.files {
            let read = read(file, options.codepage, &stop).unwrap_or_else(|error| {
                tracing::warn!("{error}; the film goes on without it");
                Vec::new()
            });
            for outside in read {
                let known = outside_info(file, &outside, number + 1);
                match outside.track(&fonts, info.size) {
                    Ok(track) => {
                        number += 1;
                        self.tracks.push((known, track));
                    }
                    Err(error) => tracing::warn!("{error}; the film goes on without it"),
                }
            }
        }
        if self.tracks.is_empty() && options.any {
            tracing::warn!("{}: there are no subtitles to draw", info.location);
        }
        let shown = self.chosen(options.choice, None);
        let shown = shown.and_then(|index| self.tracks.get(index)).map(|(known, _)| known.number);
        if let (TrackChoice::Number(number), None, false) = (options.choice, shown, self.tracks.is_empty()) {
            tracing::warn!("{}: there is no subtitle track {number}", info.location);
        }
        let list = self.tracks.iter().map(|(known, _)| known.clone()).collect();
        self.subtitles.set_tracks(list, shown);
    }

    /// Runs until stopped.
    pub(super) fn run(mut self) {
        self.open();
        while !self.tracks.is_empty() && !self.control.stopped() {
            let job = self.subtitles.next_job(PATIENCE);
            self.take_packets();
            if let Some(job) = job {
                let first = self.chosen(job.choice, None);
                let second = self.options.second.and_then(|second| self.chosen(second, first));
                let mut shown: [Option<&mut Track>; 2] = [None, None];
                for (index, (_, track)) in self.tracks.iter_mut().enumerate() {
                    if first == Some(index) {
                        shown[0] = Some(track);
                    } else if second == Some(index) {
                        shown[1] = Some(track);
                    }
                }
                look_ahead(&job, shown[0].as_deref_mut(), &mut self.ahead, &self.subtitles);
                let overlay = self.renderer.draw(shown, job.time, job.area, &job.settings);
                self.subtitles.answer(&job, overlay);
            }
        }
    }

    fn take_packets(&mut self) {
        let Some(packets) = &mut self.packets else { return };
        loop {
            match packets.take() {
                SubtitleRead::Packet(packet) => {
                    let is_its = |(known, _): &&mut (TrackInfo, Track)| {
                        known.outside.is_none() && known.stream == packet.stream()
                    };
                    let track = self.tracks.iter_mut().find(is_its);
                    if let Some((from, to)) = track.and_then(|(_, track)| track.take(&packet)) {
                        self.subtitles.renew(from, to);
                    }
                }
                SubtitleRead::Sought => self.tracks.iter_mut().for_each(|(_, track)| track.flush()),
                SubtitleRead::Yet => return,
                SubtitleRead::Over => {
                    self.packets = None;
                    return;
                }
            }
        }
    }

    /// Where the track lies that is shown; where that is not told, another than `except`.
    fn chosen(&self, choice: TrackChoice, except: Option<usize>) -> Option<usize> {
        let number = match choice {
            TrackChoice::No => return None,
            TrackChoice::Number(number) => number,
            TrackChoice::Auto => {
                let all = self.tracks.iter().enumerate().filter(|(index, _)| Some(*index) != except);
                let all = all.map(|(_, (known, _))| known);
                let first = all.clone().next().filter(|_| self.options.any);
                best_subtitle(all, &self.options.languages, &Languages::of_system()).or(first)?.number
            }
        };
        self.tracks.iter().position(|(known, _)| known.number == number)
    }
}

/// Finds out where the cue that comes next after a frame will be, once for each and in good time: the scene goes back before it comes.
fn look_ahead(job: &Job, track: Option<&mut Track>, renderer: &mut Renderer, subtitles: &Subtitles) {
    if !subtitles.wants_ahead(job) {
        return;
    }
    let next = track.as_ref().and_then(|track| track.next(job.settings.to_track(job.time)));
    let next = next.map(|next| job.settings.to_film(next));
    let (time, overlay) = match next.filter(|next| *next <= job.time + SOON) {
        Some(next) => (next, renderer.draw([track, None], next + THERE, job.area, &job.settings)),
        None => (job.time + Time::from_nanoseconds(SOON.nanoseconds() / 2), Arc::default()),
    };
    subtitles.set_ahead(job, time, overlay);
}

impl Drop for Titles {
    fn drop(&mut self) {
        self.subtitles.close();
    }
}

/// What is known of a file; its language stands behind a dot in front of its ending.
fn outside_info(file: &Path, outside: &Outside, number: u32) -> TrackInfo {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let words: Vec<_> = stem.split('.').skip(1).collect();
    let is_language = |word: &&&str| (2..=3).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphabetic());
    TrackInfo {
        kind: TrackKind::Subtitle,
        number,
        stream: usize::MAX,
        outside: Some(terminal::line(&name).into_owned()),
        language: outside
            .language
            .clone()
            .or_else(|| words.iter().rev().find(is_language).map(|word| (*word).to_owned())),
        title: outside.title.clone(),
        codec: outside.codec.clone(),
        shape: None,
        default: false,
        forced: words.iter().any(|word| word.eq_ignore_ascii_case("forced")),
        impaired: words.iter().any(|word| ["sdh", "cc", "hi"].contains(&word.to_lowercase().as_str())),
        cover: false,
    }
}
