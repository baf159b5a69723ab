//! What a network's weights say: how it wants its pictures, and what follows its disparities.

#[cfg(feature = "media")]
use crate::depth_film::Scale;
use crate::net::weights::Channels;
use crate::net::{Network, Weights};
use crate::stage::comfort::Comfort;
use crate::stage::input::InputOptions;

/// What grey is to mean where the disparity of a network with these weights is kept.
#[cfg(feature = "media")]
pub(crate) fn scale_for(weights: &Weights) -> Scale {
    let [low, high] = reach(weights);
    Scale::of_network(low, high, comfort_for(weights).flat_span())
}

/// The least and the most of the planes.
fn reach(weights: &Weights) -> [f32; 2] {
    let planes = weights.metadata.planes.iter();
    let (low, high) = planes.fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(*p), high.max(*p)));
    [low, high]
}

/// What follows the disparities of a network with these weights.
pub(crate) fn comfort_for(weights: &Weights) -> Comfort {
    let [low, high] = reach(weights);
    // The span of raw disparity below which a shot counts as flat.
    Comfort::new(match weights.metadata.network {
        // The original's usual span on film stills is 2.8 % of the width (10.8 of 384 pixels); a quarter of that.
        Network::Deep3d2016 => 0.7,
        Network::Deep3d => (high - low).max(0.0) * 0.15,
    })
}

/// How a network with these weights wants its pictures.
pub(crate) fn input_options(weights: &Weights) -> InputOptions {
    let metadata = &weights.metadata;
    match metadata.network {
        Network::Deep3d2016 => InputOptions::DEEP3D_2016,
        Network::Deep3d => InputOptions {
            reversed: metadata.input.channels == Channels::Bgr,
            antialias: true,
            mean: metadata.input.mean.map(|value| value * 255.0),
            deviation: metadata.input.std.map(|value| value * 255.0),
        },
    }
}
