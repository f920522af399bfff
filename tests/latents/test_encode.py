"""Encoding into a store, reading it, and finding out what is wrong with it."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr

from lavincli.cards.task import Task
from lavincli.errors import ConfigError, InputError
from lavincli.latents.encode import encode_clips, store_info
from lavincli.latents.job import EncodeJob, EncodeSettings
from lavincli.latents.reader import LatentPairs, RecordReader
from lavincli.latents.store import open_store, require_stvae
from lavincli.model.stvae import STVAE
from lavincli.processes import Share, share_of_launcher
from tests.latents.conftest import write_pictures

Make = Callable[..., EncodeJob]
SETTINGS = EncodeSettings(resolution=32, split="test")


@pytest.fixture
def make(tmp_path: Path, stvae: STVAE, denoising: Task, pictures: Path) -> Make:
    def job(name: str = "latents.zarr", settings: EncodeSettings = SETTINGS, root: Path = pictures) -> EncodeJob:
        return EncodeJob(tmp_path / name, stvae, "small", [denoising], {"photos": root}, settings)

    return job


def test_every_pair_is_there_and_the_broken_are_named(
    make: Make, stvae: STVAE, denoising: Task, pictures: Path
) -> None:
    job = make()
    assert job.records(Share()) == (0, 20)
    assert job.run(Share()) == 20
    (summary,) = job.summaries()
    assert (summary.records, summary.encoded, summary.failed, summary.missing) == (20, 18, 2, 0)
    assert set(summary.problems) == {"record 4", "record 13"}
    assert "0004.png: is damaged" in summary.problems["record 4"]
    (found,) = open_store(job.store.path).sets()
    pairs = LatentPairs(found)
    assert len(pairs) == 18
    assert 4 not in pairs.places
    sample = denoising.samples("photos", pictures)[int(pairs.places[7])]
    wanted = denoising.pair(sample, size=32)
    for got, clip in ((pairs.inputs([7]), wanted.input), (pairs.targets([7]), wanted.target)):
        assert got.dtype == np.float16
        np.testing.assert_allclose(got, encode_clips(stvae, [clip])[0], atol=5e-3)
    assert str(found.notes().key[5]) == "0005.png"


def test_any_zarr_reader_reads_it(make: Make, tmp_path: Path) -> None:
    """A process that knows nothing of this project sees what our reader gives."""
    job = make()
    job.run(Share())
    (found,) = job.store.sets()
    code = (
        "import sys, zarr, numpy\n"
        "group = zarr.open(sys.argv[1], mode='r')\n"
        "found = group['denoising/photos/test/32']\n"
        "numpy.save(sys.argv[2], numpy.stack([found['input'][:], found['target'][:]]))\n"
        "assert found['key'][3] == '0003.png', found['key'][3]\n"
        "assert group.attrs['lavin']['stvae'] and found.attrs['lavin']['task'] == 'denoising'\n"
        "assert not [name for name in sys.modules if name.startswith('lavin')]\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(job.store.path), str(tmp_path / "all.npy")]
    subprocess.run(command, check=True, cwd=tmp_path)
    seen = np.load(tmp_path / "all.npy", allow_pickle=False)
    pairs = LatentPairs(found)
    numbers = range(len(pairs))
    np.testing.assert_array_equal(seen[0, pairs.places], pairs.inputs(numbers))
    np.testing.assert_array_equal(seen[1, pairs.places], pairs.targets(numbers))


def test_what_is_there_is_kept_and_shares_add_up(make: Make) -> None:
    whole, parts = make("whole.zarr"), make("parts.zarr")
    whole.run(Share())
    assert parts.run(Share(1, 3)) + parts.run(Share(0, 3)) + parts.run(Share(2, 3)) == 20
    assert parts.run(Share()) == 0
    for one, other in zip(whole.store.sets(), parts.store.sets(), strict=True):
        for name in (*one.names(), "key", "problem", "checksum", "fingerprint", "state"):
            np.testing.assert_array_equal(one.array(name)[:], other.array(name)[:])


def test_a_set_is_made_whole_or_not_at_all(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kill in the middle of it would do."""
    made = zarr.Group.create_array

    def break_down(group: zarr.Group, name: str, **options: Any) -> Any:
        if name == "checksum":
            raise KeyboardInterrupt
        return made(group, name, **options)

    with monkeypatch.context() as patch:
        patch.setattr(zarr.Group, "create_array", break_down)
        with pytest.raises(KeyboardInterrupt):
            make()
    job = make()
    assert job.run(Share()) == 20
    assert not [path for path in job.store.path.iterdir() if path.name.startswith(".")]
    # Another process was quicker.
    (found,) = job.store.sets()
    found.create()
    assert job.run(Share()) == 0


def test_worker_processes_make_the_same(make: Make) -> None:
    alone, helped = make("alone.zarr"), make("helped.zarr", EncodeSettings(resolution=32, split="test", workers=2))
    alone.run(Share())
    helped.run(Share())
    (one,), (other,) = alone.store.sets(), helped.store.sets()
    np.testing.assert_array_equal(one.array("checksum")[:], other.array("checksum")[:])


def test_random_crops_for_training(make: Make) -> None:
    job = make("crops.zarr", EncodeSettings(resolution=32, split="train", crops=50, seed=3))
    job.run(Share())
    (found,) = job.store.sets()
    keys = [str(key) for key in found.notes().key]
    assert len(keys) == len(set(keys)) == 50
    drawn = {key.partition("#")[0] for key in keys if key.startswith("00")}
    assert 5 < len(drawn) <= 18


