//! The lines of a track. All are kept; libass, which looks through its lines for each picture, is given those that are seen.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::borders::{bounded, bounded_head, widest};
use super::cue::{Body, Cue};
use super::drawing::{Drawing, milliseconds};
use super::drawn::Drawn;
use super::fonts::{Fonts, in_script};
use super::header::styled;
use crate::overlay::Area;
use crate::spans::Spans;
use crate::subtitle::{Settings, Style};
use crate::time::Time;

/// Lines that are kept, and how many bytes of them: a film of three hours has some thousands, one with drawn signs some hundred thousand.
const MOST_LINES: usize = 1_000_000;
const MOST_BYTES: usize = 128 << 20;
/// Lines that are seen at once: signs that are drawn in strips have some hundreds.
const MOST_AT_ONCE: usize = 2000;
/// Lines that libass may have before it forgets those that are over: it looks through them for each picture. It keeps lines where they stand while others
/// come and go, so that it forgets only between lines, but for a track whose lines follow each other without end.
const MOST_GIVEN: usize = 256;
const MOST_GIVEN_EVER: usize = 8192;
/// Cues whose beginnings and ends are told of a picture.
const MOST_CUES: usize = 64;
/// A line whose end is not known is seen for so long where no other follows.
pub(super) const UNKNOWN: Time = Time::from_nanoseconds(10_000_000_000);
/// libass counts milliseconds.
const MOMENT: Time = Time::from_nanoseconds(1_000_000);

/// A line with its time.
struct Line {
    start: Time,
    end: Time,
    text: Box<str>,
}

impl Line {
    /// As libass sees it.
    fn is_seen(&self, time: Time) -> bool {
        milliseconds(self.start) <= milliseconds(time) && milliseconds(time) < milliseconds(self.end)
    }
}

/// All of them, with what draws them. One thread owns it.
pub(super) struct Lines {
    head: Vec<u8>,
    /// The fonts in it.
    own: Fonts,
    /// Borders are no wider, in its pixels.
    widest: f64,
    /// It brings its own styles.
    styled: bool,
    all: Vec<Line>,
    /// When each is seen, but for one whose end is not known yet.
    spans: Spans,
    /// That one: the last.
    open: Option<u32>,
    bytes: usize,
    /// What there is already: a place that is gone to again gives it once more.
    known: HashSet<u64>,
    drawing: Option<Drawing>,
    /// Those that libass has, and the style it was made with.
    given: HashSet<u32>,
    style: Option<Style>,
    last: Option<Last>,
    full: bool,
    /// It was told that more are seen at once than are drawn.
    crowded: bool,
}

/// What was drawn last, and for whom.
struct Last {
    area: Area,
    settings: Settings,
    drawn: Arc<Drawn>,
}

impl Lines {
    /// None yet, of a script of the film `location` that begins with `head`; `styled` ones bring their styles.
    pub(super) fn new(head: &[u8], styled: bool, location: &str) -> Self {
        let (head, fonts) = in_script(head);
        let widest = widest(&head);
        Self {
            head: bounded_head(&head, widest),
            widest,
            own: Fonts::of(fonts, location),
            styled,
            all: Vec::new(),
            spans: Spans::default(),
            open: None,
            bytes: 0,
            known: HashSet::new(),
            drawing: None,
            given: HashSet::new(),
            style: None,
            last: None,
            full: false,
            crowded: false,
        }
    }

