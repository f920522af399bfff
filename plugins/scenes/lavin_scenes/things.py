"""Things: what a scene consists of, made of parts that move together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lavin_scenes.parts import Part
from lavin_scenes.vectors import ORIGIN, Floats, Pose

Motion = Callable[[float], Pose]
"""Where a thing is at a time in seconds."""


def still(place: Pose) -> Motion:
    """No motion."""
    return lambda _time: place


at_origin = still(ORIGIN)


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A rigid thing.

    Attributes:
        category: its name, for people.
        parts: what it is built of.
        motion: its pose in the world.
        countable: an object with an id and a box of its own; the ground, walls and hills are not ("stuff").
    """

    category: str
    parts: Sequence[Part]
    motion: Motion = at_origin
    countable: bool = True

    def poses(self, time: float) -> tuple[Floats, Floats]:
        """The poses of its parts in the world, ``[P, 3, 3]`` and ``[P, 3]``."""
        outer = self.motion(time)
        rotation = np.stack([part.pose.rotation for part in self.parts])
        place = np.stack([part.pose.place for part in self.parts])
        return outer.rotation @ rotation, place @ outer.rotation.T + outer.place
