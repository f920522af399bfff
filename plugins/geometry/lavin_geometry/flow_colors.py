"""Vectors as colours: the direction is the hue, the length the value, the saturation full (HSV).

The rule of the pictures of optical flow in Kubric and MOVi (Greff et al., "Kubric: a scalable dataset generator",
CVPR 2022).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def vectors_to_rgb(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """``[..., 2]`` (across, down) of length 0..1 -> ``uint8 [..., 3]``; longer vectors are drawn as if 1 long.

    Hue = (atan2(down, across) + pi) / (2 pi), value = length, so no motion is black.
    """
    across, down = vectors[..., 0].astype(np.float64), vectors[..., 1].astype(np.float64)
    sixths = (np.arctan2(down, across) + np.pi) * (3 / np.pi)
    value = np.minimum(np.hypot(across, down), 1)
    channels = []
    for offset in (5, 3, 1):  # of red, green and blue on the circle of hues
        place = (offset + sixths) % 6
        channels.append(value * (1 - np.clip(np.minimum(place, 4 - place), 0, 1)))
    return np.floor(np.stack(channels, axis=-1) * 255 + 0.5).astype(np.uint8)


def rgb_to_vectors(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``uint8 [..., 3]`` -> ``float32 [..., 2]`` (across, down) of length 0..1, whatever the saturation."""
    red, green, blue = np.moveaxis(rgb.astype(np.float32), -1, 0)
    value = rgb.max(axis=-1).astype(np.float32)
    chroma = np.maximum(value - rgb.min(axis=-1), 1)  # gray has no hue, and any will do
    sixths = np.select(
        [value == red, value == green],
        [(green - blue) / chroma, (blue - red) / chroma + 2],
        (red - green) / chroma + 4,
    )
    angle = sixths * np.float32(np.pi / 3) - np.float32(np.pi)
    vectors: NDArray[np.float32] = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * (value / 255)[..., None]
    return vectors.astype(np.float32)
