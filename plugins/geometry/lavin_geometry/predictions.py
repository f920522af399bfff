"""Depth, normals and flow that other tools have predicted, in the formats in which the field hands them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.flo import read_flo
from lavin_geometry.kitti_flow import read_kitti_flow
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.media.arrays import read_array
from lavincli.media.clips import read_clip
from lavincli.prediction_files import PredictionFiles, Reader, read_npy

_ARRAYS: Final = (".npy", ".npz")
_DEPTH_PICTURES: Final = (".png", ".tiff", ".tif")
_FLOWS: Final = (".flo", ".png")


def depth_predictions(folder: Path, *, values: str = "inverse_depth") -> Reader:
    """Inverse depth ``float32 [H, W]`` or ``[T, H, W]`` from ``.npy``, or 16-bit PNGs or TIFFs of float32.

    Args:
        folder: where they lie.
        values: "inverse_depth" (disparity; the scale and shift don't matter) or "depth", of which 0 is not known.

    Raises ValueError for other values; on access InputError.
    """
    if values not in ("inverse_depth", "depth"):
        raise ValueError(f"values is 'inverse_depth' or 'depth', not {values!r}")
    files = PredictionFiles(folder)

    def read(sample: Sample) -> NDArray[np.float32]:
        path = files.find(sample.key, (*_ARRAYS, *_DEPTH_PICTURES, ""))
        found = _frames(path, lambda one: _floats(one, _DEPTH_PICTURES), (*_ARRAYS, *_DEPTH_PICTURES))
        array = np.squeeze(found)
        if values == "depth":
            array = np.divide(1, array, out=np.full_like(array, np.nan), where=array > 0)
        return array.astype(np.float32)

    return read


def normal_predictions(
    folder: Path, decode: Callable[[Clip], NDArray[np.float32]], signs: tuple[int, int, int]
) -> Reader:
    """Normals ``float32 [H, W, 3]`` or ``[T, H, W, 3]`` from ``.npy``, or from pictures that ``decode`` reads.

    ``signs`` turn the axes of arrays into lavin's. Raises InputError on access.
    """
    files = PredictionFiles(folder)

    def read(sample: Sample) -> NDArray[np.float32]:
        path = files.find(sample.key, (*_ARRAYS, ".png", ".jpg", ""))
        if path.suffix not in _ARRAYS and not path.is_dir():
            return decode(read_clip(path))
        found = _frames(path, lambda one: _floats(one, ()), _ARRAYS)
        array = found.reshape(found.shape[-3:]) if found.ndim == 4 and len(found) == 1 else found
        return array.astype(np.float32) * np.array(signs, dtype=np.float32)

    return read


def flow_predictions(folder: Path) -> Reader:
    """Flow ``float32 [H, W, 2]`` or ``[T, H, W, 2]`` from ``.flo``, KITTI's PNGs or ``.npy``; clips a file a frame."""
    files = PredictionFiles(folder)

    def flow(path: Path) -> NDArray[np.float32]:
        if path.suffix in _ARRAYS:
            return read_npy(path).astype(np.float32)
        return read_flo(path) if path.suffix.lower() == ".flo" else read_kitti_flow(path)

    def read(sample: Sample) -> NDArray[np.float32]:
        return _frames(files.find(sample.key, (*_FLOWS, *_ARRAYS, "")), flow, (*_FLOWS, *_ARRAYS))

    return read


def _frames(path: Path, read: Callable[[Path], NDArray[Any]], suffixes: tuple[str, ...]) -> NDArray[Any]:
    """A file, or all files of a folder as ``[T, ...]``."""
    if not path.is_dir():
        return read(path)
    frames = sorted(file for file in path.iterdir() if file.suffix.lower() in suffixes)
    if not frames:
        raise InputError(f"{path}: holds no frames ({', '.join(suffixes)})")
    return np.stack([read(frame) for frame in frames])


def _floats(path: Path, pictures: tuple[str, ...]) -> NDArray[np.float64]:
    values = read_array(path) if path.suffix.lower() in pictures else read_npy(path)
    if values.dtype.kind not in "fui":
        raise InputError(f"{path}: holds {values.dtype}, not numbers")
    return values.astype(np.float64)
