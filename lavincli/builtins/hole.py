"""Finds the mid-gray square that the inpainting tasks cut into a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip

MID_GRAY = 127
"""The value of all three channels inside the hole, as measured in the paper's figures."""
_SMALLEST_SHARE = 1 / 16
"""A gray square with a side below this share of the picture is taken for a part of the photo."""


def find_hole(query: Clip, *, tolerance: int = 0) -> NDArray[np.bool_] | None:
    """The largest mid-gray square in each frame of ``query`` ``uint8 [T, H, W, 3]``, as a mask ``[T, H, W]``.

    Gray pixels of the photo that touch a square are not taken for a part of it. ``tolerance`` allows for values that
    are off by some levels. None if a frame has no such square.
    """
    gray: NDArray[np.bool_] = np.all(np.abs(query.astype(np.int16) - MID_GRAY) <= tolerance, axis=3)
    masks: list[NDArray[np.bool_]] = []
    for place, frame in enumerate(gray):
        # A hole that stays where it is costs no more in a clip than in a still.
        still = place > 0 and np.array_equal(frame, gray[place - 1])
        mask = masks[-1] if still else _largest_square(frame)
        if mask is None:
            return None
        masks.append(mask)
    return np.stack(masks)


def _largest_square(gray: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    from scipy import ndimage  # a sixth of a second, which only inpainting needs

    # The largest square inside has its centre at the largest chessboard distance d from anything else, and a side of
    # 2 d - 1 or 2 d. An opening with the smaller of them keeps the whole square and nothing thinner.
    distance = ndimage.distance_transform_cdt(np.pad(gray, 1), metric="chessboard")[1:-1, 1:-1]
    side = 2 * int(distance.max()) - 1
    if side < _SMALLEST_SHARE * min(gray.shape):
        return None
    # Minimum and maximum filters open as binary_opening does, in a time that does not grow with the side.
    eroded = ndimage.minimum_filter(gray, size=side, mode="constant", cval=0)
    opened = ndimage.maximum_filter(eroded, size=side, mode="constant", cval=0)
    labels, count = ndimage.label(opened)
    largest = int(np.argmax(np.bincount(labels.ravel(), minlength=count + 1)[1:])) + 1
    mask: NDArray[np.bool_] = labels == largest
    return mask
