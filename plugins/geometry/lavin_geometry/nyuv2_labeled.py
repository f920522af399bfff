"""The labelled part of NYU-v2 as published: one HDF5 file (MATLAB 7.3) and the split, a MATLAB 5 file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError

LABELED_FILE: Final = "nyu_depth_v2_labeled.mat"
SPLITS_FILE: Final = "splits.mat"


def split_indices(root: Path, split: str) -> list[int]:
    """The items of "train" or "test", counted from 0 (the file counts from 1).

    Raises InputError if ``splits.mat`` is missing or isn't what it should be.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    path = root / SPLITS_FILE
    if not path.is_file():
        raise InputError(f"{path}: no such file; put it beside {LABELED_FILE}, it comes from NYU-v2's page too")
    name = f"{split}Ndxs"
    try:
        numbers = loadmat(path)[name]
    except (MatReadError, NotImplementedError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: can't be read as MATLAB 5 with '{name}' in it ({error}); download it again"
        ) from error
    return [int(number) - 1 for number in np.ravel(numbers)]


def read_labeled(path: Path, index: int) -> tuple[Clip, NDArray[np.float32]]:
    """Photo ``uint8 [1, H, W, 3]`` and depth ``float32 [H, W]`` in metres of item ``index`` (from 0).

    MATLAB writes columns first, so to HDF5 the photos are ``[N, 3, W, H]`` and the depth ``[N, W, H]``.
    Raises InputError if the file is damaged, or lacks the item.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            image, depth = file["images"][index], file["depths"][index]
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"{path}: item {index + 1} can't be read ({error}); expected HDF5 with images and depths, download it again"
        ) from error
    return np.ascontiguousarray(image.transpose(2, 1, 0))[None], np.ascontiguousarray(depth.T)
