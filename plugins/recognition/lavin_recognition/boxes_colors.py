"""Colours of outlines: vivid, and told apart by their hue alone, which JPEG, blur and dim lines leave as it is."""

from __future__ import annotations

import colorsys
import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.natives import Boxes

_SLOTS: Final = 8
"""Hues that are drawn, evenly spaced; of more boxes those far from each other share one."""
_FIRST_HUE: Final = 0.0
"""Degrees; that of the slot at the left of the picture."""
_PLACE: Final = 0.2
"""How much a hue that isn't the place's disturbs, for each slot it is off: less than any box of the same hue."""
_IMPROVEMENTS: Final = 3
"""How often every box may change its slot once all have one."""
_SATURATION: Final = 0.8
"""Not 1: pure blue is so dark that a thin line of it is lost in JPEG."""
_CHROMA: Final = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=np.float32)
"""Cb and Cr of an RGB colour (BT.601)."""


def hue_and_chroma(rgb: NDArray[np.floating] | NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Angle in degrees and length of ``[..., 3]`` colours in the plane of Cb and Cr, where JPEG keeps its colours."""
    chroma = rgb.astype(np.float32) @ _CHROMA.T
    angle = np.degrees(np.arctan2(chroma[..., 1], chroma[..., 0]))
    return angle.astype(np.float32), np.hypot(chroma[..., 0], chroma[..., 1]).astype(np.float32)


def hue_distance(first: NDArray[np.floating] | float, second: NDArray[np.floating] | float) -> NDArray[np.floating]:
    """Degrees between angles, 0 .. 180."""
    distance: NDArray[np.floating] = np.abs((np.asarray(first) - second + 180) % 360 - 180)
    return distance


def outline_colors(boxes: Boxes) -> NDArray[np.uint8]:
    """A vivid colour ``uint8 [N, 3]`` for every box, told by how far right its centre is.

    A colour that was drawn at random would have no right answer, and few steps would paint the mean of all, gray. Boxes
    that meet get hues far from each other; each gets a hue of its own as long as there are eight or fewer.
    """
    if not len(boxes):
        return np.zeros((0, 3), dtype=np.uint8)
    right = (boxes.xywh[:, 0] + boxes.xywh[:, 2] / 2).astype(np.float64) / boxes.size[1]
    order = np.lexsort((boxes.xywh[:, 0], boxes.xywh[:, 1], -boxes.xywh[:, 2].astype(np.float64) * boxes.xywh[:, 3]))
    slots = _slots(_closeness(boxes), (right * _SLOTS).clip(0, _SLOTS - 1).astype(np.intp), order)
    angles = (_FIRST_HUE + slots * (360 / _SLOTS)) % 360
    table, table_angles = _vivid()
    nearest = hue_distance(angles[:, None], table_angles).argmin(axis=1)
    chosen: NDArray[np.uint8] = table[nearest]
    return chosen


def _closeness(boxes: Boxes) -> NDArray[np.float64]:
    """For each pair of boxes how easily their lines are mixed up: 1 where they meet, towards 0 far apart."""
    low = boxes.xywh[:, :2].astype(np.float64)
    high = low + boxes.xywh[:, 2:]
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).clip(0)
    distance = np.hypot(gaps[..., 0], gaps[..., 1]) / max(boxes.size)
    closeness: NDArray[np.float64] = np.exp(-distance / 0.1)
    return closeness


def _slots(closeness: NDArray[np.float64], wanted: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """A hue for each box, in this order, that disturbs the others least; then each has another chance.

    Where several are as good, the one nearest to what is ``wanted``.
    """
    count = len(closeness)
    chosen = np.full(count, -1, dtype=np.intp)
    steps = np.abs((np.arange(_SLOTS)[:, None] - np.arange(_SLOTS) + _SLOTS // 2) % _SLOTS - _SLOTS // 2)
    # The same hue is far worse than the next one, whatever the distance.
    disturbance = np.array([100.0, 10.0, 0.5, 0.1, 0.0])[steps]
    off = _PLACE * np.abs(np.arange(_SLOTS) - wanted[:, None])
    for box in np.tile(order, 1 + _IMPROVEMENTS):
        placed = (chosen >= 0) & (np.arange(count) != box)
        cost = (closeness[box, placed, None] + 0.01) * disturbance[chosen[placed]]
        chosen[box] = int(np.argmin(cost.sum(axis=0) + off[box]))
    return chosen


@functools.cache
def _vivid() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Bright, saturated colours of all hues, and their angles."""
    table = np.array([colorsys.hsv_to_rgb(hue / 720, _SATURATION, 1.0) for hue in range(720)]) * 255
    colors = np.round(table).astype(np.uint8)
    return colors, hue_and_chroma(colors)[0]
