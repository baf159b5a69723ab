"""Pictures with disparity, read from tar files, and the batches made of them.

A data folder holds `index.csv` and any number of `*.tar`. For each line of the index, one of the tars holds
`NAME.webp` (RGB) and `NAME.disparity.webp` (grey, 8 bit, brighter is nearer). A label as large as its picture is taken
as exact; a smaller one (same shape) is sharpened along the picture's edges. Columns: `name`, and `disparity_lo` and
`disparity_hi`, the disparities that 0 and 255 stand for, in the label maker's unit.
"""
import csv
import tarfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

# Sizes of a training picture (width, height): film shapes, sides multiples of 32.
SIZES = {
    "half": ((192, 96), (192, 96), (224, 96), (160, 96)),
    "full": ((384, 160), (384, 160), (320, 192), (352, 192)),
}
# Disparity range at which a picture's parallax fills -1..+1 %; flatter pictures get less, down to the least share.
FULL_RANGE = 1.2
LEAST_SHARE = 0.4
# Share of a plain "lower is nearer" in the labels that are not exact: their maker knows too little of grounds and tables.
GROUND_PRIOR = 0.25
# Most that a twin's frame lies further, in pixels of the target each way.
MOST_SHIFT = 4


class Pictures:
    """All pictures of some data folders, still compressed, in memory."""

    def __init__(self, folders):
        self.names, self.shares, self.bytes = [], [], []
        for folder in map(Path, folders):
            members = {}
            tars = sorted(folder.glob("*.tar"))
            if not tars or not (folder / "index.csv").exists():
                raise FileNotFoundError(f"{folder}: expected index.csv and *.tar (see train/README.md)")
            for path in tars:
                with tarfile.open(path) as tar:
                    members |= {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
            with open(folder / "index.csv", newline="") as file:
                for row in csv.DictReader(file):
                    picture, label = members.get(f"{row['name']}.webp"), members.get(f"{row['name']}.disparity.webp")
                    if picture is None or label is None:
                        raise FileNotFoundError(f"{folder}: {row['name']} is in index.csv but not in the tars")
                    spread = float(row["disparity_hi"]) - float(row["disparity_lo"])
                    self.names.append(row["name"])
                    self.shares.append(float(np.clip(spread / FULL_RANGE, LEAST_SHARE, 1)))
                    self.bytes.append((picture, label))

    def __len__(self):
        return len(self.names)

    def read(self, index):
        """Picture (H×W×3, RGB, 8 bit) and label (h×w, 0..1, 1 nearest)."""
        picture, label = (np.frombuffer(data, np.uint8) for data in self.bytes[index])
        picture, label = cv2.imdecode(picture, cv2.IMREAD_COLOR), cv2.imdecode(label, cv2.IMREAD_GRAYSCALE)
        if picture is None or label is None:
            raise ValueError(f"{self.names[index]}: not a WebP picture")
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), label.astype(np.float32) / 255


def film_crop(height, width, aspect, random):
    """A random box (x, y, w, h in 0..1 of the picture) of about the given width/height."""
    aspect = aspect * random.uniform(0.9, 1.1)
    w = min(1.0, aspect * height / width) * random.uniform(0.6, 1.0)
    h = min(1.0, w * width / aspect / height)
    # Tall pictures are mostly people on their feet; films show the upper half of them more often.
    down = random.uniform() ** (2 if height > width else 1)
    return random.uniform(0, 1 - w), down * (1 - h), w, h


def cut(image, box, size):
    """The box of the image, resized to size (width, height) by area or linear interpolation."""
    height, width = image.shape[:2]
    x, y = round(box[0] * width), round(box[1] * height)
    part = image[y:y + max(round(box[3] * height), 2), x:x + max(round(box[2] * width), 2)]
    shrink = part.shape[1] > size[0]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)


def sharpen(label, picture, radius, strength=1e-3):
    """Guided filter: the label (h×w) follows the edges of the grey picture (h×w, 0..1)."""
    def mean(values):
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)
    guide_mean, label_mean = mean(picture), mean(label)
    variance = mean(picture * picture) - guide_mean * guide_mean
    slope = (mean(picture * label) - guide_mean * label_mean) / (variance + strength)
    return np.clip(mean(slope) * picture + mean(label_mean - slope * guide_mean), 0, 1)


