"""Rotary embedding: what attention sees of two tokens depends on the offset between them alone."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lavincli.model.rope import Rotation, rotate, rotation

HEAD_DIM = 24
FRAMES, HEIGHT, WIDTH = 6, 5, 4
places = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1))


def turned(vector: Tensor, table: Rotation, place: tuple[int, int, int]) -> Tensor:
    frame, row, column = place
    token = (frame * HEIGHT + row) * WIDTH + column
    one = Rotation(table.cos[token : token + 1], table.sin[token : token + 1])
    return rotate(vector.view(1, 1, 1, HEAD_DIM), one).flatten()


@settings(max_examples=50, deadline=None)
@given(query=places, key=places, shift=places, seed=st.integers(0, 1000))
def test_products_depend_on_offsets_alone(
    query: tuple[int, int, int], key: tuple[int, int, int], shift: tuple[int, int, int], seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    q, k = torch.randn(2, HEAD_DIM, generator=random)
    table = rotation(FRAMES, HEIGHT, WIDTH, HEAD_DIM)

    def moved(place: tuple[int, int, int]) -> tuple[int, int, int]:
        return place[0] + shift[0], place[1] + shift[1], place[2] + shift[2]

    here = turned(q, table, query) @ turned(k, table, key)
    there = turned(q, table, moved(query)) @ turned(k, table, moved(key))
    assert torch.allclose(here, there, atol=1e-4)


def test_each_axis_turns_its_own_third() -> None:
    ones = torch.ones(HEAD_DIM)
    table = rotation(FRAMES, HEIGHT, WIDTH, HEAD_DIM)
    third = HEAD_DIM // 3
    for axis, place in enumerate([(1, 0, 0), (0, 1, 0), (0, 0, 1)]):
        changed = (turned(ones, table, place) != 1).view(3, third)
        assert changed[axis].all()
        assert not changed[torch.arange(3) != axis].any()


def test_pairs_and_frequencies() -> None:
    """Entry i turns with entry i + d/2, by 10000 ** (-2 i / d) a step."""
    d = HEAD_DIM // 3
    i, step = 2, 3
    vector = torch.zeros(HEAD_DIM)
    vector[i] = 1.0
    found = turned(vector, rotation(FRAMES, HEIGHT, WIDTH, HEAD_DIM), (step, 0, 0))
    angle = torch.tensor(step * 10000.0 ** (-2 * i / d))
    expected = torch.zeros(HEAD_DIM)
    expected[i], expected[i + d // 2] = angle.cos(), angle.sin()
    assert torch.allclose(found, expected, atol=1e-6)


def test_a_later_block_continues_the_first() -> None:
    whole = rotation(FRAMES, HEIGHT, WIDTH, HEAD_DIM)
    late = rotation(FRAMES - 2, HEIGHT, WIDTH, HEAD_DIM, first_frame=2)
    assert torch.equal(whole.cos[2 * HEIGHT * WIDTH :], late.cos)
    assert torch.equal(whole.sin[2 * HEIGHT * WIDTH :], late.sin)


def test_lengths_and_dtype_are_kept() -> None:
    x = torch.randn(2, 3, FRAMES * HEIGHT * WIDTH, HEAD_DIM)
    table = rotation(FRAMES, HEIGHT, WIDTH, HEAD_DIM)
    assert torch.allclose(rotate(x, table).norm(dim=-1), x.norm(dim=-1), atol=1e-5)
    assert rotate(x.bfloat16(), table).dtype == torch.bfloat16
