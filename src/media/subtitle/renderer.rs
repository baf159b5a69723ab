//! What is seen of the tracks that are shown, as one overlay; the same one as long as nothing changes.

use std::sync::Arc;

use super::drawn::Drawn;
use super::track::Track;
use crate::overlay::{Area, Overlay};
use crate::subtitle::Settings;
use crate::time::Time;

/// Draws tracks. One thread owns it.
#[derive(Default)]
pub struct Renderer {
    last: Arc<Overlay>,
    /// What it is made of.
    drawn: Vec<Arc<Drawn>>,
}

impl Renderer {
    /// What is seen at `time` of a track, and of a second one at the upper edge, over a picture that is shown so.
    pub fn draw(
        &mut self,
        tracks: [Option<&mut Track>; 2],
        time: Time,
        area: Area,
        settings: &Settings,
    ) -> Arc<Overlay> {
        let time = settings.to_track(time);
        let second = settings.of_second();
        let tracks = tracks.into_iter().zip([settings, &second]).filter(|(_, settings)| settings.visible);
        let drawn = tracks.filter_map(|(track, settings)| Some(track?.draw(time, area, settings)));
        let drawn: Vec<_> = drawn.collect();
        let same = |(a, b): (&Arc<Drawn>, &Arc<Drawn>)| Arc::ptr_eq(a, b);
        if self.last.area == area.size && drawn.len() == self.drawn.len() && drawn.iter().zip(&self.drawn).all(same) {
            return Arc::clone(&self.last);
        }
        let mut overlay = Overlay { area: area.size, ..Overlay::default() };
        for drawn in &drawn {
            overlay.bitmaps.extend_from_slice(&drawn.bitmaps);
            overlay.cues.extend_from_slice(&drawn.cues);
        }
        self.drawn = drawn;
        if *self.last != overlay {
            self.last = Arc::new(overlay);
        }
        Arc::clone(&self.last)
    }
}
