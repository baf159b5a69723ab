//! Opening what a [`Location`] names, for FFmpeg to read, and whatever FFmpeg opens for it in turn.
//!
//! FFmpeg reads through streams of this program ([`stream`]): files and pipes ([`mod@file`]), addresses by FFmpeg's own protocols ([`remote`]).
//! What playlists and the like name comes through here as well, and only if [`whitelist`] has it.

mod cut;
mod file;
mod pace;
mod playlist;
mod protocol;
mod remote;
mod stream;
mod text;
mod whitelist;

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Dictionary, DictionaryRef, ffi};

use super::error::MediaError;
use super::interrupt::Watch;
use super::log::distrust;
use super::remote_options::RemoteOptions;
use super::version;
use crate::location::Location;

use cut::Cut;
use pace::Pace;
pub(super) use pace::Patience;
use playlist::{Finding, Scan};
use remote::{Line, Remote};
use stream::Bytes;
pub(super) use text::Texts;
use whitelist::{Origin, Part};

/// So many files or connections may be opened for one step: opening, reading a packet, a seek.
const MOST_PARTS: u32 = 1000;
/// A playlist may name playlists, and these once more.
const MOST_MASTERS: u32 = 3;
/// How long opening a playlist in a file may take.
const PLAYLIST_LIMIT: Duration = Duration::from_secs(15);

/// What the callbacks of a context need. It outlives the context.
struct Opener {
    location: Location,
    origin: Origin,
    watch: Watch,
    remote: Arc<RemoteOptions>,
    pace: Arc<Pace>,
    /// What servers gave to be given back to them.
    cookies: Arc<Mutex<Option<String>>>,
    /// Playlists of playlists that were read.
    masters: Arc<AtomicU32>,
    /// Playlists begin so many seconds after their own beginning.
    from: Option<f64>,
}

/// The stream that a context reads, which FFmpeg leaves to whoever made it.
struct Own(*mut ffi::AVIOContext);

// SAFETY: a stream is bound to no thread, and this is touched once only: when it is dropped.
unsafe impl Send for Own {}

impl Drop for Own {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the context that read it is closed by now.
            unsafe { stream::close(self.0) };
        }
    }
}

/// Opens a container, with the patience that `watch` allows; tracks are not looked for yet. HLS begins with what is seen `from` seconds after its beginning,
/// where that is given. [`Watch::verdict`] may know more than the code.
pub(super) fn open_input(
    location: &Location,
    watch: &Watch,
    remote: &Arc<RemoteOptions>,
    from: Option<f64>,
) -> Result<Input, c_int> {
    let address = CString::new(address(location)).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
    let opener = Opener::new(location, watch, remote, from);
    let own = Own(opener.main(&address)?);
    let stream = own.0;
    let mut options = Dictionary::new();
    let is_remote = location.is_remote();
    options.set("protocol_whitelist", if is_remote { whitelist::REMOTE } else { whitelist::LOCAL });
    options.set("format_whitelist", &formats(is_remote));
    // Options that a format does not know are left over and ignored.
    options.set("rtsp_flags", "prefer_tcp");
    // FFmpeg reuses only connections of its own making.
    options.set("http_persistent", "0");
    if is_remote {
        // For what FFmpeg's formats connect to by themselves.
        protocol::options(remote).into_iter().for_each(|(name, value)| options.set(name, &value));
    } else {
        // What lies beside a playlist may have any name: keys have no usual one.
        options.set("allowed_extensions", "ALL");
    }
    let opener = Box::new(opener);
    let opaque = ptr::from_ref(&*opener).cast_mut().cast();
    // The closure keeps both as long as the context needs them.
    let interrupt = ffmpeg_next::util::interrupt::new(Box::new(move || {
        let _kept = &own;
        opener.watch.must_end()
    }));
    // SAFETY: FFmpeg frees the context where opening fails; the callbacks' state outlives the context because both go into `Input`.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(ffi::AVERROR(ffi::ENOMEM));
        }
        (*context).pb = stream;
        (*context).interrupt_callback = interrupt.interrupt;
        (*context).opaque = opaque;
        (*context).io_open = Some(io_open);
        (*context).io_close2 = Some(io_close);
        let mut given = options.disown();
        let code = ffi::avformat_open_input(&mut context, address.as_ptr(), ptr::null_mut(), &mut given);
        drop(Dictionary::own(given));
        if code < 0 {
            return Err(code);
        }
        let input = Input::wrap_with_interrupt(context, interrupt.guard);
        // What was refused on the way is not read on: some of FFmpeg's demuxers take an error for an end.
        if watch.must_end() { Err(ffi::AVERROR_EXIT) } else { Ok(input) }
    }
}

