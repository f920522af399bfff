"""Light: days, evenings, lamps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lavin_scenes.materials.palette import linear
from lavin_scenes.models.model import Draw
from lavin_scenes.scene import Light, Sky
from lavin_scenes.vectors import Floats, vector


class Lighting(NamedTuple):
    """All light of a scene."""

    lights: list[Light]
    sky: Sky
    exposure: float


def daylight(draw: Draw) -> Lighting:
    """Sun and sky: clear, hazy, overcast, or low and golden."""
    kind = draw.random.random()
    height = np.radians(draw.between(12, 28) if kind > 0.85 else draw.between(25, 75))
    around = draw.between(-np.pi, np.pi)
    towards = vector([np.cos(height) * np.sin(around), np.cos(height) * np.cos(around), np.sin(height)])
    ground = linear(0.5, 0.46, 0.4)
    seed = draw.count(0, 10_000)
    if kind < 0.5:
        sun = Light(towards, linear(1.0, 0.97, 0.9) * vector(draw.between(2.2, 3.4)), softness=draw.between(0.0, 0.03))
        zenith = linear(0.25, draw.between(0.42, 0.55), draw.between(0.75, 0.92))
        sky = Sky(zenith, linear(0.76, 0.83, 0.9), ground, draw.between(0.1, 0.8), draw.between(0.0, 0.8), seed)
    elif kind < 0.85:
        gray = draw.between(0.6, 0.88)
        sun = Light(towards, vector([1, 0.98, 0.95]) * vector(draw.between(0.3, 1.2)), softness=draw.between(0.06, 0.2))
        horizon = linear(gray, gray * 1.01, gray * 1.03)
        sky = Sky(
            horizon * vector(0.9), horizon, ground * vector(1.1), draw.between(0.3, 2.0), draw.between(0.2, 1.0), seed
        )
    else:
        gold = linear(1.0, draw.between(0.72, 0.85), draw.between(0.4, 0.6))
        sun = Light(towards, gold * vector(draw.between(1.8, 2.8)), softness=draw.between(0.01, 0.06))
        sky = Sky(linear(0.35, 0.42, 0.65), linear(0.95, 0.75, 0.58), ground, draw.between(0.2, 1.2), 0.5, seed)
    return Lighting([sun], sky, _exposure(draw))


def studio_light(draw: Draw) -> Lighting:
    """One or two far lamps over a plain backdrop."""
    tone = draw.between(0.35, 0.95)
    tint = vector(1 + draw.random.normal(0, 0.06, 3))
    backdrop = vector(np.clip(linear(tone, tone, tone) * tint, 0.02, 0.95))
    sky = Sky(backdrop * vector(draw.between(0.5, 1.1)), backdrop, backdrop * vector(draw.between(0.3, 0.8)))
    lights = [_lamp_above(draw, draw.between(1.2, 2.8))]
    if draw.chance(0.4):
        lights.append(_lamp_above(draw, draw.between(0.3, 1.2)))
    return Lighting(lights, sky, _exposure(draw))


def indoor_light(draw: Draw, lamps: list[Floats]) -> Lighting:
    """Lamps at places under the ceiling, and light from windows around."""
    level = draw.between(0.22, 0.6)
    warm = linear(1.0, draw.between(0.84, 1.0), draw.between(0.68, 1.0))
    ambient = vector(level) * (warm + 1) / 2
    sky = Sky(ambient, ambient, ambient * vector(draw.between(0.5, 0.85)))
    share = draw.between(3.0, 7.0) / len(lamps)
    lights = [Light(place, warm * vector(share), far=False, softness=draw.between(0.01, 0.1)) for place in lamps]
    if draw.chance(0.3):
        lights.append(_lamp_above(draw, draw.between(0.4, 1.6)))
    return Lighting(lights, sky, _exposure(draw))


def _lamp_above(draw: Draw, strength: float) -> Light:
    height, around = np.radians(draw.between(30, 75)), draw.between(-np.pi, np.pi)
    towards = vector([np.cos(height) * np.sin(around), -np.cos(height) * np.cos(around), np.sin(height)])
    warm = linear(1.0, draw.between(0.88, 1.0), draw.between(0.78, 1.0))
    return Light(towards, warm * vector(strength), softness=draw.between(0.0, 0.12))


def _exposure(draw: Draw) -> float:
    return float(np.exp(np.clip(draw.random.normal(-0.1, 0.22), -0.6, 0.4)))
