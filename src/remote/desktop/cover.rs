//! The picture of a film that lies beside it.

use std::path::{Path, PathBuf};

use crate::location::Location;
use crate::memory::name_of;

/// What pictures beside films are called, besides the film's own name.
const NAMES: [&str; 5] = ["cover", "folder", "poster", "Cover", "Folder"];
const ENDINGS: [&str; 3] = ["jpg", "png", "jpeg"];

/// The address of the picture that belongs to the film at `path`, if there is one.
pub(super) fn cover_of(path: &str) -> Option<String> {
    let location = Location::of(path);
    let film = location.path()?;
    let folder = film.parent().unwrap_or(Path::new("."));
    let own = |ending: &&str| film.with_extension(ending);
    let usual = NAMES.iter().flat_map(|name| ENDINGS.iter().map(move |ending| folder.join(format!("{name}.{ending}"))));
    let found: PathBuf = ENDINGS.iter().map(own).chain(usual).find(|path| path != film && path.is_file())?;
    name_of(&Location::File(found))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_films_own_picture_goes_before_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("a film.mkv");
        let found = || cover_of(film.to_str().unwrap());
        assert_eq!(found(), None);
        fs::write(folder.path().join("folder.png"), "").unwrap();
        assert!(found().unwrap().ends_with("/folder.png"));
        fs::write(folder.path().join("a film.jpg"), "").unwrap();
        assert!(found().unwrap().starts_with("file:///") && found().unwrap().ends_with("/a%20film.jpg"));
        assert_eq!(cover_of("https://example.org/a.mkv"), None);
        assert_eq!(cover_of(folder.path().join("folder.png").to_str().unwrap()), None, "a picture is not its own");
    }
}
