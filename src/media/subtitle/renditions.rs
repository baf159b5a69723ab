//! Subtitles that an HLS film names: each is a list of pieces of WebVTT. A thread reads those that are shown, a little ahead.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ffmpeg_next::packet::Packet;

use super::demuxer::Demuxer;
use super::fonts::Fonts;
use super::outside::without_styles;
use super::track::Track;
use crate::location::Location;
use crate::media::error::MediaError;
use crate::media::hls::{self, Piece, Pieces, Rendition, clocks, resolved, unwrapped};
use crate::media::interrupt::Watch;
use crate::media::open::Texts;
use crate::media::remote_options::RemoteOptions;
use crate::media::stop::StopFlag;
use crate::media::tracks::{TrackInfo, TrackKind};
use crate::time::Time;

/// A playlist, or a piece, is no longer, in bytes.
const MOST: usize = 16 << 20;
/// Pieces are read that are seen so long after a picture, or were so long before it: what began in them may still be up.
const AHEAD: Time = Time::from_nanoseconds(30_000_000_000);
const BEFORE: Time = Time::from_nanoseconds(5_000_000_000);
/// Of a live stream that is joined so much is read of what was before.
const JOINED: Time = Time::from_nanoseconds(60_000_000_000);
/// How soon what could not be had is asked for again, and how often.
const AGAIN: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;
/// How often the thread looks whether a live list may have grown.
const PATIENCE: Duration = Duration::from_millis(250);

/// The subtitles of a film, not looked at yet. [`Source::take_renditions`](crate::media::Source::take_renditions) gives it.
pub struct Renditions {
    location: Location,
    remote: Arc<RemoteOptions>,
    stop: StopFlag,
    /// The container's clock at film time zero.
    origin: Time,
}

/// One list, as far as it is known.
#[derive(Default)]
struct List {
    pieces: Option<Pieces>,
    /// When it was asked for last.
    asked: Option<Instant>,
    /// The numbers of the pieces that were read.
    read: HashSet<u64>,
    failures: u32,
    given_up: bool,
}

/// What the thread is to read next.
enum Job {
    List(usize),
    Piece(usize, Piece),
}

#[derive(Default)]
struct State {
    /// Those that are shown, and when.
    wanted: Vec<usize>,
    at: Time,
    lists: Vec<List>,
    packets: VecDeque<(usize, Packet)>,
    over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
    arrived: Condvar,
}

/// The subtitles of a film, of which those come that are wanted. One thread owns it.
pub struct Streamed {
    /// They, numbered from 1.
    pub tracks: Vec<TrackInfo>,
    shared: Arc<Shared>,
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl List {
    /// Which piece comes next of those that are seen around `at`.
    fn next(&self, at: Time) -> Option<&Piece> {
        let list = self.pieces.as_ref()?;
        let unread = list.pieces.iter().filter(|piece| !self.read.contains(&piece.number));
        if list.is_whole {
            let near = unread.filter(|piece| piece.start < at + AHEAD && piece.start + piece.length > at - BEFORE);
            // What is over may be up still, but what is seen now comes first.
            return near.min_by_key(|piece| (piece.start + piece.length <= at, piece.start));
        }
        let end = list.pieces.last().map(|last| last.start + last.length)?;
        unread.into_iter().find(|piece| piece.start + piece.length > end - JOINED)
    }

    /// Whether all that is seen at `at` was read, or will not come.
    fn is_ready(&self, at: Time) -> bool {
        let Some(list) = self.pieces.as_ref().filter(|_| !self.given_up) else { return self.given_up };
        match list.is_whole {
            true => !list.pieces.iter().any(|piece| {
                piece.start <= at && piece.start + piece.length > at - BEFORE && !self.read.contains(&piece.number)
            }),
            false => self.next(at).is_none(),
        }
    }

    /// Whether the list is to be asked for.
    fn is_due(&self, now: Instant) -> bool {
        let since = self.asked.map(|asked| now.saturating_duration_since(asked));
        match &self.pieces {
            Some(list) if list.is_whole => false,
            Some(list) => since.is_none_or(|since| since >= list.longest.to_duration().max(Duration::from_secs(1))),
            None => since.is_none_or(|since| since >= AGAIN),
        }
    }
}

impl State {
    fn wanted(&self) -> impl Iterator<Item = (usize, &List)> {
        let lists = self.wanted.iter().filter_map(|index| self.lists.get(*index).map(|list| (*index, list)));
        lists.filter(|(_, list)| !list.given_up)
    }

