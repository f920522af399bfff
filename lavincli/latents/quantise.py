"""Latents as 8-bit integers with a scale for each channel: half the space of float16."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_LARGEST: Final = 127


def to_int8(latents: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """``float32 [C, T', h, w]`` -> ``int8`` of the same shape and scales ``float32 [C]``.

    Symmetric, to the channel's largest value: no value is off by more than half a scale.
    """
    largest = np.abs(latents).max(axis=(1, 2, 3))
    scales = np.where(largest > 0, largest / _LARGEST, 1.0).astype(np.float32)
    return np.rint(latents / scales[:, None, None, None]).astype(np.int8), scales


def from_int8(values: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo `to_int8`: ``int8 [..., C, T', h, w]`` and ``float32 [..., C]`` -> ``float32 [..., C, T', h, w]``."""
    latents: NDArray[np.float32] = values * scales[..., None, None, None]
    return latents
