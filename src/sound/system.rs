//! The system's devices, by `cpal`: PulseAudio or PipeWire where one runs, else ALSA; elsewhere what the system has.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfig};

use super::error::SoundError;
use super::format::Format;
use super::outlet::Outlet;
use super::output::{DeviceName, Open, Output};

/// So many times a second a device asks for samples. It holds twice as much of them: that is how long before it is heard everything is settled.
const REQUESTS: u32 = 10;
/// The same where what is heard is to follow a head.
const PROMPT: u32 = 40;
/// The most channels that anything is made for.
const CHANNELS: u16 = 8;
/// A device that has failed and not asked for so long is gone. Some tell of failures and go on.
const GONE: Duration = Duration::from_millis(150);
/// One that has not asked for so long, without a word, is tried anew.
const STUCK: Duration = Duration::from_secs(3);
/// How often it is asked which device is the default one.
const DEFAULT: Duration = Duration::from_millis(250);
/// How long closing one is waited for.
const CLOSING: Duration = Duration::from_millis(100);
/// How long opening may take.
const OPENING: Duration = Duration::from_secs(5);

/// The system's devices.
#[derive(Debug)]
pub struct System {
    requests: u32,
}

impl Default for System {
    /// They are asked for seldom, so that nothing ever breaks off.
    fn default() -> Self {
        Self { requests: REQUESTS }
    }
}

impl System {
    /// What is made is heard within 50 ms, for sound that follows a head.
    pub fn prompt() -> Self {
        Self { requests: PROMPT }
    }
}

impl Output for System {
    fn devices(&mut self) -> Result<Vec<DeviceName>, SoundError> {
        hush();
        let devices = cpal::default_host().output_devices().map_err(|_| SoundError::NoDevice)?;
        let named = devices.filter_map(|device| {
            let id = device.id().ok()?.id().to_owned();
            Some(DeviceName { description: description(&device).unwrap_or_else(|| id.clone()), id })
        });
        Ok(named.collect())
    }

    fn open(
        &mut self,
        device: Option<&str>,
        outlet: &mut dyn FnMut(Format) -> Outlet,
    ) -> Result<Box<dyn Open>, SoundError> {
        hush();
        let host = cpal::default_host();
        let found = match device {
            None => host.default_output_device().ok_or(SoundError::NoDevice)?,
            Some(name) => {
                let mut devices = host.output_devices().map_err(|_| SoundError::NoDevice)?;
                let is_it = |device: &cpal::Device| {
                    device.id().is_ok_and(|id| id.id() == name) || description(device).as_deref() == Some(name)
                };
                devices.find(is_it).ok_or_else(|| SoundError::Unknown(name.to_owned()))?
            }
        };
        let id = found.id().map(|id| id.id().to_owned()).unwrap_or_default();
        let name = description(&found).unwrap_or_else(|| id.clone());
        // What it says goes into a sentence.
        let reason = |error: cpal::Error| error.to_string().trim_end_matches('.').to_owned();
        let fail = |error: cpal::Error| SoundError::Device { name: name.clone(), reason: reason(error) };
        let default = match found.default_output_config() {
            // ALSA has a default device also where there is none at all.
            Err(error) if device.is_none() => {
                tracing::debug!("{name}: {error}");
                return Err(SoundError::NoDevice);
            }
            default => default.map_err(fail)?,
        };
        let (config, samples) = wanted(&found, default, self.requests);
        let format = Format { rate: config.sample_rate, channels: config.channels };
        let watch = Arc::new(Watch { began: Instant::now(), asked: AtomicU64::new(0), failure: Mutex::default() });
        let outlet = outlet(format);
        let stream = match samples {
            SampleFormat::F32 => build::<f32>(&found, config, outlet, &watch),
            SampleFormat::F64 => build::<f64>(&found, config, outlet, &watch),
            SampleFormat::I16 => build::<i16>(&found, config, outlet, &watch),
            SampleFormat::I32 => build::<i32>(&found, config, outlet, &watch),
            SampleFormat::I24 => build::<cpal::I24>(&found, config, outlet, &watch),
            SampleFormat::U16 => build::<u16>(&found, config, outlet, &watch),
            SampleFormat::U8 => build::<u8>(&found, config, outlet, &watch),
            other => return Err(SoundError::Format { name, format: other.to_string() }),
        };
        let stream = stream.and_then(|stream| stream.play().map(|()| stream)).map_err(fail)?;
        let follow = device.is_none().then(|| (host, Instant::now()));
        Ok(Box::new(OpenDevice { stream: Some(stream), name, id, watch, follow }))
    }
}

