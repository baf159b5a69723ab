//! The source's other tracks: copied where the container takes them, else coded anew, else left out with a line that says so.
//!
//! Their packets come from the reader that reads the pictures ([`OtherTracks`]) and are passed on behind the film's pictures, so that both arrive at the
//! container at the same time and nothing piles up.

mod describe;
mod plan;
mod trial;

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;

use super::damage::Damage;
use super::listen::Listener;
use super::mux::Muxer;
use super::sound::Sound;
use super::text::Text;
use super::{EncodeError, reason};
use crate::media::container::OtherTracks;
use crate::time::Time;

/// Containers put their tracks no farther apart than this.
const APART: Time = Time::from_nanoseconds(2_000_000_000);

/// Which part of the source is written, in film time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// The container's clock at film time zero.
    pub(super) origin: Time,
    pub(super) start: Time,
    pub(super) end: Option<Time>,
}

impl Cut {
    /// What is taken from a time stamp in ticks of `base`: the place of the cut.
    fn shift(&self, base: AVRational) -> i64 {
        (self.origin + self.start).to_ticks(base.num, base.den)
    }

    /// The cut's length.
    fn length(&self) -> Option<Time> {
        self.end.map(|end| end - self.start)
    }
}

/// One source track on its way.
struct Track {
    /// For the user.
    name: String,
    /// Its stream in the source.
    input: usize,
    work: Work,
    /// Its stream in the container.
    output: usize,
    /// Ticks of the source.
    base: AVRational,
    /// Taken from its time stamps.
    shift: i64,
    /// Packets from here on are kept, in ticks after the shift: some codecs need a little before the beginning.
    earliest: i64,
    /// So are those that end after it.
    to_the_end: bool,
    sparse: bool,
    /// Packets that cannot be read.
    damage: Damage,
}

enum Work {
    /// As it is; sound is listened to, so that damage is heard of.
    Copy(Option<Box<Listener>>),
    Sound(Box<Sound>),
    Text(Box<Text>),
}

/// Tracks of one container.
struct Along {
    source: OtherTracks,
    tracks: Vec<Track>,
    held: Option<Packet>,
    /// There is no more of them before the end of what is written.
    over: bool,
}

/// All of them.
pub(super) struct Tracks {
    /// The film's own, and then those that lie elsewhere.
    containers: Vec<Along>,
    end: Option<Time>,
}

impl Tracks {
    /// Decides each track's fate, adds streams to `muxer` and copies chapters and metadata. `notes` gets a line for what is left out.
    pub(super) fn plan(
        mut source: OtherTracks,
        picture_output: usize,
        cut: Cut,
        muxer: &mut Muxer,
        notes: &mut Vec<String>,
    ) -> Result<Self, EncodeError> {
        if let Some(picture) = &source.picture {
            describe::copy_description(picture, muxer, picture_output);
        }
        let mut containers = Vec::new();
        let beside = std::mem::take(&mut source.beside);
        let tracks = plan::tracks(&source, cut, muxer, notes)?;
        match source.foreign {
            0 => {}
            1 => notes.push("a track of another programme is left out".to_owned()),
            count => notes.push(format!("{count} tracks of other programmes are left out")),
        }
        describe::copy_chapters(&source.chapters, cut, muxer)?;
        describe::copy_metadata(&source.metadata, muxer);
        source.attend();
        containers.push(Along { source, tracks, held: None, over: false });
        for source in beside {
            let tracks = plan::tracks(&source, Cut { origin: source.origin, ..cut }, muxer, notes)?;
            containers.push(Along { source, tracks, held: None, over: false });
        }
        Ok(Self { containers, end: cut.length() })
    }

    /// Passes on everything before `until` (film time after the cut) that has been read, or everything there is.
    pub(super) fn advance(&mut self, until: Option<Time>, muxer: &mut Muxer) -> Result<(), EncodeError> {
        self.containers.iter_mut().try_for_each(|container| container.advance(until, self.end, muxer))
    }

    /// Where the reader has had to wait, passes on what there is, wherever the picture is.
    pub(super) fn relieve(&mut self, muxer: &mut Muxer) -> Result<(), EncodeError> {
        let end = self.end;
        let pressing = self.containers.iter_mut().find(|container| container.source.is_pressing());
        pressing.map_or(Ok(()), |container| container.advance(None, end, muxer))
    }

