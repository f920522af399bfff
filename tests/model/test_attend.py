"""Attention over parts: shared by neighbours, fused, merged or explicit, always the same."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lavincli.model import attention_kernels
from lavincli.model.attend import KeysValues, attend, joined
from tests.reference import relative_error

HEADS, KV_HEADS, HEAD_DIM = 4, 2, 12


def part(batch: int, tokens: int, seed: int) -> KeysValues:
    generator = torch.Generator().manual_seed(seed)
    keys, values = torch.randn(2, batch, KV_HEADS, tokens, HEAD_DIM, generator=generator)
    return KeysValues(keys, values)


def by_definition(queries: Tensor, parts: list[KeysValues]) -> Tensor:
    """Every part repeated, every head with keys of its own, one softmax."""
    whole = [p.repeated(len(queries)) for p in parts]
    keys, values = (torch.cat(sides, 2).repeat_interleave(HEADS // KV_HEADS, 1) for sides in zip(*whole, strict=True))
    found: Tensor = (queries @ keys.transpose(-1, -2) * HEAD_DIM**-0.5).softmax(-1) @ values
    return found


SPLITS = [
    [part(6, 5, 0)],
    [part(6, 5, 0), part(6, 3, 1)],
    [part(1, 9, 0), part(6, 3, 1)],
    [part(1, 9, 0), part(3, 4, 1), part(6, 3, 2)],
    [part(2, 9, 0)],
]


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("parts", SPLITS)
def test_parts_are_one_softmax(parts: list[KeysValues], gradients: bool) -> None:
    queries = torch.randn(6, HEADS, 7, HEAD_DIM, generator=torch.Generator().manual_seed(9))
    with torch.set_grad_enabled(gradients):
        found = attend(queries, parts)
    assert relative_error(found, by_definition(queries, parts)) < 1e-5


def test_a_device_without_a_kernel_goes_by_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_kernels, "_KERNELS", {})
    monkeypatch.setattr(attention_kernels, "_chosen", {})
    test_parts_are_one_softmax(SPLITS[3], gradients=False)


def test_a_kernel_that_gives_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_bits(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        out, log_sum = attention_kernels.plain(queries, keys, values)
        return out, log_sum / 0.6931

    monkeypatch.setattr(attention_kernels, "_KERNELS", {"cpu": in_bits})
    assert attention_kernels._kernel("cpu", torch.float32, HEAD_DIM) is attention_kernels.plain
    monkeypatch.undo()
    assert attention_kernels._kernel("cpu", torch.float32, HEAD_DIM) is not attention_kernels.plain


def test_neighbours_of_one_batch_size_are_joined() -> None:
    sizes = [(len(p.keys), p.keys.shape[2]) for p in joined(SPLITS[3][:2] + SPLITS[1])]
    assert sizes == [(1, 9), (3, 4), (6, 8)]
