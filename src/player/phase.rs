//! What the player does about film time.

/// From opening a film or seeking on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has been shown since: film time stands at the place sought, and runs from the first picture on unless it is to be paused there.
    Seeking(Option<Pause>),
    /// Film time runs.
    Playing,
    /// Film time stands, and a picture is shown.
    Paused(Pause),
}

/// Why film time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pause {
    /// Because nobody watches, and not because the viewer wants it.
    pub(super) away: bool,
    /// One more picture is to be shown all the same.
    pub(super) step: bool,
}

impl Phase {
    /// What pauses it, if anything does.
    pub(super) fn pause(self) -> Option<Pause> {
        match self {
            Self::Seeking(pause) => pause,
            Self::Playing => None,
            Self::Paused(pause) => Some(pause),
        }
    }

    /// The same paused as `pause` says, or going on.
    pub(super) fn with(self, pause: Option<Pause>) -> Self {
        match (self, pause) {
            (Self::Seeking(_), pause) => Self::Seeking(pause),
            (_, Some(pause)) => Self::Paused(pause),
            (_, None) => Self::Playing,
        }
    }

    /// Another place is sought, or another film opened.
    pub(super) fn sought(self) -> Self {
        Self::Seeking(self.stepped().pause())
    }

    /// A picture has been shown. A step that was wanted while none was goes on from it.
    pub(super) fn shown(self) -> Self {
        match self {
            Self::Seeking(None) | Self::Playing => Self::Playing,
            Self::Seeking(Some(pause)) => Self::Paused(pause),
            Self::Paused(_) => self.stepped(),
        }
    }

    /// The step that was wanted has been made, or cannot be.
    pub(super) fn stepped(self) -> Self {
        self.with(self.pause().map(|pause| Pause { step: false, ..pause }))
    }

    pub(super) fn is_seeking(self) -> bool {
        matches!(self, Self::Seeking(_))
    }

    /// Whether the next picture is wanted whatever film time is.
    pub(super) fn wants_any(self) -> bool {
        matches!(self, Self::Seeking(_) | Self::Paused(Pause { step: true, .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Pause = Pause { away: false, step: true };
    const AWAY: Pause = Pause { away: true, step: false };

    #[test]
    fn a_pause_outlives_a_seek_and_a_step_does_not() {
        assert_eq!(Phase::Playing.sought().shown(), Phase::Playing);
        assert_eq!(Phase::Paused(AWAY).sought(), Phase::Seeking(Some(AWAY)));
        assert_eq!(Phase::Paused(STEP).sought(), Phase::Seeking(Some(Pause::default())));
    }

    #[test]
    fn a_step_is_made_once_from_a_picture_that_is_shown() {
        let seeking = Phase::Seeking(None).with(Some(STEP));
        assert!(seeking.is_seeking() && seeking.wants_any());
        let shown = seeking.shown();
        assert!(shown == Phase::Paused(STEP) && shown.wants_any());
        assert!(shown.shown() == Phase::Paused(Pause::default()) && !shown.shown().wants_any());
        assert_eq!(shown.with(None), Phase::Playing);
    }
}
