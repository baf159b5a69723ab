//! The stage objects behind the eyes, for one chain's scenes and one size.

use std::collections::HashMap;
use std::sync::Arc;

use ash::vk;

use super::measure::{Expected, Measure};
use super::turned::Turned;
use super::{EyesError, Settings};
use crate::film::{Layout as SceneLayout, Scene, Slot};
use crate::gpu::{Buffer, Gpu, Image, ImageOptions, Recorder};
use crate::net::Network;
use crate::net::selection::Selection;
use crate::sink::Layout;
use crate::sink::adjust::AdjustEyes;
use crate::sink::compose::{Arrangement, Compose, Composition};
use crate::stage::bars::Crop;
use crate::stage::comfort::{Chosen, Limits, Mapping};
use crate::stage::stereo::depth::Depth;
use crate::stage::stereo::layers::{Layers, PlaneStack};
use crate::stage::stereo::{Source, Stereo, View, unit_of};

/// Targets remembered at once: a window that is being resized goes through many.
const TARGETS: usize = 6;

/// The stage objects for one chain's scenes, with eyes of one size.
pub(super) struct Renderer {
    pub(super) layout: Arc<SceneLayout>,
    /// Where the eyes are smaller than the film's pictures: these made smaller.
    small: Option<Small>,
    /// What of the eyes is seen between bars.
    crop: Crop,
    stereo: Stereo,
    pub(super) depth: Option<Depth>,
    layers: Option<Layers>,
    selection: Option<Vec<Selection>>,
    pub(super) measure: Option<Measure>,
    /// The eyes as the viewer has turned them.
    adjust: Option<AdjustEyes>,
    composes: HashMap<(Kind, usize), (Arc<Image>, Compose)>,
}

/// A picture of the eyes' size, and what makes it of each slot's.
struct Small {
    image: Arc<Image>,
    scale: Vec<Compose>,
    whole: Composition,
}

/// A picture and the softmax over its planes.
type PicturePlanes = (Arc<Image>, Arc<Buffer>);

/// Which pair of pictures is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Eyes,
    /// As the viewer has turned them.
    Turned,
    Depth,
    Layers,
}

impl Renderer {
    /// For the scenes of `layout` with eyes of `size`, no larger than their pictures.
    pub(super) fn new(gpu: &Gpu, layout: &Arc<SceneLayout>, size: [u32; 2]) -> Result<Self, EyesError> {
        let small = match size == layout.size {
            true => None,
            false => {
                let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
                let image = Image::new(gpu, "picture, smaller", options)?;
                let whole = Composition::whole(Arrangement::Left, size);
                let scale = |slot: &Slot| {
                    let compose = Compose::new(gpu, &slot.picture, &slot.picture, &image);
                    compose.prepare(&whole).map(|()| compose)
                };
                Some(Small { scale: layout.slots.iter().map(scale).collect::<Result<_, _>>()?, image, whole })
            }
        };
        let picture = |slot: &Slot| small.as_ref().map_or(&slot.picture, |small| &small.image).clone();
        let source = |slot: &Slot| Source { picture: picture(slot), disparity: Arc::clone(&slot.disparity) };
        let sources: Vec<_> = layout.slots.iter().map(source).collect();
        let crop = layout.crop.scaled(layout.size, size);
        Ok(Self {
            layout: Arc::clone(layout),
            stereo: Stereo::new(gpu, &sources, layout.disparity_size)?.with_crop(crop),
            small,
            crop,
            depth: None,
            layers: None,
            selection: None,
            measure: None,
            adjust: None,
            composes: HashMap::new(),
        })
    }

    /// Whether silhouettes have mattes.
    pub(super) fn set_mattes(&mut self, mattes: bool) {
        self.stereo.set_mattes(mattes);
    }

    /// Width and height of the eyes.
    pub(super) fn size(&self) -> [u32; 2] {
        self.stereo.size()
    }

    /// How `scene`'s disparity becomes parallax under `settings`, its plates in pixels of the eyes.
    pub(super) fn mapping(&self, scene: &Scene, settings: &Settings) -> Mapping {
        if settings.flat {
            return Mapping::FLAT;
        }
        let mapping = scene.mapping(&settings.comfort);
        Mapping { plates: mapping.plates.scaled(self.layout.size, self.size()), ..mapping }
    }

    /// Records the pictures for the eyes, or what `settings` want to be seen instead of them.
    pub(super) fn render(
        &mut self,
        recorder: &mut Recorder<'_>,
        gpu: &Gpu,
        scene: &Scene,
        settings: &Settings,
        mapping: Mapping,
    ) -> Result<Kind, EyesError> {
        let slot = scene.slot().index;
        if let Some(Small { scale, whole, .. }) = &self.small
            && let Some(scale) = scale.get(slot)
        {
            scale.record(recorder, whole)?;
        }
        let kind = match settings.layout {
            Layout::Depth => Kind::Depth,
            Layout::Layers => Kind::Layers,
            _ => Kind::Eyes,
        };
        match kind {
            Kind::Eyes if settings.selection && !settings.flat => {
                self.stereo.record(
                    recorder,
                    slot,
                    &View { mapping: Mapping::FLAT, source_eye: settings.source_eye },
                )?;
                if let Some(selection) = self.selection(gpu)?.get(slot) {
                    selection.record(recorder)?;
                }
            }
            Kind::Eyes => self.stereo.record(recorder, slot, &View { mapping, source_eye: settings.source_eye })?,
            Kind::Depth => {
                self.stereo.record_parallax(recorder, slot, &mapping)?;
                self.depth(gpu)?.record(recorder, &mapping)?;
            }
            Kind::Layers => self.layers(gpu)?.record(recorder, slot)?,
            // It comes of the eyes later.
            Kind::Turned => {}
        }
        Ok(kind)
    }

