"""Writes the player's weights and its test vectors: `python train/export.py RUN/step-N.pt --out assets/deep3d.safetensors`."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

import model_2016
from model import MEAN, PLANE_PARALLAX, SIZE_MULTIPLE, STD, Deep3d, normalise
from model_2016 import Deep3d2016

METADATA = {
    "format": "1",
    "network": "deep3d",
    "input": json.dumps({"channels": "RGB", "mean": MEAN, "std": STD, "multiple": SIZE_MULTIPLE}, separators=(",", ":")),
    "planes": json.dumps(PLANE_PARALLAX, separators=(",", ":")),
    "scale": "relative",
    "licence": "MIT OR Apache-2.0",
}
# Sizes (width, height) of the test vectors; the first is stored whole, of the others every STRIDEth logit.
VECTOR_SIZES = ((96, 64), (384, 160), (320, 192))
STRIDE = 119


class Folded(Deep3d):
    """The network without batch norms, as the player runs it, in float64. Weights come from exported tensors."""

    def __init__(self, tensors):
        super().__init__()
        layers = dict(self.convolutions())
        expected = {f"{name}.{part}" for name in layers for part in ("weight", "bias")}
        if expected != set(tensors):
            raise ValueError(f"tensors missing or unknown: {sorted(expected ^ set(tensors))[:6]}")
        for name, layer in layers.items():
            weight, bias = (torch.from_numpy(np.asarray(tensors[f"{name}.{part}"], np.float64)) for part in ("weight", "bias"))
            if layer.convolution.weight.shape != weight.shape or bias.shape != weight.shape[:1]:
                raise ValueError(f"{name}: weight {tuple(weight.shape)} does not fit the network")
            layer.convolution.weight = torch.nn.Parameter(weight)
            layer.convolution.bias = torch.nn.Parameter(bias)
            layer.norm = None
        self.eval()


def folded_tensors(network, dtype=np.float16):
    """Exported tensors by name."""
    tensors = {}
    for name, layer in network.convolutions():
        for part, values in zip(("weight", "bias"), layer.folded()):
            tensors[f"{name}.{part}"] = values.numpy().astype(dtype)
            if not np.isfinite(tensors[f"{name}.{part}"]).all():
                raise ValueError(f"{name}.{part} does not fit {np.dtype(dtype)}")
    return tensors


def load_weights(path):
    """A network in evaluation mode, float32, from a checkpoint (its average) or an exported file."""
    if path.suffix == ".safetensors":
        with safe_open(path, "numpy") as file:
            return Folded({name: file.get_tensor(name) for name in file.keys()}).float()
    return load_mean([path])


def load_mean(paths):
    """The mean of the averaged weights (and batch statistics) of checkpoints of related runs, as a network."""
    states = [torch.load(path, weights_only=True)["average"] for path in paths]
    mean = {name: sum(state[name].double() for state in states) / len(states) for name in states[0]}
    network = Deep3d2016() if "fc6.weight" in mean else Deep3d()
    network.load_state_dict(mean)
    return network.eval()


def generated(name, count, seed=1):
    """Uniform numbers 0 <= u < 1 by splitmix64 from the name's FNV-1a hash: any language can make the same."""
    mask = (1 << 64) - 1
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 & mask
    state ^= seed * 0x9E3779B97F4A7C15 & mask
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2 ** 24


def generated_picture(width, height):
    """The deterministic test picture H×W×3, 8 bit: a woven pattern under noise. Channels are taken as R, G, B."""
    noise = np.floor(64 * generated(f"image_{width}x{height}", height * width * 3)).astype(np.int64)
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return (((((x * (3 + c)) ^ (y * (5 - c))) & 255) * 3 // 4) + noise.reshape(height, width, 3)).astype(np.uint8)


def test_vectors(tensors):
    """Logits of the rounded weights on the test pictures, computed in float64 (layout in train/README.md)."""
    network, vectors = Folded(tensors), {}
    for index, (width, height) in enumerate(VECTOR_SIZES):
        picture = torch.from_numpy(generated_picture(width, height)).permute(2, 0, 1)[None].double() / 255
        with torch.no_grad():
            logits = network(normalise(picture))[0].numpy()
        name = f"{width}x{height}"
        flat = logits.ravel()
        vectors[f"{name}.sums"] = np.array([flat.sum(), np.abs(flat).sum()])
        vectors[f"{name}.logits"] = (logits if index == 0 else flat[::STRIDE]).astype(np.float32)
    return vectors


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="step-N.pt; of several the mean is written")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, help="also write the test vectors here")
    options = parser.parse_intermixed_args()
    network = load_mean(options.checkpoints)
    if isinstance(network, Deep3d2016):
        if options.vectors:
            parser.error("--vectors are those of deep3d: leave it out for deep3d-2016")
        save_file(model_2016.exported(network), options.out, model_2016.METADATA)
        print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
        return
    tensors = folded_tensors(network)
    save_file(tensors, options.out, METADATA)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    if options.vectors:
        save_file(test_vectors(tensors), options.vectors, {"stride": str(STRIDE)})
        print(f"{options.vectors}: {options.vectors.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
