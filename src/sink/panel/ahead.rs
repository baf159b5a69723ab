//! The panel's renderer, made ahead by a thread of its own: its pipeline is compiled while nobody waits for it.

use std::thread::{Builder, JoinHandle};

use super::contract::PanelPicture;
use super::error::PanelError;
use super::renderer::PanelRenderer;
use crate::gpu::Gpu;

enum State {
    Making(JoinHandle<Result<PanelRenderer, PanelError>>),
    Made(Box<PanelRenderer>),
    /// There will be none; it has been told why.
    Never,
}

/// A renderer that is being made, and then that renderer.
pub struct AheadRenderer {
    state: State,
    /// What is to be shown as soon as it is made.
    waiting: Option<PanelPicture>,
}

impl AheadRenderer {
    /// Starts making it.
    pub fn new(gpu: &Gpu) -> Self {
        let gpu = gpu.clone();
        let thread = Builder::new().name("panel".to_owned()).spawn(move || PanelRenderer::new(&gpu));
        let state = thread.map_or_else(
            |error| {
                tracing::warn!("there will be no panel: {error}");
                State::Never
            },
            State::Making,
        );
        Self { state, waiting: None }
    }

    /// As [`PanelRenderer::show`].
    pub fn show(&mut self, picture: PanelPicture) {
        match (&mut self.state, &mut self.waiting) {
            (State::Made(renderer), _) => renderer.show(picture),
            (State::Making(_), Some(waiting)) => waiting.add(picture),
            (State::Making(_), none) => *none = Some(picture),
            (State::Never, _) => {}
        }
    }

    /// The renderer, once it is made. Never waits.
    ///
    /// # Errors
    /// Once: why there will be none.
    pub fn get(&mut self) -> Result<Option<&mut PanelRenderer>, PanelError> {
        if let State::Making(thread) = &self.state
            && thread.is_finished()
            && let State::Making(thread) = std::mem::replace(&mut self.state, State::Never)
        {
            // A thread that ended badly has said so.
            let Ok(made) = thread.join() else { return Ok(None) };
            let mut renderer = made?;
            self.waiting.take().into_iter().for_each(|picture| renderer.show(picture));
            self.state = State::Made(Box::new(renderer));
        }
        match &mut self.state {
            State::Made(renderer) => Ok(Some(renderer)),
            _ => Ok(None),
        }
    }

    /// Whether it is still being made.
    pub fn is_coming(&self) -> bool {
        matches!(self.state, State::Making(_))
    }
}

impl Drop for AheadRenderer {
    fn drop(&mut self) {
        if let State::Making(thread) = std::mem::replace(&mut self.state, State::Never) {
            drop(thread.join());
        }
    }
}
