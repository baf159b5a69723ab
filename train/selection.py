"""The selection layer of Deep3D: one eye's picture made out of the other's by a softmax over planes of parallax.

Everything is differentiable in the logits, so that pairs of eyes can be learnt from without any label of depth.
Parallax is in % of the picture's width, positive behind the screen: what the left eye sees at x, the right eye sees at
x + parallax. Source: Xie, Girshick, Farhadi, "Deep3D", ECCV 2016, section 3.2.
"""
import torch
from torch.nn import functional

from model import PLANE_PARALLAX


def shifts_of(planes, scale, offset, width, like):
    """Shift of each plane in pixels, N×P: (scale · plane + offset) % of `width`; scale and offset are numbers or N."""
    planes = torch.as_tensor(planes, dtype=torch.float32, device=like.device)
    scale, offset = (torch.as_tensor(v, dtype=torch.float32, device=like.device).reshape(-1, 1) for v in (scale, offset))
    return ((scale * planes + offset) * (width / 100)).expand(like.shape[0], -1)


def moved(picture, shift):
    """The picture (N×C×H×W) moved right by `shift` pixels (N), linear between columns, its border columns repeated."""
    width = picture.shape[3]
    source = (torch.arange(width, device=picture.device) - shift[:, None]).clamp(0, width - 1)
    low = source.floor().clamp(max=max(width - 2, 0))
    part = (source - low).to(picture.dtype)[:, None, None]
    index = low.long()[:, None, None].expand_as(picture)
    return picture.gather(3, index) * (1 - part) + picture.gather(3, (index + 1).clamp(max=width - 1)) * part


def select(picture, logits, shifts, dropped=0):
    """Σ over planes of p · picture moved by the plane's shift; p is the softmax of the logits, at each made pixel.

    picture N×C×H×W, logits N×P×h×w of any size (the softmax is interpolated to H×W), shifts N×P in pixels; N×C×H×W. The first
    `dropped` planes take their share of the softmax but make no picture (the original network has one such).
    """
    chances = torch.softmax(logits.float(), 1)
    if chances.shape[2:] != picture.shape[2:]:
        chances = functional.interpolate(chances, picture.shape[2:], mode="bilinear", align_corners=False)
    made = torch.zeros_like(picture)
    for plane in range(dropped, chances.shape[1]):
        made = made + chances[:, plane:plane + 1] * moved(picture, shifts[:, plane])
    return made


def right_view(left, logits, scale=1.0, offset=0.0, planes=PLANE_PARALLAX, dropped=0):
    """The right eye's view (N×3×H×W) made from the left's: Deep3D's own layer.

    A pair whose parallax is not that of the planes says how they differ: its parallax is scale · plane + offset.
    The logits count at the places of the *right* picture, as in the paper; see `left_view`.
    """
    return select(left, logits, shifts_of(planes, scale, offset, left.shape[3], left), dropped)


def left_view(right, logits, scale=1.0, offset=0.0, planes=PLANE_PARALLAX, dropped=0):
    """The left eye's view made from the right's, by logits that count at the places of the *left* picture.

    As the network sees the left one, its edges in disparity then fall on the edges of what it sees, not beside them by the parallax
    (Garg et al., "Unsupervised CNN for Single View Depth Estimation", ECCV 2016).
    """
    return select(right, logits, -shifts_of(planes, scale, offset, right.shape[3], right), dropped)


def carried_right_view(left, logits, scale, offset=0.0, planes=PLANE_PARALLAX):
    """The right eye's view (N×3×h×w) by logits (N×P×h×w) that count at the places of the *left* picture, and its cover (N×1×h×w).

    Each pixel is carried to where its planes move it, with the planes' chances, and the chances that meet at a place share it. So the
    edges of depth are learnt where the network sees them and yet the right view is made. The cover is the sum of the chances: what
    the left eye does not see gets little. `scale`, `offset`: numbers or N.
    """
    chances = torch.softmax(logits.float(), 1)
    shifts = shifts_of(planes, scale, offset, left.shape[3], left)
    carried = torch.zeros_like(torch.cat([left, left[:, :1]], 1))
    for plane in range(chances.shape[1]):
        chance = chances[:, plane:plane + 1]
        carried = carried + moved(torch.cat([left * chance, chance], 1), shifts[:, plane])
    made, cover = carried[:, :3], carried[:, 3:]
    return made / cover.clamp_min(1e-3), cover


def view_loss(made, true, margin):
    """Mean absolute difference (of 1) without `margin` columns at each side, whose sources lie outside the picture."""
    inner = slice(margin, made.shape[3] - margin)
    return (made - true)[..., inner].abs().mean()
