"""Recipes that are trained by one process and by several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lavincli.pipeline.model_directory import load_stvae, save_stvae
from tests.train.conftest import JDIT_RECIPE, STVAE_RECIPE, Recipe

Recipes = dict[str, str]
# A constant rate, so that a run to a later step goes on as a longer one would have.
ADAMW = {"name": "adamw", "learning_rate": 3e-3, "warmup_steps": 2, "weight_decay": 0.01, "schedule": "constant"}


@pytest.fixture
def shared_recipe(recipe: Recipe, tiny_model_directory: Path, tmp_path: Path) -> Callable[..., str]:
    """Writes a recipe, `jdit` or `stvae`, whose pairs are rendered and encoded once for all of a test."""
    stvae = str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "given-stvae"))

    def write(kind: str, name: str | None = None, **changes: Any) -> str:
        rare = {"checkpoint_seconds": 1000.0, "validate_every": 10, "steps": 30, "optimizer": ADAMW}
        base = JDIT_RECIPE | {"stvae": stvae, "batch_size": 4} if kind == "jdit" else STVAE_RECIPE
        return str(recipe(base | rare, name or kind, data={"cache": str(tmp_path / "cache")}, **changes))

    return write
