"""Draws skeletons with smooth edges, so that places between pixels can be read off again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_parts import DISCS, LIMBS, SPINE, Part
from lavincli.clip import Clip
from lavincli.natives import People

Floats = NDArray[np.float32]


def draw_people(people: People) -> Clip:
    """``uint8 [1, H, W, 3]``: everybody's lines on black, larger people's first, then everybody's discs.

    A limb is drawn where both of its joints are given. Crowds are not drawn. In a picture that isn't square, which was
    or will be squeezed into one, lines are as wide as one of its area needs.
    """
    return paint_people(np.zeros((1, *people.size, 3), dtype=np.uint8), people, wider=1)


def paint_people(picture: Clip, people: People, *, wider: float = 1.5) -> Clip:
    """``picture`` ``uint8 [1, H, W, 3]`` with people on it as `draw_people` draws them, with lines ``wider`` times."""
    canvas = picture[0].astype(np.float32)
    scale = wider * float(np.sqrt(canvas.shape[0] * canvas.shape[1])) / 256
    order = [index for index in np.argsort(-people.boxes.areas, kind="stable") if not people.boxes.crowd[index]]
    for parts in ((*SPINE, *LIMBS), DISCS):
        for index in order:
            joints = people.joints[index]
            for part in parts:
                if (joints[list(part.joints), 2] > 0).all():
                    # At 128 pixels and below a line is one pixel wide, a disc one and a half.
                    _paint(canvas, part, joints[:, :2], part.diameter * max(scale, 0.5))
    painted: Clip = (canvas + 0.5).astype(np.uint8)[None]
    return painted


def part_ends(part: Part, joints: Floats) -> tuple[Floats, Floats]:
    """Where a part of people with joints ``[..., 17, 2]`` begins and ends, each ``[..., 2]``."""
    first, second = (
        ((joints[..., one, :] + joints[..., other, :]) / 2).astype(np.float32)
        for one, other in (part.first, part.second)
    )
    return first, second


def line_cover(x: Floats, y: Floats, first: Floats, second: Floats, diameter: float) -> Floats:
    """How much of the pixels with centres x ``[W]`` and y ``[H]`` a line with round ends covers.

    ``first`` and ``second`` are ``[..., 2]``, the result is ``[..., H, W]``, 0..1.
    """
    start_x, start_y = first[..., 0, None, None], first[..., 1, None, None]
    along_x, along_y = second[..., 0, None, None] - start_x, second[..., 1, None, None] - start_y
    to_x, to_y = x[None, :] - start_x, y[:, None] - start_y
    squared = np.maximum(along_x**2 + along_y**2, np.float32(1e-6))
    share = ((to_x * along_x + to_y * along_y) / squared).clip(0, 1)
    distance = np.sqrt((to_x - share * along_x) ** 2 + (to_y - share * along_y) ** 2)
    cover: Floats = (diameter / 2 + 0.5 - distance).clip(0, min(1.0, diameter)).astype(np.float32)
    return cover


def _paint(canvas: Floats, part: Part, joints: Floats, diameter: float) -> None:
    first, second = part_ends(part, joints)
    reach = diameter / 2 + 1
    height, width = canvas.shape[:2]
    left, top = np.floor(np.minimum(first, second) - reach).clip(0, (width, height)).astype(int)
    right, bottom = np.ceil(np.maximum(first, second) + reach).clip(0, (width, height)).astype(int)
    x, y = ((np.arange(start, stop) + 0.5).astype(np.float32) for start, stop in ((left, right), (top, bottom)))
    area = canvas[top:bottom, left:right]
    area += line_cover(x, y, first, second, diameter)[..., None] * (np.array(part.color, np.float32) - area)
