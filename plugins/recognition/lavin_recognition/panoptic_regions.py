"""Reads segments from a picture of solid colours with black borders, as a model or a JPEG file leaves it.

Nothing is known of the colours. Parts of like colour are one segment, seen on both sides of another one. The rest of
the lit pixels goes to the part beside it whose colour is nearest, the borders to the larger of their two segments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.panoptic_borders import border_width, fill
from lavin_recognition.panoptic_colors import LUMA, split_chroma
from lavin_recognition.panoptic_parts import BLACK, depth_inside, find_lit, find_parts

_DEEP = 4
"""Pixels: farther inside, a colour is free of what is beside it."""
_ALIKE = ((10.0, 80.0), (20.0, 40.0), (36.0, 36.0))
"""Luma and chroma by which parts 1, 2, and more pixels deep may differ from their segment. Halved chroma resolution
(JPEG's 4:2:0) takes most of a thin line's chroma and nothing of its luma."""
_FADED = (10.0, 50.0)
_LEAST_LEFT = (0.3, 0.6)
"""Black beside a thin part takes of its chroma, but not of its hue: luma and chroma by which it may differ from its
segment's colour once that is faded, to these shares of the chroma in parts 1 and 2 pixels deep."""
_FEW = 20
_FEW_SHARE = 6e-4
_FEW_ALIKE = (6.0, 130.0)
"""The same for thin parts of fewer pixels, or of a smaller share of the picture: rather lost to a segment of the same
luma than a new one."""


def read_segments(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Segments of ``uint8 [H, W, 3]`` as ids 1, 2, ... by falling area; 0 where it is black, wider than a border."""
    line = border_width(*rgb.shape[:2])
    color = rgb.astype(np.float64)
    luma = color @ LUMA
    lit = find_lit(luma, line)
    parts, cores = find_parts(color, lit, line)
    labels = _spread(_joined(parts, cores, color), color, lit)
    unlabelled = _opened(luma < BLACK, 2 * line + 2)
    return _by_falling_area(fill(labels, (labels == 0) & ~unlabelled, line))


def _joined(parts: NDArray[np.int32], cores: int, color: NDArray[np.float64]) -> NDArray[np.int32]:
    """Parts ``[H, W]`` of like colour get one number: the thick and large ones first, which others then join."""
    numbers, place = np.unique(parts, return_inverse=True)
    place = place.ravel()
    depths = (depth_inside(parts) + ((parts > 0) & (parts <= cores))).ravel()
    depth = np.zeros(len(numbers), dtype=np.int64)
    np.maximum.at(depth, place, depths)
    depth = np.minimum(depth, _DEEP)
    # Of each part, the pixels deepest inside.
    inner = np.flatnonzero(depths >= depth[place])
    by_part = inner[np.argsort(place[inner], kind="stable")]
    starts = np.searchsorted(place[by_part], np.arange(len(numbers) + 1))
    areas = np.bincount(place)
    pixels = color.reshape(-1, 3)
    segment = np.zeros(len(numbers), dtype=np.int32)
    lumas, chromas = np.zeros(len(numbers)), np.zeros((len(numbers), 3))
    found = 0
    for part in np.lexsort((-areas, -depth)):
        if numbers[part] == 0:
            continue
        luma, chroma = split_chroma(np.median(pixels[by_part[starts[part] : starts[part + 1]]], axis=0))
        apart = np.abs(lumas[:found] - luma), np.linalg.norm(chromas[:found] - chroma, axis=1)
        thickness = min(int(depth[part]), len(_ALIKE))
        distance = _scaled(apart, _ALIKE[thickness - 1])
        if thickness <= len(_LEAST_LEFT):
            left = _left_of(chromas[:found], chroma).clip(_LEAST_LEFT[thickness - 1], 1)
            faded = np.linalg.norm(chromas[:found] * left[:, None] - chroma, axis=1)
            distance = np.minimum(distance, _scaled((apart[0], faded), _FADED))
        if thickness == 1 and areas[part] < max(_FEW, _FEW_SHARE * parts.size):
            distance = np.minimum(distance, _scaled(apart, _FEW_ALIKE))
        if found and distance.min() < 1:
            segment[part] = int(distance.argmin()) + 1
            continue
        lumas[found], chromas[found] = luma, chroma
        found += 1
        segment[part] = found
    labels: NDArray[np.int32] = segment[place].reshape(parts.shape)
    return labels


def _left_of(whole: NDArray[np.float64], faded: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[N]``, the share of each chroma ``[N, 3]`` that comes nearest to the one of a faded colour."""
    left: NDArray[np.float64] = whole @ faded / np.maximum((whole**2).sum(axis=1), 1)
    return left


def _scaled(
    apart: tuple[NDArray[np.float64], NDArray[np.float64]], allowed: tuple[float, float]
) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.hypot(apart[0] / allowed[0], apart[1] / allowed[1])
    return distance


def _spread(labels: NDArray[np.int32], color: NDArray[np.float64], lit: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Lit pixels without a label take that of the neighbour whose colour is nearest, step by step inwards."""
    height, width = labels.shape
    spread = labels.copy()
    left = np.argwhere(lit & (labels == 0))
    while len(left):
        best = np.full(len(left), np.inf)
        taken = np.zeros(len(left), dtype=np.int32)
        own = color[left[:, 0], left[:, 1]]
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            rows = np.clip(left[:, 0] + down, 0, height - 1)
            columns = np.clip(left[:, 1] + right, 0, width - 1)
            label = spread[rows, columns]
            distance = np.linalg.norm(color[rows, columns] - own, axis=1)
            nearer = (label > 0) & (distance < best)
            best[nearer], taken[nearer] = distance[nearer], label[nearer]
        if not taken.any():
            break
        spread[left[:, 0], left[:, 1]] = taken
        left = left[taken == 0]
    return spread


def _opened(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """The part of ``mask`` that squares of ``size`` pixels cover that lie inside it, also beyond the picture's edge."""
    padded = np.pad(mask, size, mode="edge")
    eroded = ndimage.minimum_filter(padded, size=size)
    # A window of even size lies one pixel to the left; the way back has to lie as far to the right.
    opened: NDArray[np.bool_] = ndimage.maximum_filter(eroded, size=size, origin=-1 if size % 2 == 0 else 0)
    return opened[size:-size, size:-size]


def _by_falling_area(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    order = np.argsort(-areas, kind="stable")
    names = np.zeros(len(areas), dtype=np.int32)
    names[order] = np.where(areas[order] > 0, np.arange(1, len(areas) + 1), 0)
    numbered: NDArray[np.int32] = names[labels]
    return numbered
