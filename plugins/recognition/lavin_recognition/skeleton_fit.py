"""Moves joints until a drawing of them is most like the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_evidence import SIDE, Floats
from lavin_recognition.skeleton_painting import line_cover, part_ends
from lavin_recognition.skeleton_parts import DISCS, LIMBS, SPINE, Part

_LAYERS: Final = ((*SPINE, *LIMBS), DISCS)
_ROWS: Final = 16
"""Rows and columns compared, at most about twice so many on each side of the middle."""
_STAY: Final = 0.02
"""How much of the error must go, as a share, for a joint to move."""


class Fit:
    """A picture, and the people in it so far.

    Attributes:
        picture: ``float32 [256, 256, 3]``.
        joints: ``float32 [N, 17, 2]``, moved in place.
        given: ``bool [N, 17]``, which of them there are.
    """

    def __init__(self, picture: Floats, joints: Floats, given: NDArray[np.bool_]) -> None:
        self.picture = picture
        self.joints = joints
        self.given = given

    def settle(self, person: int, joints: Iterable[int], steps: Sequence[float], reach: float) -> None:
        """Move each of a person's joints to the best of nine places, a step away or less, for each of ``steps``.

        What is compared are the pixels at most ``reach`` away.
        """
        numbers = [number for number in joints if self.given[person, number]]
        for step in steps:
            grid = np.array([(x, y) for y in (0, -step, step) for x in (0, -step, step)], dtype=np.float32)
            for number in numbers:
                choices = np.repeat(self.joints[person][None], len(grid), axis=0)
                choices[:, number] += grid
                errors = self.errors(person, choices, self.joints[person, number], reach)
                best = int(np.argmin(errors))
                if errors[best] < (1 - _STAY) * errors[0]:
                    self.joints[person, number] = choices[best, number]

    def errors(self, person: int, choices: Floats, centre: Floats, reach: float) -> Floats:
        """``[B]``: squared differences to the picture around ``centre`` if the person had the joints ``[B, 17, 2]``.

        Of a large part of the picture only some of the rows and columns are compared.
        """
        left, top = (int(place) for place in np.floor(centre - reach).clip(0, SIDE - 1))
        right, bottom = (int(place) for place in np.ceil(centre + reach).clip(1, SIDE))
        every = max(1, round(reach / _ROWS))
        x, y = (np.arange(start, stop, every, dtype=np.float32) + 0.5 for start, stop in ((left, right), (top, bottom)))
        canvas = np.zeros((1, len(y), len(x), 3), dtype=np.float32)
        for parts in _LAYERS:
            for other in range(len(self.joints)):
                joints = choices if other == person else self.joints[other][None]
                for part in parts:
                    if all(self.given[other, number] for number in part.joints):
                        canvas = _painted(canvas, part, joints, x, y)
        wanted = self.picture[top:bottom:every, left:right:every]
        errors: Floats = ((canvas - wanted) ** 2).sum(axis=(1, 2, 3))
        return np.broadcast_to(errors, (len(choices),))


def _painted(canvas: Floats, part: Part, joints: Floats, x: Floats, y: Floats) -> Floats:
    first, second = part_ends(part, joints)
    if len(first) > 1 and (first == first[:1]).all() and (second == second[:1]).all():
        first, second = first[:1], second[:1]
    margin = part.diameter / 2 + 1
    low, high = np.minimum(first, second).min(axis=0) - margin, np.maximum(first, second).max(axis=0) + margin
    if high[0] < x[0] or low[0] > x[-1] or high[1] < y[0] or low[1] > y[-1]:
        return canvas
    cover = line_cover(x, y, first, second, part.diameter)[..., None]
    painted: Floats = canvas + cover * (np.array(part.color, dtype=np.float32) - canvas)
    return painted
