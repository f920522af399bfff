"""Options that are a number or a range, and lengths that grow with the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip

REFERENCE_SIZE = 256
"""Lengths in cards are in pixels of a picture of this width."""


class Range:
    """A fixed number, or [low, high] to draw from with equal chances.

    Raises ValueError if it is neither, or outside ``at_least`` .. ``at_most``.
    """

    def __init__(
        self, value: float | Sequence[float], name: str, *, at_least: float = 0.0, at_most: float = float("inf")
    ) -> None:
        bounds = (value, value) if isinstance(value, (int, float)) else tuple(value)
        if len(bounds) != 2 or not all(isinstance(bound, (int, float)) for bound in bounds):
            raise ValueError(f"{name} is a number or [low, high], not {value!r}")
        self.low, self.high = (float(bound) for bound in bounds)
        if not at_least <= self.low <= self.high <= at_most:
            raise ValueError(f"{name} {value!r} is not within {at_least:g} <= low <= high <= {at_most:g}")

    def draw(self, random: np.random.Generator) -> float:
        """One value from the range."""
        return float(random.uniform(self.low, self.high))


def pixels(length: float, clip: Clip) -> float:
    """A length of a picture 256 pixels wide, in pixels of ``clip`` ``[T, H, W, 3]``."""
    return float(length * clip.shape[2] / REFERENCE_SIZE)


def to_bytes(values: NDArray[np.floating]) -> Clip:
    """Round and clip to ``uint8``."""
    rounded: Clip = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    return rounded
