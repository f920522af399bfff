"""Training data: rendered once, the same on every machine, and batches that are a function of the seed and the step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lavincli.errors import ConfigError
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
    with pytest.raises(ConfigError, match=r"data\.exclude: \* leaves next to none of"):
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


def test_latents_of_pairs(stvae_config: Config) -> None:
    torch.manual_seed(0)
    stvae = STVAE(STVAEConfig(block_out_channels=(4, 4, 8, 8), layers_per_block=1, norm_groups=2)).eval()
    data = stvae_config().data
    latents = latent_pairs(task("small_negative"), data, stvae, precision=torch.float32)
    assert latents.shape == (12, 2, 16, 1, 2, 2)
    pairs = rendered_pairs(task("small_negative"), data)
    with torch.no_grad():
        expected = stvae.normalise(stvae.encode(to_tensor(pairs[:, 1].copy())).mean)
    assert torch.allclose(torch.from_numpy(latents[:, 1].copy()).float(), expected, atol=2e-3)
    with torch.no_grad():
        next(iter(stvae.parameters())).add_(0.5)
    other = latent_pairs(task("small_negative"), data, stvae, precision=torch.float32)
    assert not np.array_equal(latents, other)


def test_a_sequence_is_in_target_in_target_query() -> None:
    pairs, queries = 2, 3
    latents = torch.zeros(2, pairs + queries, 2, 16, 1, 2, 2)
    for element in range(2):
        for pair in range(pairs + queries):
            for side in range(2):
                latents[element, pair, side] = 100 * element + 10 * pair + side
    batch = sequence_batch(latents, pairs)
    assert batch.context[:, 0, :, 0, 0].tolist() == [[0, 1, 10, 11], [100, 101, 110, 111]]
    assert batch.query[:, 0, 0, 0, 0].tolist() == [20, 30, 40, 120, 130, 140]
    assert batch.target[:, 0, 0, 0, 0].tolist() == [21, 31, 41, 121, 131, 141]


def latent_pools() -> list[np.ndarray[tuple[int, ...], np.dtype[np.float16]]]:
    random = np.random.default_rng(0)
    return [random.normal(size=(9, 2, 16, 1, 2, 2)).astype(np.float16) for _ in range(2)]


def test_sequence_batches() -> None:
    config = SequenceConfig(pairs=3, queries=2, noises=1, null_context=0.25)
    batches = SequenceBatches(latent_pools(), [1, 1], config, batch_size=4, seed=0)
    lengths = []
    for step in range(60):
        batch = batches(step)
        again = SequenceBatches(latent_pools(), [1, 1], config, batch_size=4, seed=0)(step)
        assert torch.equal(batch.context, again.context)
        assert torch.equal(batch.target, again.target)
        assert batch.query.shape == batch.target.shape == (8, 16, 1, 2, 2)
        lengths.append(batch.context.shape[2])
        assert (lengths[-1] == 1) == (not batch.context.any())
    assert set(lengths) == {1, 2, 4, 6}
    assert 0.1 < lengths.count(1) / len(lengths) < 0.45


def test_a_query_is_never_in_its_context() -> None:
    config = SequenceConfig(pairs=3, queries=2)
    batches = SequenceBatches(latent_pools(), [1, 1], config, batch_size=2, seed=0)
    for step in range(20):
        batch = batches(step)
        for i, query in enumerate(batch.query):
            context = batch.context[i // 2]
            assert not any(torch.equal(query, context[:, frame : frame + 1]) for frame in range(context.shape[1]))