def jitter(picture, random):
    """Colour as films vary it: exposure, gamma, tint, saturation, now and then grey, soft or noisy. H×W×3 in 0..1."""
    picture = picture ** random.uniform(0.7, 1.45) * random.uniform(0.6, 1.25)
    picture = picture * random.uniform(0.88, 1.12, 3).astype(np.float32)
    grey = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    saturation = 0.0 if random.random() < 0.1 else random.uniform(0.4, 1.3)
    picture = grey[..., None] + saturation * (picture - grey[..., None])
    if random.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.1))
    if random.random() < 0.2:
        picture = picture + random.normal(0, random.uniform(0.005, 0.04), picture.shape).astype(np.float32)
    return np.clip(picture, 0, 1, dtype=np.float32)


@dataclass
class Batch:
    """Pictures N×3×H×W (0..1, RGB), targets N×H/2×W/2 (parallax in %, positive behind) and what is known of them.

    `exact`, N: the label was rendered or measured. The last len(shifts) pictures are twins of the first: the same ones
    seen through a frame that lies `shifts` (T×2, x and y in the target's pixels) further, exposed and grained anew.
    """
    pictures: torch.Tensor
    targets: torch.Tensor
    exact: torch.Tensor
    shifts: list


def sample(pictures, index, size, random, shifts=((0, 0),)):
    """Takes [(picture 3×H×W, target H/2×W/2)], float32, one for each shift, and whether the label is exact."""
    picture, label = pictures.read(index)
    box = film_crop(*picture.shape[:2], size[0] / size[1], random)
    exact = picture.shape[:2] == label.shape
    wide = (size[0] + 4 * MOST_SHIFT, size[1] + 4 * MOST_SHIFT) if len(shifts) > 1 else size
    picture = cut(picture, box, wide).astype(np.float32) / 255
    half = (wide[0] // 2, wide[1] // 2)
    label = cut(label, box, half)
    if not exact:
        label = sharpen(label, cut(picture.mean(2), (0, 0, 1, 1), half), max(2, half[0] // 48))
        label = (1 - GROUND_PRIOR) * label + GROUND_PRIOR * np.linspace(0, 1, half[1], dtype=np.float32)[:, None]
    if random.random() < 0.5:
        picture, label = picture[:, ::-1], label[:, ::-1]
    target = pictures.shares[index] * (1 - 2 * label)
    takes, graded = [], None
    for x, y in shifts:
        left, top = ((0, 0) if len(shifts) == 1 else (MOST_SHIFT + x, MOST_SHIFT + y))
        if graded is None:
            graded = jitter(picture, random)
        else:
            # The next frame of a film: a little brighter or darker, another grain.
            graded = graded * random.uniform(0.96, 1.04) + random.normal(0, random.uniform(0, 0.02), graded.shape)
            graded = np.clip(graded, 0, 1).astype(np.float32)
        frame = graded[2 * top:2 * top + size[1], 2 * left:2 * left + size[0]].transpose(2, 0, 1)
        seen = target[top:top + size[1] // 2, left:left + size[0] // 2]
        takes.append((np.ascontiguousarray(frame), np.ascontiguousarray(seen)))
    return takes, exact


def batch(pictures, step, count, resolution, seed, twins=0):
    """The Batch of one training step, count + twins pictures: a function of its arguments only.

    Each pass over the data takes every picture once, in an order drawn from the seed and the number of the pass.
    """
    random = np.random.default_rng((seed, step))
    sizes = SIZES[resolution]
    size = sizes[random.integers(len(sizes))]
    firsts, seconds, exact, moves = [], [], [], []
    for place_in_batch, position in enumerate(range(step * count, (step + 1) * count)):
        turn, place = divmod(position, len(pictures))
        index = np.random.default_rng((seed, 1 << 20, turn)).permutation(len(pictures))[place]
        shifts = [(0, 0)]
        if place_in_batch < twins:
            shifts.append(tuple(int(v) for v in random.integers(-MOST_SHIFT, MOST_SHIFT + 1, 2)))
            moves.append(shifts[1])
        takes, is_exact = sample(pictures, index, size, random, shifts)
        firsts.append(takes[0])
        seconds += takes[1:]
        exact.append(is_exact)
    frames, targets = zip(*firsts, *seconds)
    exact = torch.tensor(exact + exact[:len(moves)])
    return Batch(torch.from_numpy(np.stack(frames)), torch.from_numpy(np.stack(targets)), exact, moves)