    fn next(&self, now: Instant) -> Option<Job> {
        let due = self.wanted().find(|(_, list)| list.is_due(now)).map(|(index, _)| Job::List(index));
        due.or_else(|| self.wanted().find_map(|(index, list)| Some(Job::Piece(index, list.next(self.at)?.clone()))))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Renditions {
    /// Those of the film at `location`, whose container's clock shows `origin` at film time zero.
    pub(in crate::media) fn new(
        location: &Location,
        remote: &Arc<RemoteOptions>,
        stop: &StopFlag,
        origin: Time,
    ) -> Self {
        Self { location: location.clone(), remote: Arc::clone(remote), stop: stop.clone(), origin }
    }

    /// Asks which there are, and begins to read when some are wanted. None where there are none. May wait for a server.
    pub fn open(self) -> Option<Streamed> {
        let stop = self.stop.child();
        let watch = Watch::new(stop.clone());
        let texts = Texts::new(&self.location, &watch, &self.remote);
        watch.allow(Some(self.remote.timeout));
        let master = texts.main(MOST).ok()?;
        let found = hls::renditions(&master.text);
        if found.is_empty() {
            return None;
        }
        let tracks = (1..).zip(&found).map(|(number, rendition)| told(number, rendition)).collect();
        let state = State { lists: found.iter().map(|_| List::default()).collect(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), ..Shared::default() });
        let addresses = found.iter().map(|one| resolved(&master.address, &one.address)).collect();
        let lists = vec![String::new(); found.len()];
        let reader = Reader {
            texts,
            watch,
            timeout: self.remote.timeout,
            location: self.location.to_string(),
            origin: self.origin,
            addresses,
            lists,
            found,
            shared: Arc::clone(&shared),
            stop: stop.clone(),
        };
        let thread = thread::Builder::new().name("renditions".to_owned()).spawn(move || reader.run());
        let thread = thread.inspect_err(|error| tracing::warn!("no thread could be started: {error}")).ok()?;
        Some(Streamed { tracks, shared, stop, thread: Some(thread) })
    }
}

/// A rendition as a track.
fn told(number: u32, rendition: &Rendition) -> TrackInfo {
    let Rendition { name, language, default, forced, impaired, .. } = rendition.clone();
    TrackInfo {
        kind: TrackKind::Subtitle,
        number,
        stream: usize::MAX,
        outside: None,
        language,
        title: name,
        codec: "webvtt".to_owned(),
        shape: None,
        default,
        forced,
        impaired,
        cover: false,
    }
}

impl Streamed {
    /// The track of that index, over a film `location` whose pictures have the size `film`.
    ///
    /// # Errors
    /// This FFmpeg cannot decode WebVTT.
    pub fn track(&self, fonts: &Fonts, film: [u32; 2], location: &str) -> Result<Track, MediaError> {
        let unsupported = || MediaError::UnsupportedCodec {
            location: location.to_owned(),
            codec: "webvtt".to_owned(),
            ffmpeg: crate::media::ffmpeg_version().version,
        };
        let empty = b"WEBVTT\n\n00:00.000 --> 00:01.000\n.\n".to_vec();
        let demuxer = Demuxer::open(empty, None, &StopFlag::default()).ok_or_else(unsupported)?;
        let coded = demuxer.tracks().into_iter().next().ok_or_else(unsupported)?;
        Track::of((coded.parameters, coded.time_base), Time::ZERO, fonts, film, location)
    }

    /// From now on those of these indices are shown, at film time `at`.
    pub fn want(&self, wanted: impl Iterator<Item = usize>, at: Time) {
        let mut state = self.shared.lock();
        state.at = at;
        state.wanted.clear();
        state.wanted.extend(wanted);
        if state.next(Instant::now()).is_some() {
            self.shared.wanted.notify_one();
        }
    }

    /// Whether all of that index has come that is seen at `at`, or will not come.
    pub fn is_ready(&self, index: usize, at: Time) -> bool {
        let state = self.shared.lock();
        state.over || state.lists.get(index).is_none_or(|list| list.is_ready(at))
    }

    /// Waits for that, where it is [wanted](Self::want): for files.
    pub fn wait(&self, index: usize, at: Time) {
        let mut state = self.shared.lock();
        while !(state.over || state.lists.get(index).is_none_or(|list| list.is_ready(at)) || self.stop.is_stopped()) {
            state = self.shared.arrived.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What has come, and of which index. Never waits.
    pub fn take(&self) -> Option<(usize, Packet)> {
        self.shared.lock().packets.pop_front()
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        self.stop.stop();
        self.shared.lock().over = true;
        self.shared.wanted.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that reads subtitles ended badly");
        }
    }
}

/// The thread's own.
struct Reader {
    texts: Texts,
    watch: Watch,
    timeout: Duration,
    location: String,
    origin: Time,
    /// Where the lists are named to be, and where they were found.
    addresses: Vec<String>,
    lists: Vec<String>,
    found: Vec<Rendition>,
    shared: Arc<Shared>,
    stop: StopFlag,
}

impl Reader {
    fn run(mut self) {
        while let Some(job) = self.next() {
            self.watch.allow(Some(self.timeout));
            let index = match &job {
                Job::List(index) | Job::Piece(index, _) => *index,
            };
            let done = match job {
                Job::List(index) => self.read_list(index),
                Job::Piece(index, piece) => self.read_piece(index, &piece),
            };
            if !done {
                self.fail(index);
            }
            self.shared.arrived.notify_all();
        }
        self.shared.lock().over = true;
        self.shared.arrived.notify_all();
    }

