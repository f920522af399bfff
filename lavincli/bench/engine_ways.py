"""The ways that `lavin bench engine` compares: each reads a context, then answers queries of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.bench.peer import Peer
from lavincli.engine.context import Context
from lavincli.engine.operations import counter
from lavincli.flow.solvers import evaluations
from lavincli.flow.time_grid import time_grid
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.pipeline import Pipeline

Pictures = NDArray[np.uint8]
_UNTIL_REPLAYED: Final = 3
WAYS: Final = ("reference", "exact", "refresh", "few", "oneway", "oneway-few", "peer")


@dataclass(frozen=True, slots=True)
class Work:
    """Floating-point operations: of one query, and of a new task where that is read once for all its queries."""

    query: int
    context: int


class Way(Protocol):
    """What is measured."""

    @property
    def evaluations(self) -> int: ...

    @property
    def once(self) -> bool:
        """Whether a context is read once for all queries; else for every one, as the published code does it."""
        ...

    def count(self) -> Work:
        """Count the operations; what is kept from query to query is there afterwards."""
        ...

    def compile(self) -> None: ...

    def prepare(self, queries: int) -> None:
        """What comes before the first batch of so many queries, and never again."""
        ...

    def read_context(self) -> None:
        """What a new task costs."""
        ...

    def answer(self, queries: int) -> Tensor | None:
        """Answers to so many queries at once; their latents, where there are any to compare."""
        ...


@dataclass
class ModelWay:
    """A pipeline with one way of sampling.

    Attributes:
        pipeline: with the way that it computes in.
        context: pictures of the pairs, uint8 [2 K, 1, S, S, 3].
        queries: uint8 [B, 1, S, S, 3].
        sampling: grid, guidance and so on.
        once: as in `Way`.
    """

    pipeline: Pipeline
    context: Pictures
    queries: Pictures
    sampling: SamplingConfig
    once: bool = True
    _read: Context | None = None

    @property
    def evaluations(self) -> int:
        """Of the velocity, without counting the passes of guidance apart."""
        return evaluations(self.sampling.solver, len(time_grid(self.sampling.grid)))

    def count(self) -> Work:
        """By running; the published way keeps nothing, so its first query is as good as any."""
        with counter() as context:
            if self.once:
                self.read_context()
        if self.once:
            self.answer(1)
        with counter() as query:
            self.answer(1)
        return Work(query.get_total_flops(), context.get_total_flops())

    def compile(self) -> None:
        """The blocks; the plain published way stays as it is."""
        if self.pipeline.way == "exact":
            self.pipeline.compile()

    def prepare(self, queries: int) -> None:
        """Compiled blocks have graphs for every size of batch, and a GPU's kernels are loaded when first used."""
        if self.pipeline.compiles or self.pipeline.device.type == "cuda":
            self.answer(1)
            self.answer(queries)

    def read_context(self) -> None:
        """Encode the pictures, a few at a time, and let a one-way model read them."""
        at_once = 8 if self.once else 1
        parts = [self.pipeline.encode(self.context[i : i + at_once]) for i in range(0, len(self.context), at_once)]
        latents = torch.cat(parts).transpose(0, 2)
        self._read = self.pipeline.context(latents)

    def answer(self, queries: int) -> Tensor:
        """From pictures to pictures; returns the latents between."""
        if self._read is None or not self.once:
            self.read_context()
        assert self._read is not None
        encoded = self.pipeline.encode(self.queries[:queries])
        latents = self.pipeline.sample(encoded, context=self._read, seed=0, **self.sampling.model_dump())
        self.pipeline.decode(latents)
        return latents


@dataclass
class PeerWay:
    """The autoregressive peer: an evaluation is a token."""

    peer: Peer
    once: bool = True

    @property
    def evaluations(self) -> int:
        """Tokens of a picture."""
        return self.peer.picture

    def count(self) -> Work:
        """One token of an answer stands for all: the cache is as long from the first on."""
        with counter() as context:
            self.peer.read_context()
        with counter() as query:
            token = self.peer.read_query()
        with counter() as one:
            self.peer.write(token)
        return Work(
            query.get_total_flops() + (self.peer.picture - 1) * one.get_total_flops(), context.get_total_flops()
        )

    def compile(self) -> None:
        """Writing, which runs once a token."""
        self.peer.compile()

    def prepare(self, queries: int) -> None:
        """A batch has a cache of its own, whose context is read here, unpaid.

        CUDA graphs are replayed from the third token on.
        """
        for batch in (1, queries):
            self.peer.read_context(batch)
            token = self.peer.read_query(batch)
            for _ in range(_UNTIL_REPLAYED):
                token = self.peer.write(token)

    def read_context(self) -> None:
        """Of one query."""
        self.peer.read_context()

    def answer(self, queries: int) -> None:
        """Writes them; there are no latents."""
        self.peer.answer(queries)
