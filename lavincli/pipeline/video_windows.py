"""Cuts a video into windows that overlap, and joins the windows' answers without a seam.

A model answers clips of one length, 4 k + 1 frames, of which the ST-VAE encodes the first by itself. A window starts
before its predecessor ends; over the frames that both have, the answer goes evenly from the one to the other, so that
the first frames of a window, which know least of what moves, count least. No more than one window is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lavincli.abilities import Streamable, picture_of
from lavincli.blocks import Codec
from lavincli.clip import Clip, Pair
from lavincli.pipeline.prediction import Prediction
from lavincli.views import fitted


@dataclass(frozen=True, slots=True)
class Window:
    """Frames ``start`` .. ``start + frames - 1`` of a video.

    `clip` is ``uint8 [length, H, W, 3]``; in a video shorter than a window the last frame is repeated.
    """

    start: int
    clip: Clip
    frames: int


def overlap_of(length: int) -> int:
    """How many frames two windows of a length share: a third, so that no frame is in three of them."""
    return max(1, (length - 1) // 3)


def cut_windows(frames: Iterable[Clip], length: int, overlap: int) -> Iterator[Window]:
    """Windows of ``length`` frames from frames ``[1, H, W, 3]``; each shares ``overlap`` frames with the one before.

    The last one ends with the video, and so may share more. Raises ValueError unless 0 < 2 ``overlap`` <= ``length``.
    """
    if not 0 < 2 * overlap <= length:
        raise ValueError(f"windows of {length} frames can't share {overlap}")
    held: list[Clip] = []
    start, new = 0, 0
    for frame in frames:
        held.append(frame)
        new += 1
        if len(held) > length:
            held.pop(0)
            start += 1
        if len(held) == length and (start == 0 or new == length - overlap):
            yield Window(start, np.concatenate(held), length)
            new = 0
    if held and new:
        clip = np.concatenate(held + [held[-1]] * (length - len(held)))
        yield Window(start, clip, len(held))


@dataclass(frozen=True, slots=True)
class AnsweredFrame:
    """One frame of an answer: its number in the video, its picture ``[1, H, W, 3]`` and its native value."""

    number: int
    rgb: Clip
    value: Any


class WindowJoiner:
    """Joins the answers of windows that come in order.

    Native values are joined where the codec can (`Streamable`): brought to one scale and to the same ids, then
    cross-faded. Else the pictures are cross-faded, and decoded after.

    Args:
        codec: of the answers.
        context: the pairs that defined the task, for decoding.
        overlap: frames that windows share.
    """

    def __init__(self, codec: Codec, context: Sequence[Pair], overlap: int) -> None:
        self._overlap = overlap
        self._kind: _Kind = _Values(codec) if isinstance(codec, Streamable) else _Pictures(codec, context)
        self._pending: list[Any] = []
        self._queries: list[Clip] = []
        self._next = 0

    def add(self, window: Window, prediction: Prediction, query: Clip) -> Iterator[AnsweredFrame]:
        """The frames that are settled by a window; ``query`` are its pictures ``[length, H, W, 3]``, of any size."""
        items = self._kind.split(prediction)[: window.frames]
        shared = self._next - window.start
        if self._pending:
            items = self._kind.follow(items, self._pending, shared)
            for place, before in enumerate(self._pending):
                after = items[shared + place]
                items[shared + place] = self._kind.crossfade(before, after, fade_weight(place, len(self._pending)))
        settled = max(shared, window.frames - self._overlap)
        yield from self._finished(items[shared:settled], [query[place : place + 1] for place in range(shared, settled)])
        self._pending = items[settled:]
        self._queries = [query[place : place + 1] for place in range(settled, window.frames)]

    def rest(self) -> Iterator[AnsweredFrame]:
        """The frames that were waiting for another window; to be called at the end of the video."""
        yield from self._finished(self._pending, self._queries)
        self._pending, self._queries = [], []

    def _finished(self, items: Sequence[Any], queries: Sequence[Clip]) -> Iterator[AnsweredFrame]:
        for item, query in zip(items, queries, strict=True):
            rgb, value = self._kind.finished(item, query)
            yield AnsweredFrame(self._next, rgb, value)
            self._next += 1


def fade_weight(place: int, shared: int) -> float:
    """The weight of the later window at one of the frames that two share; that of the earlier one is what is left."""
    return (place + 1) / (shared + 1)


class _Kind(Protocol):
    """What is joined: values or pictures."""

    def split(self, prediction: Prediction) -> list[Any]: ...

    def follow(self, items: list[Any], known: Sequence[Any], start: int) -> list[Any]: ...

    def crossfade(self, before: Any, after: Any, weight: float) -> Any: ...

    def finished(self, item: Any, query: Clip) -> tuple[Clip, Any]:
        """The picture and the value of a frame."""


class _Values:
    def __init__(self, codec: Codec) -> None:
        assert isinstance(codec, Streamable)
        self._codec, self._streamable = codec, codec
        self._follower = codec.follower()

    def split(self, prediction: Prediction) -> list[Any]:
        return self._streamable.split(prediction.value)

    def follow(self, items: list[Any], known: Sequence[Any], start: int) -> list[Any]:
        return self._follower(items, known, start)

    def crossfade(self, before: Any, after: Any, weight: float) -> Any:
        return self._streamable.crossfade(before, after, weight)

    def finished(self, item: Any, query: Clip) -> tuple[Clip, Any]:
        del query
        return picture_of(self._codec, item), item


class _Pictures:
    def __init__(self, codec: Codec, context: Sequence[Pair]) -> None:
        self._codec, self._context = codec, context

    def split(self, prediction: Prediction) -> list[Clip]:
        return [frame[None] for frame in prediction.rgb]

    def follow(self, items: list[Clip], known: Sequence[Clip], start: int) -> list[Clip]:
        del known, start
        return items

    def crossfade(self, before: Clip, after: Clip, weight: float) -> Clip:
        mixed = (1 - weight) * before.astype(np.float32) + weight * after.astype(np.float32)
        clip: Clip = np.floor(mixed + 0.5).astype(np.uint8)
        return clip

    def finished(self, item: Clip, query: Clip) -> tuple[Clip, Any]:
        shown = fitted(query, item)
        value = self._codec.decode(item, context=self._context, query=shown)
        return item, value
