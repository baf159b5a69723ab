//! A file's address as other programs write it, so that thumbnails are found by all of them.

use std::path::Path;

/// What stands for itself in a path, besides letters and digits: as GLib has it.
const PLAIN: &[u8] = b"!$&'()*+,-./:=@_~";

/// The `file:` address of an absolute path.
pub(super) fn of(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || PLAIN.contains(byte) => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_thumbnail_specification() {
        assert_eq!(of(Path::new("/home/jens/photos/me.png")), "file:///home/jens/photos/me.png");
        // Its own example.
        let name = format!("{:x}", md5::compute(of(Path::new("/home/jens/photos/me.png"))));
        assert_eq!(name, "c6ee772d9e49320e97ec29a7eb5b1697");
        assert_eq!(of(Path::new("/a b/ä#?;[1]%.mkv")), "file:///a%20b/%C3%A4%23%3F%3B%5B1%5D%25.mkv");
    }
}
