"""Kubric's annotation files as native values (its own ``file_io.py`` and MOVi's README say how they are written)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lavincli.errors import InputError
from lavincli.media.arrays import read_array

_FULL = 65535


def read_inverse_depth(scene: Path, frames: Sequence[int], *, plane: bool) -> NDArray[np.float32]:
    """``float32 [T, H, W]``, 1 / metres, from the distances to the camera's centre in ``depth_*.tiff``.

    With ``plane``, to the camera's plane instead. What Blender puts at 1e10 metres comes out as good as 0.
    """
    distance = np.stack([read_array(scene / f"depth_{frame:05d}.tiff") for frame in frames]).astype(np.float64)
    if plane:
        distance /= _stretch(scene, *distance.shape[1:])
    with np.errstate(divide="ignore"):
        inverse = np.where(distance > 0, 1 / distance, np.nan)
    return inverse.astype(np.float32)


def read_normals(scene: Path, frames: Sequence[int]) -> NDArray[np.float32]:
    """``float32 [T, H, W, 3]`` in world axes, z = up; NaN where a pixel has none (the background without a dome)."""
    values = np.stack([_rgb(scene / f"normal_{frame:05d}.png") for frame in frames])
    normals = values.astype(np.float32) * np.float32(2 / _FULL) - 1
    lengths = np.linalg.norm(normals, axis=3, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit: NDArray[np.float32] = np.where(lengths > 0.5, normals / lengths, np.float32(np.nan))
    return unit


def read_flow(scene: Path, frames: Sequence[int]) -> NDArray[np.float32]:
    """``float32 [T, H, W, 2]`` in pixels: u = columns, v = rows.

    The files hold (rows, columns, 0) of the flow to the next frame, scaled from the range in ``data_ranges.json`` to 16
    bits; both components share the range.
    """
    path = scene / "data_ranges.json"
    ranges = _json(path)
    try:
        low, high = (float(ranges["forward_flow"][end]) for end in ("min", "max"))
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: lacks the numbers forward_flow.min and forward_flow.max") from None
    values = np.stack([_rgb(scene / f"forward_flow_{frame:05d}.png") for frame in frames])
    flow = values[..., 1::-1].astype(np.float32) * np.float32((high - low) / _FULL) + np.float32(low)
    return np.ascontiguousarray(flow)


def read_instances(scene: Path, frames: Sequence[int]) -> NDArray[np.int32]:
    """``int32 [T, H, W]`` from indexed PNGs; 0 = background."""
    return np.stack([read_array(scene / f"segmentation_{frame:05d}.png") for frame in frames]).astype(np.int32)


def _rgb(path: Path) -> NDArray[np.uint16]:
    values = read_array(path)
    if values.dtype != np.uint16 or values.ndim != 3:
        raise InputError(f"{path}: is no 16-bit RGB picture ({values.dtype}, {list(values.shape)})")
    return values


def _stretch(scene: Path, height: int, width: int) -> NDArray[np.float64]:
    """How much longer the way to the camera's centre is than that to its plane, for each pixel ``[H, W]``."""
    path = scene / "metadata.json"
    camera = _json(path).get("camera", {})
    try:
        focal = float(camera["focal_length"]) / float(camera["sensor_width"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: lacks the numbers camera.focal_length and camera.sensor_width") from None
    # Both in widths of the picture, which the sensor's width covers.
    across = ((np.arange(width) + 0.5) / width - 0.5) / focal
    down = ((np.arange(height) + 0.5) - height / 2) / width / focal
    return np.sqrt(1 + across**2 + down[:, None] ** 2)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON ({error})") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: is no JSON object")
    return values
