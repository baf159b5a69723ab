//! The panel in front of the picture, for any sink: what a sink and the panel say to each other, and the drawing of it.
//!
//! A sink collects what the pointer does ([`Pointer`], in points: a window by [`Views::point`], a headset by where its ray meets the panel's quad),
//! gives it to [`super::App::panel`], carries out the actions that come back, hands the picture to [`PanelRenderer::show`], and draws it with
//! [`PanelRenderer::draw`]: over a picture, in each eye's part of it ([`Views::on_canvas`]), or into an image of its own
//! ([`Views::whole`]) that begins transparent. While [`PanelOutput::visible`] is false nothing has to be drawn, and nothing is to be asked but
//! when the pointer moves, an action is carried out or [`PanelOutput::wake`] has come. All of it belongs to the sink's thread.
//!
//! What the panel looks like is the business of `ui`, a layer above.

mod ahead;
mod contract;
mod error;
mod letters;
mod renderer;
mod texture;
mod views;

pub use ahead::AheadRenderer;
pub use contract::{PanelInput, PanelOutput, PanelPicture, PanelPlace, Pointer, TextureChange};
pub use error::PanelError;
pub use renderer::PanelRenderer;
pub use views::{View, Views};
