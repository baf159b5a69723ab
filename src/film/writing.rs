//! Writing over a film's pictures, and the depth at which it lies: right in front of the nearest thing it covers, constant while it stands. On the film
//! thread, beside a chain.

use crate::stage::comfort::Mapping;
use crate::stage::glance::Glance;
use crate::stage::placement::{Change, Near, Rule};
use crate::stage::plates::{MOST, Plate, Plates};
use crate::stage::steady::align::Align;
use crate::stage::text::{Block, Text};

/// So much in front of the nearest that it covers, as a part of the shot's depth: 0.15 % of the width at the usual strength.
const IN_FRONT: f32 = 0.1;
/// Writing lies within these bounds of the shot's depth.
const BOUNDS: [f32; 2] = [-0.25, 1.0];
/// A plate whose writing has gone, or that was found late, goes or comes over so many frames.
const FRAMES: f32 = 8.0;
/// A shot that spans less than this, in %, has no depth to lie at.
const FLAT: f32 = 0.01;
/// Lines belong together that are at most this part of their height apart.
const APART: f32 = 0.5;

/// A plate, from frame to frame.
#[derive(Debug, Clone, Copy)]
struct Standing {
    plate: Plate,
    /// Its parallax under the usual settings, in %: what is kept.
    parallax: f32,
    /// The newest block on it.
    number: u32,
    /// It was met in this frame.
    met: bool,
}

/// Lines of writing that belong together.
#[derive(Debug, Clone, Copy)]
struct Group {
    from: [u32; 2],
    to: [u32; 2],
    oldest: u32,
    newest: u32,
    /// It came with this very frame.
    new: bool,
}

impl Group {
    fn join(&mut self, other: &Self) {
        self.from = [0, 1].map(|axis| self.from[axis].min(other.from[axis]));
        self.to = [0, 1].map(|axis| self.to[axis].max(other.to[axis]));
        self.oldest = self.oldest.min(other.oldest);
        self.newest = self.newest.max(other.newest);
        self.new &= other.new;
    }

    /// Whether the gap between the two is at most `gap` pixels.
    fn meets(&self, other: &Self, gap: u32) -> bool {
        (0..2).all(|axis| self.from[axis] <= other.to[axis] + gap && other.from[axis] <= self.to[axis] + gap)
    }
}

/// What a frame is, for the plates on it.
pub(super) struct Moment {
    /// Its number, as [`Writing::look`] gave it.
    pub(super) frame: u64,
    /// A shot begins with it, or the film does.
    pub(super) cut: bool,
    /// Nothing of the frame before it is known.
    pub(super) fresh: bool,
    /// What of the picture the disparity is of: from and to in pixels.
    pub(super) seen: [[u32; 2]; 2],
    /// From the shot's disparity to parallax under the usual settings, whatever the last cut still does.
    pub(super) mapping: Mapping,
}

/// Follows a film.
#[derive(Debug, Clone, Default)]
pub(super) struct Writing {
    text: Text,
    count: u64,
    epoch: Option<u32>,
    standing: Vec<Standing>,
    groups: Vec<Group>,
}

impl Writing {
    /// Takes the next picture; its number.
    pub(super) fn look(&mut self, epoch: u32, glance: &Glance) -> u64 {
        if self.epoch.replace(epoch) != Some(epoch) {
            self.text.reset();
        }
        self.count += 1;
        self.text.look(self.count, glance);
        self.count
    }

