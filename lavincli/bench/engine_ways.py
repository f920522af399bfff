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
from lavincli.flow.solvers import evaluations
from lavincli.flow.time_grid import time_grid
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.pipeline import Pipeline

Pictures = NDArray[np.uint8]
WAYS: Final = ("reference", "exact", "refresh", "few", "oneway", "oneway-few", "peer")


class Way(Protocol):
    """What is measured."""

    @property
    def evaluations(self) -> int: ...

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
        once: whether a context is encoded once for all queries; else for every one, as the published code does it.
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
        latents = self.sample(encoded)
        self.pipeline.decode(latents)
        return latents

    def sample(self, latents: Tensor) -> Tensor:
        """Sampling alone, from encoded queries [B, 16, 1, h, w]."""
        return self.pipeline.sample(latents, context=self._read, seed=0, **self.sampling.model_dump())


@dataclass
class PeerWay:
    """The autoregressive peer: an evaluation is a token."""

    peer: Peer

    @property
    def evaluations(self) -> int:
        """Tokens of a picture."""
        return self.peer.picture

    def read_context(self) -> None:
        """Of one query."""
        self.peer.read_context()

    def answer(self, queries: int) -> None:
        """Writes them; there are no latents."""
        self.peer.answer(queries)
