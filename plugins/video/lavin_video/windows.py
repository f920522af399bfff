"""Which frames of a clip make a sample: windows of a number of frames."""

from __future__ import annotations

from dataclasses import dataclass

from lavincli.clip import Clip, Sample
from lavincli.errors import InputError

_MOST_REPEATED = 3
"""How many frames a clip may lack in front; four frames share a latent one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Frames ``start``, ``start + every``, ... of a clip, ``frames`` of them.

    ``repeated`` is how often its first frame comes once more in front of them.
    """

    start: int
    frames: int
    every: int = 1
    repeated: int = 0

    @property
    def numbers(self) -> list[int]:
        """The numbers of the frames, in order."""
        return [self.start] * self.repeated + [self.start + self.every * index for index in range(self.frames)]


@dataclass(frozen=True, slots=True)
class Windows:
    """How clips are cut into samples.

    Attributes:
        frames: of a sample; a video compressor takes 4k + 1 of them.
        start: the first frame of a clip's first sample.
        stride: frames from the start of one sample to that of the next; None: one sample a clip.
        every: a sample takes each ``every``-th frame.
        continued: a sample has ``frames`` known frames and as many that follow, the last known one being the first of
            those, so ``2 * frames - 1`` in all. A clip that is up to 3 frames too short for that (MOVi has 24, and 25
            are needed) begins with its first frame repeated.

    Raises ValueError for numbers that make no sense.
    """

    frames: int = 13
    start: int = 0
    stride: int | None = None
    every: int = 1
    continued: bool = False

    def __post_init__(self) -> None:
        if self.frames < 2 or self.start < 0 or self.every < 1 or (self.stride is not None and self.stride < 1):
            raise ValueError(
                f"frames is at least 2, start at least 0, every and stride at least 1, not "
                f"{self.frames}, {self.start}, {self.every} and {self.stride}"
            )

    @property
    def needed(self) -> int:
        """Frames that a sample shows in all."""
        return 2 * self.frames - 1 if self.continued else self.frames

    @property
    def span(self) -> int:
        """Frames of the clip from a sample's first one to its last one."""
        return (self.needed - 1) * self.every + 1

    def first(self) -> Window:
        """The first window of a clip that is long enough."""
        return Window(self.start, self.needed, self.every)

    def of(self, count: int) -> list[Window]:
        """The windows of a clip of ``count`` frames; none if it is too short."""
        available = max(0, -(-(count - self.start) // self.every))
        short = self.needed - available
        if short > 0:
            repeated = self.continued and short <= _MOST_REPEATED
            return [Window(self.start, available, self.every, short)] if repeated else []
        starts = [self.start] if self.stride is None else range(self.start, count - self.span + 1, self.stride)
        return [Window(start, self.needed, self.every) for start in starts]

    def key(self, clip: str, window: Window) -> str:
        """The key of a sample; the clip's own where it gives but one."""
        return clip if self.stride is None else f"{clip}/{window.start:05d}"


def clip_sample(key: str, clip: Clip, windows: Windows, meta: dict[str, object]) -> Sample:
    """A sample of pictures alone: the clip as target, or what is known as input and what follows as target."""
    if not windows.continued:
        return Sample(key, target=clip, meta=meta)
    return Sample(key, input=clip[: windows.frames], target=clip[windows.frames - 1 :], meta=meta)


def too_short(path: object, count: int, windows: Windows) -> InputError:
    """The error, to be raised, that a clip has too few frames."""
    needed = windows.start + windows.span
    return InputError(f"{path}: has {count} frames, {needed} are needed; use the options frames, start or every")
