"""What the network is punished for. Parallax maps are N×H×W in % of the width, positive behind."""
import torch
from torch.nn import functional

from model import PLANE_PARALLAX

WEIGHTS = {"shape": 1.0, "gradient": 0.5, "planes": 0.5, "steady": 0.5}
# Share of pixels, those that fit worst, that the shape term leaves out where a label is not exact: it is often wrong there.
TRIMMED = 0.3
# What the slopes of a label that is not exact count: its edges are soft and seldom where the picture has them.
SOFT_EDGES = 0.5
# Spread of the target over planes, in % of the width.
PLANE_SPREAD = 0.1


def difference_of_shape(predicted, target):
    """Difference of the maps (N×H×W), each less its median, in units of the target's mean absolute deviation.

    Free to shift, not to scale: were the scale free too, its gradient would shrink as the prediction grows, the softmax
    would stay nearly flat and the planes would never be learnt.
    """
    def centred(values):
        return values - values.flatten(1).median(1).values[:, None, None]
    target = centred(target)
    spread = target.abs().mean((1, 2), keepdim=True).clamp_min(0.1)
    return (centred(predicted) - target) / spread


def shape_loss(difference, exact):
    """Mean absolute difference, without its worst TRIMMED share where the label is not exact (`exact`: N)."""
    flat = difference.abs().flatten(1).sort(dim=1).values
    kept = round(flat.shape[1] * (1 - TRIMMED))
    return torch.where(exact, flat.mean(1), flat[:, :kept].mean(1)).mean()


def gradient_loss(difference, exact, scales=4):
    """Mean absolute slope of the difference at several scales: edges where the label has them, none elsewhere."""
    total, weight = 0.0, torch.where(exact, 1.0, SOFT_EDGES)
    for _ in range(scales):
        slopes = difference.diff(dim=1).abs().mean((1, 2)) + difference.diff(dim=2).abs().mean((1, 2))
        total = total + (weight * slopes).mean()
        difference = functional.avg_pool2d(difference[:, None], 2)[:, 0]
    return total / scales


def steady_loss(predicted, shifts):
    """Mean absolute change of the prediction from each of the first pictures to its twin (see Batch), where both overlap."""
    changes = []
    for one, other, (x, y) in zip(predicted, predicted[len(predicted) - len(shifts):], shifts):
        height, width = one.shape
        both = one[max(y, 0):height + min(y, 0), max(x, 0):width + min(x, 0)]
        same = other[max(-y, 0):height + min(-y, 0), max(-x, 0):width + min(-x, 0)]
        spread = (both - both.median()).abs().mean().detach().clamp_min(0.1)
        changes.append((both - same).abs().mean() / spread)
    return torch.stack(changes).mean() if changes else predicted.new_zeros(())


def plane_loss(logits, target):
    """Cross-entropy of the softmax over planes (N×P×H×W) with a bell around the target's parallax."""
    planes = torch.tensor(PLANE_PARALLAX, dtype=target.dtype, device=target.device)[None, :, None, None]
    bell = torch.softmax(-((planes - target[:, None]) / PLANE_SPREAD) ** 2 / 2, 1)
    return -(bell * torch.log_softmax(logits, 1)).sum(1).mean()


def losses(logits, predicted, batch):
    """The terms by name, unweighted; `predicted` is the expectation of `logits`, `batch` a Batch."""
    difference = difference_of_shape(predicted, batch.targets)
    return {"shape": shape_loss(difference, batch.exact), "gradient": gradient_loss(difference, batch.exact),
            "planes": plane_loss(logits, batch.targets), "steady": steady_loss(predicted, batch.shifts)}


def total(terms):
    """The weighted sum that is minimised."""
    return sum(WEIGHTS[name] * term for name, term in terms.items())
