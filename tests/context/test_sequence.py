"""The published order of the condition sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lavincli.clip import Clip, Pair
from lavincli.context.read import read_context
from lavincli.context.sequence import condition, context_clips, latent_frames, to_working_size
from lavincli.errors import InputError
from lavincli.media.images import write_image


def _flat(level: int, height: int = 8, width: int = 8) -> Clip:
    return np.full((1, height, width, 3), level, dtype=np.uint8)


def test_pairs_come_in_order_input_before_target() -> None:
    clips = context_clips([Pair("a", _flat(1), _flat(2, 5, 9)), Pair("b", _flat(3), _flat(4))], 16)
    assert {clip.shape for clip in clips} == {(1, 16, 16, 3)}
    assert [int(clip[0, 0, 0, 0]) for clip in clips] == [1, 2, 3, 4]


def test_pairs_of_a_context_have_one_length_that_can_be_encoded() -> None:
    long, short = np.repeat(_flat(1), 5, axis=0), _flat(2)
    assert [len(clip) for clip in context_clips([Pair("a", long, short), Pair("b", long, short)], 16)] == [5, 1, 5, 1]
    with pytest.raises(InputError, match="'b' has 1 -> 1 frames, but 'a' has 5 -> 1"):
        context_clips([Pair("a", long, short), Pair("b", short, short)], 16)
    with pytest.raises(InputError, match="clip of 4 frames"):
        context_clips([Pair("a", long[:4], short)], 16)
    assert [latent_frames(frames) for frames in (1, 5, 13, 25)] == [1, 2, 4, 7]


def test_the_query_comes_last_on_the_time_axis() -> None:
    context = torch.arange(4.0).reshape(1, 4, 1, 1).expand(16, 4, 2, 2)
    queries = torch.tensor([10.0, 20.0]).reshape(2, 1, 1, 1, 1).expand(2, 16, 1, 2, 2)
    sequence = condition(context, queries)
    assert sequence.shape == (2, 16, 5, 2, 2)
    assert sequence[:, 7, :, 1, 0].tolist() == [[0, 1, 2, 3, 10], [0, 1, 2, 3, 20]]


def test_nothing_is_cut_off_when_a_picture_is_stretched() -> None:
    wide = np.concatenate([_flat(0, 8, 30), _flat(255, 8, 30)], axis=2)
    square = to_working_size(wide, 16)
    assert square.shape == (1, 16, 16, 3)
    assert square[0, 8, 0, 0] == 0
    assert square[0, 8, -1, 0] == 255


def test_a_template_folder_is_read_in_the_order_of_its_ids(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write_image(tmp_path / f"{number}_input.png", _flat(number))
        write_image(tmp_path / f"{number}_target.png", _flat(number + 100))
    pairs = read_context(tmp_path)
    assert [pair.key for pair in pairs] == ["1", "2", "10"]
    assert [int(pair.target[0, 0, 0, 0]) for pair in pairs] == [101, 102, 110]
    (tmp_path / "2_target.png").unlink()
    with pytest.raises(InputError, match=r"2_target\.png is missing"):
        read_context(tmp_path)