    /// Adds the line of a cue of the film `location`. Whether it is new.
    pub(super) fn add(&mut self, cue: Cue, location: &str) -> bool {
        let Body::Line(text) = cue.body else { return false };
        let mut hasher = DefaultHasher::new();
        (cue.start, cue.end, &text).hash(&mut hasher);
        if self.full || !self.known.insert(hasher.finish()) {
            return false;
        }
        if self.all.len() >= MOST_LINES || self.bytes + text.len() > MOST_BYTES {
            self.full = true;
            let count = self.all.len();
            tracing::warn!("{location}: only the first {count} lines of a subtitle track are shown: it has too many");
            return false;
        }
        self.bytes += text.len();
        if let Some(open) = self.open
            && let Some(line) = self.all.get_mut(open as usize)
        {
            // What had no end has one now.
            if line.start < cue.start {
                line.end = cue.start;
                self.forget();
            }
            self.close(open);
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let end = cue.end.unwrap_or(cue.start + UNKNOWN);
        self.all.push(Line { start: cue.start, end, text: text.into() });
        match cue.end {
            Some(_) => self.spans.add(number, cue.start, end + MOMENT + MOMENT),
            None => self.open = Some(number),
        }
        true
    }

    /// From now on the end of that line is known.
    fn close(&mut self, number: u32) {
        self.open = None;
        if let Some(line) = self.all.get(number as usize) {
            self.spans.add(number, line.start, line.end + MOMENT + MOMENT);
        }
    }

    /// libass has no lines any more.
    fn forget(&mut self) {
        self.given.clear();
        if let Some(drawing) = &mut self.drawing {
            drawing.clear();
        }
    }

    /// The numbers of those that are seen at `time`, in the order in which they came.
    fn seen(&mut self, time: Time, location: &str) -> Vec<u32> {
        let near = self.spans.near(time + MOMENT).chain(self.open);
        let is_seen = |number: &u32| self.all.get(*number as usize).is_some_and(|line| line.is_seen(time));
        let mut seen: Vec<u32> = near.filter(is_seen).collect();
        seen.sort_unstable();
        if seen.len() > MOST_AT_ONCE {
            if !std::mem::replace(&mut self.crowded, true) {
                let count = seen.len();
                tracing::warn!(
                    "{location}: only {MOST_AT_ONCE} of {count} subtitle lines that are seen at once are drawn"
                );
            }
            seen.truncate(MOST_AT_ONCE);
        }
        seen
    }

    /// When the first begins after `time`.
    pub(super) fn next(&self, time: Time) -> Option<Time> {
        let open = self.open.and_then(|number| self.all.get(number as usize)).map(|line| line.start);
        self.spans.next(time).into_iter().chain(open.filter(|start| *start > time)).min()
    }

    /// What is seen at `time`, over a film whose pictures have the size `film`.
    pub(super) fn draw(
        &mut self,
        time: Time,
        area: Area,
        (film, fonts): ([u32; 2], &Fonts),
        settings: &Settings,
        location: &str,
    ) -> Arc<Drawn> {
        let seen = self.seen(time, location);
        if seen.is_empty() {
            return Arc::default();
        }
        let style = (!self.styled).then_some(&settings.style);
        if self.drawing.is_none() || self.style.as_ref() != style {
            let head = style.map_or_else(|| self.head.clone(), |style| styled(&self.head, style));
            (self.drawing, self.style, self.last) = (Drawing::new(&[fonts, &self.own], &head), style.cloned(), None);
            self.given.clear();
        }
        let new = seen.iter().filter(|number| !self.given.contains(number)).count();
        let none_stays = new == seen.len() && self.given.len() > MOST_GIVEN;
        if none_stays || self.given.len() + new > MOST_GIVEN_EVER {
            self.forget();
        }
        let Some(drawing) = &mut self.drawing else { return Arc::default() };
        for number in &seen {
            if let Some(line) = self.all.get(*number as usize)
                && self.given.insert(*number)
            {
                drawing.add(*number, &bounded(&line.text, self.widest), line.start, line.end);
            }
        }
        let mut cues: Vec<_> = seen
            .iter()
            .filter_map(|number| self.all.get(*number as usize))
            .map(|line| (line.start, line.end))
            .collect();
        cues.sort_unstable();
        cues.dedup();
        cues.truncate(MOST_CUES);
        let last = self.last.take().filter(|last| last.area == area && last.settings == *settings);
        let bitmaps = drawing.draw(time, area, film, settings, last.is_none());
        let drawn = match (bitmaps, last) {
            (None, Some(last)) if last.drawn.cues == cues => last.drawn,
            (None, Some(last)) => Arc::new(Drawn { bitmaps: last.drawn.bitmaps.clone(), cues }),
            (bitmaps, _) => Arc::new(Drawn { bitmaps: bitmaps.unwrap_or_default(), cues }),
        };
        self.last = Some(Last { area, settings: settings.clone(), drawn: Arc::clone(&drawn) });
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"[Script Info]\nPlayResX: 640\nPlayResY: 360\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, Alignment\n\
        Style: Default,Ubuntu,20,&H00FFFFFF,2\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
    const AREA: Area = Area { size: [640, 360], aspect: 16.0 / 9.0 };

    fn cue(start: f64, end: Option<f64>, text: &str) -> Cue {
        let body = Body::Line(format!("0,Default,,0,0,0,,{text}"));
        Cue { start: Time::from_seconds(start), end: end.map(Time::from_seconds), body }
    }

    fn shown(lines: &mut Lines, seconds: f64) -> Arc<Drawn> {
        lines.draw(Time::from_seconds(seconds), AREA, (AREA.size, &Fonts::default()), &Settings::default(), "a film")
    }

    #[test]
    fn libass_has_few_lines_and_draws_as_if_it_had_all() {
        // Three by three they overlap, so that later ones stand above earlier ones and stay there when those are over; then comes a pause.
        let begins = |index: u32| f64::from(index / 3) * 0.8 + f64::from(index % 3) * 0.2;
        let cues: Vec<_> = (0..900).map(|index| cue(begins(index), Some(begins(index) + 0.33), "Line")).collect();
        let mut lines = Lines::new(HEAD, true, "a film");
        let mut all = Drawing::new(&[], HEAD).unwrap();
        for (number, cue) in (0..).zip(&cues) {
            let (Body::Line(text), Some(end)) = (&cue.body, cue.end) else { panic!() };
            all.add(number, text, cue.start, end);
            assert!(lines.add(cue.clone(), "a film"));
            assert!(!lines.add(cue.clone(), "a film"), "it is there already");
        }
        let (mut most, mut heights) = (0, HashSet::new());
        for frame in 0..2400 {
            let time = Time::from_seconds(f64::from(frame) * 0.1);
            let found = shown(&mut lines, time.seconds());
            let expected = all.draw(time, AREA, AREA.size, &Settings::default(), true).unwrap();
            assert!(found.bitmaps == expected, "frame {frame}");
            assert_eq!(found.cues.is_empty(), expected.is_empty());
            heights.extend(found.bitmaps.iter().map(|bitmap| bitmap.at[1]));
            most = most.max(lines.given.len());
        }
        assert!(heights.len() > 1 && most <= MOST_GIVEN + 3, "{heights:?} {most}");
    }

    #[test]
    fn the_same_is_drawn_once() {
        let mut lines = Lines::new(HEAD, true, "a film");
        lines.add(cue(1.0, Some(3.0), "Stands"), "a film");
        lines.add(cue(4.0, Some(6.0), "{\\move(0,0,600,300)}Moves"), "a film");
        let same = |lines: &mut Lines, a, b| Arc::ptr_eq(&shown(lines, a), &shown(lines, b));
        assert!(same(&mut lines, 1.1, 2.9) && !same(&mut lines, 4.1, 5.1));
        let first = shown(&mut lines, 1.1);
        let larger = Settings { scale: 2.0, ..Settings::default() };
        let second = lines.draw(Time::from_seconds(1.1), AREA, (AREA.size, &Fonts::default()), &larger, "a film");
        assert!(second.bitmaps != first.bitmaps && shown(&mut lines, 1.1).bitmaps == first.bitmaps);
        assert!(shown(&mut lines, 3.5).bitmaps.is_empty());
    }

    #[test]
    fn what_has_no_end_is_seen_up_to_the_next() {
        let mut lines = Lines::new(HEAD, true, "a film");
        lines.add(cue(1.0, None, "Open"), "a film");
        let seen = |lines: &mut Lines, at: f64| shown(lines, at).bitmaps.len();
        assert_eq!([0.9, 5.0, 10.9, 11.1].map(|at| seen(&mut lines, at)), [0, 1, 1, 0]);
        lines.add(cue(60.0, None, "Next"), "a film");
        assert_eq!([30.0, 59.9, 69.9, 71.0].map(|at| seen(&mut lines, at)), [1, 1, 1, 0]);
        let next = |lines: &Lines, at: f64| lines.next(Time::from_seconds(at)).map(Time::seconds);
        assert_eq!([0.0, 1.0, 60.0].map(|at| next(&lines, at)), [Some(1.0), Some(60.0), None]);
        lines.add(cue(62.0, Some(62.0), "Never"), "a film");
        lines.add(cue(64.0, Some(63.0), "Backwards"), "a film");
        assert_eq!([61.9, 62.0, 63.5].map(|at| seen(&mut lines, at)), [1, 0, 0]);
    }

    #[test]
    fn more_than_can_be_drawn_at_once_are_left_out() {
        let mut lines = Lines::new(HEAD, true, "a film");
        (0..9000).for_each(|index| assert!(lines.add(cue(1.0, Some(9.0), &format!("{index}")), "a film")));
        assert_eq!(lines.seen(Time::from_seconds(2.0), "a film").len(), MOST_AT_ONCE);
        assert!(lines.crowded);
    }
}
