"""The network `deep3d`: EfficientNet-Lite0 encoder, light skip decoder, softmax over parallax planes.

Every layer is a convolution (dense or depthwise) with one activation, a residual add, or a nearest-neighbour
doubling fused with an add, because those are all the player's engine has. `docs/network.md` is the same graph as a table.
"""
import re

import torch
from torch import nn
from torch.nn import functional

PLANES = 32
# Parallax of each plane in % of the picture width, positive behind the screen: centres of 32 equal bins of -1..+1.
PLANE_PARALLAX = tuple((2 * j + 1 - PLANES) / PLANES for j in range(PLANES))
# Leading planes that make no picture: none.
DROPPED = 0
MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)
SIZE_MULTIPLE = 32

# Encoder blocks: kernel, stride, in, out, expansion (EfficientNet-Lite0: no squeeze-excite, ReLU6).
BLOCKS = (
    (3, 1, 32, 16, 1),
    (3, 2, 16, 24, 6), (3, 1, 24, 24, 6),
    (5, 2, 24, 40, 6), (5, 1, 40, 40, 6),
    (3, 2, 40, 80, 6), (3, 1, 80, 80, 6), (3, 1, 80, 80, 6),
    (5, 1, 80, 112, 6), (5, 1, 112, 112, 6), (5, 1, 112, 112, 6),
    (5, 2, 112, 192, 6), (5, 1, 192, 192, 6), (5, 1, 192, 192, 6), (5, 1, 192, 192, 6),
    (3, 1, 192, 320, 6),
)
# Blocks whose outputs the decoder takes, by the power of two their size is divided by.
SKIPS = {1: 0, 2: 2, 3: 4, 4: 10, 5: 15}
ACTIVATIONS = {"none": lambda x: x, "relu": functional.relu, "relu6": functional.relu6}


class Convolution(nn.Module):
    """Zero pad, convolution, batch norm, activation. N×C×H×W to N×out×H/stride×W/stride; H and W divide by stride.

    The pad is kernel - stride in all, its smaller half at the top and left (TensorFlow's SAME for such sizes).
    """

    def __init__(self, channels_in, channels_out, kernel, stride=1, groups=1, activation="none", normalise=True):
        super().__init__()
        self.before = (kernel - stride) // 2
        self.after = kernel - stride - self.before
        symmetric = self.before == self.after
        self.convolution = nn.Conv2d(channels_in, channels_out, kernel, stride, self.before if symmetric else 0,
                                     groups=groups, bias=not normalise)
        self.pad = None if symmetric else (self.before, self.after, self.before, self.after)
        self.norm = nn.BatchNorm2d(channels_out, eps=1e-3) if normalise else None
        self.activation = activation

    def forward(self, x):
        if self.pad:
            x = functional.pad(x, self.pad)
        x = self.convolution(x)
        if self.norm is not None:
            x = self.norm(x)
        return ACTIVATIONS[self.activation](x)

    def folded(self):
        """Weight (out, in/groups, ky, kx) and bias (out) in float64 with the batch norm folded in."""
        weight = self.convolution.weight.detach().double()
        if self.norm is None:
            return weight, self.convolution.bias.detach().double()
        gain = self.norm.weight.detach().double() / torch.sqrt(self.norm.running_var.double() + self.norm.eps)
        bias = self.norm.bias.detach().double() - gain * self.norm.running_mean.double()
        return weight * gain[:, None, None, None], bias


class Block(nn.Module):
    """Inverted residual: expand 1×1, depthwise, project 1×1; the input is added where shapes agree."""

    def __init__(self, kernel, stride, channels_in, channels_out, expansion):
        super().__init__()
        inner = channels_in * expansion
        if expansion > 1:
            self.expand = Convolution(channels_in, inner, 1, activation="relu6")
        self.depthwise = Convolution(inner, inner, kernel, stride, groups=inner, activation="relu6")
        self.project = Convolution(inner, channels_out, 1)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x):
        y = self.expand(x) if hasattr(self, "expand") else x
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


def double_and_add(x, skip):
    """Nearest-neighbour doubling of x (N×C×H×W) plus skip (N×C×2H×2W)."""
    return functional.interpolate(x, scale_factor=2, mode="nearest") + skip


