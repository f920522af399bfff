"""What a thing is before it has a place, and short ways to describe its parts.

A model stands on z = 0 around the origin; its front looks along -y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lavin_scenes.materials.looks import Looks
from lavin_scenes.materials.material import Material
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Motion, Thing
from lavin_scenes.vectors import Floats, frame_along, pose, unit, vector


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A rigid thing.

    Attributes:
        category: its name.
        parts: what it is built of.
        rolls: radius of a thing that rolls like a ball, 0 of others.
        top: (half x, half y, height) of a flat top that smaller things can stand on.
    """

    category: str
    parts: Sequence[Part]
    rolls: float = 0.0
    top: tuple[float, float, float] | None = None

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """The corners of a box around it."""
        corners = []
        for part in self.parts:
            low, high = part.bounds()
            middle, half = (low + high) / 2, (high - low) / 2
            reach = np.abs(part.pose.rotation) @ half
            centre = part.pose.rotation @ middle + part.pose.place
            corners.append((centre - reach, centre + reach))
        return np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)

    @property
    def radius(self) -> float:
        """Of a circle around it on the ground."""
        low, high = self.bounds
        return float(np.hypot(*np.maximum(-low, high)[:2]))

    @property
    def height(self) -> float:
        """Above the ground."""
        return float(self.bounds[1][2])

    def placed(self, motion: Motion) -> Thing:
        """The thing at its place."""
        return Thing(self.category, self.parts, motion)


class Draw:
    """What makes models: random numbers, materials, and parts in few words.

    Args:
        random: what they depend on.
        looks: draws the materials.
    """

    def __init__(self, random: np.random.Generator, looks: Looks) -> None:
        self.random = random
        self.looks = looks

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.random.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True as often as this."""
        return bool(self.random.random() < probability)

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.random.integers(low, high + 1))


def box(look: Material, half: tuple[float, float, float], at: ArrayLike, turned: Floats | None = None) -> Part:
    """A box around ``at``."""
    return Part(Shape.BOX, half, look, pose(at, turned))


def soft_box(look: Material, half: tuple[float, float, float], at: ArrayLike, edge: float) -> Part:
    """A box with rounded edges around ``at``."""
    return Part(Shape.ROUNDED_BOX, (*half, min(edge, *half)), look, pose(at))


def ball(
    look: Material, radii: tuple[float, float, float] | float, at: ArrayLike, turned: Floats | None = None
) -> Part:
    """A ball or an ellipsoid around ``at``."""
    size = radii if isinstance(radii, tuple) else (radii, radii, radii)
    return Part(Shape.ELLIPSOID, size, look, pose(at, turned))


def tube(look: Material, bottom: float, top: float, height: float, at: ArrayLike, *, flat: float = 1.0) -> Part:
    """An upright cylinder or cone that stands on ``at``."""
    return Part(Shape.FRUSTUM, (height / 2, bottom, top, flat), look, pose(vector(at) + vector([0, 0, height / 2])))


def wheel(look: Material, radius: float, width: float, at: ArrayLike) -> Part:
    """A cylinder around ``at`` whose axis is x."""
    return Part(
        Shape.FRUSTUM, (width / 2, radius, radius), look, pose(at, frame_along(vector([1, 0, 0]), vector([0, 1, 0])))
    )


def rod(look: Material, start: ArrayLike, end: ArrayLike, near: float, far: float | None = None) -> Part:
    """A round bar between two places, with half balls at its ends."""
    begin, axis = vector(start), vector(end) - vector(start)
    length = float(np.linalg.norm(axis))
    turned = frame_along(unit(axis), vector([1, 0, 0]))
    return Part(Shape.ROUND_CONE, (length, near, near if far is None else far), look, pose(begin, turned))


def ring(look: Material, radius: float, thickness: float, at: ArrayLike, turned: Floats | None = None) -> Part:
    """A torus around ``at``."""
    return Part(Shape.TORUS, (radius, thickness), look, pose(at, turned))


def soft(look: Material, pills: Sequence[Sequence[float]], softness: float) -> Part:
    """A smooth union of pills (x, y, z, x, y, z, radius, radius)."""
    return Part(Shape.BLEND, (softness,), look, pills=vector(pills))
