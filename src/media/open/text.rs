//! What is read whole: small texts that a film consists of, or names.

use std::ffi::{CString, c_int};
use std::ptr;
use std::sync::Arc;

use ffmpeg_next::ffi::{self, AVIOContext};

use super::stream::Bytes;
use super::{Opener, address};
use crate::location::Location;
use crate::media::interrupt::Watch;
use crate::media::remote_options::RemoteOptions;
use crate::media::version::text;

/// Reads the texts of one film, under the rules that count for all that it names.
pub(in crate::media) struct Texts {
    opener: Opener,
}

/// A text, and where it was found.
pub(in crate::media) struct Found {
    pub(in crate::media) text: String,
    /// Where the server has sent elsewhere, that.
    pub(in crate::media) address: String,
}

impl Texts {
    /// Those of the film at `location`, with the patience that `watch` allows.
    pub(in crate::media) fn new(location: &Location, watch: &Watch, remote: &Arc<RemoteOptions>) -> Self {
        Self { opener: Opener::new(location, watch, remote, None) }
    }

    /// What the film lies in itself, where that is no longer than `most` bytes.
    pub(in crate::media) fn main(&self, most: usize) -> Result<Found, c_int> {
        let location = &self.opener.location;
        let own = CString::new(address(location)).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
        let bytes = self.opener.main_bytes(&own)?;
        let name =
            location.path().map_or_else(|| own.to_string_lossy().into_owned(), |path| path.display().to_string());
        whole(bytes, name, most)
    }

    /// What it names, where that is no longer than `most` bytes.
    pub(in crate::media) fn part(&self, named: &str, most: usize) -> Result<Found, c_int> {
        let url = CString::new(named).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
        whole(self.opener.part_bytes(&url, None)?, named.to_owned(), most)
    }
}

fn whole(mut bytes: Box<dyn Bytes>, name: String, most: usize) -> Result<Found, c_int> {
    let mut read = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        match bytes.read(&mut buffer)? {
            0 => break,
            count => read.extend_from_slice(&buffer[..count]),
        }
        if read.len() > most {
            return Err(ffi::AVERROR(ffi::EFBIG));
        }
    }
    let address = moved_to(bytes.behind()).filter(|_| name.contains("://")).unwrap_or(name);
    Ok(Found { text: String::from_utf8_lossy(&read).into_owned(), address })
}

/// Where a server has sent to.
fn moved_to(context: *mut AVIOContext) -> Option<String> {
    let mut value = ptr::null_mut();
    if context.is_null() {
        return None;
    }
    // SAFETY: the context is open; FFmpeg gives a text of its own allocator, or nothing.
    unsafe {
        let flags = ffi::AV_OPT_SEARCH_CHILDREN as c_int;
        if ffi::av_opt_get(context.cast(), c"location".as_ptr(), flags, &mut value) < 0 || value.is_null() {
            return None;
        }
        let address = text(value.cast());
        ffi::av_free(value.cast());
        (!address.is_empty()).then_some(address)
    }
}
