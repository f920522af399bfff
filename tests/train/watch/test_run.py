"""What a run writes down and shows, from the outside: figures of tasks and of the machine, samples, events, order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lavincli.clip import Clip
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.run import run
from lavincli.train.watch.json_lines import read_log
from lavincli.train.watch.tensorboard import TensorBoard
from lavincli.train.watch.watcher import SPEED, Facts, Watcher
from tests.train.runs import cut_off_at


class Diary(Watcher):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def on_start(self, facts: Facts) -> None:
        self.told.append(("start", facts.done))

    def on_step(self, step: int) -> None:
        self.told.append(("step", step))

    def on_figures(self, step: int, figures: Mapping[str, float]) -> None:
        self.told.append(("figures", step))

    def on_validation(self, step: int, figures: Mapping[str, float]) -> None:
        self.told.append(("validation", step))

    def on_samples(self, step: int, sheet: Clip, path: Path) -> None:
        with Image.open(path) as picture:
            assert np.array_equal(np.asarray(picture), sheet[0])
        self.told.append(("samples", step))

    def on_checkpoint(self, step: int, path: Path) -> None:
        assert (path / "manifest.json").exists()
        self.told.append(("checkpoint", step))

    def on_end(self) -> None:
        self.told.append(("end", 0))


def test_an_stvae(stvae_config: Callable[..., STVAETrainConfig]) -> None:
    config = stvae_config(steps=4, log_every=2, validate_every=3, sample_every=3, checkpoint_seconds=1000.0)
    diary = Diary()
    run(config, [diary, TensorBoard()], measured=True)
    later = [("validation", 4), ("samples", 4), ("checkpoint", 4), ("end", 0)]
    best = [("validation", 3), ("samples", 3), ("checkpoint", 3)]
    first = [("start", 0), ("step", 1), ("step", 2), ("figures", 2), ("step", 3)]
    assert diary.told == [*first, *best, ("step", 4), ("figures", 4), *later]
    line = read_log(config.out / "log.jsonl")[0]
    assert {"step", "seconds", "mse", "gradient", "learning_rate"} < line.keys()
    assert {"mse/small_denoising", "mse/small_negative"} <= line.keys()
    by_task = [line[f"mse/{task}"] for task in config.data.tasks]
    assert min(by_task) <= line["mse"] <= max(by_task)
    assert all(line[SPEED + name] > 0 for name in ("samples", "tokens", "utilisation", "step_seconds", "memory_gb"))
    assert 0 < line[SPEED + "waiting_seconds"] < line[SPEED + "step_seconds"]
    assert line[SPEED + "samples"] == pytest.approx(config.batch_size / line[SPEED + "step_seconds"], rel=1e-4)
    assert line[SPEED + "utilisation"] < 1
    sheets = sorted(path.name for path in (config.out / "samples").iterdir())
    assert sheets == ["step-00000003.png", "step-00000004.png"]


def test_a_jdit(jdit_config: Callable[..., JDiTTrainConfig], tiny_model_directory: Path, tmp_path: Path) -> None:
    """A task that a batch has none of is left out of the mean; looking at samples changes nothing."""
    stvae = str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae"))
    settings: dict[str, Any] = {"stvae": stvae, "batch_size": 1, "steps": 5, "distributed": {"accumulation": 1}}
    seen, unseen = jdit_config("seen", sample_every=2, **settings), jdit_config("unseen", **settings)
    run(seen)
    run(unseen)
    lines, others = ([x for x in read_log(config.out / "log.jsonl") if "loss" in x] for config in (seen, unseen))
    assert [line["loss"] for line in lines] == [line["loss"] for line in others]
    for line in lines:
        by_task = [value for key, value in line.items() if key.startswith("loss/")]
        assert by_task == [pytest.approx(line["loss"], rel=1e-5)]
    assert len({key for line in lines for key in line if key.startswith("loss/")}) == 2
    with Image.open(seen.out / "samples" / "step-00000004.png") as sheet:
        width, height = sheet.size
    assert width > 4 * 150
    assert height > 2 * 150


def test_events(stvae_config: Callable[..., STVAETrainConfig]) -> None:
    """TensorBoard's own reader finds what was written, once, also after a run was cut off and went on."""
    from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
        EventAccumulator,
    )

    config = stvae_config(steps=4, validate_every=4, sample_every=4)
    cut_off_at(config, 3, TensorBoard())
    run(config, [TensorBoard()])
    events = EventAccumulator(str(config.out / "tensorboard"))
    events.Reload()
    lines = [line for line in read_log(config.out / "log.jsonl") if "mse" in line]
    found = events.Scalars("mse")
    assert [event.step for event in found] == [1, 2, 3, 4]
    assert [event.value for event in found] == pytest.approx([line["mse"] for line in lines], rel=1e-5)
    assert [event.step for event in events.Scalars("validation/psnr")] == [4]
    assert [event.step for event in events.Images("samples")] == [4]


def test_samples_that_cannot_be_written_end_no_run(
    stvae_config: Callable[..., STVAETrainConfig], caplog: pytest.LogCaptureFixture
) -> None:
    config = stvae_config(steps=2, sample_every=1)
    config.out.mkdir()
    (config.out / "samples").write_text("in the way")
    run(config)
    assert "the samples of step 1 can't be written" in caplog.text
