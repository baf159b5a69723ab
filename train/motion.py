"""What a moving camera sees next: where each pixel of a made scene goes, and whether it is still seen there."""
import cv2
import numpy as np

# Difference of the next frame's label from what the motion foretells beyond which something else is seen there (0..1).
SAME_LABEL = 0.03


def foretold(x, y, label, motion):
    """Where the moved camera sees what was at x, y (0..1 of the picture, downwards) with this label, and the label there.

    `motion` is that of make_scenes.py: `turn` (3×3) and `shift` (3, m) from the first camera's axes (x right, y up, z backwards) to the
    next's, `focal` length in picture widths, `aspect` = width / height, `low` and `high`: inverse depths (1/m) of the labels 0 and 1.
    """
    focal, aspect, low = motion["focal"], motion["aspect"], motion["low"]
    span = motion["high"] - low
    inverse = low + label * span
    # The place in space times its inverse depth, so that the infinitely far is a place too.
    ray = np.stack([(x - 0.5) / focal, (0.5 - y) / aspect / focal, -np.ones_like(x)], -1)
    seen = ray @ np.transpose(motion["turn"]) + inverse[..., None] * np.asarray(motion["shift"])
    ahead = np.maximum(-seen[..., 2], 1e-6)
    return 0.5 + focal * seen[..., 0] / ahead, 0.5 - focal * aspect * seen[..., 1] / ahead, (inverse / ahead - low) / span


def followed(label, next_label, motion, box):
    """(places h×w×2: x and y in pixels where each pixel is in the next frame, seen h×w: whether it is seen there).

    Both labels are h×w, 0..1, of the same box (x, y, w, h in 0..1) of their pictures.
    """
    height, width = label.shape
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    x, y, new = foretold(box[0] + x * box[2], box[1] + y * box[3], label, motion)
    places = np.stack([(x - box[0]) / box[2] * width - 0.5, (y - box[1]) / box[3] * height - 0.5], -1).astype(np.float32)
    there = cv2.remap(next_label, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=-1)
    return places, np.abs(there - new) < SAME_LABEL
