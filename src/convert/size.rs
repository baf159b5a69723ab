//! Whether a laid-out picture fits the GPU, and which layout would where it does not.

use super::ConvertError;
use crate::sink::layout::Layout;

/// Refuses pictures laid out larger than `most` a side, the GPU's largest.
pub(super) fn check(layout: Layout, eye: [u32; 2], most: u32) -> Result<(), ConvertError> {
    let fits = |layout: Layout| layout.output_size(eye).iter().all(|side| *side <= most);
    if fits(layout) {
        return Ok(());
    }
    let smaller = match layout {
        Layout::Sbs => [Layout::HalfSbs, Layout::Tab],
        Layout::Tab => [Layout::HalfTab, Layout::Sbs],
        _ => [Layout::HalfSbs, Layout::Left],
    };
    let smaller = smaller.into_iter().find(|layout| fits(*layout));
    Err(ConvertError::LayoutSize { layout, size: layout.output_size(eye), most, smaller })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_that_fits_is_named() {
        assert!(check(Layout::Sbs, [8192, 16_384], 16_384).is_ok());
        let told = |layout, eye| check(layout, eye, 16_384).unwrap_err().to_string();
        let wide = told(Layout::Sbs, [9000, 4000]);
        assert!(
            wide.contains("18000×4000") && wide.contains("--layout half-sbs") && !wide.contains("driver"),
            "{wide}"
        );
        assert!(told(Layout::Tab, [4000, 9000]).contains("--layout half-tab"));
        let too_wide = told(Layout::Sbs, [16_385, 10]);
        assert!(!too_wide.contains("--layout h") && too_wide.contains("smaller"), "{too_wide}");
    }
}
