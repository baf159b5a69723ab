//! What is painted and not yet seen: some displays tell of a picture only when others were painted after it.

use std::collections::VecDeque;

/// A display has fewer of them on their way.
const MOST: usize = 8;

/// What was painted once.
struct Painting<T> {
    /// It is the first after the viewer's last action.
    answers: bool,
    /// What it showed for the first time, if anything.
    news: Option<T>,
}

/// What is painted and not yet seen, the oldest first.
pub(super) struct Coming<T> {
    paintings: VecDeque<Painting<T>>,
    /// The viewer has acted, and nothing was painted since.
    acted: bool,
}

impl<T> Default for Coming<T> {
    fn default() -> Self {
        Self { paintings: VecDeque::new(), acted: false }
    }
}

/// What has come to be seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrived<T> {
    /// Whether it answers the viewer's last action.
    pub(super) answers: bool,
    /// What is seen for the first time, if anything.
    pub(super) news: Option<T>,
}

impl<T> Coming<T> {
    /// The viewer does something.
    pub(super) fn act(&mut self) {
        self.acted = true;
    }

    /// Something was painted, with `news` that were not painted before.
    pub(super) fn painted(&mut self, news: Option<T>) {
        if self.paintings.len() == MOST {
            self.paintings.pop_front();
        }
        self.paintings.push_back(Painting { answers: std::mem::take(&mut self.acted), news });
    }

    /// What was painted last, or `before` paintings before it, is seen. Of what was painted earlier and not seen only the newest counts as seen.
    pub(super) fn shown(&mut self, before: usize) -> Arrived<T> {
        let mut arrived = Arrived { answers: false, news: None };
        for painting in self.paintings.drain(..self.paintings.len().saturating_sub(before)) {
            arrived.answers |= painting.answers;
            arrived.news = painting.news.or(arrived.news);
        }
        arrived
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrived, Coming, MOST};

    #[test]
    fn each_painting_is_told_of_when_it_is_seen_though_others_were_painted_since() {
        let mut coming = Coming::default();
        coming.painted(Some(1));
        coming.act();
        coming.painted(Some(2));
        coming.painted(None);
        assert_eq!(coming.shown(2), Arrived { answers: false, news: Some(1) });
        assert_eq!(coming.shown(2), Arrived { answers: false, news: None }, "once");
        assert_eq!(coming.shown(1), Arrived { answers: true, news: Some(2) });
        assert_eq!(coming.shown(0), Arrived { answers: false, news: None });
    }

    #[test]
    fn what_was_refused_is_seen_with_its_next_painting_unless_there_is_something_newer() {
        let mut coming = Coming::default();
        coming.act();
        coming.painted(Some(1));
        coming.painted(None);
        assert_eq!(coming.shown(0), Arrived { answers: true, news: Some(1) });
        coming.painted(Some(2));
        coming.painted(Some(3));
        assert_eq!(coming.shown(0), Arrived { answers: false, news: Some(3) });
    }

    #[test]
    fn a_display_that_tells_nothing_costs_no_memory() {
        let mut coming = Coming::default();
        (0..100).for_each(|news| coming.painted(Some(news)));
        assert_eq!(coming.paintings.len(), MOST);
        assert_eq!(coming.shown(MOST - 1).news, Some(100 - MOST as i32));
        assert_eq!(coming.shown(1000).news, None);
    }
}
