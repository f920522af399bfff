"""Features of pictures, for distances between pictures that go by more than their pixels.

A feature module is any ``torch.nn.Module`` that takes RGB pictures ``float32 [B, 3, H, W]`` in -1..1 and gives a list
of feature maps ``[B, C, h, w]``, from fine to coarse, or one vector a picture, ``[B, D]``. It is put into evaluation
mode, and runs where its weights are.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from lavincli.clip import Clip

if TYPE_CHECKING:
    from lavincli.model.stvae import Encoder

BUNDLED_MODEL: Final = "lavin-tiny"
_BUNDLED_SIZE: Final = 128
"""Height and width that pictures are brought to before the bundled module sees them: what its model works at."""
_KEPT: Final = 8
"""Clips whose features are remembered: a target is compared with the answers of several systems, one after another."""


class EncoderFeatures(nn.Module):
    """The feature maps after each down block of an ST-VAE's encoder, of pictures brought to 128 x 128 pixels."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.conv_in = encoder.conv_in
        self.down_blocks = encoder.down_blocks

    def forward(self, pictures: Tensor) -> list[Tensor]:
        size = (_BUNDLED_SIZE, _BUNDLED_SIZE)
        if pictures.shape[2:] != size:
            pictures = F.interpolate(pictures, size, mode="bilinear", antialias=True)
        hidden, found = self.conv_in(pictures.unsqueeze(2)), []
        for block in self.down_blocks:
            hidden = block(hidden)
            found.append(hidden.squeeze(2))
        return found


@functools.cache
def bundled_features() -> nn.Module:
    """The features of the bundled model's encoder, float32 on the CPU, read once a process."""
    from lavincli.hub.places import bundled_models
    from lavincli.pipeline.model_directory import load_stvae

    return EncoderFeatures(load_stvae(bundled_models()[BUNDLED_MODEL]).encoder).requires_grad_(False)


def feature_maps(module: nn.Module, clip: Clip) -> list[Tensor]:
    """What ``module`` says of each frame of ``clip`` ``uint8 [T, H, W, 3]``: ``float32 [T, C, h, w]`` of each level.

    A vector a picture counts as one level of 1 x 1 places. Raises ValueError if the module gives anything else.
    """
    return _remembered(module, clip.tobytes(), clip.shape)


def feature_vectors(module: nn.Module, clip: Clip) -> NDArray[np.float64]:
    """One vector a frame, ``float64 [T, D]``: what ``module`` gives, or the mean over places of its coarsest map."""
    vectors: NDArray[np.float64] = feature_maps(module, clip)[-1].mean(dim=(2, 3), dtype=torch.float64).numpy()
    return vectors


@functools.lru_cache(maxsize=_KEPT)
def _remembered(module: nn.Module, pixels: bytes, shape: tuple[int, ...]) -> list[Tensor]:
    frames = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(shape).movedim(3, 1)
    device = next((weights.device for weights in module.parameters()), torch.device("cpu"))
    with torch.inference_mode():
        found = module.eval()(frames.to(device).float() / 127.5 - 1)
    levels = [found] if isinstance(found, Tensor) else list(found)
    if not levels or any(level.ndim not in (2, 4) or len(level) != shape[0] for level in levels):
        shapes = ", ".join(str(list(level.shape)) for level in levels)
        raise ValueError(
            f"a feature module gives [B, D] or a list of [B, C, h, w]; this one gave {shapes or 'nothing'}"
        )
    return [(level[..., None, None] if level.ndim == 2 else level).float().cpu() for level in levels]
