//! The network beside a film that plays: it gets the newest frame whenever it is free, and no frame waits for it.
//!
//! What comes of a pass is that frame's own where it still waits to be given; the frames before it take from it through the steady stage, which looks
//! ahead. Else it is carried along the motion since then ([`Carry`]) to the oldest frame that waits, where that is of the same shot, or dropped.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::gpu::{Commands, Gpu, GpuError, Point};
use crate::stage::input::NetworkInput;
use crate::stage::steady::carry::Carry;

use super::passes::Outcome;
use super::{Arrived, Estimate};
use crate::film::FilmError;
use crate::film::waiting::Waiting;

/// What only playing needs.
pub(super) struct Live {
    /// Makes the engine's input of any frame that waits.
    input: NetworkInput,
    carry: Carry,
    commands: Commands,
    point: Point,
    arrived: Option<Arrived>,
    /// Frames before this one are of an epoch that is over.
    valid: u64,
    /// The engine holds planes that no scene has yet.
    new_planes: bool,
    /// The newest frame that the network has looked at.
    looked_at: Option<u64>,
    /// When the last pass began.
    began: Option<Instant>,
    /// The last pass was given up for a new shot; the next one is not.
    gave_up: bool,
}

impl Live {
    pub(super) fn new(gpu: &Gpu, input: NetworkInput, carry: Carry) -> Result<Self, FilmError> {
        Ok(Self {
            input,
            carry,
            commands: Commands::new(gpu, "depth in and out", 0)?,
            point: Point::default(),
            arrived: None,
            valid: 0,
            new_planes: false,
            looked_at: None,
            began: None,
            gave_up: false,
        })
    }

    /// Frames before `frame` are not wanted any more.
    pub(super) fn forget_before(&mut self, frame: u64) {
        (self.valid, self.arrived) = (frame, None);
    }
}

/// A frame for the network.
#[derive(Debug, Clone, Copy)]
struct Next {
    /// Its place among those that wait.
    index: usize,
    /// Its shot has no depth at all.
    urgent: bool,
}

/// Where a pass goes.
enum Use {
    /// It is the frame's own: of the one at this place of those that wait, or of the one given last.
    Own(Option<usize>),
    /// It is carried to the first that waits.
    Carried,
}

