"""Crops that are damaged twice, of which a task mends its own damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lavincli.cards.framing import generator
from lavincli.clip import Pair
from lavincli.errors import ConfigError
from lavincli.latents.damages import Damages
from lavincli.latents.pairs import PairMaker, PairSource
from lavincli.registry import task
from lavincli.train.config import STVAETrainConfig
from lavincli.train.data_config import DataConfig
from lavincli.train.pairs import pair_source
from tests.small_tasks import picture

Config = Callable[..., STVAETrainConfig]
TASKS = {"denoising": 1.0, "gaussian_deblurring": 2.0, "inpainting": 1.0}
VIDEO = "video_inpainting"


@pytest.fixture
def data(stvae_config: Config, train_tasks: Path) -> DataConfig:
    roots = {"photos": str(train_tasks.parent / "pictures"), "pairs": str(train_tasks.parent / "pairs")}
    tasks = {**TASKS, "edge_detection": 1, "small_negative": 1}
    damages = {"share": 0.4, "tasks": TASKS}
    return stvae_config(data={"tasks": tasks, "roots": roots, "pairs_per_task": 60, "damages": damages}).data


def source(name: str, data: DataConfig, *, held_out: bool = False) -> PairSource:
    return pair_source(task(name), data, held_out=held_out)[1]


def changed(data: DataConfig, **damages: object) -> DataConfig:
    assert data.damages is not None
    return data.model_copy(update={"damages": data.damages.model_copy(update=damages)})


def test_a_share_of_the_crops(data: DataConfig) -> None:
    """The others are what they are without damages; of the damaged ones the task's own transform makes the input."""
    damaged, plain = source("denoising", data), source("denoising", data.model_copy(update={"damages": None}))
    pairs = [(damaged.pair(record), plain.pair(record)) for record in range(60)]
    same = [np.array_equal(one.input, other.input) for one, other in pairs]
    targets = [np.array_equal(one.target, other.target) for one, other in pairs]
    # A slight blur can leave a soft picture as it is.
    assert all(kept for kept, unchanged in zip(targets, same, strict=True) if unchanged)
    assert targets.count(False) > 5
    assert 0.2 < same.count(False) / len(same) < 0.6
    for (one, other), unchanged in zip(pairs, same, strict=True):
        assert one.key == other.key
        # What noise adds, to a damaged picture as to a clean one: of a Gaussian blur it would be next to nothing.
        assert unchanged or np.abs(one.input.astype(int) - one.target).mean() > 5


def test_which_tasks_have_damages_and_which_damage_them(data: DataConfig) -> None:
    for name in TASKS:
        damages = source(name, data).damages
        assert damages is not None
        assert {other.name: weight for other, weight in zip(damages.tasks, damages.weights, strict=True)} == {
            other: weight for other, weight in TASKS.items() if other != name
        }
        assert source(name, data, held_out=True).damages is None
    for name in ("edge_detection", "small_negative"):
        assert source(name, data).damages is None
    assert source("denoising", changed(data, tasks={"denoising": 1.0})).damages is None
    assert source("inpainting", changed(data, tasks={VIDEO: 1.0})).damages is None
    with pytest.raises(ConfigError, match=r"data\.damages\.tasks: edge_detection has no transform that damages"):
        source("denoising", changed(data, tasks={"edge_detection": 1.0}))


@pytest.mark.parametrize("name", ["denoising", VIDEO])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_a_pair_with_a_second_damage(name: str, seed: int) -> None:
    """D(photo) -> T(D(photo)), stills and clips, the same for the same seed."""
    clip = np.concatenate([picture(1), picture(2)])
    pair, mended, other = Pair("key", clip, clip), task(name), task("gaussian_deblurring")
    damages = Damages(1.0, (other,), (1.0,))
    one = damages.added(pair, mended, generator(seed))
    again = damages.added(pair, mended, generator(seed))
    np.testing.assert_array_equal(one.input, again.input)
    np.testing.assert_array_equal(one.target, again.target)
    of_other, of_task = _seeds(seed)
    np.testing.assert_array_equal(one.target, other.input_from(clip, key="key", seed=of_other))
    np.testing.assert_array_equal(one.input, mended.input_from(one.target, key="key", seed=of_task))
    assert Damages(0.0, (other,), (1.0,)).added(pair, mended, generator(seed)) is pair


def _seeds(seed: int) -> tuple[int, int]:
    random = generator(seed)
    random.random()
    random.choice(1, p=[1.0])
    first, second = (int(value) for value in random.integers(2**62, size=2))
    return first, second


def test_the_same_in_any_number_of_processes(data: DataConfig) -> None:
    made = []
    for workers in (0, 2):
        with PairMaker(source("inpainting", data), workers) as maker:
            made.append(list(maker.make(range(8))))
    for one, other in zip(*made, strict=True):
        assert isinstance(one, Pair)
        assert isinstance(other, Pair)
        np.testing.assert_array_equal(one.input, other.input)
        np.testing.assert_array_equal(one.target, other.target)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.01, 0.99), st.dictionaries(st.sampled_from(sorted(TASKS)), st.floats(0.1, 9), min_size=1))
def test_the_identity_tells_damages_apart(data: DataConfig, share: float, tasks: dict[str, float]) -> None:
    identities = {name: source(name, data).identity for name in (*TASKS, "edge_detection")}
    other = changed(data, share=share, tasks=tasks)
    assert data.damages is not None
    for name, identity in identities.items():
        seen = {key: value for key, value in tasks.items() if key != name}
        before = {key: value for key, value in TASKS.items() if key != name}
        same = name == "edge_detection" or (share, list(seen.items())) == (data.damages.share, list(before.items()))
        assert (source(name, other).identity == identity) == same
        held_out = source(name, data, held_out=True).identity
        assert source(name, other, held_out=True).identity == held_out
