"""Unit vectors whose colours were mixed with their neighbours', as JPEG and models do it at edges."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_MIXED: Final = 0.08
"""A length that differs from 1 by more tells of a mixture: no unit vector has such a colour."""
_REACH: Final = 3
"""Pixels; the halved colour resolution of JPEG spreads a colour by two."""
_LUMA_SPREAD: Final = 0.04
_DISTANCE_SPREAD: Final = 1.5
_LEAST_WEIGHT: Final = 0.01


def unmixed(vectors: NDArray[np.float32], *, shortest: float) -> NDArray[np.float32]:
    """Vectors ``[H, W, 3]`` with mixtures, and the pixels around them, taken from the whole vectors near by.

    A picture keeps brightness sharper than colour. So a mixture becomes the average of the unmixed vectors within three
    pixels, weighted by how near they are and how alike in brightness (a joint bilateral filter: Kopf et al., "Joint
    bilateral upsampling", 2007). It stays as it is where there are none, and so do vectors up to ``shortest``, which
    name no direction.
    """
    length = np.linalg.norm(vectors, axis=2)
    directed = length > shortest
    mixed = directed & (np.abs(length - 1) > _MIXED)
    if not mixed.any():
        return vectors
    doubtful = directed & ndimage.binary_dilation(mixed)
    rows, columns = np.nonzero(doubtful)
    # Everything outside the picture is doubtful, so what it is padded with doesn't matter.
    whole = np.pad(directed & ~doubtful, _REACH)
    luma = np.pad(vectors @ _LUMA, _REACH)
    padded = np.pad(vectors, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)))
    own_luma = luma[rows + _REACH, columns + _REACH]
    average = np.zeros((len(rows), 3), dtype=np.float32)
    weights = np.zeros(len(rows), dtype=np.float32)
    for down, across in np.ndindex(2 * _REACH + 1, 2 * _REACH + 1):
        there = rows + down, columns + across
        distance = np.float32(np.hypot(down - _REACH, across - _REACH) / _DISTANCE_SPREAD)
        unlike = (luma[there] - own_luma) / np.float32(_LUMA_SPREAD)
        weight = np.exp(-(unlike**2 + distance**2) / 2) * whole[there]
        average += weight[:, None] * padded[there]
        weights += weight
    found = weights > _LEAST_WEIGHT
    result = vectors.copy()
    result[rows[found], columns[found]] = average[found] / weights[found, None]
    return result
