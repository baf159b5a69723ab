//! The thread that draws subtitles: packets ─► cues, and drawings as they are asked for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::options::SubtitleOptions;
use super::subtitles::{Choice, CueWanted, Job, SOON, Subtitles};
use crate::media::subtitle::{Fonts, Outside, Renderer, Renditions, Streamed, Track, read_for};
use crate::media::{Info, Languages, SubtitlePackets, SubtitleRead, TrackChoice, TrackInfo, TrackKind, best_subtitle};
use crate::terminal;
use crate::time::Time;

/// How often packets are taken while nothing is asked for.
const PATIENCE: Duration = Duration::from_millis(50);
/// Where a cue will be is looked up so long after its beginning: it may come out of nothing.
const THERE: Time = Time::from_nanoseconds(40_000_000);
/// What was drawn so near a picture is drawn anew when its own track has come.
const NEAR: Time = Time::from_nanoseconds(60_000_000_000);

/// Where a film's own subtitles come from.
pub(super) struct Origins {
    /// Its container's.
    pub(super) packets: Option<SubtitlePackets>,
    /// Those that it names elsewhere, not looked at yet.
    pub(super) renditions: Option<Renditions>,
    /// Each picture waits for its own: for files.
    pub(super) patient: bool,
}

/// The thread's own.
pub(super) struct Titles {
    origins: Origins,
    /// The renditions, and the place of the first among the tracks.
    streamed: Option<(Streamed, usize)>,
    tracks: Vec<(TrackInfo, Track)>,
    /// The place of the track that was drawn last.
    drawn: Option<usize>,
    /// The track that has yet to come, and when in film time it is wanted; another is drawn meanwhile.
    awaited: Option<(usize, Time)>,
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
        origins: Origins,
        info: &Info,
        options: SubtitleOptions,
        subtitles: &Subtitles,
        control: &Control,
    ) -> Self {
        Self {
            origins,
            streamed: None,
            tracks: Vec::new(),
            drawn: None,
            awaited: None,
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
        let attached = self.origins.packets.as_mut().map(|packets| std::mem::take(&mut packets.fonts));
        let fonts = Fonts::of(attached.unwrap_or_default(), &info.location);
        if let Some(packets) = &self.origins.packets {
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
        if let Some(streamed) = self.origins.renditions.take().and_then(Renditions::open) {
            let tracks = (0..streamed.tracks.len()).map(|_| streamed.track(&fonts, info.size, &info.location));
            match tracks.collect::<Result<Vec<_>, _>>() {
                Ok(tracks) => {
                    let first = self.tracks.len();
                    let known = streamed.tracks.iter();
                    let known = known.map(|known| TrackInfo { number: number + known.number, ..known.clone() });
                    self.tracks.extend(known.zip(tracks));
                    number += streamed.tracks.len() as u32;
                    self.streamed = Some((streamed, first));
                }
                Err(error) => tracing::warn!("{error}; the film goes on without these subtitles"),
            }
        }
        let stop = self.control.stop_flag();
        for file in &options.files {
            let read = read_for(info.frame_rate, file, options.codepage, &stop).unwrap_or_else(|error| {
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
        let shown = self.shown(options.tracks()).map(|index| Some(self.tracks.get(index?)?.0.number));
        if let (TrackChoice::Number(number), [None, _], false) = (options.choice, shown, self.tracks.is_empty()) {
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
            let ready = job.as_ref().map(|job| self.ask(job));
            self.take_packets();
            self.take_streamed();
            self.find_cue();
            if let (Some(job), Some([first, second])) = (job, ready) {
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

    /// The tracks that are drawn for `job`, once what of them has yet to come was asked for. Another one of the film's is drawn until it is there.
    fn ask(&mut self, job: &Job) -> [Option<usize>; 2] {
        let [first, second] = self.shown(job.choice);
        let mut drawn = first;
        if let Some((streamed, begin)) = &self.streamed {
            let time = job.settings.to_track(job.time);
            let index = |place: &Option<usize>| {
                place.and_then(|place| place.checked_sub(*begin)).filter(|index| *index < streamed.tracks.len())
            };
            streamed.want([first, second].iter().filter_map(index), time);
            if self.origins.patient {
                [first, second].iter().filter_map(index).for_each(|index| streamed.wait(index, time));
            }
            self.awaited = index(&first).filter(|index| !streamed.is_ready(*index, time)).map(|index| (index, time));
            if self.awaited.is_some() {
                drawn = self.drawn.or(first);
            }
        }
        self.drawn = drawn;
        [drawn, second.filter(|second| Some(*second) != drawn)]
    }

    /// Takes what has come of the renditions.
    fn take_streamed(&mut self) {
        let Some((streamed, first)) = &self.streamed else { return };
        // What it is ready by has come by then.
        let ready = self.awaited.filter(|(index, time)| streamed.is_ready(*index, *time));
        while let Some((index, packet)) = streamed.take() {
            let track = self.tracks.get_mut(first + index);
            if let Some((from, to)) = track.and_then(|(_, track)| track.take(&packet)) {
                self.subtitles.renew(from, to);
            }
        }
        if let Some((_, time)) = ready {
            self.awaited = None;
            self.subtitles.renew(time - NEAR, time + NEAR);
        }
    }

    fn take_packets(&mut self) {
        let Some(packets) = &mut self.origins.packets else { return };
        loop {
            let (packet, earlier) = match packets.take() {
                SubtitleRead::Packet(packet) => (packet, false),
                SubtitleRead::Earlier(packet) => (packet, true),
                SubtitleRead::Sought => {
                    self.tracks.iter_mut().for_each(|(_, track)| track.flush());
                    continue;
                }
                SubtitleRead::EarlierSought => {
                    self.tracks.iter_mut().for_each(|(_, track)| track.flush_earlier());
                    continue;
                }
                SubtitleRead::Yet => return,
                SubtitleRead::Over => {
                    self.origins.packets = None;
                    return;
                }
            };
            let is_its =
                |(known, _): &&mut (TrackInfo, Track)| known.outside.is_none() && known.stream == packet.stream();
            let Some((_, track)) = self.tracks.iter_mut().find(is_its) else { continue };
            let new = if earlier { track.take_earlier(&packet) } else { track.take(&packet) };
            if let Some((from, to)) = new {
                self.subtitles.renew(from, to);
            }
        }
    }

    /// Where the tracks lie that are shown: the first, and the second.
    fn shown(&self, choice: Choice) -> [Option<usize>; 2] {
        let first = self.chosen(choice.first, None);
        [first, self.chosen(choice.second, first).filter(|second| Some(*second) != first)]
    }

    /// Looks up when another cue begins, where that is asked for.
    fn find_cue(&mut self) {
        let Some((cue, choice, settings)) = self.subtitles.next_cue() else { return };
        let CueWanted { skip, second, from } = cue;
        let track = self.shown(choice)[usize::from(second)].and_then(|index| self.tracks.get(index));
        let begins = track.and_then(|(_, track)| track.step(settings.to_track(from), skip));
        self.subtitles.set_found(cue, begins.map(|begins| settings.to_film(begins)));
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
