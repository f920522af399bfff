"""The codec of optical flow: motion as colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.averages import mean_of_known, weighted_mean
from lavin_geometry.files import frame_paths
from lavin_geometry.flo import write_flo
from lavin_geometry.flow_colors import rgb_to_vectors, vectors_to_rgb
from lavin_geometry.flow_legend import wheel_legend
from lavin_geometry.following import follow_scale, keep
from lavin_geometry.nearest_valid import fill_from_nearest_valid
from lavin_geometry.predictions import flow_predictions
from lavincli.abilities import Follower
from lavincli.clip import Clip, Pair
from lavincli.views.color_maps import flow_wheel
from lavincli.views.painting import beside, blend

if TYPE_CHECKING:
    from lavincli.cards.framing import Frame
    from lavincli.prediction_files import Reader

Flow = NDArray[np.float32]
"""``float32 [H, W, 2]`` or ``[T, H, W, 2]``: u = columns to the right, v = rows down, in pixels; NaN = not known."""


_STILL = 0.01
"""Pixels. Motion that is nowhere larger than this is rounding, and drawn as none."""


class OpticalFlowCodec:
    """``float32 [H, W, 2]`` or ``[T, H, W, 2]`` <-> HSV colours: hue = direction, value = speed, saturation 1.

    Kubric's rule: hue = (atan2(v, u) + pi) / (2 pi) and value = speed / the largest speed in the clip. That speed is
    lost, so what `decode` gives is relative, in units of the largest motion; with ``max_motion`` it is in pixels.
    Pixels that are not known are drawn as the nearest known one.

    A picture that isn't square is a picture that was, or will be, stretched to the model's square, motion and all. So
    direction and speed are taken in shares of width and height: a picture of stretched flow is the stretched picture
    of the flow. In square pictures that changes nothing.

    Args:
        max_motion: the motion that has value 1, as a share of the picture's width (height, for motion down); faster
            pixels are drawn as if that fast. None: the largest motion in the clip, whatever it is.
        gamma: value = (speed / max_motion) ** gamma. Below 1, slow motion is told apart better, fast motion worse. For
            ``max_motion`` only.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, max_motion: float | None = None, gamma: float = 1.0) -> None:
        if max_motion is not None and max_motion <= 0:
            raise ValueError(f"max_motion is a share of the picture's width above 0, not {max_motion}")
        if gamma <= 0 or (gamma != 1 and max_motion is None):
            raise ValueError(f"gamma is above 0, and is given with max_motion only, not {gamma}")
        self.max_motion = max_motion
        self.gamma = gamma

    def render(self, value: Flow) -> Clip:
        """Flow -> ``uint8 [T, H, W, 3]``. Raises ValueError for another shape."""
        if value.ndim not in (3, 4) or value.shape[-1] != 2:
            raise ValueError(f"optical flow is [H, W, 2] or [T, H, W, 2], not {list(value.shape)}")
        frames = value.reshape(-1, *value.shape[-3:]).astype(np.float32)
        known = np.asarray(np.isfinite(frames).all(axis=3))
        shares = fill_from_nearest_valid(frames, known, otherwise=0.0) / _sides(frames.shape)
        speed = np.hypot(shares[..., 0], shares[..., 1])
        if float(speed.max()) * max(frames.shape[1:3]) < _STILL:
            return np.zeros((*shares.shape[:3], 3), dtype=np.uint8)
        return vectors_to_rgb(self._drawn(shares, float(speed.max()) if self.max_motion is None else self.max_motion))

    def _drawn(self, shares: NDArray[np.floating], fastest: float) -> NDArray[np.floating]:
        """Motion in shares of the sides -> vectors of length 0..1, as their colours show them."""
        relative = np.hypot(shares[..., 0], shares[..., 1]) / fastest
        factor = np.power(relative, self.gamma - 1, out=np.ones_like(relative), where=relative > 0)
        drawn: NDArray[np.floating] = shares / np.float32(fastest) * factor[..., None]
        return drawn

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Flow:
        """Flow ``[H, W, 2]`` for one frame, else ``[T, H, W, 2]``.

        In pixels of ``rgb`` with ``max_motion``, else in units of the largest motion.
        """
        del context, query
        vectors = rgb_to_vectors(rgb)
        if self.max_motion is None:
            flow = vectors * _sides(rgb.shape)
            # The colour tells the largest share of a side; of a square that is the largest motion.
            largest = float(np.hypot(flow[..., 0], flow[..., 1]).max())
            flow /= max(largest, float(min(rgb.shape[1:3])))
        else:
            speed = np.hypot(vectors[..., 0], vectors[..., 1])
            factor = np.power(speed, 1 / self.gamma - 1, out=np.zeros_like(speed), where=speed > 0)
            flow = vectors * factor[..., None] * np.float32(self.max_motion) * _sides(rgb.shape)
        return flow[0] if len(flow) == 1 else flow

    def save(self, value: Flow, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.flo``, or for a clip ``<path>/00000.flo`` and so on."""
        frames = value.reshape(-1, *value.shape[-3:])
        paths = frame_paths(path_without_suffix, ".flo", None if value.ndim == 3 else len(value))
        for path, frame in zip(paths, frames, strict=True):
            write_flo(path, frame)
        return paths

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_geometry.predictions.flow_predictions`."""
        return flow_predictions(folder)

    def trivial_answers(self, shape: tuple[int, ...]) -> dict[str, Clip]:
        """No motion at all, ``uint8 [T, H, W, 3]``."""
        return {"no_motion": np.zeros(shape, dtype=np.uint8)}

    def cut(self, value: Flow, frame: Frame, size: int) -> Flow:
        """The part inside ``frame``, ``[..., size, size, 2]``, in pixels of that part; u turned round in a mirror."""
        rows = value.ndim - 3
        part: Flow = frame.pick(value, size, axes=(rows, rows + 1))
        down, across = frame.zoom(value.shape[rows], value.shape[rows + 1], size)
        return part * np.array([-across if frame.mirrored else across, down], dtype=np.float32)

    # ---- views, ensembles, videos ----

    def in_colors(self, value: Flow) -> Clip:
        """In Middlebury's wheel, still white, with the wheel beside it."""
        picture = flow_wheel(self._relative(value))
        return beside(picture, wheel_legend(picture.shape[1]))

    def draw_on(self, photo: Clip, value: Flow) -> Clip:
        """The colours of `in_colors` over the photo's gray."""
        return blend(photo, flow_wheel(self._relative(value)))

    def redraw(self, value: Flow) -> Clip:
        """Relative flow as it is, without making its fastest motion the longest."""
        if self.max_motion is not None:
            return self.render(value)
        relative = self._relative(value)
        return vectors_to_rgb(np.where(np.isfinite(relative), relative, 0))

    def average(self, values: Sequence[Flow]) -> Flow:
        """The mean of what is known."""
        return mean_of_known(values)

    def split(self, value: Flow) -> list[Flow]:
        """Flow of each frame."""
        return list(value.reshape(-1, *value.shape[-3:]))

    def follower(self) -> Follower:
        """Relative flow is in units of the fastest motion of each window: the unit follows."""
        return follow_scale if self.max_motion is None else keep

    def crossfade(self, before: Flow, after: Flow, weight: float) -> Flow:
        """The weighted mean."""
        return weighted_mean(before, after, weight)

    def _relative(self, value: Flow) -> NDArray[np.floating]:
        """``[T, H, W, 2]``, of length 0..1, as the colours of the answer show it."""
        frames = value.reshape(-1, *value.shape[-3:]).astype(np.float32)
        sides = _sides(frames.shape)
        if self.max_motion is not None:
            return self._drawn(frames / sides, self.max_motion)
        # Undoes `decode`; of a picture that isn't square, flow is in units of the largest motion in pixels, and what
        # that was in shares of the sides isn't known: colours are a little paler than they were.
        relative: Flow = frames * (min(sides) / sides)
        return relative


def _sides(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Width and height of ``[T, H, W, ...]``, in the order of u and v."""
    return np.array([shape[2], shape[1]], dtype=np.float32)
