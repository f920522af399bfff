"""What storing colours at half the resolution (JPEG's 4:2:0) does to a drawing of thin lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]

TO_YCC: Final[Floats] = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=np.float32
).T.copy()
"""RGB ``[..., 3]`` @ this is luma, blue chroma and red chroma, in levels (ITU-R BT.601, as JFIF has it)."""
TO_RGB: Final[Floats] = np.linalg.inv(TO_YCC).astype(np.float32)
_NEAR_SHARE: Final = 0.75
"""Weight of the nearer of two colours between which a pixel's is interpolated, as libjpeg does."""
_LIT: Final = 120.0


def halved(rgb: Floats) -> Floats:
    """``[3, ..., H, W]`` (H and W even) with chroma averaged over 2 x 2 pixels and interpolated again, clipped."""
    flat = rgb.reshape(3, -1)
    ycc = (TO_YCC.T @ flat).reshape(rgb.shape)
    ycc[1:] = _enlarged(_means(ycc[1:]))
    clipped: Floats = (TO_RGB.T @ ycc.reshape(3, -1)).reshape(rgb.shape).clip(0, 255)
    return clipped


def is_halved(rgb: Floats, unit: float) -> bool:
    """Whether colours of the drawing ``[H, W, 3]`` were stored at half the resolution; ``unit`` as in `Evidence`.

    Then little of their detail is beyond it; what is depends on the width of lines (measured).
    """
    chroma = np.moveaxis((rgb @ TO_YCC)[..., 1:], 2, 0)
    lit = rgb.max(axis=2) > _LIT
    beyond = (chroma - _enlarged(_means(chroma)))[:, lit]
    detail = (chroma - ndimage.uniform_filter(chroma, (0, 5, 5)))[:, lit]
    return float((beyond**2).sum()) < (0.63 - 0.26 * unit) * float((detail**2).sum())


def _means(chroma: Floats) -> Floats:
    rows = chroma[..., 0::2, :] + chroma[..., 1::2, :]
    means: Floats = np.float32(0.25) * (rows[..., 0::2] + rows[..., 1::2])
    return means


def _enlarged(chroma: Floats) -> Floats:
    """Twice as high and wide ``[..., H, W]``."""
    near, far = np.float32(_NEAR_SHARE), np.float32(1 - _NEAR_SHARE)
    own: Floats = near * chroma
    other: Floats = far * chroma
    rows = np.empty((*chroma.shape[:-2], 2 * chroma.shape[-2], chroma.shape[-1]), dtype=np.float32)
    rows[..., 2::2, :] = own[..., 1:, :] + other[..., :-1, :]
    rows[..., 1:-1:2, :] = own[..., :-1, :] + other[..., 1:, :]
    rows[..., 0, :], rows[..., -1, :] = chroma[..., 0, :], chroma[..., -1, :]
    own, other = near * rows, far * rows
    enlarged = np.empty((*rows.shape[:-1], 2 * rows.shape[-1]), dtype=np.float32)
    enlarged[..., 2::2] = own[..., 1:] + other[..., :-1]
    enlarged[..., 1:-1:2] = own[..., :-1] + other[..., 1:]
    enlarged[..., 0], enlarged[..., -1] = rows[..., 0], rows[..., -1]
    return enlarged
