//! What the viewer is told of what an action has changed, in mpv's words where mpv has them.

use std::time::Instant;

use super::Player;
use super::contract::{Painter, Playlist, SceneSource};
use super::message::Progress;
use crate::frame::{Chapter, chapter_at};
use crate::overlay::Told;
use crate::sink::{Action, Adjust, Adjustments};
use crate::time::Time;
use crate::ui::shown_time;

fn yes_or_no(set: bool) -> &'static str {
    if set { "yes" } else { "no" }
}

fn milliseconds(time: Time) -> i64 {
    (time.seconds() * 1000.0).round() as i64
}

impl<P: Playlist> Player<P> {
    fn progress(&self, now: Instant) -> Progress {
        Progress { position: self.position(now), duration: self.duration() }
    }

    /// What the viewer is to read over the picture.
    pub fn message(&self, now: Instant) -> Option<Told> {
        let levels = self.levels();
        self.message.all(self.progress(now), [levels.volume, levels.volume_max], now)
    }

    /// Whether anything is ever told.
    pub(super) fn tells(&self) -> bool {
        self.message.is_on()
    }

    /// When that changes by itself.
    pub(super) fn message_changes(&self, now: Instant) -> Option<Instant> {
        let speed = if self.clock.is_running() { self.speed() } else { 0.0 };
        self.message.changes(self.progress(now), speed, now)
    }

    /// Tells the viewer what `action`, which has been carried out, has changed.
    pub(super) fn tell_of<A>(&mut self, action: Action, painter: &A, now: Instant)
    where
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        match action {
            Action::Seek(_)
            | Action::SeekExact(_)
            | Action::SeekStart
            | Action::SeekTo(_)
            | Action::SeekExactTo(_)
            | Action::SeekKeyFrame(_)
            | Action::UndoSeek => self.message.tell_sought(now),
            Action::ShowProgress => self.message.tell_progress(now),
            Action::Volume(_) | Action::SetVolume(_) | Action::Mute => {
                if let Some(text) = self.words_of_player(action, now) {
                    self.message.tell_volume(text, now);
                }
            }
            _ => {
                let text = self.words_of_player(action, now).or_else(|| words_of_painter(action, painter));
                if let Some(text) = text {
                    self.tell(text, None, now);
                }
            }
        }
    }

    fn words_of_player(&self, action: Action, now: Instant) -> Option<String> {
        let levels = self.levels();
        Some(match action {
            Action::Chapter(_) => chapter(&self.chapters(), self.position(now))?,
            Action::Volume(_) | Action::SetVolume(_) | Action::Mute => {
                let muted = if levels.mute { " (Muted)" } else { "" };
                format!("Volume: {:.0}%{muted}", levels.volume)
            }
            Action::Speed(_) | Action::NormalSpeed => format!("Speed: {:.2}", levels.speed),
            Action::AudioDelay(_) => format!("A-V delay: {} ms", milliseconds(levels.delay)),
            Action::Night => format!("Night mode: {}", yes_or_no(levels.night)),
            Action::LoopFile | Action::SetLoopFile(_) => format!("Loop current file: {}", self.loop_file()),
            Action::SetLoopPlaylist(_) => format!("Loop playlist: {}", self.loop_playlist),
            Action::Shuffle(shuffled) => format!("Shuffle: {}", yes_or_no(shuffled)),
            Action::AbLoop | Action::AbLoopA(_) | Action::AbLoopB(_) => match self.ab_loop() {
                [Some(a), Some(b)] => format!("A-B loop: {} - {}", shown_time(a, true), shown_time(b, true)),
                [Some(a), None] => format!("A-B loop: {} -", shown_time(a, true)),
                _ => "A-B loop: no".to_owned(),
            },
            Action::Rotate(_) => format!("Rotate: {}", self.options.rotation.degrees()),
            Action::Deinterlace => format!("Deinterlace: {}", yes_or_no(self.options.deinterlacing.is_on())),
            _ => return None,
        })
    }
}