    /// Passes on what is left, drains the converters, and says what could not be read.
    pub(super) fn finish(&mut self, muxer: &mut Muxer) -> Result<(), EncodeError> {
        self.advance(None, muxer)?;
        for track in self.containers.iter_mut().flat_map(|container| &mut container.tracks) {
            let what = match &mut track.work {
                Work::Sound(sound) => {
                    sound.end(muxer, track.output)?;
                    track.damage.add(sound.damage());
                    "could not be decoded and are silent"
                }
                Work::Text(_) => "could not be read and are left out",
                Work::Copy(listener) => {
                    if let Some(listener) = listener {
                        track.damage.add(listener.damage());
                    }
                    "are damaged in the source"
                }
            };
            track.damage.tell(&track.name, what);
        }
        Ok(())
    }

    /// Says which packets the container has refused.
    pub(super) fn tell_refused(&self, muxer: &Muxer) {
        for track in self.containers.iter().flat_map(|container| &container.tracks) {
            if let Some((count, code)) = muxer.refused(track.output) {
                let (name, container) = (&track.name, muxer.container().name());
                match code {
                    AVERROR_INVALIDDATA => {
                        tracing::warn!("{name}: {count} of its packets are damaged in the source and left out");
                    }
                    code => tracing::warn!(
                        "{name}: {container} has refused {count} of its packets ({}): they are left out",
                        reason(code)
                    ),
                }
            }
        }
    }
}

impl Along {
    /// Passes on everything before `until` that has been read, or everything there is, up to `end`.
    fn advance(&mut self, until: Option<Time>, end: Option<Time>, muxer: &mut Muxer) -> Result<(), EncodeError> {
        while let Some(packet) = self.held.take().or_else(|| if self.over { None } else { self.source.next() }) {
            let Some(track) = self.tracks.iter_mut().find(|track| track.input == packet.stream()) else { continue };
            let time = packet.pts().or(packet.dts()).map(|ticks| track.time(ticks));
            if let (Some(time), Some(until)) = (time, until)
                && time > until
                && !self.source.is_pressing()
            {
                self.held = Some(packet);
                return Ok(());
            }
            if let (Some(time), Some(end)) = (time, end)
                && time >= end
            {
                // What is read for its own sake is read no farther than its tracks lie apart.
                self.over = self.source.elsewhere().is_some() && time > end + APART;
                if self.over {
                    return Ok(());
                }
                continue;
            }
            track.take(packet, end, muxer)?;
        }
        Ok(())
    }
}

impl Track {
    fn time(&self, ticks: i64) -> Time {
        Time::from_ticks(ticks.saturating_sub(self.shift), self.base.num, self.base.den)
    }

    fn take(&mut self, mut packet: Packet, end: Option<Time>, muxer: &mut Muxer) -> Result<(), EncodeError> {
        packet.set_pts(packet.pts().map(|ticks| ticks.saturating_sub(self.shift)));
        packet.set_dts(packet.dts().map(|ticks| ticks.saturating_sub(self.shift)));
        if let Work::Sound(sound) = &mut self.work {
            return sound.take(&packet, muxer, self.output);
        }
        let Some(start) = packet.pts().or(packet.dts()) else { return Ok(()) };
        if self.sparse {
            // A cue that is up at the cut is shown from there on, and none outlasts the end.
            let mut until = start.saturating_add(packet.duration().max(0));
            if let Some(end) = end {
                until = until.min(end.to_ticks(self.base.num, self.base.den));
            }
            if start < 0 && until <= 0 {
                return Ok(());
            }
            let start = start.max(0);
            packet.set_pts(Some(start));
            packet.set_dts(Some(start));
            packet.set_duration((until - start).max(0));
        } else if start < self.earliest {
            let end = start.saturating_add(packet.duration().max(0));
            if !self.to_the_end || end <= self.earliest {
                return Ok(());
            }
        }
        let time = Time::from_ticks(start, self.base.num, self.base.den);
        match &mut self.work {
            Work::Text(text) => {
                if !text.take(&packet, muxer, self.output)? {
                    self.damage.note(time);
                }
                Ok(())
            }
            Work::Copy(listener) => {
                if let Some(listener) = listener {
                    listener.hear(&packet, time);
                }
                muxer.write(packet, self.output, self.base)
            }
            Work::Sound(_) => Ok(()),
        }
    }
}
