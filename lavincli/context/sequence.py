"""The condition sequence: in 1, tgt 1, in 2, tgt 2, ..., query, as published.

Each picture is encoded as a clip of its own, and the latents are concatenated on the time axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.clip import Clip, Pair
from lavincli.media.geometry import Resample, resize


def to_working_size(clip: Clip, resolution: int, resample: Resample = "bicubic") -> Clip:
    """``[T, H, W, 3]`` stretched to the model's square ``[T, resolution, resolution, 3]``.

    As the published tool does it: nothing is cut off and no border is invented, and an answer is stretched back.
    """
    return resize(clip, (resolution, resolution), resample)


def context_clips(
    pairs: Sequence[Pair],
    resolution: int,
    *,
    input_resample: Resample = "bicubic",
    target_resample: Resample = "bicubic",
) -> NDArray[np.uint8]:
    """The pictures of K pairs in published order at the working size: ``[2 K, T, resolution, resolution, 3]``."""
    clips: list[Clip] = []
    for pair in pairs:
        clips.append(to_working_size(pair.input, resolution, input_resample))
        clips.append(to_working_size(pair.target, resolution, target_resample))
    return np.stack(clips)


def condition(context: Tensor, queries: Tensor) -> Tensor:
    """One condition for each query: context latents ``[2 K, 16, T', h, w]`` and queries ``[B, 16, Tq, h, w]``.

    Returns ``[B, 16, 2 K T' + Tq, h, w]``.
    """
    count, channels, frames, height, width = context.shape
    sequence = context.transpose(0, 1).reshape(1, channels, count * frames, height, width)
    return torch.cat([sequence.expand(len(queries), -1, -1, -1, -1), queries], dim=2)
