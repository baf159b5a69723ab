"""What the network is punished for. Parallax maps are N×H×W in % of the width, positive behind."""
import torch
from torch.nn import functional

from model import PLANE_PARALLAX
from selection import carried_right_view

WEIGHTS = {"shape": 1.0, "gradient": 0.5, "planes": 0.5, "steady": 0.5, "view": 10.0}
# Share of pixels, those that fit worst, that the shape term leaves out where a label is not exact: it is often wrong there.
TRIMMED = 0.3
# What the slopes of a label that is not exact count: its edges are soft and seldom where the picture has them.
SOFT_EDGES = 0.5
# Spread of the target over planes, in % of the width.
PLANE_SPREAD = 0.1
# Share of a twin below which what is seen again counts less.
LEAST_SEEN = 0.25
# Share of a pixel of the made right view that must come from the left one; what the left eye cannot see has no source.
LEAST_COVERED = 0.5


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


def shape_loss(difference, exact, believed):
    """Mean absolute difference times `believed`, without its worst TRIMMED share where the label is not exact (`exact`: N)."""
    flat, order = difference.abs().flatten(1).sort(dim=1)
    flat = flat * believed.flatten(1).gather(1, order)
    kept = round(flat.shape[1] * (1 - TRIMMED))
    return torch.where(exact, flat.mean(1), flat[:, :kept].mean(1)).mean()


def gradient_loss(difference, exact, believed, scales=4):
    """Mean absolute slope of the difference at several scales: edges where the label has them, none elsewhere.

    A slope counts as little as the less believed of its two pixels.
    """
    total, weight = 0.0, torch.where(exact, 1.0, SOFT_EDGES)
    for _ in range(scales):
        slopes = 0.0
        for axis in (1, 2):
            size = difference.shape[axis] - 1
            both = torch.minimum(believed.narrow(axis, 0, size), believed.narrow(axis, 1, size))
            slopes = slopes + (difference.diff(dim=axis).abs() * both).mean((1, 2))
        total = total + (weight * slopes).mean()
        difference, believed = (functional.avg_pool2d(values[:, None], 2)[:, 0] for values in (difference, believed))
    return total / scales


def steady_loss(predicted, targets, places, seen):
    """Mean absolute change of the prediction from each of the first pictures to its twin (see Batch), less the label's own change."""
    if not len(places):
        return predicted.new_zeros(())
    count, (height, width) = len(places), predicted.shape[1:]
    size = torch.tensor([width, height], dtype=places.dtype, device=places.device)

    def again(values):
        found = functional.grid_sample(values[-count:, None], (2 * places + 1) / size - 1, align_corners=False, padding_mode="border")
        return found[:, 0]

    change = (again(predicted) - predicted[:count]) - (again(targets) - targets[:count])
    middle = predicted[:count].flatten(1).median(1).values[:, None, None]
    spread = (predicted[:count] - middle).abs().mean((1, 2)).detach().clamp_min(0.1)
    # Of a twin of which little is seen again, little is learnt.
    changes = (change.abs() * seen).sum((1, 2)) / seen.sum((1, 2)).clamp_min(height * width * LEAST_SEEN)
    return (changes / spread).mean()


def view_loss(logits, views):
    """Mean absolute difference (of 1) of the right views made through the selection layer from the true ones: Deep3D's own loss."""
    if not len(views.index):
        return logits.new_zeros(())
    made, covered = carried_right_view(views.left, logits[views.index], views.scale)
    counts = (covered > LEAST_COVERED).detach()
    return ((made - views.right).abs() * counts).sum() / (3 * counts.sum()).clamp_min(1)


def plane_loss(logits, target, believed):
    """Cross-entropy of the softmax over planes (N×P×H×W) with a bell around the target's parallax, times `believed`."""
    planes = torch.tensor(PLANE_PARALLAX, dtype=target.dtype, device=target.device)[None, :, None, None]
    bell = torch.softmax(-((planes - target[:, None]) / PLANE_SPREAD) ** 2 / 2, 1)
    return -((bell * torch.log_softmax(logits, 1)).sum(1) * believed).mean()


def losses(logits, predicted, batch):
    """The terms by name, unweighted; `predicted` is the expectation of `logits`, `batch` a Batch."""
    difference = difference_of_shape(predicted, batch.targets)
    return {"shape": shape_loss(difference, batch.exact, batch.believed),
            "gradient": gradient_loss(difference, batch.exact, batch.believed),
            "planes": plane_loss(logits, batch.targets, batch.believed),
            "steady": steady_loss(predicted, batch.targets, batch.places, batch.seen),
            "view": view_loss(logits, batch.views)}


def total(terms, steady=WEIGHTS["steady"]):
    """The weighted sum that is minimised; `steady`: the weight of that term."""
    weights = WEIGHTS | {"steady": steady}
    return sum(weights[name] * term for name, term in terms.items())
