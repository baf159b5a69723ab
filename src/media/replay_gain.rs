//! How loud a track was made, and how much it is turned up or down for all to be equally loud: ReplayGain, and R128 as Opus writes it.

/// How much one is to be turned up, and how loud it gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// In decibels.
    pub decibels: f64,
    /// Its largest sample, 1 being full; none where that is not minded.
    pub peak: Option<f64>,
}

/// What a track says of its loudness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayGain {
    /// Of itself.
    pub track: Gain,
    /// Of all that it is heard with.
    pub album: Gain,
}

/// R128 is told for an aim of −23 LUFS, ReplayGain for −18.
const R128: f64 = 5.0;
/// What FFmpeg writes where nothing is told.
const UNTOLD: i32 = i32::MIN;
/// No sound is made so much louder, in decibels.
const MOST: f64 = 64.0;

impl ReplayGain {
    /// Out of an `AVReplayGain`, which counts in parts of 100,000.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let gain = |gain: i32, peak: i32, otherwise: Gain| Gain {
            decibels: if gain == UNTOLD { otherwise.decibels } else { f64::from(gain) / 1e5 },
            peak: if peak == 0 { otherwise.peak } else { Some(f64::from(peak as u32) / 1e5) },
        };
        let track = gain(word(0)?, word(4)?, Gain { decibels: 0.0, peak: Some(1.0) });
        Some(Self { track, album: gain(word(8)?, word(12)?, track) })
    }

    /// Out of tags, whose values `tag` gives by name.
    pub(super) fn of_tags(tag: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |name: &str| {
            let value = tag(name)?;
            let value = value.trim().trim_end_matches(['d', 'D', 'b', 'B']).trim();
            value.parse::<f64>().ok().filter(|value| value.is_finite())
        };
        let gain = |name: &str| {
            let peak = number(&format!("REPLAYGAIN_{name}PEAK")).filter(|peak| *peak > 0.0);
            Some(Gain { decibels: number(&format!("REPLAYGAIN_{name}GAIN"))?, peak: Some(peak.unwrap_or(1.0)) })
        };
        let r128 = |name: &str| Some(Gain { decibels: number(name)? / 256.0 + R128, peak: None });
        let track = gain("TRACK_").or_else(|| gain("")).or_else(|| r128("R128_TRACK_GAIN"))?;
        let album = gain("ALBUM_").or_else(|| r128("R128_ALBUM_GAIN")).unwrap_or(track);
        Some(Self { track, album })
    }
}

/// Whose loudness counts: mpv's `--replaygain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ReplayGainMode {
    /// None's
    #[default]
    No,
    /// Each track's own
    Track,
    /// That of the album, where it is told
    Album,
}

/// How loudness is made equal, as mpv does it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReplayGainOptions {
    /// Whose counts.
    pub mode: ReplayGainMode,
    /// So many decibels are added.
    pub preamp: f64,
    /// It may get louder than fits; else it is made no louder than its peak allows.
    pub clip: bool,
    /// So many decibels are added to what says nothing of its loudness, or is left as it is.
    pub fallback: f64,
}

impl ReplayGainOptions {
    /// What the samples of a track are multiplied by that says `told` of itself.
    pub fn factor(&self, told: Option<&ReplayGain>) -> f32 {
        let factor = |decibels: f64| 10_f64.powf(decibels.clamp(-200.0, MOST) / 20.0);
        let gain = match (self.mode, told) {
            (ReplayGainMode::No, _) | (_, None) => return factor(self.fallback) as f32,
            (ReplayGainMode::Track, Some(told)) => told.track,
            (ReplayGainMode::Album, Some(told)) => told.album,
        };
        let most = gain.peak.filter(|_| !self.clip).map_or(f64::INFINITY, |peak| peak.recip());
        factor(gain.decibels + self.preamp).min(most) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(told: &[(&str, &str)]) -> Option<ReplayGain> {
        ReplayGain::of_tags(|name| told.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    /// What mpv 0.35 was measured to do with the same tags, in decibels.
    #[test]
    fn loudness_is_changed_as_mpv_does_it() {
        let no = ReplayGainOptions::default();
        let track = ReplayGainOptions { mode: ReplayGainMode::Track, ..no };
        let album = ReplayGainOptions { mode: ReplayGainMode::Album, ..no };
        let both = tags(&[
            ("REPLAYGAIN_TRACK_GAIN", "-6.00 dB"),
            ("REPLAYGAIN_TRACK_PEAK", "0.5"),
            ("REPLAYGAIN_ALBUM_GAIN", "+12 dB"),
            ("REPLAYGAIN_ALBUM_PEAK", "0.9"),
        ]);
        let opus = tags(&[("R128_TRACK_GAIN", "-1536"), ("R128_ALBUM_GAIN", "512")]);
        let bare = tags(&[("REPLAYGAIN_TRACK_GAIN", "+9 dB")]);
        let cases = [
            (both, no, 0.0),
            (both, track, -6.0),
            (both, album, 0.915),
            (both, ReplayGainOptions { clip: true, ..album }, 12.0),
            (both, ReplayGainOptions { preamp: 3.0, ..track }, -3.0),
            (both, ReplayGainOptions { fallback: -4.0, ..track }, -6.0),
            (opus, track, -1.0),
            (opus, album, 7.0),
            (bare, track, 0.0),
            (bare, ReplayGainOptions { clip: true, ..album }, 9.0),
            (None, track, 0.0),
            (None, ReplayGainOptions { fallback: -4.0, ..track }, -4.0),
            (both, ReplayGainOptions { fallback: -4.0, ..no }, -4.0),
        ];
        for (index, (told, options, decibels)) in cases.into_iter().enumerate() {
            let found = 20.0 * f64::from(options.factor(told.as_ref())).log10();
            assert!((found - decibels).abs() < 0.001, "case {index}: {found} dB instead of {decibels}");
        }
    }

    #[test]
    fn nonsense_is_no_loudness() {
        assert_eq!(tags(&[("REPLAYGAIN_TRACK_GAIN", "loud")]), None);
        assert_eq!(tags(&[("R128_TRACK_GAIN", "nan")]), None);
        assert_eq!(tags(&[("REPLAYGAIN_TRACK_PEAK", "1")]), None);
        assert_eq!(ReplayGain::of_bytes(&[0; 12]), None);
        let wild = tags(&[("REPLAYGAIN_TRACK_GAIN", "1e300"), ("REPLAYGAIN_TRACK_PEAK", "1e-300")]);
        let options = ReplayGainOptions { mode: ReplayGainMode::Track, clip: true, ..ReplayGainOptions::default() };
        assert!(options.factor(wild.as_ref()).is_finite());
        let bytes: Vec<u8> = [-600_000_i32, 50_000, UNTOLD, 0].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let gain = Gain { decibels: -6.0, peak: Some(0.5) };
        assert_eq!(ReplayGain::of_bytes(&bytes), Some(ReplayGain { track: gain, album: gain }));
    }
}
