//! The thread that finds out how films look, how long they are and how far they were watched: of what is visible, and as nobody's first concern.

use std::path::Path;
use std::sync::Arc;

use super::cache::{Cache, Known, Original};
use super::made;
use super::memory::Remembered;
use super::model::{Facts, Item, ItemKind, Small};
use crate::media::{MediaError, StopFlag};
use crate::time::Time;

/// What is left of a processor when all others have had their share.
const NICEST: i32 = 19;

/// From now on this thread, and those that it starts, work when nobody else wants to.
pub(super) fn be_nice() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICEST) {
        tracing::debug!("thumbnails are made as if they mattered: {error}");
    }
}

/// What can be known of `item`. Waits for the disk and for decoders; `stop` ends that, and then nothing is noted.
pub(super) fn facts(item: &Item, cache: Option<&Cache>, memory: &dyn Remembered, stop: &StopFlag) -> Facts {
    let Some(path) = item.location.path().filter(|_| !matches!(item.kind, ItemKind::Folder | ItemKind::List)) else {
        return Facts::default();
    };
    let (picture, duration) = picture(path, cache, stop);
    let watched = memory.watched(path);
    let duration = duration.or_else(|| watched.and_then(|watched| watched.duration));
    let share = watched
        .zip(duration)
        .map(|(watched, whole)| (watched.position.seconds() / whole.seconds().max(1e-3)).clamp(0.0, 1.0) as f32);
    let picture = picture.as_ref().and_then(made::shown).map(Arc::new);
    Facts { duration: duration.filter(|_| item.kind != ItemKind::Picture), watched: share, picture }
}

fn picture(path: &Path, cache: Option<&Cache>, stop: &StopFlag) -> (Option<Small>, Option<Time>) {
    let Ok(original) = Original::of(path) else { return (None, None) };
    let cache = cache.filter(|cache| !cache.has(path));
    match cache.and_then(|cache| cache.read(&original)) {
        Some(Known::Failed) => return (None, None),
        // Others' do not say how long it is; that is not worth another look.
        Some(Known::Picture(picture, duration)) => return (Some(picture), duration),
        None => {}
    }
    let made = made::make(path, stop.clone());
    let noted = match &made {
        Ok((Some(picture), duration)) => cache.map(|cache| cache.write(&original, picture, *duration)),
        Ok((None, _)) | Err(MediaError::Stopped) => None,
        Err(_) => cache.map(|cache| cache.write_failure(&original)),
    };
    if let Some(Err(error)) = noted {
        tracing::debug!("{}: its thumbnail could not be kept: {error}", path.display());
    }
    match made {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!("no thumbnail: {error}");
            (None, None)
        }
    }
}