/// ALSA would say on stderr what it lacks, for each thing that is tried.
#[cfg(target_os = "linux")]
fn hush() {
    if let Err(error) = alsa::Output::local_error_handler() {
        tracing::debug!("ALSA cannot be kept from stderr: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn hush() {}

fn description(device: &cpal::Device) -> Option<String> {
    device.description().ok().map(|description| description.name().to_owned())
}

/// How the device is opened: as it is by default, with samples as they are made here where it takes them.
fn wanted(device: &cpal::Device, default: SupportedStreamConfig, requests: u32) -> (StreamConfig, SampleFormat) {
    let channels = default.channels().clamp(1, CHANNELS);
    let rate = default.sample_rate().max(1);
    let takes_floats = device.supported_output_configs().is_ok_and(|mut all| {
        all.any(|range| {
            range.sample_format() == SampleFormat::F32
                && range.channels() == channels
                && (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate)
        })
    });
    let samples = if takes_floats { SampleFormat::F32 } else { default.sample_format() };
    let mut frames = (rate / requests.max(1)).max(64);
    if let cpal::SupportedBufferSize::Range { min, max } = *default.buffer_size() {
        frames = frames.clamp(min, max.max(min));
    }
    (StreamConfig { channels, sample_rate: rate, buffer_size: BufferSize::Fixed(frames) }, samples)
}

/// Opens it for samples of the kind `T`.
fn build<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mut outlet: Outlet,
    watch: &Arc<Watch>,
) -> Result<cpal::Stream, cpal::Error> {
    let channels = usize::from(config.channels);
    let mut scratch = vec![0.0_f32; 4096 * channels];
    let (asked, failed) = (Arc::clone(watch), Arc::clone(watch));
    let fill = move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
        let now = Instant::now();
        asked.note(now);
        let times = info.timestamp();
        let mut heard = now + times.playback.saturating_duration_since(times.callback);
        for out in out.chunks_mut(scratch.len()) {
            let scratch = &mut scratch[..out.len()];
            outlet.fill(scratch, now, heard);
            for (out, sample) in out.iter_mut().zip(scratch.iter()) {
                *out = T::from_sample(*sample);
            }
            heard += Duration::from_secs_f64((out.len() / channels) as f64 / f64::from(config.sample_rate));
        }
    };
    let note = move |error: cpal::Error| match error.kind() {
        // Sound was missing for a moment, or goes elsewhere by itself.
        ErrorKind::Xrun => tracing::debug!("the sound device ran out of samples"),
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => tracing::debug!("the sound device: {error}"),
        _ => *failed.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string()),
    };
    device.build_output_stream::<T, _, _>(config, fill, note, Some(OPENING))
}

/// What is known of a device from its own threads.
struct Watch {
    began: Instant,
    /// When it asked last, in milliseconds since.
    asked: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Watch {
    fn note(&self, now: Instant) {
        let since = now.saturating_duration_since(self.began).as_millis();
        self.asked.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long it has not asked for samples.
    fn silent(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.asked.load(Ordering::Relaxed)))
    }
}

struct OpenDevice {
    /// Until it is closed.
    stream: Option<cpal::Stream>,
    name: String,
    id: String,
    watch: Arc<Watch>,
    /// Where it is the default device: whom to ask whether it still is, and when that was done last.
    follow: Option<(cpal::Host, Instant)>,
}

impl Drop for OpenDevice {
    /// A stream whose device is gone may wait for its server for ever: a thread of its own does.
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let (closed, is_closed) = channel::<()>();
        let close = move || {
            drop(stream);
            drop(closed);
        };
        match Builder::new().name("sound end".to_owned()).spawn(close) {
            Ok(_) => drop(is_closed.recv_timeout(CLOSING)),
            Err(error) => tracing::debug!("the sound device cannot be closed on a thread of its own: {error}"),
        }
    }
}

impl Open for OpenDevice {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn lost(&mut self) -> Option<String> {
        let silent = self.watch.silent();
        let failure = self.watch.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(reason) = failure.filter(|_| silent > GONE) {
            return Some(reason);
        }
        if silent > STUCK {
            return Some("it asks for no more samples".to_owned());
        }
        let (host, asked) = self.follow.as_mut().filter(|(_, asked)| asked.elapsed() > DEFAULT)?;
        *asked = Instant::now();
        let default = host.default_output_device()?.id().ok()?;
        (default.id() != self.id).then(|| "another device is the default one now".to_owned())
    }
}
