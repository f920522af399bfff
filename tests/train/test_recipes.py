"""The published recipes: whole, commented, alike where they should be, and within what they are made for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS
from lavincli.registry import task, tasks
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.plan.plan import GIGA, Machines, make_plan
from lavincli.train.plan.shapes import Lengths, clip_lengths
from lavincli.train.preflight import checkpoint_bytes
from lavincli.train.recipe import read_recipe, shipped_recipes

SIZES = ("0.1b", "1.0b", "3.4b")
STVAES = ("stvae-published", "stvae-published-clips")
JDITS = tuple(f"jdit-{size}{stage}" for size in SIZES for stage in ("", "-512"))
UNSEEN = {"foreground_segmentation", "single_object_detection"}
MACHINES = Machines(world=64, memory=80 * GIGA)


def jdit(name: str) -> JDiTTrainConfig:
    config = read_recipe(name)
    assert isinstance(config, JDiTTrainConfig)
    return config


def stvae(name: str) -> STVAETrainConfig:
    config = read_recipe(name)
    assert isinstance(config, STVAETrainConfig)
    return config


@pytest.fixture(scope="module")
def lengths() -> dict[str, Lengths]:
    data = read_recipe("jdit-3.4b").data
    return clip_lengths({name: task(name) for name in data.tasks}, data)


@pytest.mark.parametrize("name", [*STVAES, *JDITS])
def test_every_key_is_there_and_commented(name: str) -> None:
    path = shipped_recipes()[name]
    missing = set(_keys(read_recipe(name).model_dump(mode="json"))) - set(_keys(yaml.safe_load(path.read_text())))
    assert not missing
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        key = line.strip().partition(":")[0]
        if not line.lstrip().startswith("#") and key not in tasks():
            assert " # " in line or lines[number - 1].lstrip().startswith("#"), line
    assert max(map(len, lines)) <= 120


def _keys(content: Mapping[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in content.items():
        found.append(prefix + key)
        if isinstance(value, Mapping):
            found += _keys(value, f"{prefix}{key}.")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_the_published_training(size: str) -> None:
    first, second = jdit(f"jdit-{size}"), jdit(f"jdit-{size}-512")
    assert first.jdit == second.jdit == JDIT_PRESETS[size]
    assert (first.data.size, first.steps) == (256, 100_000)
    assert (second.data.size, second.steps) == (512, 20_000)
    assert second.start_from == first.out / "model"
    for config in (first, second):
        assert (config.batch_size, config.sequence.pairs, config.l1) == (640, 8, 0.1)
        assert (config.optimizer.name, config.optimizer.learning_rate) == ("adamw", 1e-4)
        assert config.time.logit_normal == 1
        assert config.stvae == stvae(STVAES[1]).out
        assert config.sequence.null_context > 0


@pytest.mark.parametrize("name", [*STVAES, *JDITS])
def test_the_size_of_a_checkpoint_is_told_right(name: str) -> None:
    told = re.search(r"checkpoint_seconds: .*; ([\d.]+) GB each", shipped_recipes()[name].read_text())
    assert told
    assert float(told[1]) == pytest.approx(checkpoint_bytes(read_recipe(name)) / GIGA, abs=0.05)


def test_sizes_differ_in_size_alone() -> None:
    own = {"name", "out", "start_from", "jdit", "distributed"}
    for stage in ("", "-512"):
        alike = [jdit(f"jdit-{size}{stage}").model_dump(exclude=own) for size in SIZES]
        assert alike[0] == alike[1] == alike[2]


def test_the_stages_of_the_stvae() -> None:
    first, second = (stvae(name) for name in STVAES)
    assert first.stvae == second.stvae == STVAE_PRESETS["published"]
    assert second.start_from == first.out
    assert set(first.data.tasks) < set(second.data.tasks)


def test_unseen_tasks_are_left_out_and_no_others(lengths: dict[str, Lengths]) -> None:
    for name in JDITS:
        chosen = set(jdit(name).data.tasks)
        assert len(chosen) > 20
        assert chosen == set(tasks()) - UNSEEN, "a new task goes into the recipes, or among the unseen ones here"
    assert set(stvae(STVAES[1]).data.tasks) == set(tasks()) - UNSEEN
    stills = {name for name, (source, target) in lengths.items() if source == target == 1}
    assert set(stvae(STVAES[0]).data.tasks) == stills


@pytest.mark.parametrize("name", [STVAES[1], *JDITS])
def test_it_fits_the_machines_it_is_made_for(name: str, lengths: dict[str, Lengths]) -> None:
    config = read_recipe(name)
    plan = make_plan(config, MACHINES, {name: lengths[name] for name in config.data.tasks})
    assert plan.refusal is None
    assert plan.chosen.total < 0.9 * MACHINES.memory
