"""Ways of answering, side by side in one run: the published one, the exact engine, approximations, and a peer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from lavincli.bench.engine_ways import WAYS, ModelWay, PeerWay, Pictures, Way
from lavincli.bench.memory import PeakMemory
from lavincli.bench.peer import Peer
from lavincli.engine.operations import counter
from lavincli.errors import UnknownNameError
from lavincli.model.config import SamplingConfig
from lavincli.model.jdit import JDiT
from lavincli.pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class EngineBench:
    """What is measured.

    Attributes:
        pairs: numbers of context pairs.
        queries: of one task, for the throughput.
        batch: how many of them at once.
        rounds: the ways take turns so often; medians are reported.
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
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    few: str = "published:4"
    refresh: int = 4
    ways: Sequence[str] = WAYS
    compiles: bool = False


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
        operations: of one query, floating point, with its share of nothing else.
        context_operations: what a new task costs once.
        peak_memory: bytes while a batch is answered; of the whole process on a CPU.
        error: the largest difference of one query's latents to those of the reference way (with the same weights and
            attention), as a share of the largest; None for the peer.
    """

    way: str
    pairs: int
    context_seconds: float
    latency: float
    throughput: float
    evaluations: int
    operations: int
    context_operations: int
    peak_memory: int | None
    error: float | None


def measure_engine(pipeline: Pipeline, asked: EngineBench) -> list[EngineRow]:
    """Measure a joint model's pipeline and its ways; one-way is the same weights, attending so.

    Raises UnknownNameError for a way that isn't known, ConfigError where the peer or compiling isn't possible.
    """
    for name in asked.ways:
        if name not in WAYS:
            raise UnknownNameError(name, kind="way", known=WAYS)
    rows: list[EngineRow] = []
    for pairs in asked.pairs:
        ways = _make_ways(pipeline, asked, pairs)
        expected = _expected(pipeline, asked, pairs, ways)
        rows.extend(_measure(ways, expected, asked, pairs, pipeline.device))
    return rows


def _make_ways(pipeline: Pipeline, asked: EngineBench, pairs: int) -> dict[str, Way]:
    joint = _variant(pipeline, "joint", compiles=asked.compiles)
    oneway = _variant(pipeline, "oneway", compiles=asked.compiles)
    published = _variant(pipeline, "joint", compiles=False)
    published.way = "reference"
    few, refreshed = {"grid": asked.few}, {"refresh": asked.refresh}
    kinds: dict[str, tuple[Pipeline, dict[str, object]]] = {
        "reference": (published, {}),
        "exact": (joint, {}),
        "refresh": (joint, dict(refreshed)),
        "few": (joint, dict(few)),
        "oneway": (oneway, {}),
        "oneway-few": (oneway, dict(few)),
    }
    ways: dict[str, Way] = {}
    for name in asked.ways:
        if name == "peer":
            parameters = sum(parameter.numel() for parameter in pipeline.jdit.parameters())
            ways[name] = PeerWay(
                Peer(
                    parameters,
                    pairs=pairs,
                    resolution=pipeline.config.resolution,
                    device=pipeline.device,
                    dtype=pipeline.dtype,
                    compiles=asked.compiles,
                )
            )
        else:
            used, changes = kinds[name]
            sampling = SamplingConfig.model_validate(asked.sampling.model_dump() | changes)
            ways[name] = ModelWay(used, *_pictures(pipeline, asked, pairs), sampling, once=name != "reference")
    return ways


def _variant(pipeline: Pipeline, attention: str, *, compiles: bool) -> Pipeline:
    """The same weights, with an engine of its own and a kind of attention."""
    jdit = pipeline.jdit
    with torch.device("meta"):
        other = JDiT(jdit.config.model_copy(update={"attention": attention}))
    other.load_state_dict(jdit.state_dict(), assign=True)
    made = Pipeline(other.eval().requires_grad_(False), pipeline.stvae, pipeline.config, fingerprint="")
    if compiles:
        made.compile()
    return made


def _pictures(pipeline: Pipeline, asked: EngineBench, pairs: int) -> tuple[Pictures, Pictures]:
    side, random = pipeline.config.resolution, np.random.default_rng(0)
    context, queries = (
        random.integers(0, 256, (count, 1, side, side, 3), dtype=np.uint8) for count in (2 * pairs, asked.batch)
    )
    return context, queries


def _expected(pipeline: Pipeline, asked: EngineBench, pairs: int, ways: dict[str, Way]) -> dict[str, Tensor]:
    """The reference's answer to the first query, for each kind of attention that is asked for."""
    found = {}
    for attention in {"oneway" if name.startswith("oneway") else "joint" for name in ways if name != "peer"}:
        published = _variant(pipeline, attention, compiles=False)
        published.way = "reference"
        found[attention] = ModelWay(published, *_pictures(pipeline, asked, pairs), asked.sampling).answer(1)
    return found


def _measure(
    ways: dict[str, Way], expected: dict[str, Tensor], asked: EngineBench, pairs: int, device: torch.device
) -> list[EngineRow]:
    seconds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    facts = {name: _facts(name, way, expected, asked, device) for name, way in ways.items()}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            once = _once(way)
            context = _timed(way.read_context, device) if once else 0.0
            one = _timed(lambda way=way: way.answer(1), device)
            many = _timed(lambda way=way: way.answer(asked.batch), device) if once and asked.batch > 1 else one
            seconds[name].append((context, one, many))
    rows = []
    for name, way in ways.items():
        context, one, many = (statistics.median(column) for column in zip(*seconds[name], strict=True))
        at_once = asked.batch if _once(way) else 1
        total = context + asked.queries / at_once * many
        rows.append(EngineRow(name, pairs, context, one, asked.queries / total, way.evaluations, *facts[name]))
    return rows


def _once(way: Way) -> bool:
    return not isinstance(way, ModelWay) or way.once


def _facts(
    name: str, way: Way, expected: dict[str, Tensor], asked: EngineBench, device: torch.device
) -> tuple[int, int, int | None, float | None]:
    """Operations of a query and of a context, peak memory, and error; also what warms everything up."""
    way.answer(1)
    with counter() as context:
        way.read_context()
    with counter() as query:
        latents = way.answer(1)
    peak = PeakMemory(device)
    way.answer(asked.batch if _once(way) else 1)
    error = None
    if latents is not None:
        truth = expected["oneway" if name.startswith("oneway") else "joint"]
        error = float((latents - truth).abs().max() / truth.abs().max())
    once = context.get_total_flops() if _once(way) else 0
    return query.get_total_flops(), once, peak.bytes(), error


def _timed(work: object, device: torch.device) -> float:
    assert callable(work)
    _wait(device)
    started = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
