"""The network `deep3d-2016`: the graph of Xie, Girshick and Farhadi (2016), eight of VGG16's convolutions and five side branches.

`docs/network.md` is the same graph as a table. Parameters have the names of the original's file, so that what is trained
here and what `deep3d weights import` makes of that file are read by the same player.
"""
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional

PLANES = 33
# Parallax of each plane in % of the picture's width: one pixel of 384 from each to the next.
PLANE_PARALLAX = tuple(100 * (plane - 16) / 384 for plane in range(PLANES))
# Leading planes that make no picture: their probability is lost, which darkens the pixel.
DROPPED = 1
# Width and height of the picture: the first fully connected layer ties the network to them.
SIZE = (384, 160)
TRUNK = ((("conv1_1", 64),), (("conv2_1", 128),), (("conv3_1", 256), ("conv3_2", 256)),
         (("conv4_1", 512), ("conv4_2", 512)), (("conv5_1", 512), ("conv5_2", 512)))
# What Oxford's VGG16 takes off its B, G, R of 0..255.
VGG_MEAN = (103.939, 116.779, 123.68)
EPSILON = 1e-3
METADATA = {
    "format": "1",
    "network": "deep3d-2016",
    "input": json.dumps({"channels": "BGR", "mean": [0.0] * 3, "std": [1 / 255] * 3, "multiple": 32}, separators=(",", ":")),
    "planes": json.dumps(PLANE_PARALLAX, separators=(",", ":")),
    "scale": "absolute",
    "licence": "that of the pictures it was trained on",
}


def enlarging(factor):
    """A transposed convolution that enlarges by the factor; begins as bilinear interpolation of each channel (1: as identity)."""
    kernel = 2 * factor if factor > 1 else 1
    layer = nn.ConvTranspose2d(PLANES, PLANES, kernel, factor, factor // 2)
    steps = torch.arange(kernel, dtype=torch.float32)
    ramp = 1 - (steps - (kernel - 1) / 2).abs() / factor if factor > 1 else torch.ones(1)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        for plane in range(PLANES):
            layer.weight[plane, plane] = ramp[:, None] * ramp[None]
    return layer


class Deep3d2016(nn.Module):
    """Picture N×3×160×384 (B, G, R of 0..255) to logits N×33×160×384."""

    def __init__(self):
        super().__init__()
        channels = 3
        for number, group in enumerate(TRUNK, 1):
            for name, out in group:
                setattr(self, name, nn.Conv2d(channels, out, 3, padding=1))
                nn.init.kaiming_normal_(getattr(self, name).weight)
                nn.init.zeros_(getattr(self, name).bias)
                channels = out
            if number < 5:
                setattr(self, f"bn_pool{number}", nn.BatchNorm2d(channels, EPSILON))
                setattr(self, f"pred{number}", nn.Conv2d(channels, PLANES, 3, padding=1))
            setattr(self, f"deconv_pred{number}", enlarging(2 ** (number - 1)))
        self.fc6, self.fc7, self.pred5 = nn.Linear(512 * 60, 512), nn.Linear(512, 512), nn.Linear(512, PLANES * 60)
        self.deconv_predup, self.convolution0 = enlarging(2), nn.Conv2d(PLANES, PLANES, 3, padding=1)
        # As raw values of 0..255 come in, what leaves the trunk is large; a softmax that begins saturated learns nothing.
        nn.init.normal_(self.fc6.weight, std=1e-4)
        for layer in (self.pred5, self.convolution0, *(getattr(self, f"pred{number}") for number in range(1, 5))):
            nn.init.normal_(layer.weight, std=0.01)

    def encoder(self):
        """The pretrained part: the trunk's convolutions."""
        return [getattr(self, name) for group in TRUNK for name, _ in group]

    def stages(self):
        """The pretrained part from the picture on, piece by piece."""
        return self.encoder()

    def forward(self, x):
        if x.shape[2:] != (SIZE[1], SIZE[0]):
            raise ValueError(f"input {x.shape[3]}×{x.shape[2]}: this network takes {SIZE[0]}×{SIZE[1]} only")
        total = 0
        for number, group in enumerate(TRUNK, 1):
            for name, _ in group:
                x = functional.relu(getattr(self, name)(x))
            x = functional.max_pool2d(x, 2)
            if number < 5:
                side = getattr(self, f"pred{number}")(getattr(self, f"bn_pool{number}")(x))
            else:
                x = functional.dropout(functional.relu(self.fc6(x.flatten(1))), 0.5, self.training)
                x = functional.dropout(functional.relu(self.fc7(x)), 0.5, self.training)
                side = self.pred5(x).view(-1, PLANES, 5, 12)
            total = total + getattr(self, f"deconv_pred{number}")(functional.relu(side))
        return self.convolution0(functional.relu(self.deconv_predup(functional.relu(total))))


def normalise(pictures):
    """RGB in 0..1, N×3×H×W, to the network's input."""
    return pictures.flip(1) * 255


def parallax(logits):
    """Expected parallax in % of the width, N×H×W, of the planes that have one, from logits N×33×H×W."""
    chances = torch.softmax(logits, 1)[:, DROPPED:]
    planes = torch.tensor(PLANE_PARALLAX[DROPPED:], dtype=logits.dtype, device=logits.device)
    return (chances * planes[None, :, None, None]).sum(1) / chances.sum(1).clamp_min(1e-6)


def load_trunk(network, tensors):
    """Copies VGG16's convolutions (`conv1_1.weight`, `conv1_1.bias`, …), made for pictures less VGG_MEAN; its mean goes into the first bias."""
    with torch.no_grad():
        for group in TRUNK:
            for name, _ in group:
                for part in ("weight", "bias"):
                    getattr(getattr(network, name), part).copy_(tensors[f"{name}.{part}"])
        network.conv1_1.bias -= (network.conv1_1.weight * torch.tensor(VGG_MEAN)[None, :, None, None]).sum((1, 2, 3))


def exported(network):
    """The tensors by the original file's names, float32; batch norms have `moving_var`, the variance without EPSILON."""
    names = {"running_mean": "moving_mean", "running_var": "moving_var"}
    tensors = {}
    for name, tensor in network.state_dict().items():
        layer, part = name.rsplit(".", 1)
        if part == "num_batches_tracked":
            continue
        if layer.startswith("bn_"):
            part = {"weight": "gamma", "bias": "beta"}.get(part, names.get(part, part))
        tensors[f"{layer}_{part}"] = tensor.detach().float().cpu().numpy().astype(np.float32)
    return tensors
