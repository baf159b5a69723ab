//! The handle of the browser, and the threads behind it.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::folder;
use super::memory::Remembered;
use super::model::{Item, ItemKind, Listing, Place, Shelf, State};
use super::places;
use super::thumbnails;
use crate::media::StopFlag;
use crate::playlist::{Kind, kind_of};

/// A place that has not answered for so long is said to be silent.
const SILENT: Duration = Duration::from_secs(1);
/// A file is given up after that.
const PATIENCE: Duration = Duration::from_secs(15);
/// And after that its thread, which waits for what cannot be interrupted.
const LOST: Duration = Duration::from_secs(20);
/// Threads that may wait for places that do not answer.
const MOST_READERS: usize = 12;
const MOST_MAKERS: usize = 6;
/// Items of which more is kept than their names.
const MOST_FACTS: usize = 400;

struct Work {
    item: usize,
    since: Instant,
    stop: StopFlag,
}

struct Desk {
    shelf: Shelf,
    /// Counts the places that were gone to.
    visit: u64,
    /// Since when the place is being read.
    asked: Instant,
    readers: usize,
    /// Items of which more is wanted, the most urgent first.
    wanted: Vec<usize>,
    work: Option<Work>,
    /// The thread that makes thumbnails; earlier ones were given up.
    maker: u64,
    makers: usize,
    over: bool,
}

struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
    cache: Option<Cache>,
    memory: Arc<dyn Remembered>,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    fn change(&mut self) -> &mut Shelf {
        self.shelf.version += 1;
        &mut self.shelf
    }

    /// The first item that is wanted and not known.
    fn next(&self) -> Option<usize> {
        self.wanted.iter().copied().find(|item| !self.shelf.facts.contains_key(item))
    }

    fn stop_work(&mut self) {
        if let Some(work) = self.work.take() {
            work.stop.stop();
        }
    }
}

/// What there is to choose among. Nothing of it waits; dropping it leaves threads that wait for a dead disk to themselves.
pub struct Browser {
    shared: Arc<Shared>,
}

impl Browser {
    /// In no place yet; `memory` knows what was played, and how far.
    pub fn new(memory: Arc<dyn Remembered>) -> Self {
        Self::with_cache(memory, Cache::of_user())
    }

    fn with_cache(memory: Arc<dyn Remembered>, cache: Option<Cache>) -> Self {
        let desk = Desk {
            shelf: Shelf { places: places::all().into(), ..Shelf::default() },
            visit: 0,
            asked: Instant::now(),
            readers: 0,
            wanted: Vec::new(),
            work: None,
            maker: 0,
            makers: 0,
            over: false,
        };
        let shared = Shared { desk: Mutex::new(desk), changed: Condvar::new(), cache, memory };
        Self { shared: Arc::new(shared) }
    }

    /// Where one begins: the folder of films, or where there is none the home folder.
    pub fn beginning(&self) -> Place {
        let desk = self.shared.desk();
        let named = |name: &str| desk.shelf.places.iter().find(|place| place.name == name);
        let place = named("Videos").or_else(|| named("Home")).map(|item| item.place.clone());
        place.unwrap_or(Place::Recent)
    }

    /// Goes there: what is in it comes as soon as it has been read.
    pub fn go(&self, place: Place, now: Instant) {
        let mut desk = self.shared.desk();
        desk.visit += 1;
        desk.asked = now;
        desk.stop_work();
        desk.wanted.clear();
        let shelf = desk.change();
        shelf.listing = Arc::new(Listing { place: place.clone(), items: Vec::new() });
        (shelf.state, shelf.facts) = (State::Reading, Arc::default());
        if desk.readers >= MOST_READERS {
            desk.shelf.state = State::Silent;
            return;
        }
        let (shared, visit) = (Arc::clone(&self.shared), desk.visit);
        let thread = Builder::new().name("browse".to_owned()).spawn(move || read(&shared, visit, place));
        match thread {
            Ok(_) => desk.readers += 1,
            Err(error) => desk.shelf.state = State::Failed(error.to_string()),
        }
    }

