"""Answers a video of any length in bounded memory: it is read, answered and written a few frames at a time.

What a task does with a video is told by its context and its codecs, not by its name:

- examples of single pictures: frame by frame, each for itself;
- two frames to a picture (`FrameGroup`, as optical flow has it): each frame with the one after it;
- clips to clips of the same length: windows that overlap (`lavincli.pipeline.video_windows`);
- clips that go on (`Continuing`): the video as it is, and after its end what follows from its last frames.

All parts of a video get the same examples, chosen by its beginning, and start from the same noise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lavincli.abilities import Continuing
from lavincli.errors import ConfigError, InputError
from lavincli.media.frame_source import open_source
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.prediction import OutputSize
from lavincli.pipeline.video_outputs import VideoOutputs
from lavincli.pipeline.video_run import VideoRun, Way, frames_of_query
from lavincli.views import ViewOptions, check_views

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""``(frames done, frames in all)``."""


@dataclass(frozen=True, slots=True)
class VideoAnswer:
    """What became of a video.

    Attributes:
        files: the videos and folders written, by view.
        frames: how many the answer has.
        context: the ids of the example pairs.
        frames_per_second: of the answer.
        variable_rate: the source's frames came at varying times; the answer plays them evenly.
    """

    files: dict[str, list[Path]]
    frames: int
    context: tuple[str, ...]
    frames_per_second: float
    variable_rate: bool


def check_video(answerer: Answerer) -> Way:
    """How a task answers videos. Raises ConfigError if it can't: its answers have no place on the video's time axis."""
    asked, answered = answerer.query_length, answerer.answer_length
    if isinstance(answerer.codec, Continuing) and asked > 1:
        return "continued"
    if answered == 1 and (asked == 1 or frames_of_query(answerer) > 1):
        return "frames" if asked == 1 else "groups"
    if asked == answered:
        return "windows"
    raise ConfigError(
        f"examples of {asked} -> {answered} frames can't answer a video; give a task whose inputs and targets are "
        "single pictures, or clips of the same length"
    )


def answer_video(
    answerer: Answerer,
    source: Path,
    stem: Path,
    *,
    views: Sequence[str] = ("value",),
    seed: int = 0,
    key: str = "",
    size: OutputSize = "native",
    batch_size: int = 8,
    prepare: bool = False,
    options: ViewOptions | None = None,
    progress: Progress | None = None,
) -> VideoAnswer:
    """Answer a video and write views of the answer, with the rate, the sound and (by default) the size of the source.

    Args:
        answerer: model, task, contexts and sampling.
        source: a video, an animated picture, or numbered pictures (``shot_%04d.png``); see `open_source`.
        stem: where the files go: ``<stem>.<view>.mp4``, and for views that are no pictures a folder with the files of
            each frame (``<stem>/`` for "value", else ``<stem>.<view>/``).
        views: names from `lavincli.views.VIEWS`.
        seed: of the starting noise of every part.
        key: what the task's transform draws by, with ``prepare``.
        size: answers at the source's size or at the model's.
        batch_size: how many frames are computed at once; a window is never parted.
        prepare: the video is clean: the task's queries are made from it where the task says how.
        options: of the views; their frame rate is not used.
        progress: called as frames are done.

    The same seed gives the same bytes. Raises UnknownNameError or ConfigError for a view or a task that can't be had,
    InputError for a source that can't be read; then nothing is written.
    """
    way = check_video(answerer)
    check_views(views, answerer.codec, "this task" if answerer.task is None else f"task {answerer.task.name}")
    opened = open_source(source)
    info = opened.info
    if info.variable_rate:
        rate = float(info.frames_per_second)
        logger.warning("%s: its frames come at varying times; the answer shows %.4g a second", source, rate)
    run = VideoRun(answerer, seed, key, size, batch_size, prepare, options or ViewOptions())
    audio = None if info.audio is None else (source, info.audio)
    with VideoOutputs(views, stem, answerer.codec, frames_per_second=info.frames_per_second, audio=audio) as outputs:
        done = 0
        for done in run.written(way, opened, outputs):
            if progress is not None:
                progress(done, info.frames)
        if not done:
            needed = frames_of_query(answerer)
            raise InputError(f"{source}: has {info.frames} frames, but this task looks at {needed} of them at once")
    return VideoAnswer(outputs.files, done, run.context, float(info.frames_per_second), info.variable_rate)
