//! The viewer's hands, as the runtime tells of them: made into plain states for [`super::gestures`].

use openxr as xr;

use super::bindings::{Control, Extension, PROFILES};
use super::error::XrError;
use super::gestures::Hand;
use super::runtime::Runtime;
use super::session::{Session, pose};

/// The paths of both hands, left first.
const HANDS: [&str; 2] = [xr::USER_HAND_LEFT, xr::USER_HAND_RIGHT];

/// How long a tick is felt, in nanoseconds, and how strongly.
const TICK: (i64, f32) = (12_000_000, 0.35);

/// The actions, attached to one session.
pub(super) struct Hands {
    // Spaces go before their actions.
    aim_spaces: [xr::Space; 2],
    grip_spaces: [xr::Space; 2],
    aim: xr::Action<xr::Posef>,
    select: xr::Action<bool>,
    grab: xr::Action<bool>,
    stick: xr::Action<xr::Vector2f>,
    pause: xr::Action<bool>,
    menu: xr::Action<bool>,
    recentre: xr::Action<bool>,
    haptic: xr::Action<xr::Haptic>,
    set: xr::ActionSet,
    paths: [xr::Path; 2],
}

impl Hands {
    pub(super) fn new(runtime: &Runtime, session: &Session) -> Result<Self, XrError> {
        let failed = XrError::while_doing("taking hold of the controllers");
        let instance = &runtime.instance;
        let [left, right] = HANDS.map(|hand| instance.string_to_path(hand));
        let paths = [left.map_err(&failed)?, right.map_err(&failed)?];
        let set = instance.create_action_set("cinema", "Cinema", 0).map_err(&failed)?;
        let button = |name: &str, text: &str| set.create_action::<bool>(name, text, &paths).map_err(&failed);
        let aim = set.create_action::<xr::Posef>("aim", "Point", &paths).map_err(&failed)?;
        let grip = set.create_action::<xr::Posef>("grip", "Hand", &paths).map_err(&failed)?;
        let select = button("select", "Press")?;
        let grab = button("grab", "Hold the screen")?;
        let stick = set.create_action::<xr::Vector2f>("stick", "Seek, depth, screen", &paths).map_err(&failed)?;
        let pause = button("pause", "Pause")?;
        let menu = button("menu", "Panel")?;
        let recentre = button("recentre", "Screen before me")?;
        let haptic = set.create_action::<xr::Haptic>("tick", "Tick", &paths).map_err(&failed)?;
        for profile in PROFILES {
            let offered = match profile.needs {
                None => true,
                Some(Extension::Pico) => runtime.extensions().bd_controller_interaction.is_some(),
                Some(Extension::Hands) => runtime.extensions().ext_hand_interaction.is_some(),
            };
            if !offered {
                continue;
            }
            let mut bindings = Vec::new();
            for (hand, own) in HANDS.into_iter().zip([profile.left, profile.right]) {
                for (control, place) in profile.both.iter().chain(own) {
                    let path = instance.string_to_path(&format!("{hand}{place}")).map_err(&failed)?;
                    bindings.push(match control {
                        Control::Aim => xr::Binding::new(&aim, path),
                        Control::Grip => xr::Binding::new(&grip, path),
                        Control::Select => xr::Binding::new(&select, path),
                        Control::Grab => xr::Binding::new(&grab, path),
                        Control::Stick => xr::Binding::new(&stick, path),
                        Control::Pause => xr::Binding::new(&pause, path),
                        Control::Menu => xr::Binding::new(&menu, path),
                        Control::Recentre => xr::Binding::new(&recentre, path),
                        Control::Haptic => xr::Binding::new(&haptic, path),
                    });
                }
            }
            let path = instance.string_to_path(profile.path).map_err(&failed)?;
            if let Err(answer) = instance.suggest_interaction_profile_bindings(path, &bindings) {
                if let lost @ (XrError::SessionLost | XrError::InstanceLost) = failed(answer) {
                    return Err(lost);
                }
                // Another controller may do; a runtime may know a profile only in part.
                tracing::warn!("{} are not offered by {}: {answer}", profile.path, runtime.name);
            }
        }
        session.handle.attach_action_sets(&[&set]).map_err(&failed)?;
        let spaces = |action: &xr::Action<xr::Posef>| -> Result<[xr::Space; 2], XrError> {
            let [left, right] = paths.map(|path| action.create_space(&session.handle, path, xr::Posef::IDENTITY));
            Ok([left.map_err(&failed)?, right.map_err(&failed)?])
        };
        let (aim_spaces, grip_spaces) = (spaces(&aim)?, spaces(&grip)?);
        Ok(Self { aim_spaces, grip_spaces, aim, select, grab, stick, pause, menu, recentre, haptic, set, paths })
    }

    /// What both hands do at `time`, left first; nothing while another program has them.
    pub(super) fn read(&self, session: &Session, time: xr::Time) -> Result<[Hand; 2], XrError> {
        let failed = XrError::while_doing("asking what the hands do");
        session.handle.sync_actions(&[xr::ActiveActionSet::new(&self.set)]).map_err(&failed)?;
        let mut hands = [Hand::default(); 2];
        if session.state() != xr::SessionState::FOCUSED {
            return Ok(hands);
        }
        for (index, hand) in hands.iter_mut().enumerate() {
            let path = self.paths[index];
            let pressed = |action: &xr::Action<bool>| -> Result<bool, XrError> {
                let state = action.state(&session.handle, path).map_err(&failed)?;
                Ok(state.is_active && state.current_state)
            };
            let place = |space: &xr::Space| -> Result<_, XrError> {
                let location = space.locate(&session.local, time).map_err(&failed)?;
                let known = xr::SpaceLocationFlags::ORIENTATION_VALID | xr::SpaceLocationFlags::POSITION_VALID;
                Ok(location.location_flags.contains(known).then(|| pose(&location.pose)))
            };
            let pointing = self.aim.is_active(&session.handle, path).map_err(&failed)?;
            hand.aim = if pointing { place(&self.aim_spaces[index])? } else { None };
            hand.grip = if pointing { place(&self.grip_spaces[index])? } else { None };
            hand.select = pressed(&self.select)?;
            hand.grab = pressed(&self.grab)?;
            hand.pause = pressed(&self.pause)?;
            hand.menu = pressed(&self.menu)?;
            hand.recentre = pressed(&self.recentre)?;
            let stick = self.stick.state(&session.handle, path).map_err(&failed)?;
            if stick.is_active {
                let clean = |value: f32| if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
                hand.stick = [clean(stick.current_state.x), clean(stick.current_state.y)];
            }
        }
        Ok(hands)
    }

    /// Lets hand `index` feel a tick. One that cannot is none the worse.
    pub(super) fn tick(&self, session: &Session, index: usize) {
        let (nanoseconds, amplitude) = TICK;
        let tick = xr::HapticVibration::new()
            .duration(xr::Duration::from_nanos(nanoseconds))
            .frequency(xr::FREQUENCY_UNSPECIFIED)
            .amplitude(amplitude);
        if let Err(answer) = self.haptic.apply_feedback(&session.handle, self.paths[index], &tick) {
            tracing::debug!("no tick: {answer}");
        }
    }
}
