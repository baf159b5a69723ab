//! The film thread: pictures out of ring A, through the chain, as scenes into ring B.

use std::time::{Duration, Instant};

use super::chain::Chain;
use super::control::Control;
use super::decode::Decoded;
use super::disparity::DepthSource;
use super::options::{ChainOptions, Pace};
use super::rhythm::{Rhythm, Sent};
use super::scene::Scene;
use super::{FilmError, Step};
use crate::depth_film::DepthAt;
use crate::frame::{Frame, Picture};
use crate::gpu::Gpu;
use crate::ring::{Empty, Latest, Receiver, Sender};
use crate::stage::bars::Bars;
use crate::stage::glance::Glance;
use crate::time::Time;

/// The longest that a viewer sees nothing new when everything comes late.
const STARVED: Duration = Duration::from_millis(500);

/// How long the film thread waits for a free scene before it looks whether it should still make one.
const PATIENCE: Duration = Duration::from_millis(20);

/// Where no frame waits for the network, those that wait to be given are so far ahead at most: time enough for a pass.
const AHEAD: Duration = Duration::from_millis(350);

/// How long it waits for anything to happen before it looks whether the network has finished.
const MOMENT: Duration = Duration::from_millis(4);

/// The film thread.
pub(super) struct FilmThread {
    gpu: Gpu,
    source: DepthSource,
    options: ChainOptions,
    control: Control,
    again: Latest<Frame<Scene>>,
    chain: Option<Chain>,
    /// The one before, for films that change their aspect to and fro.
    spare: Option<Chain>,
    /// At the picture that has come last.
    glance: Glance,
    bars: Bars,
    /// What a scene costs where frames wait for the network, followed slowly.
    cost: Duration,
    /// Where they do not.
    rhythm: Rhythm,
    last_made: Option<Instant>,
}

impl FilmThread {
    pub(super) fn new(
        gpu: &Gpu,
        source: DepthSource,
        options: ChainOptions,
        control: Control,
        again: Latest<Frame<Scene>>,
    ) -> Self {
        Self {
            gpu: gpu.clone(),
            source,
            options,
            control,
            again,
            chain: None,
            spare: None,
            glance: Glance::default(),
            bars: Bars::default(),
            cost: Duration::ZERO,
            rhythm: Rhythm::default(),
            last_made: None,
        }
    }

    /// Runs until stopped or until nobody listens.
    pub(super) fn run(mut self, mut pictures: Receiver<Decoded>, mut scenes: Sender<Step>) {
        loop {
            let item = match self.next(&mut pictures, &mut scenes) {
                Ok(Some(item)) => item,
                Ok(None) => return,
                Err(error) => {
                    let epoch = self.control.epoch();
                    if scenes.send(Step::Failed { epoch, error }).is_err() {
                        return;
                    }
                    continue;
                }
            };
            let (epoch, sent, last) = match item {
                Decoded::Picture(frame, depth) => (frame.epoch, self.add(frame, depth.as_ref(), &mut scenes), None),
                Decoded::End(epoch) => (epoch, self.give(true, &mut scenes), Some(Step::End { epoch })),
                Decoded::Failed(epoch, error) => {
                    (epoch, self.give(true, &mut scenes), Some(Step::Failed { epoch, error }))
                }
            };
            let last = match sent {
                Ok(true) => last,
                Ok(false) => return,
                Err(error) => Some(Step::Failed { epoch, error }),
            };
            if last.is_some_and(|step| scenes.send(step).is_err()) {
                return;
            }
        }
    }

    /// What comes next from the decoder. Where no frame waits for the network, scenes are given meanwhile. `None`: it is over.
    fn next(
        &mut self,
        pictures: &mut Receiver<Decoded>,
        scenes: &mut Sender<Step>,
    ) -> Result<Option<Decoded>, FilmError> {
        loop {
            let patience = (self.options.pace == Pace::Live).then_some(MOMENT);
            let next = pictures.receive(patience);
            if self.control.stopped() {
                return Ok(None);
            }
            match next {
                Ok(item) => return Ok(Some(item)),
                Err(Empty::ForGood) => return Ok(None),
                Err(Empty::Yet) => {}
            }
            if !self.idle(scenes)? {
                return Ok(None);
            }
        }
    }

    /// Gives what can be given without waiting, and sees to the network. False when nobody listens.
    fn idle(&mut self, scenes: &mut Sender<Step>) -> Result<bool, FilmError> {
        if self.options.pace == Pace::Every {
            return Ok(true);
        }
        let Some(chain) = &mut self.chain else { return Ok(true) };
        chain.turn()?;
        // While film time stands, the picture that is seen comes first.
        let stands = self.control.now().is_none();
        if stands && let Some(scene) = chain.once_more()?.filter(|scene| scene.epoch == self.control.epoch()) {
            self.again.put(scene);
        }
        if !(stands && chain.is_unfinished()) && chain.has(false) && scenes.wait_for_room(Duration::ZERO) {
            return self.give_one(false, scenes);
        }
        Ok(true)
    }

