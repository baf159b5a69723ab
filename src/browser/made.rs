//! A film's small picture, made of the film.

use std::path::Path;

use super::model::Small;
use crate::film::small_picture;
use crate::location::Location;
use crate::media::{CacheOptions, MediaError, Memory, Reading, Source, SourceOptions, StopFlag};
use crate::time::Time;

/// Of a file of the cache, in pixels a side.
const LARGE: u32 = 256;
/// Of what is shown, in pixels.
const SHOWN: [u32; 2] = [160, 90];
/// Where in a film its picture is taken.
const PLACE: f64 = 0.2;
/// One picture takes so much memory at most.
const MEMORY: Memory = Memory(256 << 20);

/// A picture of the file, where it has one, and its length, where it has one. Waits for the disk and for decoders; `stop` ends that.
///
/// # Errors
/// It cannot be opened or decoded.
pub(super) fn make(path: &Path, stop: StopFlag) -> Result<(Option<Small>, Option<Time>), MediaError> {
    let reading = Reading { most_memory: MEMORY, ..Reading::default() };
    let options =
        SourceOptions { stop, reading, quiet: true, cache: CacheOptions::NOTHING, ..SourceOptions::default() };
    let mut source = Source::open(Location::File(path.to_owned()), &options)?;
    let info = source.info();
    let duration = info.duration.filter(|duration| *duration > Time::ZERO);
    if info.sound_only && !info.tracks.iter().any(|track| track.cover) {
        return Ok((None, duration));
    }
    if let Some(duration) = duration.filter(|_| info.can_seek && !info.sound_only && !info.is_still) {
        source.seek_near(Time::from_seconds(duration.seconds() * PLACE), 0)?;
    }
    let picture = source.next()?.and_then(|frame| small_picture(&frame.data, [LARGE; 2]));
    Ok((picture.map(|(size, pixels)| Small { size, pixels }), duration))
}

/// The same within what is shown.
pub(super) fn shown(small: &Small) -> Option<Small> {
    let [width, height] = small.size;
    let scale = SHOWN.iter().zip(small.size).map(|(most, side)| f64::from(*most) / f64::from(side.max(1)));
    let scale = scale.fold(1.0, f64::min);
    if scale >= 1.0 {
        return Some(small.clone());
    }
    let size = small.size.map(|side| ((f64::from(side) * scale).round() as u32).max(1));
    let whole = image::RgbaImage::from_raw(width, height, small.pixels.clone())?;
    let pixels = image::imageops::thumbnail(&whole, size[0], size[1]).into_raw();
    Some(Small { size, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_keeps_its_shape() {
        let of = |size: [u32; 2]| {
            let pixels = vec![200; (size[0] * size[1] * 4) as usize];
            shown(&Small { size, pixels }).unwrap().size
        };
        assert_eq!(
            (of([256, 144]), of([256, 108]), of([100, 256]), of([20, 10])),
            ([160, 90], [160, 68], [35, 90], [20, 10])
        );
        assert!(shown(&Small { size: [999, 999], pixels: vec![0; 4] }).is_none());
    }

    #[test]
    fn a_film_gives_a_picture_and_its_length() {
        let film = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4"));
        let (picture, duration) = make(film, StopFlag::default()).unwrap();
        let picture = picture.unwrap();
        assert_eq!((picture.size[0], picture.pixels.len()), (256, 256 * picture.size[1] as usize * 4));
        assert!(duration.unwrap() > Time::from_seconds(1.0));
        assert!(picture.pixels.as_chunks::<4>().0.iter().any(|pixel| pixel[0] > 60), "it is not black");
        assert!(make(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), StopFlag::default()).is_err());
    }
}
