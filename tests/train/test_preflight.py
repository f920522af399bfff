"""What is found before step 1."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lavincli.errors import ConfigError, LavinError
from lavincli.latents.job import EncodeJob, EncodeSettings
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.processes import Share
from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.data_config import SequenceConfig
from lavincli.train.jdit import JDiTObjective
from lavincli.train.preflight import check_recipe, checkpoint_bytes
from lavincli.train.rehearsal import rehearse
from lavincli.train.run import run
from lavincli.train.sequences import SequenceBatches
from lavincli.train.stvae import STVAEObjective

JDiTMaker = Callable[..., JDiTTrainConfig]
STVAEMaker = Callable[..., STVAETrainConfig]
TASKS = ("small_denoising", "small_negative")


@pytest.fixture
def stvae_folder(tiny_model_directory: Path, tmp_path: Path) -> Path:
    return save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae")


def encoded(config: JDiTTrainConfig, folder: Path, *, pairs: int = 20) -> Path:
    """A store of both tasks' latents, as `lavin encode --crops` makes it."""
    settings = EncodeSettings(resolution=16, crops=pairs)
    for name in TASKS:
        (dataset,) = set(task(name).datasets) & set(config.data.roots)
        roots: dict[str, Path | None] = {dataset: config.data.roots[dataset]}
        EncodeJob(folder, load_stvae(config.stvae), "test", [task(name)], roots, settings).run(Share())
    return folder


def test_nothing_is_wrong(jdit_config: JDiTMaker, stvae_config: STVAEMaker, stvae_folder: Path) -> None:
    for config in (jdit_config(stvae=str(stvae_folder)), stvae_config()):
        check_recipe(config)
        assert not any(config.out.iterdir())


def test_latents(jdit_config: JDiTMaker, stvae_folder: Path, tmp_path: Path) -> None:
    config = jdit_config(stvae=str(stvae_folder))
    store = encoded(config, tmp_path / "latents.zarr")
    with_store = config.model_copy(update={"data": config.data.model_copy(update={"latents": store, "roots": {}})})
    check_recipe(with_store)
    greedy = with_store.model_copy(update={"sequence": SequenceConfig(pairs=16)})
    with pytest.raises(ConfigError, match=r"has 16 pairs of small_denoising to train on, but .* are 17: encode more"):
        check_recipe(greedy)
    weights = load_file(stvae_folder / "stvae.safetensors")
    name = next(name for name in weights if name.startswith("encoder."))
    save_file(weights | {name: weights[name] + 1}, stvae_folder / "stvae.safetensors")
    with pytest.raises(ConfigError, match=r"its latents were made by the ST-VAE [0-9a-f]{64}, but the model's is"):
        check_recipe(with_store)


def test_a_shard_that_is_gone(jdit_config: JDiTMaker, stvae_folder: Path, tmp_path: Path) -> None:
    config = jdit_config(stvae=str(stvae_folder))
    store = encoded(config, tmp_path / "latents.zarr")
    shutil.rmtree(store / "small_negative" / "pairs" / "train" / "16" / "target" / "c")
    with pytest.raises(ConfigError, match="small_negative"):
        check_recipe(config.model_copy(update={"data": config.data.model_copy(update={"latents": store})}))


def test_all_that_is_wrong_is_told_at_once(jdit_config: JDiTMaker, stvae_folder: Path, tmp_path: Path) -> None:
    config = jdit_config(stvae=str(stvae_folder), start_from=str(tmp_path / "nothing"), data={"roots": {}})
    with pytest.raises(ConfigError) as caught:
        check_recipe(config)
    for part in ("start_from: ", "holds no trained network", "task small_denoising needs", "task small_negative needs"):
        assert part in caught.value.message
    with pytest.raises(ConfigError, match=r"stvae: .*absent: holds no trained ST-VAE"):
        check_recipe(jdit_config(stvae=str(tmp_path / "absent")))


def test_files_of_an_stvae(stvae_config: STVAEMaker) -> None:
    config = stvae_config(loss={"perceptual": {"trunk": "absent.safetensors", "weight": 1.0}})
    with pytest.raises(ConfigError, match=r"loss\.perceptual\.trunk: absent\.safetensors: no such file"):
        check_recipe(config)


