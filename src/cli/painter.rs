//! Scenes for a window or a headset, as the viewer has set it, and the comfort meter over them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::picture::maker;
use crate::control::ShotOf;
use crate::eyes::{Eyes, Measured, Place, Settings};
use crate::film::{Scene, Subtitles};
use crate::gpu::{Gpu, Image, Recorder};
use crate::media::TrackKind;
use crate::overlay::Told;
use crate::player::{Error, Maker, Painter};
use crate::sink::layout::{Target, WIGGLE};
use crate::sink::{Action, Adjustments, Canvas, Layout};
use crate::stage::comfort::tally::Tally;
use crate::stage::comfort::{Chosen, Convergence, Strength};
use crate::subtitle;
use crate::time::Time;
use crate::ui::{DepthModel, MeterModel};

/// A step of the strength keys, in % of the width.
const STRENGTH_STEP: f32 = 0.1;

/// The most that the keys set.
const STRENGTH_MOST: f32 = 5.0;

/// A step of the convergence keys.
const CONVERGENCE_STEP: f32 = 0.05;

/// How often the meter shows something new.
const METER: Duration = Duration::from_millis(200);

/// A picture that stands longer counts as seen for so long: nobody may be watching.
const LONGEST: f64 = 1.0;

/// `value` brought into its range; the least where it is no number.
fn within(value: f32, least: f32, most: f32) -> f32 {
    if value.is_finite() { value.clamp(least, most) } else { least }
}

/// Scenes on a canvas.
pub(super) struct ScenePainter {
    /// `None` between two GPUs.
    eyes: Option<Eyes>,
    settings: Settings,
    /// Part of the size at which they are seen that the eyes have.
    scale: f32,
    /// Whether silhouettes have mattes.
    mattes: bool,
    /// Whether scenes bring the planes along that the layers are made of.
    planes: bool,
    began: Instant,
    /// What the shot seen last was given.
    chosen: Option<Chosen>,
    meter: Option<Metering>,
    /// Those of the film shown last.
    subtitles: Option<Subtitles>,
    /// Size and place on the screen of the canvas that was painted last.
    canvas: Option<([u32; 2], [i32; 2])>,
    /// What the viewer has changed of them, which holds for the next film, too.
    subtitle_settings: Option<subtitle::Settings>,
}

/// While the meter is on.
struct Metering {
    tally: Tally,
    /// When the last reading came.
    last: Option<Instant>,
    shown: Option<(Instant, MeterModel)>,
}

impl ScenePainter {
    pub(super) fn new(gpu: &Gpu, settings: Settings, planes: bool) -> Self {
        Self {
            eyes: Some(Eyes::new(gpu)),
            settings,
            scale: 1.0,
            mattes: true,
            planes,
            began: Instant::now(),
            chosen: None,
            meter: None,
            subtitles: None,
            canvas: None,
            subtitle_settings: None,
        }
    }

    /// Takes the subtitles of the film that is shown.
    fn follow_subtitles(&mut self, scene: &Scene) {
        let Some(now) = scene.subtitles() else { return };
        if self.subtitles.as_ref().is_none_or(|before| !before.is_of(now)) {
            if let Some(settings) = &self.subtitle_settings {
                now.set(settings.clone());
            }
            self.subtitles = Some(now.clone());
        }
    }

    /// Changes how subtitles are shown; false where there are none.
    fn change_subtitles(&mut self, change: impl FnOnce(&mut subtitle::Settings)) -> bool {
        let Some(subtitles) = &self.subtitles else { return false };
        let mut settings = subtitles.settings();
        change(&mut settings);
        subtitles.set(settings.clone());
        self.subtitle_settings = Some(settings);
        true
    }

    /// Takes what the meter has measured meanwhile.
    fn read_meter(&mut self) -> Result<(), Error> {
        let (Some(eyes), Some(meter)) = (&mut self.eyes, &mut self.meter) else { return Ok(()) };
        while let Some(measured) = eyes.measured()? {
            let now = Instant::now();
            let seconds = meter.last.replace(now).map_or(0.0, |last| (now - last).as_secs_f64().min(LONGEST));
            meter.tally.add(&measured.reading, measured.seen(0.0, seconds));
            if meter.shown.as_ref().is_none_or(|(at, _)| now - *at >= METER) {
                meter.shown = Some((now, model(&measured, &self.settings, &meter.tally)));
            }
        }
        Ok(())
    }

