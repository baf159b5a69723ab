"""Scores on stereo pairs beside the teacher and a vertical ramp: `python train/evaluate.py DIR WEIGHTS… [--teacher ONNX]`.

DIR holds pairs `NAME_left.png`, `NAME_right.png` (disparity is matched here) or `NAME_viewN.png` with the measured
`NAME_dispN.png` (8 bit, 0 unknown), or it is a data folder of make_scenes.py, one made of a seed and of photos that were
not trained on. WEIGHTS are checkpoints of train.py or exported .safetensors. Never train on them.
"""
import argparse
import math
from pathlib import Path

import cv2
import numpy as np
import torch

from data import Pictures
from export import load_weights
from metrics import MEASURES, stereo_match
from model import SIZE_MULTIPLE, normalise, parallax

AREA = 384 * 160


def input_size(width, height, area=AREA):
    """The player's input size for a picture: aspect kept, about this area, sides multiples of 32."""
    def side(length):
        return max(1, round(length / SIZE_MULTIPLE)) * SIZE_MULTIPLE
    return side(math.sqrt(area * width / height)), side(math.sqrt(area * height / width))


def nearness(network, picture, area=AREA):
    """Minus the expected parallax (%), H/2×W/2 of the input size, of a picture H×W×3, RGB, 8 bit."""
    size = input_size(picture.shape[1], picture.shape[0], area)
    small = torch.from_numpy(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        return -parallax(network(normalise(small)))[0].numpy()


def teacher(path, side=384, threads=0):
    """The teacher as a function from picture to disparity; the picture's long side becomes `side`. threads 0: all cores."""
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, settings)

    def predict(picture):
        height, width = picture.shape[:2]
        size = tuple(max(1, round(v * side / max(width, height) / 32)) * 32 for v in (width, height))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32).transpose(2, 0, 1)[None] / 255
        return np.exp(np.squeeze(session.run(None, {"image": small})[0]))
    return predict


def ramp(picture):
    """Nearer towards the bottom, nothing else."""
    height, width = picture.shape[:2]
    return np.repeat(np.arange(height, dtype=np.float32)[:, None], width, 1)


def scenes(folder):
    """Yields (name, picture RGB H×W×3, measured disparity H×W, mask H×W) of every pair or made scene."""
    if (folder / "index.csv").exists():
        made = Pictures([folder])
        for index, name in enumerate(made.names):
            picture, label = made.read(index)
            # What is all but infinitely far has an order, but AbsRel divides by it.
            yield name, picture, label, label >= 0.03
    for path in sorted(folder.glob("*_left.png")):
        left, right = cv2.imread(str(path)), cv2.imread(str(path).replace("_left", "_right"))
        disparity, mask = stereo_match(left, right)
        # Under a pixel a matched disparity is mostly noise, and AbsRel divides by it.
        yield path.name[:-9], left[:, :, ::-1], disparity, mask & (disparity >= 1)
    done = set()
    for path in sorted(folder.glob("*_disp*.png")):
        name = path.name.split("_disp")[0]
        if name not in done:
            done.add(name)
            disparity = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32)
            yield name, cv2.imread(str(path).replace("_disp", "_view"))[:, :, ::-1], disparity, disparity > 0


def scores(predict, folder):
    """{scene: {measure: value}}, with "mean" as the last scene."""
    found = {}
    for name, picture, disparity, mask in scenes(folder):
        predicted = predict(np.ascontiguousarray(picture)).astype(np.float32)
        predicted = cv2.resize(predicted, disparity.shape[::-1], interpolation=cv2.INTER_LINEAR)
        found[name] = {m: measure(predicted[mask], disparity[mask]) for m, measure in MEASURES.items()}
    if not found:
        raise FileNotFoundError(f"{folder}: no *_left.png and no *_disp*.png")
    found["mean"] = {m: float(np.mean([s[m] for s in found.values()])) for m in MEASURES}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", nargs="*", type=Path)
    parser.add_argument("--teacher", help="the teacher's ONNX file")
    options = parser.parse_intermixed_args()
    rivals = {"vertical ramp": ramp}
    if options.teacher:
        rivals["teacher"] = teacher(options.teacher)
    for path in options.weights:
        network = load_weights(path)
        rivals[str(path)] = lambda picture, network=network: nearness(network, picture)
    print("each cell: " + " / ".join(MEASURES))
    for name, predict in rivals.items():
        print(f"\n{name}")
        for scene, values in scores(predict, options.folder).items():
            print(f"  {scene:32}" + " / ".join(f"{v:.3f}" for v in values.values()))


if __name__ == "__main__":
    main()
