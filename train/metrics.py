"""Measures of a predicted disparity against a measured one, both 1-D over the pixels that count, larger is nearer."""
import cv2
import numpy as np


def ranks(values):
    """Place of each value in the sorted order."""
    places = np.empty(len(values))
    places[np.argsort(values, kind="stable")] = np.arange(len(values))
    return places


def rank_correlation(predicted, measured):
    """Spearman's, -1..1, higher is better."""
    return float(np.corrcoef(ranks(predicted), ranks(measured))[0, 1])


def order_error(predicted, measured, pairs=50_000, least=0.08, seed=0):
    """Share of random pixel pairs in the wrong order, ties counting half, 0..1, lower is better.

    Only pairs count whose measured difference exceeds `least` of the 2nd-to-98th percentile range.
    """
    one, other = np.random.default_rng(seed).integers(0, len(measured), (2, pairs))
    difference = measured[one] - measured[other]
    counts = np.abs(difference) > least * (np.percentile(measured, 98) - np.percentile(measured, 2))
    sign = np.sign(predicted[one] - predicted[other])[counts]
    wrong = np.where(sign == 0, 0.5, sign != np.sign(difference[counts]))
    return float(wrong.mean())


def relative_error(predicted, measured):
    """AbsRel: mean |a·predicted + b − measured| / measured after the least-squares a and b, lower is better."""
    columns = np.stack([predicted, np.ones_like(predicted)], 1)
    scale, shift = np.linalg.lstsq(columns, measured, rcond=None)[0]
    return float(np.mean(np.abs(scale * predicted + shift - measured) / np.maximum(measured, 1e-6)))


MEASURES = {"rank correlation": rank_correlation, "order error": order_error, "AbsRel": relative_error}


def stereo_match(left, right):
    """Disparity in pixels (H×W, nearer is larger) and the mask where matching both ways agrees; H×W×3 BGR, 8 bit."""
    matcher = cv2.StereoSGBM_create(-64, 128, 5, 8 * 75, 32 * 75, 1, 31, 10, 100, 2)
    forth = matcher.compute(left, right).astype(np.float32) / 16
    back = -matcher.compute(cv2.flip(right, 1), cv2.flip(left, 1))[:, ::-1].astype(np.float32) / 16
    columns = np.clip(np.arange(forth.shape[1])[None] - np.round(forth).astype(int), 0, forth.shape[1] - 1)
    return forth, (forth > -64) & (np.abs(forth + np.take_along_axis(back, columns, 1)) < 1.5)
