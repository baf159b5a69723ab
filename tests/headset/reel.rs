//! A made-up film of plain colours, played in the fake's headset, with a script that acts at each display frame.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use deep3d::film::SeekMode;
use deep3d::frame::Frame;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, GpuOptions, Image, Recorder, Validation};
use deep3d::media::{Cached, StopFlag};
use deep3d::player::{
    self, Controls, Counts, Error, Next, Painter, PlayError, PlayerOptions, Playlist, SceneSource, WatchOptions,
};
use deep3d::playlist::Entry;
use deep3d::sink::xr::{HeadsetOptions, Loader, ScreenLayer, Statistics};
use deep3d::sink::{Action, Canvas, ScreenSettings};
use deep3d::sound::{Room, Sound};
use deep3d::time::Time;
use deep3d::trace::Trace;

use crate::fakexr::{Fake, Frame as Shown, Layer, Shape};

/// Width and height of the film's pictures.
pub(crate) const SIZE: [u32; 2] = [64, 36];

/// 90 Hz, as nanoseconds from one picture of the display to the next.
pub(crate) const PERIOD: i64 = 11_111_111;

/// The left eye's picture of scene `id` in red, green, blue, alpha; the right eye's has much green.
pub(crate) fn colour(id: u64, eye: usize) -> [u8; 4] {
    [(id % 32) as u8 * 8, [0, 255][eye], 128, 255]
}

/// Which scene a picture of that colour is of.
pub(crate) fn scene(pixel: [u8; 4]) -> u64 {
    u64::from(pixel[0]) / 8
}

type Script = dyn FnMut(u64, &Reel);

/// What the film, its painter and the script share.
pub(crate) struct Reel {
    pub(crate) fake: Rc<Fake>,
    pub(crate) stop: StopFlag,
    pub(crate) frames: u64,
    pub(crate) rate: f64,
    gpu: RefCell<Option<(Gpu, Commands)>>,
    steps: Cell<u64>,
    polls: Cell<usize>,
    script: RefCell<Box<Script>>,
    /// Nothing more of the film comes, and nothing of it is at hand.
    pub(crate) stalled: Cell<bool>,
    /// Where the film was sought to.
    pub(crate) seeks: RefCell<Vec<Time>>,
    /// Film time, as it was told at each tick.
    pub(crate) told: RefCell<Vec<Option<Time>>>,
    /// What the painter was asked.
    pub(crate) acts: RefCell<Vec<Action>>,
    pub(crate) messages: RefCell<Vec<String>>,
}

impl Reel {
    /// Waits until the GPU has nothing to do, so that every picture is ready when it is asked for; then lets the script act.
    fn tick(&self, now: Option<Time>) {
        self.told.borrow_mut().push(now);
        if let Some((gpu, commands)) = &mut *self.gpu.borrow_mut() {
            let point = gpu.submit(commands).unwrap();
            // Elsewhere: the thread that shows pictures must not wait.
            std::thread::scope(|scope| scope.spawn(|| gpu.wait(point).unwrap()).join().unwrap());
        }
        // The player may ask several times for one picture of the display, before each of which the sink listens to the runtime.
        let polls = self.fake.count("xrPollEvent");
        if self.polls.replace(polls) != polls {
            self.steps.set(self.steps.get() + 1);
            (self.script.borrow_mut())(self.steps.get(), self);
        }
    }
}

pub(crate) struct Roll {
    reel: Rc<Reel>,
    next: u64,
    epoch: u32,
}

impl SceneSource for Roll {
    type Scene = u64;

    fn next(&mut self) -> Next<u64> {
        let pts = |id: u64| Time::from_seconds(id as f64 / self.reel.rate);
        if self.next >= self.reel.frames {
            return Next::End(self.epoch);
        }
        if self.reel.stalled.get() {
            return Next::Yet;
        }
        let id = self.next;
        self.next += 1;
        let (pts, duration) = (pts(id), pts(id + 1) - pts(id));
        Next::Scene(Frame { id, pts, duration, epoch: self.epoch, trace: Trace::default(), data: id })
    }

    fn is_ready(&self, _: &u64) -> Result<bool, Error> {
        Ok(true)
    }

    fn seek(&mut self, time: Time, _mode: SeekMode) -> u32 {
        self.reel.seeks.borrow_mut().push(time);
        self.next = (time.seconds() * self.reel.rate + 1e-6) as u64;
        self.epoch += 1;
        self.epoch
    }

    fn set_now(&mut self, now: Option<Time>) {
        self.reel.tick(now);
    }

    fn cached(&self) -> Option<Cached> {
        let ahead = Time::from_seconds(if self.reel.stalled.get() { 0.0 } else { 5.0 });
        Some(Cached { ahead, ..Cached::default() })
    }

    fn duration(&self) -> Option<Time> {
        Some(Time::from_seconds(self.reel.frames as f64 / self.reel.rate))
    }

    fn size(&self) -> Option<[u32; 2]> {
        Some(SIZE)
    }

    fn frame_rate(&self) -> Option<f64> {
        Some(self.reel.rate)
    }
}

pub(crate) struct Box24(Rc<Reel>);

impl Playlist for Box24 {
    type Source = Roll;

    fn entries(&self) -> Vec<Entry> {
        vec![Entry::new("reel")]
    }

    fn open(&mut self, _: &Entry) -> Result<Roll, Error> {
        Ok(Roll { reel: Rc::clone(&self.0), next: 0, epoch: 0 })
    }
}

pub(crate) struct Colours {
    reel: Rc<Reel>,
    buffers: Vec<Arc<Buffer>>,
}

