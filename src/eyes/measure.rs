//! The comfort meter behind the eyes: counts are read back when the GPU is done with them, without waiting.

use std::collections::VecDeque;
use std::sync::Arc;

use super::EyesError;
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Lease, Recorder};
use crate::stage::bars::Crop;
use crate::stage::comfort::meter::{BYTES, Meter, Reading};
use crate::stage::comfort::tally::Seen;
use crate::stage::comfort::{Chosen, Limits};
use crate::stage::stereo::Stereo;

/// Pictures that may be on their way at once: more than a window or a headset draws ahead. Of what is beyond that nothing is measured.
const PLACES: usize = 4;

/// What was measured of a picture, and what it was to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The parallax of its pixels.
    pub reading: Reading,
    /// What its shot was given; `None` in 2D.
    pub chosen: Option<Chosen>,
    /// What it may have.
    pub limits: Limits,
    /// A new shot begins with it.
    pub cut: bool,
}

impl Measured {
    /// Its part in a tally: where in the film it stands and how long it is seen, in seconds.
    pub fn seen(&self, at: f64, seconds: f64) -> Seen {
        let (attended, strength) = self.chosen.map_or((0.0, 0.0), |chosen| (chosen.attended, chosen.strength));
        Seen { at, seconds, attended, strength, cut: self.cut }
    }
}

/// What is known of a picture before it is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) chosen: Option<Chosen>,
    pub(super) limits: Limits,
    pub(super) cut: bool,
}

/// Where counts come from.
enum Counts {
    /// The GPU, when this lease's commands have run.
    Coming(Arc<Buffer>, Lease),
    /// They are known.
    Known(Reading),
}

/// The meter and what it has not yet been asked for, oldest first.
pub(super) struct Measure {
    meter: Meter,
    free: Vec<Arc<Buffer>>,
    coming: VecDeque<(Expected, Counts)>,
    pixels: u32,
}

impl Measure {
    /// Of what `stereo` makes.
    pub(super) fn new(gpu: &Gpu, stereo: &Stereo) -> Result<Self, EyesError> {
        let size = stereo.size();
        let place = |_| Buffer::new(gpu, "counts of parallax read back", BYTES, BufferKind::Readback);
        Ok(Self {
            meter: Meter::new(gpu, stereo.parallax(), size)?,
            free: (0..PLACES).map(place).collect::<Result<_, _>>()?,
            coming: VecDeque::with_capacity(PLACES),
            pixels: size[0] * size[1],
        })
    }

    /// Records the measuring of the parallax that has just been recorded, counted in `unit`.
    pub(super) fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        crop: Crop,
        unit: f32,
        expected: Expected,
    ) -> Result<(), GpuError> {
        let Some(place) = self.free.pop() else { return Ok(()) };
        self.meter.record(recorder, crop, expected.limits, unit)?;
        recorder.copy_buffer(self.meter.counts(), 0, &place, 0, BYTES)?;
        self.coming.push_back((expected, Counts::Coming(place, recorder.lease())));
        Ok(())
    }

    /// Notes a picture that both eyes see alike.
    pub(super) fn note_flat(&mut self, expected: Expected) {
        if self.coming.len() < PLACES {
            self.coming.push_back((expected, Counts::Known(Reading::flat(self.pixels))));
        }
    }

    /// The oldest picture not yet asked for, if it has been measured.
    pub(super) fn take(&mut self, gpu: &Gpu) -> Result<Option<Measured>, GpuError> {
        if let Some((_, Counts::Coming(_, lease))) = self.coming.front()
            && !lease.has_run(gpu)?
        {
            return Ok(None);
        }
        let Some((Expected { chosen, limits, cut }, counts)) = self.coming.pop_front() else { return Ok(None) };
        let reading = match counts {
            Counts::Known(reading) => Some(reading),
            Counts::Coming(place, _) => {
                let reading = place.read(|bytes| Reading::new(bytemuck::cast_slice(bytes)))?;
                self.free.push(place);
                reading
            }
        };
        Ok(reading.map(|reading| Measured { reading, chosen, limits, cut }))
    }
}
