//! Film time from what the stream says: zero at its beginning, always growing, made up where the stream says nothing.

use crate::time::Time;

/// A longer jump ahead is a break in the stream's clock, in containers whose clock may break.
const LONGEST_GAP: Time = Time::from_nanoseconds(10_000_000_000);
/// A shorter step back is untidiness, a longer one a break in the stream's clock.
const LONGEST_STEP_BACK: Time = Time::from_nanoseconds(250_000_000);
/// Between two pictures that claim the same time.
const LEAST_STEP: Time = Time::from_nanoseconds(1_000);

/// What a timeline is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The stream's own time of the film's beginning; none where only the first picture tells it.
    pub(super) start: Option<Time>,
    /// Pictures in a second as a fraction.
    pub(super) rate: (i32, i32),
    /// The stream has no times (raw H.264): pictures are counted. Found out with the first picture where the container does not tell.
    pub(super) counted: bool,
    /// The container's clock may break (MPEG-TS).
    pub(super) may_break: bool,
}

/// Gives each picture, in the order in which they are shown, its film time.
#[derive(Debug)]
pub(super) struct Timeline {
    clock: Clock,
    /// Fields since the beginning, where pictures are counted.
    fields: i64,
    last: Option<(Time, Time)>,
    shift: Time,
}

impl Timeline {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, fields: 0, last: None, shift: Time::ZERO }
    }

    /// How long a picture is seen where nothing says it.
    pub(super) fn nominal(&self) -> Time {
        let (numerator, denominator) = self.clock.rate;
        Time::from_ticks(1, denominator, numerator)
    }

    /// The film time of the next picture. `raw` is the stream's own time of it; `repeated` the fields it is held beyond two;
    /// `length` how long it claims to be seen.
    pub(super) fn place(&mut self, raw: Option<Time>, repeated: i32, length: Option<Time>) -> Time {
        let repeated = repeated.clamp(0, 4);
        let timeless = raw.is_none() && self.clock.start.is_none() && self.last.is_none();
        self.clock.counted |= timeless;
        if self.clock.counted {
            let (numerator, denominator) = self.clock.rate;
            let time = Time::from_ticks(self.fields, denominator, numerator.saturating_mul(2));
            self.fields += 2 + i64::from(repeated);
            return time;
        }
        let length = length.filter(|length| *length > Time::ZERO).unwrap_or_else(|| self.nominal());
        let expected = self.last.map(|(time, length)| time + length);
        let time = match raw {
            None => expected.unwrap_or(Time::ZERO),
            Some(raw) => {
                let start = *self.clock.start.get_or_insert(raw);
                self.follow(raw - start)
            }
        };
        self.last = Some((time, length));
        time
    }

    fn follow(&mut self, time: Time) -> Time {
        let Some((last, length)) = self.last else { return time + self.shift };
        let step = time + self.shift - last;
        let broken = step < Time::ZERO - LONGEST_STEP_BACK || (self.clock.may_break && step > LONGEST_GAP);
        if broken {
            tracing::debug!("the stream's clock jumps by {step}; film time goes on");
            self.shift = last + length - time;
        }
        (time + self.shift).max(last + LEAST_STEP)
    }

    /// Whether pictures are counted.
    pub(super) fn is_counted(&self) -> bool {
        self.clock.counted
    }

    /// After a seek: what came before tells nothing any more. Counted pictures begin at zero again.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.clock);
    }

    /// The stream's own time for a film time.
    pub(super) fn raw(&self, time: Time) -> Time {
        time + self.clock.start.unwrap_or(Time::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: i64) -> Time {
        Time::from_nanoseconds(milliseconds * 1_000_000)
    }

    fn timeline(counted: bool, may_break: bool) -> Timeline {
        Timeline::new(Clock { start: Some(ms(1400)), rate: (25, 1), counted, may_break })
    }

    #[test]
    fn times_begin_at_zero_and_gaps_are_kept() {
        let mut timeline = timeline(false, false);
        let given: Vec<_> = [1400, 1440, 1500, 31_500].map(|raw| timeline.place(Some(ms(raw)), 0, None)).to_vec();
        assert_eq!(given, [ms(0), ms(40), ms(100), ms(30_100)]);
        assert_eq!(timeline.place(None, 0, None), ms(30_140));
    }

    #[test]
    fn a_broken_clock_is_mended() {
        let mut timeline = timeline(false, true);
        let raws = [1400, 1440, 1480, 20_000, 20_040, 0, 40, 30];
        let given: Vec<_> = raws.map(|raw| timeline.place(Some(ms(raw)), 0, None)).to_vec();
        let expected = [ms(0), ms(40), ms(80), ms(120), ms(160), ms(200), ms(240), ms(240) + LEAST_STEP];
        assert_eq!(given, expected);
    }

    #[test]
    fn counted_pictures_take_their_time_from_the_rate() {
        let mut timeline = Timeline::new(Clock { start: None, rate: (24_000, 1001), counted: false, may_break: false });
        let given: Vec<_> = [0, 1, 0].map(|repeated| timeline.place(None, repeated, None)).to_vec();
        let field = |n| Time::from_ticks(n, 1001, 48_000);
        assert_eq!(given, [field(0), field(2), field(5)]);
        timeline.reset();
        assert_eq!(timeline.place(Some(ms(7)), 0, None), ms(0));
    }
}
