"""The exact engine behind a pipeline, beside the published way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import lavincli
from lavincli.clip import Pair
from lavincli.engine.context_file import load_context, save_context
from lavincli.engine.operations import counter
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predictor import Predictor
from tests.reference import relative_error


@pytest.fixture
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def pictures(seed: int, count: int, frames: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (count, frames, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("frames", [1, 5])
def test_encoded_and_decoded_alike(pipeline: Pipeline, frames: int) -> None:
    clips = pictures(0, 2, frames)
    latents, shown = pipeline.encode(clips), None
    shown = pipeline.decode(latents)
    pipeline.way = "reference"
    assert relative_error(latents, pipeline.encode(clips)) < 1e-5
    # Pictures are truncated, so that rounding can move a value by one.
    assert np.abs(shown.astype(int) - pipeline.decode(latents)).max() <= 1
    assert np.mean(shown != pipeline.decode(latents)) < 1e-3


def test_answers_are_alike_and_cost_less(pipeline: Pipeline) -> None:
    context = [Pair(str(i), *pictures(i, 2)) for i in range(2)]
    queries, answers, operations = list(pictures(9, 3)), {}, {}
    for way in ("exact", "reference"):
        pipeline.way = way
        with counter() as counted:
            answers[way] = Predictor(pipeline, context).raw(queries, [0, 1, 2]).astype(int)
        operations[way] = counted.get_total_flops()
    assert np.abs(answers["exact"] - answers["reference"]).max() <= 1
    assert operations["exact"] < operations["reference"] / 2


def test_weights_of_the_st_vae_that_change_are_followed(pipeline: Pipeline) -> None:
    clips = pictures(0, 1)
    before = pipeline.encode(clips)
    with torch.no_grad():
        pipeline.stvae.encoder.conv_out.conv.weight.mul_(2)
    after = pipeline.encode(clips)
    assert relative_error(after, before) > 0.1
    pipeline.way = "reference"
    assert relative_error(after, pipeline.encode(clips)) < 1e-5


def test_a_context_is_read_once_for_all_batches(pipeline: Pipeline) -> None:
    """The second predictor of one context encodes nothing: its first batch costs what a later one does."""
    context = [Pair(str(i), *pictures(i, 2)) for i in range(2)]
    Predictor(pipeline, context).raw(list(pictures(9, 1)), [0])
    costs = []
    for _ in range(2):
        with counter() as counted:
            Predictor(pipeline, context).raw(list(pictures(9, 1)), [0])
        costs.append(counted.get_total_flops())
    assert costs[0] == costs[1]
    with counter() as counted:
        Predictor(pipeline, context[:1]).raw(list(pictures(9, 1)), [0])
    assert counted.get_total_flops() > costs[0]


def test_sampling_settings_reach_the_engine(pipeline: Pipeline) -> None:
    context = [Pair(str(i), *pictures(i, 2)) for i in range(2)]
    base: dict[str, object] = {"grid": "uniform:5", "guidance": 3.0}
    answers = {}
    changes: dict[str, dict[str, object]] = {
        "all": {},
        "late": {"guidance_interval": (0.5, 1.0)},
        "heun": {"solver": "heun"},
    }
    for name, settings in changes.items():
        sampling = SamplingConfig.model_validate(base | settings)
        answers[name] = Predictor(pipeline, context, sampling=sampling).raw(list(pictures(9, 1)), [0])
    assert not np.array_equal(answers["all"], answers["late"])
    assert not np.array_equal(answers["all"], answers["heun"])


def test_a_context_that_was_read_before_spares_reading_it(
    pipeline: Pipeline, tiny_model_directory: Path, tmp_path: Path
) -> None:
    context = [Pair(str(i), *pictures(i, 2)) for i in range(2)]
    first = Predictor(pipeline, context)
    save_context(tmp_path / "task.safetensors", first.read, pipeline)
    expected = first.raw(list(pictures(9, 1)), [0])
    other = lavincli.load(tiny_model_directory, device="cpu")
    with counter() as counted:
        second = Predictor(other, context, read=load_context(tmp_path / "task.safetensors", other))
    assert counted.get_total_flops() == 0
    assert np.array_equal(second.raw(list(pictures(9, 1)), [0]), expected)