def test_the_folder_cannot_be_written(stvae_config: STVAEMaker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = stvae_config().model_copy(update={"out": tmp_path / "file" / "run"})
    with pytest.raises(ConfigError, match=r"out: .*file.run can't be written \(Not a directory\)"):
        check_recipe(config)


def test_no_room(stvae_config: STVAEMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    config = stvae_config()
    room = 4 * checkpoint_bytes(config)  # two that are kept, the best, and one more while it is written
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(room, 0, room))
    check_recipe(config)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(room, 0, room - 1))
    with pytest.raises(ConfigError, match=r"4 checkpoints take .* make room, or lower keep_checkpoints"):
        check_recipe(config)


def test_the_size_of_a_checkpoint(jdit_config: JDiTMaker, stvae_config: STVAEMaker, stvae_folder: Path) -> None:
    wide = {"hidden_size": 96, "depth": 4, "num_heads": 4, "kv_group": 2}
    adamw = {"name": "adamw", "learning_rate": 1e-3}
    first = jdit_config("one", stvae=str(stvae_folder), steps=1, jdit=wide, optimizer=adamw)
    second = stvae_config(
        "two", steps=1, stvae={"block_out_channels": [16, 16, 32, 32], "layers_per_block": 1, "norm_groups": 2}
    )
    for config in (first, second):
        run(config)
        (newest,) = (config.out / "checkpoints").glob("step-*")
        found = sum(path.stat().st_size for path in newest.rglob("*") if path.is_file())
        assert checkpoint_bytes(config) == pytest.approx(found, rel=0.1)


def test_a_rehearsal_leaves_no_trace(jdit_config: JDiTMaker, stvae_config: STVAEMaker, stvae_folder: Path) -> None:
    adversarial = {"adversarial": {"weight": 0.1, "start_step": 3, "channels": 8}}
    jdit, stvae = jdit_config("one", stvae=str(stvae_folder)), stvae_config("two", loss=adversarial)
    for config, objective in ((jdit, JDiTObjective(jdit)), (stvae, STVAEObjective(stvae))):
        networks = [network for network, _ in objective.networks.values()]
        before = [{key: value.clone() for key, value in network.state_dict().items()} for network in networks]
        rehearse(objective, config)
        for network, state in zip(networks, before, strict=True):
            assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
            assert all(parameter.grad is None for parameter in network.parameters())


def test_a_rehearsal_of_damaged_weights(jdit_config: JDiTMaker, stvae_folder: Path) -> None:
    config = jdit_config(stvae=str(stvae_folder))
    objective = JDiTObjective(config)
    torch.nn.init.constant_(objective.jdit.prompt_embed, torch.nan)
    with pytest.raises(LavinError, match=r"aren't finite before the first step \(loss nan\)"):
        rehearse(objective, config)


def test_a_rehearsal_that_does_not_fit(
    jdit_config: JDiTMaker, stvae_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = jdit_config(stvae=str(stvae_folder))
    objective = JDiTObjective(config)

    def too_much(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 4.00 GiB.\nMore.")

    monkeypatch.setattr(objective, "train_step", too_much)
    with pytest.raises(LavinError, match=r"memory of cpu \(CUDA out of memory\. .*lavin train RECIPE --plan"):
        rehearse(objective, config)


def test_a_run_begins_with_both(stvae_config: STVAEMaker, stvae_folder: Path) -> None:
    config = stvae_config("one", data={"roots": {}})
    with pytest.raises(
        ConfigError, match=r"the run can't begin: data\.roots: task small_denoising needs .*; data\.roots"
    ):
        run(config)
    assert not config.data.cache.exists()
    weights = stvae_folder / "stvae.safetensors"
    save_file({name: torch.full_like(value, torch.nan) for name, value in load_file(weights).items()}, weights)
    damaged = stvae_config("two", start_from=str(stvae_folder))
    with pytest.raises(
        LavinError, match=r"the losses of the batch of step 6 aren't finite before the first step \(mse nan"
    ):
        run(damaged)
    assert not (damaged.out / "checkpoints").exists()


def test_the_largest_step() -> None:
    config = SequenceConfig(pairs=3, null_context=0.5)
    batches = SequenceBatches([_Pool(1), _Pool(4)], [5, 1], config, batch_size=1, seed=0)
    largest = batches(batches.largest(100))
    assert largest.context.shape[2] == 3 * 8
    frames = [batches(step).context.shape[2] for step in range(100)]
    assert max(frames) == largest.context.shape[2]


class _Pool:
    def __init__(self, frames: int) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return 9

    def inputs(self, numbers: object) -> np.ndarray:
        return np.zeros((len(np.asarray(numbers)), 16, self._frames, 2, 2), np.float32)

    targets = inputs
