"""Colours for segments: random, vivid, bright enough beside black, and well apart from each other."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from lavincli.cards.framing import generator

LUMA = np.array([0.299, 0.587, 0.114])
"""BT.601, as JPEG weighs the channels."""
DARKEST_LUMA = 96.0
"""No segment is drawn darker, so that the black of borders and of what is not labelled stands out."""
_LEAST_SPREAD = 64
"""Largest minus smallest channel: no gray, which JPEG makes of thin coloured lines."""
_CANDIDATES = 1024


def segment_colors(segments: NDArray[np.int32], count: int) -> NDArray[np.uint8]:
    """``uint8 [count, 3]``: colours that depend on the content of ``segments`` ``[H, W]`` alone.

    Each is the one of a random pool that is farthest from all taken before (Gonzalez, "Clustering to minimize the
    maximum intercluster distance", 1985), so two of 25 are about 90 levels apart, and no two are the same.
    """
    content = np.ascontiguousarray(segments)
    random = generator("panoptic", *content.shape, hashlib.sha256(content.tobytes()).hexdigest())
    pool = _vivid(random, max(_CANDIDATES, 8 * count))
    chosen = np.zeros(count, dtype=np.intp)
    distance = np.full(len(pool), np.inf)
    for index in range(count):
        chosen[index] = int(random.integers(len(pool))) if index == 0 else int(np.argmax(distance))
        distance = np.minimum(distance, np.linalg.norm(pool - pool[chosen[index]], axis=1))
    # In the order of the choice early colours are the extreme ones; which segment gets which is left to chance.
    colors: NDArray[np.uint8] = pool[random.permutation(chosen)].astype(np.uint8)
    return colors


def _vivid(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """At least ``count`` different colours as float."""
    drawn = np.unique(random.integers(0, 256, size=(8 * count, 3)), axis=0)
    kept = drawn[(drawn @ LUMA >= DARKEST_LUMA) & (np.ptp(drawn, axis=1) >= _LEAST_SPREAD)]
    assert len(kept) >= count
    vivid: NDArray[np.float64] = kept.astype(np.float64)
    return vivid


def split_chroma(color: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Luma ``[...]`` of RGB ``[..., 3]``, and what is left without it ``[..., 3]``, all in levels."""
    luma: NDArray[np.float64] = color @ LUMA
    chroma: NDArray[np.float64] = color - luma[..., None]
    return luma, chroma
