//! The desktop's player controls: the interfaces of MPRIS 2.2 on the session bus, <https://specifications.freedesktop.org/mpris-spec/latest/>.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value as Json;
use zbus::blocking::{Connection, fdo::DBusProxy, object_server::InterfaceRef};
use zbus::fdo::{RequestNameFlags, RequestNameReply};
use zbus::interface;
use zbus::names::WellKnownName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedValue, Value};

use super::{Hand, builder, cover};
use crate::control::{Status, find};
use crate::time::Time;

const PATH: &str = "/org/mpris/MediaPlayer2";
/// The film that plays, as the specification wants it named.
const TRACK: &str = "/org/deep3d/Film";
const NO_TRACK: &str = "/org/mpris/MediaPlayer2/TrackList/NoTrack";
const NAME: &str = "org.mpris.MediaPlayer2.deep3d";

/// What the desktop is told.
#[derive(Debug, Clone, PartialEq, Default)]
struct Told {
    playback: &'static str,
    title: String,
    path: String,
    cover: Option<String>,
    duration: Option<Time>,
    speed: f64,
    volume: f64,
    loops: &'static str,
    next: bool,
    previous: bool,
    full_screen: bool,
}

impl Told {
    /// What `status` says; a picture is looked for where the film is another than `before`.
    fn new(status: &Status, before: &Self) -> Self {
        let read = |name: &str| find(name).ok().and_then(|property| property.read(status));
        let number = |name: &str| read(name).as_ref().and_then(Json::as_f64).unwrap_or(0.0);
        let on = |name: &str| read(name).is_some_and(|value| value != Json::Bool(false) && value != "no");
        let idle = on("idle-active") || status.path.is_empty();
        let cover = if status.path == before.path { before.cover.clone() } else { cover::cover_of(&status.path) };
        let title = read("media-title").and_then(|title| Some(title.as_str()?.to_owned()));
        Self {
            playback: match status.paused {
                _ if idle => "Stopped",
                true => "Paused",
                false => "Playing",
            },
            title: title.unwrap_or_else(|| status.name.clone()),
            path: status.path.clone(),
            cover,
            duration: status.duration,
            speed: status.speed,
            volume: if status.mute { 0.0 } else { status.volume / 100.0 },
            loops: match () {
                () if on("loop-file") => "Track",
                () if on("loop-playlist") => "Playlist",
                () => "None",
            },
            next: number("playlist-pos") + 1.0 < number("playlist-count") || on("loop-playlist"),
            previous: number("playlist-pos") > 0.0,
            full_screen: status.full_screen,
        }
    }

    fn metadata(&self) -> HashMap<&'static str, OwnedValue> {
        let track = if self.playback == "Stopped" { NO_TRACK } else { TRACK };
        let mut all: Vec<(&str, Value<'_>)> =
            vec![("mpris:trackid", ObjectPath::from_static_str_unchecked(track).into())];
        if self.playback != "Stopped" {
            all.push(("xesam:title", self.title.as_str().into()));
            all.extend(self.duration.map(|duration| ("mpris:length", microseconds(duration).into())));
            all.extend(self.cover.as_deref().map(|cover| ("mpris:artUrl", cover.into())));
            all.extend(address(&self.path).map(|url| ("xesam:url", url.into())));
        }
        all.into_iter().filter_map(|(name, value)| Some((name, value.try_into().ok()?))).collect()
    }
}

fn microseconds(time: Time) -> i64 {
    time.nanoseconds() / 1000
}

/// Where a film is, for other programs.
fn address(path: &str) -> Option<String> {
    crate::memory::name_of(&crate::location::Location::of(path))
}

/// How the player stood last, for whoever asks.
#[derive(Default)]
struct State {
    told: Told,
    position: Time,
    /// When that was so; nothing while film time stands.
    since: Option<Instant>,
    opened: u64,
    epoch: u32,
    seeking: bool,
}

