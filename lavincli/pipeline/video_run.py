"""The answers to the parts of one video, in order, as they are computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lavincli.abilities import Continuing, FrameGroup
from lavincli.clip import Clip
from lavincli.media.frame_source import FrameSource
from lavincli.pipeline.answerer import Answerer, Unfinished
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.pipeline.video_outputs import VideoOutputs
from lavincli.pipeline.video_windows import Window, WindowJoiner, cut_windows, overlap_of
from lavincli.views import Shown, ViewOptions, fitted

Way = Literal["frames", "groups", "windows", "continued"]
"""How a task answers videos; see `lavincli.pipeline.video`."""


def frames_of_query(answerer: Answerer) -> int:
    """How many frames of a video make a query of its own."""
    if answerer.task is None:
        return 1
    codec: object = answerer.task.input_codec
    return codec.frames_of_query if isinstance(codec, FrameGroup) else 1


@dataclass(slots=True)
class VideoRun:
    """One video's answers, in order."""

    answerer: Answerer
    seed: int
    key: str
    size: OutputSize
    batch_size: int
    prepare: bool
    options: ViewOptions
    like: Clip | None = None
    context: tuple[str, ...] = ()

    def written(self, way: Way, source: FrameSource, outputs: VideoOutputs) -> Iterator[int]:
        """Write all that there is to be written; gives how many frames there are so far."""
        if way == "continued":
            yield from self.continued(source, outputs)
            return
        for number, shown in enumerate(self.windows(source) if way == "windows" else self.stills(source)):
            outputs.add(number, shown)
            yield number + 1

    def stills(self, source: FrameSource) -> Iterator[Shown]:
        """Frame by frame; of groups, as many as there are."""
        group = frames_of_query(self.answerer)
        held: deque[Clip] = deque(maxlen=group)
        waiting: list[Clip] = []
        for frame in source.frames():
            held.append(frame)
            if len(held) == group:
                waiting.append(np.concatenate(list(held)))
            if len(waiting) == self.batch_size:
                yield from self._answered_stills(waiting)
                waiting = []
        yield from self._answered_stills(waiting)

    def _answered_stills(self, clips: Sequence[Clip]) -> Iterator[Shown]:
        for clip, (unfinished, prediction) in zip(clips, self._answers(clips), strict=True):
            yield self._shown(unfinished.query, prediction.rgb, prediction.value, clip)

    def windows(self, source: FrameSource) -> Iterator[Shown]:
        """The joined answers of windows, frame by frame."""
        length = self.answerer.query_length
        overlap = overlap_of(length)
        joiner: WindowJoiner | None = None
        shown: dict[int, tuple[Clip, Clip]] = {}
        for windows in _batched(cut_windows(source.frames(), length, overlap), max(1, self.batch_size // length)):
            for window, (unfinished, prediction) in zip(
                windows, self._answers([window.clip for window in windows]), strict=True
            ):
                if joiner is None:
                    joiner = WindowJoiner(self.answerer.codec, unfinished.predictors[0].context, overlap)
                query = unfinished.query
                for place in range(window.frames):
                    shown.setdefault(window.start + place, (query[place][None], window.clip[place][None]))
                for frame in joiner.add(window, prediction, query):
                    yield self._shown(*_with_query(shown, frame.number, frame.rgb, frame.value))
        if joiner is not None:
            for frame in joiner.rest():
                yield self._shown(*_with_query(shown, frame.number, frame.rgb, frame.value))

    def continued(self, source: FrameSource, outputs: VideoOutputs) -> Iterator[int]:
        """The video, then what follows; writes it itself, and gives how many frames there are so far."""
        length, codec = self.answerer.query_length, self.answerer.codec
        assert isinstance(codec, Continuing)
        side = self.answerer.pipeline.config.resolution
        last: deque[Clip] = deque(maxlen=length)
        count = 0
        for frame in source.frames():
            last.append(frame)
            picture = frame if self.size == "native" else fitted(frame, np.empty((1, side, side, 3), dtype=np.uint8))
            outputs.add_pictures(Shown(frame, picture, picture, codec, options=self.options))
            count += 1
            yield count
        # A video shorter than a query stands still before it starts.
        clip = np.concatenate([last[0]] * (length - len(last)) + list(last))
        ((unfinished, prediction),) = self._answers([clip])
        query = unfinished.query
        whole = Shown(query, prediction.rgb, prediction.value, codec, options=self.options)
        new = prediction.rgb[codec.known_frames :]
        outputs.add_pictures(Shown(query[-1:], new, new, codec, options=self.options))
        outputs.add_clip(whole)
        yield count + len(new)

    def _answers(self, clips: Sequence[Clip]) -> Iterator[tuple[Unfinished, Prediction]]:
        """The answer to each clip, and what it was made of; computed together."""
        if not clips:
            return
        queries = [self.answerer.prepare(clip, self.key, self.seed) if self.prepare else clip for clip in clips]
        self.like = queries[0] if self.like is None else self.like
        computed = self.answerer.compute(queries, [self.seed] * len(queries), like=self.like)
        for clip, unfinished in zip(clips, computed, strict=True):
            native = (clip.shape[1], clip.shape[2])
            prediction = self.answerer.finish(unfinished, size="model" if self.size == "model" else native)
            self.context = prediction.context
            yield unfinished, prediction

    def _shown(self, query: Clip, rgb: Clip, value: object, source: Clip) -> Shown:
        task = self.answerer.task
        truth = source if self.prepare and task is not None and task.makes_inputs else None
        return Shown(query, rgb, value, self.answerer.codec, truth=truth, options=self.options)


def _with_query(
    shown: dict[int, tuple[Clip, Clip]], number: int, rgb: Clip, value: object
) -> tuple[Clip, Clip, object, Clip]:
    query, source = shown.pop(number)
    return query, rgb, value, source


def _batched(windows: Iterator[Window], count: int) -> Iterator[list[Window]]:
    batch: list[Window] = []
    for window in windows:
        batch.append(window)
        if len(batch) == count:
            yield batch
            batch = []
    if batch:
        yield batch
