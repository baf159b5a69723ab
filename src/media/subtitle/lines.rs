//! The lines of a track. All are kept; libass, which looks through its lines for each picture, is given those that are seen.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::borders::{bounded, bounded_head, widest};
use super::cue::{Body, Cue};
use super::drawing::{Drawing, milliseconds};
use super::drawn::Drawn;
use super::fonts::{Fonts, in_script};
use super::header::{overrides, size, styled};
use super::timing::{AROUND, fixed};
use crate::overlay::Area;
use crate::spans::Spans;
use crate::subtitle::{Override, Settings, Style};
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
    look: Look,
    last: Option<Last>,
    full: bool,
    /// It was told that more are seen at once than are drawn.
    crowded: bool,
}

/// What libass was made for.
#[derive(Default, PartialEq)]
struct Look {
    /// That of lines that bring none, or are stripped of it.
    style: Option<Style>,
    overrides: Vec<String>,
    stripped: bool,
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
            look: Look::default(),
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

    /// Beginnings and ends of all.
    pub(super) fn all(&self) -> impl Iterator<Item = (Time, Time)> {
        self.all.iter().map(|line| (line.start, line.end))
    }

    /// `time`, or where a small gap or overlap is there the time beside it.
    fn without_gap(&self, time: Time) -> Time {
        let near = [time - AROUND, time, time + AROUND].into_iter().flat_map(|time| self.spans.near(time));
        let numbers: BTreeSet<u32> = near.chain(self.open).collect();
        let lines = numbers.into_iter().filter_map(|number| self.all.get(number as usize));
        let near = |line: &&Line| line.start - AROUND <= time && time <= line.end + AROUND;
        // A look of its own, for what stands elsewhere: the style and, where a line has more, all of it.
        let look = |text: &str| if text.contains("{\\") { None } else { text.split(',').nth(1).map(str::to_owned) };
        let lines: Vec<_> = lines.filter(near).take(3).map(|line| (line.start, line.end, look(&line.text))).collect();
        let timed: Option<Vec<_>> =
            lines.iter().map(|(start, end, look)| Some((*start, *end, look.as_deref()?))).collect();
        timed.map_or(time, |timed| fixed(time, &timed))
    }

    /// Those of `settings` that are for these lines.
    fn own_settings(&self, settings: &Settings) -> Settings {
        match settings.scripts {
            Override::No if self.styled => {
                Settings { scale: 1.0, position: 100.0, line_spacing: 0.0, forced: Vec::new(), ..settings.clone() }
            }
            _ => settings.clone(),
        }
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
        let fix = settings.fix_timing && settings.scripts != Override::No;
        let time = if fix { self.without_gap(time) } else { time };
        let seen = self.seen(time, location);
        if seen.is_empty() {
            return Arc::default();
        }
        let settings = &self.own_settings(settings);
        let stripped = settings.scripts == Override::Strip;
        let style = (!self.styled || stripped).then(|| settings.style.clone());
        let overrides = style.as_ref().map_or_else(|| settings.forced.clone(), overrides);
        let look = Look { style, overrides, stripped };
        if self.drawing.is_none() || self.look != look {
            let head = look.style.as_ref().map_or_else(|| self.head.clone(), |style| styled(&self.head, style));
            (self.drawing, self.last) = (Drawing::new(&[fonts, &self.own], &head, &look.overrides), None);
            (self.look, self.given) = (look, HashSet::new());
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
                let text = bounded(&line.text, self.widest);
                let text = if stripped { without_tags(&text) } else { text };
                drawing.add(*number, &text, line.start, line.end);
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
        if self.styled && !stripped {
            let forced = (settings.scripts == Override::Force).then_some(&settings.style);
            let dialogue_only = matches!(settings.scripts, Override::Force | Override::Scale);
            drawing.force(forced, dialogue_only, size(&self.head)[1]);
        }
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

/// A line without what a script says of its look; nothing is left of drawings.
fn without_tags(line: &str) -> Cow<'_, str> {
    if !line.contains('{') {
        return Cow::Borrowed(line);
    }
    let (mut plain, mut inside, mut drawn) = (String::with_capacity(line.len()), false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '{' => {
                inside = true;
                let tags = line.get(at..).and_then(|rest| rest.split('}').next()).unwrap_or_default();
                let scale = |tag: &str| tag.strip_prefix('p').and_then(|scale| scale.trim().parse::<u32>().ok());
                drawn = tags.split('\\').filter_map(scale).next_back().map_or(drawn, |scale| scale > 0);
            }
            '}' => inside = false,
            letter if !inside && !drawn => plain.push(letter),
            _ => {}
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::Bitmap;

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
        let mut all = Drawing::new(&[], HEAD, &[]).unwrap();
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

    #[test]
    fn scripts_look_as_the_viewer_wants() {
        let mut lines = Lines::new(HEAD, true, "a film");
        lines.add(cue(1.0, Some(3.0), "{\\1c&H0000FF&}Text{\\p1}m 0 0 l 99 0 99 99{\\p0} of a script"), "a film");
        // What is drawn, or stands at a place of its own, is no dialogue.
        lines.add(cue(5.0, Some(7.0), "{\\1c&H0000FF&}Text of a script"), "a film");
        let mut at = |seconds: f64, settings: &Settings| {
            let drawn =
                lines.draw(Time::from_seconds(seconds), AREA, (AREA.size, &Fonts::default()), settings, "a film");
            drawn.bitmaps.clone()
        };
        let dialogue = at(6.0, &Settings::default());
        let mut of = |settings: &Settings| at(2.0, settings);
        let own = of(&Settings::default());
        let large = Settings { scale: 2.0, position: 50.0, ..Settings::default() };
        let height = |bitmaps: &[Bitmap]| bitmaps[0].size[1];
        assert!(of(&large)[0].at[1] < own[0].at[1] && height(&of(&large)) > height(&own));
        assert!(of(&Settings { scripts: Override::No, ..large.clone() }) == own);
        let style = Style { size: 90.0, colour: [0, 255, 0, 255], ..Style::default() };
        let forced = Settings { scripts: Override::Force, style, ..Settings::default() };
        assert!(of(&forced) == own && of(&Settings::default()) == own);
        let bold = Settings { forced: vec!["Fontsize=40".to_owned()], ..Settings::default() };
        assert!(height(&of(&bold)) > height(&own));
        let plain = of(&Settings { scripts: Override::Strip, ..forced.clone() });
        let red = |bitmaps: &[Bitmap]| {
            bitmaps[0].texels.chunks(4).filter(|texel| texel[0].saturating_sub(texel[1]) > 99).count()
        };
        assert!(red(&own) > 50 && red(&plain) == 0, "{} {}", red(&own), red(&plain));
        assert!(height(&at(6.0, &forced)) > height(&dialogue) && at(6.0, &Settings::default()) == dialogue);
        assert_eq!(without_tags("0,A,,{\\b1}x{\\p1}m 0 0{\\p0}y{\\pos(1,2)}z"), "0,A,,xyz");
    }
}