def test_eight_bits_and_log_variances(make: Make) -> None:
    plain = make("plain.zarr", EncodeSettings(resolution=32, split="test", logvar=True))
    small = make("small.zarr", EncodeSettings(resolution=32, split="test", storage="int8"))
    for job in (plain, small):
        job.run(Share())
    (one,), (other,) = plain.store.sets(), small.store.sets()
    exact, near = LatentPairs(one).targets(range(18)), LatentPairs(other).targets(range(18))
    assert 0 < np.abs(exact - near).max() <= np.abs(exact).max() / 127 * 0.51
    assert RecordReader(other, "input").dtype == np.int8
    assert RecordReader(one, "target_logvar")[0].shape == (16, 1, 4, 4)
    assert not plain.verify(4)[0][1].problems
    assert not small.verify(4)[0][1].problems


def test_another_stvae_or_kind_is_refused_with_both_hashes(make: Make, stvae: STVAE, tmp_path: Path) -> None:
    job = make()
    other = STVAE(stvae.config)
    with pytest.raises(InputError, match=rf"by the ST-VAE {job.store.info.stvae}, but the model's is [0-9a-f]{{64}}"):
        EncodeJob(job.store.path, other, "other", [], {}, SETTINGS)
    finetuned = copy.deepcopy(stvae)
    with torch.no_grad():
        next(finetuned.decoder.parameters()).add_(0.5)
    require_stvae(job.store, store_info(finetuned, "finetuned").stvae)  # its latents are the same
    with pytest.raises(InputError, match="storage float16, not int8"):
        make(settings=EncodeSettings(resolution=32, split="test", storage="int8"))
    with pytest.raises(InputError, match="was encoded from something else"):
        make(root=write_pictures(tmp_path / "more", 21))
    with pytest.raises(InputError, match="was encoded from something else"):
        make(settings=EncodeSettings(resolution=32, split="test", seed=1))
    with pytest.raises(InputError, match="no latent store"):
        open_store(tmp_path)
    with pytest.raises(ConfigError, match="multiple of 16"):
        EncodeSettings(resolution=40)


def test_verify_finds_what_changed(make: Make, pictures: Path) -> None:
    job = make()
    job.run(Share())
    assert job.verify(20)[0][1].problems == []
    (found,) = job.store.sets()
    # A picture that is another one now.
    (pictures / "0007.png").write_bytes((pictures / "0008.png").read_bytes())
    assert any("0007.png: is not the picture any more" in line for line in job.verify(20)[0][1].problems)
    # A record that the disk has changed.
    shard = found.shard_file("input", 2)
    data = bytearray(shard.read_bytes())
    data[10] ^= 1
    shard.write_bytes(data)
    assert any("shard 2: 1 records are not what was written" in line for line in job.verify(0)[0][1].problems)
    # Records that are gone: what is left is looked at all the same.
    found.shard_file("target", 3).unlink()
    problems = job.verify(20)[0][1].problems
    assert any("the shard is missing" in line and "and encode again" in line for line in problems)
    assert any("0007.png" in line for line in problems)
    # A shard that is gone.
    (found.folder / "state" / "c" / "1").unlink()
    assert any("2 of 20 records are missing" in line for line in job.verify(0)[0][1].problems)
    assert make().run(Share()) == 2


@pytest.mark.parametrize("number", [float("nan"), 1e6])
def test_latents_that_are_no_numbers_are_not_kept(make: Make, stvae: STVAE, number: float) -> None:
    """Or that are too large for float16: one of them would end a training that meets it."""
    job = make()
    job.stvae = copy.deepcopy(stvae)
    with torch.no_grad():
        bias = job.stvae.encoder.conv_out.conv.bias
        assert bias is not None
        bias[0] = number
    job.run(Share())
    (summary,) = job.summaries()
    assert (summary.encoded, summary.failed) == (0, 20)
    assert summary.problems["0003.png"] == "the ST-VAE makes no finite numbers of it"
    with pytest.raises(InputError, match="holds no encoded pair"):
        LatentPairs(job.store.sets()[0])


def test_a_reader_works_in_another_process_and_without_its_shortcut(make: Make) -> None:
    job = make()
    job.run(Share())
    (found,) = job.store.sets()
    reader = RecordReader(found, "input")
    first = reader[0].copy()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(reader))[0], first)  # noqa: S301 - our own bytes
    # Somebody has compressed the array: zarr reads it all the same.
    values = np.asarray(found.array("input")[:])
    zarr.create_array(found.folder / "input", data=values, chunks=(1, 16, 1, 4, 4), overwrite=True)
    np.testing.assert_array_equal(RecordReader(found, "input")[0], first)


def test_shares_are_said_in_words_or_by_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    assert share_of_launcher("2/4") == Share(1, 4)
    for wrong in ("0/4", "5/4", "2", "a/b", "1/0"):
        with pytest.raises(ConfigError, match="write i/n"):
            share_of_launcher(wrong)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert share_of_launcher() == Share(3, 8)


def test_precision_is_a_setting(make: Make) -> None:
    exact, rough = make("a.zarr"), make("b.zarr", EncodeSettings(resolution=32, split="test", dtype=torch.bfloat16))
    for job in (exact, rough):
        job.run(Share())
    one, other = (LatentPairs(job.store.sets()[0]).inputs(range(18)) for job in (exact, rough))
    assert 0 < np.abs(one - other).max() < 0.2 * np.abs(one).max()
