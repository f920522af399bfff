"""Fixtures shared by all tests: a small random model on disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lavincli.builtins import condition_error
from lavincli.model.config import JDiTConfig, ModelConfig, SamplingConfig, STVAEConfig
from lavincli.model.initialise import initialise
from lavincli.model.jdit import JDiT
from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import save_model
from lavincli.registry import forget
from tests.small_tasks import write_small_tasks

SMALL_JDIT = {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2}
SMALL_STVAE = STVAEConfig(block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_groups=4)


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is tested doesn't depend on the settings and models of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("LAVIN_MODELS", str(folder / "models"))
        patch.delenv("LAVIN_CONFIG", raising=False)
        yield


@pytest.fixture(scope="session")
def tiny_model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory with random weights: one-way, 32 px, two Euler steps, guidance 1.5."""
    torch.manual_seed(0)
    config = ModelConfig(
        name="small-random",
        jdit=JDiTConfig(**SMALL_JDIT, attention="oneway"),
        stvae=SMALL_STVAE,
        resolution=32,
        context_pairs=2,
        sampling=SamplingConfig(grid="uniform:3", guidance=1.5),
        license="Apache-2.0",
    )
    jdit = JDiT(config.jdit)
    initialise(jdit, gate_bias=0.3)
    torch.nn.init.normal_(jdit.final_layer.linear.weight, std=0.1)
    folder = tmp_path_factory.mktemp("models") / "small-random"
    save_model(folder, config, jdit, STVAE(config.stvae), card="# small-random\n\nRandom weights, for tests.\n")
    return folder


@pytest.fixture(scope="session", autouse=True)
def small_estimator(tiny_model_directory: Path) -> Iterator[None]:
    """Conditions are estimated by the small random model: by the bundled one that takes as long as all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condition_error, "ESTIMATOR", str(tiny_model_directory))
        yield


@pytest.fixture(scope="session")
def small_tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tasks with cards, contexts of four pairs and data sets of five pictures, 40 x 40."""
    return write_small_tasks(tmp_path_factory.mktemp("tasks"))


@pytest.fixture
def small_tasks(small_tasks_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tasks of `small_tasks_folder`, registered: small_denoising, small_negative, small_mask."""
    monkeypatch.setenv("LAVIN_TASKS", str(small_tasks_folder))
    return small_tasks_folder


@pytest.fixture
def plugin_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path to install plugins into; afterwards they are forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    forget()
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("fake_"):
            del sys.modules[name]
    forget()
