"""Reads boxes off a picture of outlines, which may be noisy, blurred or compressed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_colors import hue_and_chroma
from lavin_recognition.boxes_drawing import line_widths
from lavin_recognition.boxes_found import line_support
from lavin_recognition.boxes_hues import lit_pixels, split_by_hue
from lavin_recognition.boxes_outlines import Sides
from lavin_recognition.boxes_refinement import refine
from lavin_recognition.boxes_search import Search
from lavincli.natives import Boxes

_SEARCH_SIZE: Final = 256
"""Lines are looked for in a picture made about this small; their exact places are then read off the picture itself."""

_MOST_LIT: Final = 0.6
"""Of a picture with more of its pixels lit nothing is read: it is a photo, say. Fifty outlines light a fifth."""


def read_outlines(picture: NDArray[np.uint8], least_score: float) -> Boxes:
    """The boxes in ``uint8 [H, W, 3]`` with at least this line support, surest first."""
    size = (picture.shape[0], picture.shape[1])
    factor = max(1, round(max(size) / _SEARCH_SIZE))
    small = _shrink(picture, factor)
    widths = line_widths((small.shape[0], small.shape[1]))
    lit = lit_pixels(small)
    if lit.mean() > _MOST_LIT:
        return Boxes.of(np.zeros((0, 4), dtype=np.float32), size)
    layers = split_by_hue(small, lit, widths)
    found = Search(small, layers, lit, widths).found
    scores = line_support(found, hue_and_chroma(small)[0], lit, widths)
    corners = []
    for one in found:
        if factor == 1:
            corners.append(one.edges)
            continue
        own = one.layer.own.repeat(factor, axis=0).repeat(factor, axis=1)[: size[0], : size[1]]
        corners.append(refine(picture, own, _enlarged(one.sides, factor), line_widths(size)))
    edges = np.array(corners, dtype=np.float32).reshape(-1, 4)
    xywh = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1)
    sure = np.flatnonzero((scores >= least_score) & (xywh[:, 2:] > 0).all(axis=1))
    order = sure[np.argsort(-scores[sure], kind="stable")]
    return Boxes.of(xywh[order], size, scores=scores[order])


def _shrink(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages of ``factor`` x ``factor`` pixels; the last rows and columns are repeated where some are missing."""
    if factor == 1:
        return picture
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % factor), (0, -width % factor), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor, 3)
    shrunk: NDArray[np.uint8] = (blocks.mean(axis=(1, 3)) + 0.5).astype(np.uint8)
    return shrunk


def _enlarged(sides: Sides, factor: int) -> Sides:
    """The middles of the pixels ``sides``, in a picture ``factor`` times as large."""
    left, right, top, bottom = (side * factor + factor // 2 for side in sides)
    return left, right, top, bottom
