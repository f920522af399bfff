"""Fills what is not known with the value of the nearest pixel that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def fill_from_nearest_valid(values: NDArray[Any], valid: NDArray[np.bool_], *, otherwise: float) -> NDArray[Any]:
    """``[T, H, W, ...]`` with each pixel outside ``valid`` ``[T, H, W]`` set to the nearest valid one of its frame.

    A frame without a single valid pixel becomes ``otherwise`` everywhere.
    """
    if valid.all():
        return values
    filled = values.copy()
    for index, known in enumerate(valid):
        if not known.any():
            filled[index] = otherwise
        elif not known.all():
            rows, columns = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
            filled[index] = values[index][rows, columns]
    return filled
