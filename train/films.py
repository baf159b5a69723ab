"""Pairs of eyes out of 3D films: the shards of `deep3d dataset`, and what the network learns of them without labels.

A shard holds `KEY.left.jpg`, `KEY.right.jpg` and `KEY.json` (docs/training.md). Read with the `webdataset` library: shards are
shared out among all processes and their workers; where there are fewer shards than those, each reads all and takes its share of samples.
"""
import itertools
import json
import math
from pathlib import Path

import cv2
import numpy as np
import torch
import webdataset
from torch.nn import functional

from data import SIZES, cut, film_crop, jitter
from selection import left_view, right_view, view_loss

# Parallax span (2nd to 98th percentile, % of the width) at which a pair's parallax fills the planes; flatter pairs get less,
# down to the least share, as photos do.
FULL_SPAN = 2.0
LEAST_SHARE = 0.4
# A pair that spans less than this says nothing.
LEAST_SPAN = 0.05
WEIGHTS = {"view": 10.0, "smooth": 0.1}
# Samples that wait in each worker to be drawn in another order.
SHUFFLED = 200


def scale_and_offset(percentiles):
    """(scale, offset) by which a pair's parallax is scale · plane + offset, from its percentiles (docs/training.md).

    Every film has its own depth budget and its own screen plane, which one picture does not show. So the middle of the pair's
    range is plane 0 and its ends lie at ± a share of 1, just as with the photos' labels; no film exceeds the planes.
    None where the percentiles are not believable.
    """
    low, high = float(percentiles[0]), float(percentiles[-1])
    span = high - low
    if not (math.isfinite(span) and LEAST_SPAN <= span <= 20):
        return None
    share = min(max(span / FULL_SPAN, LEAST_SHARE), 1)
    return span / 2 / share, (low + high) / 2


def decoded(sample):
    """(left, right, scale, offset) of a shard's sample, or None where it is damaged: eyes are H×W×3, RGB, 8 bit."""
    try:
        placed = scale_and_offset(json.loads(sample["json"])["parallax"])
        eyes = [cv2.imdecode(np.frombuffer(sample[f"{eye}.jpg"], np.uint8), cv2.IMREAD_COLOR) for eye in ("left", "right")]
    except (KeyError, IndexError, TypeError, ValueError, cv2.error):
        return None
    if placed is None or any(eye is None for eye in eyes) or eyes[0].shape != eyes[1].shape:
        return None
    return *(cv2.cvtColor(eye, cv2.COLOR_BGR2RGB) for eye in eyes), *placed


def pair(sample, size, random):
    """The network's input, the left and the right eye (3×H×W, 0..1), scale and offset of one random crop."""
    left, right, scale, offset = sample
    box = film_crop(*left.shape[:2], size[0] / size[1], random)
    left, right = (cut(eye, box, size).astype(np.float32) / 255 for eye in (left, right))
    if random.random() < 0.5:
        # In the mirror the eyes change places; parallax stays.
        left, right = right[:, ::-1], left[:, ::-1]
    # The network sees other colours, the loss the film's own: the same grain in both eyes would lie on the screen plane.
    seen = jitter(left, random)
    return *(np.ascontiguousarray(eye.transpose(2, 0, 1)) for eye in (seen, left, right)), scale / box[2], offset / box[2]


class Shards(torch.utils.data.IterableDataset):
    """All shards again and again, each pass in an order of its own: the first stage of a pipeline."""

    def __init__(self, paths, seed):
        self.paths, self.seed = paths, seed

    def __iter__(self):
        for turn in itertools.count():
            for place in np.random.default_rng((*self.seed, turn)).permutation(len(self.paths)):
                yield {"url": self.paths[place]}


