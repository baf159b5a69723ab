//! Subtitles over the eyes: taken from the film's, laid over what is composed.

use super::EyesError;
use crate::film::{Scene, Seen};
use crate::gpu::{Gpu, Recorder};
use crate::overlay::Area;
use crate::sink::compose::{Compose, Composition};
use crate::sink::overlay::Overlays;

/// Subtitles on their way over the eyes of one sink.
pub(super) struct Text {
    overlays: Overlays,
    /// They are waited for.
    pub(super) patient: bool,
    /// Those of the picture recorded last are being drawn.
    pub(super) is_coming: bool,
    /// There is something to be laid over.
    any: bool,
}

impl Text {
    pub(super) fn new(gpu: &Gpu) -> Self {
        Self { overlays: Overlays::new(gpu), patient: false, is_coming: false, any: false }
    }

    /// Takes what is seen with `scene`, each eye of which is shown at that size.
    pub(super) fn take(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, size: [u32; 2]) -> Result<(), EyesError> {
        (self.is_coming, self.any) = (false, false);
        let Some(subtitles) = scene.subtitles() else { return Ok(()) };
        let [width, height] = scene.layout.size.map(f64::from);
        let area = Area { size, aspect: width * scene.layout.pixel_aspect / height.max(1.0) };
        let Seen { overlay, is_coming } = match self.patient {
            true => Seen { overlay: subtitles.wait(scene.time(), area), is_coming: false },
            false => subtitles.look(scene.time(), area),
        };
        self.is_coming = is_coming;
        self.any = !overlay.bitmaps.is_empty();
        if self.any {
            self.overlays.set(recorder, &overlay, &[])?;
        }
        Ok(())
    }

    /// Lays it over what `compose` has made as `composition`.
    pub(super) fn lay(
        &mut self,
        recorder: &mut Recorder<'_>,
        compose: &Compose,
        composition: &Composition,
    ) -> Result<(), EyesError> {
        if self.any {
            self.overlays.record(recorder, compose, composition)?;
        }
        Ok(())
    }
}