impl Estimate {
    /// Takes what the network has finished, and gives it the next frame of `waiting`. `again`: the frame given last, where it had to go without depth.
    /// Never waits for the network. Nothing happens where each frame waits for its own pass.
    pub(in crate::film) fn turn(
        &mut self,
        waiting: &mut VecDeque<Waiting>,
        again: Option<&mut Waiting>,
    ) -> Result<(), FilmError> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        let result = self.turn_with(&mut live, waiting, again);
        self.live = Some(live);
        result
    }

    fn turn_with(
        &mut self,
        live: &mut Live,
        waiting: &mut VecDeque<Waiting>,
        again: Option<&mut Waiting>,
    ) -> Result<(), FilmError> {
        self.take_pass(live, waiting);
        let used = live.arrived.as_ref().and_then(|arrived| self.use_of(arrived, waiting, again.as_deref()));
        // What nothing can use now may be of use to the next frame, while none waits.
        if used.is_none() && !waiting.is_empty() {
            live.arrived = None;
        }
        let next = self.next_frame(live, waiting).filter(|_| live.arrived.is_none() || used.is_some());
        if used.is_none() && next.is_none() {
            return Ok(());
        }
        // What was recorded last is done with what is written next.
        self.gpu.wait(live.point)?;
        if let (Some(Use::Carried), Some(trail)) = (&used, waiting.front().and_then(|front| front.depth.trail.as_ref()))
        {
            live.carry.put(trail)?;
        }
        let (carry, input) = (&live.carry, &live.input);
        let (flow, steady, disparity) = (&self.flow, &self.steady, self.engine.parallax()?);
        let arrived = live.arrived.take();
        // Those of the newest pass are shown with all frames. They are copied here, in the order in which they are shown, and not on the network's queue.
        let scene = waiting.front().or(again.as_deref()).map(|waiting| &waiting.frame.data);
        let planes = scene.and_then(|slot| slot.planes.as_ref()).filter(|_| live.new_planes);
        let planes = planes.map(|to| Ok::<_, FilmError>((self.engine.planes()?, to))).transpose()?;
        live.new_planes &= scene.is_none();
        live.commands.record::<GpuError>(|recorder| {
            match (&used, &arrived) {
                (Some(Use::Own(_)), Some(arrived)) => steady.record_disparity(recorder, arrived.frame, disparity)?,
                (Some(Use::Carried), Some(_)) => {
                    if let Some(front) = waiting.front() {
                        carry.record(recorder, flow, front.depth.number)?;
                    }
                }
                _ => {}
            }
            if let Some((from, to)) = planes {
                recorder.copy_buffer(from, 0, to, 0, to.bytes())?;
            }
            if let Some(next) = next.and_then(|next| waiting.get(next.index)) {
                carry.record_earlier(recorder, flow, next.depth.number)?;
                input.record(recorder, next.frame.data.index)?;
            }
            Ok(())
        })?;
        live.point = self.gpu.submit_after(&mut live.commands, &[self.passed])?;
        if let (Some(used), Some(arrived)) = (used, arrived) {
            let to = match used {
                Use::Own(None) => again,
                Use::Own(Some(index)) => waiting.get_mut(index),
                Use::Carried => waiting.front_mut(),
            };
            if let Some(to) = to {
                to.depth.step |= arrived.step && to.depth.number == arrived.frame;
                to.depth.own = Some(arrived.own);
            }
        }
        if let Some(Next { index, urgent }) = next
            && let Some(frame) = waiting.get(index)
        {
            (live.looked_at, live.began) = (Some(frame.depth.number), Some(Instant::now()));
            self.look_at(frame, live.point, None, urgent);
            self.begin_trails(waiting, index);
        }
        Ok(())
    }

    /// Takes the pass that is over, if one is. Where it has failed the film goes on without depth.
    fn take_pass(&mut self, live: &mut Live, waiting: &mut VecDeque<Waiting>) {
        let passed = self.passes.as_mut().filter(|_| self.busy).and_then(|passes| passes.take(Some(Duration::ZERO)));
        let Some(passed) = passed else { return };
        (self.busy, self.passed) = (false, passed.point);
        match passed.outcome {
            Ok(Outcome::Done(took)) => {
                (live.gave_up, live.new_planes) = (false, true);
                let arrived = self.arrive(passed.frame, passed.disparity, took);
                live.arrived = arrived.filter(|arrived| arrived.frame >= live.valid);
            }
            Ok(Outcome::GivenUp) => {
                self.disparity[0] = passed.disparity;
                self.looked = None;
                live.looked_at = None;
                // They lead to a frame of which nothing is known.
                self.given.trail = None;
                waiting.iter_mut().for_each(|waiting| waiting.depth.trail = None);
            }
            Err(error) => self.give_up(&error),
        }
    }

    /// The network has failed: from here on the film is flat.
    pub(in crate::film) fn give_up(&mut self, error: &FilmError) {
        tracing::warn!("{error}; the film goes on without depth");
        self.passes = None;
    }

    /// Which frame can use what has come. `None`: none can.
    fn use_of(&self, arrived: &Arrived, waiting: &VecDeque<Waiting>, again: Option<&Waiting>) -> Option<Use> {
        if again.is_some_and(|again| again.depth.number == arrived.frame) {
            return Some(Use::Own(None));
        }
        if let Some(index) = waiting.iter().position(|waiting| waiting.depth.number == arrived.frame) {
            return Some(Use::Own(Some(index)));
        }
        let front = &waiting.front()?.depth;
        // Over a cut nothing is carried, whether seen at once or found by the frames after it.
        let same_shot = arrived.frame >= self.given.shot && arrived.frame < front.number && front.trail.is_some();
        same_shot.then_some(Use::Carried)
    }

    /// The frame that the network should look at next: the newest of the first shot that has no depth, else, as often as is wanted, the newest of all. `None` where it is busy or
    /// has seen that.
    fn next_frame(&self, live: &Live, waiting: &VecDeque<Waiting>) -> Option<Next> {
        if self.busy || self.passes.is_none() || self.control.network_rests() {
            return None;
        }
        let mut known = self.given.known;
        let mut flat = None;
        for (index, frame) in waiting.iter().enumerate() {
            if frame.depth.step {
                if !known && flat.is_some() {
                    break;
                }
                known = false;
            }
            known |= frame.depth.own.is_some();
            flat = (!known).then_some(index);
        }
        let rests = live.began.is_some_and(|began| began.elapsed() < self.control.network_interval());
        let newest = waiting.len().checked_sub(1).filter(|_| !rests);
        let chosen = flat.or(newest)?;
        let number = waiting.get(chosen)?.depth.number;
        (live.looked_at.is_none_or(|last| last < number)).then_some(Next { index: chosen, urgent: flat.is_some() })
    }

    /// A frame was added to `waiting`: where it begins a shot, a pass over the one before is given up, but not twice in a row, since pictures that are all
    /// different would never get any depth.
    pub(in crate::film) fn note_step(&mut self, number: u64) {
        let Some(live) = &mut self.live else { return };
        if self.busy
            && !live.gave_up
            && let Some(passes) = &self.passes
        {
            live.gave_up = true;
            passes.forget_before(number);
        }
    }
}
