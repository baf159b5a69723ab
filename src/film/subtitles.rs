//! What is asked of the thread that draws a film's subtitles, and what it has drawn. Whoever shows pictures takes what is there and never waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::media::{TrackChoice, TrackInfo};
use crate::overlay::{Area, Overlay};
use crate::subtitle::Settings;
use crate::time::Time;

/// Drawings that are kept: those of the frames that are on their way.
const KEPT: usize = 16;
/// Where a frame's drawing is not there yet, that of a frame so near is shown meanwhile.
const NEAR: Time = Time::from_nanoseconds(250_000_000);
/// So long before a cue is seen it is known where it will be.
pub(super) const SOON: Time = Time::from_nanoseconds(1_000_000_000);

/// A film that plays is opened so long after its subtitles at most: those of large files come later.
const OPENING: Duration = Duration::from_millis(200);

/// A drawing that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    pub(super) time: Time,
    pub(super) area: Area,
    pub(super) settings: Settings,
    pub(super) choice: Choice,
    /// Of the settings.
    revision: u64,
}

/// Which tracks are wanted: the one that is shown, and the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) first: TrackChoice,
    pub(super) second: TrackChoice,
}

impl Default for Choice {
    fn default() -> Self {
        Self { first: TrackChoice::Auto, second: TrackChoice::No }
    }
}

/// The beginning of another cue that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CueWanted {
    /// So many cues on, or back; 0 is the one that is seen, or was seen last.
    pub skip: i32,
    /// Of the second track.
    pub second: bool,
    /// From there, as film time.
    pub from: Time,
}

struct Done {
    time: Time,
    area: Area,
    revision: u64,
    overlay: Arc<Overlay>,
}

#[derive(Default)]
struct Board {
    settings: Settings,
    choice: Choice,
    /// Their times are so many times as long, whatever the viewer sets.
    stretch: Option<f64>,
    /// Of settings and choice.
    revision: u64,
    tracks: Arc<[TrackInfo]>,
    /// They are all known.
    told: bool,
    /// The numbers of the tracks that are shown: the first, and the second.
    shown: [Option<u32>; 2],
    /// A cue that is looked for.
    cue: Option<CueWanted>,
    /// The beginning of the one that was looked for last, if there is one.
    found: Option<(CueWanted, Option<Time>)>,
    /// How the last picture was seen.
    area: Option<Area>,
    wanted: VecDeque<(Time, Area)>,
    done: VecDeque<Done>,
    /// The next cue, or a time before which there is none.
    ahead: Option<Done>,
    /// The thread is gone.
    over: bool,
}

impl Board {
    /// How they are drawn.
    fn drawn(&self) -> Settings {
        Settings { speed: self.settings.speed * self.stretch.unwrap_or(1.0), ..self.settings.clone() }
    }

    fn find(&self, time: Time, area: Area) -> Option<&Done> {
        self.done.iter().find(|done| done.time == time && done.area == area && done.revision == self.revision)
    }

    fn want(&mut self, time: Time, area: Area, first: bool) {
        self.wanted.retain(|other| *other != (time, area));
        if first {
            self.wanted.push_front((time, area));
            self.wanted.truncate(KEPT);
        } else {
            self.wanted.push_back((time, area));
            if self.wanted.len() > KEPT {
                self.wanted.pop_front();
            }
        }
    }
}

#[derive(Default)]
struct Desk {
    board: Mutex<Board>,
    asked: Condvar,
    answered: Condvar,
}

/// A film's subtitles. Clones are of the same film; any thread may ask.
#[derive(Clone, Default)]
pub struct Subtitles(Arc<Desk>);

/// What of the subtitles is seen with a frame.
pub struct Seen {
    /// What is laid over it.
    pub overlay: Arc<Overlay>,
    /// It is that of a frame nearby: its own is being drawn.
    pub is_coming: bool,
}

