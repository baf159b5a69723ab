//! Actions, and the bindings between them and the hands.

use glam::Quat;
use openxr as xr;
use xr::sys::{Result as Xr, SessionState};

use crate::fakexr::{Fake, pose};
use crate::xr_client::Client;
use crate::{assert_fault, focused, start};

const LEFT: &str = "/user/hand/left";
const RIGHT: &str = "/user/hand/right";

/// Actions of every type.
struct Hands {
    set: xr::ActionSet,
    select: xr::Action<bool>,
    grab: xr::Action<f32>,
    stick: xr::Action<xr::Vector2f>,
    aim: xr::Action<xr::Posef>,
    buzz: xr::Action<xr::Haptic>,
    hands: [xr::Path; 2],
}

fn hands(client: &Client) -> Hands {
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let hands = [path(LEFT), path(RIGHT)];
    let set = client.instance.create_action_set("film", "Film", 0).unwrap();
    let made = Hands {
        select: set.create_action("select", "Select", &hands).unwrap(),
        grab: set.create_action("grab", "Grab", &hands).unwrap(),
        stick: set.create_action("stick", "Stick", &hands).unwrap(),
        aim: set.create_action("aim", "Aim", &hands).unwrap(),
        buzz: set.create_action("buzz", "Buzz", &hands).unwrap(),
        set,
        hands,
    };
    let mut touch = Vec::new();
    let mut simple = Vec::new();
    for hand in [LEFT, RIGHT] {
        let below = |rest: &str| path(&format!("{hand}/{rest}"));
        touch.push(xr::Binding::new(&made.select, below("input/trigger")));
        touch.push(xr::Binding::new(&made.grab, below("input/squeeze/value")));
        touch.push(xr::Binding::new(&made.stick, below("input/thumbstick")));
        touch.push(xr::Binding::new(&made.aim, below("input/aim/pose")));
        touch.push(xr::Binding::new(&made.buzz, below("output/haptic")));
        simple.push(xr::Binding::new(&made.select, below("input/select/click")));
    }
    let suggest = |profile: &str, bindings: &[xr::Binding<'_>]| {
        client.instance.suggest_interaction_profile_bindings(path(profile), bindings).unwrap();
    };
    suggest("/interaction_profiles/oculus/touch_controller", &touch);
    suggest("/interaction_profiles/khr/simple_controller", &simple);
    client.session.attach_action_sets(&[&made.set]).unwrap();
    made
}

#[test]
fn actions_follow_the_hands() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let hands = hands(&client);
    let [left, right] = hands.hands;
    let sync = |client: &Client| client.session.sync_actions(&[xr::ActiveActionSet::new(&hands.set)]).unwrap();
    fake.set_input("/user/hand/right/input/trigger/value", 0.8);
    fake.set_input("/user/hand/left/input/squeeze/value", 0.25);
    fake.set_stick("/user/hand/right/input/thumbstick", [-1.0, 0.5]);
    let touch = client.instance.string_to_path("/interaction_profiles/oculus/touch_controller").unwrap();
    assert_eq!(client.session.current_interaction_profile(left).unwrap(), touch);
    sync(&client);
    let session = client.session.clone();
    let state = |hand| hands.select.state(&session, hand).unwrap();
    assert!(state(right).current_state && state(right).is_active && !state(left).current_state);
    assert!(state(xr::Path::NULL).current_state && !state(right).changed_since_last_sync);
    assert_eq!(hands.grab.state(&client.session, left).unwrap().current_state, 0.25);
    let stick = hands.stick.state(&client.session, right).unwrap().current_state;
    assert_eq!((stick.x, stick.y), (-1.0, 0.5));
    fake.set_input("/user/hand/right/input/trigger/value", 0.0);
    assert!(state(right).current_state, "seen before it is synchronized");
    sync(&client);
    assert!(!state(right).current_state && state(right).changed_since_last_sync);

    let aim = hands.aim.create_space(&client.session, right, xr::Posef::IDENTITY).unwrap();
    let located = |client: &Client| aim.locate(&client.local, xr::Time::from_nanos(1)).unwrap();
    assert!(located(&client).location_flags.is_empty());
    fake.set_hand("/user/hand/right/input/aim/pose", Some(pose([0.2, 1.4, -0.3], Quat::IDENTITY)));
    sync(&client);
    assert!(hands.aim.is_active(&client.session, right).unwrap());
    let at = located(&client).pose.position;
    assert!((at.x - 0.2).abs() < 1e-6 && (at.y + 0.2).abs() < 1e-6 && (at.z + 0.3).abs() < 1e-6);

    let buzz = xr::HapticVibration::new().amplitude(0.5).duration(xr::Duration::from_nanos(1_000_000));
    hands.buzz.apply_feedback(&client.session, left, &buzz).unwrap();
    let felt = fake.haptics();
    assert_eq!((felt[0].hand.as_deref(), felt[0].vibration), (Some(LEFT), Some((1_000_000, 0.0, 0.5))));

    fake.hold(LEFT, Some("/interaction_profiles/khr/simple_controller"));
    fake.hold(RIGHT, None);
    fake.set_input("/user/hand/left/input/select/click", 1.0);
    sync(&client);
    assert!(state(left).current_state && !state(right).is_active);
    assert_eq!(client.session.current_interaction_profile(right).unwrap(), xr::Path::NULL);
    let mut changed = 0;
    let mut buffer = xr::EventDataBuffer::new();
    while let Some(event) = client.instance.poll_event(&mut buffer).unwrap() {
        changed += usize::from(matches!(event, xr::Event::InteractionProfileChanged(_)));
    }
    assert_eq!(changed, 2);
    fake.go(SessionState::VISIBLE);
    client.poll().unwrap();
    sync(&client);
    assert!(!state(left).is_active && !state(left).current_state);
    fake.assert_no_faults();
}

