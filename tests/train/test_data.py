"""Training data: rendered once, the same on every machine, and batches that are a function of the seed and the step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from lavincli.clip import Sample
from lavincli.errors import ConfigError, InputError
from lavincli.latents.job import EncodeJob, EncodeSettings
from lavincli.latents.reader import LatentPairs
from lavincli.latents.store import open_store
from lavincli.media.clips import write_clip
from lavincli.media.images import write_image
from lavincli.model.config import STVAEConfig
from lavincli.model.stvae import STVAE
from lavincli.processes import Share
from lavincli.registry import task
from lavincli.train.batches import PictureBatches, Sides, to_tensor
from lavincli.train.config import STVAETrainConfig
from lavincli.train.data_config import ClipsConfig, SequenceConfig
from lavincli.train.latent_pools import latent_pairs
from lavincli.train.pairs import _render, pair_source, rendered_pairs
from lavincli.train.sequences import SequenceBatch, SequenceBatches, sequence_batch
from tests.small_tasks import picture

Config = Callable[..., STVAETrainConfig]


def test_rendered_pairs(stvae_config: Config) -> None:
    data = stvae_config().data
    inputs, targets = rendered_pairs(task("small_negative"), data)
    assert inputs.shape == targets.shape == (12, 1, 16, 16, 3)
    assert inputs.dtype == np.uint8
    assert np.abs(inputs.astype(int) + targets - 255).max() <= 2
    assert len(np.unique(inputs, axis=0)) == 12


def test_rendered_clips(stvae_config: Config) -> None:
    """Each side with its own length, on disk until they are asked for."""
    found = task("small_motion")
    inputs, targets = rendered_pairs(found, stvae_config().data)
    assert inputs.shape == (12, 1, 16, 16, 3)
    assert targets.shape == (12, 9, 16, 16, 3)
    assert isinstance(targets.base, np.memmap)
    assert np.abs(targets[:, 0].astype(int) - inputs[:, 0]).mean() < 8
    _, cut = rendered_pairs(found, stvae_config(data={"frames": 5}).data)
    assert np.array_equal(cut, targets[:, :5])


def test_clips_that_no_stvae_takes(stvae_config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    for number, frames in enumerate((8, 8, 7)):
        for side in ("input", "target"):
            write_clip(folder / f"{number}_{side}", np.repeat(picture(number), frames, 0))
    config = stvae_config(data={"roots": {"motion": str(folder)}})
    with pytest.raises(InputError, match=r"clips of [78] frames, but an ST-VAE takes 1 \+ 4 k: set data\.frames=5"):
        rendered_pairs(task("small_motion"), config.data)
    inputs, _ = rendered_pairs(task("small_motion"), config.data.model_copy(update={"frames": 5}))
    assert inputs.shape[1] == 5
    (folder / "0_target.mp4").unlink()
    write_clip(folder / "0_target", picture(0))
    data = config.data.model_copy(update={"frames": 5, "seed": 1})
    with pytest.raises(InputError, match=r"clips of 5 and [15] frames, but the first pair has 5 and [15]"):
        rendered_pairs(task("small_motion"), data)
    with pytest.raises(ConfigError, match=r"frames must be 1 \+ 4 k"):
        stvae_config(data={"frames": 6})


def test_rendering_is_repeatable(stvae_config: Config) -> None:
    """Whatever the cache and the number of processes."""
    first = rendered_pairs(task("small_denoising"), stvae_config("one").data)
    again = rendered_pairs(task("small_denoising"), stvae_config("two").data)
    assert all(map(np.array_equal, first, again))
    other = rendered_pairs(task("small_denoising"), stvae_config("three", data={"seed": 1}).data)
    assert not np.array_equal(first[0], other[0])


def test_pictures_take_room_on_the_disk_as_they_come(stvae_config: Config, tmp_path: Path) -> None:
    """Where all of it is claimed before, through a memory map, a full disk kills the process."""
    data = stvae_config().data
    _, source = pair_source(task("small_negative"), data)
    seen: list[int] = []
    path = tmp_path / "pairs.npy"

    class Watched(Sequence[Sample]):
        def __len__(self) -> int:
            return len(source.samples)

        def __getitem__(self, place: Any) -> Any:
            seen.append(path.stat().st_size if path.exists() else 0)
            return source.samples[place]

    _render(replace(source, samples=Watched()), 0, path)
    assert seen[0] == 0
    assert seen[-1] < path.stat().st_size
    kept = rendered_pairs(task("small_negative"), data)[0].base
    assert kept is not None
    assert np.array_equal(np.load(path, allow_pickle=False), kept)


def test_a_cache_is_used_and_told_apart(stvae_config: Config) -> None:
    data = stvae_config().data
    kept = rendered_pairs(task("small_denoising"), data)[0].base
    (path,) = data.cache.glob("*.npy")
    np.save(path, np.zeros_like(kept))
    assert not rendered_pairs(task("small_denoising"), data)[1].any()
    for change in ({"size": 32}, {"pairs_per_task": 13}, {"seed": 9}, {"exclude": ("4.png",)}):
        assert rendered_pairs(task("small_denoising"), data.model_copy(update=change))[1].any(), change
    more = data.model_copy(update={"pairs": {"small_denoising": 14}})
    assert len(rendered_pairs(task("small_denoising"), more)[0]) == 14


def test_several_crops_of_few_samples(stvae_config: Config) -> None:
    """As of scenes, which are drawn once; nothing else about the data changes."""
    data = stvae_config(data={"pairs_per_task": 12}).data
    few = data.model_copy(update={"samples": {"small_negative": 3}})
    _, source = pair_source(task("small_negative"), few)
    pairs = [source.pair(record) for record in range(12)]
    assert len({pair.key.partition("#")[0] for pair in pairs}) == 3
    assert len({pair.input.tobytes() for pair in pairs}) == 12
    _, plain = pair_source(task("small_negative"), data)
    assert source.identity != plain.identity
    assert [source.pair(record).key for record in range(3)] == [plain.pair(record).key for record in range(3)]
    for name, held_out in (("small_negative", True), ("small_denoising", False)):
        alike = [pair_source(task(name), settings, held_out=held_out)[1].identity for settings in (few, data)]
        assert alike[0] == alike[1]


def test_held_out_pairs_are_others(stvae_config: Config) -> None:
    data = stvae_config().data
    held_out, _ = rendered_pairs(task("small_negative"), data, held_out=True)
    assert held_out.shape[0] == 4
    seen, _ = rendered_pairs(task("small_negative"), data)
    assert not any(np.array_equal(a, b) for a in held_out for b in seen)


def test_excluded_pictures_are_not_shown(stvae_config: Config, train_tasks: Path) -> None:
    folder = train_tasks.parent / "pictures"
    names = sorted(path.name for path in folder.iterdir())
    data = stvae_config(data={"exclude": names[1:], "pairs_per_task": 6}).data
    whole = stvae_config(data={"pairs_per_task": 6}).data
    _, one = rendered_pairs(task("small_denoising"), data)
    assert not np.array_equal(one, rendered_pairs(task("small_denoising"), whole)[1])
    with pytest.raises(InputError, match=r"none of 100 samples is left after leaving out \*"):
        rendered_pairs(task("small_denoising"), stvae_config(data={"exclude": ["*"]}).data)


def test_a_missing_root(stvae_config: Config) -> None:
    data = stvae_config(data={"roots": {}}).data
    with pytest.raises(ConfigError, match=r"data\.roots: task small_denoising needs the folder of .*: pictures"):
        rendered_pairs(task("small_denoising"), data)


def sides(lowest: int, count: int, *frames: int) -> Sides:
    """Pairs of which no picture is as bright as those of a pool with a higher `lowest`."""
    random = np.random.default_rng(lowest)
    first, second = (random.integers(lowest, lowest + 50, (count, length, 8, 8, 3), np.uint8) for length in frames)
    return first, second


def stills() -> dict[str, Sides]:
    return {"dark": sides(0, 5, 1, 1), "bright": sides(150, 7, 1, 1)}


def mixed() -> dict[str, Sides]:
    return stills() | {"grown": sides(50, 4, 1, 9), "clips": sides(100, 3, 5, 5)}


EQUAL = {"dark": 1.0, "bright": 1.0, "grown": 1.0, "clips": 1.0}


def test_picture_batches_are_a_function_of_seed_and_step() -> None:
    batches = PictureBatches(stills(), EQUAL, 4, seed=3)
    again = PictureBatches(stills(), EQUAL, 4, seed=3)
    _ = again(0)
    assert torch.equal(batches(5), again(5))
    assert not torch.equal(batches(5), batches(6))
    assert not torch.equal(batches(5), PictureBatches(stills(), EQUAL, 4, seed=4)(5))
    assert batches(5).shape == (4, 3, 1, 8, 8)


def test_tasks_are_drawn_by_weight() -> None:
    dark = PictureBatches(stills(), {"dark": 1, "bright": 1e-9}, 64, seed=0)(0)
    assert (dark < 0).all()
    drawn = PictureBatches(stills(), {"dark": 1, "bright": 3}, 400, seed=0)(0)
    assert float((drawn.mean((1, 2, 3, 4)) > 0).float().mean()) == pytest.approx(0.75, abs=0.07)


def test_a_batch_has_clips_of_one_length() -> None:
    """Of the tasks that have it, on the side that does; clips as many as their frames allow."""
    batches = PictureBatches(mixed(), EQUAL, 18, seed=0)
    assert batches.lengths == {1: 18, 5: 3, 9: 2}
    seen: dict[int, set[int]] = {}
    steps: list[int] = []
    for step in range(160):
        batch = batches(step)
        frames = batches.frames(step)
        assert batch.shape == (batches.lengths[frames], 3, frames, 8, 8)
        steps.append(frames)
        brightness = ((batch.amin((1, 2, 3, 4)) + 1) * 127.5).round().int() // 50
        seen.setdefault(frames, set()).update(brightness.tolist())
        parts = [batches(step, range(i, i + 1)) for i in range(len(batch))]
        assert torch.equal(torch.cat(parts), batch)
    # Tasks by what they are made of: dark 0, grown 1, clips 2, bright 3.
    assert seen == {1: {0, 1, 3}, 5: {2}, 9: {1}}
    for frames, share in {1: 5 / 8, 5: 2 / 8, 9: 1 / 8}.items():
        assert steps.count(frames) / len(steps) == pytest.approx(share, abs=0.11)
    assert batches.frames(batches.largest(range(160))) in (1, 9)  # both have 18 frames
    assert batches.largest(range(160)) > 150


def test_the_share_of_clips() -> None:
    batches = PictureBatches(mixed(), EQUAL, 4, seed=0, clips=ClipsConfig(share=0.2, batch_size=2))
    assert batches.lengths == {1: 4, 5: 2, 9: 2}
    steps = [batches.frames(step) for step in range(300)]
    assert steps.count(1) / 300 == pytest.approx(0.8, abs=0.06)
    assert 1 < steps.count(5) / steps.count(9) < 4
    assert batches.frames(batches.largest(range(300))) == 9
    only = PictureBatches(mixed(), EQUAL, 4, seed=0, clips=ClipsConfig(share=1))
    assert only.lengths.keys() == {5, 9}
    with pytest.raises(ConfigError, match=r"clips\.share 0\.2: none of data\.tasks has clips"):
        PictureBatches(stills(), EQUAL, 4, seed=0, clips=ClipsConfig(share=0.2))
    with pytest.raises(ConfigError, match=r"clips\.share 0\.2: none of data\.tasks has stills"):
        PictureBatches({"clips": mixed()["clips"]}, EQUAL, 4, seed=0, clips=ClipsConfig(share=0.2))


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
    _, targets = rendered_pairs(task("small_negative"), data)
    with torch.no_grad():
        expected = stvae.normalise(stvae.encode(to_tensor(targets)).mean)
    assert torch.allclose(torch.from_numpy(latents.targets(range(12))).float(), expected, atol=2e-3)
    with torch.no_grad():
        next(iter(stvae.parameters())).add_(0.5)
    other = latent_pairs(task("small_negative"), data, stvae, precision=torch.float32)
    assert not np.array_equal(latents.targets(range(12)), other.targets(range(12)))


def test_a_picture_that_was_mended_is_read_again(stvae_config: Config, stvae: STVAE, tmp_path: Path) -> None:
    broken = tmp_path / "pictures" / "1.png"
    for number in range(2):
        write_image(broken.with_name(f"{number}.png"), picture(number))
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    data, found = stvae_config(data={"roots": {"pictures": str(broken.parent)}}).data, task("small_denoising")
    for _ in range(2):
        with pytest.raises(InputError, match=r"small_denoising: .*1\.png.*of 12 pairs can't be made\); mend the file"):
            latent_pairs(found, data, stvae, precision=torch.float32)
    broken.write_bytes(whole)
    assert len(latent_pairs(found, data, stvae, precision=torch.float32)) == 12


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

    def __init__(self, seed: int, frames: tuple[int, int] = (1, 1), side: int = 2) -> None:
        random = np.random.default_rng(seed)
        self._sides = [random.normal(size=(9, 16, length, side, side)).astype(np.float16) for length in frames]

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


def test_numbers_of_pairs_are_those_named() -> None:
    config = SequenceConfig(pairs=5, pair_counts=(1, 2, 5))
    batches = SequenceBatches([Pool(0)], [1], config, batch_size=1, seed=0)
    drawn = Counter(batches(step).context.shape[2] // 2 for step in range(150))
    assert drawn.keys() == {1, 2, 5}
    assert min(drawn.values()) > 30
    with pytest.raises(ValidationError, match="pair_counts must go up to pairs, 4, not 5"):
        SequenceConfig(pairs=4, pair_counts=(1, 5))


def test_stills_and_clips_take_turns_by_weight() -> None:
    config = SequenceConfig(pairs=1, queries=2)
    pools = [Pool(0), Pool(1, (2, 1)), Pool(2), Pool(3, (2, 1))]
    batches = SequenceBatches(pools, [1, 2, 2, 1], config, batch_size=3, seed=0)
    lengths = [(batches(step).query.shape[2], batches(step).target.shape[2]) for step in range(80)]
    assert set(lengths) == {(1, 1), (2, 1)}
    assert 0.3 < lengths.count((2, 1)) / len(lengths) < 0.7
    assert batches(0).context.shape[2] in (2, 3)


def test_a_budget_of_tokens() -> None:
    """Long sequences come in small batches, stills and small pictures in large ones, each of one shape."""
    config = SequenceConfig(pairs=3, queries=2, tokens=96, multiple=2)
    pools = [Pool(0), Pool(1, (1, 3)), Pool(2, (1, 1), side=4)]
    batches = SequenceBatches(pools, [1, 1, 1], config, batch_size=8, seed=0)
    seen = {}
    for step in range(60):
        batch = batches(step)
        contexts, pairs = len(batch.context), batch.context.shape[2] // (1 + batch.target.shape[2])
        seen[tuple(batch.target.shape[2:]), pairs] = contexts
        assert contexts == batches.contexts(step)
        assert len(batch.query) == len(batch.target) == 2 * contexts
        assert contexts == 8 or tokens(batch) <= 96 < tokens(batch) * (contexts + 2) / contexts
        halves = [batches(step, range(contexts // 2)), batches(step, range(contexts // 2, contexts))]
        assert torch.equal(torch.cat([half.target for half in halves]), batch.target)
    # A context of K stills takes 2 K + 4 tokens with its queries, one of clips 4 K + 8, of large stills 8 K + 16.
    still, clip, large = (1, 2, 2), (3, 2, 2), (1, 4, 4)
    assert seen == {
        (still, 1): 8,
        (still, 2): 8,
        (still, 3): 8,
        (clip, 1): 8,
        (clip, 2): 6,
        (clip, 3): 4,
        (large, 1): 4,
        (large, 2): 2,
        (large, 3): 2,
    }
    assert tokens(batches(batches.largest(60))) == 96
    with pytest.raises(ConfigError, match=r"sequence\.tokens 79 are too few: 2 contexts of 3 pairs can have 80"):
        SequenceBatches(pools, [1, 1, 1], config.model_copy(update={"tokens": 79}), batch_size=8, seed=0)
    # A joint model reads the context anew for each of its queries.
    joint = SequenceBatches(pools[:1], [1], config, batch_size=16, seed=0, shared=False)
    assert {joint.contexts(step) for step in range(20)} == {12, 8, 6}


def tokens(batch: SequenceBatch) -> int:
    """Patches of 2 x 2 latents."""
    return sum(side[:, 0].numel() // 4 for side in (batch.context, batch.query, batch.target))


def test_a_query_is_never_in_its_context() -> None:
    config = SequenceConfig(pairs=3, queries=2)
    batches = SequenceBatches([Pool(0), Pool(1)], [1, 1], config, batch_size=2, seed=0)
    for step in range(20):
        batch = batches(step)
        for i, query in enumerate(batch.query):
            context = batch.context[i // 2]
            assert not any(torch.equal(query, context[:, frame : frame + 1]) for frame in range(context.shape[1]))