    fn set_meter(&mut self, on: bool) {
        let metering = || Metering { tally: Tally::new(&self.settings.comfort), last: None, shown: None };
        self.meter = on.then(metering);
        if let Some(eyes) = &mut self.eyes {
            eyes.set_metered(on);
        }
    }
}

/// What the meter shows.
fn model(measured: &Measured, settings: &Settings, tally: &Tally) -> MeterModel {
    let Measured { reading, chosen, limits, .. } = measured;
    let pixels = reading.pixels.max(1) as f32;
    MeterModel {
        classes: reading.classes.iter().map(|count| *count as f32 / pixels).collect(),
        ends: [0.02, 0.98].map(|share| reading.percentile(share)),
        limits: *limits,
        viewing: settings.comfort.viewing,
        chosen: *chosen,
        is_outside: reading.is_outside(),
        seconds: tally.outside(),
    }
}

impl Painter<Scene> for ScenePainter {
    fn paint(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, canvas: &Canvas) -> Result<(), Error> {
        self.read_meter()?;
        let mut settings = self.settings;
        settings.layout = settings.layout.at(self.began.elapsed());
        self.chosen = scene.chosen(&settings.comfort);
        self.follow_subtitles(scene);
        self.canvas = Some((canvas.image.size(), canvas.origin));
        if let Some(eyes) = &mut self.eyes {
            eyes.record(recorder, scene, &settings, &canvas.image, Place::Window(canvas.origin), 0)?;
        }
        Ok(())
    }

    fn set_eye_scale(&mut self, scale: f32) {
        self.scale = scale;
        if let Some(eyes) = &mut self.eyes {
            eyes.set_scale(scale);
        }
    }

    fn set_message(&mut self, told: Option<&Told>) {
        if let Some(eyes) = &mut self.eyes {
            eyes.set_message(told);
        }
    }

    fn set_mattes(&mut self, mattes: bool) {
        self.mattes = mattes;
        if let Some(eyes) = &mut self.eyes {
            eyes.set_mattes(mattes);
        }
    }

