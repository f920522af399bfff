"""Training data: rendered once, the same on every machine, and batches that are a function of the seed and the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lavincli.errors import ConfigError, InputError
from lavincli.latents.encode import Share
from lavincli.latents.job import EncodeJob, EncodeSettings
from lavincli.latents.reader import LatentPairs
from lavincli.latents.store import open_store
from lavincli.model.config import STVAEConfig
from lavincli.model.stvae import STVAE
from lavincli.registry import task
from lavincli.train.batches import PictureBatches, to_tensor
from lavincli.train.config import SequenceConfig, STVAETrainConfig
from lavincli.train.latent_pools import latent_pairs
from lavincli.train.pairs import rendered_pairs
from lavincli.train.sequences import SequenceBatches, sequence_batch

Config = Callable[..., STVAETrainConfig]


def test_rendered_pairs(stvae_config: Config) -> None:
    data = stvae_config().data
    pairs = rendered_pairs(task("small_negative"), data)
    assert pairs.shape == (12, 2, 1, 16, 16, 3)
    assert pairs.dtype == np.uint8
    assert np.abs(pairs[:, 0].astype(int) + pairs[:, 1] - 255).max() <= 2
    assert len(np.unique(pairs[:, 0], axis=0)) == 12


def test_rendering_is_repeatable(stvae_config: Config) -> None:
    """Whatever the cache and the number of processes."""
    first = rendered_pairs(task("small_denoising"), stvae_config("one").data)
    again = rendered_pairs(task("small_denoising"), stvae_config("two").data)
    assert np.array_equal(first, again)
    other = rendered_pairs(task("small_denoising"), stvae_config("three", data={"seed": 1}).data)
    assert not np.array_equal(first, other)


def test_a_cache_is_used_and_told_apart(stvae_config: Config) -> None:
    data = stvae_config().data
    rendered_pairs(task("small_denoising"), data)
    (path,) = data.cache.glob("*.npy")
    np.save(path, np.zeros((12, 2, 1, 16, 16, 3), np.uint8))
    assert not rendered_pairs(task("small_denoising"), data).any()
    for change in ({"size": 32}, {"pairs_per_task": 13}, {"seed": 9}, {"exclude": ("4.png",)}):
        assert rendered_pairs(task("small_denoising"), data.model_copy(update=change)).any(), change


def test_held_out_pairs_are_others(stvae_config: Config) -> None:
    data = stvae_config().data
    held_out = rendered_pairs(task("small_negative"), data, held_out=True)
    assert held_out.shape[0] == 4
    seen = rendered_pairs(task("small_negative"), data)
    assert not any(np.array_equal(a, b) for a in held_out for b in seen)


def test_excluded_pictures_are_not_shown(stvae_config: Config, train_tasks: Path) -> None:
    folder = train_tasks.parent / "pictures"
    names = sorted(path.name for path in folder.iterdir())
    data = stvae_config(data={"exclude": names[1:], "pairs_per_task": 6}).data
    whole = stvae_config(data={"pairs_per_task": 6}).data
    one = rendered_pairs(task("small_denoising"), data)[:, 1]
    assert not np.array_equal(one, rendered_pairs(task("small_denoising"), whole)[:, 1])
    with pytest.raises(InputError, match=r"none of 100 samples is left after leaving out \*"):
        rendered_pairs(task("small_denoising"), stvae_config(data={"exclude": ["*"]}).data)


def test_a_missing_root(stvae_config: Config) -> None:
    data = stvae_config(data={"roots": {}}).data
    with pytest.raises(ConfigError, match=r"data\.roots: task small_denoising needs the folder of .*: pictures"):
        rendered_pairs(task("small_denoising"), data)


def pools() -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    random = np.random.default_rng(0)
    return [
        random.integers(0, 100, (5, 2, 1, 8, 8, 3), np.uint8),
        random.integers(150, 255, (7, 2, 1, 8, 8, 3), np.uint8),
    ]


def test_picture_batches_are_a_function_of_seed_and_step() -> None:
    batches = PictureBatches(pools(), [1, 1], 4, seed=3)
    again = PictureBatches(pools(), [1, 1], 4, seed=3)
    _ = again(0)
    assert torch.equal(batches(5), again(5))
    assert not torch.equal(batches(5), batches(6))
    assert not torch.equal(batches(5), PictureBatches(pools(), [1, 1], 4, seed=4)(5))
    assert batches(5).shape == (4, 3, 1, 8, 8)


def test_tasks_are_drawn_by_weight() -> None:
    dark = PictureBatches(pools(), [1, 0], 64, seed=0)(0)
    assert (dark < 0).all()
    mixed = PictureBatches(pools(), [1, 3], 400, seed=0)(0)
    assert float((mixed.mean((1, 2, 3, 4)) > 0).float().mean()) == pytest.approx(0.75, abs=0.07)


def test_to_tensor() -> None:
    tensor = to_tensor(np.array([0, 255, 51], np.uint8).reshape(1, 1, 1, 1, 3))
    assert tensor.flatten().tolist() == pytest.approx([-1, 1, -0.6])


@pytest.fixture
def stvae() -> STVAE:
    torch.manual_seed(0)
    return STVAE(STVAEConfig(block_out_channels=(4, 4, 8, 8), layers_per_block=1, norm_groups=2)).eval()


def test_latents_of_pairs(stvae_config: Config, stvae: STVAE) -> None:
    data = stvae_config().data
    latents = latent_pairs(task("small_negative"), data, stvae, precision=torch.float32)
    assert len(latents) == 12
    assert latents.inputs([3, 1]).shape == (2, 16, 1, 2, 2)
    pairs = rendered_pairs(task("small_negative"), data)
    with torch.no_grad():
        expected = stvae.normalise(stvae.encode(to_tensor(pairs[:, 1].copy())).mean)
    assert torch.allclose(torch.from_numpy(latents.targets(range(12))).float(), expected, atol=2e-3)
    with torch.no_grad():
        next(iter(stvae.parameters())).add_(0.5)
    other = latent_pairs(task("small_negative"), data, stvae, precision=torch.float32)
    assert not np.array_equal(latents.targets(range(12)), other.targets(range(12)))


def test_latents_of_a_store(stvae_config: Config, stvae: STVAE, train_tasks: Path, tmp_path: Path) -> None:
    """What `lavin encode` made is trained on; its last pairs are held out."""
    path, found = tmp_path / "latents.zarr", task("small_negative")
    settings = EncodeSettings(resolution=16, crops=9)
    roots = {"pairs": train_tasks.parent / "pairs"}
    EncodeJob(path, stvae, "small", [found], roots, settings).run(Share())
    data = stvae_config().data.model_copy(update={"latents": path, "roots": {}})
    whole = LatentPairs(open_store(path).sets()[0]).inputs(range(9))
    trained, kept = (latent_pairs(found, data, stvae, precision=torch.float32, held_out=held) for held in (False, True))
    np.testing.assert_array_equal(trained.inputs(range(5)), whole[:5])
    np.testing.assert_array_equal(kept.inputs([3, 0]), whole[[8, 5]])
    for change, message in (
        ({"size": 32}, "holds no training pairs of small_negative at 32 px"),
        ({"held_out_pairs": 9}, "holds 9 pairs, but 9 are held out"),
    ):
        with pytest.raises(ConfigError, match=message):
            latent_pairs(found, data.model_copy(update=change), stvae, precision=torch.float32)
    other = STVAE(stvae.config)
    with pytest.raises(InputError, match=r"were made by the ST-VAE [0-9a-f]{64}, but the model's is [0-9a-f]{64}"):
        latent_pairs(found, data, other, precision=torch.float32)


def test_a_sequence_is_in_target_in_target_query() -> None:
    pairs, queries = 2, 3
    inputs = torch.zeros(2, pairs + queries, 16, 1, 2, 2)
    for element in range(2):
        for pair in range(pairs + queries):
            inputs[element, pair] = 100 * element + 10 * pair
    batch = sequence_batch(inputs, inputs + 1, pairs)
    assert batch.context[:, 0, :, 0, 0].tolist() == [[0, 1, 10, 11], [100, 101, 110, 111]]
    assert batch.query[:, 0, 0, 0, 0].tolist() == [20, 30, 40, 120, 130, 140]
    assert batch.target[:, 0, 0, 0, 0].tolist() == [21, 31, 41, 121, 131, 141]


class Pool:
    """Random latents, of other lengths for inputs and targets."""

    def __init__(self, seed: int, frames: tuple[int, int] = (1, 1)) -> None:
        random = np.random.default_rng(seed)
        self._sides = [random.normal(size=(9, 16, length, 2, 2)).astype(np.float16) for length in frames]

    def __len__(self) -> int:
        return 9

    def inputs(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.float16]:
        chosen: NDArray[np.float16] = self._sides[0][np.asarray(numbers)]
        return chosen

    def targets(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.float16]:
        chosen: NDArray[np.float16] = self._sides[1][np.asarray(numbers)]
        return chosen


def test_sequence_batches() -> None:
    config = SequenceConfig(pairs=3, queries=2, noises=1, null_context=0.25)
    batches = SequenceBatches([Pool(0), Pool(1)], [1, 1], config, batch_size=4, seed=0)
    lengths = []
    for step in range(60):
        batch = batches(step)
        again = SequenceBatches([Pool(0), Pool(1)], [1, 1], config, batch_size=4, seed=0)(step)
        assert torch.equal(batch.context, again.context)
        assert torch.equal(batch.target, again.target)
        assert batch.query.shape == batch.target.shape == (8, 16, 1, 2, 2)
        lengths.append(batch.context.shape[2])
        assert (lengths[-1] == 1) == (not batch.context.any())
    assert set(lengths) == {1, 2, 4, 6}
    assert 0.1 < lengths.count(1) / len(lengths) < 0.45


def test_stills_and_clips_take_turns_by_weight() -> None:
    config = SequenceConfig(pairs=1, queries=2)
    pools = [Pool(0), Pool(1, (2, 1)), Pool(2), Pool(3, (2, 1))]
    batches = SequenceBatches(pools, [1, 2, 2, 1], config, batch_size=3, seed=0)
    lengths = [(batches(step).query.shape[2], batches(step).target.shape[2]) for step in range(80)]
    assert set(lengths) == {(1, 1), (2, 1)}
    assert 0.3 < lengths.count((2, 1)) / len(lengths) < 0.7
    assert batches(0).context.shape[2] in (2, 3)


def test_a_query_is_never_in_its_context() -> None:
    config = SequenceConfig(pairs=3, queries=2)
    batches = SequenceBatches([Pool(0), Pool(1)], [1, 1], config, batch_size=2, seed=0)
    for step in range(20):
        batch = batches(step)
        for i, query in enumerate(batch.query):
            context = batch.context[i // 2]
            assert not any(torch.equal(query, context[:, frame : frame + 1]) for frame in range(context.shape[1]))