impl Subtitles {
    /// Drawn by `settings`, their times `stretch` times as long.
    pub(super) fn new(settings: Settings, choice: Choice, stretch: f64) -> Self {
        let subtitles = Self::default();
        let mut board = subtitles.board();
        (board.settings, board.choice, board.stretch) = (settings, choice, Some(stretch));
        drop(board);
        subtitles
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is seen at `time` over a picture that is shown so. Never waits.
    pub fn look(&self, time: Time, area: Area) -> Seen {
        let mut board = self.board();
        board.area = Some(area);
        if let Some(done) = board.find(time, area) {
            return Seen { overlay: Arc::clone(&done.overlay), is_coming: false };
        }
        let is_coming = !board.over;
        if is_coming {
            board.want(time, area, true);
            self.0.asked.notify_one();
        }
        let apart = |done: &&Done| (done.time - time).nanoseconds().abs();
        let near = board.done.iter().filter(|done| done.area == area).min_by_key(apart);
        let near = near.filter(|done| apart(done) <= NEAR.nanoseconds());
        Seen { overlay: near.map(|done| Arc::clone(&done.overlay)).unwrap_or_default(), is_coming }
    }

    /// The same, waited for: for files. What is shown elsewhere besides stays as it is.
    pub fn wait(&self, time: Time, area: Area) -> Arc<Overlay> {
        let mut board = self.board();
        // Where it is shown in another way besides, what comes is drawn for that.
        board.area.get_or_insert(area);
        loop {
            if let Some(done) = board.find(time, area) {
                return Arc::clone(&done.overlay);
            }
            if board.over {
                return Arc::default();
            }
            board.want(time, area, true);
            self.0.asked.notify_one();
            board = self.0.answered.wait(board).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A frame of that time is on its way: it is drawn for as the last one was seen.
    pub(super) fn announce(&self, time: Time) {
        let mut board = self.board();
        if let Some(area) = board.area
            && board.find(time, area).is_none()
        {
            board.want(time, area, false);
            self.0.asked.notify_one();
        }
    }

    /// What will be seen within a second of `time`, as far as it has been drawn for such an area; each drawing once.
    pub fn soon(&self, time: Time, area: Area) -> Vec<Arc<Overlay>> {
        let board = self.board();
        let is_soon = |done: &&Done| {
            done.area == area && done.revision == board.revision && done.time > time && done.time <= time + SOON
        };
        let mut soon: Vec<Arc<Overlay>> = Vec::new();
        for done in board.done.iter().chain(&board.ahead).filter(is_soon) {
            if !done.overlay.bitmaps.is_empty() && !soon.iter().any(|known| Arc::ptr_eq(known, &done.overlay)) {
                soon.push(Arc::clone(&done.overlay));
            }
        }
        soon
    }

    /// Whether it is to be found out what comes after the frame of `job`.
    pub(super) fn wants_ahead(&self, job: &Job) -> bool {
        let board = self.board();
        let known = |ahead: &Done| {
            let since = ahead.time - job.time;
            ahead.area == job.area && ahead.revision == job.revision && (Time::ZERO..=SOON).contains(&since)
        };
        !board.ahead.as_ref().is_some_and(known)
    }

    /// What is seen at `time`, which is the next cue's beginning or, where none comes soon, a while ahead.
    pub(super) fn set_ahead(&self, job: &Job, time: Time, overlay: Arc<Overlay>) {
        self.board().ahead = Some(Done { time, area: job.area, revision: job.revision, overlay });
    }

    /// What the viewer has set.
    pub fn settings(&self) -> Settings {
        self.board().settings.clone()
    }

    /// From now on they are drawn so.
    pub fn set(&self, settings: Settings) {
        let mut board = self.board();
        if board.settings != settings {
            board.settings = settings;
            board.revision += 1;
        }
    }

    /// The tracks that there are, those of files beside the film last.
    pub fn tracks(&self) -> Arc<[TrackInfo]> {
        Arc::clone(&self.board().tracks)
    }

    /// The number of the track that is shown; none where none is.
    pub fn shown(&self) -> Option<u32> {
        self.board().shown[0]
    }

    /// The same of the second.
    pub fn second(&self) -> Option<u32> {
        self.board().shown[1]
    }

    /// From now on the track of that number is shown, or none. False where there is no such track, or it is the second.
    pub fn choose(&self, number: Option<u32>) -> bool {
        self.choose_of(number, false)
    }

    /// From now on the track of that number is the second, or none is. False where there is no such track, or it is the first.
    pub fn choose_second(&self, number: Option<u32>) -> bool {
        self.choose_of(number, true)
    }

    fn choose_of(&self, number: Option<u32>, second: bool) -> bool {
        let mut board = self.board();
        let unknown = |number: u32| !board.tracks.iter().any(|track| track.number == number);
        let taken = number.is_some() && number == board.shown[usize::from(!second)];
        if board.over || taken || number.is_some_and(unknown) {
            return false;
        }
        let choice = number.map_or(TrackChoice::No, TrackChoice::Number);
        *(if second { &mut board.choice.second } else { &mut board.choice.first }) = choice;
        board.shown[usize::from(second)] = number;
        board.revision += 1;
        true
    }

    /// Asks for the beginning of another cue; [`Subtitles::found`] tells it soon. False where its track is not shown.
    pub fn find(&self, cue: CueWanted) -> bool {
        let mut board = self.board();
        let shown = !board.over && board.shown[usize::from(cue.second)].is_some();
        if shown {
            (board.cue, board.found) = (Some(cue), None);
            self.0.asked.notify_one();
        }
        shown
    }

    /// The beginning of that cue, as film time, once it is known; none in it where there is no such cue.
    pub fn found(&self, cue: CueWanted) -> Option<Option<Time>> {
        self.board().found.filter(|(found, _)| *found == cue).map(|(_, begins)| begins)
    }

    /// The cue that is looked for.
    pub(super) fn next_cue(&self) -> Option<(CueWanted, Choice, Settings)> {
        let mut board = self.board();
        let cue = board.cue.take()?;
        Some((cue, board.choice, board.drawn()))
    }

    /// It begins there.
    pub(super) fn set_found(&self, cue: CueWanted, begins: Option<Time>) {
        self.board().found = Some((cue, begins));
    }

    /// Whether both are the same film's.
    pub fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// These are the tracks, and those are shown: the first, and the second.
    pub(super) fn set_tracks(&self, tracks: Vec<TrackInfo>, shown: [Option<u32>; 2]) {
        let mut board = self.board();
        (board.tracks, board.shown, board.told) = (tracks.into(), shown, true);
        self.0.answered.notify_all();
    }

    /// Waits until the tracks are known; unless it is `patient`, no longer than [`OPENING`].
    pub(super) fn wait_for_tracks(&self, patient: bool) {
        let board = self.board();
        let unknown = |board: &mut Board| !board.told && !board.over;
        if patient {
            drop(self.0.answered.wait_while(board, unknown));
        } else {
            drop(self.0.answered.wait_timeout_while(board, OPENING, unknown));
        }
    }

    /// What is to be drawn next. Waits for it no longer than `patience`.
    pub(super) fn next_job(&self, patience: Duration) -> Option<Job> {
        let mut board = self.board();
        if board.wanted.is_empty() && board.cue.is_none() {
            board = self.0.asked.wait_timeout(board, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        let (time, area) = board.wanted.pop_front()?;
        let (settings, choice, revision) = (board.drawn(), board.choice, board.revision);
        Some(Job { time, area, settings, choice, revision })
    }

    /// What was drawn.
    pub(super) fn answer(&self, job: &Job, overlay: Arc<Overlay>) {
        let mut board = self.board();
        board.done.push_back(Done { time: job.time, area: job.area, revision: job.revision, overlay });
        if board.done.len() > KEPT {
            board.done.pop_front();
        }
        self.0.answered.notify_all();
    }

    /// Something new is seen in that span: what was drawn without it is void.
    pub(super) fn renew(&self, from: Time, to: Time) {
        let mut board = self.board();
        let settings = board.drawn();
        let [from, to] = [from, to].map(|time| settings.to_film(time));
        board.ahead = None;
        board.done.retain(|done| done.time < from || done.time >= to);
    }

    /// Nobody draws any more.
    pub(super) fn close(&self) {
        self.board().over = true;
        self.0.answered.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::TrackKind;

    fn at(seconds: f64) -> Time {
        Time::from_seconds(seconds)
    }

    const AREA: Area = Area { size: [640, 360], aspect: 16.0 / 9.0 };

    #[test]
    fn a_frame_has_its_own_drawing_or_that_of_one_nearby() {
        let subtitles = Subtitles::new(Settings::default(), Choice::default(), 1.0);
        subtitles.announce(at(1.0));
        assert!(subtitles.next_job(Duration::ZERO).is_none(), "it is not known yet how it is seen");
        assert!(subtitles.look(at(1.0), AREA).is_coming);
        subtitles.announce(at(1.04));
        let drawn = |time| {
            let job = subtitles.next_job(Duration::ZERO).unwrap();
            assert_eq!(job.time, time);
            let overlay = Arc::new(Overlay { area: AREA.size, bitmaps: Vec::new(), cues: Vec::new() });
            subtitles.answer(&job, Arc::clone(&overlay));
            overlay
        };
        let first = drawn(at(1.0));
        let seen = subtitles.look(at(1.04), AREA);
        assert!(seen.is_coming && Arc::ptr_eq(&seen.overlay, &first));
        let second = drawn(at(1.04));
        let seen = subtitles.look(at(1.04), AREA);
        assert!(!seen.is_coming && Arc::ptr_eq(&seen.overlay, &second));
        assert!(!Arc::ptr_eq(&subtitles.look(at(9.0), AREA).overlay, &second), "too far away");
        // Another size, other settings, a new line: it is drawn anew.
        let other = Area { size: [320, 180], ..AREA };
        assert!(subtitles.look(at(1.04), other).is_coming && !subtitles.look(at(1.0), AREA).is_coming);
        subtitles.renew(at(1.02), at(3.0));
        assert!(subtitles.look(at(1.04), AREA).is_coming && !subtitles.look(at(1.0), AREA).is_coming);
        subtitles.set(Settings { visible: false, ..Settings::default() });
        assert!(subtitles.look(at(1.0), AREA).is_coming);
    }

    #[test]
    fn a_track_is_chosen_while_the_film_plays() {
        let track = |number| TrackInfo {
            kind: TrackKind::Subtitle,
            number,
            stream: 0,
            outside: None,
            language: None,
            title: None,
            codec: "subrip".to_owned(),
            shape: None,
            default: false,
            forced: false,
            impaired: false,
            cover: false,
        };
        let subtitles = Subtitles::new(Settings::default(), Choice::default(), 1.0);
        subtitles.set_tracks(vec![track(1), track(2), track(3)], [Some(1), None]);
        let job = || {
            assert!(subtitles.look(at(1.0), AREA).is_coming, "it is drawn anew");
            let job = subtitles.next_job(Duration::ZERO).unwrap();
            subtitles.answer(&job, Arc::default());
            (job.choice.first, job.choice.second)
        };
        assert_eq!((job(), subtitles.shown()), ((TrackChoice::Auto, TrackChoice::No), Some(1)));
        assert!(subtitles.choose(Some(2)) && !subtitles.choose(Some(4)));
        assert_eq!((job(), subtitles.shown()), ((TrackChoice::Number(2), TrackChoice::No), Some(2)));
        assert!(!subtitles.choose_second(Some(2)), "it is shown already");
        assert!(subtitles.choose_second(Some(3)) && !subtitles.choose(Some(3)));
        assert_eq!((job(), subtitles.second()), ((TrackChoice::Number(2), TrackChoice::Number(3)), Some(3)));
        assert!(subtitles.choose(None) && subtitles.shown().is_none());
        assert!(subtitles.choose_second(None));
        assert_eq!(job(), (TrackChoice::No, TrackChoice::No));
        subtitles.close();
        assert!(!subtitles.choose(Some(1)));
    }

    #[test]
    fn a_cue_is_asked_for_and_told_once_it_is_known() {
        let settings = Settings { speed: 2.0, ..Settings::default() };
        let subtitles = Subtitles::new(settings, Choice::default(), 1.5);
        let cue = CueWanted { skip: 1, second: false, from: at(3.0) };
        assert!(!subtitles.find(cue), "nothing is shown");
        subtitles.set_tracks(Vec::new(), [Some(1), None]);
        assert!(subtitles.find(cue) && !subtitles.find(CueWanted { second: true, ..cue }));
        let (wanted, _, drawn) = subtitles.next_cue().unwrap();
        assert!(wanted == cue && subtitles.next_cue().is_none() && (drawn.speed - 3.0).abs() < 1e-9);
        assert_eq!(subtitles.found(cue), None);
        subtitles.set_found(wanted, Some(at(4.0)));
        assert_eq!(subtitles.found(CueWanted { skip: 2, ..cue }), None, "that is another");
        assert_eq!(subtitles.found(cue), Some(Some(at(4.0))));
        assert_eq!(subtitles.settings().speed, 2.0, "what the viewer has set");
    }

    #[test]
    fn nobody_waits_for_a_thread_that_is_gone() {
        let subtitles = Subtitles::default();
        let waiting = subtitles.clone();
        let thread = std::thread::spawn(move || waiting.wait(at(1.0), AREA));
        while subtitles.next_job(Duration::from_millis(10)).is_none() {}
        subtitles.close();
        assert!(thread.join().unwrap().bitmaps.is_empty());
    }
}
