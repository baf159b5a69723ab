"""Batches of labelled pictures: crops with their targets, twins, next frames and right views."""
import copy
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from data import SIZES, cut, film_crop, jitter, sharpen
from motion import followed

# Share of a plain "lower is nearer" in the labels that are not exact: their maker knows too little of grounds and tables.
GROUND_PRIOR = 0.25
# The same where it is known how far the label is to be believed: wholly, and not at all.
GROUND_PRIOR_BELIEVED, GROUND_PRIOR_DOUBTED = 0.15, 0.5
# Most that a twin's frame lies further, in pixels of the target each way.
MOST_SHIFT = 4


@dataclass
class Views:
    """Exact pairs: `index` (V) of the picture in the batch, `left` and `right` eye (V×3×h×w, 0..1, as filmed, the targets' size),
    `scale` (V): the pair's parallax is scale · target, in % of the width; negative in the mirror, where the eyes change places.
    """
    index: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor
    scale: torch.Tensor


@dataclass
class Batch:
    """Pictures N×3×H×W (0..1, RGB), targets N×h×w (parallax in %, positive behind; h = H/2) and what is known of them.

    `believed`, N×h×w, 0..1: how much a pixel of the target counts. `exact`, N: the label was rendered or measured. The last T pictures are
    twins of the first T: the next frame of a moving camera, or else the same picture seen through a frame that lies a little further,
    exposed and grained anew. `places`, T×h×w×2: where what a pixel shows is in its twin (x, y in the target's pixels); `seen`, T×h×w:
    whether it is seen there.
    """
    pictures: torch.Tensor
    targets: torch.Tensor
    believed: torch.Tensor
    exact: torch.Tensor
    places: torch.Tensor
    seen: torch.Tensor
    views: Views


@dataclass
class Sample:
    """A picture's takes [(picture 3×H×W, target h×w, believed h×w)], the second one its twin; `places` and `seen` as in Batch, or
    None; `exact`; `view`: (left, right, scale) as in Views, or None.
    """
    takes: list
    places: np.ndarray | None
    seen: np.ndarray | None
    exact: bool
    view: tuple | None


def window(image, left, top, width, height):
    """That part of an image (h×w or h×w×3, then 3×h×w)."""
    part = image[top:top + height, left:left + width]
    return np.ascontiguousarray(part.transpose(2, 0, 1) if part.ndim == 3 else part, np.float32)


def exposed(picture, random):
    """The next frame of a film: a little brighter or darker, another grain."""
    picture = picture * random.uniform(0.96, 1.04) + random.normal(0, random.uniform(0, 0.02), picture.shape)
    return np.clip(picture, 0, 1)


def moved_frame(shift, width, height):
    """places and seen for a frame that lies `shift` pixels further."""
    x, y = np.meshgrid(np.arange(width) - shift[0], np.arange(height) - shift[1])
    return np.stack([x, y], -1).astype(np.float32), (x >= 0) & (x < width) & (y >= 0) & (y < height)


