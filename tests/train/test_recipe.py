"""Recipes: shipped ones are valid, changes are applied, errors name file and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lavincli.errors import ConfigError, UnknownNameError
from lavincli.registry import tasks
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.data_config import BUNDLED
from lavincli.train.recipe import changed_settings, read_recipe, shipped_recipes, write_resolved
from tests.train.conftest import STVAE_RECIPE, Recipe


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_shipped_recipes(name: str) -> None:
    config = read_recipe(name)
    assert set(config.data.roots.values()) <= {BUNDLED}
    assert set(config.data.tasks) <= set(tasks())
    commented = shipped_recipes()[name].read_text()
    assert commented.startswith("# ")
    assert f"lavin train {name}" in commented


def test_both_networks_have_a_recipe() -> None:
    assert {read_recipe(name).network for name in shipped_recipes()} == {"stvae", "jdit"}


def test_changes() -> None:
    changes = ["steps=7", "optimizer.learning_rate=0.25", "data.roots.photos=some/folder", "loss.perceptual=null"]
    config = read_recipe("tiny-stvae", changes)
    assert isinstance(config, STVAETrainConfig)
    assert (config.steps, config.optimizer.learning_rate) == (7, 0.25)
    assert config.data.roots == {"photos": Path("some/folder")}
    assert config.loss.perceptual is None
    whole = read_recipe("tiny-stvae")
    assert config.optimizer.schedule == whole.optimizer.schedule


def test_a_change_can_begin_a_group_that_is_null() -> None:
    data = ["data.latents=null", "data.roots.photos=photos"]
    changes = ["data.damages.share=0.5", "data.damages.tasks.denoising=1"]
    damages = read_recipe("jdit-0.1b", [*data, *changes]).data.damages
    assert damages is not None
    assert damages.tasks == {"denoising": 1}
    with pytest.raises(ConfigError, match=r"key 'data\.damages\.tasks': Field required"):
        read_recipe("jdit-0.1b", [*data, *changes[:1]])


def test_what_is_set_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    for name in shipped_recipes():
        write_resolved(read_recipe(name), path)
        assert changed_settings(read_recipe(name), path) == []
    write_resolved(read_recipe("tiny-stvae"), path)
    changed = read_recipe("tiny-stvae", ["steps=7", "optimizer.betas=[0.5, 0.9]", "data.pairs.denoising=5"])
    steps = read_recipe("tiny-stvae").steps
    assert changed_settings(changed, path) == [f"steps: {steps} -> 7", "optimizer.betas: [0.9, 0.99] -> [0.5, 0.9]"]


def test_a_change_can_add_a_group() -> None:
    config = read_recipe("tiny-stvae", ["loss.adversarial.weight=0.1", "loss.adversarial.start_step=5"])
    assert isinstance(config, STVAETrainConfig)
    assert config.loss.adversarial is not None
    assert config.loss.adversarial.start_step == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("steps", "expected key=value"),
        ("=3", "expected key=value"),
        ("steps.more=3", "steps is no group of keys"),
        ("steps=[", "not YAML"),
        ("step=3", "key 'step'"),
        ("steps=many", "key 'steps'"),
        ("steps=0", "key 'steps'"),
        ("data.size=20", r"key 'data\.size'"),
        ("optimizer.learning_rat=1", r"key 'optimizer\.learning_rat'"),
        ("data.tasks={}", r"key 'data\.tasks'"),
        ("data.pairs.inpanting=5", r"key 'data'.*inpanting is not among the tasks"),
        ("loss.perceptual.weight=1", r"key 'loss\.perceptual\.trunk'"),
        ("stvae.norm_groups=7", "key 'stvae'.*not a multiple of norm_groups 7"),
        ("network=vae", "key 'network'"),
        ("network=null", "key 'network'"),
    ],
)
def test_changes_refused(change: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_recipe("tiny-stvae", [change])


def test_errors_name_the_file(recipe: Recipe) -> None:
    path = recipe(STVAE_RECIPE, batch_size=0)
    with pytest.raises(ConfigError) as caught:
        read_recipe(str(path))
    assert str(caught.value).startswith(f"{path}: key 'batch_size': ")


def test_unknown_recipe() -> None:
    with pytest.raises(UnknownNameError, match="unknown recipe 'tiny-stave'; did you mean 'tiny-stvae'"):
        read_recipe("tiny-stave")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"a: [", "not YAML"), (b"- a\n- b\n", "expected keys and values"), (b"\xff\xfe\x00", "not")],
)
def test_files_that_are_no_recipes(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{path}: {reason}"):
        read_recipe(str(path))
    with pytest.raises(ConfigError, match="can't be read"):
        read_recipe(str(tmp_path / "absent.yaml"))


def test_time_shares_add_up(jdit_config: Callable[..., JDiTTrainConfig]) -> None:
    with pytest.raises(ConfigError, match=r"key 'time': .*must add up to 1, not 0\.9"):
        jdit_config(stvae="x", time={"logit_normal": 0.5, "uniform": 0.4})


def test_the_resolved_recipe_is_the_same_recipe(stvae_config: Callable[..., Any], tmp_path: Path) -> None:
    config = stvae_config()
    write_resolved(config, tmp_path / "resolved.yaml")
    assert read_recipe(str(tmp_path / "resolved.yaml")) == config
    assert "held_out_pairs" in yaml.safe_load((tmp_path / "resolved.yaml").read_text())["data"]
