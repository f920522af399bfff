"""Compares drawings of people with a picture, and moves joints until they are most alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_chroma import halved
from lavin_recognition.skeleton_evidence import Evidence, Floats
from lavin_recognition.skeleton_painting import line_cover
from lavin_recognition.skeleton_parts import DISC, LIMBS, LINE, RED, SPINE
from lavincli.natives import COCO_JOINTS

_LINES: Final = (*SPINE, *LIMBS)
_COLORS: Final[Floats] = np.array([part.color for part in _LINES], dtype=np.float32)
_RED: Final[Floats] = np.array(RED, dtype=np.float32)
_USES: Final = np.zeros((len(_LINES), len(COCO_JOINTS)), dtype=np.bool_)
"""``[16, 17]``: which joints each line is drawn between."""
for _row, _part in zip(_USES, _LINES, strict=True):
    _row[list(_part.joints)] = True
_ENDS: Final = tuple(
    tuple(np.array([getattr(part, side)[which] for part in _LINES]) for which in (0, 1)) for side in ("first", "second")
)
"""Of both ends of each line, the numbers of the two joints between which they are."""
_BEYOND: Final = 2
"""Pixels around those compared that are drawn too: colours of half the resolution come from there."""
_GOOD: Final = 30.0
"""Squared levels by which a channel of a pixel is off, between lines and background, if all is found."""
_STAY: Final = 0.01
"""How much of the error must go, as a share, for a joint to move."""


class Fit:
    """A picture, and the people in it so far.

    Attributes:
        joints: ``float32 [N, 17, 2]``, moved in place.
        given: ``bool [N, 17]``, which of them there are.
        order: numbers of people, in the order they are drawn.
        work: pixels that were compared so far.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._wanted: Floats = np.ascontiguousarray(np.moveaxis(evidence.picture, 2, 0))
        self.joints: Floats = np.zeros((0, len(COCO_JOINTS), 2), dtype=np.float32)
        self.given: NDArray[np.bool_] = np.zeros((0, len(COCO_JOINTS)), dtype=np.bool_)
        self.order: list[int] = []
        self.work = 0

    def add(self, joints: Floats, given: NDArray[np.bool_]) -> int:
        """Add a person of joints ``[17, 2]``, ``[17]``; returns their number."""
        self.joints = np.concatenate([self.joints, joints[None]])
        self.given = np.concatenate([self.given, given[None]])
        self.sort()
        return len(self.joints) - 1

    def drop(self, person: int) -> None:
        """Take a person out; later ones' numbers become one less."""
        self.joints = np.delete(self.joints, person, axis=0)
        self.given = np.delete(self.given, person, axis=0)
        self.sort()

    def sort(self) -> None:
        """Draw larger people first from now on, as far as joints tell how large they are."""
        extents = [
            np.ptp(own[there], axis=0).prod() if there.any() else 0.0
            for own, there in zip(self.joints, self.given, strict=True)
        ]
        self.order = np.argsort(-np.array(extents), kind="stable").tolist()

    def fold(self, person: int, start: int) -> None:
        """Draw the arm or leg that begins at a joint whole: what isn't there lies where the joint before it is."""
        for joint in (start + 2, start + 4):
            if not self.given[person, joint]:
                self.joints[person, joint] = self.joints[person, joint - 2]
                self.given[person, joint] = True

    def unfold(self, person: int, start: int) -> None:
        """Undo `fold`: what lies just where the joint before it is isn't there."""
        own = self.joints[person, [start, start + 2, start + 4]]
        there = (own[1:] != own[:-1]).any(axis=1)
        self.given[person, start + 2] = there[0]
        self.given[person, start + 4] = there.all()

    def settle(self, person: int, joints: Iterable[int], steps: Sequence[float], reach: float) -> None:
        """Move each of a person's joints to the best of nine places, a step away or less, for each of ``steps``.

        What is compared are the pixels at most ``reach`` away. All in pixels of 256.
        """
        numbers = [number for number in joints if self.given[person, number]]
        unit = self.evidence.unit
        for step in steps:
            grid = np.array([(x, y) for y in (0, -step, step) for x in (0, -step, step)], dtype=np.float32) * unit
            for number in numbers:
                choices = np.repeat(self.joints[person][None], len(grid), axis=0)
                choices[:, number] += grid
                here = self.joints[person, number]
                errors = self.errors(person, choices, here - reach * unit, here + reach * unit)
                best = int(np.argmin(errors))
                if errors[best] < (1 - _STAY) * errors[0]:
                    self.joints[person, number] = choices[best, number]

    def is_good(self, error: float, low: Floats, high: Floats) -> bool:
        """Whether an error between two corners is what noise and compression make."""
        return error <= _GOOD * 3 * float(np.prod(high - low))

    def share(self, person: int) -> float:
        """How much of what somebody adds to the drawing is in the picture, 0 to 1."""
        if not self.given[person].any():
            return 0.0
        places = self.joints[person, self.given[person]]
        low, high = (places.min(axis=0) - 2).clip(0), places.max(axis=0) + 2
        left, top = (int(place) // 2 * 2 for place in low.clip(0, self.evidence.side - 2))
        right, bottom = (min(self.evidence.side, (int(place) + 2) // 2 * 2) for place in high)
        x, y = (np.arange(start, stop, dtype=np.float32) + 0.5 for start, stop in ((left, right), (top, bottom)))
        joints = self.joints[person][None]
        given = self.given[person].copy()
        with_them = self.drawing(person, joints, x, y)[:, 0]
        self.given[person] = False
        without = self.drawing(person, joints, x, y)[:, 0]
        self.given[person] = given
        added = with_them - without
        left_over = self._wanted[:, top:bottom, left:right] - without
        return float(((added * left_over).sum() / max(float((added**2).sum()), 1e-6)).clip(0, 1))

    def error(self, person: int, low: Floats, high: Floats) -> float:
        """Squared differences to the picture between two corners, as things are."""
        return float(self.errors(person, self.joints[person][None], low, high)[0])

    def total(self) -> float:
        """Squared differences to the whole picture, as things are; of nobody, too."""
        joints = self.joints[:1] if len(self.joints) else np.zeros((1, *self.joints.shape[1:]), np.float32)
        return float(self.errors(0, joints, *self.whole)[0])

    @property
    def whole(self) -> tuple[Floats, Floats]:
        """The corners of the picture."""
        return np.zeros(2, np.float32), np.full(2, self.evidence.side, np.float32)

    def errors(self, person: int, choices: Floats, low: Floats, high: Floats) -> Floats:
        """``[B]``: squared differences to the picture between two corners if a person had the joints ``[B, 17, 2]``."""
        away = self.away(person, choices, low, high)
        errors: Floats = np.einsum("cbyx,cbyx->b", away, away)
        return np.broadcast_to(errors, (len(choices),))

    def away(self, person: int, choices: Floats, low: Floats, high: Floats) -> Floats:
        """``[3, B or 1, H, W]``: the drawing less the picture between two corners, for the same choices."""
        side = self.evidence.side
        left, top = (int(place) // 2 * 2 for place in (low - _BEYOND).clip(0, side - 2))
        right, bottom = (min(side, (int(place) + 2) // 2 * 2) for place in (high + _BEYOND).clip(2, side))
        x, y = (np.arange(start, stop, dtype=np.float32) + 0.5 for start, stop in ((left, right), (top, bottom)))
        drawn = self.drawing(person, choices, x, y)
        self.work += drawn[0].size
        inner = tuple(
            slice(_BEYOND if start > 0 else 0, size - (_BEYOND if start + size < side else 0))
            for start, size in ((top, len(y)), (left, len(x)))
        )
        wanted = self._wanted[:, None, top:bottom, left:right][:, :, *inner]
        away: Floats = drawn[:, :, *inner] - wanted
        return away

    def drawing(self, person: int, choices: Floats, x: Floats, y: Floats) -> Floats:
        """``[3, B or 1, H, W]`` at pixels with these centres, which begin at even ones."""
        canvas = np.zeros((3, 1, len(y), len(x)), dtype=np.float32)
        corner = np.array([x[0], y[0]], np.float32), np.array([x[-1], y[-1]], np.float32)
        moved = (choices != choices[:1]).any(axis=(0, 2))
        discs: list[Floats] = []
        for other in self.order:
            own = choices if other == person else self.joints[other][None]
            given = self.given[other]
            ends: list[Floats] = [np.float32(0.5) * (own[:, one] + own[:, two]) for one, two in _ENDS]
            shown = ~(_USES & ~given).any(axis=1)
            shown &= _meets(np.minimum(*ends).min(axis=0), np.maximum(*ends).max(axis=0), corner)
            batched = np.zeros(len(_LINES), np.bool_)
            if other == person:
                batched |= (_USES & moved).any(axis=1)
            for line in np.flatnonzero(shown):
                first, second = (end[:, line] if batched[line] else end[:1, line] for end in ends)
                canvas = _painted(canvas, x, y, first, second, LINE * self.evidence.unit, _COLORS[line])
            near = given & _meets(own.min(axis=0), own.max(axis=0), corner)
            discs += [
                own[:, joint] if other == person and moved[joint] else own[:1, joint] for joint in np.flatnonzero(near)
            ]
        for place in discs:
            canvas = _painted(canvas, x, y, place, place, DISC * self.evidence.unit, _RED)
        return halved(canvas) if self.evidence.halved else canvas


def _meets(low: Floats, high: Floats, corner: tuple[Floats, Floats]) -> NDArray[np.bool_]:
    meets: NDArray[np.bool_] = np.logical_and.reduce((high >= corner[0] - DISC) & (low <= corner[1] + DISC), axis=-1)
    return meets


def _painted(
    canvas: Floats, x: Floats, y: Floats, first: Floats, second: Floats, diameter: float, color: Floats
) -> Floats:
    """``canvas`` ``[3, 1 or B, H, W]`` with a line between places ``[1 or B, 2]``, or a disc if they are the same."""
    reach = diameter / 2 + 1
    box = []
    for axis, centres in enumerate((x, y)):
        least = min(first[:, axis].min(), second[:, axis].min()) - reach - centres[0]
        most = max(first[:, axis].max(), second[:, axis].max()) + reach + 1 - centres[0]
        box.append((max(0, int(least)), max(0, min(len(centres), int(most)))))
    (left, right), (top, bottom) = box
    if right <= left or bottom <= top:
        return canvas
    if len(first) > canvas.shape[1]:
        canvas = np.repeat(canvas, len(first), axis=1)
    cover = line_cover(x[left:right], y[top:bottom], first, second, diameter)
    bare = 1 - cover
    for channel, level in zip(canvas[:, :, top:bottom, left:right], color, strict=True):
        channel *= bare
        if level:
            channel += level * cover
    return canvas
