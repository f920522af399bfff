"""The solids that things are built of, one by one to describe them and as arrays to cast rays at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.materials.material import Material
from lavin_scenes.shapes import SOLIDS, Shape, blend
from lavin_scenes.vectors import ORIGIN, Floats, Pose, vector


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One solid of a thing.

    Attributes:
        shape, size: what it is, in metres; see `Shape`. Trailing sizes of 1 may be left out.
        material: what it looks like.
        pose: where it is in its thing.
        shadow: whether it casts one.
        pills: of a BLEND: what it unites, ``float32 [K, 8]``; see ``shapes.blend``.
    """

    shape: Shape
    size: tuple[float, ...]
    material: Material
    pose: Pose = ORIGIN
    shadow: bool = True
    pills: Floats | None = None

    def bounds(self) -> tuple[Floats, Floats]:
        """The corners of a box around it, in its own coordinates."""
        if self.pills is not None:
            return blend.bounds(self.pills, self.size[0])
        return SOLIDS[self.shape].bounds(vector([*self.size, 1, 1, 1, 1][:4]))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """All parts of a scene at one moment; P of them.

    Attributes:
        shape: ``int8 [P]``, a `Shape`.
        size: ``float32 [4, P]``.
        rotation, place: ``float32 [P, 3, 3]`` and ``[P, 3]``: poses in the world.
        thing: ``int16 [P]``, index of the thing that the part belongs to.
        bounds: ``float32 [P, 3, 8]``, the corners of a box around each part, in the world.
        centre, radius: ``float32 [P, 3]`` and ``[P]``, of a ball around each part.
        shadow: ``bool [P]``.
        pills: those of the parts that are blends, by index.
    """

    shape: NDArray[np.int8]
    size: Floats
    rotation: Floats
    place: Floats
    thing: NDArray[np.int16]
    bounds: Floats
    centre: Floats
    radius: Floats
    shadow: NDArray[np.bool_]
    pills: Mapping[int, Floats]

    def __len__(self) -> int:
        return len(self.shape)


def assemble(parts: Sequence[Part], things: Sequence[int], rotation: Floats, place: Floats) -> Parts:
    """Parts with their poses in the world ``[P, 3, 3]``, ``[P, 3]``, as arrays."""
    shape = np.array([part.shape for part in parts], dtype=np.int8)
    size = np.ones((4, len(parts)), dtype=np.float32)
    corners = np.empty((len(parts), 3, 2), dtype=np.float32)
    for index, part in enumerate(parts):
        size[: len(part.size), index] = part.size
        corners[index, :, 0], corners[index, :, 1] = part.bounds()
    x, y, z = np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")
    choice = np.stack([x.ravel(), y.ravel(), z.ravel()])
    local = np.stack([corners[:, axis, choice[axis]] for axis in range(3)], axis=1)
    middle = corners.mean(axis=2)
    radius = np.linalg.norm(corners[:, :, 1] - middle, axis=1)
    ball = np.isin(shape, (Shape.ELLIPSOID,))
    radius[ball] = size[:3, ball].max(axis=0)
    return Parts(
        shape=shape,
        size=size,
        rotation=rotation,
        place=place,
        thing=np.asarray(things, dtype=np.int16),
        bounds=rotation @ local + place[:, :, None],
        centre=(rotation @ middle[:, :, None])[:, :, 0] + place,
        radius=vector(radius),
        shadow=np.array([part.shadow for part in parts], dtype=np.bool_),
        pills={index: part.pills for index, part in enumerate(parts) if part.pills is not None},
    )