    fn eye_size(&self) -> Option<[u32; 2]> {
        self.eyes.as_ref().and_then(Eyes::size)
    }

    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, eyes: [&Arc<Image>; 2]) -> Result<(), Error> {
        self.read_meter()?;
        self.chosen = scene.chosen(&self.settings.comfort);
        self.follow_subtitles(scene);
        if let Some(made) = &mut self.eyes {
            made.record_eyes(recorder, scene, &self.settings, eyes)?;
        }
        Ok(())
    }

    fn release(&mut self) {
        self.eyes = None;
    }

    fn attach(&mut self, gpu: &Gpu) {
        let mut eyes = Eyes::new(gpu);
        eyes.set_metered(self.meter.is_some());
        eyes.set_scale(self.scale);
        eyes.set_mattes(self.mattes);
        self.eyes = Some(eyes);
    }

    fn act(&mut self, action: Action) -> bool {
        match action {
            Action::SubVisibility => return self.change_subtitles(|set| set.visible = !set.visible),
            Action::SecondSubVisibility => {
                return self.change_subtitles(|set| set.second_visible = !set.second_visible);
            }
            Action::SetSubOverride(scripts) => return self.change_subtitles(|set| set.scripts = scripts),
            Action::SubSpeed(speed) if (0.1..=10.0).contains(&speed) => {
                return self.change_subtitles(|set| set.speed = speed);
            }
            Action::SubFixTiming => return self.change_subtitles(|set| set.fix_timing = !set.fix_timing),
            Action::SubDelay(by) => {
                let by = Time::from_nanoseconds(i64::from(by) * 1_000_000);
                return self.change_subtitles(|set| set.delay = set.delay + by);
            }
            Action::SubPosition(by) => {
                return self.change_subtitles(|set| set.position = (set.position + f64::from(by)).clamp(0.0, 150.0));
            }
            Action::SubScale(by) => {
                return self.change_subtitles(|set| set.scale = (set.scale + f64::from(by) * 0.1).clamp(0.1, 10.0));
            }
            // The film sees to it; the picture that stands shows it.
            Action::CycleTrack(TrackKind::Subtitle, _)
            | Action::SetTrack(TrackKind::Subtitle, _)
            | Action::CycleSecondSub(_)
            | Action::SetSecondSub(_) => return true,
            _ => {}
        }
        let DepthModel { strength, convergence, .. } = self.shown();
        let Settings { layout, comfort, swap_eyes, flat, .. } = &mut self.settings;
        match action {
            Action::Layout(by) => {
                *layout = layout.step(by, Target::Window);
                if *layout == Layout::Layers && !self.planes {
                    *layout = layout.step(by.signum(), Target::Window);
                }
            }
            Action::SetLayout(Layout::Layers) if !self.planes => return false,
            Action::SetLayout(wanted) if wanted.allows(Target::Window) => *layout = wanted,
            Action::Strength(by) => {
                let strength = strength + by as f32 * STRENGTH_STEP;
                comfort.strength = Strength::Percent(strength.clamp(0.0, STRENGTH_MOST));
            }
            Action::Convergence(by) => {
                let convergence = convergence + by as f32 * CONVERGENCE_STEP;
                comfort.convergence = Convergence::At(convergence.clamp(0.0, 1.0));
            }
            Action::SetStrength(strength) => {
                comfort.strength = Strength::Percent(within(strength, 0.0, STRENGTH_MOST));
            }
            Action::SetConvergence(convergence) => {
                comfort.convergence = Convergence::At(within(convergence, 0.0, 1.0));
            }
            Action::AutomaticDepth => {
                (comfort.strength, comfort.convergence) = (Strength::Auto, Convergence::Auto);
            }
            Action::Viewing(viewing) => {
                comfort.viewing.width = within(viewing.width, 0.05, 100.0);
                comfort.viewing.distance = within(viewing.distance, 0.05, 1000.0);
            }
            Action::Adjust(which, to) => self.settings.adjustments.set(which, to),
            Action::Crop(part) => self.settings.adjustments.crop = part,
            Action::SwapEyes => *swap_eyes = !*swap_eyes,
            Action::Flat => *flat = !*flat,
            Action::Meter => self.set_meter(self.meter.is_none()),
            _ => return false,
        }
        true
    }

    fn depth(&self) -> Option<DepthModel> {
        Some(self.shown())
    }

    fn adjustments(&self) -> Option<Adjustments> {
        Some(self.settings.adjustments)
    }

    fn subtitles(&self) -> Option<subtitle::Settings> {
        self.subtitles.as_ref().map(Subtitles::settings)
    }

    fn meter(&mut self) -> Option<MeterModel> {
        if let Err(error) = self.read_meter() {
            tracing::warn!("the comfort meter cannot be read: {error}");
        }
        self.meter.as_ref()?.shown.as_ref().map(|(_, model)| model.clone())
    }

    fn picture(&self, scene: &Scene, of: ShotOf, told: Option<&Told>) -> Option<Maker> {
        let gpu = self.eyes.as_ref()?.gpu();
        let mut settings = self.settings;
        settings.layout = settings.layout.at(self.began.elapsed());
        Some(maker(gpu, scene.clone(), settings, of, self.canvas, told.cloned()))
    }

    fn describe(&self) -> String {
        let Settings { layout, comfort, swap_eyes, flat, .. } = &self.settings;
        if *flat {
            return format!("{layout} – 2D");
        }
        let swapped = if *swap_eyes { " – eyes swapped" } else { "" };
        let strength = match comfort.strength {
            Strength::Auto => "auto".to_owned(),
            Strength::Percent(percent) => format!("{percent:.1} %"),
        };
        let convergence = match comfort.convergence {
            Convergence::Auto => String::new(),
            Convergence::At(share) => format!(" – convergence {share:.2}"),
        };
        format!("{layout} – {strength}{convergence}{swapped}")
    }

    fn output_size(&self, size: [u32; 2]) -> [u32; 2] {
        self.settings.layout.output_size(self.settings.adjustments.shaped(size))
    }

    fn repaint_after(&self) -> Option<Duration> {
        let wiggle = (self.settings.layout == Layout::Wiggle).then_some(WIGGLE);
        let resized = self.eyes.as_ref().and_then(Eyes::repaint_after);
        [wiggle, resized].into_iter().flatten().min()
    }
}

impl ScenePainter {
    /// The settings, with what the shot has got where they say that it decides.
    fn shown(&self) -> DepthModel {
        let Settings { layout, comfort, swap_eyes, flat, .. } = self.settings;
        let chosen = self.chosen.unwrap_or(Chosen { strength: 1.5, convergence: 0.5, attended: 0.0 });
        DepthModel {
            strength: match comfort.strength {
                Strength::Auto => chosen.strength,
                Strength::Percent(percent) => percent,
            },
            convergence: match comfort.convergence {
                Convergence::Auto => chosen.convergence,
                Convergence::At(share) => share,
            },
            automatic: comfort.strength == Strength::Auto && comfort.convergence == Convergence::Auto,
            metered: self.meter.is_some(),
            swap_eyes,
            flat,
            layout,
        }
    }
}
