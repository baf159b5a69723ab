//! The places that are offered: the home folder, those of films and sounds, and disks.

use std::env;
use std::path::{Path, PathBuf};

use super::model::{Place, PlaceItem};
use crate::whole;

/// No such file is larger, in bytes.
const LARGEST: u64 = 1 << 20;
/// Disks that are offered at most.
const MOST: usize = 16;

/// What is offered now. Reads two small files of this machine.
pub(super) fn all() -> Vec<PlaceItem> {
    let mut places = vec![PlaceItem { name: "Recent".to_owned(), place: Place::Recent }];
    let mut add = |name: &str, folder: PathBuf| {
        let place = Place::Folder(folder);
        if !places.iter().any(|known| known.place == place) {
            places.push(PlaceItem { name: name.to_owned(), place });
        }
    };
    if let Some(home) = home() {
        let config = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let file = config.unwrap_or_else(|| home.join(".config")).join("user-dirs.dirs");
        let text = whole::read(&file, LARGEST).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.unwrap_or_default();
        add("Home", home.clone());
        for (key, name, usual) in [
            ("VIDEOS", "Videos", "Videos"),
            ("MUSIC", "Music", "Music"),
            ("PICTURES", "Pictures", "Pictures"),
            ("DOWNLOAD", "Downloads", "Downloads"),
        ] {
            let folder = user_folder(&text, key, &home).unwrap_or_else(|| home.join(usual));
            // One that is the home folder itself is none.
            if folder != home {
                add(name, folder);
            }
        }
    }
    if cfg!(target_os = "linux") {
        let mounted = whole_of_proc("/proc/self/mountinfo");
        disks(&mounted).into_iter().take(MOST).for_each(|(name, folder)| add(&name, folder));
        add("Computer", PathBuf::from("/"));
    }
    places
}

pub(super) fn home() -> Option<PathBuf> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    env::var_os(variable).map(PathBuf::from).filter(|home| home.is_absolute())
}

/// Files of the kernel have no length.
fn whole_of_proc(file: &str) -> String {
    std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// `XDG_VIDEOS_DIR="$HOME/Videos"` of `user-dirs.dirs`.
fn user_folder(text: &str, key: &str, home: &Path) -> Option<PathBuf> {
    let key = format!("XDG_{key}_DIR=");
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix(&key))?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    let folder = match value.strip_prefix("$HOME") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(value),
    };
    folder.is_absolute().then_some(folder)
}

/// The disks of people in a `mountinfo`: those below the folders in which systems put what is plugged in, and what is mounted over a network.
fn disks(mountinfo: &str) -> Vec<(String, PathBuf)> {
    let disk = |line: &str| {
        // 36 35 98:0 /root /mount/point options … - type source …
        let (mount, rest) = line.split_once(" - ")?;
        let place = mount.split(' ').nth(4).map(unescaped)?;
        let kind = rest.split(' ').next()?;
        let path = PathBuf::from(&place);
        let plugged = ["/media/", "/run/media/", "/mnt/", "/Volumes/"].iter().any(|above| place.starts_with(above));
        let plugged = plugged || place == "/mnt";
        let remote =
            kind.starts_with("nfs") || ["cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p", "virtiofs"].contains(&kind);
        let system = ["/proc", "/sys", "/dev", "/boot", "/snap"].iter().any(|own| place.starts_with(own));
        let name = path.file_name()?.to_string_lossy().into_owned();
        ((plugged || remote) && !system).then_some((name, path))
    };
    mountinfo.lines().filter_map(disk).collect()
}

/// Blanks in it are written in octal digits.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'\\').then(|| after.get(..3)).flatten();
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_folders_are_where_the_desktop_has_them() {
        let text =
            "# a remark\nXDG_VIDEOS_DIR=\"$HOME/Filme\"\nXDG_MUSIC_DIR=\"/data/music\"\nXDG_PICTURES_DIR=\"nowhere\"\n";
        let of = |key| user_folder(text, key, Path::new("/home/me"));
        assert_eq!(of("VIDEOS"), Some(PathBuf::from("/home/me/Filme")));
        assert_eq!(of("MUSIC"), Some(PathBuf::from("/data/music")));
        assert_eq!((of("PICTURES"), of("DOWNLOAD")), (None, None));
    }

    #[test]
    fn disks_are_those_that_people_plug_in_or_share() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
                      30 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      31 1 8:17 / /run/media/me/USB\\040STICK rw,nosuid shared:5 - vfat /dev/sdb1 rw\n\
                      32 1 0:50 / /srv/films rw - nfs4 server:/films rw\n\
                      33 1 8:2 / /home rw - ext4 /dev/sda2 rw\n\
                      nonsense\n34 - x";
        let found = disks(mounts);
        assert_eq!(
            found,
            [
                ("USB STICK".to_owned(), PathBuf::from("/run/media/me/USB STICK")),
                ("films".to_owned(), PathBuf::from("/srv/films"))
            ]
        );
        assert!(all().iter().any(|place| place.place == Place::Recent));
    }
}
