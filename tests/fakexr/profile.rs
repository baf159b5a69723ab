//! Interaction profiles, as the specification lists them: which paths each has, and what kind of input is behind them.

use openxr::sys::ActionType;

/// One profile. Paths are below `/user/hand/…`.
pub(super) struct Profile {
    pub(super) name: &'static str,
    /// The extension it needs, unless OpenXR 1.1 has taken it over.
    pub(super) extension: Option<&'static str>,
    in_1_1: bool,
    both: &'static [&'static str],
    left: &'static [&'static str],
    right: &'static [&'static str],
}

const LEFT: &str = "/user/hand/left/";
const RIGHT: &str = "/user/hand/right/";

#[rustfmt::skip]
const PROFILES: [Profile; 11] = [
    Profile {
        name: "/interaction_profiles/khr/simple_controller", extension: None, in_1_1: true,
        both: &["input/select/click", "input/menu/click", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &[], right: &[],
    },
    Profile {
        name: "/interaction_profiles/oculus/touch_controller", extension: None, in_1_1: true,
        both: &["input/squeeze/value", "input/trigger/value", "input/trigger/touch", "input/thumbstick/x",
            "input/thumbstick/y", "input/thumbstick/click", "input/thumbstick/touch", "input/thumbrest/touch",
            "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &["input/x/click", "input/x/touch", "input/y/click", "input/y/touch", "input/menu/click"],
        right: &["input/a/click", "input/a/touch", "input/b/click", "input/b/touch", "input/system/click"],
    },
    Profile {
        name: "/interaction_profiles/valve/index_controller", extension: None, in_1_1: true,
        both: &["input/system/click", "input/system/touch", "input/a/click", "input/a/touch", "input/b/click",
            "input/b/touch", "input/squeeze/value", "input/squeeze/force", "input/trigger/click", "input/trigger/value",
            "input/trigger/touch", "input/thumbstick/x", "input/thumbstick/y", "input/thumbstick/click",
            "input/thumbstick/touch", "input/trackpad/x", "input/trackpad/y", "input/trackpad/force",
            "input/trackpad/touch", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &[], right: &[],
    },
    Profile {
        name: "/interaction_profiles/htc/vive_controller", extension: None, in_1_1: true,
        both: &["input/system/click", "input/squeeze/click", "input/menu/click", "input/trigger/click",
            "input/trigger/value", "input/trackpad/x", "input/trackpad/y", "input/trackpad/click",
            "input/trackpad/touch", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &[], right: &[],
    },
    Profile {
        name: "/interaction_profiles/microsoft/motion_controller", extension: None, in_1_1: true,
        both: &["input/menu/click", "input/squeeze/click", "input/trigger/value", "input/thumbstick/x",
            "input/thumbstick/y", "input/thumbstick/click", "input/trackpad/x", "input/trackpad/y",
            "input/trackpad/click", "input/trackpad/touch", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &[], right: &[],
    },
    Profile {
        name: "/interaction_profiles/bytedance/pico_neo3_controller",
        extension: Some("XR_BD_controller_interaction"), in_1_1: true,
        both: &["input/menu/click", "input/system/click", "input/trigger/click", "input/trigger/value",
            "input/trigger/touch", "input/thumbstick/x", "input/thumbstick/y", "input/thumbstick/click",
            "input/thumbstick/touch", "input/squeeze/click", "input/squeeze/value", "input/grip/pose",
            "input/aim/pose", "output/haptic"],
        left: &["input/x/click", "input/x/touch", "input/y/click", "input/y/touch"],
        right: &["input/a/click", "input/a/touch", "input/b/click", "input/b/touch"],
    },
    Profile {
        name: "/interaction_profiles/bytedance/pico4_controller",
        extension: Some("XR_BD_controller_interaction"), in_1_1: true,
        both: &["input/system/click", "input/trigger/click", "input/trigger/value", "input/trigger/touch",
            "input/thumbstick/x", "input/thumbstick/y", "input/thumbstick/click", "input/thumbstick/touch",
            "input/squeeze/click", "input/squeeze/value", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &["input/x/click", "input/x/touch", "input/y/click", "input/y/touch", "input/menu/click"],
        right: &["input/a/click", "input/a/touch", "input/b/click", "input/b/touch"],
    },
    Profile {
        name: "/interaction_profiles/hp/mixed_reality_controller",
        extension: Some("XR_EXT_hp_mixed_reality_controller"), in_1_1: true,
        both: &["input/menu/click", "input/squeeze/value", "input/trigger/value", "input/thumbstick/x",
            "input/thumbstick/y", "input/thumbstick/click", "input/grip/pose", "input/aim/pose", "output/haptic"],
        left: &["input/x/click", "input/y/click"], right: &["input/a/click", "input/b/click"],
    },
    Profile {
        name: "/interaction_profiles/htc/vive_focus3_controller",
        extension: Some("XR_HTC_vive_focus3_controller_interaction"), in_1_1: true,
        both: &["input/squeeze/click", "input/squeeze/touch", "input/squeeze/value", "input/trigger/click",
            "input/trigger/touch", "input/trigger/value", "input/thumbstick/x", "input/thumbstick/y",
            "input/thumbstick/click", "input/thumbstick/touch", "input/thumbrest/touch", "input/grip/pose",
            "input/aim/pose", "output/haptic"],
        left: &["input/x/click", "input/y/click", "input/menu/click"],
        right: &["input/a/click", "input/b/click", "input/system/click"],
    },
    Profile {
        name: "/interaction_profiles/ext/hand_interaction_ext",
        extension: Some("XR_EXT_hand_interaction"), in_1_1: false,
        both: &["input/aim/pose", "input/grip/pose", "input/pinch_ext/pose", "input/poke_ext/pose",
            "input/pinch_ext/value", "input/pinch_ext/ready_ext", "input/aim_activate_ext/value",
            "input/aim_activate_ext/ready_ext", "input/grasp_ext/value", "input/grasp_ext/ready_ext"],
        left: &[], right: &[],
    },
    Profile {
        name: "/interaction_profiles/microsoft/hand_interaction",
        extension: Some("XR_MSFT_hand_interaction"), in_1_1: false,
        both: &["input/select/value", "input/squeeze/value", "input/aim/pose", "input/grip/pose"],
        left: &[], right: &[],
    },
];

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Float,
    Vector,
    Pose,
    Haptic,
}

impl Kind {
    fn of(component: &str) -> Option<Self> {
        match component {
            "click" | "touch" | "ready_ext" => Some(Self::Boolean),
            "value" | "force" | "x" | "y" => Some(Self::Float),
            "pose" => Some(Self::Pose),
            "haptic" => Some(Self::Haptic),
            _ => None,
        }
    }

    fn fits(self, action: ActionType) -> bool {
        match action {
            ActionType::BOOLEAN_INPUT | ActionType::FLOAT_INPUT => matches!(self, Self::Boolean | Self::Float),
            ActionType::VECTOR2F_INPUT => self == Self::Vector,
            ActionType::POSE_INPUT => self == Self::Pose,
            ActionType::VIBRATION_OUTPUT => self == Self::Haptic,
            _ => false,
        }
    }
}

/// What became of a suggested path.
pub(super) enum Resolved {
    /// The source's full path; for a vector, the path above x and y.
    Source(String),
    /// The path exists, but nothing of it suits the action.
    OtherKind,
    NoSuchPath,
}

/// The hand of a path: `/user/hand/left` or `/user/hand/right`.
pub(super) fn hand_of(path: &str) -> Option<&str> {
    [LEFT, RIGHT].into_iter().find(|hand| path.starts_with(hand)).map(|hand| hand.trim_end_matches('/'))
}

impl Profile {
    /// The profile of that name, if extensions and version allow it.
    pub(super) fn find(name: &str, version: (u16, u16), has: impl Fn(&str) -> bool) -> Option<&'static Self> {
        let found = PROFILES.iter().find(|profile| profile.name == name)?;
        let allowed = found.extension.is_none_or(|extension| has(extension) || (found.in_1_1 && version >= (1, 1)));
        allowed.then_some(found)
    }

    fn has(&self, path: &str) -> bool {
        let of = |hand: &str, own: &[&str]| {
            path.strip_prefix(hand).is_some_and(|rest| self.both.contains(&rest) || own.contains(&rest))
        };
        of(LEFT, self.left) || of(RIGHT, self.right)
    }

    /// The input or output that `path` means for an action of that type.
    pub(super) fn resolve(&self, path: &str, action: ActionType) -> Resolved {
        let last = path.rsplit('/').next().unwrap_or_default();
        if self.has(path) {
            return match Kind::of(last) {
                Some(kind) if kind.fits(action) => Resolved::Source(path.to_owned()),
                _ => Resolved::OtherKind,
            };
        }
        // A path without a component: the runtime picks what suits.
        let components = ["click", "value", "force", "touch", "x", "y", "pose", "ready_ext"];
        if !components.iter().any(|component| self.has(&format!("{path}/{component}"))) {
            return Resolved::NoSuchPath;
        }
        let order: &[&str] = match action {
            ActionType::BOOLEAN_INPUT => &["click", "value", "force"],
            ActionType::FLOAT_INPUT => &["value", "force", "click"],
            ActionType::POSE_INPUT => &["pose"],
            ActionType::VECTOR2F_INPUT if self.has(&format!("{path}/x")) && self.has(&format!("{path}/y")) => {
                return Resolved::Source(path.to_owned());
            }
            _ => &[],
        };
        let full = order.iter().map(|component| format!("{path}/{component}")).find(|full| self.has(full));
        full.map_or(Resolved::OtherKind, Resolved::Source)
    }
}
