//! What a user names, opened: a film or a still, as frames in order of presentation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::beside::Beside;
use super::container::{AudioTracks, Cache, Container, OtherTracks, SoundPackets, SubtitlePackets};
use super::content::Content;
use super::error::MediaError;
use super::file::Head;

use super::film_info;
use super::info::{Info, OtherClock, SoundChoice, SourceOptions};
use super::listed;
use super::log::init;
use super::page::{self, Address};
use super::remote_options::PageOptions;
use super::rotation::Rotation;
use super::shared_picture::SharedPicture;
use super::sound_film::SoundFilm;
use super::still;
use super::subtitle::Renditions;
use super::tracks::{TrackInfo, TrackKind};
use super::video::{TimedPicture, VideoReader};
use crate::frame::{Frame, Picture};
use crate::location::Location;
use crate::time::Time;
use crate::trace::{Stage, Trace};

/// An open film or still.
///
/// One thread owns it: [`Source::next`] until it gives `None`, [`Source::seek`] at any time between (also after the end). Pictures may outlive it.
pub struct Source {
    kind: Kind,
    info: Info,
    /// Film time of the first picture.
    beginning: Time,
    epoch: u32,
    /// Frames given in this epoch.
    given: u64,
    tracks: Option<OtherTracks>,
    /// Sound that lies elsewhere.
    beside: Beside,
    /// All its sounds, wherever they lie, and that of them which plays; none where it is a still.
    audio: Option<AudioTracks>,
    sound: Option<SoundPackets>,
    /// Its subtitles that lie in playlists of their own.
    renditions: Option<Renditions>,
    rotation: Rotation,
}

enum Kind {
    Video(Box<VideoReader>),
    Still(SharedPicture),
    Sound(Box<SoundFilm>),
}

impl Source {
    /// Opens a file, a URL (`http://`, `https://`, `rtsp://`, … , HLS playlists too) or a still, and decodes its first picture.
    ///
    /// May wait for a server up to 30 seconds; [`SourceOptions::stop`] ends that. Errors say what is wrong with the thing and the cure.
    pub fn open(location: impl Into<Location>, options: &SourceOptions) -> Result<Self, MediaError> {
        init();
        if options.stop.is_stopped() {
            return Err(MediaError::Stopped);
        }
        let beside = Beside::open(options)?;
        let mut source = match location.into() {
            Location::File(path) => Self::open_file(path, options, beside),
            Location::Url(url) => Self::open_url(url, options, beside),
            Location::Stdin => Self::open_film(&Location::Stdin, false, options, beside),
        }?;
        let own = source.info.orientation;
        source.info.turn(options.rotation.of(own));
        source.rotation = options.rotation.clone();
        Ok(source)
    }

    /// What is no film may be a page with one.
    fn open_url(url: String, options: &SourceOptions, beside: Beside) -> Result<Self, MediaError> {
        let SourceOptions { remote, stop, .. } = options;
        let named = page::named(&url).map(str::to_owned);
        let location = Location::Url(url);
        let refused = match &named {
            None => match Container::open(&location, options, beside.tracks()) {
                Err(error @ MediaError::Unknown(_)) if location.is_web() => error,
                result => return Self::of(result?, &location, false, (options, beside)),
            },
            Some(_) => MediaError::Address(location.to_string()),
        };
        let Some(asked) = &remote.page else { return Err(refused) };
        let mut asked = asked.clone();
        // What is written along comes out of one container.
        if options.tracks && asked == (PageOptions { program: asked.program.clone(), ..PageOptions::default() }) {
            PageOptions::IN_ONE.clone_into(&mut asked.format);
        }
        let found = page::find(&named.unwrap_or_else(|| location.to_string()), &asked, remote, stop)?;
        let at = |address: &Address| SourceOptions { remote: Arc::clone(&address.remote), ..options.clone() };
        let location = Location::Url(found.film.url.clone());
        let container = Container::open(&location, &at(&found.film), beside.tracks())?;
        let mut sound = beside.before();
        if let Some(address) = found.sound.as_ref().filter(|_| options.sound != SoundChoice::None || options.tracks) {
            let options = SourceOptions {
                beside: Some(OtherClock::Near(container.facts.start.unwrap_or(Time::ZERO))),
                ..at(address)
            };
            sound.add(&Location::Url(address.url.clone()), &options, None)?;
        }
        Self::of(container, &location, false, (&at(&found.film), sound.with(beside)))
    }

