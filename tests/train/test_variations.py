"""Other renderings of annotations among what a recipe trains on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lavincli.errors import ConfigError
from lavincli.latents.variations import equal_blocks
from lavincli.media.recolour import RECOLOURINGS, recolour
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.jdit import JDiTObjective
from lavincli.train.latent_pools import training_mixture
from lavincli.train.pairs import pair_source, rendered_pairs
from lavincli.train.run import run
from tests.train.runs import log_lines

Config = Callable[..., STVAETrainConfig]
JDiTConfig = Callable[..., JDiTTrainConfig]
VARIATIONS = {"edge_detection": ["inverted", "red"], "edge_to_image": ["gbr"]}


@pytest.fixture
def changes(train_tasks: Path) -> dict[str, Any]:
    """Of the recipe's data."""
    tasks = {"edge_detection": 3, "edge_to_image": 1, "small_denoising": 1}
    pictures = str(train_tasks.parent / "pictures")
    roots = {"photos": pictures, "pictures": pictures}
    return {"tasks": tasks, "roots": roots, "pairs_per_task": 15, "variations": VARIATIONS}


@given(st.integers(0, 50), st.integers(1, 9))
def test_equal_blocks(count: int, blocks: int) -> None:
    found = equal_blocks(count, blocks)
    assert [place for block in found for place in block] == list(range(count))
    assert max(map(len, found)) - min(map(len, found)) <= 1
    assert len(found) == blocks


def test_a_block_for_each_rendering(stvae_config: Config, changes: dict[str, Any]) -> None:
    """Of the annotation alone; the pairs are those that there are without."""
    data = stvae_config(data=changes).data
    plain = data.model_copy(update={"variations": {}})
    for name, side, blocks in (
        ("edge_detection", 1, {"inverted": range(5, 10), "red": range(10, 15)}),
        ("edge_to_image", 0, {"gbr": range(7, 15)}),
    ):
        drawn, usual = (rendered_pairs(task(name), settings) for settings in (data, plain))
        expected = np.array(usual[side])
        for variation, places in blocks.items():
            for place in places:
                expected[place] = recolour(usual[side][place], variation)
        np.testing.assert_array_equal(drawn[side], expected)
        np.testing.assert_array_equal(drawn[1 - side], usual[1 - side])
        assert pair_source(task(name), data)[1].identity != pair_source(task(name), plain)[1].identity
        held_out = [pair_source(task(name), settings, held_out=True)[1] for settings in (data, plain)]
        assert held_out[0].identity == held_out[1].identity
    of_others = [pair_source(task("small_denoising"), settings)[1].identity for settings in (data, plain)]
    assert of_others[0] == of_others[1]


def test_a_pool_for_each_rendering(stvae_config: Config, changes: dict[str, Any], tiny_model_directory: Path) -> None:
    data = stvae_config(data=changes).data.model_copy(update={"other_sizes": {32: 0.5}})
    tasks, stvae = [task(name) for name in data.tasks], load_stvae(tiny_model_directory)
    mixture = training_mixture(tasks, data, stvae, precision=torch.float32)
    assert mixture.tasks == 2 * [*3 * ["edge_detection"], *2 * ["edge_to_image"], "small_denoising"]
    assert [len(pool) for pool in mixture.pools] == 2 * [5, 5, 5, 7, 8, 15]
    expected = [1, 1, 1, 7 / 15, 8 / 15, 1]
    assert mixture.weights == pytest.approx([*expected, *(weight / 2 for weight in expected)])
    assert mixture.pools[1].targets([4]).shape == (1, 16, 1, 2, 2)
    inverted, red = (mixture.pools[number].targets(range(5)) for number in (1, 2))
    assert not np.array_equal(inverted, red)


def test_a_run(jdit_config: JDiTConfig, changes: dict[str, Any], tiny_model_directory: Path, tmp_path: Path) -> None:
    """With other renderings and second damages; losses are told by task."""
    stvae = str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae"))
    changes |= {
        "tasks": {"edge_detection": 3, "edge_to_image": 1, "denoising": 1, "gaussian_deblurring": 1},
        "damages": {"share": 0.4, "tasks": {"denoising": 1, "jpeg_artifact_removal": 1}},
    }
    config = jdit_config(stvae=stvae, data=changes, batch_size=8)
    objective = JDiTObjective(config)
    of_steps = [[objective.pool_tasks[pool] for pool in objective.batches(step).pools] for step in range(20)]
    drawn = [name for names in of_steps for name in names]
    assert drawn.count("edge_detection") / len(drawn) == pytest.approx(0.5, abs=0.15)
    run(config)
    lines = log_lines(config.out)
    named = {f"loss/{name}" for line in lines for name in config.data.tasks if f"loss/{name}" in line}
    assert named == {f"loss/{name}" for name in config.data.tasks}
    assert {f"psnr/{name}" for name in config.data.tasks} <= lines[-1].keys()


@pytest.mark.parametrize(
    ("variations", "message"),
    [
        ({"edge_detection": ["invertet"]}, f"unknown variation 'invertet'.*known: {', '.join(sorted(RECOLOURINGS))}"),
        ({"edge_detection": ["red", "red"]}, "variations: edge_detection: one is named twice"),
        ({"depth_guessing": ["red"]}, "variations: depth_guessing is not among the tasks"),
        ({"edge_detection": []}, "at least 1 item"),
        ({"edge_detection": ["red", "blue", "green"]}, r"must be at least .* = 5, in every rendering"),
    ],
)
def test_variations_that_cannot_be(
    jdit_config: JDiTConfig, changes: dict[str, Any], variations: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        jdit_config(stvae="stvae", data=changes | {"variations": variations})


def test_pictures_have_no_other_rendering(stvae_config: Config, changes: dict[str, Any]) -> None:
    data = stvae_config(data=changes | {"variations": {"small_denoising": ["red"]}}).data
    with pytest.raises(ConfigError, match="the target of small_denoising is a picture to look at"):
        pair_source(task("small_denoising"), data)


@pytest.mark.parametrize("key", [{"variations": VARIATIONS}, {"damages": {"share": 0.4, "tasks": {"denoising": 1}}}])
def test_latents_are_drawn_already(jdit_config: JDiTConfig, changes: dict[str, Any], key: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="damages and variations change pictures, but latents are made"):
        jdit_config(stvae="stvae", data=changes | {"variations": {}, "latents": "latents.zarr", **key})
