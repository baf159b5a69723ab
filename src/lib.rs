//! deep3d plays any 2D film in 3D, live.
//!
//! # The walk of the data
//!
//! ```text
//! container ─► decode ─► Frame<Picture> ─ring A─► upload ─► colour ─► flow ──► carry, steady ─► Frame<Scene> ─ring B─► comfort ─► stereo ─► sink
//!                                                                  └ newest ─► network ┘        (Scene = picture + disparity, on the GPU)   (headset | window | file | null)
//! ```
//!
//! Frames go down, by move. What goes up is room in a ring (back-pressure), the epoch (a seek), stop, and one snapshot of the settings.
//!
//! # Layers (imports point downwards only; a test checks it)
//!
//! ```text
//! 4  player  playlist  browser  control  remote  convert  dataset  bench  eval  doctor  pattern  ui (builds the panel)  cli  main
//! 3  film  depth_film  eyes  sink/{layout, compose, panel, window, xr, file}         what a user sees (panel draws what ui builds)
//! 2  stage/{glance, upload, colour, bars, cut, text, flow, steady, comfort, placement, stereo}   net/{graph, plan, weights, mxnet, reference}
//! 1  media/{open, container, decode, encode, audio, source}   gpu/{device, memory, pipeline, submit}   sound/{ring, outlet, system, listener}
//! 0  time  clock  frame  position  location  output  overlay  ring  subtitle  spans  terminal  trace  series  statistics  whole  memory   nouns only, no unsafe
//! ```
//!
//! Without the feature `media` there is nothing that needs a film or shows one: no FFmpeg, windows, headsets and panel.
//!
//! # Units and signs
//!
//! Parallax p = 100 · (x_right − x_left) / picture width, in % of the width, both eyes together; **positive is behind the screen**.

pub mod bench;
#[cfg(feature = "media")]
pub mod browser;
pub mod cli;
pub mod clock;
#[cfg(feature = "media")]
pub mod control;
#[cfg(feature = "media")]
pub mod convert;
#[cfg(feature = "media")]
pub mod dataset;
pub mod depth_film;
pub mod doctor;
#[cfg(feature = "media")]
pub mod eval;
pub mod eyes;
pub mod film;
pub mod frame;
pub mod gpu;
pub mod location;
#[cfg(feature = "media")]
pub mod media;
#[cfg(not(feature = "media"))]
#[path = "media/without.rs"]
pub mod media;
#[cfg(feature = "media")]
pub mod memory;
pub mod net;
pub mod output;
pub mod overlay;
#[cfg(feature = "media")]
pub mod pattern;
#[cfg(feature = "media")]
pub mod player;
#[cfg(feature = "media")]
pub mod playlist;
pub mod position;
#[cfg(feature = "media")]
pub mod remote;
pub mod ring;
pub mod series;
pub mod sink;
#[cfg(feature = "media")]
pub mod sound;
pub mod spans;
pub mod stage;
pub mod statistics;
pub mod subtitle;
pub mod terminal;
pub mod time;
pub mod trace;
#[cfg(feature = "media")]
pub mod ui;
pub mod weights_command;
pub mod whole;
