//! A still picture of marks for each eye, shown by the headset sink in Monado, with the panel, and a list of what was wanted.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use deep3d::gpu::{Buffer, BufferKind, Gpu, GpuOptions, Image, Recorder, Validation};
use deep3d::media::StopFlag;
use deep3d::sink::panel::{PanelInput, PanelOutput};
use deep3d::sink::xr::{self as headset, HeadsetOptions, Loader, ScreenLayer, Statistics, XrError};
use deep3d::sink::{Action, App, Asked, Canvas, EyePicture, EyesApp, ScreenSettings, Tick};
use deep3d::time::Time;
use deep3d::ui::{Panel, PanelModel};

use crate::monado::{Monado, VALIDATION};

/// Width and height of the pictures.
pub(crate) const SIZE: [u32; 2] = [480, 270];

type Script = dyn FnMut(&mut Marks) -> bool;

/// The app.
pub(crate) struct Marks {
    pictures: [Vec<u8>; 2],
    buffers: Vec<Arc<Buffer>>,
    gpu: Option<Gpu>,
    pub(crate) panel: Panel,
    /// What the sink asked for, in order.
    pub(crate) acts: Vec<Action>,
    pub(crate) paused: bool,
    pub(crate) messages: Vec<String>,
    begun: Instant,
    repaint: bool,
    /// Ends the sink from outside.
    pub(crate) stop: StopFlag,
    /// Asked at each tick, whether it goes on.
    script: Rc<RefCell<Box<Script>>>,
}

impl App for Marks {
    type Error = XrError;

    fn start(&mut self, gpu: &Gpu) -> Result<(), XrError> {
        (self.gpu, self.repaint) = (Some(gpu.clone()), true);
        Ok(())
    }

    fn tick(&mut self, _now: Instant) -> Result<Tick, XrError> {
        assert!(self.begun.elapsed().as_secs() < 120, "what the test waits for did not come: {:?}", self.acts);
        let script = Rc::clone(&self.script);
        let goes_on = (script.borrow_mut())(self);
        Ok(Tick { repaint: std::mem::take(&mut self.repaint), finished: !goes_on, ..Tick::default() })
    }

    fn paint(&mut self, _: &mut Recorder<'_>, _: &Canvas) -> Result<(), XrError> {
        Ok(())
    }

    fn act(&mut self, action: Action, now: Instant) -> bool {
        match action {
            Action::Pause => self.paused = !self.paused,
            Action::Panel => self.panel.toggle(now),
            _ => {}
        }
        self.acts.push(action);
        false
    }

    fn key(&mut self, _: &str, _: bool, _: Instant) -> Asked {
        Asked::default()
    }

    fn panel(&mut self, input: PanelInput, now: Instant) -> PanelOutput {
        let duration = Some(Time::from_seconds(600.0));
        let (position, paused) = (Time::from_seconds(100.0), self.paused);
        let model = || PanelModel { name: "marks".to_owned(), position, duration, paused, ..PanelModel::default() };
        self.panel.run(input, model, now)
    }

    fn title(&self) -> String {
        String::new()
    }

    fn end(&mut self) {
        self.buffers.clear();
        if let Some(gpu) = self.gpu.take() {
            self.messages.extend(gpu.validation_messages());
        }
    }
}

impl EyesApp for Marks {
    fn eye(&self) -> Option<EyePicture> {
        Some(EyePicture { size: SIZE, aspect: SIZE[0] as f32 / SIZE[1] as f32 })
    }

    fn position(&self, _: Instant) -> Time {
        Time::from_seconds(100.0)
    }

    fn frame_rate(&self) -> Option<f64> {
        Some(24.0)
    }

    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, eyes: [&Arc<Image>; 2]) -> Result<(), XrError> {
        let Some(gpu) = self.gpu.clone() else { return Ok(()) };
        for (index, eye) in eyes.into_iter().enumerate() {
            let [width, height] = eye.size();
            let mut bytes = Vec::with_capacity(width as usize * height as usize * 4);
            for y in 0..height {
                for x in 0..width {
                    let from = (y * SIZE[1] / height * SIZE[0] + x * SIZE[0] / width) as usize * 4;
                    bytes.extend(&self.pictures[index][from..from + 4]);
                }
            }
            let buffer = Buffer::new(&gpu, "marks", bytes.len() as u64, BufferKind::Upload)?;
            buffer.write(0, &bytes)?;
            recorder.copy_buffer_to_image(&buffer, eye, 4)?;
            self.buffers.push(buffer);
        }
        Ok(())
    }
}

/// RGBA of [`SIZE`] by the place on the picture, (0, 0) upper left … (1, 1).
pub(crate) fn picture(colour: impl Fn(f32, f32) -> [u8; 3]) -> Vec<u8> {
    let at = |x: u32, y: u32| colour((x as f32 + 0.5) / SIZE[0] as f32, (y as f32 + 0.5) / SIZE[1] as f32);
    (0..SIZE[0] * SIZE[1])
        .flat_map(|i| at(i % SIZE[0], i / SIZE[0]).into_iter().chain([255]).collect::<Vec<_>>())
        .collect()
}

/// Shows `pictures` in `monado` until `script` says that it is enough; nothing may be complained of.
pub(crate) fn show(
    monado: &Monado,
    pictures: [Vec<u8>; 2],
    screen: &mut ScreenSettings,
    layer: ScreenLayer,
    script: impl FnMut(&mut Marks) -> bool + 'static,
) -> (Marks, Statistics) {
    let mut marks = Marks {
        pictures,
        buffers: Vec::new(),
        gpu: None,
        panel: Panel::new(),
        acts: Vec::new(),
        paused: false,
        messages: Vec::new(),
        begun: Instant::now(),
        repaint: true,
        stop: StopFlag::default(),
        script: Rc::new(RefCell::new(Box::new(script))),
    };
    let options = HeadsetOptions {
        loader: Loader::Given(monado.entry()),
        gpu: GpuOptions { validation: Validation::On, ..GpuOptions::default() },
        layer,
        play_when_off: true,
        film_frames: None,
        sound: None,
        room: None,
        stop: marks.stop.clone(),
    };
    // SAFETY: the holder of `monado` has its turn: no other test reads or writes the environment meanwhile.
    unsafe { std::env::set_var("XR_ENABLE_API_LAYERS", VALIDATION) };
    let shown = headset::run(&mut marks, &options, screen);
    // SAFETY: as above.
    unsafe { std::env::remove_var("XR_ENABLE_API_LAYERS") };
    let statistics = shown.unwrap_or_else(|error| panic!("{error}\n{}", monado.log()));
    assert_eq!(marks.messages, [""; 0]);
    assert_eq!(monado.complaints(), [""; 0]);
    (marks, statistics)
}
