//! Where the loudspeakers are from a head that turns.

use std::cell::RefCell;
use std::rc::Rc;

use deep3d::sound::Directions;
use glam::Quat;

use crate::fakexr::{Fake, pose};
use crate::reel::Showing;

#[test]
fn the_room_is_told_where_the_head_is_and_keeps_it_where_nobody_knows() {
    let showing = Showing { frames: 24 * 60, ..Showing::new(Fake::new()) };
    let heard = Rc::new(RefCell::new(Vec::<Directions>::new()));
    let (noted, room) = (Rc::clone(&heard), showing.room.clone());
    showing.play_well(move |step, reel| {
        match step {
            // To the left by a quarter.
            40 => reel.fake.set_head(pose([0.0, 1.6, 0.0], Quat::from_rotation_y(std::f32::consts::FRAC_PI_2))),
            80 => reel.fake.set_known(false),
            90 => reel.fake.set_head(pose([0.0, 1.6, 0.0], Quat::IDENTITY)),
            120 => reel.stop.stop(),
            _ => {}
        }
        if [35, 75, 115].contains(&step) {
            noted.borrow_mut().push(room.directions());
        }
    });
    let heard = heard.borrow();
    // The centre of the screen is the third.
    let is = |index: usize, wanted: [f32; 3]| {
        let centre = heard[index].0[2];
        assert!(centre.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 0.02), "{centre:?}");
    };
    is(0, [0.0, 0.0, -1.0]);
    is(1, [1.0, 0.0, 0.0]);
    assert_eq!(heard[2], heard[1], "it stays where it was known last");
}
