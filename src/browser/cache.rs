//! Thumbnails on the disk, by the rules that all desktops share (freedesktop.org's Thumbnail Managing Standard 0.9): others' are read, ours are for others.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::model::Small;
use super::places;
use super::uri;
use crate::time::Time;
use crate::whole;

/// Where thumbnails lie, the best first: large ones have at most 256 pixels a side, normal ones 128.
const SIZES: [&str; 4] = ["large", "x-large", "xx-large", "normal"];
/// No thumbnail's file is larger, in bytes.
const LARGEST: u64 = 8 << 20;
/// Where it is noted of which files none could be made.
const FAILED: &str = concat!("fail/deep3d-", env!("CARGO_PKG_VERSION"));
const SOFTWARE: &str = "deep3d";

/// What is known of a file from its thumbnail.
#[derive(Debug, PartialEq)]
pub(super) enum Known {
    /// It looks so, and is so long where that is noted.
    Picture(Small, Option<Time>),
    /// None could be made.
    Failed,
}

/// The user's thumbnails.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// A file as its thumbnails know it.
#[derive(Debug, Clone)]
pub(super) struct Original {
    uri: String,
    /// Of its last change, in seconds since 1970.
    modified: u64,
    name: String,
}

impl Original {
    /// Of the file at `path`. Waits for the disk.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let modified = path.metadata()?.modified()?;
        let modified = modified.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let uri = uri::of(&std::path::absolute(path)?);
        let name = format!("{:x}.png", md5::compute(&uri));
        Ok(Self { uri, modified, name })
    }
}

impl Cache {
    /// The user's; none where there is no home.
    pub(super) fn of_user() -> Option<Self> {
        let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let caches = named.or_else(|| Some(places::home()?.join(".cache")))?;
        Some(Self::at(&caches))
    }

    /// That in the folder `caches`.
    pub(super) fn at(caches: &Path) -> Self {
        Self { folder: caches.join("thumbnails") }
    }

    /// Whether the file is itself a thumbnail, of which none is made.
    pub(super) fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.folder)
    }

    /// What is known of a file.
    pub(super) fn read(&self, original: &Original) -> Option<Known> {
        let found = SIZES.iter().find_map(|size| read(&self.folder.join(size).join(&original.name), original));
        match found {
            Some((picture, duration)) => Some(Known::Picture(picture, duration)),
            None => read(&self.folder.join(FAILED).join(&original.name), original).map(|_| Known::Failed),
        }
    }

    /// Notes what a file looks like (at most 256 pixels a side), and how long it is.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn write(&self, original: &Original, picture: &Small, duration: Option<Time>) -> io::Result<()> {
        self.note("large", original, picture, duration)
    }

    /// Notes that none could be made of it.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn write_failure(&self, original: &Original) -> io::Result<()> {
        self.note(FAILED, original, &Small { size: [1, 1], pixels: vec![0; 4] }, None)
    }

    fn note(&self, size: &str, original: &Original, picture: &Small, duration: Option<Time>) -> io::Result<()> {
        let folder = self.folder.join(size);
        make_private(&folder)?;
        // Nobody reads half a thumbnail: it gets its name when it is whole.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{}.{}-{number}.part", original.name, std::process::id()));
        let written = encode(&temporary, original, picture, duration)
            .and_then(|()| fs::rename(&temporary, folder.join(&original.name)));
        if written.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

/// A folder for the user alone, with those above it.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn encode(file: &Path, original: &Original, picture: &Small, duration: Option<Time>) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::new(options.open(file)?);
    let [width, height] = picture.size;
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut texts = vec![
        ("Thumb::URI", original.uri.clone()),
        ("Thumb::MTime", original.modified.to_string()),
        ("Software", SOFTWARE.to_owned()),
    ];
    texts.extend(duration.map(|duration| ("Thumb::Movie::Length", format!("{:.0}", duration.seconds()))));
    for (keyword, text) in texts {
        encoder.add_text_chunk(keyword.to_owned(), text)?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    out.flush()
}

/// The thumbnail in `file`, where it is one of `original` as that is now.
fn read(file: &Path, original: &Original) -> Option<(Small, Option<Time>)> {
    let bytes = whole::read(file, LARGEST).ok()?;
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: LARGEST as usize });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let size = reader.output_buffer_size().filter(|size| *size as u64 <= LARGEST)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).ok()?;
    // Texts may stand behind the picture.
    reader.finish().ok()?;
    let text = |keyword: &str| {
        let info = reader.info();
        let plain =
            info.uncompressed_latin1_text.iter().find(|text| text.keyword == keyword).map(|text| text.text.clone());
        plain.or_else(|| info.utf8_text.iter().find(|text| text.keyword == keyword)?.get_text().ok())
    };
    if text("Thumb::URI")? != original.uri || text("Thumb::MTime")?.trim().parse() != Ok(original.modified) {
        return None;
    }
    let length = text("Thumb::Movie::Length").and_then(|length| length.trim().parse::<f64>().ok());
    let length = length.filter(|length| *length > 0.0 && *length < 1e7).map(Time::from_seconds);
    pixels.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        png::ColorType::Rgba => pixels,
        png::ColorType::Rgb => pixels.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        png::ColorType::Grayscale => pixels.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        png::ColorType::GrayscaleAlpha => {
            pixels.as_chunks::<2>().0.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]).collect()
        }
        png::ColorType::Indexed => return None,
    };
    let small = Small { size: [frame.width, frame.height], pixels };
    let whole = small.size.iter().map(|side| *side as usize).product::<usize>() * 4;
    (small.pixels.len() == whole && whole > 0).then_some((small, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Small {
        Small { size: [4, 2], pixels: (0..32).collect() }
    }

    #[test]
    fn what_is_noted_is_found_until_the_file_changes() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::at(temporary.path());
        let film = temporary.path().join("a film.mkv");
        fs::write(&film, "x").unwrap();
        let original = Original::of(&film).unwrap();
        assert_eq!(cache.read(&original), None);
        cache.write(&original, &picture(), Some(Time::from_seconds(90.0))).unwrap();
        assert_eq!(cache.read(&original), Some(Known::Picture(picture(), Some(Time::from_seconds(90.0)))));
        let file = temporary.path().join("thumbnails/large").join(&original.name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing half-written is left");
        let changed = Original { modified: original.modified + 1, ..original.clone() };
        assert_eq!(cache.read(&changed), None);
        cache.write_failure(&changed).unwrap();
        assert_eq!(cache.read(&changed), Some(Known::Failed));
        // Another's of the same name is not believed.
        let other = Original { uri: "file:///other".to_owned(), ..original.clone() };
        assert_eq!(cache.read(&other), None);
        // Neither is what is damaged, cut off or no file.
        let bytes = fs::read(&file).unwrap();
        for length in (0..bytes.len()).step_by(7) {
            fs::write(&file, &bytes[..length]).unwrap();
            assert!(cache.read(&original).is_none(), "{length}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            fs::write(&file, &damaged).unwrap();
            let _ = cache.read(&original);
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert_eq!(cache.read(&original), None);
        assert!(cache.write(&original, &picture(), None).is_err());
        assert!(cache.has(&file) && !cache.has(&film));
    }
}
