"""Makes stereo pairs with exact disparity, to measure edges: `python train/make_edges.py --textures DATA --out DIR --count 32`.

The result is a folder for `deep3d eval DIR --edges`: of each scene NAME_left.png, NAME_right.png (RGB, every bit kept) and NAME_disp.png, the
left picture's disparity in 1/1024 pixel (16 bit, never 0), with scale.csv. Both eyes are film-like: edges are antialiased, every third scene
is filmed with a wide aperture (what is out of focus is soft, as both eyes see it), every third by a camera that moves while the shutter is open,
and every second has hair, grass or wires before the subject. Take seeds that no training data was made with.

Needs what make_scenes.py needs.
"""
import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from make_scenes import LAYERS, STOCK, materials, stock_of
from scenes.meshes import joined
from scenes.paints import PLAIN_FROM
from scenes.renderer import Renderer
from scenes.shots import SHOTS, compose
from scenes.strands import strands

WIDTH, HEIGHT = 960, 540
SIDE = 512
# Steps of the written disparity a pixel.
STEPS = 1024
# Disparity of the farthest, and how much nearer the nearest 0.5 % are, in parts of the width.
FARTHEST, SPAN = 0.002, (0.012, 0.026)
# Takes that a picture with blur is the mean of, and one without.
BLURRED, SHARP = 16, 4


def exposures(random, kind, shot):
    """Where the camera stands in each take of one picture, as shifts of (eye, target) in metres along its axes."""
    right, up, _ = shot.view()[:3, :3]
    if kind == "aperture":
        # A disc of points; what stands in the focal plane stays where it is.
        lens = random.uniform(0.001, 0.005) / shot.inverse
        turn = (np.arange(BLURRED) + 0.5) * 2.39996
        radius = lens * np.sqrt((np.arange(BLURRED) + 0.5) / BLURRED)
        return [(r * (np.cos(t) * right + np.sin(t) * up), np.zeros(3)) for r, t in zip(radius, turn)]
    if kind == "motion":
        way = random.normal(0, 1, 2) * (1, 0.4)
        way *= random.uniform(0.004, 0.016) / np.linalg.norm(way) / shot.inverse
        step = way[0] * right + way[1] * up
        turned = step * random.uniform(-0.5, 1.2)
        return [(step * t, turned * t) for t in np.linspace(-0.5, 0.5, BLURRED)]
    # A quarter of a pixel to each side and up and down: finer antialiasing than the renderer's own.
    pixel = 1 / shot.focal / WIDTH / shot.inverse
    return [(np.zeros(3), pixel / 4 * (x * right + y * up)) for x, y in ((-1, -0.5), (0.5, -1), (1, 0.5), (-0.5, 1))]


def shoot(random, renderer, shot, photo, blur):
    """Left, right (H×W×3, 8 bit) and the left one's disparity in pixels (H×W); None of a dull scene."""
    sky = cv2.resize(photo[:max(8, photo.shape[0] // 3)], (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    renderer.set_mesh(shot.mesh, shot.light)
    lens = np.array([[shot.focal * WIDTH, 0, 0.5 - WIDTH / 2], [0, -shot.focal * WIDTH, 0.5 - HEIGHT / 2], [0, 0, -1]])
    shifts = exposures(random, blur, shot)

    def picture(baseline, shear):
        total = np.zeros((HEIGHT, WIDTH, 3), np.float64)
        for forth, aside in shifts:
            view = shot.view(forth, aside)
            view[0, 3] -= baseline
            colour, _, covered = renderer.draw(view, shot.focal, shear)
            turned = lens @ view[:3, :3] @ shot.view()[:3, :3].T @ np.linalg.inv(lens)
            moved = np.array([[1, 0, shear * WIDTH], [0, 1, 0], [0, 0, 1]]) @ turned
            behind = cv2.warpPerspective(sky, moved, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
            total += colour + behind * (1 - covered[..., None])
        return total / len(shifts)

    _, inverse, _ = renderer.draw(shot.view(), shot.focal)
    low, high = inverse.min(), np.percentile(inverse, 99.5)
    if high < 1.6 * low + 1e-6 or np.percentile(inverse, 85) > 3 * shot.inverse:
        return None
    # x_left − x_right = baseline · focal · inverse − shear, in widths.
    baseline = random.uniform(*SPAN) / (high - low) / shot.focal
    shear = baseline * shot.focal * low - FARTHEST
    disparity = (baseline * shot.focal * inverse - shear) * WIDTH
    both = [picture(0.0, 0.0), picture(baseline, shear)]
    if both[0].mean() < 12 or both[0].std() < 12 or disparity.max() * STEPS >= 1 << 16:
        return None
    gain, soft = random.uniform(0.9, 1.3), random.uniform(0.25, 0.6)
    grain = random.uniform(1, 4) if random.random() < 0.25 else 0.0
    developed = []
    for eye in both:
        eye = cv2.GaussianBlur(eye * gain, (0, 0), soft) + random.normal(0, grain, (HEIGHT, WIDTH, 1))
        developed.append(np.clip(eye, 0, 255).round().astype(np.uint8))
    return *developed, disparity


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--textures", nargs="+", required=True, help="data folders whose photos cover the things")
    parser.add_argument("--models", type=Path, help="folder of .spm models")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=32)
    parser.add_argument("--seed", type=int, default=9001)
    options = parser.parse_args()
    photos, people, models = materials(options)
    renderer = Renderer(WIDTH, HEIGHT, LAYERS, SIDE)
    options.out.mkdir(parents=True, exist_ok=True)
    made, number = [], 0
    while len(made) < options.count:
        if number % STOCK == 0:
            paints, stock = stock_of(np.random.default_rng((options.seed, 1 << 20, number)), photos, photos, models, SIDE)
            renderer.set_textures(paints.pictures, PLAIN_FROM)
        random = np.random.default_rng((options.seed, number))
        number += 1
        paints.random = random
        shot = compose(random, paints, people, stock, WIDTH / HEIGHT, tuple(SHOTS))
        blur = ("sharp", "aperture", "motion")[len(made) % 3]
        thin = len(made) % 2 == 1
        if shot.place == "photo":
            # What is flat cannot be seen from elsewhere.
            continue
        if thin:
            shot.mesh = joined([shot.mesh, strands(random, paints, shot, WIDTH)])
        takes = shoot(random, renderer, shot, photos.read(random.integers(len(photos)))[0], blur)
        if takes is None:
            continue
        left, right, disparity = takes
        name = f"{options.seed}-{number:03}-{blur}{'-thin' if thin else ''}"
        for eye, image in (("left", left), ("right", right)):
            cv2.imwrite(str(options.out / f"{name}_{eye}.png"), image[:, :, ::-1])
        steps = np.clip(disparity * STEPS, 1, (1 << 16) - 1).round().astype(np.uint16)
        cv2.imwrite(str(options.out / f"{name}_disp.png"), steps)
        made.append(name)
        with open(options.out / "scale.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("name", "scale"))
            writer.writerows((name, STEPS) for name in made)
        print(name, flush=True)


if __name__ == "__main__":
    main()
