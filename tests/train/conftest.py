"""Recipes of seconds: a few generated pictures, 16 px, networks of a few thousand parameters."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from lavincli.media.clips import write_clip
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.perceptual import _STAGES
from lavincli.train.recipe import read_recipe
from tests.small_tasks import picture

Recipe = Callable[..., Path]

COMMON: dict[str, Any] = {
    "seed": 3,
    "steps": 6,
    "optimizer": {"learning_rate": 3e-3, "warmup_steps": 2},
    "ema_decay": 0.9,
    "threads": 1,
    "checkpoint_seconds": 1e-6,
    "log_every": 1,
    "validate_every": 4,
}
STVAE_RECIPE: dict[str, Any] = COMMON | {
    "network": "stvae",
    "batch_size": 16,
    "stvae": {"block_out_channels": [4, 4, 8, 8], "layers_per_block": 1, "norm_groups": 2},
    "loss": {"l1": 0.5, "kl": 1e-4, "pca": {"weight": 0.3, "until_step": 4}},
}
JDIT_RECIPE: dict[str, Any] = COMMON | {
    "network": "jdit",
    "name": "small",
    "batch_size": 2,
    "jdit": {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2, "attention": "oneway"},
    "initialisation": {"gate_bias": 0.3},
    "sequence": {"pairs": 3, "queries": 2, "noises": 2, "null_context": 0.3},
    "time": {"logit_normal": 0.5, "uniform": 0.2, "zero": 0.3},
    "sampling": {"grid": "uniform:2", "guidance": 1.0},
}
STVAE_RECIPE["optimizer"] = STVAE_RECIPE["optimizer"] | {"name": "adamw"}
JDIT_RECIPE["optimizer"] = JDIT_RECIPE["optimizer"] | {"name": "muon", "weight_decay": 0.01}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A recipe sets the number of threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def train_tasks_folder(small_tasks_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small tasks, the data set of pairs under a name of its own, so that a recipe can give each its root.

    And small_motion: from a still a clip of 9 frames that moves on by 3 pixels a frame.
    """
    root = tmp_path_factory.mktemp("train-tasks")
    shutil.copytree(small_tasks_folder.parent, root, dirs_exist_ok=True)
    card = root / "tasks" / "small_negative" / "task.yaml"
    card.write_text(card.read_text().replace("{pictures: {loader: pair_folder", "{pairs: {loader: pair_folder"))
    moving = root / "tasks" / "small_motion"
    moving.mkdir()
    (moving / "task.yaml").write_text(
        "name: small_motion\nversion: 1\ntitle: small_motion\nkind: video\nmetrics: [psnr]\n"
        "data: {motion: {loader: pair_folder, root: ../../motion}}\n"
    )
    for number in range(5):
        still = picture(number)
        write_clip(root / "motion" / f"{number}_input", still)
        write_clip(root / "motion" / f"{number}_target", np.concatenate([np.roll(still, 3 * t, 2) for t in range(9)]))
    return root / "tasks"


@pytest.fixture
def train_tasks(train_tasks_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAVIN_TASKS", str(train_tasks_folder))
    return train_tasks_folder


@pytest.fixture
def recipe(train_tasks: Path, tmp_path: Path) -> Recipe:
    """Writes a recipe below `tmp_path`, with its own `out` and cache; keywords replace keys."""

    def write(base: dict[str, Any], name: str = "run", **changes: Any) -> Path:
        content = copy.deepcopy(base) | {"out": str(tmp_path / name)}
        content["data"] = {
            "size": 16,
            "tasks": {"small_denoising": 1, "small_negative": 0.5},
            "roots": {name: str(train_tasks.parent / name) for name in ("pictures", "pairs", "motion")},
            "pairs_per_task": 12,
            "held_out_pairs": 4,
            "workers": 0,
            "cache": str(tmp_path / f"{name}-cache"),
        } | changes.pop("data", {})
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content | changes))
        return path

    return write


@pytest.fixture
def stvae_config(recipe: Recipe) -> Callable[..., STVAETrainConfig]:
    def read(name: str = "run", **changes: Any) -> STVAETrainConfig:
        config = read_recipe(str(recipe(STVAE_RECIPE, name, **changes)))
        assert isinstance(config, STVAETrainConfig)
        return config

    return read


@pytest.fixture
def jdit_config(recipe: Recipe) -> Callable[..., JDiTTrainConfig]:
    def read(name: str = "run", **changes: Any) -> JDiTTrainConfig:
        config = read_recipe(str(recipe(JDIT_RECIPE, name, **changes)))
        assert isinstance(config, JDiTTrainConfig)
        return config

    return read


@pytest.fixture(scope="session")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A perceptual trunk of VGG16's shape with few channels and random weights."""
    random = torch.Generator().manual_seed(0)
    weights, channels = {}, 3
    for stage, count in enumerate(_STAGES, start=1):
        for number in range(1, count + 1):
            name = f"conv{stage}_{number}"
            weights[f"{name}.weight"] = torch.randn(4 * stage, channels, 3, 3, generator=random) * 0.2
            weights[f"{name}.bias"] = torch.zeros(4 * stage)
            channels = 4 * stage
    path = tmp_path_factory.mktemp("trunk") / "vgg16.safetensors"
    save_file(weights, path)
    return path
