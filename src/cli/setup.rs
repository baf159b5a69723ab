//! What commands begin with: the GPU, the weights, where depth comes from and the viewer's settings, as the options say.

use std::sync::Arc;

use super::error::CliError;
use super::{NetworkOptions, PictureOptions, SceneOptions, folders, options};
use crate::depth_film::DepthFile;
use crate::eyes::Settings;
use crate::film::{FilmOptions, Origin};
use crate::gpu::{Gpu, GpuOptions, Validation};
use crate::net::{Network, Weights};
use crate::sink::{Adjustments, Layout};
use crate::stage::comfort::{self, Viewing};
use crate::stage::stereo::SourceEye;

pub(super) fn gpu_options(select: Option<String>) -> GpuOptions {
    GpuOptions { select, validation: Validation::from_environment(), cache: folders::cache() }
}

/// Whether the validation layer kept silent.
pub(super) fn check_validation(gpu: &Gpu) -> Result<(), CliError> {
    let messages = gpu.validation_messages();
    if messages.is_empty() { Ok(()) } else { Err(CliError::Validation(messages.join("\n"))) }
}

/// The weights that the options name, checked against `--network`.
pub(super) fn load_weights(options: &NetworkOptions) -> Result<Arc<Weights>, CliError> {
    let weights = match (&options.weights, options.network) {
        (Some(path), _) => Weights::read(path)?,
        (None, Some(Network::Deep3d2016)) => {
            let cure =
                "the original's weights are not shipped: give yours with --weights (see `deep3d weights import`)";
            return Err(CliError::Usage(cure.to_owned()));
        }
        (None, _) => Weights::built_in()?,
    };
    match options.network {
        Some(wanted) if wanted != weights.metadata.network => {
            let (wanted, have) = (wanted.name(), weights.metadata.network.name());
            Err(CliError::Usage(format!("--network {wanted} does not go with these weights, which are for {have}")))
        }
        _ => Ok(Arc::new(weights)),
    }
}

/// Where depth comes from, the viewer's settings at the start, and how films are opened.
pub(super) fn scene(options: &SceneOptions) -> Result<(Origin, Settings, FilmOptions), CliError> {
    let SceneOptions { layout, picture, network, kept, reading, remote, queues } = options;
    let origin = match &kept.depth {
        Some(location) => Origin::DepthFilm(DepthFile { location: location.clone(), anyway: kept.depth_anyway }),
        None => Origin::Network(load_weights(network)?),
    };
    if *layout == Layout::Layers && origin.network().is_none() {
        let message = "--layout layers shows a network's planes, of which a film of depth has none: leave out --depth";
        return Err(CliError::Usage(message.to_owned()));
    }
    let settings = settings(*layout, picture, origin.network())?;
    let film = FilmOptions {
        decode_ahead: queues.decode_ahead.into(),
        scene_ahead: queues.scene_ahead.into(),
        look_ahead: queues.look_ahead.into(),
        steady: !queues.raw,
        network_area: network.network_size,
        precision: network.precision,
        reading: reading.reading(),
        remote: Arc::new(remote.options()),
        ..FilmOptions::default()
    };
    Ok((origin, settings, film))
}

fn settings(layout: Layout, options: &PictureOptions, network: Option<Network>) -> Result<Settings, CliError> {
    let original = network == Some(Network::Deep3d2016);
    let selection = match options.render {
        Some(options::Render::Selection) if !original => {
            return Err(CliError::Usage("--render selection belongs to --network deep3d-2016".to_owned()));
        }
        Some(render) => render == options::Render::Selection,
        None => original,
    };
    if selection && options.source_eye == Some(options::SourceEye::Centre) {
        let message = "--render selection makes the right eye from the left one: it goes with --source-eye left";
        return Err(CliError::Usage(message.to_owned()));
    }
    let source_eye = match options.source_eye {
        Some(options::SourceEye::Left) => SourceEye::Left,
        Some(options::SourceEye::Centre) => SourceEye::Centre,
        None if selection => SourceEye::Left,
        None => SourceEye::Centre,
    };
    Ok(Settings {
        layout,
        comfort: comfort::Settings {
            strength: options.strength,
            convergence: options.convergence,
            viewing: Viewing {
                width: options.screen_width,
                distance: options.screen_distance.unwrap_or(options.screen_width * Viewing::DISTANCE),
            },
        },
        swap_eyes: options.swap_eyes,
        flat: false,
        source_eye,
        selection,
        adjustments: Adjustments::default(),
    })
}