    fn open_file(path: PathBuf, options: &SourceOptions, beside: Beside) -> Result<Self, MediaError> {
        let head = Head::read(&path)?;
        if let Some(head) = &head
            && let Some(still) = still::read(&path, Content::of(head.bytes(), &path), &options.reading)?
        {
            let location = path.display().to_string();
            if still.picture.shape.size.contains(&0) {
                return Err(MediaError::DamagedPicture { location, reason: "it has no rows or no columns".to_owned() });
            }
            return Ok(Self::from_still(still.picture, still.codec, location, options.epoch));
        }
        let heif = head.as_ref().is_some_and(Head::is_heif);
        let opened = Self::open_film(&Location::File(path), heif, options, beside);
        match head {
            Some(head) => opened.map_err(|error| head.explain(error)),
            None => opened,
        }
    }

    fn from_still(picture: Picture, codec: &str, location: String, epoch: u32) -> Self {
        let info = film_info::of_still(&picture, codec, location);
        Self {
            kind: Kind::Still(SharedPicture::new(picture)),
            info,
            beginning: Time::ZERO,
            epoch,
            given: 0,
            tracks: None,
            beside: Beside::default(),
            audio: None,
            sound: None,
            renditions: None,
            rotation: Rotation::default(),
        }
    }

    fn open_film(location: &Location, heif: bool, options: &SourceOptions, beside: Beside) -> Result<Self, MediaError> {
        let container = Container::open(location, options, beside.tracks())?;
        Self::of(container, location, heif, (options, beside))
    }

    /// The film in `container`, and the sound beside it.
    fn of(
        mut container: Container,
        location: &Location,
        heif: bool,
        (options, beside): (&SourceOptions, Beside),
    ) -> Result<Self, MediaError> {
        let place = options.start.and_then(|start| start.resolve(container.facts.duration, &container.facts.chapters));
        let place = place.unwrap_or(Time::ZERO).max(Time::ZERO);
        let audio = container.all_audio(location, options, beside.along());
        let sound = container.take_sound();
        let named = options.subtitles && container.facts.name == "hls" && location.can_be_reopened();
        let origin = container.facts.start.unwrap_or(Time::ZERO);
        let renditions = named.then(|| Renditions::new(location, &options.remote, &options.stop, origin));
        let opened = Self::open_container(container, &location.to_string(), heif, options)?;
        let mut film = Self { sound, renditions, ..opened };
        if film.info.is_still {
            return Ok(film);
        }
        film.audio = Some(audio);
        if beside.tracks().is_empty() {
            film.beside = beside;
        } else {
            film.add(beside, options, place)?;
        }
        Ok(film)
    }

    /// Sounds that lie elsewhere may be chosen, too. Where they are no files that the user has named they stand for its own.
    fn add(&mut self, beside: Beside, options: &SourceOptions, place: Time) -> Result<(), MediaError> {
        let instead = beside.tracks().iter().any(|track| track.outside.is_none());
        let is_kept = |track: &&TrackInfo| track.outside.is_none() && !(instead && track.kind == TrackKind::Audio);
        let own: Vec<TrackInfo> = self.info.tracks.iter().filter(is_kept).cloned().collect();
        let last = listed::last_number(&own);
        self.info.audio_tracks =
            own.iter().filter(|track| track.kind == TrackKind::Audio).count() + beside.tracks().len();
        self.info.tracks = listed::joined(own, beside.tracks()).into();
        let wanted = options.wanted.audio(&self.info.tracks).map(|track| track.number);
        if options.tracks {
            let left_out = options.wanted.left_out(&self.info.tracks);
            if let Some(tracks) = &mut self.tracks {
                tracks.beside = beside.into_others(place, |number| !left_out.contains(&(last + number)));
            }
            return Ok(());
        }
        let own = self.audio.take().filter(|_| !instead).unwrap_or_default();
        let all = own.with(beside.audio(), last);
        if let Some(number) = wanted.filter(|number| *number > last && options.sound == SoundChoice::Best) {
            // Of a server's renditions another one may have been opened to look at them.
            match all.open(number) {
                Err(error @ MediaError::Stopped) => return Err(error),
                Err(error) => tracing::warn!("{error}; the film plays without it"),
                Ok(()) => self.sound = all.choose(number, Some(place)),
            }
        }
        (self.audio, self.beside) = (Some(all), beside);
        Ok(())
    }