    /// Takes `frame` into the chain, unless nobody wants it any more, and sends on what it makes ready. False when nobody listens.
    fn add(
        &mut self,
        mut frame: Frame<Picture>,
        depth: Option<&DepthAt>,
        scenes: &mut Sender<Step>,
    ) -> Result<bool, FilmError> {
        if !self.wants(frame.pts, frame.duration, scenes) {
            self.control.count_dropped();
            return Ok(true);
        }
        self.glance.take(&frame.data);
        let crop = self.bars.look(&self.glance).turned(frame.data.shape.size, frame.data.shape.orientation);
        if self.chain.as_ref().is_some_and(|chain| !chain.fits(&frame.data, crop)) {
            if !self.give(true, scenes)? {
                return Ok(false);
            }
            std::mem::swap(&mut self.chain, &mut self.spare);
            if let (Some(chain), Some(before)) = (&mut self.chain, &self.spare)
                && chain.fits(&frame.data, crop)
            {
                chain.go_on(before);
            } else {
                self.chain = None;
            }
        }
        if self.chain.is_none() {
            let mut chain = Chain::new(&self.gpu, &self.source, &frame.data.shape, crop, &self.options, &self.control)?;
            if let Some(before) = &self.spare {
                chain.go_on(before);
            }
            self.chain = Some(chain);
        }
        while frame.epoch == self.control.epoch() && !self.control.stopped() {
            let Some(chain) = &mut self.chain else { return Ok(true) };
            // Where scenes come slowly, few that wait are far ahead already.
            let apart = self.rhythm.cost().max(frame.duration.to_duration());
            let enough = self.options.pace == Pace::Live && apart * chain.waiting() as u32 > AHEAD;
            if enough && chain.has(false) {
                if !self.idle(scenes)? {
                    return Ok(false);
                }
                scenes.wait_for_room(MOMENT);
                continue;
            }
            // While the picture stands and has its depth, there is nothing to hurry for.
            let rests = self.control.now().is_none() && !chain.is_unfinished();
            let patience = if self.options.pace == Pace::Every || rests { PATIENCE } else { MOMENT };
            match chain.add(frame, &self.glance, depth, patience)? {
                Some(back) => frame = back,
                None => break,
            }
            if !self.idle(scenes)? {
                return Ok(false);
            }
        }
        match self.options.pace {
            Pace::Every => self.give(false, scenes),
            Pace::Live => self.idle(scenes),
        }
    }

    /// Sends on the scenes that wait for nothing any more; `over`: no frame comes after them. False when nobody listens.
    fn give(&mut self, over: bool, scenes: &mut Sender<Step>) -> Result<bool, FilmError> {
        while self.chain.as_ref().is_some_and(|chain| chain.has(over)) {
            if !self.give_one(over, scenes)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn give_one(&mut self, over: bool, scenes: &mut Sender<Step>) -> Result<bool, FilmError> {
        // Depth that comes while there is no room for the scene is still of use to it.
        while self.options.pace == Pace::Live && !scenes.wait_for_room(MOMENT) {
            if self.control.stopped() {
                return Ok(false);
            }
            if let Some(chain) = &mut self.chain {
                chain.turn()?;
            }
        }
        let Some(chain) = &mut self.chain else { return Ok(true) };
        let Some(scene) = chain.give(over)? else { return Ok(true) };
        let now = self.control.now();
        match (self.options.pace, now) {
            (Pace::Every, _) => self.cost = (self.cost * 3 + chain.spent()) / 4,
            (Pace::Live, Some(now)) => {
                let (idle, at) = (self.control.idle(), Instant::now());
                self.rhythm.send(&Sent { pts: scene.pts, duration: scene.duration, now, at, idle });
            }
            (Pace::Live, None) => {}
        }
        // One that would be over before it is seen only carries its depth on to the next.
        let is_over = now.is_some_and(|now| scene.pts + scene.duration < now);
        if self.options.pace == Pace::Live && is_over && chain.has(over) && !self.is_starved() {
            return Ok(true);
        }
        // Of an epoch that is over nothing is wanted; its slot is needed.
        if scene.epoch != self.control.epoch() {
            return Ok(true);
        }
        self.last_made = Some(Instant::now());
        Ok(scenes.send(Step::Scene(scene)).is_ok())
    }

    /// Whether the frame is to be made, and not left out as there is no time for it; but something new is made now and then whatever the delay.
    fn wants(&mut self, pts: Time, duration: Time, scenes: &Sender<Step>) -> bool {
        let Some(now) = self.control.now() else {
            self.rhythm.rest();
            return true;
        };
        let in_time = match self.options.pace {
            // It is shown when those that it waits for have been made, too.
            Pace::Every => {
                let behind = self.chain.as_ref().map_or(0, Chain::delay) + 1;
                pts + duration >= now + Time::from(self.cost * behind as u32)
            }
            Pace::Live => {
                // Besides those here one waits with whoever shows them, and perhaps one on the way there.
                let there = 1 + usize::from(!scenes.wait_for_room(Duration::ZERO));
                let ahead = self.chain.as_ref().map_or(0, Chain::waiting) + there;
                self.rhythm.wants(pts, duration, now, ahead)
            }
        };
        in_time || self.is_starved()
    }

    fn is_starved(&self) -> bool {
        self.last_made.is_none_or(|made| made.elapsed() > STARVED)
    }
}