/// How FFmpeg is told of it, whatever characters stand in a path.
fn address(location: &Location) -> Vec<u8> {
    match location {
        Location::File(path) => [b"file:", path.as_os_str().as_encoded_bytes()].concat(),
        Location::Stdin => b"pipe:0".to_vec(),
        Location::Url(url) => {
            // FFmpeg knows schemes in small letters only.
            let end = url.find("://").unwrap_or(0);
            [url[..end].to_ascii_lowercase().as_bytes(), &url.as_bytes()[end..]].concat()
        }
    }
}

/// The formats that FFmpeg may take it for.
fn formats(remote: bool) -> String {
    let mut state = ptr::null_mut();
    let all = std::iter::from_fn(|| {
        // SAFETY: the state is FFmpeg's own; formats are constants.
        let format = unsafe { ffi::av_demuxer_iterate(&mut state) };
        // SAFETY: the name is a constant, too.
        (!format.is_null()).then(|| version::text(unsafe { (*format).name }))
    });
    all.filter(|name| whitelist::is_format_allowed(name, remote)).collect::<Vec<_>>().join(",")
}

/// Where the server of an address of RTSP over TLS is reached.
fn secure_server(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // What is in brackets has colons of its own.
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port = if has_port { "" } else { ":322" };
    scheme.eq_ignore_ascii_case("rtsps").then(|| format!("tls://{host}{port}"))
}

