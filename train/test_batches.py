"""Test of batches and of the terms of the loss on what they bring: next frames, right views, doubted labels."""
import csv
import dataclasses
import json
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import agree
import batches
import data
import losses
import model
import motion
from data import add, webp

WIDTH, HEIGHT = 384, 216
# A wall of two metres' distance with a square before it at one, seen by a camera that moves 4 cm to the right and turns a little.
FAR, NEAR = 0.5, 1.0
SQUARE = (0.1, -0.05, 0.15)
TURN = 0.02
NOISE = cv2.GaussianBlur(np.random.default_rng(4).normal(128, 400, (512, 1024)).astype(np.float32), (0, 0), 2.5).clip(0, 255)


def seen_from(eye, turn, focal=1.0, shear=0.0):
    """Picture (grey, 8 bit) and inverse depth of that scene from eye (m to the right), turned to the right."""
    x, y = np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH - 0.5 - shear, ((np.arange(HEIGHT) + 0.5) - HEIGHT / 2) / WIDTH)
    ray = np.stack([x / focal, -y / focal, -np.ones_like(x)], -1)
    c, s = np.cos(turn), np.sin(turn)
    ray = ray @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    picture, inverse = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH))
    for number, one in enumerate((FAR, NEAR)):
        reach = -1 / one / ray[..., 2]
        at_x, at_y = eye + ray[..., 0] * reach, ray[..., 1] * reach
        hit = np.ones_like(x, bool) if not number else (abs(at_x - SQUARE[0]) < SQUARE[2]) & (abs(at_y - SQUARE[1]) < SQUARE[2])
        places = np.stack([at_x * 250 + 500 - 300 * number, at_y * 250 + 250 - 30 * number], -1).astype(np.float32)
        picture[hit] = cv2.remap(NOISE, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)[hit]
        inverse[hit] = 1 / reach[hit]
    return picture.astype(np.uint8), inverse


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four pictures: two with a right view and a next frame (1, 3), one plain (0), and a photo of doubtful label (2)."""
    path = tmp_path_factory.mktemp("scenes")
    with tarfile.open(path / "made.tar", "w") as tar, open(path / "index.csv", "w", newline="") as index:
        writer = csv.writer(index)
        writer.writerow(("name", "disparity_lo", "disparity_hi"))
        low, high = FAR * 0.9, NEAR * 1.1
        for number in range(4):
            name = f"scene-{number}"
            picture, inverse = seen_from(0, 0)
            label = ((inverse - low) / (high - low) * 255).round().astype(np.uint8)
            add(tar, f"{name}.webp", webp(picture))
            if number == 2:
                # Half as large, so a guess; its left half is not to be believed.
                add(tar, f"{name}.disparity.webp", webp(cv2.resize(label, (WIDTH // 2, HEIGHT // 2))))
                believed = np.full((HEIGHT // 2, WIDTH // 2), 255, np.uint8)
                believed[:, :WIDTH // 4] = 0
                add(tar, f"{name}.agreement.webp", webp(believed))
            else:
                add(tar, f"{name}.disparity.webp", webp(label))
            if number % 2:
                # Parallax of ±1 % of the width at both ends of the label.
                baseline = 0.02 / (high - low)
                add(tar, f"{name}.right.webp", webp(seen_from(baseline, 0, 1.0, baseline * (high + low) / 2)[0]))
                after, inverse = seen_from(0.04, TURN)
                add(tar, f"{name}.next.webp", webp(after))
                label = ((inverse - low) / (high - low) * 255).round().clip(0, 255).astype(np.uint8)
                add(tar, f"{name}.next.disparity.webp", webp(label))
                c, s = np.cos(TURN), np.sin(TURN)
                turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
                add(tar, f"{name}.next.json", json.dumps({
                    "focal": 1.0, "aspect": WIDTH / HEIGHT, "low": low, "high": high, "turn": turn.tolist(),
                    "shift": (turn @ (-0.04, 0, 0)).tolist()}).encode())
            writer.writerow((name, 0.0, 2.0))
    return path


def hard(targets):
    """Logits that are sure of the targets."""
    planes = torch.tensor(model.PLANE_PARALLAX)[None, :, None, None]
    return -((planes - targets[:, None]) / 0.04) ** 2


def test_a_camera_that_turns_and_moves():
    still = {"focal": 1.5, "aspect": 2.0, "low": 0.0, "high": 2.0, "turn": np.eye(3), "shift": (0, 0, 0)}
    x, y, label = (np.array([[value]]) for value in (0.3, 0.4, 0.5))
    for place, new in zip((x, y, label), motion.foretold(x, y, label, still)):
        assert new == pytest.approx(place)
    # 10 cm to the right: what is one metre away moves left by focal · 0.1 of the width, the infinitely far not at all.
    aside = still | {"shift": (-0.1, 0, 0)}
    assert motion.foretold(x, y, label, aside)[0] == pytest.approx(0.3 - 0.15)
    assert motion.foretold(x, y, 0 * label, aside)[0] == pytest.approx(0.3)
    # Up by 10 cm: it moves down, by the width's share times the aspect.
    assert motion.foretold(x, y, label, still | {"shift": (0, -0.1, 0)})[1] == pytest.approx(0.4 + 0.3)
    # Half a metre forwards: twice as near.
    assert motion.foretold(x, y, label, still | {"shift": (0, 0, 0.5)})[2] == pytest.approx(1.0)


def test_next_frames_are_followed(folder):
    pictures = data.Pictures([folder])
    mirrored = set()
    for seed in range(6):
        random = np.random.default_rng(seed)
        one = batches.sample(pictures, 1, (192, 96), random, twin=True)
        (first, target, _), (second, next_target, _) = one.takes
        mirrored.add(one.view[2] < 0)
        assert one.seen.mean() > 0.6
        places = one.places

        def change(now, then, places=places, seen=one.seen):
            return np.abs(cv2.remap(then, places, None, cv2.INTER_LINEAR) - now)[seen].mean()

        height, width = target.shape
        unmoved = batches.moved_frame((0, 0), width, height)[0]
        now, then = (cv2.resize(take.mean(0), (width, height), interpolation=cv2.INTER_AREA) for take in (first, second))
        # Grain and exposure differ; still, it is the same picture, moved.
        assert change(now, then) < 0.5 * change(now, then, unmoved), seed
        assert change(target, next_target) < 0.03
    assert mirrored == {True, False}


def test_twins_are_next_frames_first(folder):
    pictures = data.Pictures([folder])
    for step in range(4):
        batch = batches.batch(pictures, step, 4, "half", 1, 3)
        assert batch.pictures.shape[0] == batch.targets.shape[0] == batch.exact.shape[0] == 7 and batch.seen.shape[0] == 3
        # Two have a next frame, and those two have right views: they are the first.
        assert batch.views.index.tolist() == [0, 1]
        assert losses.steady_loss(batch.targets, batch.targets, batch.places, batch.seen) == 0
        assert losses.steady_loss(batch.targets, 0 * batch.targets, batch.places, batch.seen) < 0.06
        # Depth that trembles is seen, and so is depth that stays in the frame while the picture moves.
        shaken = batch.targets.clone()
        shaken[4:] += 0.3
        assert losses.steady_loss(shaken, batch.targets, batch.places, batch.seen) > 0.2
        away = batch.places + 6
        assert losses.steady_loss(batch.targets, 0 * batch.targets, away, batch.seen) > 0.06
        # A twin of which next to nothing is seen again says next to nothing.
        little = torch.zeros_like(batch.seen)
        little[:, :2, :2] = True
        assert losses.steady_loss(shaken, batch.targets, batch.places, little) < 0.05
    assert losses.steady_loss(batch.targets, batch.targets, batch.places[:0], batch.seen[:0]) == 0


def test_right_views_fit_their_depth(folder):
    pictures, signs = data.Pictures([folder]), set()
    for step in range(6):
        batch = batches.batch(pictures, step, 4, "half", step, 2)
        signs |= {scale > 0 for scale in batch.views.scale.tolist()}
        right, flat, wrong = (losses.view_loss(hard(targets), batch.views).item() for targets in
                              (batch.targets, 0 * batch.targets, -batch.targets))
        assert right < 0.6 * flat and flat < wrong, (step, right, flat, wrong)
        # The parallax of a crop is as much more of its width as the crop is narrower.
        less, more = (losses.view_loss(hard(batch.targets), dataclasses.replace(batch.views, scale=factor * batch.views.scale)).item()
                      for factor in (0.8, 1.25))
        assert right < 0.95 * less and right < 0.95 * more, (step, less, right, more)
    assert signs == {True, False}
    nothing = batches.Views(batch.views.index[:0], batch.views.left[:0], batch.views.right[:0], batch.views.scale[:0])
    assert losses.view_loss(hard(batch.targets), nothing) == 0


def test_depth_is_learnt_from_right_views(folder):
    batch = batches.batch(data.Pictures([folder]), 0, 4, "half", 1, 2)
    # One of the two pairs is enough.
    views = batches.Views(torch.tensor([0]), batch.views.left[:1], batch.views.right[:1], batch.views.scale[:1])
    logits = torch.zeros(1, model.PLANES, *batch.targets.shape[1:], requires_grad=True)
    optimiser = torch.optim.Adam([logits], 0.5)
    for _ in range(15):
        optimiser.zero_grad()
        losses.view_loss(logits, views).backward()
        optimiser.step()
    for place in views.index.tolist():
        found, target = model.parallax(logits.detach())[place], batch.targets[batch.views.index[place]]
        near = target < target.mean()
        assert found[near].mean() < found[~near].mean() - 0.1


def test_doubted_pixels_do_not_count(folder):
    pictures = data.Pictures([folder])
    assert pictures.agreement(0) is None and pictures.agreement(2).shape == (HEIGHT // 2, WIDTH // 2)
    for seed in range(6):
        one = batches.sample(pictures, 2, (192, 96), np.random.default_rng(seed))
        _, _, believed = one.takes[0]
        assert not one.exact and believed.shape == (48, 96)
        assert believed.min() >= 0 and (believed.mean(0)[0] != believed.mean(0)[-1] or believed.std() < 0.01)
    target = torch.linspace(-0.8, 0.8, 24 * 32).view(1, 24, 32)
    label, believed = target.clone(), torch.ones(1, 24, 32)
    label[:, :, :8], believed[:, :, :8] = -0.9, 0.0
    exact = torch.tensor([True])
    for term in (lambda b: losses.shape_loss(target - label, exact, b), lambda b: losses.gradient_loss(target - label, exact, b, 3),
                 lambda b: losses.plane_loss(hard(target), label, b) - losses.plane_loss(hard(target), target, b)):
        assert term(torch.ones_like(believed)) > 0.02 and abs(term(believed)) < 1e-4


def test_a_doubted_label_gets_more_of_the_ground(folder):
    pictures = data.Pictures([folder])
    picture = pictures.read(2)[0].astype(np.float32) / 255
    box, size = (0, 0, 1, 1), (WIDTH // 2, HEIGHT // 2)
    label, believed = batches.label_of(pictures, 2, box, size, cut := data.cut(picture, box, (WIDTH, HEIGHT)), False)
    assert cut.shape == (HEIGHT, WIDTH, 3) and believed[:, 0].max() == 0 and believed[:, -1].min() == 1
    # A flat wall: what rises from top to bottom is the ground's share alone.
    assert label[-1, 5] - label[0, 5] == pytest.approx(batches.GROUND_PRIOR_DOUBTED, abs=0.05)
    assert label[-1, -5] - label[0, -5] == pytest.approx(batches.GROUND_PRIOR_BELIEVED, abs=0.05)


def test_agreement_of_two_answers():
    picture = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    label = np.tile(np.linspace(0, 1, 40, dtype=np.float32) ** 3, (30, 1))

    def steady(shown):
        # Says the same of the mirror image, in a unit of its own.
        assert np.array_equal(shown, picture[:, ::-1])
        return 3 * cv2.resize(label, (80, 60))[:, ::-1] + 5

    mean, believed = agree.believed(steady, picture, label)
    assert believed.min() > 240 and np.abs(mean / 255 - label).max() < 0.02

    def moody(shown):
        # Says of the left quarter that it is as near as anything.
        answer = steady(shown)
        answer[:, 60:] = 8
        return answer

    mean, believed = agree.believed(moody, picture, label)
    assert believed[:, :8].max() < 60 and believed[:, 20:].mean() > 2 * believed[:, :8].mean()
    assert mean[:, :8].mean() > 30
