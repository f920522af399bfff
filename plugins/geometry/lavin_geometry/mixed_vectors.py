"""Unit vectors whose colours were mixed with their neighbours', as JPEG and models do it at edges."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_MIXED: Final = 0.03
"""A length that differs from 1 by more tells of a mixture; rounding to 8 bits makes less than 0.01."""
_REACH: Final = 3
"""Pixels; the halved colour resolution of JPEG spreads a colour by two."""
_LENGTH_SPREAD: Final = 0.03
_LUMA_SPREAD: Final = 0.04
_DISTANCE_SPREAD: Final = 1.5
_LEAST_WEIGHT: Final = 0.01


def unmixed(vectors: NDArray[np.float32], *, shortest: float) -> NDArray[np.float32]:
    """Vectors ``[H, W, 3]`` with mixtures, and the pixels beside them, made anew from the whole vectors near by.

    A picture keeps brightness sharper than colour. So they become the average of the vectors within three pixels,
    weighted by how near those are, how alike in brightness, and how near to length 1 (a joint bilateral filter: Kopf et
    al., "Joint bilateral upsampling", 2007). Where all of these are unlike, a vector stays as it is, and so do vectors
    up to ``shortest``, which name no direction.
    """
    length = np.linalg.norm(vectors, axis=2)
    directed = length > shortest
    mixed = directed & (np.abs(length - 1) > _MIXED)
    if not mixed.any():
        return vectors
    rows, columns = np.nonzero(directed & ndimage.binary_dilation(mixed))
    whole = np.exp(-np.square((length - 1) / np.float32(_LENGTH_SPREAD)) / 2) * directed
    # Beyond the picture the weight is 0, so what is there doesn't matter.
    whole, luma = np.pad(whole, _REACH), np.pad(vectors @ _LUMA, _REACH)
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
