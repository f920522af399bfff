"""Edges: where one thing ends before another, and where a thing's surface is folded."""

from __future__ import annotations

import numpy as np
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


def edges(shot: Shot) -> Floats:
    """``float32 [H, W]``, 1 on edges: one pixel wide, on the nearer side of the border."""
    size = shot.view.size
    marked = np.zeros((size, size), dtype=np.float32)
    segment, near = segments(shot), inverse_depth(shot)
    part, face = shot.hits.part.reshape(size, size), shot.hits.face.reshape(size, size)
    normal = np.ascontiguousarray(shot.surface.normal.T).reshape(size, size, 3)
    for here, there in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        outline = segment[here] != segment[there]
        other = (part[here] != part[there]) | (face[here] != face[there])
        folded = (normal[here] * normal[there]).sum(axis=-1) < _FOLD
        step = np.abs(near[here] - near[there]) > _STEP * np.maximum(near[here], near[there])
        border = outline | (other & (folded | (step & (part[here] != part[there]))))
        # Where the depth says nothing (a crease), always the first of the two, so that the line doesn't jump.
        second = border & (near[there] > near[here] * (1 + _STEP))
        marked[here][border & ~second] = 1
        marked[there][second] = 1
    return _without_crumbs(marked, round(_CRUMB * size))


def _without_crumbs(marked: Floats, smallest: int) -> Floats:
    """Leaves out what hangs together with fewer pixels: folds of things too small to be seen whole."""
    labels, count = ndimage.label(marked, structure=np.ones((3, 3)))
    large = np.bincount(labels.ravel(), minlength=count + 1) >= smallest
    kept: Floats = marked * large[labels]
    return kept
