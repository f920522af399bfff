"""Objects followed through clips, and clips that go on, as other tools have predicted them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.media.arrays import read_array
from lavincli.prediction_files import PredictionFiles, Reader, picture_reader


def continuation_predictions(folder: Path, known: int) -> Reader:
    """Clips ``uint8 [T, H, W, 3]`` from videos or folders of frames: all frames, or only those after the ``known``."""
    read_frames = picture_reader(folder, lambda clip: clip)

    def read(sample: Sample) -> Clip:
        frames: Clip = read_frames(sample)
        given: Clip = sample.target[:known]
        new_alone = len(frames) == len(sample.target) - known and frames.shape[1:] == given.shape[1:]
        return np.concatenate([given, frames]) if new_alone else frames

    return read


def instance_predictions(folder: Path) -> Reader:
    """Ids ``int32 [T, H, W]`` from a folder of indexed PNGs for each clip, as DAVIS' tools write them."""
    files = PredictionFiles(folder)

    def read(sample: Sample) -> NDArray[np.int32]:
        frames = [read_array(path) for path in files.frames(sample.key, (".png",))]
        if any(frame.ndim != 2 or frame.shape != frames[0].shape for frame in frames):
            raise InputError(f"{folder}: the prediction for '{sample.key}' has frames that are not indexed PNGs alike")
        ids = np.stack(frames).astype(np.int32)
        return ids if np.ndim(sample.target) == 3 else ids[0]

    return read
