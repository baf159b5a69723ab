//! How a player stands, for whoever asks in words.

use std::sync::Arc;
use std::time::Instant;

use super::contract::Playlist;
use super::sound::SoundLevels;
use super::{Counts, Player};
use crate::control::Status;
use crate::media::TrackKind;

impl<P: Playlist> Player<P> {
    /// How it stands at the moment `now`, without what the painter and the window know.
    pub fn status(&self, now: Instant) -> Status {
        let SoundLevels { volume, volume_max, mute, speed, delay, night } = self.levels();
        let Counts { shown, dropped } = self.counts();
        let entry = self.list.entry();
        let depth_of = self.facts().and_then(|facts| facts.depth_of);
        Status {
            name: entry.map_or_else(String::new, |entry| entry.file_name()),
            title: self.name(),
            path: entry.map_or_else(String::new, |entry| entry.location.to_string()),
            list: Arc::clone(self.list.entries()),
            index: self.list.current(),
            idle: self.is_idle(),
            shuffled: self.list.is_shuffled(),
            loop_list: self.loop_playlist,
            position: self.position(now),
            duration: self.duration(),
            at_end: self.is_at_end(),
            paused: self.is_paused(),
            seeking: self.is_seeking(),
            buffering: self.buffering(),
            running: self.is_running(),
            live_delay: self.live_delay(),
            cached: self.cached(),
            chapters: self.chapters(),
            ab_loop: self.ab_loop(),
            loop_file: self.loop_file(),
            speed,
            volume,
            volume_max,
            mute,
            audio_delay: delay,
            night,
            tracks: self.tracks(),
            playing: [TrackKind::Video, TrackKind::Audio, TrackKind::Subtitle].map(|kind| self.playing(kind)),
            second_subtitle: self.second_subtitle(),
            rotation: self.options.rotation.degrees(),
            deinterlace: self.options.deinterlacing.is_on(),
            osd_level: self.message.level(),
            osd_bar: self.message.has_bar(),
            size: self.size(),
            coded_size: self.coded_size(),
            frame_rate: self.frame_rate(),
            counts: [shown, dropped],
            opened: self.opened,
            epoch: self.epoch,
            depth_age: self.shown().zip(depth_of).map(|(shown, of)| shown.pts - of),
            ..Status::default()
        }
    }
}