unsafe extern "C" fn io_open(
    context: *mut ffi::AVFormatContext,
    into: *mut *mut ffi::AVIOContext,
    url: *const c_char,
    flags: c_int,
    options: *mut *mut ffi::AVDictionary,
) -> c_int {
    // SAFETY: FFmpeg calls it with its own context, a place for the new one, and a text; contexts inside others have no opener.
    unsafe {
        let Some(opener) = (*context).opaque.cast::<Opener>().as_ref() else { return ffi::AVERROR(ffi::EPERM) };
        if flags & ffi::AVIO_FLAG_WRITE as c_int != 0 {
            return ffi::AVERROR(ffi::EPERM);
        }
        let options =
            options.as_ref().filter(|options| !options.is_null()).map(|options| DictionaryRef::wrap(*options));
        match opener.part(CStr::from_ptr(url), options) {
            Ok(opened) => {
                *into = opened;
                0
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn io_close(_context: *mut ffi::AVFormatContext, stream: *mut ffi::AVIOContext) -> c_int {
    // SAFETY: FFmpeg is done with it. What is not ours, some formats opened by ways of their own.
    unsafe { if stream::close(stream) { 0 } else { ffi::avio_close(stream) } }
}

impl Opener {
    fn new(location: &Location, watch: &Watch, remote: &Arc<RemoteOptions>, from: Option<f64>) -> Self {
        Self {
            location: location.clone(),
            origin: Origin::of(location),
            watch: watch.clone(),
            remote: Arc::clone(remote),
            pace: Arc::new(Pace::new()),
            cookies: Arc::default(),
            masters: Arc::default(),
            from,
        }
    }

    /// The stream of the location itself; null for what FFmpeg's formats connect to by themselves.
    fn main(&self, address: &CStr) -> Result<*mut ffi::AVIOContext, c_int> {
        match &self.location {
            Location::Url(url) if whitelist::is_named(url) && address.to_bytes().starts_with(b"rt") => {
                self.prove(url)?;
                Ok(ptr::null_mut())
            }
            _ => self.stream(self.main_bytes(address)?, address),
        }
    }

    fn main_bytes(&self, address: &CStr) -> Result<Box<dyn Bytes>, c_int> {
        Ok(match &self.location {
            Location::File(path) => file::open(path, &self.watch).map_err(|error| self.refuse(error))?,
            Location::Stdin => file::standard_input(&self.watch).map_err(|error| self.refuse(error))?,
            Location::Url(url) if !whitelist::is_named(url) => {
                return Err(self.refuse(MediaError::Address(url.clone())));
            }
            Location::Url(url) => {
                let opened = self.connect(address, whitelist::REMOTE, None);
                Box::new(opened.inspect_err(|code| self.tell_why(url, *code))?)
            }
        })
    }

    /// Why `url` cannot be connected to. What ended it from here has its own words.
    fn tell_why(&self, url: &str, code: c_int) {
        if let Some(why) = distrust() {
            self.refuse(MediaError::Certificate { location: url.to_owned(), reason: why });
        } else if !self.watch.must_end() {
            self.lose(remote::reason(code));
        }
    }

    /// FFmpeg's RTSP asks no server for a proof of who it is: it is asked for here, at a connection of its own, before.
    fn prove(&self, url: &str) -> Result<(), c_int> {
        let Some(server) = secure_server(url).filter(|_| self.remote.tls_verify) else { return Ok(()) };
        let server = CString::new(server).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
        self.connect(&server, whitelist::REMOTE, None).map(drop).inspect_err(|code| self.tell_why(url, *code))
    }

    /// The stream of what something names.
    fn part(&self, url: &CStr, options: Option<DictionaryRef<'_>>) -> Result<*mut ffi::AVIOContext, c_int> {
        self.stream(self.part_bytes(url, options)?, url)
    }

    fn part_bytes(&self, url: &CStr, options: Option<DictionaryRef<'_>>) -> Result<Box<dyn Bytes>, c_int> {
        if self.watch.count_part() > MOST_PARTS {
            return Err(self.refuse(MediaError::Endless(self.location.to_string())));
        }
        Ok(match self.origin.part(url.to_bytes()) {
            Some(Part::File(path)) => file::open(&path, &self.watch).map_err(|error| {
                tracing::warn!("{}: a part is left out: {error}", self.location);
                self.lose("a part of it is missing".to_owned());
                ffi::AVERROR(ffi::ENOENT)
            })?,
            Some(Part::Protocols(protocols)) => {
                let opened = self.connect(url, protocols, options).inspect_err(|code| {
                    if !self.watch.must_end() {
                        let reason = remote::reason(*code);
                        tracing::warn!("{}: {} could not be had ({reason})", self.location, url.to_string_lossy());
                        self.lose(format!("a part of it could not be had ({reason})"));
                    }
                });
                Box::new(opened?)
            }
            None => {
                let (location, named) = (self.location.to_string(), url.to_string_lossy().into_owned());
                return Err(self.refuse(match self.origin {
                    Origin::Remote => MediaError::LeadsAway { location, named },
                    Origin::Beside(_) | Origin::Alone => MediaError::Outside { location, named },
                }));
            }
        })
    }

    fn connect(
        &self,
        url: &CStr,
        protocols: &'static str,
        options: Option<DictionaryRef<'_>>,
    ) -> Result<Remote, c_int> {
        let line = Line {
            location: self.location.to_string(),
            watch: self.watch.clone(),
            options: Arc::clone(&self.remote),
            pace: Arc::clone(&self.pace),
            cookies: Arc::clone(&self.cookies),
        };
        // What was said of another server does not count.
        distrust();
        Remote::open(line, url.to_owned(), protocols, options)
    }

    fn lose(&self, reason: String) {
        let location = self.location.to_string();
        self.watch.lose(match self.location {
            Location::Url(_) => MediaError::Network { location, reason },
            Location::File(_) | Location::Stdin => MediaError::Unreadable { location, reason },
        });
    }

    fn refuse(&self, why: MediaError) -> c_int {
        let code = match why {
            MediaError::NotFound(_) => ffi::ENOENT,
            MediaError::Permission(_) => ffi::EACCES,
            _ => ffi::EPERM,
        };
        self.watch.refuse(why);
        ffi::AVERROR(code)
    }

    fn stream(&self, bytes: Box<dyn Bytes>, url: &CStr) -> Result<*mut ffi::AVIOContext, c_int> {
        let (remote, location) = (self.location.is_remote(), self.location.to_string());
        let (watch, masters) = (self.watch.clone(), Arc::clone(&self.masters));
        let refuse = move |why: fn(String) -> MediaError| {
            watch.refuse(why(location.clone()));
            ffi::AVERROR(ffi::EPERM)
        };
        let watch = self.watch.clone();
        let bytes = match self.from {
            Some(from) => Box::new(Cut::new(bytes, from)) as Box<dyn Bytes>,
            None => bytes,
        };
        let scan = Scan::new(!remote, bytes.can_seek(), url.count_bytes());
        let mut known = None;
        let judge = move |scan: &mut Scan, bytes: &[u8], place: u64| {
            let found = if bytes.is_empty() { scan.end() } else { scan.look(place, bytes) };
            found.map_err(|finding| {
                refuse(match finding {
                    Finding::TooLong => MediaError::Endless,
                    Finding::IndexBehind => MediaError::IndexBehind,
                    Finding::Concat => MediaError::List,
                    Finding::Manifest => MediaError::Manifest,
                    Finding::Nothing => MediaError::Unknown,
                })
            })?;
            if scan.has_headers() {
                watch.note_headers();
            }
            let playlist = scan.playlist();
            if playlist != known {
                known = playlist;
                if !remote {
                    watch.limit(PLAYLIST_LIMIT);
                }
                if playlist == Some(true) && masters.fetch_add(1, Ordering::Relaxed) >= MOST_MASTERS {
                    return Err(refuse(MediaError::Endless));
                }
            }
            Ok(())
        };
        stream::open(bytes, scan, Box::new(judge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_of_a_secure_address_is_known() {
        for (url, server) in [
            ("rtsps://h/a", Some("tls://h:322")),
            ("RTSPS://u:p@h:8322/a@b:1", Some("tls://h:8322")),
            ("rtsps://[::1]/a", Some("tls://[::1]:322")),
            ("rtsps://[::1]:5?x", Some("tls://[::1]:5")),
            ("rtsp://h/a", None),
        ] {
            assert_eq!(secure_server(url).as_deref(), server, "{url}");
        }
    }
}
