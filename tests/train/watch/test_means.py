"""Means over steps and processes, of figures that not every step has."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


Found = st.lists(st.one_of(st.none(), st.floats(-1e3, 1e3)), min_size=3, max_size=3)


@given(st.lists(st.tuples(Found, Found), min_size=1, max_size=4))
def test_means_of_what_there_is(steps: list[tuple[list[float | None], list[float | None]]]) -> None:
    """Each process's steps with three figures, some of them absent: every value counts once, wherever it was found."""
    meeting = Barrier(2)
    box: list[Sequence[float]] = [[], []]

    def process(rank: int) -> dict[str, float]:
        means = Means()
        for step in steps:
            means.add(dict(zip("abc", step[rank], strict=True)))
        return means.take(Threads(rank, 2, meeting, box))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(process, range(2))
    assert one == other
    for number, name in enumerate("abc"):
        there = [step[rank][number] for step in steps for rank in range(2) if step[rank][number] is not None]
        values = [value for value in there if value is not None]
        if values:
            assert one[name] == pytest.approx(sum(values) / len(values), abs=1e-9)
        else:
            assert name not in one


def test_what_was_taken_is_gone() -> None:
    means = Means()
    means.add({"loss": 1.0})
    assert means.take(World()) == {"loss": 1.0}
    means.add({"loss": 3.0})
    assert means.take(World()) == {"loss": 3.0}
    assert means.take(World()) == {}


@given(st.lists(st.floats(-1e6, 1e6), max_size=100), st.integers(1, 40))
def test_a_sparkline_shows_all_values_in_its_width(values: list[float], width: int) -> None:
    assert len(sparkline(values, width)) == min(len(values), width)


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
