//! Which refresh rate shows a film most evenly (XR_FB_display_refresh_rate).

/// A rate counts as a multiple of the film's if it is that close: 23.976 pictures a second go with 72 Hz.
const CLOSE: f64 = 0.002;
/// Below this, in Hz, many people see a headset flicker.
const CALM: f32 = 71.0;

/// The rate of `rates` (Hz) for a film of `film` pictures a second: the smallest calm multiple of it, so that every picture stays as long as the
/// others; without one 90, without that the highest. `None` where there is no choice, or nothing is known of the film.
pub(super) fn choose(rates: &[f32], film: f64) -> Option<f32> {
    let usable = || rates.iter().copied().filter(|rate| rate.is_finite() && *rate > 0.0);
    if !film.is_finite() || film <= 0.0 {
        return None;
    }
    let even = |rate: f32| {
        let times = f64::from(rate) / film;
        times.round() >= 1.0 && (times / times.round() - 1.0).abs() < CLOSE
    };
    let calm = usable().filter(|rate| *rate >= CALM && even(*rate)).min_by(f32::total_cmp);
    calm.or_else(|| usable().find(|rate| (rate - 90.0).abs() < 0.5)).or_else(|| usable().max_by(f32::total_cmp))
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn a_multiple_of_the_films_rate_is_chosen() {
        let quest = [60.0, 72.0, 80.0, 90.0, 120.0];
        assert_eq!(choose(&quest, 24.0), Some(72.0));
        assert_eq!(choose(&quest, 24000.0 / 1001.0), Some(72.0));
        assert_eq!(choose(&[80.0, 90.0, 120.0], 24.0), Some(120.0));
        assert_eq!(choose(&quest, 30.0), Some(90.0));
        assert_eq!(choose(&quest, 60.0), Some(120.0));
        assert_eq!(choose(&quest, 25.0), Some(90.0), "no multiple: 90");
        assert_eq!(choose(&[80.0, 144.0], 25.0), Some(144.0));
        assert_eq!(choose(&[90.0, 100.0], 50.0), Some(100.0));
        assert_eq!(choose(&[], 24.0), None);
        assert_eq!(choose(&quest, f64::NAN), None);
        assert_eq!(choose(&[f32::NAN, 90.0], 24.0), Some(90.0));
    }
}
