//! What is seen of the tracks that are shown, as one overlay; the same one as long as nothing changes.

use std::sync::Arc;

use super::track::Track;
use crate::overlay::{Area, Overlay};
use crate::subtitle::Settings;
use crate::time::Time;

/// Draws tracks. One thread owns it.
#[derive(Default)]
pub struct Renderer {
    last: Arc<Overlay>,
}

impl Renderer {
    /// What is seen of `tracks` at `time`, over a picture that is shown so.
    pub fn draw<'a>(
        &mut self,
        tracks: impl Iterator<Item = &'a mut Track>,
        time: Time,
        area: Area,
        settings: &Settings,
    ) -> Arc<Overlay> {
        let time = time - settings.delay;
        let mut overlay = Overlay { area: area.size, ..Overlay::default() };
        for track in tracks.filter(|_| settings.visible) {
            let drawn = track.draw(time, area, settings);
            overlay.bitmaps.extend(drawn.bitmaps);
            overlay.cues.extend(drawn.cues);
        }
        if *self.last != overlay {
            self.last = Arc::new(overlay);
        }
        Arc::clone(&self.last)
    }
}
