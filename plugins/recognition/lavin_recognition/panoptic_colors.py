"""Colours for segments: vivid, bright enough beside black, well apart from each other, and told by where a segment is.

Colours drawn at random have no right answer: a model that has to answer in few steps paints their mean, gray. A colour
that follows from the place can be learned (as for instances in Wang et al., "Images Speak in Images", 2023), and says
as little of what a segment is.
"""

from __future__ import annotations

import colorsys
import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavincli.cards.framing import generator

LUMA = np.array([0.299, 0.587, 0.114])
"""BT.601, as JPEG weighs the channels."""
DARKEST_LUMA = 96.0
"""No segment is drawn darker, so that the black of borders and of what is not labelled stands out."""
_LEAST_SPREAD = 64
"""Largest minus smallest channel: no gray, which JPEG makes of thin coloured lines."""
_CANDIDATES = 1024
_APART = 110.0
"""Levels between two colours of a picture with few segments; more would only drive colours away from their places."""
_SHARE = 0.8
"""Of the distance that as many colours could have."""
_LAST_HUE = 5 / 6
"""From red at the left to magenta at the right: not round to red again."""
_PALEST = 0.4
"""Saturation at the top; 1 at the bottom."""


def segment_colors(segments: NDArray[np.int32], count: int) -> NDArray[np.uint8]:
    """``uint8 [count, 3]``: the colours of the ``count`` ids above 0 in ``segments`` ``[H, W]``, in their order.

    Each segment, the largest first, gets the colour nearest to that of its centre in a field over the picture (hues
    from left to right, paler towards the top) among those far enough from all taken before; of many segments, where
    none is, the farthest. Two of 25 are about 70 levels apart, and no two are the same.
    """
    if not count:
        return np.zeros((0, 3), dtype=np.uint8)
    pool, distances = _pool(max(_CANDIDATES, 8 * count))
    apart = min(_APART, _SHARE * distances[min(count, len(distances)) - 1])
    ids, sizes = np.unique(segments[segments > 0], return_counts=True)
    assert len(ids) == count
    wanted = _field(np.array(ndimage.center_of_mass(segments > 0, segments, ids)) / segments.shape)
    colors = np.zeros((count, 3), dtype=np.uint8)
    distance = np.full(len(pool), np.inf)
    for index in np.lexsort((ids, -sizes)):
        free = distance >= apart
        off = np.linalg.norm(pool - wanted[index], axis=1)
        chosen = int(np.argmin(np.where(free, off, np.inf)) if free.any() else np.argmax(distance))
        colors[index] = pool[chosen]
        distance = np.minimum(distance, np.linalg.norm(pool - pool[chosen], axis=1))
    return colors


def _field(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colours ``[N, 3]`` of places ``[N, 2]``, down and right as shares of the picture."""
    return 255 * np.array(
        [colorsys.hsv_to_rgb(_LAST_HUE * right, _PALEST + (1 - _PALEST) * down, 1.0) for down, right in centers]
    )


@functools.cache
def _pool(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Different vivid colours ``[N, 3]``, and how far apart 1, 2, ... of them can be.

    That is found by taking the farthest from all before (Gonzalez, "Clustering to minimize the maximum intercluster
    distance", 1985).
    """
    pool = _vivid(generator("panoptic", size), size)
    count = max(size // 8, 1)
    distance, apart = np.linalg.norm(pool - pool[0], axis=1), [np.inf]
    while len(apart) < count:
        farthest = int(np.argmax(distance))
        apart.append(float(distance[farthest]))
        distance = np.minimum(distance, np.linalg.norm(pool - pool[farthest], axis=1))
    return pool, np.array(apart)


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