    /// These items are visible, in this order of urgency: of them more is found out, of all others nothing.
    pub fn want(&self, items: Vec<usize>) {
        let mut desk = self.shared.desk();
        if desk.wanted == items {
            return;
        }
        desk.wanted = items;
        if desk.work.as_ref().is_some_and(|work| !desk.wanted.contains(&work.item)) {
            desk.stop_work();
        }
        if desk.makers == 0 && desk.next().is_some() {
            self.start_maker(&mut desk);
        }
        drop(desk);
        self.shared.changed.notify_all();
    }

    /// All that is to be seen at the moment `now`.
    pub fn look(&self, now: Instant) -> Shelf {
        let mut desk = self.shared.desk();
        if desk.shelf.state == State::Reading && now.saturating_duration_since(desk.asked) > SILENT && desk.visit > 0 {
            desk.change().state = State::Silent;
        }
        let long = desk.work.as_ref().map(|work| now.saturating_duration_since(work.since));
        if long.is_some_and(|long| long > PATIENCE)
            && let Some(work) = desk.work.as_ref().filter(|work| !work.stop.is_stopped())
        {
            work.stop.stop();
            let item = work.item;
            Arc::make_mut(&mut desk.change().facts).entry(item).or_default();
        }
        if long.is_some_and(|long| long > LOST) && desk.work.take().is_some() {
            desk.maker += 1;
            if desk.makers < MOST_MAKERS {
                self.start_maker(&mut desk);
            }
        }
        desk.shelf.busy = matches!(desk.shelf.state, State::Reading | State::Silent) || desk.next().is_some();
        desk.shelf.clone()
    }

