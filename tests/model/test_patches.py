"""Latents to tokens and back."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.model.patches import patchify, unpatchify

sides = st.integers(1, 4)


@settings(max_examples=40, deadline=None)
@given(batch=sides, channels=sides, frames=sides, height=sides, width=sides)
def test_there_and_back(batch: int, channels: int, frames: int, height: int, width: int) -> None:
    latents = torch.randn(batch, channels, frames, 2 * height, 2 * width)
    tokens = patchify(latents)
    assert tokens.shape == (batch, frames * height * width, 4 * channels)
    assert torch.equal(unpatchify(tokens, frames, height, width), latents)


def test_order_of_tokens_and_features() -> None:
    """Tokens run over t, h, w; a feature's index is (row in patch * 2 + column in patch) * channels + channel."""
    channels, frames, height, width = 16, 2, 2, 3
    latents = torch.arange(channels * frames * 2 * height * 2 * width, dtype=torch.float32)
    latents = latents.reshape(1, channels, frames, 2 * height, 2 * width)
    tokens = patchify(latents)
    for frame, row, column, inner_row, inner_column, channel in [
        (0, 0, 0, 0, 0, 0),
        (1, 0, 2, 1, 0, 3),
        (0, 1, 1, 0, 1, 15),
        (1, 1, 2, 1, 1, 7),
    ]:
        token = (frame * height + row) * width + column
        feature = (inner_row * 2 + inner_column) * channels + channel
        value = latents[0, channel, frame, 2 * row + inner_row, 2 * column + inner_column]
        assert tokens[0, token, feature] == value
