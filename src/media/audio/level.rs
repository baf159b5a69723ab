//! How loud loudspeakers around the head have to be, so that a film is as loud as it is mixed down to two channels.

use std::ffi::CString;

use ffmpeg_next::ffi::*;

/// The usual share of the centre and of what is behind, as `swresample` has it.
const SHARE: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// The most channels: whatever there is, FFmpeg scales a matrix of so many by so many.
const MOST: usize = 64;

/// What each channel of `layout`, FFmpeg's name, is multiplied by: then the power that both ears get of all of them is that of the mix to stereo, whose levels
/// are such that nothing clips.
pub(super) fn level(layout: &str) -> f64 {
    let Ok(name) = CString::new(layout) else { return 1.0 };
    let mut matrix = vec![0.0; MOST * MOST];
    // SAFETY: layouts of all zeros are empty ones, which FFmpeg fills; the matrix has the size that it writes at most.
    unsafe {
        let (mut film, mut stereo) = (std::mem::zeroed(), std::mem::zeroed());
        av_channel_layout_default(&mut stereo, 2);
        if av_channel_layout_from_string(&mut film, name.as_ptr()) >= 0 && (1..=MOST as i32).contains(&film.nb_channels)
        {
            let encoding = AVMatrixEncoding::AV_MATRIX_ENCODING_NONE;
            let (matrix_out, stride, log) = (matrix.as_mut_ptr(), MOST as isize, std::ptr::null_mut());
            let code =
                swr_build_matrix2(&film, &stereo, SHARE, SHARE, 0.0, 1.0, 1.0, matrix_out, stride, encoding, log);
            if code < 0 {
                matrix.fill(0.0);
            }
        }
        av_channel_layout_uninit(&mut film);
        av_channel_layout_uninit(&mut stereo);
    }
    matrix.truncate(2 * MOST);
    let (left, right) = matrix.split_at(MOST);
    // The channel for effects is in no such mix.
    let heard = left.iter().zip(right).filter(|(left, right)| **left != 0.0 || **right != 0.0).count();
    let power: f64 = matrix.iter().map(|share| share * share / 2.0).sum();
    if heard == 0 { 1.0 } else { (power / heard as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudspeakers_have_the_power_of_the_mix() {
        // Two channels become one ear each; of each loudspeaker both ears hear as much.
        assert!((level("stereo") - 0.5_f64.sqrt()).abs() < 1e-9, "{}", level("stereo"));
        // The centre and one behind are in each side of the mix, and the whole is made smaller to fit.
        let fits = 1.0 + 2.0 * SHARE;
        for layout in ["5.1", "5.1(side)", "5.0"] {
            let wanted = ((1.0 + 0.5 + 0.5) / fits.powi(2) / 5.0).sqrt();
            assert!((level(layout) - wanted).abs() < 1e-6, "{layout}: {} for {wanted}", level(layout));
        }
        assert!(level("7.1") < level("5.1"));
        for nonsense in ["", "\0", "no layout"] {
            assert_eq!(level(nonsense), 1.0, "{nonsense}");
        }
    }
}