    /// What is to be read; none when all is over.
    fn next(&self) -> Option<Job> {
        let mut state = self.shared.lock();
        loop {
            if state.over || self.stop.is_stopped() {
                return None;
            }
            if let Some(job) = state.next(Instant::now()) {
                return Some(job);
            }
            state = self.shared.wanted.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Something of it could not be had.
    fn fail(&self, index: usize) {
        let mut state = self.shared.lock();
        let Some(list) = state.lists.get_mut(index) else { return };
        list.failures += 1;
        if list.failures < TRIES && self.watch.end().is_none() || list.given_up || self.stop.is_stopped() {
            return;
        }
        list.given_up = true;
        drop(state);
        let name = self.found.get(index).and_then(|one| one.name.clone().or_else(|| one.language.clone()));
        let name = name.unwrap_or_else(|| format!("{}", index + 1));
        let why = self.watch.verdict().map(|error| format!(" ({error})")).unwrap_or_default();
        tracing::warn!("{}: its subtitles “{name}” cannot be read{why}; the film goes on without them", self.location);
    }

    fn read_list(&mut self, index: usize) -> bool {
        if let Some(list) = self.shared.lock().lists.get_mut(index) {
            list.asked = Some(Instant::now());
        }
        let Some(address) = self.addresses.get(index) else { return false };
        let Ok(found) = self.texts.part(address, MOST) else { return false };
        let pieces = hls::pieces(&found.text);
        if pieces.foreign || !found.text.starts_with("#EXTM3U") {
            tracing::debug!("{address}: no list of pieces of plain WebVTT");
            return false;
        }
        self.lists[index] = found.address;
        if let Some(list) = self.shared.lock().lists.get_mut(index) {
            list.failures = 0;
            list.read.retain(|number| pieces.is_whole || pieces.pieces.iter().any(|piece| piece.number == *number));
            list.pieces = Some(pieces);
        }
        true
    }

    fn read_piece(&mut self, index: usize, piece: &Piece) -> bool {
        let (whole, at) = {
            let mut state = self.shared.lock();
            let at = state.at;
            let Some(list) = state.lists.get_mut(index) else { return false };
            (list.pieces.as_ref().is_some_and(|pieces| pieces.is_whole), at)
        };
        let found = self.texts.part(&resolved(&self.lists[index], &piece.address), MOST);
        let packets = found.as_ref().map(|found| self.packets(&found.text, piece, (whole, at))).unwrap_or_default();
        let mut state = self.shared.lock();
        state.packets.extend(packets.into_iter().map(|packet| (index, packet)));
        if let Some(list) = state.lists.get_mut(index) {
            // What cannot be had is passed over.
            list.read.insert(piece.number);
            if found.is_ok() {
                list.failures = 0;
            }
        }
        found.is_ok()
    }

    /// What is in a piece, its times film times in milliseconds.
    fn packets(&self, text: &str, piece: &Piece, (whole, at): (bool, Time)) -> Vec<Packet> {
        let plain = without_styles(&text.replace('\0', "")).into_bytes();
        let Some(mut demuxer) = Demuxer::open(plain, None, &self.stop) else { return Vec::new() };
        let mut packets: Vec<Packet> = std::iter::from_fn(|| demuxer.next()).collect();
        let Some(first) = packets.iter().find_map(Packet::pts).map(milliseconds) else { return packets };
        let shift = match clocks(text) {
            Some((local, film)) => {
                let told = first - local + film - self.origin;
                unwrapped(told, if whole { piece.start } else { at }) - first
            }
            // Where nothing is said they count from the film's beginning; a live one has none.
            None if whole => Time::ZERO,
            None => Time::ZERO - self.origin,
        };
        let shift = shift.nanoseconds().div_euclid(1_000_000);
        for packet in &mut packets {
            packet.set_pts(packet.pts().map(|pts| pts.saturating_add(shift)));
            packet.set_dts(packet.dts().map(|dts| dts.saturating_add(shift)));
        }
        packets
    }
}

fn milliseconds(ticks: i64) -> Time {
    Time::from_ticks(ticks, 1, 1000)
}
