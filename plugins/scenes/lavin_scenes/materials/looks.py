"""Materials drawn at random, for every kind of surface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.flat import Courses, Dots
from lavin_scenes.materials.material import Material, Pattern
from lavin_scenes.materials.patterns import Checks, Layered, Mottled, Plain, Stripes, Veined
from lavin_scenes.materials.pictures import Picture
from lavin_scenes.vectors import Floats

Choice = TypeVar("Choice")

_PICTURES = 0.45
"""How many of the surfaces that could have any pattern show a picture, if there are some."""
_ALONG = ((12.0, 1.0, 1.0), (1.0, 12.0, 1.0), (1.0, 1.0, 12.0))


class Looks:
    """Draws materials.

    Args:
        random: what they depend on.
        pictures: image files to cover surfaces with.
    """

    def __init__(self, random: np.random.Generator, pictures: Sequence[Path] = ()) -> None:
        self.random = random
        self._pictures = pictures

    # ---- things ----

    def paint(self, color: Floats | None = None) -> Material:
        """One colour, dull or shining."""
        chosen = palette.any_color(self.random) if color is None else color
        return self._shining(Plain(chosen), self._between(0.0, 0.5))

    def plastic(self) -> Material:
        """One vivid colour, shining."""
        return self._shining(Plain(palette.vivid(self.random)), self._between(0.2, 0.6))

    def metal(self) -> Material:
        """Gray or brass, mirroring."""
        color = palette.gray(self.random)
        if self.random.random() < 0.3:
            color = palette.linear(0.75, 0.58, 0.32) * np.float32(self._between(0.5, 1.1))
        return Material(Plain(color), gloss=self._between(0.5, 1.0), sharpness=self._between(30, 120))

    def wood(self, axis: int = 2) -> Material:
        """Wood whose grain runs along an axis of the part."""
        color = palette.wood(self.random)
        dark = color * np.float32(self._between(0.45, 0.75))
        pattern = Mottled(color, dark, self._between(0.05, 0.12), contrast=0.4, stretch=_ALONG[axis])
        return self._shining(pattern, self._between(0.05, 0.35))

    def cloth(self, scale: float = 0.3) -> Material:
        """Woven: plain, striped, checked, dotted or mottled; ``scale`` is about the size of the thing."""
        pattern = self._any_pattern(scale * self._between(0.12, 0.4))
        return Material(pattern, gloss=0.03, sharpness=8)

    def stone(self, scale: float = 0.3) -> Material:
        """Marble, granite or concrete."""
        first = palette.gray(self.random) if self.random.random() < 0.6 else palette.earth(self.random)
        second = palette.shade_of(first, self.random, 0.35, 0.7)
        pattern: Pattern = Mottled(first, second, scale * self._between(0.1, 0.4))
        if self.random.random() < 0.4:
            pattern = Veined(first, second, scale * self._between(0.2, 0.6))
        return self._shining(pattern, self._between(0.0, 0.4))

    def leaves(self) -> Material:
        """Foliage."""
        color = palette.green(self.random)
        return Material(Layered(color, palette.shade_of(color, self.random), 0.4, 0.06, 0.3))

    def any(self, scale: float = 0.3) -> Material:
        """Anything a thing about ``scale`` metres large can be made of."""
        kinds: tuple[Callable[[], Material], ...] = (
            self.paint,
            self.plastic,
            self.metal,
            self.wood,
            lambda: self.stone(scale),
            lambda: self.cloth(scale),
            lambda: self._shining(self._any_pattern(scale * self._between(0.15, 0.5)), self._between(0, 0.5)),
        )
        return self._one_of(kinds)()

    def picture(self, scale: float) -> Material:
        """What hangs framed on walls; ``scale`` is its side in metres."""
        if self._pictures:
            return Material(self._picture(scale, centred=True), gloss=0.1)
        first, second = palette.any_color(self.random), palette.any_color(self.random)
        kinds: tuple[Callable[[], Pattern], ...] = (
            lambda: Mottled(first, second, scale * self._between(0.3, 0.8), contrast=self._between(0.4, 1.5)),
            lambda: Veined(first, second, scale * self._between(0.3, 0.8)),
            lambda: Stripes(first, second, scale * self._between(0.2, 0.9), int(self.random.integers(3))),
            lambda: Dots(first, second, scale * self._between(0.4, 1.0), self._between(0.2, 0.45)),
        )
        return Material(self._one_of(kinds)(), gloss=0.1)

    # ---- rooms and ground ----

    def floor(self) -> Material:
        """Planks, tiles, carpet, concrete, ..."""
        color = palette.wood(self.random)
        width = self._between(0.07, 0.2)
        gray = palette.gray(self.random)
        side = self._between(0.2, 0.7)
        first = palette.subdued(self.random)
        second = palette.shade_of(first, self.random)
        planks = Courses(color, color * np.float32(0.3), width, width * self._between(6, 12), 0.006, 2, 0.25, 0.15)
        kinds: tuple[Callable[[], Pattern], ...] = (
            lambda: planks,
            lambda: planks,
            lambda: Courses(gray, palette.gray(self.random), side, side, self._between(0.006, 0.02), 0, 0.1),
            lambda: Courses(palette.earth(self.random), gray, side, side, 0.012, self._between(0, 0.5), 0.2),
            lambda: Checks(gray, palette.any_color(self.random), side),
            lambda: Layered(first, second, self._between(0.3, 1.5), self._between(0.008, 0.02), 0.15),
            lambda: Mottled(gray, palette.shade_of(gray, self.random), self._between(0.4, 1.5)),
        )
        pattern = self._picture(self._between(0.5, 2.0)) if self._shows_picture(0.4) else self._one_of(kinds)()
        return self._shining(pattern, self._between(0.0, 0.35))

    def wall(self) -> Material:
        """Paint, wallpaper, bricks, panels."""
        color = palette.wall(self.random)
        other = palette.shade_of(color, self.random, 0.6, 0.9)
        brick = palette.earth(self.random)
        width = self._between(0.06, 0.1)
        kinds: tuple[Callable[[], Pattern], ...] = (
            *[lambda: Plain(color)] * 5,
            lambda: Mottled(color, color * np.float32(0.85), self._between(0.3, 1.5)),
            lambda: Stripes(color, other, self._between(0.08, 0.4), int(self.random.integers(2)), 0.6),
            lambda: Dots(color, other, self._between(0.08, 0.3), self._between(0.15, 0.35)),
            lambda: Courses(brick, palette.gray(self.random), width, width * 3, 0.012, 0.5, 0.25),
            lambda: Courses(palette.wood(self.random), color * np.float32(0.2), 0.12, 3.0, 0.008, 2, 0.2, 0.15),
        )
        pattern = self._picture(self._between(0.8, 4.0)) if self._shows_picture(0.5) else self._one_of(kinds)()
        return Material(pattern, gloss=self._between(0.0, 0.1))

    def ground(self) -> Material:
        """Grass, sand, soil, asphalt, paving, snow."""
        green, earth, gray = palette.green(self.random), palette.earth(self.random), palette.gray(self.random)
        second = palette.shade_of(green, self.random)
        scale = self._between(0.8, 4.0)
        side = self._between(0.2, 0.8)
        dry = palette.shade_of(earth, self.random)
        snow = palette.linear(0.9, 0.92, 0.95)
        asphalt = palette.linear(0.33, 0.33, 0.34) * np.float32(self._between(0.6, 1.5))
        grass = Layered(green, second if self.random.random() < 0.7 else earth, scale, self._between(0.02, 0.05), 0.22)
        kinds: tuple[Callable[[], Pattern], ...] = (
            lambda: grass,
            lambda: grass,
            lambda: Layered(earth, dry, scale, self._between(0.01, 0.04), 0.12),
            lambda: Layered(asphalt, asphalt * np.float32(0.85), scale, 0.012, 0.15),
            lambda: Courses(gray, gray * np.float32(0.4), side, side * self._between(1, 2), 0.015, 0.5, 0.2),
            lambda: Courses(earth, gray, side / 2, side, 0.015, 0.5, 0.25),
            lambda: Layered(snow, snow * np.float32(0.9), scale, 0.03, 0.05),
        )
        pattern = self._picture(self._between(1.0, 4.0)) if self._shows_picture(0.5) else self._one_of(kinds)()
        return Material(pattern, gloss=0.02)

    def slope(self) -> Material:
        """Hills far away: woods, meadows, rock."""
        first = palette.green(self.random) if self.random.random() < 0.7 else palette.earth(self.random)
        return Material(Layered(first, palette.shade_of(first, self.random), self._between(5, 15), 0.8, 0.15))

    # ---- parts of the above ----

    def _any_pattern(self, scale: float) -> Pattern:
        if self._shows_picture(1.0):
            return self._picture(scale * 4)
        first, second = palette.any_color(self.random), palette.any_color(self.random)
        kinds: tuple[Callable[[], Pattern], ...] = (
            lambda: Plain(first),
            lambda: Plain(first),
            lambda: Checks(first, second, scale),
            lambda: Stripes(first, second, scale * 1.5, int(self.random.integers(3)), self._between(0.3, 0.8)),
            lambda: Dots(first, second, scale * 1.3, self._between(0.15, 0.4)),
            lambda: Mottled(first, second, scale * 2, contrast=self._between(0.3, 1.2)),
        )
        return self._one_of(kinds)()

    def _shows_picture(self, factor: float) -> bool:
        return bool(self._pictures) and self.random.random() < _PICTURES * factor

    def _picture(self, scale: float, *, centred: bool = False) -> Picture:
        path = self._pictures[int(self.random.integers(len(self._pictures)))]
        place = (0.0, 0.0) if centred else (self._between(-scale, scale), self._between(-scale, scale))
        return Picture(path, scale, place)

    def _shining(self, pattern: Pattern, gloss: float) -> Material:
        return Material(pattern, gloss=gloss, sharpness=self._between(8, 90))

    def _between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def _one_of(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self.random.integers(len(choices)))]
