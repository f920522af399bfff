"""Bodies: the solids that hang on a person's bones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lavin_scenes.materials.material import Material
from lavin_scenes.parts import Part
from lavin_scenes.people.clothes import Outfit
from lavin_scenes.people.skeleton import Bone, Proportions
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import frame_along, pose, turn, unit, vector

_DOWN = turn(0, np.pi)
"""Round cones go along +z, limbs along -z."""


class Piece(NamedTuple):
    """A part and the bone it hangs on."""

    bone: int
    part: Part


def body_pieces(body: Proportions, outfit: Outfit) -> list[Piece]:
    """Everything that is seen of a person."""
    return [*_trunk(body, outfit), *_arms(body, outfit), *_legs(body, outfit)]


def limb(material: Material, length: float, near: float, far: float, start: float = 0.0) -> Part:
    """A round cone along a bone, from ``start`` metres below the bone's joint."""
    return Part(Shape.ROUND_CONE, (length, near, far), material, pose([0, 0, -start], _DOWN))


def ball(material: Material, radii: tuple[float, float, float], place: tuple[float, float, float]) -> Part:
    """An ellipsoid."""
    return Part(Shape.ELLIPSOID, radii, material, pose(place))


def _trunk(body: Proportions, outfit: Outfit) -> Iterator[Piece]:
    height, girth = body.height, body.girth
    waist, hips = 0.08 * height * girth, 0.094 * height * girth**0.8
    chest = (body.shoulders - 0.006) * height * girth**0.4
    low, high = 0.075 * height, body.trunk - 0.075 * height
    thick = 0.68 * girth**0.3
    trunk = Part(Shape.ROUND_CONE, (high - low, waist, chest, thick), outfit.top, pose([0, 0, low]))
    yield Piece(Bone.CHEST, trunk)
    belly = Part(Shape.ROUND_CONE, (low, waist, waist, thick), outfit.top, pose([0, 0, 0.02 * height]))
    yield Piece(Bone.CHEST, belly)
    seat = (0.065 * height, hips, waist, 0.78)
    yield Piece(Bone.PELVIS, Part(Shape.ROUND_CONE, seat, outfit.legs, pose([0, 0, -0.01 * height])))
    for sign in (1, -1):
        slope = vector([sign * (body.shoulders - 0.02), 0, -0.028]) * height
        along = frame_along(unit(slope), vector([0, 1, 0]))
        size = (float(np.linalg.norm(slope)), 0.034 * height * girth**0.5, 0.036 * height * girth**0.5)
        start = pose([sign * 0.02 * height, 0, body.trunk + 0.02 * height], along)
        yield Piece(Bone.CHEST, Part(Shape.ROUND_CONE, size, outfit.top, start))
    neck = (0.075 * height, 0.034 * height * girth**0.5, 0.03 * height)
    yield Piece(Bone.CHEST, Part(Shape.ROUND_CONE, neck, outfit.skin, pose([0, 0, body.trunk])))
    if outfit.skirt:
        length = outfit.skirt * height
        flare = (length / 2, 0.14 * height * girth, 0.09 * height * girth, 0.8)
        cone = Part(Shape.FRUSTUM, flare, outfit.legs, pose([0, 0, 0.06 * height - length / 2]))
        yield Piece(Bone.PELVIS, cone)
    if outfit.backpack is not None:
        size = (0.085 * height, 0.045 * height, 0.12 * height)
        pack = Part(Shape.BOX, size, outfit.backpack, pose([0, 0.115 * height * girth, body.trunk - 0.13 * height]))
        yield Piece(Bone.CHEST, pack)


def _arms(body: Proportions, outfit: Outfit) -> Iterator[Piece]:
    height, thick = body.height, body.height * body.girth**0.7
    for side in (0, 1):
        upper, lower = Bone.LEFT_UPPER_ARM + side, Bone.LEFT_FOREARM + side
        upper_look = outfit.top if outfit.sleeves >= 1 else outfit.skin
        lower_look = outfit.top if outfit.sleeves >= 2 else outfit.skin
        yield Piece(upper, limb(upper_look, body.upper_arm, 0.037 * thick, 0.028 * thick))
        if 0 < outfit.sleeves < 1:
            sleeve = limb(outfit.top, body.upper_arm * outfit.sleeves, 0.043 * thick, 0.039 * thick)
            yield Piece(upper, sleeve)
        yield Piece(lower, limb(lower_look, body.forearm, 0.029 * thick, 0.019 * thick))
        palm = ball(
            outfit.skin, (0.014 * height, 0.024 * height, 0.04 * height), (0, 0, -body.forearm - 0.038 * height)
        )
        yield Piece(lower, palm)
        thumb = limb(outfit.skin, 0.035 * height, 0.01 * height, 0.008 * height, body.forearm + 0.01 * height)
        tilted = pose([0, -0.018 * height, -body.forearm - 0.015 * height], turn(0, np.pi + 0.5))
        yield Piece(lower, Part(thumb.shape, thumb.size, thumb.material, tilted))


def _legs(body: Proportions, outfit: Outfit) -> Iterator[Piece]:
    height, thick = body.height, body.height * body.girth**0.8
    for side in (0, 1):
        thigh, shin, foot = Bone.LEFT_THIGH + side, Bone.LEFT_SHIN + side, Bone.LEFT_FOOT + side
        bare = outfit.trousers < 0.4
        yield Piece(thigh, limb(outfit.skin if bare else outfit.legs, body.thigh, 0.056 * thick, 0.038 * thick))
        if bare and outfit.trousers > 0:
            shorts = limb(outfit.legs, body.thigh * 0.65, 0.064 * thick, 0.056 * thick)
            yield Piece(thigh, shorts)
        shin_look = outfit.legs if outfit.trousers > 0.6 else outfit.skin
        wide = 1.2 if outfit.trousers > 0.6 else 1.0
        yield Piece(shin, limb(shin_look, body.shin, 0.037 * thick, 0.022 * thick * wide))
        # The sole lies 0.04 of the height below the ankle, the toes point forwards (-y).
        shoe = Part(
            Shape.ROUND_CONE,
            (0.088 * height, 0.026 * height, 0.02 * height),
            outfit.shoes,
            pose([0, 0.018 * height, -0.014 * height], turn(0, np.pi / 2 + 0.065)),
        )
        yield Piece(foot, shoe)