impl Painter<u64> for Colours {
    fn paint(&mut self, _: &mut Recorder<'_>, _: &u64, _: &Canvas) -> Result<(), Error> {
        Ok(())
    }

    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, id: &u64, eyes: [&Arc<Image>; 2]) -> Result<(), Error> {
        for (index, eye) in eyes.into_iter().enumerate() {
            let pixels = eye.size()[0] as usize * eye.size()[1] as usize;
            let bytes = colour(*id, index).repeat(pixels);
            let buffer = Buffer::new(&self.gpu(), "colour", bytes.len() as u64, BufferKind::Upload)?;
            buffer.write(0, &bytes)?;
            recorder.copy_buffer_to_image(&buffer, eye, 4)?;
            self.buffers.push(buffer);
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> bool {
        self.reel.acts.borrow_mut().push(action);
        false
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn release(&mut self) {
        self.buffers.clear();
        if let Some((gpu, _)) = self.reel.gpu.borrow_mut().take() {
            self.reel.messages.borrow_mut().extend(gpu.validation_messages());
        }
    }

    fn attach(&mut self, gpu: &Gpu) {
        attach(&self.reel, gpu);
    }
}

impl Colours {
    fn gpu(&self) -> Gpu {
        self.reel.gpu.borrow().as_ref().unwrap().0.clone()
    }
}

fn attach(reel: &Reel, gpu: &Gpu) {
    let mut nothing = Commands::new(gpu, "nothing", 0).unwrap();
    nothing.record::<GpuError>(|_| Ok(())).unwrap();
    *reel.gpu.borrow_mut() = Some((gpu.clone(), nothing));
}

/// How it is played.
pub(crate) struct Showing {
    pub(crate) fake: Rc<Fake>,
    pub(crate) frames: u64,
    pub(crate) rate: f64,
    pub(crate) screen: ScreenSettings,
    pub(crate) layer: ScreenLayer,
    pub(crate) play_when_off: bool,
    pub(crate) room: Room,
    pub(crate) sound: Option<Sound>,
}

/// What came of it.
pub(crate) struct Played {
    pub(crate) reel: Rc<Reel>,
    pub(crate) result: Result<(Counts, Statistics), PlayError>,
    /// The screen as it was left.
    pub(crate) screen: ScreenSettings,
}

impl Showing {
    /// On a new fake at 90 Hz.
    pub(crate) fn new(fake: Fake) -> Self {
        // XrTime is CLOCK_MONOTONIC here, which counts from the start of the system as this file does.
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        fake.set_time((seconds * 1e9) as i64);
        fake.set_period(PERIOD);
        Self {
            fake: Rc::new(fake),
            frames: 24,
            rate: 24.0,
            screen: ScreenSettings {
                surroundings: deep3d::sink::screen::Surroundings::Void,
                ..ScreenSettings::default()
            },
            layer: ScreenLayer::Auto,
            play_when_off: false,
            room: Room::default(),
            sound: None,
        }
    }

    /// Plays it to its end.
    pub(crate) fn play(&self) -> Played {
        self.play_with(|_, _| ())
    }

    /// Plays it; `script` acts at every picture of the display and, while there are none, every now and then; counted from 1.
    pub(crate) fn play_with(&self, script: impl FnMut(u64, &Reel) + 'static) -> Played {
        let reel = Rc::new(Reel {
            fake: Rc::clone(&self.fake),
            stop: StopFlag::default(),
            frames: self.frames,
            rate: self.rate,
            gpu: RefCell::default(),
            steps: Cell::default(),
            polls: Cell::default(),
            script: RefCell::new(Box::new(script)),
            stalled: Cell::default(),
            seeks: RefCell::default(),
            told: RefCell::default(),
            acts: RefCell::default(),
            messages: RefCell::default(),
        });
        let options = HeadsetOptions {
            loader: Loader::Given(self.fake.entry()),
            gpu: GpuOptions { validation: Validation::On, ..GpuOptions::default() },
            layer: self.layer,
            play_when_off: self.play_when_off,
            film_frames: None,
            sound: self.sound.clone(),
            room: Some(self.room.clone()),
            stop: reel.stop.clone(),
        };
        let mut screen = self.screen;
        let start = |gpu: &Gpu| {
            attach(&reel, gpu);
            Ok((Box24(Rc::clone(&reel)), Colours { reel: Rc::clone(&reel), buffers: Vec::new() }))
        };
        let result = player::play_in_headset(
            start,
            PlayerOptions::default(),
            WatchOptions::default(),
            Controls::default(),
            &options,
            &mut screen,
        );
        Played { reel, result, screen }
    }

    /// The same, and nothing may have been wrong or left behind.
    #[track_caller]
    pub(crate) fn play_well(&self, script: impl FnMut(u64, &Reel) + 'static) -> Played {
        let shown = self.play_with(script);
        self.fake.assert_no_faults();
        assert!(shown.result.is_ok(), "{}", shown.result.as_ref().unwrap_err());
        let messages = shown.reel.messages.borrow();
        assert!(messages.is_empty(), "{}", messages.join("\n"));
        assert_eq!(self.fake.alive(), []);
        drop(messages);
        shown
    }
}

/// The pictures of a frame's screen: left, right. Needs `keep_pictures`.
pub(crate) fn screens(frame: &Shown) -> Option<[[u8; 4]; 2]> {
    let pixel = |wanted| {
        frame.layers.iter().find_map(|layer: &Layer| match &layer.shape {
            Shape::Quad { eyes, image, .. } | Shape::Cylinder { eyes, image, .. } if *eyes == wanted => {
                Some(image.picture.as_ref()?.pixel(SIZE[0] / 2, SIZE[1] / 2))
            }
            _ => None,
        })
    };
    Some([pixel(openxr::EyeVisibility::LEFT)?, pixel(openxr::EyeVisibility::RIGHT)?])
}
