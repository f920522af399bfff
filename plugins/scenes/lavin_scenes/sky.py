"""The sky: a gradient from the horizon upwards, with clouds."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials.noise import noise
from lavin_scenes.scene import Sky
from lavin_scenes.vectors import Floats, vector


def gradient(sky: Sky, directions: Floats) -> Floats:
    """Linear RGB ``[3, N]`` of the clear sky, or what lies below the horizon, in directions ``[3, N]``."""
    height = np.sqrt(np.clip(directions[2], 0, 1))
    color: Floats = sky.horizon[:, None] + (sky.zenith - sky.horizon)[:, None] * height
    return color


def with_clouds(sky: Sky, directions: Floats) -> Floats:
    """The same with clouds."""
    color = gradient(sky, directions)
    if not sky.clouds:
        return color
    # A flat layer of clouds, seen from below.
    above = np.maximum(directions[2], 0) + np.float32(0.12)
    layer = np.stack([directions[0] / above, directions[1] / above, np.full_like(above, sky.seed * 0.37)])
    cover = np.clip(np.float32(0.6) * noise(layer, 2.5) + np.float32(sky.clouds * 2 - 1), 0, 1)
    cover = cover * np.clip(directions[2] * 8, 0, 1)
    white = vector(0.55) * sky.horizon + vector(0.45)
    mixed: Floats = color + (white[:, None] - color) * cover
    return mixed


def from_everywhere(sky: Sky, normal: Floats) -> Floats:
    """The sky's light ``[3, N]`` on surfaces with normals ``[3, N]``."""
    above = (sky.zenith + sky.horizon) / 2
    light: Floats = sky.ground[:, None] + (above - sky.ground)[:, None] * ((normal[2] + 1) / 2)
    return light
