"""The pairs that become records: made in worker processes, handed over in order, a few ahead of what is asked for."""

from __future__ import annotations

import functools
import hashlib
import json
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from lavincli.cards.framing import generator
from lavincli.cards.task import Task
from lavincli.clip import Pair, Sample
from lavincli.errors import InputError, LavinError
from lavincli.latents.damages import Damages
from lavincli.latents.variations import Variations

_AHEAD_PER_WORKER: Final = 4
_TRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """An item that can't be read or drawn, and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class PairSource:
    """Which pair each record is; a function of these attributes and the record's number alone.

    Attributes:
        task: makes the pairs.
        samples: the data set.
        size: height and width in pixels.
        seed: of what is drawn at random.
        crops: None: each sample once, as evaluation sees it; a number: that many random crops, of samples in an order
            that is the same for all tasks: those of one data set share what it costs to make a sample.
        distinct: crops are of so many samples at most, several of each; None: of as many as there are.
        exclude: patterns of sample keys that are not drawn for crops.
        purpose: another one draws other crops, with the same seed.
        origin: what else decides the samples, as text: where they lie, options of their loader.
        longest: clips are cut to their first so many frames; None: they stay as they are.
        damages: of crops whose input is made of their target; None: only the task's own.
        variations: blocks of records with other renderings; None: all as the task's codecs draw them.
    """

    task: Task
    samples: Sequence[Sample]
    size: int
    seed: int
    crops: int | None = None
    exclude: tuple[str, ...] = ()
    purpose: str = "train"
    origin: str = ""
    longest: int | None = None
    damages: Damages | None = None
    variations: Variations | None = None
    distinct: int | None = None

    def __len__(self) -> int:
        return len(self.samples) if self.crops is None else self.crops

    def pair(self, record: int) -> Pair:
        """The pair of one record; random crops of a sample have the record's number in their key."""
        pair = self._whole(self.samples[record]) if self.crops is None else self._crop(record)
        pair = Pair(pair.key, pair.input[: self.longest], pair.target[: self.longest])
        return pair if self.variations is None else self.variations.of(pair, record, len(self))

    def _crop(self, record: int) -> Pair:
        random = generator("crop", self.purpose, self.seed, self.task.name, record)
        sample = self._drawn(record, random)
        pair = self.task.pair(sample, size=self.size, seed=int(random.integers(2**62)), augment=True)
        if self.damages is not None and sample.input is None:
            # Drawn apart, so that all other pairs are what they are without damages.
            random = generator("damages", self.purpose, self.seed, self.task.name, record)
            pair = self.damages.added(pair, self.task, random)
        return Pair(f"{pair.key}#{record}", pair.input, pair.target)

    def _drawn(self, record: int, random: np.random.Generator) -> Sample:
        count = len(self.samples)
        if not count:
            raise InputError(f"{self.task.name}: the data set is empty")
        among = count if self.distinct is None else min(count, self.distinct)
        index = int(_order(self.purpose, self.seed, count)[record % among])
        for _ in range(_TRIES):
            sample = self.samples[index]
            if not any(fnmatch(sample.key, pattern) for pattern in self.exclude):
                return sample
            index = int(random.integers(count))
        raise InputError(
            f"{self.task.name}: none of {_TRIES} samples is left after leaving out {', '.join(self.exclude)}; "
            "leave out less"
        )

    def _whole(self, sample: Sample) -> Pair:
        return self.task.pair(sample, size=self.size, seed=self.seed)

    def attempt(self, record: int) -> Pair | Problem:
        """The pair, or why there is none. A loader may be a plugin's, so more than our own errors is caught."""
        key = f"record {record}"
        try:
            if self.crops is not None:
                return self.pair(record)
            sample = self.samples[record]
            key = sample.key
            return self.pair(record)
        except (LavinError, OSError, ValueError) as error:
            reason = str(error) if isinstance(error, LavinError) else f"{type(error).__name__}: {error}"
            return Problem(key, " ".join(reason.split()))

    def frames(self) -> tuple[int, int]:
        """Frames of an input and of a target, from the first pair that can be made. Raises InputError if none can."""
        reason = "it is empty"
        for record in range(min(len(self), _TRIES)):
            made = self.attempt(record)
            if isinstance(made, Pair):
                return len(made.input), len(made.target)
            reason = f"{made.key}: {made.reason}"
        raise InputError(f"{self.task.name}: no item of the data set can be encoded; {reason}")

    @property
    def identity(self) -> str:
        """Hash of what decides which pair each record is, as far as it is known without reading the data."""
        drawn = [self.size, self.seed, self.crops, self.exclude, self.purpose]
        about: list[Any] = [self.task.name, len(self.samples), *drawn, self.origin, self.longest]
        # Only where there are any: what was made without them is still what it was.
        if self.damages is not None:
            about.append(["damages", *self.damages.identity])
        if self.crops is not None:
            about.append("samples in one order")
        if self.distinct is not None:
            about.append(["distinct", self.distinct])
        if self.variations is not None:
            about.append(["variations", self.variations.names, self.variations.side])
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()


@functools.lru_cache(maxsize=8)
def _order(purpose: str, seed: int, count: int) -> NDArray[np.int64]:
    return generator("order", purpose, seed).permutation(count)


class PairMaker:
    """Makes pairs in ``workers`` processes (0: in this one), in the order asked for.

    Never more than a few pairs are in memory, however many are asked for.
    """

    def __init__(self, source: PairSource, workers: int) -> None:
        self._source, self._workers = source, workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._workers:
            # Not forked: the numeric libraries of this process have threads, which a fork would leave behind.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context, initializer=_receive, initargs=(self._source,))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def make(self, records: Iterable[int]) -> Iterator[Pair | Problem]:
        """The pairs of some records."""
        if self._pool is None:
            for record in records:
                yield self._source.attempt(record)
            return
        waiting: deque[Future[Pair | Problem]] = deque()
        for record in records:
            waiting.append(self._pool.submit(_attempt, record))
            if len(waiting) > _AHEAD_PER_WORKER * self._workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_received: PairSource | None = None


def _receive(source: PairSource) -> None:
    """In a worker: keep the source, so that it is sent once and not with each record."""
    global _received
    _received = source


def _attempt(record: int) -> Pair | Problem:
    assert _received is not None
    return _received.attempt(record)
