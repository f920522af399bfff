"""Ways of answering, side by side: the published one, the exact engine, approximations, and a peer."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lavincli.bench.engine_ways import WAYS, Way
from lavincli.bench.make_ways import make_way, reference_way
from lavincli.bench.matrix_rate import matrix_rate, wait
from lavincli.bench.memory import PeakMemory
from lavincli.errors import UnknownNameError
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class EngineBench:
    """What is measured.

    Attributes:
        pairs: numbers of context pairs.
        queries: of one task, for the throughput: reckoned from the batches that are really run.
        batch: how many of them at once.
        rounds: of measuring a way; medians are reported.
        patience: seconds of measuring a way after which no new round is begun.
        sampling: of the reference; other ways change what they are named for.
        few: the grid of the ways with few steps.
        refresh: of the way of that name.
        ways: which of `WAYS`.
        compiles: whether the engine's blocks (and the peer) are compiled.
    """

    pairs: Sequence[int] = (4,)
    queries: int = 64
    batch: int = 8
    rounds: int = 3
    patience: float = 60.0
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    few: str = "published:4"
    refresh: int = 4
    ways: Sequence[str] = WAYS
    compiles: bool = False

    def check(self) -> None:
        """Raises UnknownNameError for a way that isn't known."""
        for name in self.ways:
            if name not in WAYS:
                raise UnknownNameError(name, kind="way", known=WAYS)


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One way with one number of pairs. Seconds are medians.

    Attributes:
        way: its name.
        pairs: of the context.
        context_seconds: what a new task costs once; 0 where it is part of every answer.
        latency: seconds of one more query of it.
        throughput: queries a second, over all queries of one new task.
        evaluations: of the velocity (tokens, for the peer).
        operations: of one query, floating point.
        context_operations: what a new task costs once.
        utilisation: operations a second over all queries of one new task, as a share of `matrix_rate`.
        peak_memory: bytes while it is timed; of the whole process on a CPU.
        error: the largest difference of one query's latents to those of the reference way (with the same weights,
            attention and number format), as a share of the largest; None for the peer.
        queries_run: how many queries were really answered against the clock.
    """

    way: str
    pairs: int
    context_seconds: float
    latency: float
    throughput: float
    evaluations: int
    operations: int
    context_operations: int
    utilisation: float
    peak_memory: int | None
    error: float | None
    queries_run: int


def measure_engine(pipeline: Pipeline, asked: EngineBench) -> list[EngineRow]:
    """Measure a pipeline's weights in all ways, in this process; `lavin bench engine` takes one for each.

    Peaks of memory are then of all that is there. Raises UnknownNameError for a way that isn't known, ConfigError where
    the peer or compiling isn't possible.
    """
    asked.check()
    rate = matrix_rate(pipeline.device, pipeline.dtype)
    with tempfile.TemporaryDirectory() as kept:
        return [
            measure_way(pipeline, asked, name, pairs, rate=rate, kept=Path(kept))
            for pairs in asked.pairs
            for name in asked.ways
        ]


def measure_way(pipeline: Pipeline, asked: EngineBench, name: str, pairs: int, *, rate: float, kept: Path) -> EngineRow:
    """One way with one number of pairs.

    Args:
        pipeline: the weights, and where they are.
        asked: what is measured.
        name: of the way.
        pairs: of the context.
        rate: of the machine, operations a second (`matrix_rate`).
        kept: a folder for the reference's answers, which are computed once for all ways.
    """
    way, device = make_way(pipeline, asked, name, pairs), pipeline.device
    work = way.count()
    if asked.compiles:
        way.compile()
    at_once = asked.batch if way.once else 1
    way.prepare(at_once)
    peak = PeakMemory(device)
    rounds, latents = _rounds(way, at_once, asked, device)
    memory = peak.bytes()
    context, one, many = (statistics.median(column) for column in zip(*rounds, strict=True))
    total = context + asked.queries / at_once * many
    operations = work.context + asked.queries * work.query
    answers = len(rounds) * (1 if at_once == 1 else 1 + at_once)
    error = None if latents is None else _error(latents, pipeline, asked, name, pairs, kept)
    return EngineRow(
        way=name,
        pairs=pairs,
        context_seconds=context,
        latency=one,
        throughput=asked.queries / total,
        evaluations=way.evaluations,
        operations=work.query,
        context_operations=work.context,
        utilisation=operations / total / rate,
        peak_memory=memory,
        error=error,
        queries_run=answers,
    )


class _Round(NamedTuple):
    """Seconds of a context, of one query, and of a batch of them."""

    context: float
    one: float
    many: float


def _rounds(way: Way, at_once: int, asked: EngineBench, device: torch.device) -> tuple[list[_Round], Tensor | None]:
    """As many as are asked for, or as there is patience for, but one at least; and the latents of the first query."""
    found: list[_Round] = []
    latents: Tensor | None = None
    started = time.perf_counter()
    while len(found) < asked.rounds and (not found or time.perf_counter() - started < asked.patience):
        context = _timed(way.read_context, device)[0] if way.once else 0.0
        one, latents = _timed(lambda: way.answer(1), device)
        many = _timed(lambda: way.answer(at_once), device)[0] if at_once > 1 else one
        found.append(_Round(context, one, many))
    return found, latents


def _timed(work: Callable[[], Tensor | None], device: torch.device) -> tuple[float, Tensor | None]:
    wait(device)
    started = time.perf_counter()
    result = work()
    wait(device)
    return time.perf_counter() - started, result


def _error(latents: Tensor, pipeline: Pipeline, asked: EngineBench, name: str, pairs: int, kept: Path) -> float:
    """To the reference's answer to the first query, which is computed where there is none of that attention yet."""
    attention = "oneway" if name.startswith("oneway") else "joint"
    path = kept / f"{attention}-{pairs}.safetensors"
    if not path.exists():
        truth = latents if name == "reference" else reference_way(pipeline, asked, pairs, attention).answer(1)
        save_file({"latents": truth.cpu().contiguous()}, path)
    truth = load_file(path)["latents"]
    return float((latents.cpu() - truth).abs().max() / truth.abs().max())
