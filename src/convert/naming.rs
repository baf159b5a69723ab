//! What an input is and what its file is called.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::location::Location;
use crate::media::encode::{Container, StillFormat};
use crate::media::{Holds, glance};
use crate::sink::layout::Layout;

/// What an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A film.
    Film(Container),
    /// A picture: of a film, the first one written.
    Picture(StillFormat),
    /// A film of depth.
    Depth,
}

/// What a file's extension stands for.
pub(super) fn kind_of(path: &Path) -> Option<Kind> {
    let extension = path.extension()?.to_str()?;
    let film = Container::from_extension(extension).map(Kind::Film);
    film.or_else(|| StillFormat::from_extension(extension).map(Kind::Picture))
}

/// The file in `folder` that `input`, which is what `holds` says, becomes: its own name with the layout's ending.
pub(super) fn name_in(folder: &Path, input: &Location, holds: Holds, layout: Layout) -> PathBuf {
    let name = Path::new(input.file_name().unwrap_or_default());
    let stem = name.file_stem().unwrap_or(OsStr::new("film"));
    let extension = extension(input);
    let extension = match () {
        () if layout == Layout::Wiggle => "gif",
        () if holds != Holds::Film => match StillFormat::from_extension(&extension) {
            // The depth of design: 16 bits, where the input's format leaves the choice to us.
            Some(StillFormat::Tiff) => &extension,
            Some(format) if layout != Layout::Depth && layout.allows_still(format) => &extension,
            // A photo under another name (.jfif, .jpe, .mpo) stays one.
            None if layout != Layout::Depth && layout.allows_still(StillFormat::Jpeg) && holds == Holds::Photo => "jpg",
            _ => "png",
        },
        () if Container::from_extension(&extension).is_some() => &extension,
        () => "mkv",
    };
    let mut file = stem.to_owned();
    file.push(format!("{}.{extension}", layout.suffix()));
    folder.join(file)
}

/// What its name ends in, in small letters; empty where there is none.
fn extension(input: &Location) -> String {
    let extension = input.file_name().and_then(|name| Path::new(name).extension());
    extension.map_or_else(String::new, |extension| extension.to_string_lossy().to_ascii_lowercase())
}

/// What an input is: by its first bytes where it is a file that has some, else by its name.
pub(super) fn holds(input: &Location) -> Holds {
    const MORE: [&str; 10] = ["pgm", "ppm", "pnm", "pbm", "tga", "avif", "heic", "jxl", "jp2", "exr"];
    let by_name = || {
        let extension = extension(input);
        match StillFormat::from_extension(&extension) {
            // As often a short film.
            Some(StillFormat::Gif) => Holds::Film,
            Some(_) => Holds::Picture,
            None if MORE.contains(&extension.as_str()) => Holds::Picture,
            None => Holds::Film,
        }
    };
    glance(input).unwrap_or_else(by_name)
}
