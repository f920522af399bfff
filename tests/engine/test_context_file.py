"""A context saved, and loaded by whom it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import lavincli
from lavincli.engine.context_file import load_context, save_context
from lavincli.errors import CheckpointError
from lavincli.pipeline.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def saved(pipeline: Pipeline, folder: Path) -> Path:
    latents = torch.randn(1, 16, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    path = folder / "context.safetensors"
    save_context(path, pipeline.context(latents), pipeline)
    return path


@pytest.mark.parametrize("way", ["exact", "reference"])
def test_answers_are_the_same_bits(
    pipeline: Pipeline, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a one-way model with what it remembers, and without (the published way reads latents)."""
    monkeypatch.setattr(pipeline, "way", way)
    latents = torch.randn(1, 16, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    context, queries = pipeline.context(latents), torch.randn(2, 16, 1, 4, 4)
    assert (context.memory is None) == (way == "reference")
    path = tmp_path / "context.safetensors"
    save_context(path, context, pipeline)
    loaded = load_context(path, pipeline)
    expected = pipeline.sample(queries, context=context, grid="uniform:3", guidance=1.5)
    assert torch.equal(pipeline.sample(queries, context=loaded, grid="uniform:3", guidance=1.5), expected)


def test_another_model_or_number_format(pipeline: Pipeline, tiny_model_directory: Path, tmp_path: Path) -> None:
    path = saved(pipeline, tmp_path)
    rounded = lavincli.load(tiny_model_directory, device="cpu", dtype="bfloat16")
    with pytest.raises(
        CheckpointError, match=r"its dtype is .torch\.float32., and this pipeline's is .torch\.bfloat16"
    ):
        load_context(path, rounded)
    other = Pipeline(pipeline.jdit, pipeline.stvae, pipeline.config, fingerprint="another")
    with pytest.raises(CheckpointError, match="its model is"):
        load_context(path, other)


def test_files_that_are_none(pipeline: Pipeline, tmp_path: Path, tiny_model_directory: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        load_context(tmp_path / "nothing", pipeline)
    path = saved(pipeline, tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="can't be read as a context"):
        load_context(path, pipeline)
    with pytest.raises(CheckpointError, match="its format is null"):
        load_context(tiny_model_directory / "jdit.safetensors", pipeline)
