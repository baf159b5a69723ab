"""Makes pictures with exact depth: `python train/make_scenes.py --textures DATA --out DIR --count 2000`.

Needs `anny` and `moderngl` (train/requirements.txt) and an EGL driver (Mesa's software one will do). The result is a
data folder. Beside picture and label, a share of the scenes has NAME.right.webp, the exact right view at ±1 % of
parallax, and NAME.next.webp with NAME.next.disparity.webp and NAME.next.json, the next frame of a moving camera (labels on
the same scale) and how it moved.
"""
import argparse
import csv
import json
import tarfile
import warnings
from pathlib import Path

import cv2
import numpy as np

from data import FULL_RANGE, LEAST_SHARE, Pictures, add, webp
from scenes.film import developed, look
from scenes.models import Models
from scenes.paints import PLAIN_FROM, Paints
from scenes.renderer import Renderer
from scenes.shots import SHOTS, compose

WIDTH, HEIGHT = 384, 216
LAYERS, SIDE = PLAIN_FROM + 79, 256
# Scenes made with one stock of textures and models.
STOCK = 60
# Inverse depth of all but the nearest 0.5 % in the label maker's unit, so that flat scenes count as flat.
NEAREST = 3.0
# Of the scenes that can be seen from elsewhere, those with a right view and those with a next frame.
RIGHT_SHARE, NEXT_SHARE = 0.6, 0.5


def stock_of(random, photos, backdrops, models, side=SIDE):
    """Paints of `side`² pictures and some models."""
    paints = Paints(
        random, *(lambda source=source: source.read(random.integers(len(source)))[0] for source in (photos, backdrops)),
        LAYERS, side)
    stock = []
    for path in random.permutation(models.files)[:50] if models else ():
        try:
            stock.append(models.load(path, paints.add_texture))
        except ValueError:
            continue
    return paints, [mesh for mesh in stock if len(mesh.faces) < 6000]


def shoot(random, renderer, shot, photo, label):
    """Takes of one shot {"": (picture, inverse), "right": …, "next": …}, low and high inverse depth, motion; None if a dull one.

    The motion is that of the camera from the first take to the next, as in motion.py.

    `photo` (H×W×3) and its `label` (H×W, 0..1) are what is behind a "photo" shot, never as near as its subject;
    elsewhere the photo's top is the sky.
    """
    recipe, behind = look(random), 0.0
    if shot.place == "photo":
        behind = random.uniform(0.05, 0.5) * shot.inverse
    else:
        # Only the sky is seen of it.
        photo = photo[:max(8, photo.shape[0] // 4)]
    photo, label = (cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) for image in (photo, label))
    renderer.set_mesh(shot.mesh, shot.light)
    # From the camera's axes to the places of pixels.
    wide = shot.focal * WIDTH
    lens = np.array([[wide, 0, 0.5 - WIDTH / 2], [0, -wide, 0.5 - HEIGHT / 2], [0, 0, -1]])

    def take(number, view, shear=0.0):
        colour, inverse, covered = renderer.draw(view, shot.focal, shear)
        # What is infinitely far moves by the turn of the camera and the shear alone.
        turned = lens @ view[:3, :3] @ shot.view()[:3, :3].T @ np.linalg.inv(lens)
        sky = cv2.warpPerspective(photo,
                                  np.array([[1, 0, shear * WIDTH], [0, 1, 0], [0, 0, 1]]) @ turned, (WIDTH, HEIGHT),
                                  borderMode=cv2.BORDER_REFLECT)
        if shot.place != "room":
            background = behind * label * (inverse == 0)
            colour = colour + sky * (1 - covered[..., None])
            inverse = inverse + background
        return developed(colour, inverse, shot.inverse, recipe, number), inverse

    first = take(0, shot.view())
    low, high = np.percentile(first[1], (0.5, 99.5))
    near = np.percentile(first[1], 85)
    if high <= 0 or high < 1.25 * low or near > 3 * shot.inverse or first[0].mean() < 4 or first[0].std() < 6:
        return None
    takes = {"": first}
    # A photo behind cannot be seen from elsewhere.
    if not behind and random.random() < RIGHT_SHARE:
        share = np.clip(NEAREST * (1 - low / high) / FULL_RANGE, LEAST_SHARE, 1) / 100
        # Parallax = baseline · focal · (1/screen − 1/depth), in widths: ± share at both ends of the label.
        baseline = 2 * share / (high - low) / shot.focal
        view = shot.view()
        view[0, 3] -= baseline
        takes["right"] = take(1, view, baseline * shot.focal * (high + low) / 2)
    motion = None
    if not behind and random.random() < NEXT_SHARE:
        step = random.normal(0, 0.012, 3) / shot.inverse
        view = shot.view(step, step + random.normal(0, 0.006, 3) / shot.inverse)
        takes["next"] = take(2, view)
        moved = view @ np.linalg.inv(shot.view())
        motion = {"focal": float(shot.focal), "aspect": WIDTH / HEIGHT, "turn": moved[:3, :3].tolist(), "shift": moved[:3, 3].tolist()}
    return takes, low, high, motion


def materials(options):
    """Photos, people and models (None without) that scenes are made of, by the options of a maker of them."""
    warnings.simplefilter("ignore", DeprecationWarning)
    from scenes.people import People
    import torch
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    return Pictures(options.textures), People(), Models(options.models) if options.models else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textures", nargs="+", required=True, help="data folders whose photos cover the things")
    parser.add_argument("--backdrops",
                        nargs="+",
                        help="data folders of rooms, fronts and landscapes with nobody in front")
    parser.add_argument("--models", type=Path, help="folder of .spm models, such as SuperTuxKart's data folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", choices=SHOTS, default=tuple(SHOTS), help="kinds of shots")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    photos, people, models = materials(options)
    backdrops = Pictures(options.backdrops) if options.backdrops else photos
    renderer = Renderer(WIDTH, HEIGHT, LAYERS, SIDE)
    options.out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(options.out / "scenes.tar", "w") as tar, open(options.out / "index.csv", "w",
                                                                    newline="") as index:
        writer = csv.writer(index)
        writer.writerow(("name", "disparity_lo", "disparity_hi", "kind", "right", "next"))
        for number in range(options.count):
            if number % STOCK == 0:
                stock_random = np.random.default_rng((options.seed, 1 << 20, number))
                paints, stock = stock_of(stock_random, photos, backdrops, models)
                renderer.set_textures(paints.pictures, PLAIN_FROM)
            random = np.random.default_rng((options.seed, number))
            paints.random = random
            shot = compose(random, paints, people, stock, WIDTH / HEIGHT, options.kinds)
            made = shoot(random, renderer, shot, *backdrops.read(random.integers(len(backdrops))))
            if made is None:
                continue
            takes, low, high, motion = made
            name = f"scene-{options.seed}-{number:05}"
            for suffix, (picture, inverse) in takes.items():
                suffix = suffix and f".{suffix}"
                add(tar, f"{name}{suffix}.webp", webp(picture[:, :, ::-1], 90))
                if suffix != ".right":
                    label = np.clip((inverse - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
                    add(tar, f"{name}{suffix}.disparity.webp", webp(label))
            if motion:
                add(tar, f"{name}.next.json", json.dumps(motion | {"low": float(low), "high": float(high)}).encode())
            writer.writerow(
                (name, f"{NEAREST * low / high:.4f}", NEAREST, shot.kind, int("right" in takes), int("next" in takes)))
            index.flush()


if __name__ == "__main__":
    main()
