//! What becomes of a film while it is shown: tells the statistics, and sees to it that each picture is worth its work.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use super::coming::{Arrived, Coming};
use super::contract::{Painter, Playlist, SceneFacts, SceneSource};
use super::quality::{Governor, Load, Quality};
use super::script::{Script, Situation};
use super::statistics::{Event, PictureShown, Statistics, Summary, age};
use super::{Counts, Player};
use crate::media::Cached;
use crate::sink::Action;
use crate::time::Time;
use crate::trace::Stage;

/// How often is told what is at hand.
const CACHE: Duration = Duration::from_secs(1);

/// What it is to do.
#[derive(Default)]
pub struct WatchOptions {
    /// How much work pictures are worth.
    pub quality: Quality,
    /// Where events go, one line of JSON each.
    pub dump: Option<Box<dyn Write + Send>>,
    /// A viewer that follows a plan.
    pub script: Option<Box<dyn Script>>,
}

/// What is to be done after a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wishes {
    /// The picture has to be painted again.
    pub(super) repaint: bool,
    /// Playing is over.
    pub(super) finished: bool,
}

/// Painting one takes longer than this only now and then.
const MOST_LEAD: Duration = Duration::from_millis(150);

/// A picture of the film that was painted for the first time.
struct Picture {
    /// As it would be if it were shown at once.
    shown: PictureShown,
    at: Instant,
    /// The moment of the tick before.
    moment: Instant,
    due: Option<Instant>,
}

/// One film after the other, on the thread that shows them.
pub(super) struct Watch {
    statistics: Statistics,
    script: Option<Box<dyn Script>>,
    quality: Quality,
    governor: Governor,
    load: Load,
    /// Which film of the list.
    film: Option<u64>,
    /// Epoch and number of the picture painted last.
    painted: Option<(u32, u64)>,
    /// What is painted and not yet shown.
    coming: Coming<Picture>,
    /// The moment of the last tick: a headset's are those at which its pictures are seen.
    moment: Option<Instant>,
    /// From there until the picture that was painted then is shown.
    lead: Duration,
    dropped: u64,
    /// When the cache was told of.
    cache: Option<Instant>,
    told: bool,
}

impl Watch {
    pub(super) fn new(options: WatchOptions) -> Self {
        let WatchOptions { quality, dump, script } = options;
        Self {
            statistics: Statistics::new(dump),
            script,
            quality,
            governor: Governor::new(quality),
            load: Load::default(),
            film: None,
            painted: None,
            coming: Coming::default(),
            moment: None,
            lead: Duration::ZERO,
            dropped: 0,
            cache: None,
            told: false,
        }
    }

    /// What is at hand, once a second.
    fn tell_cache<P: Playlist>(&mut self, player: &Player<P>, wall: f64, now: Instant) {
        if self.cache.is_some_and(|told| now.saturating_duration_since(told) < CACHE) {
            return;
        }
        let Some(Cached { ahead, bytes_ahead, bytes_behind, range, .. }) = player.cached() else { return };
        self.cache = Some(now);
        let range = range.map(|(from, to)| [from.seconds(), to.seconds()]);
        let live_delay = player.live_delay().map(Time::seconds);
        self.note(&Event::Cache { wall, ahead: ahead.seconds(), bytes_ahead, bytes_behind, range, live_delay }, now);
    }

