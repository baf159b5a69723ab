//! How text that is there from frame to frame keeps or changes its depth: one rule, with numbers of its own for what is laid over the picture and for what
//! is found in it.

/// What has become of text since the frame before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// It stands in the same shot, so many seconds later.
    Stands(f32),
    /// A shot has begun behind it.
    Cut,
    /// Other text has taken its place.
    Replaced,
}

/// The rule's numbers, all in % of the width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Text is put so much nearer than it has to be: not all is known when it comes.
    pub margin: f32,
    /// How fast it comes forward where something nearer comes, a second. It never goes back within a shot.
    pub speed: f32,
    /// How far it moves at a cut, at most.
    pub at_a_cut: f32,
    /// What takes the place of other text stays where that was, if it need not move farther than this.
    pub alike: f32,
}

impl Rule {
    /// Subtitles: drawn over the picture, seen for seconds, free where a shot begins.
    pub const SUBTITLES: Self = Self { margin: 0.08, speed: super::SPEED, at_a_cut: f32::INFINITY, alike: 0.0 };
    /// Writing that is found in the picture, which may stand for minutes: it does not move within a shot, and little otherwise.
    pub const WRITING: Self = Self { margin: 0.0, speed: 0.0, at_a_cut: 0.25, alike: 0.15 };

    /// The parallax of text that has just come, where `wanted` is right in front of what it covers.
    pub fn first(&self, wanted: f32) -> f32 {
        wanted - self.margin
    }

    /// The parallax of text that had `kept`; none is wanted where nothing is known of what it covers.
    pub fn next(&self, kept: f32, wanted: Option<f32>, change: Change) -> f32 {
        let Some(wanted) = wanted else { return kept };
        let away = self.first(wanted) - kept;
        match change {
            Change::Stands(seconds) if wanted < kept => (kept - self.speed * seconds).max(wanted),
            Change::Stands(_) => kept,
            Change::Cut if away.abs() > self.at_a_cut => kept + self.at_a_cut.copysign(away),
            Change::Replaced if away.abs() <= self.alike => kept,
            Change::Cut | Change::Replaced => self.first(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_over_the_picture_and_what_is_found_in_it_move_differently() {
        let next = |rule: Rule, wanted, change| rule.next(0.5, Some(wanted), change);
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        let (subtitles, writing) = (Rule::SUBTITLES, Rule::WRITING);
        // Within a shot.
        close(next(subtitles, 0.2, Change::Stands(0.5)), 0.35);
        close(next(subtitles, 0.45, Change::Stands(0.5)), 0.45);
        close(next(subtitles, 0.9, Change::Stands(0.5)), 0.5);
        close(next(writing, 0.2, Change::Stands(0.5)), 0.5);
        // At a cut.
        close(next(subtitles, 1.5, Change::Cut), 1.42);
        close(next(writing, 1.5, Change::Cut), 0.75);
        close(next(writing, -1.5, Change::Cut), 0.25);
        close(next(writing, 0.6, Change::Cut), 0.6);
        // Other text.
        close(next(subtitles, 0.6, Change::Replaced), 0.52);
        close(next(writing, 0.6, Change::Replaced), 0.5);
        close(next(writing, 0.7, Change::Replaced), 0.7);
        close(writing.next(0.5, None, Change::Cut), 0.5);
        close(subtitles.first(0.3), 0.22);
    }
}
