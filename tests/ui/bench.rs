//! A panel without a GPU, a film that does what it wants, and a pointer and a clock that the test moves.

use std::time::{Duration, Instant};

use deep3d::sink::panel::{PanelInput, PanelOutput, PanelPlace, Pointer, TextureChange};
use deep3d::sink::{Action, Layout};
use deep3d::time::Time;
use deep3d::ui::{DepthModel, Panel, PanelModel};

pub(crate) const WINDOW: PanelPlace = PanelPlace::Window { full_screen: false, both_eyes: true };
pub(crate) const SIZE: [f32; 2] = [1000.0, 600.0];

/// The panel, a film that does what it wants, and a clock that the test moves.
pub(crate) struct Bench {
    pub(crate) panel: Panel,
    pub(crate) model: PanelModel,
    pub(crate) place: PanelPlace,
    pub(crate) scrubbing: Option<Time>,
    pub(crate) now: Instant,
    /// How often meshes were made.
    pub(crate) built: u32,
    pub(crate) changes: Vec<TextureChange>,
}

impl Bench {
    pub(crate) fn new(place: PanelPlace) -> Self {
        let depth = DepthModel {
            strength: 1.5,
            convergence: 0.5,
            automatic: false,
            metered: false,
            swap_eyes: false,
            flat: false,
            layout: Layout::Sbs,
        };
        let model = PanelModel {
            name: "a film.mkv".to_owned(),
            position: Time::from_seconds(60.0),
            duration: Some(Time::from_seconds(600.0)),
            depth: Some(depth),
            ..PanelModel::default()
        };
        let panel = Panel::new();
        Self { panel, model, place, scrubbing: None, now: Instant::now(), built: 0, changes: Vec::new() }
    }

    /// One that is there, its pointer in the upper left corner.
    pub(crate) fn shown(place: PanelPlace) -> Self {
        let mut bench = Self::new(place);
        bench.panel.toggle(bench.now);
        bench.run(&[Pointer::Moved([1.0, 1.0])]);
        assert!(bench.run(&[]).visible);
        bench
    }

    pub(crate) fn run(&mut self, pointer: &[Pointer]) -> PanelOutput {
        self.now += Duration::from_millis(20);
        let input = PanelInput {
            size: SIZE,
            pixels_per_point: 1.0,
            pointer: pointer.to_vec(),
            place: self.place,
            scrubbing: self.scrubbing,
        };
        let mut output = self.panel.run(input, || self.model.clone(), self.now);
        if let Some(picture) = &mut output.picture {
            self.built += 1;
            self.changes.append(&mut picture.textures);
        }
        output
    }

    /// The point at these shares of a widget's width and height.
    pub(crate) fn at(&self, name: &str, across: f32, down: f32) -> [f32; 2] {
        let [from, to] = self.panel.widget(name).unwrap_or_else(|| panic!("there is no '{name}'"));
        [from[0] + (to[0] - from[0]) * across, from[1] + (to[1] - from[1]) * down]
    }

    /// Moves, presses, lets go, one after the other; gives all that was wanted.
    pub(crate) fn click_at(&mut self, at: [f32; 2]) -> Vec<Action> {
        let events = [Pointer::Moved(at), Pointer::Pressed(at), Pointer::Released(at)];
        let mut actions: Vec<_> = events.into_iter().flat_map(|event| self.run(&[event]).actions).collect();
        actions.extend(self.run(&[]).actions);
        actions
    }

    pub(crate) fn click(&mut self, name: &str) -> Vec<Action> {
        self.click_at(self.at(name, 0.5, 0.5))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.panel.widget(name).is_some()
    }
}

/// From where to where across the panel something is drawn in that grey.
pub(crate) fn drawn(output: &PanelOutput, grey: u8) -> Option<[f32; 2]> {
    let meshes = output.picture.iter().flat_map(|picture| &picture.meshes);
    let vertices = meshes.flat_map(|clipped| match &clipped.primitive {
        egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.as_slice(),
        egui::epaint::Primitive::Callback(_) => &[],
    });
    let xs: Vec<f32> =
        vertices.filter(|vertex| vertex.color == egui::Color32::from_gray(grey)).map(|vertex| vertex.pos.x).collect();
    Some([xs.iter().copied().reduce(f32::min)?, xs.iter().copied().reduce(f32::max)?])
}