#[test]
fn bindings_are_judged() {
    let fake = Fake::new();
    let client = start(&fake);
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let set = client.instance.create_action_set("film", "Film", 0).unwrap();
    let select = set.create_action::<bool>("select", "Select", &[path(LEFT)]).unwrap();
    let suggest = |profile: &str, binding: &str| {
        let bindings = [xr::Binding::new(&select, path(binding))];
        client.instance.suggest_interaction_profile_bindings(path(profile), &bindings)
    };
    let simple = "/interaction_profiles/khr/simple_controller";
    let touch = "/interaction_profiles/oculus/touch_controller";
    suggest(simple, "/user/hand/left/input/select/click").unwrap();
    fake.assert_no_faults();
    let wrong = |profile: &str, binding: &str| assert_eq!(suggest(profile, binding), Err(Xr::ERROR_PATH_UNSUPPORTED));
    wrong(simple, "/user/hand/left/input/trigger/value");
    assert_fault(&fake, "has no /user/hand/left/input/trigger/value");
    wrong(touch, "/user/hand/right/input/menu/click");
    wrong("/interaction_profiles/acme/shoe", "/user/hand/left/input/select/click");
    assert_fault(&fake, "profile /interaction_profiles/acme/shoe is unknown");
    suggest(touch, "/user/hand/left/input/grip/pose").unwrap();
    assert_fault(&fake, "does not suit select");
    let again = set.create_action::<bool>("select", "Other", &[]).err();
    assert_eq!(again, Some(Xr::ERROR_NAME_DUPLICATED));
    client.session.attach_action_sets(&[&set]).unwrap();
    assert_eq!(client.session.attach_action_sets(&[&set]), Err(Xr::ERROR_ACTIONSETS_ALREADY_ATTACHED));
    assert_eq!(suggest(simple, "/user/hand/left/input/menu/click"), Err(Xr::ERROR_ACTIONSETS_ALREADY_ATTACHED));
    fake.take_faults();
    let missing = select.state(&client.session, path(RIGHT)).err();
    assert_eq!(missing, Some(Xr::ERROR_PATH_UNSUPPORTED));
    assert_fault(&fake, "was not made with subaction path /user/hand/right");
}

#[test]
fn a_set_of_higher_priority_takes_its_buttons_away() {
    let fake = Fake::new();
    let client = focused(&fake);
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let [low, high] = [("low", 0), ("high", 1)].map(|(name, priority)| {
        let set = client.instance.create_action_set(name, name, priority).unwrap();
        let action = set.create_action::<bool>("press", "Press", &[]).unwrap();
        (set, action)
    });
    let button = path("/user/hand/left/input/x/click");
    let bindings = [xr::Binding::new(&low.1, button), xr::Binding::new(&high.1, button)];
    let touch = path("/interaction_profiles/oculus/touch_controller");
    client.instance.suggest_interaction_profile_bindings(touch, &bindings).unwrap();
    client.session.attach_action_sets(&[&low.0, &high.0]).unwrap();
    fake.set_input("/user/hand/left/input/x/click", 1.0);
    let pressed = |action: &xr::Action<bool>| action.state(&client.session, xr::Path::NULL).unwrap().current_state;
    client.session.sync_actions(&[xr::ActiveActionSet::new(&low.0)]).unwrap();
    assert!(pressed(&low.1));
    client.session.sync_actions(&[xr::ActiveActionSet::new(&low.0), xr::ActiveActionSet::new(&high.0)]).unwrap();
    assert!(pressed(&high.1) && !pressed(&low.1));
    fake.assert_no_faults();
}
