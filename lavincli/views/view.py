"""What a view is: one way to put an answer into files, chosen by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lavincli.blocks import Codec
from lavincli.clip import Clip
from lavincli.media.geometry import resize
from lavincli.views.point_cloud import check_distances, check_field_of_view


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What people can choose of views.

    Attributes:
        fov: horizontal field of view of the camera that a point cloud assumes, in degrees.
        near, far: the distances that a point cloud gives to inverse depth 1 and 0, in a unit of one's own.
        frames_per_second: of clips.

    Raises ConfigError unless 0 < ``fov`` < 180 and 0 < ``near`` < ``far``.
    """

    fov: float = 60.0
    near: float = 1.0
    far: float = 10.0
    frames_per_second: float = 24.0

    def __post_init__(self) -> None:
        check_field_of_view(self.fov)
        check_distances(self.near, self.far)


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer, and what it is shown with.

    Attributes:
        query: what was asked about, ``uint8 [T, H, W, 3]`` of any size.
        rgb: the answer's picture, ``uint8 [T, H, W, 3]``.
        value: the answer's native value, of the size of `rgb`.
        codec: of the answer.
        truth: the right answer as a picture, where it is known.
        options: see there.
    """

    query: Clip
    rgb: Clip
    value: Any
    codec: Codec
    truth: Clip | None = None
    options: ViewOptions = field(default_factory=ViewOptions)

    @property
    def photo(self) -> Clip:
        """The query with as many frames as the answer, and of its size."""
        return fitted(self.query, self.rgb)


@runtime_checkable
class View(Protocol):
    """Writes one kind of file for an answer."""

    def needs(self, codec: Codec) -> str | None:
        """What the codec lacks for this view, in words; None if it lacks nothing."""

    def save(self, shown: Shown, path_without_suffix: Path) -> list[Path]:
        """Write the files of an answer: ``<path><suffix>``, or a folder ``<path>/``; returns them."""


@runtime_checkable
class PictureView(View, Protocol):
    """A view that is a picture, or a video for an answer of several frames."""

    def picture(self, shown: Shown) -> Clip:
        """``uint8 [T, H, W, 3]``, with as many frames as the answer; all parts of one video get one size."""


def fitted(clip: Clip, like: Clip) -> Clip:
    """A clip with the frames and the size of another: the last frame is repeated, later ones are left out."""
    frames = np.minimum(np.arange(len(like)), len(clip) - 1)
    return resize(clip[frames], (like.shape[1], like.shape[2]))
