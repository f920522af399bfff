"""The condition sequence: in 1, tgt 1, in 2, tgt 2, ..., query, as published.

Each picture or clip is encoded on its own, and the latents are concatenated on the time axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lavincli.clip import Clip, Pair
from lavincli.errors import InputError
from lavincli.media.geometry import Resample, resize
from lavincli.model.config import TEMPORAL_COMPRESSION


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
) -> list[Clip]:
    """The 2 K clips of K pairs in published order at the working size: ``[T, resolution, resolution, 3]`` each.

    T is one for all inputs and one for all targets. Raises InputError where pairs differ in it, or where the ST-VAE
    can't encode so many frames.
    """
    clips: list[Clip] = []
    for pair in pairs:
        if (len(pair.input), len(pair.target)) != (len(pairs[0].input), len(pairs[0].target)):
            raise InputError(
                f"context pair '{pair.key}' has {len(pair.input)} -> {len(pair.target)} frames, but '{pairs[0].key}' "
                f"has {len(pairs[0].input)} -> {len(pairs[0].target)}; all pairs of a context must be alike"
            )
        clips.append(to_working_size(pair.input, resolution, input_resample))
        clips.append(to_working_size(pair.target, resolution, target_resample))
    for clip in clips[:2]:
        latent_frames(len(clip))
    return clips


def latent_frames(frames: int) -> int:
    """How many frames the latents of a clip have: 1 + (T - 1) / 4. Raises InputError for a T that isn't 4 k + 1."""
    if frames < 1 or (frames - 1) % TEMPORAL_COMPRESSION:
        raise InputError(f"a clip of {frames} frames can't be encoded; it needs 1, 5, 9, 13, ... frames")
    return 1 + (frames - 1) // TEMPORAL_COMPRESSION


def condition(context: Tensor, queries: Tensor) -> Tensor:
    """One condition for each query: the context's latents ``[16, Tc, h, w]`` and queries ``[B, 16, Tq, h, w]``.

    Returns ``[B, 16, Tc + Tq, h, w]``.
    """
    return torch.cat([context.expand(len(queries), -1, -1, -1, -1), queries], dim=2)
