"""Test of the selection layer: shifts go the right way, by the right amount, and can be learnt through."""
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import model
import selection


def picture(width=64, count=1):
    return torch.rand(count, 3, 8, width, generator=torch.Generator().manual_seed(1))


def certain(chosen, like, planes):
    """Logits that choose the plane numbered `chosen` everywhere."""
    logits = torch.full((like.shape[0], planes, like.shape[2] // 2, like.shape[3] // 2), -40.0)
    logits[:, chosen] = 40.0
    return logits


def test_behind_moves_right_in_the_right_eye():
    left = picture()
    planes = (-100 / 64, 0.0, 2 * 100 / 64)
    for chosen, pixels in ((0, -1), (1, 0), (2, 2)):
        right = selection.right_view(left, certain(chosen, left, 3), planes=planes)
        assert torch.allclose(right[..., 4:-4], torch.roll(left, pixels, 3)[..., 4:-4], atol=1e-5)
        again = selection.left_view(torch.roll(left, pixels, 3), certain(chosen, left, 3), planes=planes)
        assert torch.allclose(again[..., 4:-4], left[..., 4:-4], atol=1e-5)
    # Columns outside repeat the border.
    right = selection.right_view(left, certain(2, left, 3), planes=planes)
    assert torch.allclose(right[..., :3], left[..., :1].expand(-1, -1, -1, 3), atol=1e-5)


def test_between_pixels_is_linear_and_each_picture_has_its_scale():
    left = picture(count=2)
    logits = certain(0, left, 1)
    scale, offset = torch.tensor([1.0, 2.0]), torch.tensor([0.0, 100 / 64])
    right = selection.right_view(left, logits, scale, offset, planes=(50 / 64,))
    half = (left + torch.roll(left, 1, 3)) / 2
    assert torch.allclose(right[0, ..., 4:-4], half[0, ..., 4:-4], atol=1e-5)
    assert torch.allclose(right[1, ..., 4:-4], torch.roll(left, 2, 3)[1, ..., 4:-4], atol=1e-5)


def test_weights_mix_planes():
    left = picture()
    right = selection.right_view(left, torch.zeros(1, 2, 4, 32), planes=(-100 / 64, 100 / 64))
    mixed = (torch.roll(left, 1, 3) + torch.roll(left, -1, 3)) / 2
    assert torch.allclose(right[..., 4:-4], mixed[..., 4:-4], atol=1e-5)


def test_carried_pixels_take_their_planes_along():
    # Two planes at rest and two pixels to the left, the nearer one in columns 30 to 39, its own eye's places.
    left = picture()
    planes = (-2 * 100 / 64, 0.0)
    logits = torch.full((1, 2, 8, 64), -40.0)
    logits[:, 1] = 40.0
    logits[:, 0, :, 30:40], logits[:, 1, :, 30:40] = 40.0, -40.0
    made, cover = selection.carried_right_view(left, logits, 1.0, planes=planes)
    assert torch.allclose(made[..., 4:28], left[..., 4:28], atol=1e-5) and torch.allclose(made[..., 40:60], left[..., 40:60], atol=1e-5)
    assert torch.allclose(made[..., 30:38], left[..., 32:40], atol=1e-5)
    # Behind its right edge the left eye saw nothing; before its left edge two meet.
    assert cover[..., 38:40].max() < 1e-3 and torch.allclose(cover[..., 28:30], torch.tensor(2.0), atol=1e-3)
    assert torch.allclose(made[..., 28:30], (left[..., 28:30] + left[..., 30:32]) / 2, atol=1e-3)
    # In the mirror the eyes change places.
    other, _ = selection.carried_right_view(left.flip(3), logits.flip(3), -1.0, planes=planes)
    assert torch.allclose(other.flip(3)[..., 4:38], made[..., 4:38], atol=1e-5)


@pytest.mark.parametrize("view", ["right", "left", "carried"])
def test_parallax_is_learnt_from_a_pair(view):
    # 384 wide: +0.5 % above, −0.5 % below are shifts of about two pixels.
    left = torch.nn.functional.avg_pool2d(torch.rand(1, 3, 16, 384 + 4, generator=torch.Generator().manual_seed(2)), (1, 5), 1)
    right = torch.cat([torch.roll(left[:, :, :8], 2, 3), torch.roll(left[:, :, 8:], -2, 3)], 2)
    logits = torch.zeros(1, model.PLANES, 8, 192, requires_grad=True)
    optimiser = torch.optim.Adam([logits], 0.5)
    make = {"right": lambda: (selection.right_view(left, logits), right), "left": lambda: (selection.left_view(right, logits), left),
            "carried": lambda: (selection.carried_right_view(left, nearest(logits), 1.0)[0], right)}

    def nearest(logits):
        return torch.nn.functional.interpolate(logits, (16, 384), mode="nearest")
    losses = []
    for _ in range(40):
        loss = selection.view_loss(*make[view](), 4)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3, losses[::10]
    found = model.parallax(logits.detach())
    assert found[:, :3].mean() == pytest.approx(0.52, abs=0.12) and found[:, -3:].mean() == pytest.approx(-0.52, abs=0.12)
