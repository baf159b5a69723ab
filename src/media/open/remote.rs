//! What comes over the network, by FFmpeg's protocols. A connection that breaks is made again, ever more slowly.

use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ffmpeg_next::ffi::{self, AVIOContext};
use ffmpeg_next::{Dictionary, DictionaryRef};

use super::pace::{Pace, Patience, WORTH};
use super::protocol;
use super::stream::Bytes;
use super::whitelist::REMOTE;
use crate::media::error::{self, MediaError};
use crate::media::interrupt::Watch;
use crate::media::remote_options::RemoteOptions;
use crate::media::version::text;

/// How long a connection may bring nothing before another one is made.
const SILENCE: Duration = Duration::from_secs(15);

/// What a refused connection means.
pub(super) fn reason(code: c_int) -> String {
    match code {
        // FFmpeg's protocols have no better words for these.
        ffi::AVERROR_EOF => "the server ends without an answer".to_owned(),
        code if code == ffi::AVERROR(ffi::EINVAL) => {
            "the server's answer makes no sense, or leads to another kind of address".to_owned()
        }
        code if code == ffi::AVERROR(ffi::EIO) => {
            "the server sends elsewhere again and again, or ends in mid-answer".to_owned()
        }
        code => error::reason(code),
    }
}

/// What connections need, and share with the others of the same source.
pub(super) struct Line {
    /// What the user named.
    pub(super) location: String,
    pub(super) watch: Watch,
    pub(super) options: Arc<RemoteOptions>,
    pub(super) pace: Arc<Pace>,
    /// What servers gave to be given back to them.
    pub(super) cookies: Arc<Mutex<Option<String>>>,
}

unsafe extern "C" fn must_end(watch: *mut c_void) -> c_int {
    // SAFETY: it is the line's watch, which outlives the connection.
    unsafe { (*watch.cast::<Watch>()).must_end().into() }
}

/// One address.
pub(super) struct Remote {
    line: Box<Line>,
    url: CString,
    protocols: &'static str,
    options: Dictionary<'static>,
    /// Where the wanted range begins.
    first: u64,
    /// The whole of an address over HTTP: it can be asked for from any place.
    resumable: bool,
    context: *mut AVIOContext,
    place: u64,
    size: Option<u64>,
    /// Bytes since the connection was made; the pace has been told when they are enough.
    brought: u64,
    patience: Patience,
    /// It is given up until another place is wanted.
    broken: Option<c_int>,
    /// Reading was interrupted: what comes next needs another connection.
    interrupted: bool,
}

// SAFETY: FFmpeg's context is bound to no thread, and only this owns it.
unsafe impl Send for Remote {}

impl Remote {
    /// Connects. `options` are what the demuxer wants of the protocol.
    pub(super) fn open(
        line: Line,
        url: CString,
        protocols: &'static str,
        options: Option<DictionaryRef<'_>>,
    ) -> Result<Self, c_int> {
        let mut own = Dictionary::new();
        for (key, value) in options.iter().flat_map(|options| options.iter()) {
            own.set(key, value);
        }
        let asked = own.get("offset").and_then(|offset| offset.parse().ok());
        let http = url.as_bytes().starts_with(b"http://") || url.as_bytes().starts_with(b"https://");
        let mut remote = Self {
            line: Box::new(line),
            url,
            protocols,
            options: own,
            first: asked.unwrap_or(0),
            resumable: http,
            context: ptr::null_mut(),
            place: 0,
            size: None,
            brought: 0,
            patience: Patience::default(),
            broken: None,
            interrupted: false,
        };
        remote.connect()?;
        Ok(remote)
    }

