"""Smooth noise in space, from one volume that repeats and is made once, and numbers drawn by cells."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_scenes.vectors import Floats, vector

_SIDE = 64
_CELLS = 4096


@functools.cache
def _volume(first: int, octaves: int) -> Floats:
    """Noise that repeats after 64 cells, of standard deviation 1; each octave is half as strong and twice as fine.

    The first octave's features are about 10 cells wide, those of the fifth less than one.
    """
    random = np.random.Generator(np.random.PCG64(7))
    total = np.zeros((_SIDE,) * 3)
    for octave in range(first, first + octaves):
        layer = ndimage.gaussian_filter(random.standard_normal((_SIDE,) * 3), 4.0 / 2**octave, mode="wrap")
        total += layer / layer.std() / 2**octave
    return vector(total / total.std())


@functools.cache
def _table() -> Floats:
    return vector(np.random.Generator(np.random.PCG64(11)).random(_CELLS))


def noise(points: Floats, scale: float) -> Floats:
    """Noise ``[N]`` at places ``[3, N]``, mean 0, standard deviation 1, features about ``scale`` metres wide."""
    return _sampled(_volume(0, 4), points * np.float32(10 / scale))


def grains(points: Floats, scale: float) -> Floats:
    """The same, but grains of one size."""
    return _sampled(_volume(2, 2), points * np.float32(2.5 / scale))


def _sampled(volume: Floats, cells: Floats) -> Floats:
    values: Floats = ndimage.map_coordinates(
        volume, cells, order=1, mode="grid-wrap", prefilter=False, output=np.float32
    )
    return values


def by_cell(first: NDArray[np.int32], second: NDArray[np.int32]) -> Floats:
    """A number 0..1 for each cell of a grid, always the same one."""
    chosen: Floats = _table()[(first * 7919 + second * 104729) % _CELLS]
    return chosen


def fade(footprint: Floats, detail: float) -> Floats:
    """How much of a detail of this width in metres is left, 0..1, where a pixel shows ``footprint`` metres."""
    left: Floats = np.clip(np.float32(1.5) - footprint * np.float32(1.5 / detail), 0, 1)
    return left
