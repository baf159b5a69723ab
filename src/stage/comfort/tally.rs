//! What the comfort meter has found over a film: how long anything was outside of the limits, what parallax there was, and how far what is
//! looked at jumped over cuts.

use serde::Serialize;

use super::meter::{CLASSES, Reading, parallax_of, percentile};
use super::{Limits, Settings, Viewing};

/// A film's readings, summed up.
#[derive(Debug, Clone)]
pub struct Tally {
    viewing: Viewing,
    classes: Vec<u64>,
    frames: u64,
    seconds: f64,
    outside: f64,
    most_outside: f64,
    last: Option<f32>,
    cuts: Vec<Cut>,
    strengths: (f64, f64),
}

/// One frame's part in it.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// When in the film, in seconds.
    pub at: f64,
    /// How long it is seen.
    pub seconds: f64,
    /// Parallax of what is looked at, and that which the shot was to span, in % of the width.
    pub attended: f32,
    /// See there.
    pub strength: f32,
    /// A new shot begins with it.
    pub cut: bool,
}

/// The result, in % of the picture's width, degrees and seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Comforts {
    /// Pictures measured.
    pub frames: u64,
    /// Their time.
    pub seconds: f64,
    /// How long anything was outside of the limits.
    pub seconds_outside: f64,
    /// The largest part of a picture that was.
    pub most_outside: f64,
    /// Least and greatest parallax allowed, in %.
    pub limits: [f32; 2],
    /// The same in degrees.
    pub limits_degrees: [f32; 2],
    /// 2nd, 50th and 98th percentile of all parallax, in %.
    pub parallax: [f32; 3],
    /// The same in degrees.
    pub parallax_degrees: [f32; 3],
    /// Strength that the shots were given, in %, in the mean.
    pub strength: f32,
    /// The cuts: where in the film, in seconds, and how far what is looked at jumped there, in %.
    pub cuts: Vec<Cut>,
    /// The farthest that what is looked at jumped over one, in %.
    pub largest_jump: f32,
    /// Histogram: where each class of parallax begins (%) and which part of all pixels it holds; classes without any are left out.
    pub histogram: Vec<[f32; 2]>,
}

/// A cut.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cut {
    /// Where in the film, in seconds.
    pub seconds: f64,
    /// How far what is looked at jumped, in %.
    pub jump: f32,
}

impl Tally {
    /// Of nothing yet, for a picture that is seen as `settings` say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            viewing: settings.viewing,
            classes: vec![0; CLASSES],
            frames: 0,
            seconds: 0.0,
            outside: 0.0,
            most_outside: 0.0,
            last: None,
            cuts: Vec::new(),
            strengths: (0.0, 0.0),
        }
    }

    /// The next picture.
    pub fn add(&mut self, reading: &Reading, seen: Seen) {
        let Seen { at, seconds, attended, strength, cut } = seen;
        self.classes.iter_mut().zip(&reading.classes).for_each(|(sum, count)| *sum += u64::from(*count));
        self.frames += 1;
        self.seconds += seconds;
        if reading.is_outside() {
            self.outside += seconds;
            let part = f64::from(reading.front + reading.behind + reading.sides) / f64::from(reading.pixels.max(1));
            self.most_outside = self.most_outside.max(part);
        }
        if let Some(last) = self.last.filter(|_| cut) {
            self.cuts.push(Cut { seconds: at, jump: (attended - last).abs() });
        }
        self.last = Some(attended);
        self.strengths.0 += f64::from(strength) * seconds;
        self.strengths.1 += seconds;
    }

    /// How long, of how many seconds, anything was outside.
    pub fn outside(&self) -> [f64; 2] {
        [self.outside, self.seconds]
    }

    /// What there was. `None` where nothing was measured.
    pub fn result(&self) -> Option<Comforts> {
        let all = self.classes.iter().sum::<u64>();
        if self.frames == 0 || all == 0 {
            return None;
        }
        let Limits { front, behind } = Limits::of(self.viewing);
        let parallax = [0.02, 0.5, 0.98].map(|share| percentile(&self.classes, share));
        let degrees = |p: f32| self.viewing.degrees(p);
        let filled = self.classes.iter().enumerate().filter(|(_, count)| **count > 0);
        Some(Comforts {
            frames: self.frames,
            seconds: self.seconds,
            seconds_outside: self.outside,
            most_outside: self.most_outside,
            limits: [front, behind],
            limits_degrees: [front, behind].map(degrees),
            parallax,
            parallax_degrees: parallax.map(degrees),
            strength: (self.strengths.0 / self.strengths.1.max(1e-9)) as f32,
            largest_jump: self.cuts.iter().map(|cut| cut.jump).fold(0.0, f32::max),
            cuts: self.cuts.clone(),
            histogram: filled.map(|(at, count)| [parallax_of(at), (*count as f64 / all as f64) as f32]).collect(),
        })
    }
}

impl Comforts {
    /// For people: two lines.
    pub fn lines(&self) -> String {
        let [near, _, far] = self.parallax;
        let [near_degrees, _, far_degrees] = self.parallax_degrees;
        let [front, behind] = self.limits;
        let cuts = match self.cuts.len() {
            0 => String::new(),
            1 => format!("; over a cut what is looked at jumps by {:.2} %", self.largest_jump),
            cuts => format!("; over {cuts} cuts what is looked at jumps by {:.2} % at most", self.largest_jump),
        };
        format!(
            "parallax  {near:+.2} to {far:+.2} % of the width ({near_degrees:+.2}° to {far_degrees:+.2}°), strength {:.2} %\n\
             comfort   {:.2} of {:.2} s outside of {front:+.2} to {behind:+.2} %{cuts}",
            self.strength, self.seconds_outside, self.seconds,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::meter::reference;
    use super::*;
    use crate::stage::bars::Crop;

    #[test]
    fn time_outside_and_jumps_are_summed_up() {
        let (size, settings) = ([100, 1], Settings::default());
        let crop = Crop { at: [0, 0], size };
        let limits = Limits::of(settings.viewing);
        let of = |p: f32| reference(&[vec![0.0; 40], vec![p; 20], vec![0.0; 40]].concat(), size, crop, limits);
        let mut tally = Tally::new(&settings);
        assert!(tally.result().is_none());
        let seen = |attended: f32, cut: bool| Seen { at: 7.0, seconds: 0.5, attended, strength: 1.5, cut };
        tally.add(&of(0.9), seen(0.2, true));
        tally.add(&of(-1.5), seen(0.2, false));
        tally.add(&of(0.9), seen(-0.05, true));
        let result = tally.result().unwrap();
        assert_eq!((result.frames, result.cuts.len()), (3, 1), "the first shot has no cut before it");
        assert_eq!(result.cuts[0].seconds, 7.0);
        assert!((result.seconds_outside - 0.5).abs() < 1e-9 && (result.most_outside - 0.2).abs() < 1e-6);
        assert!((result.largest_jump - 0.25).abs() < 1e-6 && (result.strength - 1.5).abs() < 1e-6);
        assert!((result.histogram.iter().map(|[_, part]| part).sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(result.lines().contains("0.50 of 1.50 s outside"), "{}", result.lines());
    }
}