class Deep3d(nn.Module):
    """Picture N×3×H×W (RGB, normalised with MEAN and STD) to logits N×32×H/2×W/2; H and W multiples of 32."""

    def __init__(self):
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2, activation="relu6")
        self.blocks = nn.ModuleList(Block(*arguments) for arguments in BLOCKS)
        self.context1 = Convolution(320, 128, 1, activation="relu")
        self.context2 = Convolution(128, 128, 3, activation="relu")
        self.lateral4 = Convolution(112, 128, 1)
        self.fuse4 = Convolution(128, 64, 3, activation="relu")
        self.lateral3 = Convolution(40, 64, 1)
        self.fuse3 = Convolution(64, 64, 3, activation="relu")
        self.lateral2 = Convolution(24, 64, 1)
        self.fuse2 = Convolution(64, 32, 3, activation="relu")
        self.lateral1 = Convolution(16, 32, 1)
        self.fuse1 = Convolution(32, 32, 3, activation="relu")
        self.logits = Convolution(32, PLANES, 3, normalise=False)
        nn.init.normal_(self.logits.convolution.weight, std=0.01)
        nn.init.zeros_(self.logits.convolution.bias)

    def encoder(self):
        """The pretrained part: stem and blocks."""
        return [self.stem, self.blocks]

    def stages(self):
        """The pretrained part from the picture on, piece by piece."""
        return [self.stem, *self.blocks]

    def forward(self, x):
        if x.shape[2] % SIZE_MULTIPLE or x.shape[3] % SIZE_MULTIPLE:
            raise ValueError(f"input {x.shape[3]}×{x.shape[2]}: sides must be multiples of {SIZE_MULTIPLE}")
        x = self.stem(x)
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        x = self.context2(self.context1(outputs[SKIPS[5]]))
        x = self.fuse4(double_and_add(x, self.lateral4(outputs[SKIPS[4]])))
        x = self.fuse3(double_and_add(x, self.lateral3(outputs[SKIPS[3]])))
        x = self.fuse2(double_and_add(x, self.lateral2(outputs[SKIPS[2]])))
        x = self.fuse1(double_and_add(x, self.lateral1(outputs[SKIPS[1]])))
        return self.logits(x)

    def convolutions(self):
        """Pairs (exported name, Convolution) in order of use, save that laterals come where they are declared."""
        for name, module in self.named_modules():
            if isinstance(module, Convolution):
                yield re.sub(r"^blocks\.(\d+)", r"block\1", name), module


def normalise(pictures):
    """RGB in 0..1, N×3×H×W, to the network's input."""
    mean, std = (torch.tensor(v, dtype=pictures.dtype, device=pictures.device)[None, :, None, None] for v in (MEAN, STD))
    return (pictures - mean) / std


def parallax(logits):
    """Expected parallax in % of the width, N×H×W, positive behind, from logits N×32×H×W."""
    planes = torch.tensor(PLANE_PARALLAX, dtype=logits.dtype, device=logits.device)
    return (torch.softmax(logits, 1) * planes[None, :, None, None]).sum(1)


def load_encoder(network, state):
    """Copies the ImageNet weights of EfficientNet-Lite0 (state dict with names like `_blocks.3._bn1.weight`)."""
    target = dict(network.named_modules())
    pairs = {"stem": ("_conv_stem", "_bn0")}
    for index, (_, _, _, _, expansion) in enumerate(BLOCKS):
        source, layers = f"_blocks.{index}.", {"depthwise": ("_depthwise_conv", "_bn1"), "project": ("_project_conv", "_bn2")}
        if expansion > 1:
            layers["expand"] = ("_expand_conv", "_bn0")
        pairs |= {f"blocks.{index}.{layer}": (source + conv, source + norm) for layer, (conv, norm) in layers.items()}
    with torch.no_grad():
        for name, (conv, norm) in pairs.items():
            target[name].convolution.weight.copy_(state[f"{conv}.weight"])
            for part in ("weight", "bias", "running_mean", "running_var"):
                getattr(target[name].norm, part).copy_(state[f"{norm}.{part}"])


def count_macs(network, width=384, height=160):
    """Multiply-accumulates of one picture, by layer name, found by running it."""
    macs, hooks = {}, []
    for name, layer in network.convolutions():
        def count(module, _, output, name=name):
            kernel = module.convolution.weight
            macs[name] = output.shape[2] * output.shape[3] * kernel.numel()
        hooks.append(layer.register_forward_hook(count))
    training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, height, width))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return macs


if __name__ == "__main__":
    deep3d = Deep3d()
    layers = count_macs(deep3d)
    for layer, macs in layers.items():
        print(f"{layer:22}{macs / 1e6:9.2f} MMAC")
    weights = sum(w.numel() + b.numel() for w, b in (c.folded() for _, c in deep3d.convolutions()))
    print(f"total at 384×160 {sum(layers.values()) / 1e9:.3f} GMAC, {weights} weights")
