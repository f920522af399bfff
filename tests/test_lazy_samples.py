from __future__ import annotations

import pickle

import pytest

from lavincli.clip import Sample
from lavincli.lazy_samples import LazySamples, key_of, keys_are_known

_READ: list[int] = []


def read(number: int) -> Sample:
    _READ.append(number)
    return Sample(str(number))


def test_reads_only_what_is_asked_for_and_slices_lazily() -> None:
    _READ.clear()
    samples = LazySamples(range(10), read)
    part = samples[2:8:2]
    assert _READ == []
    assert len(part) == 3
    assert part[-1].key == "6"
    assert _READ == [6]
    assert [sample.key for sample in pickle.loads(pickle.dumps(part))] == ["2", "4", "6"]  # noqa: S301 - our own bytes
    with pytest.raises(IndexError):
        samples[10]


def test_keys_are_told_without_reading_where_the_loader_can() -> None:
    _READ.clear()
    samples = LazySamples(range(10), read, key=str)
    assert keys_are_known(samples)
    assert [key_of(index, samples[4:6]) for index in range(2)] == ["4", "5"]
    assert _READ == []
    for unknown in (LazySamples(range(10), read), [Sample("0"), Sample("1"), Sample("2"), Sample("3")]):
        assert not keys_are_known(unknown)
        assert key_of(3, unknown) == "3"
    assert _READ == [3]
