"""Outlines of masks, and how well two outlines agree: the boundary measure of DAVIS."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BOUND = 0.008
"""How far apart two outlines may lie, as a share of the diagonal (Perazzi et al., CVPR 2016)."""


def outlines(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Outlines of ``bool [..., H, W]``, one pixel wide: pixels that differ from the next to the right, below or both.

    DAVIS' ``seg2bmap``: in the last row only the pixel to the right counts, in the last column only the one below.
    """
    outline = np.zeros_like(masks)
    here = masks[..., :-1, :-1]
    right, below, across = masks[..., :-1, 1:], masks[..., 1:, :-1], masks[..., 1:, 1:]
    outline[..., :-1, :-1] = (here != right) | (here != below) | (here != across)
    outline[..., -1, :-1] = masks[..., -1, :-1] != masks[..., -1, 1:]
    outline[..., :-1, -1] = masks[..., :-1, -1] != masks[..., 1:, -1]
    return outline


def bound_pixels(height: int, width: int) -> int:
    """How many pixels apart two outlines may lie in a picture of this size."""
    return math.ceil(BOUND * math.hypot(height, width))


def dilate(masks: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Every pixel of ``bool [..., H, W]`` grown to a disk: all pixels within ``radius``."""
    height, width = masks.shape[-2:]
    padded = np.zeros((*masks.shape[:-2], height + 2 * radius, width + 2 * radius), dtype=np.bool_)
    padded[..., radius : radius + height, radius : radius + width] = masks
    grown = np.zeros_like(masks)
    for down in range(-radius, radius + 1):
        half = math.isqrt(radius * radius - down * down)
        rows = padded[..., radius + down : radius + down + height, :]
        for right in range(-half, half + 1):
            grown |= rows[..., radius + right : radius + right + width]
    return grown


def boundary_f(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F of the outlines of every predicted mask against every true one, frame by frame.

    F is the harmonic mean of precision (the share of the predicted outline near the true one) and recall. Two masks
    without an outline agree (1); one without and one with don't (0).

    Args:
        predicted: ``bool [P, T, H, W]``.
        true: ``bool [N, T, H, W]``.

    Returns ``[P, N, T]``.
    """
    radius = bound_pixels(*true.shape[2:])
    scores = np.zeros((len(predicted), len(true), true.shape[1]))
    for frame in range(true.shape[1]):
        lines, truth = outlines(predicted[:, frame]), outlines(true[:, frame])
        matched = _products(lines, dilate(truth, radius))
        found = _products(dilate(lines, radius), truth)
        of_lines, of_truth = lines.sum(axis=(1, 2)), truth.sum(axis=(1, 2))
        # The measure's own rule: against nothing, precision (nothing predicted) or recall (nothing to find) is 1.
        precision = np.where(of_lines[:, None] > 0, matched / np.maximum(of_lines[:, None], 1), 1.0)
        recall = np.where(of_truth > 0, found / np.maximum(of_truth, 1), 1.0)
        scores[..., frame] = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return scores


def _products(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Pixels that each of ``[P, H, W]`` shares with each of ``[N, H, W]``: ``[P, N]``."""
    one, other = (masks.reshape(len(masks), -1).astype(np.float32) for masks in (first, second))
    return (one @ other.T).astype(np.float64)
