//! The list itself: entries in an order, one of which plays.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::change::Place;
use super::entry::Entry;

/// No list is longer.
const MOST: usize = 200_000;

/// Entries in an order, one of which plays. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    entries: Arc<Vec<Arc<Entry>>>,
    current: Option<usize>,
    /// Numbers given away.
    ids: u64,
    /// How many there were ever, without those that became others.
    ever: usize,
    /// The order before it was shuffled, by number.
    unshuffled: Option<Arc<[u64]>>,
}

impl List {
    /// All of them.
    pub fn entries(&self) -> &Arc<Vec<Arc<Entry>>> {
        &self.entries
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there were ever, whatever has become of them; lists and folders count as what was in them.
    pub fn ever(&self) -> usize {
        self.ever
    }

    /// The place of the one that plays, or is to.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// The one that plays, or is to.
    pub fn entry(&self) -> Option<&Arc<Entry>> {
        self.entries.get(self.current?)
    }

    /// Whether its order is one by chance.
    pub fn is_shuffled(&self) -> bool {
        self.unshuffled.is_some()
    }

    /// This one is to play, or none.
    pub fn set_current(&mut self, index: Option<usize>) {
        self.current = index.filter(|index| *index < self.entries.len());
    }

    /// The place that is `by` on from the one that plays; from none the first, or the last.
    pub fn neighbour(&self, by: i32) -> Option<usize> {
        let wanted = match self.current {
            Some(current) => current.checked_add_signed(by as isize),
            None if by < 0 => self.entries.len().checked_sub(1),
            None => Some(0),
        };
        wanted.filter(|index| *index < self.entries.len())
    }

    /// Adds entries, and gives where the first of them is; the one that plays stays that. Beyond the most that a list has they are left out.
    pub fn add(&mut self, added: Vec<Entry>, place: Place) -> usize {
        if place == Place::Instead {
            self.entries = Arc::default();
            (self.current, self.unshuffled) = (None, None);
        }
        let all = self.entries.len();
        let at = match place {
            Place::Instead | Place::End => all,
            Place::Next => self.current.map_or(all, |current| current + 1),
            Place::At(at) => at.min(all),
        };
        self.insert(at, added);
        at
    }

    fn insert(&mut self, at: usize, added: Vec<Entry>) {
        let count = added.len().min(MOST.saturating_sub(self.entries.len()));
        let first = self.ids + 1;
        self.ids += count as u64;
        self.ever += count;
        if let Some(order) = &mut self.unshuffled {
            *order = order.iter().copied().chain(first..first + count as u64).collect();
        }
        let numbered = added.into_iter().take(count).zip(first..).map(|(entry, id)| Arc::new(Entry { id, ..entry }));
        let entries = Arc::make_mut(&mut self.entries);
        entries.splice(at..at, numbered);
        if let Some(current) = self.current.as_mut().filter(|current| **current >= at) {
            *current += count;
        }
    }

    /// The one that is to play is a list, or a folder, of these: they take its place. The first of them is to play then, or the one at `start`.
    pub fn unfold(&mut self, inside: Vec<Entry>, start: usize) {
        let Some(at) = self.current.filter(|_| !inside.is_empty()) else { return };
        let known = self.entries.get(at).map(|entry| entry.id);
        // Behind it first, so that there is always one.
        self.insert(at + 1, inside);
        Arc::make_mut(&mut self.entries).remove(at);
        self.ever -= 1;
        if let (Some(order), Some(known)) = (&mut self.unshuffled, known) {
            *order = order.iter().copied().filter(|id| *id != known).collect();
        }
        self.set_current(Some(at + start));
        if self.current.is_none() {
            self.set_current(Some(at));
        }
    }

    /// Takes the one at that place out; true where it was the one that plays, whose place the next one has then.
    pub fn remove(&mut self, index: usize) -> bool {
        if index >= self.entries.len() {
            return false;
        }
        let gone = Arc::make_mut(&mut self.entries).remove(index);
        if let Some(order) = &mut self.unshuffled {
            *order = order.iter().copied().filter(|id| *id != gone.id).collect();
        }
        let Some(current) = self.current else { return false };
        match current.cmp(&index) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => {
                self.set_current(Some(index));
                true
            }
            std::cmp::Ordering::Greater => {
                self.current = Some(current - 1);
                false
            }
        }
    }

    /// All go but the one that plays.
    pub fn clear(&mut self) {
        self.entries = Arc::new(self.entry().cloned().into_iter().collect());
        self.current = self.current.map(|_| 0);
        self.unshuffled = None;
    }

    /// All go.
    pub fn empty(&mut self) {
        self.entries = Arc::default();
        (self.current, self.unshuffled) = (None, None);
    }

    /// The one at `from` takes the place of the one at `to`, which moves on.
    pub fn move_to(&mut self, from: usize, to: usize) {
        if from >= self.entries.len() || from == to {
            return;
        }
        let playing = self.entry().map(|entry| entry.id);
        let entries = Arc::make_mut(&mut self.entries);
        let moved = entries.remove(from);
        let at = if from < to { to - 1 } else { to };
        entries.insert(at.min(entries.len()), moved);
        self.find(playing);
    }

    /// Into an order by chance; the one that plays comes first, so that all others follow it.
    pub fn shuffle(&mut self) {
        let seed = RandomState::new().hash_one(self.ids);
        let mut state = seed | 1;
        self.shuffle_by(|below| {
            // Xorshift: nobody's secret is in this order.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below.max(1) as u64) as usize
        });
    }

