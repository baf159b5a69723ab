"""Asks the label maker twice: `python train/agree.py --data DATA --teacher ONNX --out DIR`.

A network that labels a picture and its mirror image, at another size, gives two answers; where they differ, neither is to
be believed. The result is a data folder of the same photos: each label is the mean of the one that was there and the new one, and
NAME.agreement.webp (8 bit, the label's shape) says how well they agree, 255 for wholly.
"""
import argparse
import csv
import tarfile
from pathlib import Path

import cv2
import numpy as np

from data import Pictures, add, webp

# Difference of two labels (0..1) at which they count half.
HALF_BELIEVED = 0.15
# Long side of the mirrored picture; the labels that are there were made at 384.
SIDE = 288


def fitted(answer, label):
    """The answer scaled and shifted (least squares) to the label, both H×W."""
    columns = np.stack([answer.ravel(), np.ones(answer.size)], 1)
    scale, shift = np.linalg.lstsq(columns, label.ravel(), rcond=None)[0]
    return scale * answer + shift


def agreement(label, other):
    """1 where both are the same, a half where they differ by HALF_BELIEVED."""
    return 1 / (1 + ((label - other) / HALF_BELIEVED) ** 2)


def second_answer(teacher, picture, label):
    """What the teacher says of the mirrored picture (H×W×3, RGB, 8 bit), mirrored back and brought to the label (h×w, 0..1)."""
    mirrored = teacher(np.ascontiguousarray(picture[:, ::-1]))[:, ::-1]
    small = cv2.resize(np.ascontiguousarray(mirrored), label.shape[::-1], interpolation=cv2.INTER_AREA)
    return fitted(small.astype(np.float64), label.astype(np.float64))


def believed(teacher, picture, label):
    """The mean of both answers and their agreement, h×w, 8 bit."""
    other = second_answer(teacher, picture, label)
    mean = np.clip((label + other) / 2, 0, 1)
    return tuple((255 * values).round().astype(np.uint8) for values in (mean, agreement(label, other)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True, help="data folders of photos")
    parser.add_argument("--teacher", required=True, help="the label maker's ONNX file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, help="only so many, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    from evaluate import teacher
    photos, ask = Pictures(options.data), teacher(options.teacher, SIDE, options.threads)
    wanted = np.random.default_rng(options.seed).permutation(len(photos))[:options.count]
    options.out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(options.out / "photos.tar", "w") as tar, open(options.out / "index.csv", "w", newline="") as file:
        index = csv.writer(file)
        index.writerow(("name", "disparity_lo", "disparity_hi"))
        for place in wanted:
            name = photos.names[place]
            picture, label = photos.read(place)
            if label.max() == label.min():
                continue
            mean, agreed = believed(ask, picture, label)
            add(tar, f"{name}.webp", photos.bytes[place][0])
            for suffix, values in (("disparity", mean), ("agreement", agreed)):
                add(tar, f"{name}.{suffix}.webp", webp(values))
            index.writerow((name, *photos.ranges[place]))


if __name__ == "__main__":
    main()
