//! What a film says about being two pictures in one: Matroska's StereoMode, MP4's st3d, the frame-packing message of H.264 and HEVC, all of
//! which FFmpeg gives as `AVStereo3D`.

use ffmpeg_next::ffi::AVStereo3DType;
use ffmpeg_next::frame::{self, Video};

use super::info::{Packing, Stereo};

/// `AVStereo3D`'s flag for it.
const INVERTED: i32 = 1;

impl Stereo {
    /// Out of an `AVStereo3D`, which begins with its type and its flags. `None` for flat films and for what FFmpeg does not know either.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (kind, flags) = (word(0)?, word(4)?);
        let packing = match kind {
            k if k == AVStereo3DType::AV_STEREO3D_SIDEBYSIDE as i32 => Packing::SideBySide,
            k if k == AVStereo3DType::AV_STEREO3D_TOPBOTTOM as i32 => Packing::TopAndBottom,
            k if (AVStereo3DType::AV_STEREO3D_FRAMESEQUENCE as i32..=AVStereo3DType::AV_STEREO3D_COLUMNS as i32)
                .contains(&k) =>
            {
                Packing::Other
            }
            _ => return None,
        };
        Some(Self { packing, right_first: flags & INVERTED != 0 })
    }

    /// What the coded stream itself says with `frame`.
    pub(super) fn of(frame: &Video) -> Option<Self> {
        Self::from_bytes(frame.side_data(frame::side_data::Type::Stereo3D)?.data())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_strange_tags_say_nothing() {
        let tag = |kind: i32, flags: i32| [kind.to_ne_bytes(), flags.to_ne_bytes(), [0; 4]].concat();
        let stereo = |packing, right_first| Some(Stereo { packing, right_first });
        assert_eq!(Stereo::from_bytes(&tag(1, 0)), stereo(Packing::SideBySide, false));
        assert_eq!(Stereo::from_bytes(&tag(2, 1)), stereo(Packing::TopAndBottom, true));
        assert_eq!(Stereo::from_bytes(&tag(6, 0)), stereo(Packing::Other, false));
        assert_eq!(Stereo::from_bytes(&tag(0, 0)), None);
        assert_eq!(Stereo::from_bytes(&tag(99, 0)), None);
        assert_eq!(Stereo::from_bytes(&tag(1, 0)[..7]), None);
    }
}
