"""What the network is punished for. Parallax maps are N×H×W in % of the width, positive behind."""
import torch
from torch.nn import functional

from model import PLANE_PARALLAX

WEIGHTS = {"shape": 1.0, "gradient": 0.5, "planes": 0.5}
# Share of pixels, those that fit worst, that the shape term leaves out: labels are often plainly wrong there.
TRIMMED = 0.2
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


def shape_loss(difference):
    """Mean absolute difference without its worst TRIMMED share."""
    flat = difference.abs().flatten(1)
    kept = round(flat.shape[1] * (1 - TRIMMED))
    return flat.topk(kept, dim=1, largest=False, sorted=False).values.mean()


def gradient_loss(difference, scales=4):
    """Mean absolute slope of the difference at several scales: edges where the label has them, none elsewhere."""
    total = 0.0
    for _ in range(scales):
        total = total + difference.diff(dim=1).abs().mean() + difference.diff(dim=2).abs().mean()
        difference = functional.avg_pool2d(difference[:, None], 2)[:, 0]
    return total / scales


def plane_loss(logits, target):
    """Cross-entropy of the softmax over planes (N×P×H×W) with a bell around the target's parallax."""
    planes = torch.tensor(PLANE_PARALLAX, dtype=target.dtype)[None, :, None, None]
    bell = torch.softmax(-((planes - target[:, None]) / PLANE_SPREAD) ** 2 / 2, 1)
    return -(bell * torch.log_softmax(logits, 1)).sum(1).mean()


def losses(logits, predicted, target):
    """The terms by name, unweighted; `predicted` is the expectation of `logits`."""
    difference = difference_of_shape(predicted, target)
    return {"shape": shape_loss(difference), "gradient": gradient_loss(difference), "planes": plane_loss(logits, target)}


def total(terms):
    """The weighted sum that is minimised."""
    return sum(WEIGHTS[name] * term for name, term in terms.items())
