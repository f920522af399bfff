"""A person as a thing in a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lavin_scenes.people.skeleton import Posture, Proportions, bones, joints
from lavin_scenes.things import Thing
from lavin_scenes.vectors import Floats

Movement = Callable[[float], Posture]
"""A person's posture at a time in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Person(Thing):
    """A thing whose parts hang on bones.

    Attributes:
        body: see `Proportions`.
        movement: see `Movement`; ``motion`` says where the person's feet are and which way they face.
        bone: the bone of each part.
    """

    body: Proportions = Proportions(1.75)  # noqa: RUF009  frozen
    movement: Movement = lambda _time: Posture()
    bone: Sequence[int] = ()

    def poses(self, time: float) -> tuple[Floats, Floats]:
        """The poses of the parts in the world, ``[P, 3, 3]`` and ``[P, 3]``."""
        rotation, place = self._bones(time)
        chosen = list(self.bone)
        own = np.stack([part.pose.place for part in self.parts])
        return (
            rotation[chosen] @ np.stack([part.pose.rotation for part in self.parts]),
            (rotation[chosen] @ own[:, :, None])[:, :, 0] + place[chosen],
        )

    def joints(self, time: float) -> Floats:
        """COCO's 17 joints in the world, ``[17, 3]``."""
        return joints(self.body, *self._bones(time))

    def _bones(self, time: float) -> tuple[Floats, Floats]:
        rotation, place = bones(self.body, self.movement(time))
        outer = self.motion(time)
        return outer.rotation @ rotation, place @ outer.rotation.T + outer.place
