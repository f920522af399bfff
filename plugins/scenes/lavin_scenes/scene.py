"""A scene: everything that its pictures depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lavin_scenes.camera import CameraPath
from lavin_scenes.parts import Part, Parts, assemble
from lavin_scenes.things import Thing
from lavin_scenes.vectors import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light from a direction, or from a place nearby.

    Attributes:
        towards: unit vector towards the light if it is far, else its place in metres.
        color: linear RGB.
        far: see above; the light of a place nearby falls off with the square of the distance.
        softness: how wide shadows' borders are, as a share of the distance to what casts them.
    """

    towards: Floats
    color: Floats
    far: bool = True
    softness: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """The colours behind everything, and the light they give where no lamp reaches.

    Attributes:
        zenith, horizon: linear RGB upwards and sidewards.
        ground: linear RGB of the light from below.
        haze: share of the horizon's colour that 100 metres of air add.
        clouds: 0..1.
        seed: of the clouds.
    """

    zenith: Floats
    horizon: Floats
    ground: Floats
    haze: float = 0.0
    clouds: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Things in a world whose z is up and whose y is the way the camera looks in the first picture.

    Attributes:
        things: all of them, the ground and walls included; a thing's id in segments is its index + 1.
        camera: over time.
        lights: with shadows.
        sky: light from everywhere.
        exposure: factor on all light.
    """

    things: Sequence[Thing]
    camera: CameraPath
    lights: Sequence[Light]
    sky: Sky
    exposure: float = 1.0

    @property
    def parts(self) -> list[Part]:
        """The parts of all things, in order."""
        return [part for thing in self.things for part in thing.parts]

    def parts_at(self, time: float) -> Parts:
        """All parts where they are at a time in seconds."""
        poses = [thing.poses(time) for thing in self.things]
        owners = [index for index, thing in enumerate(self.things) for _ in thing.parts]
        rotation, place = (np.concatenate([pose[side] for pose in poses]).astype(np.float32) for side in (0, 1))
        return assemble(self.parts, owners, rotation, place)
