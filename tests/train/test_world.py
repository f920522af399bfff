"""Sharing a batch out: every element once, the same random numbers wherever it is computed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lavincli.errors import ConfigError
from lavincli.train.batches import PictureBatches
from lavincli.train.data_config import SequenceConfig
from lavincli.train.randomness import element_noise, flow_times
from lavincli.train.sequences import SequenceBatches
from lavincli.train.time_config import TimeConfig
from lavincli.train.world import World, shares
from tests.train.test_data import EQUAL, Pool, stills


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 6))
def test_every_element_is_computed_once(size: int, accumulation: int, processes: int) -> None:
    batch = size * accumulation * processes
    parts = [part for own in shares(batch, accumulation, processes) for part in own]
    assert {len(part) for part in parts} == {size}
    assert sorted(place for part in parts for place in part) == list(range(batch))


def test_one_process_has_it_all() -> None:
    assert World().parts(6, 1) == [range(6)]
    assert World().parts(6, 3) == [range(2), range(2, 4), range(4, 6)]


def test_a_batch_that_cannot_be_shared() -> None:
    with pytest.raises(ConfigError, match=r"batch_size 6 can't be shared by 2 processes x .*accumulation 2: .*of 4"):
        shares(6, 2, 2)


def test_noise_is_an_elements_own() -> None:
    whole = element_noise((2, 3), range(8), seed=1, step=4)
    assert whole.shape == (8, 2, 3)
    assert torch.equal(whole[3:6], element_noise((2, 3), range(3, 6), seed=1, step=4))
    for other in (element_noise((2, 3), range(8), seed=2, step=4), element_noise((2, 3), range(8), seed=1, step=5)):
        assert not torch.equal(whole, other)
    many = element_noise((100,), range(200), seed=0, step=0)
    assert float(many.mean()) == pytest.approx(0, abs=0.03)
    assert float(many.std()) == pytest.approx(1, abs=0.03)
    assert len(torch.unique(many[:, 0])) == 200


def test_times_are_an_elements_own() -> None:
    times = TimeConfig(logit_normal=0.5, uniform=0.2, zero=0.3)
    whole = flow_times(times, 40, range(40), seed=1, step=4)
    assert torch.equal(whole[10:20], flow_times(times, 40, range(10, 20), seed=1, step=4))
    assert not torch.equal(whole, flow_times(times, 40, range(40), seed=1, step=5))
    assert 0 < int((whole == 0).sum()) < 40


def test_parts_of_batches() -> None:
    pictures = PictureBatches(stills(), EQUAL, 6, seed=3)
    assert torch.equal(pictures(5)[2:4], pictures(5, range(2, 4)))
    config = SequenceConfig(pairs=3, queries=2, null_context=0.3)
    sequences = SequenceBatches([Pool(0), Pool(1)], [1, 2], config, batch_size=4, seed=0)
    for step in range(12):
        whole, part = sequences(step), sequences(step, range(1, 3))
        assert torch.equal(whole.context[1:3], part.context)
        assert torch.equal(whole.query[2:6], part.query)
        assert torch.equal(whole.target[2:6], part.target)


def test_a_part_reads_no_more_than_its_own() -> None:
    class Counted(Pool):
        read = 0

        def inputs(self, numbers: object, /) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
            Counted.read += np.size(numbers)  # type: ignore[arg-type]
            return super().inputs(numbers)  # type: ignore[arg-type]

    sequences = SequenceBatches([Counted(0)], [1], SequenceConfig(pairs=1, queries=2), batch_size=8, seed=0)
    Counted.read = 0
    sequences(0, range(2, 4))
    assert Counted.read == 2 * 3