    /// The plates of a frame, when those after it that can be have been looked at; `nearest` is that of the frame and of those after it in its shot.
    pub(super) fn plates<'a>(
        &mut self,
        moment: &Moment,
        nearest: impl Iterator<Item = (&'a Near, Align)> + Clone,
    ) -> Plates {
        if moment.fresh {
            self.standing.clear();
        }
        self.gather(moment.frame);
        self.standing.iter_mut().for_each(|standing| standing.met = false);
        for group in &self.groups {
            let wanted = wanted(group, moment.seen, &moment.mapping, nearest.clone());
            let same = |standing: &Standing| !standing.met && overlap(&standing.plate, group);
            let size = [0, 1].map(|axis| group.to[axis] - group.from[axis]);
            match self.standing.iter().position(same) {
                Some(at) => {
                    let standing = &mut self.standing[at];
                    let change = match group.oldest > standing.number {
                        true => Change::Replaced,
                        false if moment.cut => Change::Cut,
                        false => Change::Stands(0.0),
                    };
                    standing.parallax = Rule::WRITING.next(standing.parallax, wanted, change);
                    standing.number = group.newest;
                    let share = if moment.cut { 1.0 } else { (standing.plate.share + 1.0 / FRAMES).min(1.0) };
                    standing.plate = Plate { at: group.from, size, share, ..standing.plate };
                    standing.met = true;
                }
                None if self.standing.len() < MOST => {
                    let share = if group.new || moment.cut || moment.fresh { 1.0 } else { 1.0 / FRAMES };
                    // Where no disparity lies behind, in a bar, is the screen.
                    let Some(parallax) = wanted else { continue };
                    let plate = Plate { at: group.from, size, depth: 0.0, share };
                    self.standing.push(Standing { plate, parallax, number: group.newest, met: true });
                }
                None => {}
            }
        }
        for standing in self.standing.iter_mut().filter(|standing| !standing.met) {
            standing.plate.share -= if moment.cut { 1.0 } else { 1.0 / FRAMES };
        }
        self.standing.retain(|standing| standing.plate.share > 0.0);
        // The shot is followed, and the writing on it does not move for that.
        let Mapping { near, far, .. } = moment.mapping;
        for standing in &mut self.standing {
            let depth = if far - near > FLAT { (standing.parallax - near) / (far - near) } else { 0.0 };
            standing.plate.depth = depth.clamp(BOUNDS[0], BOUNDS[1]);
        }
        let mut plates = Plates::NONE;
        // What goes lies below what stands.
        let of = |met: bool| self.standing.iter().filter(move |standing| standing.met == met);
        of(false).chain(of(true)).for_each(|standing| plates.push(standing.plate));
        plates
    }

    /// The writing over a frame, lines that belong together as one.
    fn gather(&mut self, frame: u64) {
        self.groups.clear();
        for block in self.text.blocks(frame) {
            let Block { number, at, size, since, .. } = block;
            let to = [0, 1].map(|axis| at[axis] + size[axis]);
            let mut group = Group { from: at, to, oldest: number, newest: number, new: since == frame };
            let gap = (APART * size[1] as f32) as u32;
            // Each that it meets makes it larger, so that it may meet more.
            while let Some(other) = self.groups.iter().position(|other| group.meets(other, gap)) {
                let other = self.groups.swap_remove(other);
                group.join(&other);
            }
            self.groups.push(group);
        }
    }
}

/// Whether a plate is the group's: at least half of the smaller of them is in both.
fn overlap(plate: &Plate, group: &Group) -> bool {
    let side = |axis: usize| {
        let (from, to) = (plate.at[axis], plate.at[axis] + plate.size[axis]);
        let common = to.min(group.to[axis]).saturating_sub(from.max(group.from[axis]));
        (u64::from(common), u64::from(plate.size[axis]), u64::from(group.to[axis] - group.from[axis]))
    };
    let ((x, plate_x, group_x), (y, plate_y, group_y)) = (side(0), side(1));
    2 * x * y >= (plate_x * plate_y).min(group_x * group_y).max(1)
}

/// The parallax for a group: in front of the nearest that it covers. `None` where it covers nothing that has depth.
fn wanted<'a>(
    group: &Group,
    [from, to]: [[u32; 2]; 2],
    mapping: &Mapping,
    nearest: impl Iterator<Item = (&'a Near, Align)>,
) -> Option<f32> {
    let part = |at: u32, axis: usize| {
        let size = to[axis].saturating_sub(from[axis]).max(1) as f32;
        at.clamp(from[axis], to[axis]).saturating_sub(from[axis]) as f32 / size
    };
    let corner = |at: [u32; 2]| [part(at[0], 0), part(at[1], 1)];
    let (upper, lower) = (corner(group.from), corner(group.to));
    if upper[0] >= lower[0] || upper[1] >= lower[1] {
        return None;
    }
    let sides = [upper[0], upper[1], lower[0], lower[1]];
    let near = nearest.filter_map(|(nearest, align)| Some(align.apply(nearest.within(sides)?)));
    let near = near.min_by(f32::total_cmp)?;
    let parallax = mapping.at(near) - IN_FRONT * (mapping.far - mapping.near);
    Some(parallax.max(mapping.min))
}
