"""`lavin bench engine`: from its options to a measurement and its table."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from lavincli.bench.engine import EngineBench, EngineRow, measure_engine
from lavincli.bench.engine_models import random_pipeline
from lavincli.bench.engine_ways import WAYS
from lavincli.bench.plot import plot_engine
from lavincli.errors import ConfigError
from lavincli.pipeline.load import choose_device, choose_dtype, load
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import resolve_sampling

logger = logging.getLogger(__name__)

_GIGA = 1e9


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """The options, as they were given; see `lavin bench engine --help`."""

    preset: str
    model: str | None
    resolution: int | None
    pairs: str
    queries: int
    batch_size: int
    grid: str
    guidance: float
    few: str
    refresh: int
    ways: str | None
    rounds: int
    compiles: bool
    device: str | None
    dtype: str | None
    threads: int | None

    def run(self, plot: Path | None) -> list[EngineRow]:
        """Measure, and draw it where a file is given. Raises ConfigError or UnknownNameError for a bad option."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        pipeline = self._pipeline()
        asked = EngineBench(
            pairs=self._numbers(),
            queries=self.queries,
            batch=min(self.batch_size, self.queries),
            rounds=self.rounds,
            sampling=resolve_sampling(pipeline.config.sampling, guidance=self.guidance, grid=self.grid, solver="euler"),
            few=resolve_sampling(pipeline.config.sampling, grid=self.few).grid,
            refresh=self.refresh,
            ways=WAYS if self.ways is None else [name.strip() for name in self.ways.split(",")],
            compiles=self.compiles,
        )
        where = f"{pipeline.device}, {str(pipeline.dtype).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        title = f"{pipeline.config.name}, {pipeline.config.resolution} px, guidance {self.guidance:g}: {where}"
        logger.info("%s", title)
        rows = measure_engine(pipeline, asked)
        if plot is not None:
            plot_engine(rows, plot, title)
        return rows

    def table(self, rows: Sequence[EngineRow]) -> list[tuple[str, ...]]:
        """The rows as texts, with a heading."""
        heading = ("way", "pairs", "task s", "query s", "queries/s", "evaluations", "GFLOP a query", "peak GB", "error")
        return [heading, *(self._texts(row) for row in rows)]

    def _texts(self, row: EngineRow) -> tuple[str, ...]:
        return (
            row.way,
            str(row.pairs),
            f"{row.context_seconds:.3g}",
            f"{row.latency:.3g}",
            f"{row.throughput:.3g}",
            str(row.evaluations),
            f"{row.operations / _GIGA:,.0f}",
            "-" if row.peak_memory is None else f"{row.peak_memory / _GIGA:.2f}",
            "-" if row.error is None else f"{row.error:.1e}",
        )

    def _pipeline(self) -> Pipeline:
        if self.model is not None:
            pipeline = load(self.model, device=self.device, dtype=self.dtype)
            if self.resolution is not None:
                pipeline.config = pipeline.config.model_copy(update={"resolution": self.resolution})
            return pipeline
        device = choose_device(self.device)
        resolution = 256 if self.resolution is None else self.resolution
        if resolution % 16:
            raise ConfigError(f"--resolution {resolution}: not a multiple of 16, as patches of latents need it")
        return random_pipeline(
            self.preset, resolution=resolution, device=device, dtype=choose_dtype(self.dtype, device)
        )

    def _numbers(self) -> list[int]:
        texts = [text.strip() for text in self.pairs.split(",")]
        if not all(text.isdecimal() and int(text) > 0 for text in texts):
            raise ConfigError(f"--pairs {self.pairs}: expected numbers separated by commas, for example 1,4,8")
        return [int(text) for text in texts]
