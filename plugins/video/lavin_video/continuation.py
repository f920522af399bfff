"""The codec of clips that go on from frames already known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lavin_video.predictions import continuation_predictions
from lavincli.builtins.rgb import RGBCodec
from lavincli.clip import Clip, Pair
from lavincli.errors import InputError
from lavincli.prediction_files import Reader


class ContinuationCodec:
    """Clips ``uint8 [T, H, W, 3]`` as they are; the first ``known`` frames are the last ones of the query.

    A video compressor takes 4k + 1 frames, the first one by itself. So 12 frames to come are 13 pictures, and the first
    of them is the last one that is known.

    Args:
        known: frames at the start that aren't new; they are not written to files.
    """

    resample = "bicubic"
    mirrorable = True
    pictures = True

    def __init__(self, *, known: int = 1) -> None:
        if known < 0:
            raise ValueError(f"known is at least 0, not {known}")
        self.known_frames = known
        self._pictures = RGBCodec()

    def render(self, value: Clip) -> Clip:
        """The clip as it is. Raises ValueError if it is not ``uint8 [T, H, W, 3]``."""
        return self._pictures.render(value)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Clip:
        """The clip as it is, with the known frames in front."""
        del context, query
        return rgb

    def average(self, values: Sequence[Clip]) -> Clip:
        """The mean picture of each frame."""
        return self._pictures.average(values)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_video.predictions.continuation_predictions`."""
        return continuation_predictions(folder, self.known_frames)

    def save(self, value: Clip, path_without_suffix: Path) -> list[Path]:
        """Write the new frames as the codec ``rgb`` does. Raises InputError if there are none."""
        if value.shape[0] <= self.known_frames:
            raise InputError(f"{path_without_suffix}: none of the {value.shape[0]} frames is new")
        return self._pictures.save(value[self.known_frames :], path_without_suffix)