    fn start_maker(&self, desk: &mut Desk) {
        let (shared, maker) = (Arc::clone(&self.shared), desk.maker);
        let thread = Builder::new().name("thumbnails".to_owned()).spawn(move || make(&shared, maker));
        match thread {
            Ok(_) => desk.makers += 1,
            Err(error) => tracing::warn!("there will be no thumbnails: {error}"),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let mut desk = self.shared.desk();
        desk.over = true;
        desk.stop_work();
        drop(desk);
        self.shared.changed.notify_all();
    }
}

/// Reads a place.
fn read(shared: &Shared, visit: u64, place: Place) {
    let found = match &place {
        Place::Folder(folder) => folder::read(folder).map_err(|error| error.to_string()),
        Place::Recent => Ok(recent(&*shared.memory)),
    };
    let mut desk = shared.desk();
    desk.readers -= 1;
    if desk.visit != visit || desk.over {
        return;
    }
    let shelf = desk.change();
    match found {
        Ok(items) => (shelf.listing, shelf.state) = (Arc::new(Listing { place, items }), State::Read),
        Err(error) => shelf.state = State::Failed(error),
    }
}

/// What was played last.
fn recent(memory: &dyn Remembered) -> Vec<Item> {
    let item = |recent: super::memory::Recent| {
        let kind = match recent.location.path().and_then(kind_of) {
            Some(Kind::Sound) => ItemKind::Sound,
            Some(Kind::Picture) => ItemKind::Picture,
            _ => ItemKind::Film,
        };
        Item { search: recent.title.to_lowercase(), name: recent.title, location: recent.location, kind }
    };
    memory.recent().into_iter().map(item).collect()
}

/// Finds out more of what is wanted, one after the other.
fn make(shared: &Shared, maker: u64) {
    thumbnails::be_nice();
    loop {
        let mut desk = shared.desk();
        let (item, index, stop, visit) = loop {
            if desk.over || desk.maker != maker {
                desk.makers -= 1;
                return;
            }
            let next = desk.next();
            let found = next.and_then(|index| Some((desk.shelf.listing.items.get(index)?.clone(), index)));
            match found {
                Some((item, index)) => {
                    let stop = StopFlag::default();
                    desk.work = Some(Work { item: index, since: Instant::now(), stop: stop.clone() });
                    break (item, index, stop, desk.visit);
                }
                None => desk = shared.changed.wait(desk).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(desk);
        let facts = thumbnails::facts(&item, shared.cache.as_ref(), &*shared.memory, &stop);
        let mut desk = shared.desk();
        if desk.maker != maker {
            continue;
        }
        desk.work = None;
        // What was broken off is looked at again when it is wanted again.
        if desk.visit == visit && !stop.is_stopped() {
            let wanted = desk.wanted.clone();
            let known = Arc::make_mut(&mut desk.change().facts);
            if known.len() >= MOST_FACTS {
                *known = std::mem::take(known)
                    .into_iter()
                    .filter(|(item, _)| wanted.contains(item))
                    .collect::<HashMap<_, _>>();
            }
            known.insert(index, facts);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::memory::{Nothing, Recent, Watched};
    use super::*;
    use crate::location::Location;
    use crate::time::Time;

    fn wait(browser: &Browser, wanted: impl Fn(&Shelf) -> bool) -> Shelf {
        let began = Instant::now();
        loop {
            let shelf = browser.look(Instant::now());
            if wanted(&shelf) {
                return shelf;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{shelf:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    struct Memory;

    impl Remembered for Memory {
        fn recent(&self) -> Vec<Recent> {
            vec![Recent { location: Location::of("http://h/a"), title: "A stream".to_owned() }]
        }

        fn watched(&self, film: &Path) -> Option<Watched> {
            let position = Time::from_seconds(1.0);
            film.ends_with("film.mp4").then_some(Watched { position, duration: None })
        }
    }

    #[test]
    fn a_folder_is_read_and_more_is_found_out_of_what_is_seen() {
        let temporary = tempfile::tempdir().unwrap();
        let films = temporary.path().join("films");
        fs::create_dir(&films).unwrap();
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4"), films.join("film.mp4")).unwrap();
        fs::write(films.join("broken.mkv"), "nothing").unwrap();
        let cache = Cache::at(temporary.path());
        let browser = Browser::with_cache(Arc::new(Memory), Some(cache));
        browser.go(Place::Folder(films.clone()), Instant::now());
        let shelf = wait(&browser, |shelf| shelf.state == State::Read);
        let names: Vec<_> = shelf.listing.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["broken.mkv", "film.mp4"]);
        assert!(shelf.facts.is_empty(), "nobody has asked");
        browser.want(vec![1, 0]);
        let shelf = wait(&browser, |shelf| shelf.facts.len() == 2);
        let film = &shelf.facts[&1];
        assert!(film.picture.is_some() && film.duration.is_some() && film.watched.is_some_and(|share| share > 0.0));
        assert_eq!(shelf.facts[&0], super::super::Facts::default());
        // Both are kept for the next time.
        let kept = |folder: &str| fs::read_dir(temporary.path().join("thumbnails").join(folder)).unwrap().count();
        assert_eq!((kept("large"), kept(concat!("fail/deep3d-", env!("CARGO_PKG_VERSION")))), (1, 1));
        browser.go(Place::Recent, Instant::now());
        let shelf = wait(&browser, |shelf| shelf.state == State::Read);
        assert_eq!((shelf.listing.items[0].name.as_str(), shelf.facts.len()), ("A stream", 0));
        browser.go(Place::Folder(films.join("nowhere")), Instant::now());
        wait(&browser, |shelf| matches!(shelf.state, State::Failed(_)));
    }

    #[test]
    fn ten_thousand_films_are_there_within_half_a_second() {
        let temporary = tempfile::tempdir().unwrap();
        for number in 0..10_000 {
            fs::write(temporary.path().join(format!("film {number}.mkv")), "").unwrap();
        }
        let browser = Browser::with_cache(Arc::new(Nothing), None);
        let began = Instant::now();
        browser.go(Place::Folder(temporary.path().to_owned()), began);
        let shelf = wait(&browser, |shelf| shelf.state == State::Read);
        let took = began.elapsed();
        assert!(took < Duration::from_millis(500), "{took:?}");
        assert_eq!((shelf.listing.items.len(), shelf.listing.items[9_999].name.as_str()), (10_000, "film 9999.mkv"));
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_answer_is_said_to_and_keeps_nobody() {
        let temporary = tempfile::tempdir().unwrap();
        // A pipe in the guise of a film would keep its reader waiting for ever; here a place that is asked for long ago.
        let browser = Browser::with_cache(Arc::new(Nothing), None);
        let long_ago = Instant::now();
        {
            let mut desk = browser.shared.desk();
            desk.readers = MOST_READERS;
        }
        browser.go(Place::Folder(temporary.path().to_owned()), long_ago);
        assert_eq!(browser.look(long_ago).state, State::Silent, "no further thread waits");
        browser.shared.desk().readers = 0;
        browser.go(Place::Folder(temporary.path().to_owned()), long_ago);
        wait(&browser, |shelf| shelf.state == State::Read);
    }
}
