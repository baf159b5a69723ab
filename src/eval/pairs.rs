//! What a folder holds to be scored: stereo pairs, measured disparities and films, by name.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageReader};

use super::EvalError;
use super::view::{Map, Samples};
use crate::location::os_string;
use crate::terminal;
use crate::whole;

/// Extensions of films, lower case.
const FILMS: [&str; 10] = ["mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mpg", "ogv", "h264"];
/// Extensions of pictures.
const PICTURES: [&str; 6] = ["png", "jpg", "jpeg", "webp", "tif", "tiff"];
/// The file that says how many steps of grey a pixel of disparity is.
const SCALES: &str = "scale.csv";

/// Two eyes' pictures, and what is known of their disparity.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Its name, without `_left`, for whoever reads it: fit for a terminal.
    pub name: String,
    /// The same as files have it, of any bytes.
    pub stem: OsString,
    /// The left eye's picture.
    pub left: PathBuf,
    /// The right eye's.
    pub right: PathBuf,
    /// The measured disparity of the left one, where there is such.
    pub truth: Option<Truth>,
}

/// A measured disparity.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// A grey picture of 8 or 16 bits; 0 is unknown.
    pub path: PathBuf,
    /// Steps of grey a pixel of disparity.
    pub scale: f32,
}

impl Truth {
    /// Disparity in pixels, nearer is larger; `None` where unknown.
    pub fn read(&self) -> Result<(Vec<Option<f32>>, [u32; 2]), EvalError> {
        let picture = open(&self.path)?;
        // A step of an 8-bit picture is 257 of its 16-bit twin.
        let step = if picture.color().bytes_per_pixel() == picture.color().channel_count() { 257.0 } else { 1.0 };
        let grey = picture.to_luma16();
        let disparity = |value: u16| (value > 0).then(|| f32::from(value) / step / self.scale);
        Ok((grey.pixels().map(|pixel| disparity(pixel.0[0])).collect(), [grey.width(), grey.height()]))
    }
}

/// What there is to score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Stereo pairs, by name.
    pub pairs: Vec<Pair>,
    /// Films, by name.
    pub films: Vec<PathBuf>,
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    extensions.contains(&extension.as_str())
}

/// Whether its name is a film's.
pub fn is_film(path: &Path) -> bool {
    has_extension(path, &FILMS)
}

/// Whether its name is a picture's.
pub fn is_picture(path: &Path) -> bool {
    has_extension(path, &PICTURES)
}

fn open(path: &Path) -> Result<DynamicImage, EvalError> {
    let unreadable = |reason: String| EvalError::Picture { path: path.to_owned(), reason };
    let reader = ImageReader::open(path).map_err(|error| unreadable(error.to_string()))?;
    reader.decode().map_err(|error| unreadable(error.to_string()))
}

/// A picture of R'G'B' samples.
pub fn read_picture(path: &Path) -> Result<Samples, EvalError> {
    let picture = open(path)?.to_rgb8();
    Ok(Samples { size: [picture.width(), picture.height()], values: picture.into_raw() })
}

/// A grey picture of a disparity, brighter is nearer.
pub fn read_grey(path: &Path) -> Result<Map, EvalError> {
    let picture = open(path)?.to_luma32f();
    Ok(Map { size: [picture.width(), picture.height()], values: picture.into_raw() })
}

/// What lies in `folder`: `NAME_left.EXT` with `NAME_right.EXT` and perhaps `NAME_disp.png`, or, as Middlebury names them, `NAME_viewA.EXT`
/// with `NAME_viewB.EXT` (A < B) and `NAME_dispA.png`; films are whatever has a film's extension.
pub fn find(folder: &Path) -> Result<Found, EvalError> {
    let unreadable = |reason: std::io::Error| EvalError::Folder { path: folder.to_owned(), reason: reason.to_string() };
    let mut stems: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    let mut found = Found::default();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // A pipe in a folder is none of its films: it would be waited for.
        if !path.is_file() {
            continue;
        }
        if is_film(&path) {
            found.films.push(path);
        } else if is_picture(&path)
            && let Some(stem) = path.file_stem()
        {
            stems.insert(stem.to_owned(), path);
        }
    }
    found.films.sort();
    let scales = read_scales(&folder.join(SCALES))?;
    let scale = |stem: &OsStr| scales.get(stem.to_string_lossy().as_ref()).copied().unwrap_or(1.0);
    let with = |stem: &OsStr, end: &str| stems.get(&with_end(stem, end)).cloned();
    let pair = |stem: OsString, left: &Path, right: &Path, end: &str| Pair {
        name: terminal::escaped(&stem.to_string_lossy()).into_owned(),
        left: left.to_owned(),
        right: right.to_owned(),
        truth: with(&stem, end).map(|path| Truth { path, scale: scale(&stem) }),
        stem,
    };
    let mut views: BTreeMap<OsString, Vec<(u32, &PathBuf)>> = BTreeMap::new();
    for (whole, path) in &stems {
        let bytes = whole.as_encoded_bytes();
        if let Some(stem) = bytes.strip_suffix(b"_left").and_then(|stem| os_string(stem.to_vec())) {
            let right = with(&stem, "_right").ok_or_else(|| EvalError::NoRight { left: path.clone() })?;
            found.pairs.push(pair(stem, path, &right, "_disp"));
        } else if let Some((stem, number)) = view(bytes) {
            views.entry(stem).or_default().push((number, path));
        }
    }
    for (stem, mut views) in views {
        views.sort();
        if let [(number, left), .., (_, right)] = &views[..] {
            found.pairs.push(pair(stem, left, right, &format!("_disp{number}")));
        }
    }
    found.pairs.sort_by(|a, b| a.stem.cmp(&b.stem));
    if found.pairs.is_empty() && found.films.is_empty() {
        return Err(EvalError::Nothing { path: folder.to_owned() });
    }
    Ok(found)
}

