"""The codec of surface normals: their coordinates as colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.averages import mean_of_known, weighted_mean
from lavin_geometry.files import save_array, with_added_suffix
from lavin_geometry.following import keep
from lavin_geometry.mixed_vectors import unmixed
from lavin_geometry.predictions import normal_predictions
from lavin_geometry.unit_vectors import normalised, without_noise
from lavincli.abilities import Follower
from lavincli.clip import Clip, Pair
from lavincli.views.painting import blend

if TYPE_CHECKING:
    from lavincli.cards.framing import Frame
    from lavincli.prediction_files import Reader

Normals = NDArray[np.float32]
"""``float32 [H, W, 3]`` or ``[T, H, W, 3]``, unit vectors, NaN = not known."""

Axes = Literal["camera", "world"]
SaveAxes = Literal["lavin", "opencv", "opengl"]

_SIGNS: Final = {"lavin": (1, 1, 1), "opencv": (-1, -1, -1), "opengl": (-1, 1, 1)}
"""From left, up, towards the camera to the axes of OpenCV (right, down, away) and OpenGL (right, up, towards)."""

_NO_DIRECTION = 0.125
"""Colours nearer to middle gray than this (a unit vector has 1) name no direction."""


class NormalsCodec:
    """``float32 [H, W, 3]`` or ``[T, H, W, 3]`` <-> the colours ``(n + 1) / 2``.

    In the camera's axes red is left, green is up and blue is towards the camera: a floor is green (128, 255, 128), a
    wall on the left side of a room, which faces right, is teal. Pixels that are not known are gray (128, 128, 128).

    Args:
        axes: "camera" (left, up, towards it) or "world" (x, y, z = up). Mirroring a picture turns left into right; what
            it does to the axes of the world depends on where the camera stood, so those pictures aren't mirrored.
        save_axes: axes of the ``.npy`` that `save` writes: "lavin" (as decoded), "opencv" (right, down, away from the
            camera) or "opengl" (right, up, towards the camera); the last two for camera axes only.
    """

    resample = "bicubic"

    def __init__(self, *, axes: Axes = "camera", save_axes: SaveAxes = "lavin") -> None:
        if axes not in get_args(Axes):
            raise ValueError(f"axes is 'camera' or 'world', not {axes!r}")
        if save_axes not in _SIGNS:
            raise ValueError(f"save_axes is one of {', '.join(_SIGNS)}, not {save_axes!r}")
        if axes == "world" and save_axes != "lavin":
            raise ValueError(
                f"save_axes {save_axes!r} are those of a camera; normals in world axes are saved as they are"
            )
        self.axes = axes
        self.save_axes = save_axes
        self.mirrorable = axes == "camera"

    def render(self, value: Normals) -> Clip:
        """Normals -> ``uint8 [T, H, W, 3]``. Raises ValueError for another shape."""
        if value.ndim not in (3, 4) or value.shape[-1] != 3:
            raise ValueError(f"normals are [H, W, 3] or [T, H, W, 3], not {list(value.shape)}")
        frames = value.reshape(-1, *value.shape[-3:]).astype(np.float32)
        unit = np.nan_to_num(normalised(frames, shortest=0.0), nan=0.0)
        colors: Clip = np.floor((unit + 1) * 127.5 + 0.5).astype(np.uint8)
        return colors

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Normals:
        """Unit vectors; NaN where the colour is gray. ``[H, W, 3]`` for one frame, else ``[T, H, W, 3]``.

        How far the colours are from those of unit vectors tells how noisy the picture is, and where it is blurred:
        noise of more than a level is smoothed away (`lavin_geometry.unit_vectors.without_noise`), and colours mixed at
        edges are told apart (`lavin_geometry.mixed_vectors.unmixed`). A clean picture is taken as it is.
        """
        del context, query
        vectors = rgb.astype(np.float32) / np.float32(127.5) - 1
        restored = [unmixed(without_noise(frame), shortest=_NO_DIRECTION) for frame in vectors]
        normals = normalised(np.stack(restored), shortest=_NO_DIRECTION)
        return normals[0] if len(normals) == 1 else normals

    def save(self, value: Normals, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.npy``, float32, in the axes that ``save_axes`` names."""
        path = with_added_suffix(path_without_suffix, ".npy")
        save_array(path, value.astype(np.float32) * np.array(_SIGNS[self.save_axes], dtype=np.float32))
        return [path]

    def read_predictions(self, folder: Path, *, axes: SaveAxes = "lavin") -> Reader:
        """See `lavin_geometry.predictions.normal_predictions`; ``axes``: those of arrays, as in ``save_axes``.

        Raises ValueError for other axes.
        """
        if axes not in _SIGNS:
            raise ValueError(f"axes is one of {', '.join(_SIGNS)}, not {axes!r}")
        return normal_predictions(folder, self.decode, _SIGNS[axes])

    def trivial_answers(self, shape: tuple[int, ...]) -> dict[str, Clip]:
        """A plane that faces the camera, or in world axes a level floor, ``uint8 [T, H, W, 3]``: both are blue."""
        plane = np.broadcast_to(np.array([128, 128, 255], dtype=np.uint8), shape).copy()
        return {"facing_camera" if self.axes == "camera" else "level_floor": plane}

    def cut(self, value: Normals, frame: Frame, size: int) -> Normals:
        """The part inside ``frame``, ``[..., size, size, 3]``; in a mirror, what pointed left points right.

        Raises ValueError if the frame mirrors normals in world axes.
        """
        part: Normals = frame.pick(value, size, axes=(value.ndim - 3, value.ndim - 2))
        if not frame.mirrored:
            return part
        if not self.mirrorable:
            raise ValueError("normals in world axes can't be mirrored without the camera's place")
        return part * np.array([-1, 1, 1], dtype=np.float32)

    # ---- views, ensembles, videos ----

    def draw_on(self, photo: Clip, value: Normals) -> Clip:
        """Their colours over the photo's gray."""
        return blend(photo, self.render(value))

    def average(self, values: Sequence[Normals]) -> Normals:
        """The direction of their sum; not known where they cancel."""
        return normalised(mean_of_known(values), shortest=_NO_DIRECTION)

    def split(self, value: Normals) -> list[Normals]:
        """Normals of each frame."""
        return list(value.reshape(-1, *value.shape[-3:]))

    def follower(self) -> Follower:
        """Directions mean the same in every window."""
        return keep

    def crossfade(self, before: Normals, after: Normals, weight: float) -> Normals:
        """The direction of the weighted sum."""
        return normalised(weighted_mean(before, after, weight), shortest=_NO_DIRECTION)