    fn open_container(
        container: Container,
        location: &str,
        heif: bool,
        options: &SourceOptions,
    ) -> Result<Self, MediaError> {
        if !container.facts.has_pictures {
            return Self::open_sound(container, location, options);
        }
        let mut video = Box::new(VideoReader::new(container, location, options)?);
        // The first picture tells whether the stream has times at all.
        let beginning = video.peek()?.map_or(Time::ZERO, |first| first.pts);
        if let Some(start) = options.start {
            let target = start.resolve(video.container.facts.duration, &video.container.facts.chapters);
            let target = target.ok_or_else(|| MediaError::UnknownPlace(location.to_owned()))?;
            if target > Time::ZERO {
                let stop = options.stop.clone();
                video.seek(target, options.epoch, &move || stop.is_stopped())?;
            }
        }
        let info = film_info::of_video(&mut video, location)?;
        let end = options.end.and_then(|end| end.resolve(info.duration, &info.chapters));
        let tracks = if options.tracks { video.container.take_others(end) } else { None };
        let one_picture = (heif || video.container.facts.is_picture_format) && video.is_last()?;
        if one_picture && let Some(TimedPicture { picture, .. }) = video.next()? {
            let still = Self::from_still(picture, &info.codec, info.location, options.epoch);
            return Ok(still);
        }
        let (kind, epoch) = (Kind::Video(video), options.epoch);
        Ok(Self {
            kind,
            info,
            beginning,
            epoch,
            given: 0,
            tracks,
            beside: Beside::default(),
            audio: None,
            sound: None,
            renditions: None,
            rotation: Rotation::default(),
        })
    }

    fn open_sound(container: Container, location: &str, options: &SourceOptions) -> Result<Self, MediaError> {
        let mut film = Box::new(SoundFilm::new(container, location, options.reading));
        if let Some(start) = options.start {
            let target = start.resolve(film.container.facts.duration, &film.container.facts.chapters);
            let target = target.ok_or_else(|| MediaError::UnknownPlace(location.to_owned()))?;
            if target > Time::ZERO {
                film.seek(target, options.epoch)?;
            }
        }
        let info = film_info::of_sound(&film, location);
        Ok(Self {
            kind: Kind::Sound(film),
            info,
            beginning: Time::ZERO,
            epoch: options.epoch,
            given: 0,
            tracks: None,
            beside: Beside::default(),
            audio: None,
            sound: None,
            renditions: None,
            rotation: Rotation::default(),
        })
    }

    /// The tracks beside the picture, once, where [`SourceOptions::tracks`] asked for them. Their packets come as pictures are read.
    pub fn take_tracks(&mut self) -> Option<OtherTracks> {
        self.tracks.take()
    }

    /// The packets of the sound that plays, once, where [`SourceOptions::sound`] asked for one and there is one. They come by themselves.
    pub fn take_sound(&mut self) -> Option<SoundPackets> {
        self.sound.take()
    }

    /// The audio tracks that can be chosen while it plays, where [`SourceOptions::sound`] asked for sound; none of a still.
    pub fn audio_tracks(&self) -> Option<AudioTracks> {
        self.audio.clone()
    }

    /// The packets of its subtitles, once, where [`SourceOptions::subtitles`] asked for them and there are any. They come by themselves.
    pub fn take_subtitles(&mut self) -> Option<SubtitlePackets> {
        match &mut self.kind {
            Kind::Video(video) => video.container.take_subtitles(),
            Kind::Sound(film) => film.container.take_subtitles(),
            Kind::Still(_) => None,
        }
    }

    /// Its subtitles that HLS names in playlists of their own, once, where [`SourceOptions::subtitles`] asked for subtitles. Nobody has looked yet whether there are any.
    pub fn take_renditions(&mut self) -> Option<Renditions> {
        self.renditions.take()
    }

    /// Tells what of it is at hand; nothing of a still.
    pub fn cache(&self) -> Option<Cache> {
        match &self.kind {
            Kind::Video(video) => Some(video.container.cache()),
            Kind::Sound(film) => Some(film.container.cache()),
            Kind::Still(_) => None,
        }
    }

