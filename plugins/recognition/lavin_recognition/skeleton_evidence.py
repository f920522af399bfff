"""What the pixels of a picture say: where discs may be, where lines are, and how colours were stored."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.skeleton_chroma import TO_YCC, is_halved

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_LEAST_PEAK: Final = 4.0
"""Peaks are redder than what is around them by at least so many levels."""
_DARKER: Final = np.float32(0.3)
"""Levels of red chroma that one of luma less is as good as."""
_SAME: Final = 1.5
"""Peaks so many pixels apart are one."""
_MOST_DISCS: Final = 200
"""Discs looked at, the reddest; nine whole people have 153."""
_LEAST_PURITY: Final = 0.4
"""A pixel is red if its red stands out by more than this share; that of the orange limbs does by 0.5 to 0.6."""
_BRIGHT: Final = 80.0
"""Slightly smoothed, those of a line's middle are above this."""
_DARK: Final = 40.0
"""Pixels whose brightest channel is below this are background."""


class Evidence:
    """A square picture of skeletons, and what can be looked up in it.

    Attributes:
        picture: ``float32 [S, S, 3]``, S even.
        unit: factor on the widths of lines and discs at 256 pixels.
        halved: whether its colours were stored at half the resolution.
        ycc: ``float32 [S, S, 3]``, luma and the two chromas.
        lit: ``bool [S, S]``, what is not background, and a pixel around it.
        bright: ``bool [S, S]``, the middles of lines.
        red: ``float32 [S, S]``, 0..1.
        discs: ``float32 [N, 2]``, x and y of what may be discs, joints and bits of the central line alike.
    """

    def __init__(self, picture: Floats) -> None:
        self.picture = picture
        self.side = len(picture)
        self.unit = max(self.side / 256, 0.5)
        self.halved = is_halved(picture, self.unit)
        self.ycc: Floats = picture @ TO_YCC
        self.lit = ndimage.maximum_filter(picture.max(axis=2), 3) > _DARK
        self.bright = ndimage.gaussian_filter(picture.max(axis=2), 0.5) > _BRIGHT
        smooth = ndimage.gaussian_filter(picture, (0.7, 0.7, 0))
        purity = (smooth[..., 0] - smooth[..., 1:].max(axis=2)) / np.maximum(smooth[..., 0], 1)
        self.red: Floats = np.where(self.lit, ((purity - _LEAST_PURITY) / 0.25).clip(0, 1), 0).astype(np.float32)
        self._all_red = self.red.copy()
        self.discs = _discs(picture, self.ycc, self.unit)

    def pixels(self, places: Floats) -> tuple[Indices, Indices]:
        """Rows and columns ``[...]`` of the pixels at places ``[..., 2]``."""
        columns, rows = np.moveaxis(places.astype(np.intp).clip(0, self.side - 1), -1, 0)
        return rows, columns

    def redness(self, first: Floats, second: Floats) -> Floats:
        """Share ``[N]`` of lines between places ``[N, 2]`` that is red."""
        rows, columns = self.pixels(places_along(first, second, margin=1.0, samples=24))
        share: Floats = (self.red[rows, columns] > 0.3).mean(axis=1)
        return share

    def forget_spines(self) -> None:
        """All red counts again."""
        self.red = self._all_red.copy()

    def explain_red(self, first: Floats, second: Floats) -> None:
        """The red between two places is that of a spine found, and of no other."""
        rows, columns = self.pixels(places_along(first[None], second[None], margin=2.0, samples=300))
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                self.red[(rows + down).clip(0, self.side - 1), (columns + across).clip(0, self.side - 1)] = 0


def places_along(first: Floats, second: Floats, *, margin: float, samples: int) -> Floats:
    """Places ``[N, samples, 2]`` on lines between places ``[N, 2]``, ``margin`` pixels left out at both ends."""
    length = np.linalg.norm(second - first, axis=1)
    skipped = np.minimum(margin / np.maximum(length, 1e-6), 0.4)
    share = skipped[:, None] + (1 - 2 * skipped[:, None]) * np.linspace(0, 1, samples, dtype=np.float32)
    places: Floats = first[:, None] + share[..., None] * (second - first)[:, None]
    return places


def bounds(*places: Floats, margin: float = 3) -> tuple[Floats, Floats]:
    """The corners around places ``[..., 2]``."""
    flat = np.concatenate([place.reshape(-1, 2) for place in places])
    low: Floats = flat.min(axis=0) - np.float32(margin)
    high: Floats = flat.max(axis=0) + np.float32(margin)
    return low, high


def _discs(picture: Floats, ycc: Floats, unit: float) -> Floats:
    """Peaks of two kinds of redness, those of the second where the first has none.

    Colours of half the resolution leave little red of a disc, but beside a line it is darker, too.
    """
    dark_red = np.where(picture.max(axis=2) > _DARK, ycc[..., 2] - _DARKER * ycc[..., 0], 0)
    redness = picture[..., 0] - picture[..., 1:].max(axis=2)
    found: Floats = np.zeros((0, 2), dtype=np.float32)
    for level in (dark_red, redness):
        peaks = _peaks(level, unit)
        new = np.linalg.norm(peaks[:, None] - found[None], axis=2).min(axis=1, initial=np.inf) > _SAME * unit
        found = np.concatenate([found, peaks[new]])
    return found[:_MOST_DISCS]


def _peaks(level: Floats, unit: float) -> Floats:
    """``[N, 2]``: places that are higher than what is around them, the highest first."""
    smooth = ndimage.gaussian_filter(level, 0.7 * unit) - ndimage.gaussian_filter(level, 2 * unit)
    peaks = (smooth == ndimage.maximum_filter(smooth, 3)) & (smooth >= _LEAST_PEAK)
    rows, columns = np.nonzero(peaks)
    strongest = np.argsort(-smooth[rows, columns], kind="stable")
    rows, columns = rows[strongest], columns[strongest]
    # The top of a parabola through the peak and its neighbours.
    padded = np.pad(smooth, 1, mode="edge")
    here = padded[rows + 1, columns + 1]
    shifts = []
    for before, after in (
        (padded[rows + 1, columns], padded[rows + 1, columns + 2]),
        (padded[rows, columns + 1], padded[rows + 2, columns + 1]),
    ):
        curvature = np.maximum(2 * here - before - after, 1e-6)
        shifts.append(((after - before) / (2 * curvature)).clip(-0.5, 0.5))
    return np.stack([columns + 0.5 + shifts[0], rows + 0.5 + shifts[1]], axis=1).astype(np.float32)