    /// Makes a connection for what comes at `place`.
    fn connect(&mut self) -> Result<(), c_int> {
        self.disconnect();
        self.interrupted = true;
        let wait = if self.protocols == REMOTE { self.line.pace.take() } else { Duration::ZERO };
        if !self.line.watch.wait(wait) {
            return Err(ffi::AVERROR_EXIT);
        }
        let mut options = Dictionary::new();
        for (key, value) in protocol::options(&self.line.options) {
            options.set(key, &value);
        }
        for (key, value) in self.options.iter() {
            options.set(key, value);
        }
        options.set("protocol_whitelist", self.protocols);
        let silence = SILENCE.min(self.line.options.timeout);
        options.set("rw_timeout", &silence.as_micros().to_string());
        if let Some(cookies) = self.line.cookies.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
            options.set("cookies", cookies);
        }
        if self.place > 0 {
            options.set("offset", &(self.first + self.place).to_string());
        }
        // SAFETY: FFmpeg fills in the context or leaves it null; what is left of the options is owned again. The watch is in a box, which
        // outlives the context.
        unsafe {
            let watch = ptr::from_ref(&self.line.watch).cast_mut().cast();
            let interrupt = ffi::AVIOInterruptCB { callback: Some(must_end), opaque: watch };
            let mut given = options.disown();
            let flags = ffi::AVIO_FLAG_READ as c_int;
            let code = ffi::avio_open2(&mut self.context, self.url.as_ptr(), flags, &interrupt, &mut given);
            drop(Dictionary::own(given));
            if code < 0 {
                self.context = ptr::null_mut();
                return Err(code);
            }
            self.size = u64::try_from(ffi::avio_size(self.context)).ok().filter(|size| *size > 0);
            if self.whole() {
                // Nothing is buffered yet; from here on FFmpeg counts from the file's beginning.
                (*self.context).pos = self.place.cast_signed();
            }
        }
        self.brought = 0;
        self.interrupted = false;
        self.keep_cookies();
        Ok(())
    }

    fn keep_cookies(&self) {
        let mut value = ptr::null_mut();
        // SAFETY: the context is open; FFmpeg gives a text of its own allocator, or nothing.
        unsafe {
            let flags = ffi::AV_OPT_SEARCH_CHILDREN as c_int;
            if ffi::av_opt_get(self.context.cast(), c"cookies".as_ptr(), flags, &mut value) >= 0 && !value.is_null() {
                let cookies = text(value.cast());
                ffi::av_free(value.cast());
                if !cookies.is_empty() {
                    *self.line.cookies.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookies);
                }
            }
        }
    }

    /// Whether no range was asked for, so that places are the file's own.
    fn whole(&self) -> bool {
        self.first == 0 && self.options.get("end_offset").is_none()
    }

    /// Whether an end may come at any time: the server has not said how much there is.
    fn ends_unsaid(&self) -> bool {
        self.resumable && self.size.is_none() && self.place > 0
    }

    fn disconnect(&mut self) {
        if !self.context.is_null() {
            // SAFETY: the context is this one's own, and not used afterwards.
            unsafe { ffi::avio_close(self.context) };
            self.context = ptr::null_mut();
        }
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, c_int> {
        if self.context.is_null() {
            return Err(ffi::AVERROR(ffi::EIO));
        }
        let size = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: the context is open, the buffer as long as said.
        match unsafe { ffi::avio_read_partial(self.context, buffer.as_mut_ptr(), size) } {
            count @ 1.. => Ok(count as usize),
            0 | ffi::AVERROR_EOF => Ok(0),
            code => Err(code),
        }
    }

    fn note(&mut self, count: usize) {
        let before = self.brought;
        self.place += count as u64;
        self.brought += count as u64;
        if before < WORTH && self.brought >= WORTH {
            self.line.pace.give_back();
            self.patience.renew();
        }
    }

    fn give_up(&mut self, code: c_int, why: String) -> c_int {
        tracing::debug!("{}: {why}", self.url.to_string_lossy());
        let location = self.line.location.clone();
        self.line.watch.lose(match self.protocols {
            REMOTE => MediaError::Network { location, reason: why },
            _ => MediaError::Unreadable { location, reason: why },
        });
        self.broken = Some(code);
        code
    }
}

impl Bytes for Remote {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, c_int> {
        if let Some(code) = self.broken {
            return Err(self.give_up(code, "the connection was lost".to_owned()));
        }
        if self.interrupted {
            self.connect()?;
        }
        loop {
            let result = self.receive(buffer);
            if self.line.watch.must_end() {
                self.interrupted = true;
                return Err(ffi::AVERROR_EXIT);
            }
            let cut = self.size.is_some_and(|size| self.place < size);
            let code = match result {
                Ok(count) if count > 0 => {
                    self.note(count);
                    return Ok(count);
                }
                Ok(_) if !cut => return Ok(0),
                // FFmpeg calls it so where a server ends that has not said how much there is.
                Err(code) if code == ffi::AVERROR(ffi::EIO) && self.ends_unsaid() => return Ok(0),
                Ok(_) => ffi::AVERROR(ffi::EIO),
                Err(code) => code,
            };
            if !(self.resumable && self.whole() && cut) {
                return Err(self.give_up(code, reason(code)));
            }
            let lost = format!("the connection breaks off again and again, at byte {}", self.place);
            loop {
                let Some(wait) = self.patience.next() else { return Err(self.give_up(code, lost)) };
                tracing::debug!(
                    "the connection broke off at byte {} ({}); again in {wait:?}",
                    self.place,
                    reason(code)
                );
                if !self.line.watch.wait(wait) {
                    self.interrupted = true;
                    return Err(ffi::AVERROR_EXIT);
                }
                match self.connect() {
                    Ok(()) => break,
                    Err(ffi::AVERROR_EXIT) => return Err(ffi::AVERROR_EXIT),
                    Err(_) => {}
                }
            }
        }
    }

    fn seek(&mut self, place: u64) -> Result<(), c_int> {
        let target = i64::try_from(place).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
        if place == self.place && self.broken.is_none() && !self.interrupted {
            return Ok(());
        }
        if self.broken.take().is_some() || self.interrupted || self.context.is_null() {
            let before = std::mem::replace(&mut self.place, place);
            self.patience.renew();
            return self.connect().inspect_err(|_| self.place = before);
        }
        // SAFETY: the context is open.
        let reached = unsafe { ffi::avio_seek(self.context, target, ffi::SEEK_SET) };
        if reached < 0 {
            return Err(c_int::try_from(reached).unwrap_or(ffi::AVERROR(ffi::EIO)));
        }
        self.place = place;
        Ok(())
    }

    fn size(&mut self) -> Option<u64> {
        self.size
    }

    fn can_seek(&self) -> bool {
        // SAFETY: the context is open where it is not null.
        self.whole() && !self.context.is_null() && unsafe { (*self.context).seekable } != 0
    }

    fn behind(&self) -> *mut AVIOContext {
        self.context
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.disconnect();
    }
}
