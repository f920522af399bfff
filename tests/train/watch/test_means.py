"""Means over steps and processes, of figures that not every step has."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from lavincli.train.watch.means import Means
from lavincli.train.watch.sparkline import sparkline
from lavincli.train.watch.wording import duration
from lavincli.train.world import World


class Threads(World):
    """Processes that are threads of this one."""

    def __init__(self, rank: int, size: int, meeting: Barrier, box: list[Sequence[float]]) -> None:
        self.rank, self.size, self._meeting, self._box = rank, size, meeting, box

    def mean(self, values: Sequence[float]) -> list[float]:
        self._box[self.rank] = values
        self._meeting.wait(10)
        means = [sum(column) / self.size for column in zip(*self._box, strict=True)]
        self._meeting.wait(10)
        return means


@pytest.mark.parametrize("seed", range(10))
def test_every_value_counts_once(seed: int) -> None:
    """Each process's steps with the values of three figures, wherever they were found; some have none."""
    draw = random.Random(seed)
    steps = [
        [[[draw.gauss(0, 1) for _ in range(draw.randrange(3))] for _ in "abc"] for _ in range(2)]
        for _ in range(draw.randrange(1, 4))
    ]
    meeting = Barrier(2)
    box: list[Sequence[float]] = [[], []]

    def process(rank: int) -> dict[str, float]:
        means = Means()
        for step in steps:
            means.add({name: (sum(values), len(values)) for name, values in zip("abc", step[rank], strict=True)})
        return means.take(Threads(rank, 2, meeting, box))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(process, range(2))
    assert one == other
    for number, name in enumerate("abc"):
        values = [value for step in steps for rank in range(2) for value in step[rank][number]]
        if values:
            assert one[name] == pytest.approx(sum(values) / len(values), abs=1e-9)
        else:
            assert name not in one


def test_what_was_taken_is_gone() -> None:
    means = Means()
    means.add({"loss": 1.0})
    assert means.take(World()) == {"loss": 1.0}
    means.add({"loss": 3.0})
    means.add({"loss": 4.0})
    assert means.take(World()) == {"loss": 3.5}
    assert means.take(World()) == {}


@pytest.mark.parametrize("count", [0, 1, 5, 39, 40, 41, 1000])
@pytest.mark.parametrize("width", [1, 7, 40])
def test_a_sparkline_shows_all_values_in_its_width(count: int, width: int) -> None:
    draw = random.Random(count)
    assert len(sparkline([draw.gauss(0, 1e3) for _ in range(count)], width)) == min(count, width)


def test_sparklines() -> None:
    assert sparkline([8, 6, 4, 2, 1], 10) == "█▆▄▂▁"
    assert sparkline([1, 1, 3, 3], 2) == "▁█"
    assert sparkline([5, 5], 4) == "▁▁"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (12.4, "12 s"), (90, "1 min 30 s"), (3600 * 5 + 61, "5 h 01 min"), (86400 * 2 + 7300, "2 d 02 h")],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
