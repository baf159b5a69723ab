//! What a file is by its name: which files of a folder are played.

use std::path::Path;

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Moving pictures.
    Film,
    /// Sound alone.
    Sound,
    /// A picture.
    Picture,
}

/// Ends of names, without the dot.
const FILMS: &[&str] = &[
    "3g2", "3gp", "asf", "avi", "divx", "dv", "evo", "f4v", "flv", "h264", "h265", "hevc", "ivf", "m2t", "m2ts", "m2v",
    "m4v", "mj2", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg", "mts", "mxf", "nut", "ogm", "ogv", "rm", "rmvb", "tod",
    "ts", "vob", "webm", "wmv", "wtv", "y4m",
];
const SOUNDS: &[&str] = &[
    "aac", "ac3", "aif", "aiff", "alac", "ape", "au", "dts", "eac3", "flac", "m4a", "mka", "mp2", "mp3", "mpc", "oga",
    "ogg", "opus", "tak", "thd", "tta", "wav", "weba", "wma", "wv",
];
const PICTURES: &[&str] = &[
    "apng", "avif", "bmp", "dds", "exr", "gif", "heic", "heif", "hdr", "j2k", "jp2", "jpe", "jpeg", "jpg", "jxl",
    "png", "pnm", "ppm", "psd", "qoi", "tga", "tif", "tiff", "webp",
];

/// What a file of this name is; none where it is nothing that is played.
pub fn kind_of(path: &Path) -> Option<Kind> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    let all = [(FILMS, Kind::Film), (SOUNDS, Kind::Sound), (PICTURES, Kind::Picture)];
    all.into_iter().find(|(ends, _)| ends.contains(&end.as_str())).map(|(_, kind)| kind)
}

/// Whether a file or folder is left out of folders: its name begins with a dot.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().first() == Some(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_it_is() {
        for (name, kind) in [
            ("a.MKV", Some(Kind::Film)),
            ("a.b/c.flac", Some(Kind::Sound)),
            ("a.Jpg", Some(Kind::Picture)),
            ("a.txt", None),
            ("mkv", None),
            (".mkv", None),
            ("a.srt", None),
        ] {
            assert_eq!(kind_of(Path::new(name)), kind, "{name}");
        }
        assert!(is_hidden(Path::new("a/.b")) && !is_hidden(Path::new(".a/b")));
    }
}
