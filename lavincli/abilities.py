"""What a codec may be able to do beside drawing, reading and saving: optional protocols, found by their methods.

Nothing has to be inherited. A view, an ensemble or a video asks for the ability it needs, and never for a task by name;
a codec without it gives a clear error before any work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lavincli.blocks import Codec
from lavincli.clip import Clip


@runtime_checkable
class Drawable(Protocol):
    """Values that can be drawn on the photo they were read from."""

    def draw_on(self, photo: Clip, value: Any) -> Clip:
        """``photo`` ``uint8 [T, H, W, 3]``, of the value's own size, with the value drawn on it; a new clip."""


@runtime_checkable
class ColorMapped(Protocol):
    """Values that a picture for the eye shows better than the one the model draws."""

    def in_colors(self, value: Any) -> Clip:
        """``uint8 [T, H, W, 3]``; may be larger than the value where it has a scale beside it."""


@runtime_checkable
class HasDepth(Protocol):
    """Values that tell how far things are."""

    def inverse_depth(self, value: Any) -> NDArray[np.float32]:
        """``float32 [T, H, W]``, 1 = near, 0 = far, without a unit; NaN = not known."""


@runtime_checkable
class HasMasks(Protocol):
    """Values that tell which pixels belong to an object."""

    def masks(self, value: Any) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """The number and the pixels ``bool [T, H, W]`` of each object that was found, one after the other.

        Numbers count from 1; an object has the same one in all frames.
        """


@runtime_checkable
class Averageable(Protocol):
    """Values that can be averaged: several answers to one query become one that is surer."""

    def average(self, values: Sequence[Any]) -> Any:
        """One value from at least one, all of the same size. What "average" means is the codec's to say."""


@runtime_checkable
class Redrawable(Protocol):
    """A codec whose `render` brings a value to a range of its own (min to max, say) before it draws it."""

    def redraw(self, value: Any) -> Clip:
        """The picture that ``decode`` reads as this very value; what lies outside the range is drawn as its end.

        Ids get colours that are the same in every picture.
        """


Follower = Callable[[Sequence[Any], Sequence[Any], int], list[Any]]
"""``(frames, known, start) -> frames``, called for each window after the first of a video.

``frames`` are the values of the window's frames, ``known`` those that ``frames[start : start + len(known)]`` had in the
windows before. Gives ``frames`` with the scale, or the ids, of ``known``.
"""


@runtime_checkable
class Streamable(Protocol):
    """Values of clips that can be joined, window by window, to those of a long video.

    Without it windows are cross-faded as pictures, and the pictures decoded: right for pictures, wrong for values that
    mean something else in each window (ids, a range of depth).
    """

    def split(self, value: Any) -> list[Any]:
        """The values of the single frames, each as `decode` gives it for a still."""

    def follower(self) -> Follower:
        """What brings the windows of one video to one scale and to the same ids; a new one for each video."""

    def crossfade(self, before: Any, after: Any, weight: float) -> Any:
        """One frame from two windows' values of it; ``weight`` (0..1) is that of ``after``, already aligned."""


@runtime_checkable
class Continuing(Protocol):
    """A codec whose answers go on where their queries end.

    ``known_frames`` is how many frames at an answer's start are the last ones of the query; all others are new.
    """

    @property
    def known_frames(self) -> int: ...


@runtime_checkable
class FrameGroup(Protocol):
    """An input codec whose native value is a few frames of a video: ``frames_of_query`` of them, one after another."""

    @property
    def frames_of_query(self) -> int: ...


def picture_of(codec: Codec, value: Any) -> Clip:
    """The picture of a value that was decoded, averaged or joined: not brought to another range once more."""
    return codec.redraw(value) if isinstance(codec, Redrawable) else codec.render(value)