    fn shuffle_by(&mut self, mut chance: impl FnMut(usize) -> usize) {
        if self.unshuffled.is_none() {
            self.unshuffled = Some(self.entries.iter().map(|entry| entry.id).collect());
        }
        let playing = self.entry().map(|entry| entry.id);
        let entries = Arc::make_mut(&mut self.entries);
        for last in (1..entries.len()).rev() {
            entries.swap(last, chance(last + 1));
        }
        if let Some(at) = playing.and_then(|id| entries.iter().position(|entry| entry.id == id)) {
            entries.swap(0, at);
        }
        self.find(playing);
    }

    /// Back into the order before that.
    pub fn unshuffle(&mut self) {
        let Some(order) = self.unshuffled.take() else { return };
        let places: HashMap<u64, usize> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let playing = self.entry().map(|entry| entry.id);
        Arc::make_mut(&mut self.entries).sort_by_key(|entry| places.get(&entry.id).copied().unwrap_or(usize::MAX));
        self.find(playing);
    }

    /// The one of that number plays, wherever it is now.
    fn find(&mut self, playing: Option<u64>) {
        self.current = playing.and_then(|id| self.entries.iter().position(|entry| entry.id == id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(names: &str) -> Vec<Entry> {
        names.chars().map(|name| Entry::new(name.to_string().as_str())).collect()
    }

    fn list(names: &str, current: usize) -> List {
        let mut list = List::default();
        list.add(entries(names), Place::End);
        list.set_current(Some(current));
        list
    }

    /// The names in order, and that of the one that plays.
    fn seen(list: &List) -> (String, String) {
        let name = |entry: &Arc<Entry>| entry.location.to_string();
        (list.entries().iter().map(name).collect(), list.entry().map(name).unwrap_or_default())
    }

    fn is(list: &List, names: &str, plays: &str) {
        assert_eq!(seen(list), (names.to_owned(), plays.to_owned()));
    }

    #[test]
    fn what_plays_stays_that_whatever_is_added() {
        let mut abc = list("abc", 1);
        assert_eq!(abc.add(entries("d"), Place::End), 3);
        assert_eq!(abc.add(entries("ef"), Place::Next), 2);
        assert_eq!(abc.add(entries("g"), Place::At(0)), 0);
        is(&abc, "gabefcd", "b");
        assert_eq!(abc.add(entries("h"), Place::At(99)), 7);
        assert_eq!(abc.add(entries("xy"), Place::Instead), 0);
        is(&abc, "xy", "");
        let ids: Vec<_> = abc.entries().iter().map(|entry| entry.id).collect();
        assert_eq!((ids, abc.ever()), (vec![9, 10], 10), "no number is given twice");
    }

    #[test]
    fn entries_go_and_move_as_in_mpv() {
        let mut abcd = list("abcd", 1);
        assert!(!abcd.remove(3) && !abcd.remove(0) && !abcd.remove(7));
        is(&abcd, "bc", "b");
        assert!(abcd.remove(0), "it was the one that plays");
        is(&abcd, "c", "c");
        assert!(abcd.remove(0));
        is(&abcd, "", "");
        // What is moved takes the other's place, which moves on: behind it where it came from before it.
        for (from, to, wanted) in [(0, 2, "bacd"), (3, 0, "dabc"), (0, 4, "bcda"), (1, 1, "abcd"), (9, 0, "abcd")] {
            let mut abcd = list("abcd", 1);
            abcd.move_to(from, to);
            is(&abcd, wanted, "b");
        }
        let mut abcd = list("abcd", 2);
        abcd.clear();
        is(&abcd, "c", "c");
        abcd.empty();
        is(&abcd, "", "");
    }

    #[test]
    fn an_order_by_chance_begins_with_what_plays_and_can_be_undone() {
        let mut letters = list("abcdefghij", 4);
        let mut turn = 0;
        letters.shuffle_by(|below| {
            turn += 7;
            turn % below
        });
        let (shuffled, plays) = seen(&letters);
        assert!(shuffled.starts_with('e') && plays == "e" && letters.is_shuffled(), "{shuffled}");
        let mut sorted: Vec<_> = shuffled.chars().collect();
        sorted.sort_unstable();
        assert_eq!(sorted.iter().collect::<String>(), "abcdefghij");
        letters.add(entries("k"), Place::Next);
        let b = seen(&letters).0.find('b').unwrap();
        letters.remove(b);
        letters.unshuffle();
        is(&letters, "acdefghijk", "e");
        let orders: std::collections::HashSet<_> = (0..20)
            .map(|_| {
                let mut letters = list("abcdefghij", 0);
                letters.shuffle();
                seen(&letters).0
            })
            .collect();
        assert!(orders.len() > 10, "{orders:?}");
    }

    #[test]
    fn a_list_in_a_list_becomes_what_is_in_it() {
        let mut abc = list("abc", 1);
        abc.unfold(entries("xyz"), 0);
        is(&abc, "axyzc", "x");
        assert_eq!(abc.ever(), 5);
        abc.unfold(entries("pq"), 1);
        is(&abc, "apqyzc", "q");
        abc.unfold(entries("m"), 5);
        is(&abc, "apmyzc", "m");
        abc.unfold(Vec::new(), 0);
        is(&abc, "apmyzc", "m");
        assert_eq!((abc.neighbour(1), abc.neighbour(-1), abc.neighbour(9)), (Some(3), Some(1), None));
        let none = List::default();
        assert_eq!((none.neighbour(1), none.neighbour(-1)), (None, None));
    }
}
