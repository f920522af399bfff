"""What the pixels of a picture say: where discs may be, and which limb's colour a line has."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.panoptic_colors import split_chroma
from lavin_recognition.skeleton_parts import DISC

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

SIDE: Final = 256
"""Skeletons are looked for in pictures of this height and width."""

_LEAST_PEAK: Final = 5.0
"""Peaks are redder than what is around them by at least so many levels."""
_MOST_DISCS: Final = 160
"""Discs looked at, the reddest; nine whole people have 153."""
_LEAST_PURITY: Final = 0.4
"""A pixel is red if its red stands out by more than this share; that of the orange limbs does by 0.5 to 0.6."""
_BRIGHT: Final = 80.0
"""Slightly smoothed, those of a line's middle are above this."""
_DARK: Final = 40.0
"""Pixels whose brightest channel is below this are background."""


class Evidence:
    """A picture of skeletons, 256 x 256, and what can be looked up in it.

    Attributes:
        picture: ``float32 [256, 256, 3]``.
        lit: ``bool [256, 256]``, what is not background, and a pixel around it.
        bright: ``bool [256, 256]``, the middles of lines.
        ratios: ``float32 [256, 256, 2]``, chroma by luma.
        red: ``float32 [256, 256]``, 0..1.
        discs: ``float32 [N, 2]``, x and y of what may be discs, joints and bits of the central line alike.
    """

    def __init__(self, picture: Floats) -> None:
        self.picture = picture
        self.lit = ndimage.maximum_filter(picture.max(axis=2), 3) > _DARK
        self.bright = ndimage.gaussian_filter(picture.max(axis=2), 0.5) > _BRIGHT
        smooth = ndimage.gaussian_filter(picture, (0.7, 0.7, 0))
        self.ratios = chroma_ratios(smooth)
        purity = (smooth[..., 0] - smooth[..., 1:].max(axis=2)) / np.maximum(smooth[..., 0], 1)
        self.red: Floats = np.where(self.lit, ((purity - _LEAST_PURITY) / 0.25).clip(0, 1), 0).astype(np.float32)
        self.discs = _discs(picture)


def places_along(first: Floats, second: Floats, *, margin: float, samples: int) -> tuple[Indices, Indices]:
    """Rows and columns ``[N, samples]`` on lines between places ``[N, 2]``, ``margin`` pixels left out at both ends."""
    length = np.linalg.norm(second - first, axis=1)
    skipped = np.minimum(margin / np.maximum(length, 1e-6), 0.4)
    share = skipped[:, None] + (1 - 2 * skipped[:, None]) * np.linspace(0, 1, samples)
    places = first[:, None] + share[..., None] * (second - first)[:, None]
    columns, rows = np.moveaxis(places.astype(np.intp).clip(0, SIDE - 1), 2, 0)
    return rows, columns


def chroma_ratios(color: Floats) -> Floats:
    """Chroma (blue and red) by luma, which neither smooth edges nor a background of black change."""
    luma, chroma = split_chroma(color.astype(np.float64))
    ratios: Floats = (chroma[..., [2, 0]] * (0.564, 0.713) / np.maximum(luma, 1)[..., None]).astype(np.float32)
    return ratios


def _discs(picture: Floats) -> Floats:
    redness = picture[..., 0] - picture[..., 1:].max(axis=2)
    # Redder than the surroundings: colours of half the resolution leave little red, but less still beside a disc.
    smooth = ndimage.gaussian_filter(redness, DISC / 3) - ndimage.gaussian_filter(redness, DISC)
    peaks = (smooth == ndimage.maximum_filter(smooth, 3)) & (smooth >= _LEAST_PEAK)
    rows, columns = np.nonzero(peaks)
    strongest = np.argsort(-smooth[rows, columns], kind="stable")[:_MOST_DISCS]
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