def label_of(pictures, index, box, size, picture, exact):
    """Label and believed, both h×w of `size`, of a box of a picture; a guessed label is sharpened by the picture and given a ground."""
    label, believed, prior = cut(pictures.read(index)[1], box, size), pictures.agreement(index), GROUND_PRIOR
    if believed is None:
        believed = np.ones(label.shape, np.float32)
    else:
        believed = cut(believed, box, size)
        prior = GROUND_PRIOR_DOUBTED + (GROUND_PRIOR_BELIEVED - GROUND_PRIOR_DOUBTED) * believed
    if not exact:
        label = sharpen(label, cut(picture.mean(2), (0, 0, 1, 1), size), max(2, size[0] // 48))
        label = (1 - prior) * label + prior * np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    return label, believed


def sample(pictures, index, size, random, twin=False):
    """A Sample: a random crop of a picture at size (width, height), with a second take for a twin."""
    picture, label = pictures.read(index)
    box, exact = film_crop(*picture.shape[:2], size[0] / size[1], random), picture.shape[:2] == label.shape
    moving = twin and pictures.has_next(index)
    margin = 2 * MOST_SHIFT if twin and not moving else 0
    width, height = size[0] // 2, size[1] // 2
    half = (width + margin, height + margin)
    wide = (2 * half[0], 2 * half[1])
    picture = cut(picture, box, wide).astype(np.float32) / 255
    label, believed = label_of(pictures, index, box, half, picture, exact)
    mirrored = random.random() < 0.5

    def mirror(image):
        return image[:, ::-1] if mirrored else image

    def take(picture, label, left, top):
        target = pictures.shares[index] * (1 - 2 * mirror(label))
        return (window(picture, 2 * left, 2 * top, *size), window(target, left, top, width, height),
                window(mirror(believed), left, top, width, height))

    dice = copy.deepcopy(random)
    graded, places, seen = jitter(mirror(picture), random), None, None
    takes = [take(graded, label, margin // 2, margin // 2)]
    if moving:
        next_picture, next_label, motion = pictures.next(index)
        next_label = cut(next_label, box, half)
        places, seen = followed(label, next_label, motion, box)
        if mirrored:
            places, seen = places[:, ::-1] * np.float32((-1, 1)) + np.float32((width - 1, 0)), seen[:, ::-1]
        # Graded by the same dice as the first.
        next_picture = jitter(mirror(cut(next_picture, box, wide).astype(np.float32) / 255), dice)
        takes.append(take(exposed(next_picture, random), next_label, 0, 0))
    elif twin:
        shift = tuple(int(v) for v in random.integers(-MOST_SHIFT, MOST_SHIFT + 1, 2))
        takes.append(take(exposed(graded, random), label, MOST_SHIFT + shift[0], MOST_SHIFT + shift[1]))
        places, seen = moved_frame(shift, width, height)
    right, view = pictures.right(index), None
    if right is not None:
        right = cut(right, box, half).astype(np.float32) / 255
        eyes = (window(mirror(eye), margin // 2, margin // 2, width, height)
                for eye in (cv2.resize(picture, half, interpolation=cv2.INTER_AREA), right))
        view = (*eyes, (-1 if mirrored else 1) / box[2] * half[0] / width)
    return Sample(takes, places, seen, exact, view)


def batch(pictures, step, count, resolution, seed, twins=0):
    """The Batch of one training step, count + twins pictures: a function of its arguments only.

    Each pass over the data takes every picture once, in an order drawn from the seed and the number of the pass. Those that
    have a next frame are the first to get their twin.
    """
    random = np.random.default_rng((seed, step))
    sizes = SIZES[resolution]
    size = sizes[random.integers(len(sizes))]
    chosen = []
    for position in range(step * count, (step + 1) * count):
        turn, place = divmod(position, len(pictures))
        chosen.append(int(np.random.default_rng((seed, 1 << 20, turn)).permutation(len(pictures))[place]))
    chosen.sort(key=lambda index: not pictures.has_next(index))
    samples = [sample(pictures, index, size, random, place < twins) for place, index in enumerate(chosen)]
    twinned, viewed = samples[:twins], [place for place, one in enumerate(samples) if one.view]
    takes = [one.takes[0] for one in samples] + [one.takes[1] for one in twinned]
    height, width = takes[0][1].shape

    def stacked(arrays, *shape):
        return torch.from_numpy(np.stack([np.ascontiguousarray(a) for a in arrays]) if arrays else np.zeros((0, *shape), np.float32))

    eyes = [samples[place].view for place in viewed]
    views = Views(torch.tensor(viewed, dtype=torch.long), *(stacked([view[eye] for view in eyes], 3, height, width) for eye in (0, 1)),
                  torch.tensor([view[2] for view in eyes], dtype=torch.float32))
    return Batch(*(stacked([take[part] for take in takes]) for part in range(3)), torch.tensor([one.exact for one in samples + twinned]),
                 stacked([one.places for one in twinned], height, width, 2), stacked([one.seen for one in twinned], height, width) > 0, views)
