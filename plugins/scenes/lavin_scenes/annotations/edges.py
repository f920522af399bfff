"""Edges: where one thing ends before another, and where a thing's surface is folded."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_scenes.annotations.geometry import inverse_depth
from lavin_scenes.annotations.regions import segments
from lavin_scenes.render import Shot
from lavin_scenes.vectors import Floats

_FOLD = np.cos(np.radians(28))
"""Two faces or parts of one thing that meet at less than this angle look like one surface."""
_STEP = 0.06
"""Two parts of one thing whose depths differ by this share stand before each other."""
_CRUMB = 0.03
"""Fewer connected pixels of an edge than this share of the picture's side are left out."""
_NEIGHBOURS: Final = ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:]))


def edges(shot: Shot) -> Floats:
    """``float32 [H, W]``, 1 on edges: one pixel wide, on the nearer side of the border."""
    size = shot.view.size
    segment, near = segments(shot), inverse_depth(shot)
    part = shot.hits.part.reshape(size, size)
    surface = part.astype(np.int64) * 16 + shot.hits.face.reshape(size, size)
    normal = np.ascontiguousarray(shot.normal.T).reshape(size, size, 3)
    numbers = np.arange(size * size).reshape(size, size)
    firsts, seconds = [], []
    for here, there in _NEIGHBOURS:
        folded = (normal[here] * normal[there]).sum(axis=-1) < _FOLD
        step = np.abs(near[here] - near[there]) > _STEP * np.maximum(near[here], near[there])
        inner = (surface[here] != surface[there]) & (folded | (step & (part[here] != part[there])))
        border = (segment[here] != segment[there]) | inner
        firsts.append(numbers[here][border])
        seconds.append(numbers[there][border])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    marked = np.zeros(size * size, dtype=np.float32)
    marked[_nearer(first, second, surface.ravel(), near.ravel())] = 1
    return _without_crumbs(marked.reshape(size, size), round(_CRUMB * size))


def _nearer(
    first: NDArray[np.intp], second: NDArray[np.intp], surface: NDArray[np.int64], near: Floats
) -> NDArray[np.intp]:
    """Of each pair of neighbouring pixels the one whose surface is the nearer one along most of their border."""
    swapped = surface[first] > surface[second]
    low, high = np.where(swapped, second, first), np.where(swapped, first, second)
    span = int(surface.max(initial=0)) + 32
    _, border = np.unique((surface[low] + 16) * span + surface[high] + 16, return_inverse=True)
    difference = (near[low] - near[high]) / np.maximum(np.maximum(near[low], near[high]), np.float32(1e-9))
    lead = np.bincount(border, weights=difference)
    return np.where(lead[border] >= 0, low, high)


def _without_crumbs(marked: Floats, smallest: int) -> Floats:
    """Leaves out what hangs together with fewer pixels: folds of things too small to be seen whole."""
    labels, count = ndimage.label(marked, structure=np.ones((3, 3)))
    large = np.bincount(labels.ravel(), minlength=count + 1) >= smallest
    kept: Floats = marked * large[labels]
    return kept