    /// Records what the viewer has turned about what is rendered as `kind`, where each eye sees `size` pixels. What is laid out then.
    pub(super) fn turn(
        &mut self,
        recorder: &mut Recorder<'_>,
        gpu: &Gpu,
        kind: Kind,
        turned: Option<&Turned>,
        size: [u32; 2],
    ) -> Result<Kind, EyesError> {
        let Some(Turned { adjustments, place, .. }) = turned.filter(|_| kind == Kind::Eyes) else { return Ok(kind) };
        let adjust = match self.adjust.take().filter(|adjust| adjust.results()[0].size() == size) {
            Some(adjust) => adjust,
            None => {
                self.composes.retain(|(kind, _), _| *kind != Kind::Turned);
                AdjustEyes::new(gpu, self.stereo.left(), self.stereo.right(), size)?
            }
        };
        let window = adjustments.window(self.layout.size, self.size(), size, *place);
        self.adjust.insert(adjust).record(recorder, &window, &adjustments.colours())?;
        Ok(Kind::Turned)
    }

    /// Records the measuring of the parallax that was recorded last.
    pub(super) fn meter(
        &mut self,
        recorder: &mut Recorder<'_>,
        gpu: &Gpu,
        scene: &Scene,
        settings: &Settings,
        mapping: Mapping,
    ) -> Result<(), EyesError> {
        if settings.selection || settings.layout == Layout::Layers {
            return Ok(());
        }
        let own = self.mapping(scene, settings);
        let measure = match &mut self.measure {
            Some(measure) => measure,
            none => none.insert(Measure::new(gpu, &self.stereo)?),
        };
        let moved = |chosen: Chosen| Chosen { attended: mapping.moved(chosen.attended, &own), ..chosen };
        let chosen = scene.chosen(&settings.comfort).filter(|_| !settings.flat).map(moved);
        let expected = Expected { chosen, limits: Limits::of(settings.comfort.viewing), cut: scene.is_cut() };
        if mapping.is_flat() {
            measure.note_flat(expected);
            return Ok(());
        }
        let unit = unit_of(&mapping, self.stereo.size()[0]);
        Ok(measure.record(recorder, self.crop, unit, expected)?)
    }

    fn depth(&mut self, gpu: &Gpu) -> Result<&Depth, EyesError> {
        let depth = match self.depth.take() {
            Some(depth) => depth,
            None => Depth::new(gpu, &self.stereo)?,
        };
        Ok(self.depth.insert(depth))
    }

    /// Pictures and planes of all slots.
    fn planes(&self) -> Result<Vec<PicturePlanes>, EyesError> {
        let both = |slot: &Slot| Some((Arc::clone(&slot.picture), slot.planes.clone()?));
        self.layout.slots.iter().map(both).collect::<Option<_>>().ok_or(EyesError::NoPlanes)
    }

    fn layers(&mut self, gpu: &Gpu) -> Result<&Layers, EyesError> {
        let layers = match self.layers.take() {
            Some(layers) => layers,
            None => {
                // The original's plane 0 stands for no depth.
                let planes = self.layout.planes.ok_or(EyesError::NoPlanes)?;
                let first = u32::from(planes.network == Network::Deep3d2016);
                let count = planes.count - first;
                let stack = PlaneStack { size: self.layout.disparity_size, first, count };
                Layers::new(gpu, &self.planes()?, stack)?
            }
        };
        Ok(self.layers.insert(layers))
    }

    fn selection(&mut self, gpu: &Gpu) -> Result<&[Selection], EyesError> {
        let selection = match self.selection.take() {
            Some(selection) => selection,
            None => {
                let make = |(picture, planes): &PicturePlanes| {
                    Selection::from_planes(gpu, planes, self.layout.disparity_size, picture, self.stereo.right())
                };
                self.planes()?.iter().map(make).collect::<Result<_, _>>()?
            }
        };
        Ok(self.selection.insert(selection))
    }

    pub(super) fn compose(&mut self, gpu: &Gpu, kind: Kind, target: &Arc<Image>) -> Result<&Compose, EyesError> {
        let key = (kind, Arc::as_ptr(target) as usize);
        if !self.composes.contains_key(&key) {
            if self.composes.len() >= TARGETS {
                self.composes.clear();
            }
            let (left, right) = match (kind, self.adjust.as_ref().map(AdjustEyes::results)) {
                (Kind::Turned, Some([left, right])) => (left, right),
                (Kind::Eyes | Kind::Turned, _) => (self.stereo.left(), self.stereo.right()),
                (Kind::Depth, _) => {
                    let depth = Arc::clone(self.depth(gpu)?.grey());
                    let compose = Compose::new(gpu, &depth, &depth, target);
                    return Ok(&self.composes.entry(key).or_insert((Arc::clone(target), compose)).1);
                }
                (Kind::Layers, _) => {
                    let layers = Arc::clone(self.layers(gpu)?.result());
                    let compose = Compose::new(gpu, &layers, &layers, target);
                    return Ok(&self.composes.entry(key).or_insert((Arc::clone(target), compose)).1);
                }
            };
            let compose = Compose::new(gpu, left, right, target);
            // The target is held, so that its address stays its own.
            self.composes.insert(key, (Arc::clone(target), compose));
        }
        self.composes.get(&key).map(|(_, compose)| compose).ok_or(EyesError::NoPlanes)
    }
}