    /// Brings everything up to `now`, after the player's own tick.
    pub(super) fn tick<P, A>(&mut self, player: &mut Player<P>, painter: &mut A, now: Instant) -> Wishes
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let wall = self.statistics.wall(now);
        if std::mem::replace(&mut self.film, player.entry()) != player.entry() {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let unix = (since_1970.saturating_sub(now.elapsed())).as_secs_f64();
            self.note(&Event::Film { wall, unix, name: player.name() }, now);
            self.governor = Governor::new(self.quality);
            self.apply(player, painter, wall);
        }
        for pass in player.take_passes() {
            let took = pass.took.map(|took| took.as_secs_f64());
            self.load.network += took.unwrap_or_default();
            self.load.passes += 1;
            self.note(&Event::Pass { wall, pts: pass.pts.seconds(), took }, now);
        }
        let Counts { dropped, .. } = player.counts();
        if let Some(count) = dropped.checked_sub(self.dropped).filter(|count| *count > 0) {
            self.load.dropped += u32::try_from(count).unwrap_or(u32::MAX);
            self.note(&Event::Dropped { wall, count }, now);
        }
        self.dropped = dropped;
        self.tell_cache(player, wall, now);
        self.moment = Some(now);
        player.set_lead(self.lead);
        let load = std::mem::take(&mut self.load);
        if !player.is_running() {
            self.governor.pause();
        } else if self.governor.follow(&load, now).is_some() {
            self.apply(player, painter, wall);
            if self.governor.level() > 0 && !std::mem::replace(&mut self.told, true) {
                tracing::warn!(
                    "there is no time for full quality: the depth of some pictures is carried over from others, and eyes may get smaller and silhouettes plainer (--quality)"
                );
            }
        }
        if let Some(error) = self.statistics.take_failure() {
            tracing::warn!("the statistics end here: {error}");
        }
        let mut wishes = Wishes::default();
        let situation = Situation { epoch: player.epoch(), duration: player.duration() };
        match self.script.as_mut().and_then(|script| script.next(now, &situation)) {
            Some(Action::Quit) => wishes.finished = true,
            Some(action) => {
                self.coming.act();
                player.act(action, now);
                wishes.repaint = painter.act(action);
            }
            None => {}
        }
        wishes
    }

    fn note(&mut self, event: &Event, at: Instant) {
        self.statistics.note(event);
        if let Some(script) = &mut self.script {
            script.note(event, at);
        }
    }

    fn apply<P, A>(&mut self, player: &mut Player<P>, painter: &mut A, wall: f64)
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let (level, settings) = (self.governor.level(), self.governor.settings());
        player.set_network_interval(Duration::from_secs_f64(settings.network_interval));
        painter.set_eye_scale(settings.eyes);
        painter.set_mattes(settings.mattes);
        self.statistics.note(&Event::Quality { wall, level, settings });
    }

    /// The player's picture has been painted: it is on its way to the display.
    pub(super) fn painted<P, A>(&mut self, player: &Player<P>, painter: &A, now: Instant)
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let picture = self.picture(player, painter, now);
        self.coming.painted(picture);
    }

    /// What there is to be told of the player's picture, where it is painted for the first time.
    fn picture<P, A>(&mut self, player: &Player<P>, painter: &A, now: Instant) -> Option<Picture>
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let frame = player.shown()?;
        if self.painted.replace((frame.epoch, frame.id)) == Some((frame.epoch, frame.id)) {
            return None;
        }
        let SceneFacts { depth_of, shot } = player.facts().unwrap_or_default();
        let making = [Stage::Colour, Stage::Steady].into_iter().filter_map(|stage| frame.trace.span(stage));
        self.load.making += making.sum::<Duration>().as_secs_f64();
        self.load.shown += 1;
        let shown = PictureShown {
            wall: self.statistics.wall(now),
            pts: frame.pts.seconds(),
            late: None,
            latency: now.saturating_duration_since(frame.trace.born).as_secs_f64(),
            depth_pts: depth_of.map(|of| of.seconds()),
            depth_age: depth_of.map(|of| age(frame.pts, of)),
            shot: shot.seconds(),
            epoch: frame.epoch,
            eyes: painter.eye_size(),
        };
        Some(Picture { shown, at: now, moment: self.moment.unwrap_or(now), due: player.due() })
    }

    /// What was painted last, or `before` paintings before it, is shown since `at`.
    pub(super) fn shown(&mut self, at: Instant, before: usize) {
        let Arrived { answers, news } = self.coming.shown(before);
        if answers && let Some(script) = &mut self.script {
            script.shown(at);
        }
        let Some(Picture { shown: picture, at: began, moment, due }) = news else { return };
        let took = at.saturating_duration_since(began);
        self.lead = (self.lead * 3 + at.saturating_duration_since(moment).min(MOST_LEAD)) / 4;
        let late = due.map(|due| self.statistics.wall(at) - self.statistics.wall(due));
        let (wall, latency) = (self.statistics.wall(at), picture.latency + took.as_secs_f64());
        self.note(&Event::Picture(PictureShown { wall, late, latency, ..picture }), at);
    }

    /// The GPU has painted a picture in that time.
    pub(super) fn took(&mut self, painting: Duration) {
        self.load.painting += painting.as_secs_f64();
        self.statistics.note_painting(painting);
    }

    /// What there is to be seen of it at the moment `now`.
    pub(super) fn summary(&mut self, now: Instant) -> &Summary {
        self.statistics.summary(now)
    }
}
