"""From measured depth to the inverse depth that lavin works with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inverse_of_metres(depth: NDArray[np.floating], *, nearest: float, farthest: float) -> NDArray[np.float32]:
    """``[H, W]`` in metres -> 1 / metres as float32; NaN where the depth is not between the two, both left out."""
    metres = depth.astype(np.float64)
    known = (metres > nearest) & (metres < farthest)
    return np.divide(1.0, metres, out=np.full_like(metres, np.nan), where=known).astype(np.float32)
