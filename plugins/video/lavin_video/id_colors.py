"""Which colours stand for objects in a clip: modes of the hue over all of its frames."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_video.id_pixels import nearest_colors
from lavin_video.palette import BRIGHTEST, DARKEST, FIRST_HUE
from lavincli.clip import Clip

LIT: Final = BRIGHTEST // 2
"""A pixel whose brightest channel is above this belongs to an object, at or below it to the background."""
_COLOURED = 48
"""Least difference between the largest and the smallest channel of a pixel that tells a hue; the palette has 132."""
_FLAT = 20.0
"""Largest standard deviation of a channel over 3 x 3 pixels inside an object, with what noise adds."""
_BLUR = 4.0
"""Sigma in degrees of what smooths the histogram of hues. Twelve objects are 30 degrees apart."""
_REACH = 9
"""Degrees to both sides of a mode that belong to it."""
_LEAST_SHARE = 0.0002
"""Pixels that make a colour an object, as a share of one frame (3 pixels at 128 x 128)."""
_OFF = 20
"""Levels that the brightest and the darkest channel of a small object's pixels may be off from those of the palette."""
_NEW = 20
"""Degrees from all other hues that make the hue of a small object a new one; mixtures of neighbours lie nearer."""
_AROUND = 7
"""Side of the window, in pixels, in which two known colours may mix to a third one."""
_SLACK = 7.0
"""Degrees by which the first hue may come out too small and still count as the first."""


def find_colors(clip: Clip) -> NDArray[np.float64]:
    """Colours of objects in ``uint8 [T, H, W, 3]``: ``float64 [N, 3]``, in the palette's order of hues.

    A picture as it was rendered, with none but colours of a palette, gives them exactly. In any other, the hues of flat
    areas of all frames are counted, and each mode is an object: pixels at the border of two objects mix their colours
    to a third hue, but never over an area. Objects that are nowhere 3 pixels wide come second: they are found by pixels
    that are nearly of the palette, of a hue far from all others, and not between two objects.
    """
    exact = _exact_colors(clip)
    if exact is not None:
        return _in_order(exact.astype(np.float64))
    colors = _colors_of_modes(_flat_colors(clip), fewest_pixels(clip))
    small = _colors_of_modes(_small_colors(clip, colors), 2 * fewest_pixels(clip))
    return _in_order(np.concatenate([colors, small]))


def fewest_pixels(clip: Clip) -> float:
    """Pixels of all frames that make a colour an object."""
    return _LEAST_SHARE * float(clip.shape[1] * clip.shape[2])


def _exact_colors(clip: Clip) -> NDArray[np.uint8] | None:
    """The colours of a clip all of whose pixels are black or of an HLS palette; None if there are others."""
    brightest = clip.max(axis=3)
    of_palette = (brightest == BRIGHTEST) & (clip.min(axis=3) == DARKEST)
    if not (of_palette | (brightest == 0)).all():
        return None
    codes = np.unique(clip[of_palette].astype(np.int32) @ np.array([65536, 256, 1]))
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)


def _flat_colors(clip: Clip) -> NDArray[np.float32]:
    """Means over 3 x 3 pixels, ``[N, 3]``, wherever these are lit, coloured and nearly the same."""
    values = clip.astype(np.float32)
    mean = ndimage.uniform_filter(values, size=(1, 3, 3, 1))
    variance = ndimage.uniform_filter(values**2, size=(1, 3, 3, 1)) - mean**2
    brightest = mean.max(axis=3)
    lit = (brightest > LIT) & (brightest - mean.min(axis=3) > _COLOURED)
    colors: NDArray[np.float32] = mean[lit & (variance.max(axis=3) <= _FLAT**2)]
    return colors


def _small_colors(clip: Clip, known: NDArray[np.float64]) -> NDArray[np.float32]:
    """Pixels ``[N, 3]`` as bright as the palette whose hue none of the ``known`` colours has, nor two of them mix."""
    brightest, darkest = clip.max(axis=3).astype(np.int16), clip.min(axis=3).astype(np.int16)
    found = (np.abs(brightest - BRIGHTEST) <= _OFF) & (np.abs(darkest - DARKEST) <= _OFF)
    for hue in _hue(known):
        found[found] = np.abs(_turn(_hue(clip[found]) - hue)) > _NEW
    if len(known) and found.any():
        labels, clear = nearest_colors(clip, known)
        found &= ~clear
        labels = np.where(clear, labels, 0)
        highest = ndimage.maximum_filter(labels, size=(1, _AROUND, _AROUND))
        lowest = ndimage.minimum_filter(np.where(labels > 0, labels, len(known) + 1), size=(1, _AROUND, _AROUND))
        found &= lowest >= highest
    found &= ndimage.uniform_filter(found.astype(np.float32), size=(1, 3, 3)) > 2.5 / 9  # three of nine
    colors: NDArray[np.float32] = clip[found].astype(np.float32)
    return colors


def _hue(colors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Hue of ``[N, 3]`` in degrees, 0 <= hue < 360; 0 for gray."""
    red, green, blue = colors.astype(np.float64).T
    # The angle in the plane across the gray axis, but piecewise linear as HLS has it.
    brightest = np.argmax(colors, axis=1)
    spread = np.maximum(np.ptp(colors, axis=1), np.finfo(np.float32).tiny)
    sixths = np.choose(brightest, [(green - blue) / spread, 2 + (blue - red) / spread, 4 + (red - green) / spread])
    hue: NDArray[np.float64] = sixths * 60 % 360
    return hue


def _turn(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences of hues, the short way round: -180 .. 180."""
    turned: NDArray[np.float64] = (degrees + 180) % 360 - 180
    return turned


def _colors_of_modes(colors: NDArray[np.float32], least: float) -> NDArray[np.float64]:
    """The mean colour at each mode of the hues of ``[N, 3]``."""
    hues = _hue(colors)
    means = [colors[np.abs(_turn(hues - mode)) <= _REACH].mean(axis=0) for mode in _modes(hues, least)]
    return np.array(means, dtype=np.float64).reshape(-1, 3)


def _modes(hues: NDArray[np.float64], least: float) -> list[float]:
    """Modes of hues, each with at least ``least`` of them within reach."""
    counts = np.bincount(hues.astype(np.intp) % 360, minlength=360).astype(np.float64)
    smooth = ndimage.gaussian_filter1d(counts, _BLUR, mode="wrap")
    highest = (smooth == ndimage.maximum_filter1d(smooth, 2 * _REACH + 1, mode="wrap")) & (smooth > 0)
    modes: list[float] = []
    for degree in sorted(np.flatnonzero(highest), key=lambda place: -float(smooth[place])):
        near = _turn(hues - (degree + 0.5))
        near = near[np.abs(near) <= _REACH]
        if len(near) >= least:
            mode = float(degree + 0.5 + near.mean())
            if all(abs(_turn(np.array(mode - other))) > _REACH for other in modes):
                modes.append(mode)
    return modes


def _in_order(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sorted by hue, from the palette's first one on."""
    order = np.argsort((_hue(colors) - 360 * FIRST_HUE + _SLACK) % 360, kind="stable")
    return colors[order]
