"""Latents to tokens and back: 2x2 patches, time outermost."""

from __future__ import annotations

from torch import Tensor

PATCH = 2


def patchify(latents_bcthw: Tensor) -> Tensor:
    """[B, C, T, 2 H, 2 W] -> tokens [B, T H W, 4 C]; feature = (row in patch * 2 + column in patch) * C + channel."""
    b, c, t, h, w = latents_bcthw.shape
    x = latents_bcthw.reshape(b, c, t, h // PATCH, PATCH, w // PATCH, PATCH)
    return x.permute(0, 2, 3, 5, 4, 6, 1).reshape(b, t * (h // PATCH) * (w // PATCH), PATCH * PATCH * c)


def unpatchify(tokens_bnf: Tensor, frames: int, height: int, width: int) -> Tensor:
    """The inverse: tokens [B, T H W, 4 C] -> [B, C, T, 2 H, 2 W], with `height` and `width` counted in tokens."""
    b, _, features = tokens_bnf.shape
    c = features // PATCH**2
    x = tokens_bnf.reshape(b, frames, height, width, PATCH, PATCH, c)
    return x.permute(0, 6, 1, 2, 4, 3, 5).reshape(b, c, frames, height * PATCH, width * PATCH)
