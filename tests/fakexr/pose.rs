//! Arithmetic of XrPosef.

use glam::{Quat, Vec3};
use openxr::sys::{Posef, Quaternionf, Vector3f};

/// A pose at `position` (metres), turned by `turn`.
pub(crate) fn pose(position: [f32; 3], turn: Quat) -> Posef {
    let [x, y, z] = position;
    let position = Vector3f { x, y, z };
    Posef { orientation: Quaternionf { x: turn.x, y: turn.y, z: turn.z, w: turn.w }, position }
}

fn parts(pose: Posef) -> (Quat, Vec3) {
    let (turn, at) = (pose.orientation, pose.position);
    (Quat::from_xyzw(turn.x, turn.y, turn.z, turn.w), Vec3::new(at.x, at.y, at.z))
}

/// `inner`, which is given in the space whose origin is `outer`, in the space that `outer` is given in.
pub(crate) fn compose(outer: Posef, inner: Posef) -> Posef {
    let ((turn, at), (inner_turn, inner_at)) = (parts(outer), parts(inner));
    pose((at + turn * inner_at).to_array(), (turn * inner_turn).normalize())
}

/// The origin of the outer space, seen from `of`.
pub(crate) fn inverse(of: Posef) -> Posef {
    let (turn, at) = parts(of);
    pose((turn.inverse() * -at).to_array(), turn.inverse())
}

/// Whether the orientation is a unit quaternion within 1 %, as XR_ERROR_POSE_INVALID demands, and everything is a number.
pub(super) fn is_valid(pose: Posef) -> bool {
    let (turn, at) = parts(pose);
    at.is_finite() && (turn.length() - 1.0).abs() < 0.01
}
