"""Reads segments from a picture of solid colours with black borders, as a model or a JPEG file leaves it.

Nothing is known of the colours. Pixels of like colour that touch are a patch; a patch that is neither a speck nor the
rim of another one is (part of) a segment; patches of like colour are one segment, seen on both sides of another one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from lavin_recognition.panoptic_borders import border_width, fill
from lavin_recognition.panoptic_colors import DARKEST_LUMA, LUMA

_BLACK = DARKEST_LUMA / 2
_VALLEY = 0.25
"""A line is a border, black or not, where it is darker than both its sides by this share."""
_STEP = 28.0
"""Colours of one segment change by less than this from a pixel to the next (Euclidean, in levels)."""
_ALIKE = 36.0
"""Patches whose colours are nearer than this are one segment."""
_SMALLEST = 1e-4
"""Share of the picture below which a patch is a speck (7 pixels at 256)."""
_RIM_CONTACT = 0.25
"""A thin patch with at least this share of its pixels beside another one is the rim of that one."""


def read_segments(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Segments of ``uint8 [H, W, 3]`` as ids 1, 2, ... by falling area; 0 where it is black, wider than a border."""
    height, width = rgb.shape[:2]
    line = border_width(height, width)
    color = rgb.astype(np.float64)
    luma = color @ LUMA
    dark = (luma < _BLACK) | _valleys(luma, line)
    patches = _patches(color, ~dark)
    kept = _worthy(patches, line, max(4.0, _SMALLEST * height * width))
    labels = _merge(patches, kept, color)
    unlabelled = _opened(dark & (luma < _BLACK), 2 * line + 2)
    labels = fill(labels, (labels == 0) & ~unlabelled, line)
    return _by_falling_area(labels)


def _valleys(luma: NDArray[np.float64], line: int) -> NDArray[np.bool_]:
    """Lines up to about ``2 * line + 2`` pixels wide that are darker than what is on both sides."""
    near, far = (ndimage.grey_closing(luma, size=(size, size)) for size in (line + 2, 2 * line + 3))
    # The smaller window spares a thin segment between two brighter ones: its own borders are darker still.
    found: NDArray[np.bool_] = (far - luma > _VALLEY * far) & (near - luma > _VALLEY / 4 * near)
    return found


def _patches(color: NDArray[np.float64], lit: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Connected pixels, each like the one beside it; ``int32 [H, W]`` from 1, 0 where it is not ``lit``."""
    number = np.arange(lit.size).reshape(lit.shape)
    ends: list[NDArray[np.int64]] = []
    for first, second in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        alike = np.linalg.norm(color[first] - color[second], axis=2) < _STEP
        joined = alike & lit[first] & lit[second]
        ends.append(np.stack([number[first][joined], number[second][joined]]))
    rows, columns = np.concatenate(ends, axis=1)
    graph = sparse.coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(lit.size, lit.size))
    labels = connected_components(graph, directed=False)[1].reshape(lit.shape) + 1
    labels[~lit] = 0
    patches: NDArray[np.int32] = np.unique(labels, return_inverse=True)[1].reshape(lit.shape).astype(np.int32)
    return patches if (~lit).any() else patches + 1


def _worthy(patches: NDArray[np.int32], line: int, smallest: float) -> NDArray[np.bool_]:
    """By number of a patch, whether it is (part of) a segment."""
    count = int(patches.max()) + 1
    areas = np.bincount(patches.ravel(), minlength=count)
    beside = np.zeros(patches.shape, dtype=bool)
    for axis in (0, 1):
        for step in (-1, 1):
            other = _shifted(patches, step, axis)
            beside |= (other != patches) & (other > 0) & (areas[other] > areas[patches])
    contact = np.bincount(patches.ravel(), weights=beside.ravel(), minlength=count) / np.maximum(areas, 1)
    thickness = np.zeros(count)
    np.maximum.at(thickness, patches.ravel(), _depth(patches).ravel())
    rim = (thickness <= line + 1) & (contact >= _RIM_CONTACT)
    worthy: NDArray[np.bool_] = (areas >= smallest) & ~rim
    worthy[0] = False
    return worthy


def _depth(patches: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many pixels it is from each pixel to another patch or the dark (chessboard distance)."""
    same = ndimage.minimum_filter(patches, 3, mode="nearest") == ndimage.maximum_filter(patches, 3, mode="nearest")
    inner: NDArray[np.int32] = ndimage.distance_transform_cdt(np.pad(same, 1, mode="edge"), metric="chessboard")
    return inner[1:-1, 1:-1] + 1


def _merge(
    patches: NDArray[np.int32], kept: NDArray[np.bool_], color: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Segments from the patches that are kept: those of like colour get one number. 0 elsewhere."""
    depth = _depth(patches)
    segment = np.zeros(len(kept), dtype=np.int32)
    means: list[NDArray[np.float64]] = []
    areas = np.bincount(patches.ravel(), minlength=len(kept))
    order = np.argsort(patches.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(areas)])
    flat, flat_depth = color.reshape(-1, 3), depth.ravel()
    for index in sorted(np.flatnonzero(kept), key=lambda patch: -areas[patch]):
        pixels = order[starts[index] : starts[index + 1]]
        # Chroma bleeds across borders: the innermost pixels have the truest colour.
        inner = pixels[flat_depth[pixels] >= min(4, flat_depth[pixels].max())]
        mean = np.median(flat[inner], axis=0)
        distances = [float(np.linalg.norm(mean - other)) for other in means]
        nearest = int(np.argmin(distances)) if distances else -1
        if nearest < 0 or distances[nearest] >= _ALIKE:
            means.append(mean)
            nearest = len(means) - 1
        segment[index] = nearest + 1
    return segment[patches]


def _opened(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """What of ``mask`` squares of ``size`` pixels cover that lie inside it; beyond the picture counts as inside."""
    padded = np.pad(mask, size, mode="edge")
    eroded = ndimage.minimum_filter(padded, size=size)
    origin = -1 if size % 2 == 0 else 0
    opened: NDArray[np.bool_] = ndimage.maximum_filter(eroded, size=size, origin=origin)
    return opened[size:-size, size:-size]


def _shifted(values: NDArray[np.int32], step: int, axis: int) -> NDArray[np.int32]:
    """The neighbour's value; at the picture's edge the pixel's own."""
    size = values.shape[axis]
    return np.take(values, np.clip(np.arange(size) + step, 0, size - 1), axis=axis)


def _by_falling_area(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    order = np.argsort(-areas, kind="stable")
    names = np.zeros(len(areas), dtype=np.int32)
    present = order[areas[order] > 0]
    names[present] = np.arange(1, len(present) + 1)
    return names[labels]
