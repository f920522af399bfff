"""Colours drawn at random, linear RGB."""

from __future__ import annotations

import colorsys
from typing import Final

import numpy as np

from lavin_scenes.vectors import Floats, vector

_WOODS: Final = ((0.72, 0.53, 0.35), (0.55, 0.36, 0.21), (0.36, 0.22, 0.13), (0.82, 0.68, 0.5), (0.48, 0.24, 0.15))
_EARTHS: Final = ((0.76, 0.68, 0.52), (0.47, 0.36, 0.26), (0.6, 0.55, 0.46), (0.42, 0.41, 0.38), (0.66, 0.45, 0.32))
_GREENS: Final = ((0.3, 0.45, 0.16), (0.42, 0.52, 0.2), (0.2, 0.33, 0.13), (0.5, 0.54, 0.28), (0.26, 0.4, 0.24))
_WALLS: Final = ((0.9, 0.88, 0.83), (0.82, 0.84, 0.86), (0.86, 0.8, 0.68), (0.68, 0.75, 0.78), (0.75, 0.8, 0.7))
_HUES: Final = (0.0, 0.01, 0.06, 0.1, 0.14, 0.25, 0.35, 0.5, 0.57, 0.6, 0.64, 0.93)


def linear(red: float, green: float, blue: float) -> Floats:
    """A display colour 0..1 as linear light."""
    return vector([red, green, blue]) ** np.float32(2.2)


def any_color(random: np.random.Generator) -> Floats:
    """Any colour that things have: gray, wooden, subdued, or vivid."""
    kind = random.random()
    if kind < 0.25:
        return gray(random)
    if kind < 0.35:
        return wood(random)
    return subdued(random) if kind < 0.65 else vivid(random)


def subdued(random: np.random.Generator) -> Floats:
    """The colour of a carpet, a wall, or clothes."""
    saturation, value = random.uniform(0.1, 0.5), random.uniform(0.25, 0.95)
    return linear(*colorsys.hsv_to_rgb(_hue(random), float(saturation), float(value)))


def vivid(random: np.random.Generator) -> Floats:
    """The colour of a toy, a car or a sign."""
    saturation, value = random.uniform(0.5, 0.92), random.uniform(0.35, 0.95)
    return linear(*colorsys.hsv_to_rgb(_hue(random), float(saturation), float(value)))


def _hue(random: np.random.Generator) -> float:
    """Red, yellow, green and blue are more common than what lies between them."""
    if random.random() < 0.25:
        return float(random.random())
    return float((random.choice(_HUES) + random.normal(0, 0.02)) % 1)


def gray(random: np.random.Generator) -> Floats:
    """From nearly black to nearly white, a little tinted."""
    tint = 1 + random.normal(0, 0.025, 3)
    return linear(*np.clip(random.uniform(0.08, 0.95) * tint, 0.02, 0.97).tolist())


def wood(random: np.random.Generator) -> Floats:
    """Pine, oak, walnut, ..."""
    return _near(random, _WOODS)


def earth(random: np.random.Generator) -> Floats:
    """Sand, soil, stone, brick."""
    return _near(random, _EARTHS)


def green(random: np.random.Generator) -> Floats:
    """Grass and leaves."""
    return _near(random, _GREENS)


def wall(random: np.random.Generator) -> Floats:
    """Painted walls: light and pale, now and then a strong colour."""
    return subdued(random) if random.random() < 0.25 else _near(random, _WALLS)


def shade_of(color: Floats, random: np.random.Generator, low: float = 0.5, high: float = 0.85) -> Floats:
    """A darker or lighter tone of a colour."""
    factor = float(random.uniform(low, high))
    if random.random() < 0.5:
        return color * np.float32(factor)
    lighter: Floats = np.minimum(color / np.float32(factor) + np.float32(0.02), np.float32(0.95))
    return lighter


def _near(random: np.random.Generator, colors: tuple[tuple[float, float, float], ...]) -> Floats:
    first, second = (vector(colors[int(number)]) for number in random.integers(len(colors), size=2))
    mixed = first + (second - first) * np.float32(random.uniform(0, 0.5))
    varied = mixed * vector(random.uniform(0.85, 1.12)) * vector(1 + random.normal(0, 0.03, 3))
    return linear(*np.clip(varied, 0.02, 0.97).tolist())