class Batches:
    """Stage of a pipeline: samples become batches (inputs, left, right N×3×H×W; scale, offset N) of one random size each.

    absolute: scale 1 and offset 0, for planes that mean a film's own parallax.
    """

    def __init__(self, count, sizes, seed, absolute=False):
        self.count, self.sizes, self.seed, self.absolute = count, sizes, seed, absolute

    def __call__(self, samples):
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng((*self.seed, worker.id if worker else 0))
        waiting = []
        for sample in samples:
            waiting.append(sample)
            if len(waiting) == self.count:
                size = self.sizes[random.integers(len(self.sizes))]
                pairs = [pair(one, size, random) for one in waiting]
                if self.absolute:
                    pairs = [(*pictures, 1.0, 0.0) for *pictures, _, _ in pairs]
                columns = zip(*pairs)
                yield tuple(torch.from_numpy(np.stack(column).astype(np.float32)) for column in columns)
                waiting = []


def film_batches(folders, count, sizes, seed, rank=0, world=1, workers=1, absolute=False):
    """Endless iterator over batches for one of `world` processes. `absolute`: planes are the film's own parallax, unscaled.

    The order is drawn from `seed` (a tuple of numbers), which should tell resumed runs apart: one that goes on after a stop sees
    the films in a new order instead of reading up to where it was.
    """
    shards = sorted(str(path) for folder in folders for path in Path(folder).glob("*.tar"))
    if not shards:
        raise FileNotFoundError(f"{', '.join(map(str, folders))}: no shards (*.tar) of deep3d dataset")
    reading = webdataset.tarfile_to_samples(handler=webdataset.warn_and_continue)
    # Without a single whole pair the endless reading below would wait for ever.
    if not any(decoded(sample) for sample in reading({"url": shard} for shard in shards)):
        raise ValueError(f"{', '.join(map(str, folders))}: no shard holds a whole pair; make them anew with deep3d dataset")
    sharing = [webdataset.split_by_node, webdataset.split_by_worker]
    enough = len(shards) >= world * max(workers, 1)
    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    pipeline = webdataset.DataPipeline(
        Shards(shards, seed),
        *([*sharing, reading] if enough else [reading, *sharing]),
        webdataset.shuffle(SHUFFLED, initial=SHUFFLED, seed=number + rank),
        webdataset.map(decoded),
        webdataset.select(lambda sample: sample is not None),
        Batches(count, sizes, (*seed, rank), absolute),
    )
    return iter(torch.utils.data.DataLoader(pipeline, batch_size=None, num_workers=workers))


def smoothness(parallax, pictures):
    """Mean absolute slope of parallax (N×h×w) where the pictures (N×3×H×W) have none."""
    small = functional.interpolate(pictures, parallax.shape[1:], mode="area")
    total = 0.0
    for axis in (1, 2):
        edges = torch.exp(-10 * small.diff(dim=axis + 1).abs().mean(1))
        total = total + (parallax.diff(dim=axis).abs() * edges).mean()
    return total


def film_losses(logits, predicted, batch, planes, view="right", dropped=0):
    """The terms by name, unweighted: the absolute error of the made view and smoothness of `predicted` parallax.

    view "right": Deep3D's own, the right view made from the left. "left": the left one made from the right (see selection.py).
    Smoothness is there because a wall without texture looks the same from both eyes at any depth: nothing else says
    that its middle lies where its edges do. It counts little enough not to flatten what has texture.
    """
    _, left, right, scale, offset = batch
    if view == "right":
        made, true = right_view(left, logits, scale, offset, planes, dropped), right
    else:
        made, true = left_view(right, logits, scale, offset, planes, dropped), left
    farthest = (scale.abs() * max(abs(plane) for plane in planes) + offset.abs()).max().item()
    margin = min(math.ceil(farthest / 100 * left.shape[3]), left.shape[3] // 4)
    return {"view": view_loss(made, true, margin), "smooth": smoothness(predicted, left)}


def film_total(terms):
    """The weighted sum that is minimised."""
    return sum(WEIGHTS[name] * term for name, term in terms.items())
