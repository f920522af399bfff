"""`lavin bench engine`: from its options to a measurement, each way in a process of its own."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from lavincli.bench.engine import EngineBench, EngineRow
from lavincli.bench.engine_models import random_config, random_pipeline
from lavincli.bench.engine_ways import WAYS
from lavincli.bench.engine_worker import measure_apart
from lavincli.bench.matrix_rate import matrix_rate
from lavincli.bench.peer import transformers
from lavincli.errors import ConfigError, LavinError
from lavincli.hub.find import find_model
from lavincli.model.config import ModelConfig
from lavincli.pipeline.load import choose_device, choose_dtype, load
from lavincli.pipeline.model_config import read_config
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import resolve_sampling

logger = logging.getLogger(__name__)

_TERA = 1e12


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all ways. `rate`: of the machine's matrix products, operations a second."""

    model: str
    resolution: int
    guidance: float
    device: str
    dtype: str
    threads: int
    rate: float

    def __str__(self) -> str:
        where = f"{self.device}, {self.dtype}, {self.threads} threads, {self.rate / _TERA:.3g} TFLOP/s"
        return f"{self.model}, {self.resolution} px, guidance {self.guidance:g}: {where}"


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
    patience: float
    compiles: bool
    device: str | None
    dtype: str | None
    threads: int | None

    def setting(self) -> Setting:
        """Measures the machine's rate. Raises ConfigError or UnknownNameError for a bad option."""
        self.use_threads()
        config = self._config()
        bench = self.bench(config)
        if "peer" in bench.ways:
            transformers()
        device = choose_device(self.device)
        dtype = choose_dtype(self.dtype, device)
        return Setting(
            model=config.name,
            resolution=config.resolution,
            guidance=self.guidance,
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
            dtype=str(dtype).removeprefix("torch."),
            threads=torch.get_num_threads(),
            rate=matrix_rate(device, dtype),
        )

    def run(self, setting: Setting, on_failure: Callable[[str, LavinError], None]) -> Iterator[EngineRow]:
        """Measure each way with each number of pairs, one after the other; `on_failure` hears of one that can't be."""
        bench = self.bench(self._config())
        # What was chosen once holds for all processes.
        command = replace(self, dtype=setting.dtype, threads=setting.threads)
        with tempfile.TemporaryDirectory() as kept:
            for pairs in bench.pairs:
                for way in bench.ways:
                    logger.info("%s, %d pairs", way, pairs)
                    try:
                        yield measure_apart(command, way, pairs, rate=setting.rate, kept=Path(kept))
                    except LavinError as error:
                        on_failure(f"{way}, {pairs} pairs", error)

    def use_threads(self) -> None:
        """Of this process, as many as are asked for."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)

    def bench(self, config: ModelConfig) -> EngineBench:
        """What is measured of a model. Raises ConfigError or UnknownNameError."""
        sampling = resolve_sampling(config.sampling, guidance=self.guidance, grid=self.grid, solver="euler")
        found = EngineBench(
            pairs=self._numbers(),
            queries=self.queries,
            batch=min(self.batch_size, self.queries),
            rounds=self.rounds,
            patience=self.patience,
            sampling=sampling,
            few=resolve_sampling(config.sampling, grid=self.few).grid,
            refresh=self.refresh,
            ways=WAYS if self.ways is None else [name.strip() for name in self.ways.split(",")],
            compiles=self.compiles,
        )
        found.check()
        return found

    def pipeline(self) -> Pipeline:
        """The weights on their device. Raises what `lavincli.load` raises."""
        config = self._config()
        if self.model is None:
            device = choose_device(self.device)
            return random_pipeline(config, device=device, dtype=choose_dtype(self.dtype, device))
        pipeline = load(self.model, device=self.device, dtype=self.dtype)
        pipeline.config = config
        return pipeline

    def _config(self) -> ModelConfig:
        if self.model is None:
            return random_config(self.preset, 256 if self.resolution is None else self.resolution)
        config = read_config(find_model(self.model))
        return config if self.resolution is None else config.model_copy(update={"resolution": self.resolution})

    def _numbers(self) -> list[int]:
        texts = [text.strip() for text in self.pairs.split(",")]
        if not all(text.isdecimal() and int(text) > 0 for text in texts):
            raise ConfigError(f"--pairs {self.pairs}: expected numbers separated by commas, for example 1,4,8")
        return [int(text) for text in texts]
