//! Where the loudspeakers are from a head that turns.

use std::cell::RefCell;
use std::rc::Rc;

use deep3d::sound::{Directions, FakeDevice, Format, Sound};
use glam::Quat;

use crate::fakexr::{Fake, Offer, pose};
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

#[test]
fn sound_goes_to_the_device_that_the_runtime_names() {
    for (named, asked, opened) in [
        (Some("FAKE"), None, Some("fake")),
        (Some("another"), None, None),
        (None, None, None),
        (Some("another"), Some("fake"), Some("fake")),
    ] {
        let device = FakeDevice::new(Format { rate: 48_000, channels: 2 });
        let sound = Sound::new(device.output(), asked.map(str::to_owned)).unwrap();
        let offer = Offer { sound_device: named, ..Offer::default() };
        let showing = Showing { frames: 3, sound: Some(sound.clone()), ..Showing::new(Fake::with(offer)) };
        showing.play_well(|_, _| ());
        // A film opens it after the runtime was asked.
        let _track = sound.track();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !device.is_open() {
            assert!(std::time::Instant::now() < until, "{named:?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(device.asked().as_deref(), opened, "{named:?} {asked:?}");
    }
}
