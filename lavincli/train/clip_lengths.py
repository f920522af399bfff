"""How often a step of an ST-VAE's training shows clips of each length, and how many: every batch has one shape."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.errors import ConfigError
from lavincli.train.data_config import ClipsConfig

STILL = 1


def length_weights(weights: Mapping[str, float], lengths: Mapping[str, tuple[int, int]]) -> dict[int, float]:
    """For each length in frames the weight of the tasks that have it; either side of a task has half of its weight."""
    found: dict[int, float] = {}
    for name, of_sides in lengths.items():
        for frames in of_sides:
            found[frames] = found.get(frames, 0.0) + weights[name] / 2
    return dict(sorted(found.items()))


def length_shares(weights: Mapping[int, float], clips: ClipsConfig) -> dict[int, float]:
    """The share of the steps that each length has.

    By the tasks' weights; with `clips.share` clips of all lengths together have that share, and stills the rest.
    Raises ConfigError where there are no stills, or no clips, for the share that they are given.
    """
    total = sum(weights.values())
    if clips.share is None:
        return {frames: weight / total for frames, weight in weights.items()}
    stills = weights.get(STILL, 0.0)
    for share, there, what in ((clips.share, total - stills, "clips"), (1 - clips.share, stills, "stills")):
        if share > 0 and not there:
            raise ConfigError(f"clips.share {clips.share:g}: none of data.tasks has {what}: add one, or set it to null")
    return {
        frames: (1 - clips.share) if frames == STILL else clips.share * weight / (total - stills)
        for frames, weight in weights.items()
        if (clips.share < 1 if frames == STILL else clips.share > 0)
    }


def clips_in_batch(batch_size: int, clips: ClipsConfig, frames: int) -> int:
    """How many clips of this length a batch has: as many frames as a batch of stills at most, unless told otherwise."""
    if frames == STILL:
        return batch_size
    return clips.batch_size or max(1, batch_size // frames)
