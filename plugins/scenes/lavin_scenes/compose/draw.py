"""Drawing colours and materials at random."""

from __future__ import annotations

import colorsys

import numpy as np

from lavin_scenes.materials.material import Material, Pattern
from lavin_scenes.materials.patterns import Checks, Mottled, Plain, Stripes
from lavin_scenes.vectors import Floats, vector


def between(random: np.random.Generator, low: float, high: float) -> float:
    """A number between two."""
    return float(random.uniform(low, high))


def color(random: np.random.Generator, *, vivid: float = 0.5) -> Floats:
    """A linear RGB colour; ``vivid`` is the mean saturation."""
    saturation = float(np.clip(random.normal(vivid, 0.25), 0, 0.95))
    value = float(random.uniform(0.12, 0.95))
    return vector(colorsys.hsv_to_rgb(float(random.random()), saturation, value)) ** np.float32(2.0)


def material(random: np.random.Generator, size: float, *, vivid: float = 0.5) -> Material:
    """A material for a thing about ``size`` metres large."""
    first, second = color(random, vivid=vivid), color(random, vivid=vivid)
    scale = size * between(random, 0.15, 0.5)
    kind = random.random()
    pattern: Pattern
    if kind < 0.5:
        pattern = Plain(first)
    elif kind < 0.7:
        pattern = Mottled(first, first * np.float32(between(random, 0.4, 0.8)), scale)
    elif kind < 0.85:
        pattern = Checks(first, second, scale)
    else:
        pattern = Stripes(first, second, scale, int(random.integers(3)))
    gloss = between(random, 0.0, 0.8) ** 2
    return Material(pattern, gloss=gloss, sharpness=between(random, 10, 80))
