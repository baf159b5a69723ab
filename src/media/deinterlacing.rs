//! Whether interlaced pictures are made whole: what the viewer has chosen, and whether it is done just now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use clap::ValueEnum;

/// Which pictures are made whole from their two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Deinterlace {
    /// Those that say that they are interlaced.
    #[default]
    Auto,
    /// All: films that do not say so.
    Yes,
    /// None.
    No,
}

impl Deinterlace {
    const ALL: [Self; 3] = [Self::Auto, Self::Yes, Self::No];
}

#[derive(Debug, Default)]
struct Shared {
    /// The place in [`Deinterlace::ALL`].
    mode: AtomicU8,
    /// Pictures are made whole just now.
    active: AtomicBool,
}

/// What the viewer has chosen, for all films that are opened with it. Clones are the same; any thread may change it, at any time.
#[derive(Debug, Clone, Default)]
pub struct Deinterlacing(Arc<Shared>);

impl From<Deinterlace> for Deinterlacing {
    fn from(mode: Deinterlace) -> Self {
        let deinterlacing = Self::default();
        deinterlacing.set(mode);
        deinterlacing
    }
}

impl Deinterlacing {
    /// Which pictures are made whole.
    pub fn mode(&self) -> Deinterlace {
        let mode = self.0.mode.load(Ordering::Relaxed);
        Deinterlace::ALL.get(usize::from(mode)).copied().unwrap_or_default()
    }

    /// From the next picture that is decoded on.
    pub fn set(&self, mode: Deinterlace) {
        let place = Deinterlace::ALL.iter().position(|one| *one == mode).unwrap_or_default();
        self.0.mode.store(place as u8, Ordering::Relaxed);
    }

    /// Whether pictures are made whole just now, as far as they need it.
    pub fn is_on(&self) -> bool {
        match self.mode() {
            Deinterlace::Auto => self.0.active.load(Ordering::Relaxed),
            mode => mode == Deinterlace::Yes,
        }
    }

    /// No longer where it is done just now, else all.
    pub fn toggle(&self) {
        self.set(if self.is_on() { Deinterlace::No } else { Deinterlace::Yes });
    }

    /// Pictures are made whole just now, or are not.
    #[cfg(feature = "media")]
    pub(super) fn note(&self, active: bool) {
        self.0.active.store(active, Ordering::Relaxed);
    }
}
