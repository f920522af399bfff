"""Linear light, CIELAB and luma, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)
_DELTA = 6 / 29
_LEVELS = np.arange(256) / 255.0
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)


def to_linear(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """SRGB ``uint8`` of any shape -> linear light in 0..1 (IEC 61966-2-1)."""
    return _LINEAR[rgb]


def from_linear(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Linear light of any shape -> sRGB ``uint8``, rounded; what is outside 0..1 is clipped."""
    light = np.clip(linear, 0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    rgb: NDArray[np.uint8] = np.clip(value * 255 + 0.5, 0, 255).astype(np.uint8)
    return rgb


def rgb_to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """SRGB ``uint8 [..., 3]`` -> CIELAB (D65) ``float64 [..., 3]``: L in 0..100, a and b around 0."""
    xyz = to_linear(rgb) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > _DELTA**3, np.cbrt(xyz), xyz / (3 * _DELTA**2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def lab_to_rgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """CIELAB (D65) ``[..., 3]`` -> sRGB ``uint8 [..., 3]``; colours that sRGB can't show are clipped."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29)) * _WHITE
    return from_linear(xyz @ np.linalg.inv(_TO_XYZ).T)


def luma(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """BT.601 luma of sRGB ``uint8 [..., 3]`` in the studio range 16..235 (MATLAB's rgb2ycbcr), ``float64 [...]``."""
    studio: NDArray[np.float64] = 16 + rgb @ np.array([65.481, 128.553, 24.966]) / 255
    return studio