/// Which chapter `position` is in.
fn chapter(chapters: &[Chapter], position: Time) -> Option<String> {
    let count = chapters.len();
    let index = chapter_at(chapters, position).unwrap_or(0);
    let name = chapters.get(index).map(|chapter| chapter.name.as_str()).filter(|name| !name.is_empty());
    (count > 0).then(|| format!("Chapter: ({}) {} / {count}", name.unwrap_or("unnamed"), index + 1))
}

fn words_of_painter<S>(action: Action, painter: &impl Painter<S>) -> Option<String> {
    let (subtitles, depth) = (|| painter.subtitles(), painter.depth());
    Some(match action {
        Action::SubVisibility if subtitles()?.visible => "Subtitles visible".to_owned(),
        Action::SubVisibility => "Subtitles hidden".to_owned(),
        Action::SecondSubVisibility => {
            format!("Secondary subtitles: {}", yes_or_no(subtitles()?.second_visible))
        }
        Action::SetSubOverride(_) => format!("ASS subtitle style override: {}", subtitles()?.scripts.name()),
        Action::SubSpeed(_) => format!("Sub speed: {:.3}", subtitles()?.speed),
        Action::SubFixTiming => format!("Sub fix timing: {}", yes_or_no(subtitles()?.fix_timing)),
        Action::SubDelay(_) => format!("Sub delay: {} ms", milliseconds(subtitles()?.delay)),
        Action::SubPosition(_) => format!("Sub position: {:.0}/100", subtitles()?.position),
        Action::SubScale(_) => format!("Sub scale: {:.2}", subtitles()?.scale),
        Action::Layout(_) | Action::SetLayout(_) => format!("Layout: {}", depth?.layout),
        Action::Strength(_) | Action::SetStrength(_) => format!("Strength: {:.1} %", depth?.strength),
        Action::Convergence(_) | Action::SetConvergence(_) => format!("Convergence: {:.2}", depth?.convergence),
        Action::AutomaticDepth => "Depth: auto".to_owned(),
        Action::SwapEyes => format!("Eyes swapped: {}", yes_or_no(depth?.swap_eyes)),
        Action::Adjust(which, _) => adjusted(which, &painter.adjustments()?),
        Action::Crop(_) => {
            format!("Video crop: {}", painter.adjustments()?.crop.map_or("no".to_owned(), |part| part.to_string()))
        }
        Action::Flat if depth?.flat => "2D".to_owned(),
        Action::Flat => "3D".to_owned(),
        _ => return None,
    })
}

/// What a viewer has turned, and how far.
fn adjusted(which: Adjust, adjustments: &Adjustments) -> String {
    let value = adjustments.get(which);
    match which {
        Adjust::Brightness => format!("Brightness: {value:.0}"),
        Adjust::Contrast => format!("Contrast: {value:.0}"),
        Adjust::Saturation => format!("Saturation: {value:.0}"),
        Adjust::Hue => format!("Hue: {value:.0}"),
        Adjust::Gamma => format!("Gamma: {value:.0}"),
        Adjust::Panscan => format!("Panscan: {value:.2}"),
        Adjust::Zoom => format!("Zoom: {value:.2}"),
        Adjust::PanX => format!("Pan X: {value:.2}"),
        Adjust::PanY => format!("Pan Y: {value:.2}"),
        Adjust::Aspect if value > 0.0 => format!("Aspect: {value:.2}"),
        Adjust::Aspect => "Aspect: the film's".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_are_told_by_name_and_number() {
        let of = |names: [&str; 2], seconds| {
            let all = [0.0, 10.0].into_iter().zip(names);
            let all: Vec<_> =
                all.map(|(start, name)| Chapter { start: Time::from_seconds(start), name: name.to_owned() }).collect();
            chapter(&all, Time::from_seconds(seconds))
        };
        assert_eq!(of(["One", ""], 9.9).as_deref(), Some("Chapter: (One) 1 / 2"));
        assert_eq!(of(["One", ""], 10.0).as_deref(), Some("Chapter: (unnamed) 2 / 2"));
        assert_eq!(chapter(&[], Time::ZERO), None);
    }
}
