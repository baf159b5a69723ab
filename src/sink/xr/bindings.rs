//! Which button does what, for each kind of controller: suggested to the runtime, which may let the viewer change it.
//!
//! Source: the interaction profiles of the OpenXR specification, section 6.4, and of the extensions named.

/// What can be done with a hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Where the hand points to.
    Aim,
    /// Where the hand is.
    Grip,
    /// Trigger or pinch: presses what the ray meets.
    Select,
    /// Takes hold of the screen.
    Grab,
    /// Seeks and changes the depth; while the screen is held, its distance and size.
    Stick,
    /// Pause and go on.
    Pause,
    /// The panel.
    Menu,
    /// The screen comes before the viewer.
    Recentre,
    /// A tick that can be felt.
    Haptic,
}

/// One profile's suggestions.
pub struct Profile {
    /// Its path.
    pub path: &'static str,
    /// Whether it needs an extension that not every runtime has.
    pub needs: Option<Extension>,
    /// A control and where it is found below `/user/hand/left` and `/user/hand/right`.
    pub both: &'static [(Control, &'static str)],
    /// Those of the left hand alone.
    pub left: &'static [(Control, &'static str)],
    /// Those of the right hand alone.
    pub right: &'static [(Control, &'static str)],
}

/// Extensions that bring profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// XR_BD_controller_interaction.
    Pico,
    /// XR_EXT_hand_interaction.
    Hands,
}

use Control::{Aim, Grab, Grip, Haptic, Menu, Pause, Recentre, Select, Stick};

const AIM: (Control, &str) = (Aim, "/input/aim/pose");
const GRIP: (Control, &str) = (Grip, "/input/grip/pose");
const HAPTIC: (Control, &str) = (Haptic, "/output/haptic");
const TRIGGER: (Control, &str) = (Select, "/input/trigger/value");
const STICK: (Control, &str) = (Stick, "/input/thumbstick");
const STICK_CLICK: (Control, &str) = (Recentre, "/input/thumbstick/click");

/// All that we know.
pub const PROFILES: &[Profile] = &[
    Profile {
        path: "/interaction_profiles/khr/simple_controller",
        needs: None,
        both: &[AIM, GRIP, HAPTIC, (Select, "/input/select/click"), (Menu, "/input/menu/click")],
        left: &[],
        right: &[],
    },
    Profile {
        path: "/interaction_profiles/oculus/touch_controller",
        needs: None,
        both: &[AIM, GRIP, HAPTIC, TRIGGER, (Grab, "/input/squeeze/value"), STICK, STICK_CLICK],
        left: &[(Pause, "/input/x/click"), (Menu, "/input/y/click"), (Menu, "/input/menu/click")],
        right: &[(Pause, "/input/a/click"), (Menu, "/input/b/click")],
    },
    Profile {
        path: "/interaction_profiles/valve/index_controller",
        needs: None,
        both: &[
            AIM,
            GRIP,
            HAPTIC,
            (Select, "/input/trigger/click"),
            (Grab, "/input/squeeze/force"),
            STICK,
            STICK_CLICK,
            (Pause, "/input/a/click"),
            (Menu, "/input/b/click"),
        ],
        left: &[],
        right: &[],
    },
    Profile {
        path: "/interaction_profiles/htc/vive_controller",
        needs: None,
        both: &[
            AIM,
            GRIP,
            HAPTIC,
            (Select, "/input/trigger/click"),
            (Grab, "/input/squeeze/click"),
            (Stick, "/input/trackpad"),
            (Pause, "/input/trackpad/click"),
            (Menu, "/input/menu/click"),
        ],
        left: &[],
        right: &[],
    },
    Profile {
        path: "/interaction_profiles/microsoft/motion_controller",
        needs: None,
        both: &[
            AIM,
            GRIP,
            HAPTIC,
            TRIGGER,
            (Grab, "/input/squeeze/click"),
            STICK,
            STICK_CLICK,
            (Pause, "/input/trackpad/click"),
            (Menu, "/input/menu/click"),
        ],
        left: &[],
        right: &[],
    },
    Profile {
        path: "/interaction_profiles/bytedance/pico4_controller",
        needs: Some(Extension::Pico),
        both: &[AIM, GRIP, HAPTIC, TRIGGER, (Grab, "/input/squeeze/value"), STICK, STICK_CLICK],
        left: &[(Pause, "/input/x/click"), (Menu, "/input/y/click"), (Menu, "/input/menu/click")],
        right: &[(Pause, "/input/a/click"), (Menu, "/input/b/click")],
    },
    Profile {
        path: "/interaction_profiles/ext/hand_interaction_ext",
        needs: Some(Extension::Hands),
        both: &[AIM, GRIP, (Select, "/input/pinch_ext/value"), (Grab, "/input/grasp_ext/value")],
        left: &[],
        right: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_points_and_selects() {
        for profile in PROFILES {
            for needed in [Aim, Grip, Select] {
                assert!(profile.both.iter().any(|(control, _)| *control == needed), "{}: {needed:?}", profile.path);
            }
            // No place says two things.
            for hand in [profile.left, profile.right] {
                let all: Vec<_> = profile.both.iter().chain(hand).map(|(_, place)| place).collect();
                assert!((1..all.len()).all(|index| !all[..index].contains(&all[index])), "{}", profile.path);
            }
        }
    }
}
