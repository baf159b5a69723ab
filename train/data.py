"""Pictures with disparity, read from tar files, and what is done to a picture before it is learnt from.

A data folder holds `index.csv` and any number of `*.tar`. For each line of the index, one of the tars holds
`NAME.webp` (RGB) and `NAME.disparity.webp` (grey, 8 bit, brighter is nearer). A label as large as its picture is taken
as exact; a smaller one (same shape) is sharpened along the picture's edges. Columns: `name`, and `disparity_lo` and
`disparity_hi`, the disparities that 0 and 255 stand for, in the label maker's unit. Some have more in the tars:
`NAME.agreement.webp` (agree.py), how far each pixel of the label is to be believed; `NAME.right.webp`, the exact right view; `NAME.next.webp`
with `NAME.next.disparity.webp` and `NAME.next.json`, the next frame and the camera's motion (make_scenes.py).
"""
import csv
import io
import json
import tarfile
from pathlib import Path

import cv2
import numpy as np

# Sizes of a training picture (width, height): film shapes, sides multiples of 32.
SIZES = {
    "half": ((192, 96), (192, 96), (224, 96), (160, 96)),
    "full": ((384, 160), (384, 160), (320, 192), (352, 192)),
}
# Disparity range at which a picture's parallax fills -1..+1 %; flatter pictures get less, down to the least share.
FULL_RANGE = 1.2
LEAST_SHARE = 0.4


def add(tar, name, data):
    """Puts a file of these bytes into an open tar file."""
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def webp(image, quality=101):
    """WebP bytes of an image (H×W×3, BGR, or h×w, 8 bit); 101 keeps every bit."""
    return cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


class Pictures:
    """All pictures of some data folders, still compressed, in memory."""

    def __init__(self, folders):
        self.names, self.shares, self.ranges, self.bytes, self.more = [], [], [], [], []
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
                    low, high = float(row["disparity_lo"]), float(row["disparity_hi"])
                    self.names.append(row["name"])
                    self.shares.append(float(np.clip((high - low) / FULL_RANGE, LEAST_SHARE, 1)))
                    self.ranges.append((low, high))
                    self.bytes.append((picture, label))
                    parts = ("agreement.webp", "right.webp", "next.webp", "next.disparity.webp", "next.json")
                    self.more.append({part: members[f"{row['name']}.{part}"] for part in parts if f"{row['name']}.{part}" in members})

    def __len__(self):
        return len(self.names)

    def decoded(self, index, data, colour):
        """The picture H×W×3, RGB, 8 bit, or the grey one h×w, 0..1; `data` is bytes of the picture numbered `index`."""
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise ValueError(f"{self.names[index]}: not a WebP picture")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if colour else image.astype(np.float32) / 255

    def read(self, index):
        """Picture (H×W×3, RGB, 8 bit) and label (h×w, 0..1, 1 nearest)."""
        picture, label = self.bytes[index]
        return self.decoded(index, picture, True), self.decoded(index, label, False)

    def agreement(self, index):
        """How far each pixel of the label is to be believed, h×w, 0..1; None where nobody has asked."""
        data = self.more[index].get("agreement.webp")
        return None if data is None else self.decoded(index, data, False)

    def right(self, index):
        """The exact right view, H×W×3, RGB, 8 bit, or None."""
        data = self.more[index].get("right.webp")
        return None if data is None else self.decoded(index, data, True)

    def has_next(self, index):
        """Whether there is a next frame of which the motion is known."""
        return all(f"next.{part}" in self.more[index] for part in ("webp", "disparity.webp", "json"))

    def next(self, index):
        """The next frame (H×W×3, RGB, 8 bit), its label (h×w, 0..1) and the camera's motion."""
        more = self.more[index]
        return (self.decoded(index, more["next.webp"], True), self.decoded(index, more["next.disparity.webp"], False),
                json.loads(more["next.json"]))


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
