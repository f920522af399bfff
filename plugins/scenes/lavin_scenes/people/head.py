"""Heads: face, hair and hats, in shares of the head's height. The face looks along -y."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lavin_scenes.materials.material import Material
from lavin_scenes.parts import Part
from lavin_scenes.people.body import Piece
from lavin_scenes.people.clothes import Outfit
from lavin_scenes.people.skeleton import Bone, Proportions
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import Floats, pose, turn

_SKULL = (0.375, 0.45, 0.5)


def head_pieces(body: Proportions, outfit: Outfit) -> list[Piece]:
    """The head and what is on it."""
    unit = body.head * body.height
    pieces = [*_face(outfit), *_hair(outfit), *_hat(outfit)]
    return [Piece(Bone.HEAD, _scaled(part, unit)) for part in pieces]


def _scaled(part: Part, unit: float) -> Part:
    size = tuple(value * unit for value in part.size)
    return Part(part.shape, size, part.material, pose(part.pose.place * unit, part.pose.rotation), part.shadow)


def _ball(
    look: Material, radii: tuple[float, float, float], place: tuple[float, float, float], turned: Floats | None = None
) -> Part:
    return Part(Shape.ELLIPSOID, radii, look, pose(place, turned))


def _face(outfit: Outfit) -> Iterator[Part]:
    skin = outfit.skin
    yield _ball(skin, _SKULL, (0, 0, 0.5))
    yield _ball(skin, (0.27, 0.33, 0.3), (0, -0.08, 0.27))
    nose = (0.16, 0.035, 0.06)
    yield Part(Shape.ROUND_CONE, nose, skin, pose([0, -0.43, 0.58], turn(0, np.pi - 0.35)), shadow=False)
    yield _ball(outfit.lips, (0.11, 0.05, 0.028), (0, -0.375, 0.27))
    for sign in (1, -1):
        yield _ball(outfit.eyes, (0.062, 0.04, 0.036), (sign * 0.16, -0.395, 0.56))
        yield _ball(outfit.pupils, (0.03, 0.03, 0.032), (sign * 0.16, -0.412, 0.56))
        yield _ball(outfit.hair, (0.09, 0.03, 0.018), (sign * 0.17, -0.4, 0.655), turn(1, sign * 0.12))
        yield _ball(skin, (0.035, 0.07, 0.1), (sign * 0.385, 0.03, 0.5))


def _hair(outfit: Outfit) -> Iterator[Part]:
    look, style = outfit.hair, outfit.hair_style
    if style == "bald":
        return
    yield _ball(look, (0.405, 0.455, 0.43), (0, 0.075, 0.62))
    if style in ("long", "bob"):
        length = 0.62 if style == "long" else 0.36
        yield _ball(look, (0.4, 0.24, length), (0, 0.24, 0.72 - length))
        for sign in (1, -1):
            yield _ball(look, (0.09, 0.2, length * 0.8), (sign * 0.36, 0.12, 0.72 - length * 0.8))
    if style == "bun":
        yield _ball(look, (0.2, 0.2, 0.2), (0, 0.42, 0.86))
    if style == "tail":
        yield Part(Shape.ROUND_CONE, (0.75, 0.13, 0.07), look, pose([0, 0.5, 0.72], turn(0, np.pi + 0.35)))
    if style == "curly":
        yield _ball(look, (0.53, 0.5, 0.44), (0, 0.13, 0.72))
    if outfit.beard:
        yield _ball(look, (0.24, 0.2, 0.2), (0, -0.21, 0.17))


def _hat(outfit: Outfit) -> Iterator[Part]:
    look = outfit.hat
    if look is None:
        return
    if outfit.hat_style == "cap":
        yield _ball(look, (0.43, 0.48, 0.33), (0, 0.03, 0.76))
        yield _ball(look, (0.3, 0.35, 0.03), (0, -0.45, 0.75), turn(0, 0.15))
    elif outfit.hat_style == "brim":
        yield Part(Shape.FRUSTUM, (0.22, 0.44, 0.36), look, pose([0, 0.03, 1.0]))
        yield Part(Shape.FRUSTUM, (0.02, 0.75, 0.73), look, pose([0, 0.03, 0.8]))
    else:
        yield _ball(look, (0.42, 0.49, 0.45), (0, 0.05, 0.72))