/// `stem` and what its name ends in.
pub fn with_end(stem: &OsStr, end: &str) -> OsString {
    let mut whole = stem.to_owned();
    whole.push(end);
    whole
}

/// `NAME` and the number of `NAME_viewNUMBER`.
fn view(whole: &[u8]) -> Option<(OsString, u32)> {
    const MARK: &[u8] = b"_view";
    let at = whole.windows(MARK.len()).rposition(|part| part == MARK)?;
    let number = std::str::from_utf8(&whole[at + MARK.len()..]).ok()?.parse().ok()?;
    Some((os_string(whole[..at].to_vec())?, number))
}

/// A list of lines beside pairs and films.
pub(super) fn read_list(path: &Path) -> std::io::Result<String> {
    String::from_utf8(whole::read(path, 16 << 20)?).map_err(|_| std::io::Error::other("it is no text in UTF-8"))
}

/// Lines `name,scale`; a first line of words is passed over. No file: no scales.
fn read_scales(path: &Path) -> Result<BTreeMap<String, f32>, EvalError> {
    let text = match read_list(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(EvalError::Folder { path: path.to_owned(), reason: error.to_string() }),
    };
    let mut scales = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || EvalError::Scale { path: path.to_owned(), line: number + 1 };
        let (name, scale) = line.split_once(',').ok_or_else(wrong)?;
        match scale.trim().parse::<f32>() {
            Ok(scale) if scale.is_finite() && scale > 0.0 => drop(scales.insert(name.trim().to_owned(), scale)),
            Err(_) if number == 0 => {}
            _ => return Err(wrong()),
        }
    }
    Ok(scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &Found) -> Vec<&str> {
        found.pairs.iter().map(|pair| pair.name.as_str()).collect()
    }

    #[test]
    fn pairs_are_found_under_both_kinds_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        let files = [
            "a_left.png",
            "a_right.jpg",
            "a_disp.png",
            "b_view2.png",
            "b_view6.png",
            "b_disp2.png",
            "b_disp6.png",
            "film.MKV",
            "x.txt",
        ];
        files.iter().for_each(|name| touch(name));
        std::fs::write(folder.path().join("scale.csv"), "name,scale\na,16\n\nb,4.5\n").unwrap();
        let found = find(folder.path()).unwrap();
        assert_eq!(names(&found), ["a", "b"]);
        assert!(found.pairs[0].right.ends_with("a_right.jpg") && found.pairs[1].right.ends_with("b_view6.png"));
        let truth = |at: usize| found.pairs[at].truth.clone().unwrap();
        assert_eq!([truth(0).scale, truth(1).scale], [16.0, 4.5]);
        assert!(truth(1).path.ends_with("b_disp2.png"));
        assert_eq!(found.films.len(), 1);
        std::fs::remove_file(folder.path().join("a_right.jpg")).unwrap();
        assert!(matches!(find(folder.path()), Err(EvalError::NoRight { .. })));
    }

    #[test]
    fn broken_scales_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scale.csv");
        for (text, line) in [("a,4\nb,zero\n", 2), ("a,4\nb\n", 2), ("a,0\n", 1), ("a,-3\n", 1), ("n,s\na,nan\n", 2)] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(read_scales(&path), Err(EvalError::Scale { line: at, .. }) if at == line), "{text}");
        }
    }

    #[test]
    fn disparities_are_read_in_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.png");
        image::GrayImage::from_raw(3, 1, vec![0, 40, 200]).unwrap().save(&path).unwrap();
        let read = |path: &Path| Truth { path: path.to_owned(), scale: 4.0 }.read().unwrap();
        assert_eq!(read(&path), (vec![None, Some(10.0), Some(50.0)], [3, 1]));
        ImageBuffer16::from_raw(2, 1, vec![0, 1000]).unwrap().save(&path).unwrap();
        assert_eq!(read(&path), (vec![None, Some(250.0)], [2, 1]));
    }

    type ImageBuffer16 = image::ImageBuffer<image::Luma<u16>, Vec<u16>>;
}