impl State {
    fn position(&self) -> Time {
        let passed = self.since.map_or(0.0, |since| since.elapsed().as_secs_f64() * self.told.speed);
        let position = self.position + Time::from_seconds(passed);
        self.told.duration.map_or(position, |end| position.min(end))
    }
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program.
struct Root {
    state: Shared,
    hand: Hand,
}

#[interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    fn raise(&self) {
        self.hand.press("raise");
    }

    fn quit(&self) {
        self.hand.press("quit");
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn can_quit(&self) -> bool {
        true
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn can_raise(&self) -> bool {
        true
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn can_set_fullscreen(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn fullscreen(&self) -> bool {
        lock(&self.state).told.full_screen
    }

    #[zbus(property)]
    fn set_fullscreen(&self, full: bool) {
        self.hand.press(if full { "set fullscreen yes" } else { "set fullscreen no" });
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn has_track_list(&self) -> bool {
        false
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn identity(&self) -> &'static str {
        "deep3d"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn desktop_entry(&self) -> &'static str {
        "deep3d"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn supported_uri_schemes(&self) -> Vec<&'static str> {
        vec!["file", "http", "https", "rtsp"]
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn supported_mime_types(&self) -> Vec<&'static str> {
        vec!["video/mp4", "video/x-matroska", "video/webm", "video/quicktime", "video/mp2t"]
    }
}

/// The film.
struct Film {
    state: Shared,
    hand: Hand,
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
impl Film {
    fn next(&self) {
        self.hand.press("playlist-next");
    }

    fn previous(&self) {
        self.hand.press("playlist-prev");
    }

    fn pause(&self) {
        self.hand.press("set pause yes");
    }

    fn play_pause(&self) {
        self.hand.press("cycle pause");
    }

    fn stop(&self) {
        self.hand.press("stop");
    }

    fn play(&self) {
        self.hand.press("set pause no");
    }

    /// By so many microseconds; beyond the end it is the next film's turn.
    fn seek(&self, offset: i64) {
        let (position, end) = {
            let state = lock(&self.state);
            (microseconds(state.position()), state.told.duration.map(microseconds))
        };
        match position.saturating_add(offset) {
            wanted if end.is_some_and(|end| wanted > end) => self.next(),
            wanted => self.hand.press(&format!("seek {:.6} absolute+exact", wanted.max(0) as f64 / 1e6)),
        }
    }

    fn set_position(&self, track: ObjectPath<'_>, position: i64) {
        let end = lock(&self.state).told.duration.map_or(i64::MAX, microseconds);
        if track.as_str() == TRACK && (0..=end).contains(&position) {
            self.hand.press(&format!("seek {:.6} absolute+exact", position as f64 / 1e6));
        }
    }

    fn open_uri(&self, uri: &str) {
        let quoted = uri.replace('\\', "\\\\").replace('"', "\\\"");
        self.hand.press(&format!("loadfile \"{quoted}\""));
    }

    #[zbus(signal)]
    async fn seeked(emitter: &SignalEmitter<'_>, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> &'static str {
        lock(&self.state).told.playback
    }

    #[zbus(property)]
    fn loop_status(&self) -> &'static str {
        lock(&self.state).told.loops
    }

    #[zbus(property)]
    fn set_loop_status(&self, wanted: &str) {
        let now = lock(&self.state).told.loops;
        if (wanted == "Track") != (now == "Track") {
            self.hand.press("cycle loop-file");
        }
    }

    #[zbus(property)]
    fn rate(&self) -> f64 {
        lock(&self.state).told.speed
    }

    #[zbus(property)]
    fn set_rate(&self, rate: f64) {
        // The specification has 0 mean that.
        if rate == 0.0 { self.pause() } else { self.hand.press(&format!("set speed {rate}")) }
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<&'static str, OwnedValue> {
        lock(&self.state).told.metadata()
    }

    #[zbus(property)]
    fn volume(&self) -> f64 {
        lock(&self.state).told.volume
    }

    #[zbus(property)]
    fn set_volume(&self, volume: f64) {
        self.hand.press(&format!("set volume {}", volume.max(0.0) * 100.0));
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        microseconds(lock(&self.state).position())
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn minimum_rate(&self) -> f64 {
        0.25
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn maximum_rate(&self) -> f64 {
        4.0
    }

    #[zbus(property)]
    fn can_go_next(&self) -> bool {
        lock(&self.state).told.next
    }

    #[zbus(property)]
    fn can_go_previous(&self) -> bool {
        lock(&self.state).told.previous
    }

    #[zbus(property)]
    fn can_play(&self) -> bool {
        lock(&self.state).told.playback != "Stopped"
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        lock(&self.state).told.playback != "Stopped"
    }

    #[zbus(property)]
    fn can_seek(&self) -> bool {
        lock(&self.state).told.duration.is_some()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn can_control(&self) -> bool {
        true
    }
}

/// The player as the desktop knows it. It is called from the thread that tells; what the desktop asks is answered by the bus's own.
pub(super) struct Mpris {
    state: Shared,
    root: InterfaceRef<Root>,
    film: InterfaceRef<Film>,
}

impl Mpris {
    /// Makes the player known, on a connection of its own; a second one has its process in its name, as the specification wants it.
    pub(super) fn start(hand: Hand) -> zbus::Result<(Self, Connection)> {
        let state = Shared::default();
        let root = Root { state: Arc::clone(&state), hand: hand.clone() };
        let film = Film { state: Arc::clone(&state), hand };
        // They are there before anybody knows the name: whoever asks between the two would never be answered.
        let bus = builder()?.serve_at(PATH, root)?.serve_at(PATH, film)?.build()?;
        let (root, film) = (bus.object_server().interface(PATH)?, bus.object_server().interface(PATH)?);
        let names = DBusProxy::new(&bus)?;
        let take = |name: &str| -> zbus::Result<RequestNameReply> {
            Ok(names.request_name(WellKnownName::try_from(name)?, RequestNameFlags::DoNotQueue.into())?)
        };
        if !matches!(take(NAME), Ok(RequestNameReply::PrimaryOwner)) {
            take(&format!("{NAME}.instance{}", std::process::id()))?;
        }
        Ok((Self { state, root, film }, bus.clone()))
    }

    /// Tells what has changed.
    pub(super) fn tell(&mut self, status: &Status, now: Instant) -> zbus::Result<()> {
        let (before, told, sought) = {
            let mut state = lock(&self.state);
            let told = Told::new(status, &state.told);
            let before = std::mem::replace(&mut state.told, told.clone());
            let moved = (state.opened, state.epoch) != (status.opened, status.epoch) || state.seeking;
            (state.position, state.since) = (status.position, status.running.then_some(now));
            state.seeking = moved && status.seeking;
            let sought =
                (moved && !status.seeking && state.opened == status.opened).then(|| microseconds(status.position));
            (state.opened, state.epoch) = (status.opened, status.epoch);
            (before, told, sought)
        };
        let (film, emitter) = (self.film.get(), self.film.signal_emitter());
        zbus::block_on(async {
            if told.playback != before.playback {
                film.playback_status_changed(emitter).await?;
                film.can_play_changed(emitter).await?;
                film.can_pause_changed(emitter).await?;
            }
            if told.metadata() != before.metadata() {
                film.metadata_changed(emitter).await?;
                film.can_seek_changed(emitter).await?;
            }
            if told.speed != before.speed {
                film.rate_changed(emitter).await?;
            }
            if told.volume != before.volume {
                film.volume_changed(emitter).await?;
            }
            if told.loops != before.loops {
                film.loop_status_changed(emitter).await?;
            }
            if (told.next, told.previous) != (before.next, before.previous) {
                film.can_go_next_changed(emitter).await?;
                film.can_go_previous_changed(emitter).await?;
            }
            if let Some(position) = sought {
                Film::seeked(emitter, position).await?;
            }
            if told.full_screen != before.full_screen {
                self.root.get().fullscreen_changed(self.root.signal_emitter()).await?;
            }
            Ok(())
        })
    }
}
