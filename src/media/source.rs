//! What a user names, opened: a film or a still, as frames in order of presentation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::container::{AudioTracks, Cache, Container, OtherTracks, SoundPackets, SubtitlePackets};
use super::content::Content;
use super::error::MediaError;
use super::file::Head;

use super::format::{self, FormatSupport};
use super::info::{Info, SoundChoice, SourceOptions, Stereo};
use super::log::init;
use super::page::{self, Address};
use super::remote_options::PageOptions;
use super::shared_picture::SharedPicture;
use super::sound_film::SoundFilm;
use super::still;
use super::tracks::{TrackInfo, TrackKind};
use super::video::{TimedPicture, VideoReader};
use crate::frame::{Frame, Orientation, Picture};
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
    /// Its sound, where that lies elsewhere.
    beside: Option<Box<Self>>,
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
        match location.into() {
            Location::File(path) => Self::open_file(path, options),
            Location::Url(url) => Self::open_url(url, options),
            Location::Stdin => Self::open_film(&Location::Stdin, false, options),
        }
    }

    /// What is no film may be a page with one.
    fn open_url(url: String, options: &SourceOptions) -> Result<Self, MediaError> {
        let SourceOptions { remote, stop, .. } = options;
        let named = page::named(&url).map(str::to_owned);
        let location = Location::Url(url);
        let refused = match &named {
            None => match Self::open_film(&location, false, options) {
                Err(error @ MediaError::Unknown(_)) if location.is_web() => error,
                result => return result,
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
        let mut film = Self::open_film(&Location::Url(found.film.url.clone()), false, &at(&found.film))?;
        if let Some(sound) = &found.sound {
            film.add_sound(&Location::Url(sound.url.clone()), &at(sound))?;
        }
        Ok(film)
    }

    /// Its sound is that of `location`, which is gone along with it. What cannot be had is told.
    fn add_sound(&mut self, location: &Location, options: &SourceOptions) -> Result<(), MediaError> {
        if options.sound == SoundChoice::None {
            if options.tracks {
                tracing::warn!("{}: its sound lies elsewhere and is left out: {location}", self.info.location);
            }
            return Ok(());
        }
        let beside = Some(self.info.start_offset);
        match Self::open_film(location, false, &SourceOptions { tracks: false, beside, ..options.clone() }) {
            Ok(sound) => {
                let is_sound = |track: &&TrackInfo| track.kind == TrackKind::Audio;
                let pictures = self.info.tracks.iter().filter(|track| !is_sound(track));
                self.info.tracks = pictures.chain(sound.info.tracks.iter().filter(is_sound)).cloned().collect();
                self.info.audio_tracks = sound.info.audio_tracks;
                self.beside = Some(Box::new(sound));
                Ok(())
            }
            Err(error @ MediaError::Stopped) => Err(error),
            Err(error) => {
                tracing::warn!("{error}; it plays without sound");
                Ok(())
            }
        }
    }

    /// Lets the sound beside it go to `target`, too: wherever it cannot, that is silent.
    fn seek_beside(&mut self, target: Time, epoch: u32) -> Result<(), MediaError> {
        let Some(beside) = &mut self.beside else { return Ok(()) };
        match beside.seek(target, epoch) {
            Err(error @ (MediaError::Stopped | MediaError::Interrupted)) => Err(error),
            Err(error) => {
                tracing::warn!("{error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn open_file(path: PathBuf, options: &SourceOptions) -> Result<Self, MediaError> {
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
        let opened = Self::open_film(&Location::File(path), heif, options);
        match head {
            Some(head) => opened.map_err(|error| head.explain(error)),
            None => opened,
        }
    }

    fn from_still(picture: Picture, codec: &str, location: String, epoch: u32) -> Self {
        let info = Info {
            location,
            container: codec.to_owned(),
            codec: codec.to_owned(),
            size: picture.shape.orientation.apply_size(picture.shape.size),
            display_size: display_size(picture.shape.size, picture.shape.sample_aspect, picture.shape.orientation),
            sample_aspect: picture.shape.sample_aspect,
            orientation: picture.shape.orientation,
            format: picture.shape.format,
            colour: picture.shape.colour,
            frame_rate: None,
            time_base: (1, 90_000),
            duration: None,
            start_offset: Time::ZERO,
            is_still: true,
            can_seek: true,
            interlaced: false,
            stereo: None,
            audio_tracks: 0,
            subtitle_tracks: 0,
            chapters: Arc::default(),
            tracks: Arc::default(),
            video_track: None,
            sound_only: false,
        };
        Self {
            kind: Kind::Still(SharedPicture::new(picture)),
            info,
            beginning: Time::ZERO,
            epoch,
            given: 0,
            tracks: None,
            beside: None,
        }
    }

    fn open_film(location: &Location, heif: bool, options: &SourceOptions) -> Result<Self, MediaError> {
        let container = Container::open(location, options)?;
        let location = &location.to_string();
        if !container.facts.has_pictures {
            return Self::open_sound(container, location, options);
        }
        let mut video = Box::new(VideoReader::new(container, location, options)?);
        // The first picture tells whether the stream has times at all.
        let beginning = video.peek()?.map_or(Time::ZERO, |first| first.pts);
        if let Some(start) = options.start {
            let target = start.resolve(video.container.facts.duration);
            let target = target.ok_or_else(|| MediaError::UnknownDuration(location.to_owned()))?;
            if target > Time::ZERO {
                let stop = options.stop.clone();
                video.seek(target, options.epoch, &move || stop.is_stopped())?;
            }
        }
        let info = film_info(&mut video, location)?;
        let end = options.end.and_then(|end| end.resolve(info.duration));
        let tracks = if options.tracks { video.container.take_others(end) } else { None };
        let one_picture = (heif || video.container.facts.is_picture_format) && video.is_last()?;
        if one_picture && let Some(TimedPicture { picture, .. }) = video.next()? {
            let still = Self::from_still(picture, &info.codec, info.location, options.epoch);
            return Ok(still);
        }
        Ok(Self { kind: Kind::Video(video), info, beginning, epoch: options.epoch, given: 0, tracks, beside: None })
    }

    fn open_sound(container: Container, location: &str, options: &SourceOptions) -> Result<Self, MediaError> {
        let mut film = Box::new(SoundFilm::new(container, location, options.reading));
        if let Some(start) = options.start {
            let target = start.resolve(film.container.facts.duration);
            let target = target.ok_or_else(|| MediaError::UnknownDuration(location.to_owned()))?;
            if target > Time::ZERO {
                film.seek(target, options.epoch)?;
            }
        }
        let (facts, shape) = (&film.container.facts, film.picture.shape);
        let info = Info {
            location: location.to_owned(),
            container: facts.name.clone(),
            codec: facts.track.codec.clone(),
            size: shape.orientation.apply_size(shape.size),
            display_size: display_size(shape.size, shape.sample_aspect, shape.orientation),
            sample_aspect: shape.sample_aspect,
            orientation: shape.orientation,
            format: shape.format,
            colour: shape.colour,
            frame_rate: None,
            time_base: facts.track.time_base,
            duration: facts.duration,
            start_offset: facts.start.unwrap_or(Time::ZERO),
            is_still: false,
            sound_only: true,
            can_seek: facts.can_seek,
            interlaced: false,
            stereo: None,
            audio_tracks: facts.sounds,
            subtitle_tracks: facts.subtitles,
            chapters: Arc::clone(&facts.chapters),
            tracks: Arc::clone(&facts.tracks),
            video_track: None,
        };
        let epoch = options.epoch;
        Ok(Self { kind: Kind::Sound(film), info, beginning: Time::ZERO, epoch, given: 0, tracks: None, beside: None })
    }

    /// The tracks beside the picture, once, where [`SourceOptions::tracks`] asked for them. Their packets come as pictures are read.
    pub fn take_tracks(&mut self) -> Option<OtherTracks> {
        self.tracks.take()
    }

    /// The packets of the sound that plays, once, where [`SourceOptions::sound`] asked for one and there is one. They come by themselves.
    pub fn take_sound(&mut self) -> Option<SoundPackets> {
        if let Some(beside) = &mut self.beside {
            return beside.take_sound();
        }
        match &mut self.kind {
            Kind::Video(video) => video.container.take_sound(),
            Kind::Sound(film) => film.container.take_sound(),
            Kind::Still(_) => None,
        }
    }

    /// The audio tracks that can be chosen while it plays, where [`SourceOptions::sound`] asked for sound; none of a still.
    pub fn audio_tracks(&self) -> Option<AudioTracks> {
        if let Some(beside) = &self.beside {
            return beside.audio_tracks();
        }
        match &self.kind {
            Kind::Video(video) => Some(video.container.audio().clone()),
            Kind::Sound(film) => Some(film.container.audio().clone()),
            Kind::Still(_) => None,
        }
    }

    /// The packets of its subtitles, once, where [`SourceOptions::subtitles`] asked for them and there are any. They come by themselves.
    pub fn take_subtitles(&mut self) -> Option<SubtitlePackets> {
        match &mut self.kind {
            Kind::Video(video) => video.container.take_subtitles(),
            Kind::Sound(film) => film.container.take_subtitles(),
            Kind::Still(_) => None,
        }
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
        Ok(shown.map(|TimedPicture { pts, duration, picture }| {
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
        }?;
        if found {
            self.seek_beside(target, epoch)?;
        }
        Ok(found)
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
        if let (Kind::Video(video), true) = (&mut self.kind, self.beside.is_some()) {
            // Sound begins with the picture that is found.
            let first = video.peek()?.map_or(target, |first| first.pts);
            self.seek_beside(first, epoch)?;
        }
        Ok(())
    }
}

fn film_info(video: &mut VideoReader, location: &str) -> Result<Info, MediaError> {
    let Some(first) = video.peek()? else { return Err(video.no_pictures()) };
    let (look, coded) = (first.look, [first.frame.width(), first.frame.height()]);
    let own_stereo = Stereo::of(&first.frame);
    // SAFETY: the frame is alive.
    let number = unsafe { (*first.frame.as_ptr()).format };
    let unsupported = || MediaError::UnsupportedFormat { location: location.to_owned(), format: format::name(number) };
    let support_of = |kind| format::traits(kind).map(|traits| traits.support);
    let support = match format::checked(number).and_then(support_of) {
        Some(FormatSupport::Convert(to)) => support_of(to),
        other => other,
    };
    let Some(FormatSupport::Direct(format)) = support else { return Err(unsupported()) };
    let facts = &video.container.facts;
    let track = &facts.track;
    let stereo = track.stereo.or(own_stereo);
    Ok(Info {
        location: location.to_owned(),
        container: facts.name.clone(),
        codec: track.codec.clone(),
        size: look.orientation.apply_size(coded),
        display_size: display_size(coded, look.sample_aspect, look.orientation),
        sample_aspect: look.sample_aspect,
        orientation: look.orientation,
        format,
        colour: look.colour,
        frame_rate: track.rate.map(|(numerator, denominator)| (numerator.unsigned_abs(), denominator.unsigned_abs())),
        time_base: track.time_base,
        duration: facts.duration,
        start_offset: facts.start.unwrap_or(Time::ZERO),
        is_still: false,
        can_seek: facts.can_seek,
        interlaced: video.interlaced,
        stereo,
        audio_tracks: facts.sounds,
        subtitle_tracks: facts.subtitles,
        chapters: Arc::clone(&facts.chapters),
        tracks: Arc::clone(&facts.tracks),
        sound_only: false,
        video_track: facts.tracks.iter().find(|known| known.stream == track.index).map(|known| known.number),
    })
}

/// Square samples: the side that is too short is stretched, as mpv does. Then turned.
fn display_size([width, height]: [u32; 2], (across, down): (u32, u32), orientation: Orientation) -> [u32; 2] {
    let stretch =
        |side: u32, by: u32, to: u32| ((f64::from(side) * f64::from(by) / f64::from(to.max(1))).round() as u32).max(1);
    let size =
        if across >= down { [stretch(width, across, down), height] } else { [width, stretch(height, down, across)] };
    orientation.apply_size(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_that_is_seen_never_loses_samples() {
        let upright = Orientation::default();
        let turned = Orientation { mirror: false, quarter_turns: 1 };
        assert_eq!(display_size([720, 576], (64, 45), upright), [1024, 576]);
        assert_eq!(display_size([720, 480], (8, 9), upright), [720, 540]);
        assert_eq!(display_size([1920, 1080], (1, 1), turned), [1080, 1920]);
    }
}
