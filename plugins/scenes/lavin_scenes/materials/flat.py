"""Patterns that lie on surfaces: tiles, bricks, planks, dots, and pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lavin_scenes.materials.noise import by_cell, fade, noise
from lavin_scenes.materials.patterns import blend
from lavin_scenes.vectors import Floats


def unfold(points: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """Places ``[3, N]`` as (across, up) on the side of a box that they lie nearest to: ``[N]`` each, in metres."""
    size = np.abs(normals)
    facing_x = (size[0] >= size[1]) & (size[0] > size[2])
    facing_z = (size[2] >= size[0]) & (size[2] >= size[1])
    return np.where(facing_x, points[1], points[0]), np.where(facing_z, points[1], points[2])


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """Rows of bricks, planks or tiles with joints between them.

    Attributes:
        color, joint: linear RGB of the stones and the joints.
        width, length: of a stone in metres: its height in the row, and along the row.
        gap: width of the joints in metres.
        shift: how far each row is moved against the last, / length: 0 = tiles, 0.5 = bricks; 2 = any, as with planks.
        variety: how far the stones' brightness varies, 0..1.
        grain: strength of wood's grain along the row.
    """

    color: Floats
    joint: Floats
    width: float
    length: float
    gap: float
    shift: float = 0.5
    variety: float = 0.3
    grain: float = 0.0

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        along, across = unfold(points, normals)
        row = np.floor(across / np.float32(self.width))
        rows = row.astype(np.int32)
        moved = by_cell(rows, rows) if self.shift > 1 else np.mod(row * np.float32(self.shift), 1)
        place = along / np.float32(self.length) + moved
        column = np.floor(place)
        tone = 1 + np.float32(self.variety) * (by_cell(rows, column.astype(np.int32)) - np.float32(0.5)) * 2
        if self.grain:
            streaks = np.stack([along * np.float32(0.06), across, tone])
            tone = tone + np.float32(self.grain) * noise(streaks, self.width) * fade(footprint, self.width / 2)
        # Distances to the nearest joint, in metres; a joint thinner than a pixel darkens it by its share.
        to_row = np.abs(across - (row + np.float32(0.5)) * np.float32(self.width)) - np.float32(self.width / 2)
        to_end = (np.abs(place - column - np.float32(0.5)) - np.float32(0.5)) * np.float32(self.length)
        nearest = -np.maximum(to_row, to_end)
        blur = np.maximum(footprint, np.float32(1e-4))
        inside = np.clip((np.float32(self.gap / 2) - nearest) / blur + np.float32(0.5), 0, 1)
        shown = inside * np.minimum(np.float32(self.gap) / blur, 1) * fade(footprint, self.width)
        toned: Floats = self.color[:, None] * np.maximum(tone, np.float32(0.15))
        mixed: Floats = toned + (self.joint[:, None] - toned) * shown
        return mixed


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Dots of a second colour.

    Attributes:
        first, second: linear RGB of the ground and of the dots.
        scale: distance of the dots in metres.
        radius: of a dot / distance.
    """

    first: Floats
    second: Floats
    scale: float
    radius: float = 0.28

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        along, across = unfold(points, normals)
        row = np.floor(across / np.float32(self.scale))
        x = np.mod(along / np.float32(self.scale) + row * np.float32(0.5), 1) - np.float32(0.5)
        y = across / np.float32(self.scale) - row - np.float32(0.5)
        share = np.float32(np.pi * self.radius**2)
        dot = (x * x + y * y < self.radius**2) - share
        return blend(self.first, self.second, share + dot * fade(footprint, self.scale))
