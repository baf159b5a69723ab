//! What a list may lead to: less than a user may, as whoever has written it need not be the user.

use super::entry::Entry;
use super::error::ListError;
use crate::location::Location;

/// Addresses that a list may name; a user may name others.
const ADDRESSES: [&str; 8] = ["http", "https", "rtsp", "rtsps", "rtp", "udp", "tcp", "tls"];

/// Whether `entry` may be opened by those that have named it: a user may name everything; a list on this machine its regular files, its folders and addresses;
/// a list that came over a network, or was named by one, addresses alone. What stands at a path is looked at, so this may wait for a disk.
///
/// # Errors
/// It may not, with the cure.
pub(super) fn check(entry: &Entry) -> Result<(), ListError> {
    if entry.is_own() {
        return Ok(());
    }
    let remote = entry.from.iter().any(Location::is_remote);
    let of = if remote { "from a network" } else { "in a file" };
    let refused = |what| Err(ListError::NotAllowed { entry: entry.location.to_string(), of, what });
    match &entry.location {
        Location::Stdin => refused("standard input"),
        Location::Url(url) => {
            let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
            let known = ADDRESSES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
            if known { Ok(()) } else { refused("such an address") }
        }
        Location::File(_) if remote => refused("a file of this machine"),
        Location::File(path) => match path.metadata() {
            // What is not there is told when it is opened.
            Err(_) => Ok(()),
            Ok(metadata) if metadata.is_file() || metadata.is_dir() => Ok(()),
            Ok(_) => refused("a device or a pipe"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_leads_no_farther_than_it_may() {
        let may = |lists: &[&str], entry: &str| {
            let mut at = None::<Entry>;
            for name in lists.iter().chain([&entry]) {
                at = Some(at.map_or_else(|| Entry::new(*name), |list| list.names(Location::of(*name))));
            }
            check(&at.unwrap()).is_ok()
        };
        for own in ["-", "/dev/zero", "srt://h:1", "a.mkv"] {
            assert!(may(&[], own), "{own}");
        }
        let local = ["/tmp/a.m3u"];
        for (entry, allowed) in [
            ("/tmp", true),
            ("/etc/passwd", true),
            ("/nowhere/a.mkv", true),
            ("https://h/a", true),
            ("RTSP://h/a", true),
            ("-", false),
            ("/dev/zero", false),
            ("srt://h:1", false),
            ("ytdl://x", false),
            ("smb://h/a", false),
        ] {
            assert_eq!(may(&local, entry), allowed, "{entry}");
        }
        let remote = ["/tmp/a.m3u", "http://h/a.m3u"];
        for (entry, allowed) in [
            ("http://h/a", true),
            ("/tmp", false),
            ("file:///etc/passwd", false),
            ("/nowhere/a.mkv", false),
            ("-", false),
        ] {
            assert_eq!(may(&remote, entry), allowed, "{entry}");
            assert_eq!(may(&[&remote[..], &["https://h/b.pls"]].concat(), entry), allowed, "{entry}");
        }
    }
}