    /// What is known of it.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Film time of the very first picture, wherever reading began: a little after zero where sound begins earlier.
    pub fn beginning(&self) -> Time {
        self.beginning
    }

    /// What the container says under `key`, in whatever case it is written.
    pub fn tag(&self, key: &str) -> Option<String> {
        match &self.kind {
            Kind::Video(video) => video.container.tag(key),
            Kind::Sound(film) => film.container.tag(key),
            Kind::Still(_) => None,
        }
    }

    /// The next picture in order of presentation; `None` at the end. Damaged pieces are skipped with a line in the log.
    ///
    /// Its `pts` is film time: zero is the film's beginning, so the first picture may come a little later. Its `duration` is the time up to the
    /// next picture. Stamps [`Stage::Decode`]. [`MediaError::Network`] is given once,
    /// after the pictures that came before the loss; then comes `None`. [`MediaError::Stopped`] stays.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame<Picture>>, MediaError> {
        let mut trace = Trace::default();
        let began = Instant::now();
        let shown = match &mut self.kind {
            Kind::Video(video) => video.next()?,
            Kind::Sound(film) => film.next()?,
            Kind::Still(_) if self.given > 0 => None,
            Kind::Still(still) => {
                Some(TimedPicture { pts: Time::ZERO, duration: Time::ZERO, picture: still.picture() })
            }
        };
        trace.stamp(Stage::Decode, began.elapsed());
        Ok(shown.map(|TimedPicture { pts, duration, mut picture }| {
            picture.shape.orientation = self.rotation.of(picture.shape.orientation);
            let id = self.given;
            self.given += 1;
            Frame { id, pts, duration, epoch: self.epoch, trace, data: picture }
        }))
    }

    /// Goes to the picture that is seen at `target`: the next one that [`Source::next`] gives. Frames count from zero again and bear `epoch`.
    ///
    /// Exact to the picture: decodes from the last place before it where that is possible. Before the beginning that is the first picture, past
    /// the end the last one. In streams whose clock breaks (MPEG-TS put together from pieces), times after the first break are not found.
    pub fn seek(&mut self, target: Time, epoch: u32) -> Result<(), MediaError> {
        self.seek_unless(target, epoch, &|| false).map(|_| ())
    }

    /// As [`Source::seek`], but given up when `cancelled` says so (asked before each picture that is decoded on the way). False when given up:
    /// then nothing but another seek leads to meaningful pictures.
    pub fn seek_unless(&mut self, target: Time, epoch: u32, cancelled: &dyn Fn() -> bool) -> Result<bool, MediaError> {
        self.epoch = epoch;
        self.given = 0;
        let found = match &mut self.kind {
            Kind::Video(video) => video.seek(target, epoch, cancelled),
            Kind::Sound(film) => film.seek(target, epoch).map(|()| true),
            Kind::Still(_) => Ok(true),
        };
        match found {
            Ok(true) => self.beside.along().seek(target, epoch)?,
            // It goes on where it is, and its sound, too.
            Err(MediaError::CannotSeek(_)) => self.seek_beside(target)?,
            _ => {}
        }
        found
    }
}

impl Source {
    /// Goes near `target`, quickly: [`Source::next`] then gives the first picture from the last place before it where decoding can begin. For
    /// previews. Frames count from zero again and bear `epoch`.
    pub fn seek_near(&mut self, target: Time, epoch: u32) -> Result<(), MediaError> {
        (self.epoch, self.given) = (epoch, 0);
        match &mut self.kind {
            Kind::Video(video) => video.seek_near(target, epoch)?,
            Kind::Sound(film) => film.seek(target, epoch)?,
            Kind::Still(_) => {}
        }
        self.seek_beside(target)
    }

    /// Lets the sound beside it go to the picture that comes next; where there are no pictures, to `target`.
    fn seek_beside(&mut self, target: Time) -> Result<(), MediaError> {
        if self.beside.along().is_empty() {
            return Ok(());
        }
        let first = match &mut self.kind {
            Kind::Video(video) => video.peek()?.map(|first| first.pts),
            Kind::Sound(_) | Kind::Still(_) => None,
        };
        self.beside.along().seek(first.unwrap_or(target), self.epoch)
    }
}
