from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_photo.sidd import sidd
from PIL import Image

from lavincli.clip import Clip
from lavincli.errors import InputError, RootNeededError
from lavincli.registry import task as find_task

HEIGHT, WIDTH = 24, 40


def clean(place: int) -> Clip:
    return np.random.default_rng(place).integers(0, 200, (1, HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folders = ("0001_001_S6_00100_00060_3200_L", "0199_010_GP_00800_01600_3200_N", "0200_010_GP_01600_03200_5500_N")
    for place, name in enumerate(folders):
        folder = tmp_path / "Data" / name
        folder.mkdir(parents=True)
        Image.fromarray(clean(place)[0]).save(folder / "GT_SRGB_010.PNG")
        Image.fromarray(clean(place)[0] + 50).save(folder / "NOISY_SRGB_010.PNG")
    (tmp_path / "ReadMe.txt").write_text("no picture", encoding="utf-8")
    return tmp_path


def test_blocks_lie_from_corner_to_corner_at_full_resolution(root: Path) -> None:
    samples = sidd(root, "train", block=8, blocks=2)
    assert [sample.key for sample in samples] == [
        f"0001_001_S6_00100_00060_3200_L/NOISY_SRGB_010.PNG#{number}" for number in range(2)
    ]
    for sample, top, left in zip(samples, (4, 12), (8, 24), strict=True):
        np.testing.assert_array_equal(sample.target, clean(0)[:, top : top + 8, left : left + 8])
        np.testing.assert_array_equal(sample.input, sample.target + 50)
    assert samples[0].meta["phone"] == "S6"
    assert samples[0].meta["iso"] == "00100"
    assert pickle.loads(pickle.dumps(samples))[1].key == samples[1].key  # noqa: S301 - our own bytes


def test_splits_are_scenes(root: Path) -> None:
    samples = find_task("denoising").samples("sidd", root, blocks=3)
    assert len(samples) == 6
    assert {sample.meta["scene"] for sample in samples} == {"010"}
    assert samples[0].target.shape == (1, HEIGHT, HEIGHT, 3)  # smaller than a block of 256
    assert len(sidd(root, "test", test_scenes=["001"], blocks=1)) == 1
    with pytest.raises(InputError, match="none of its 3 pictures is of the test split"):
        sidd(root, "test", test_scenes=["005"])


def test_errors(root: Path) -> None:
    with pytest.raises(RootNeededError, match="NOISY_SRGB"):
        sidd(None, "test")
    with pytest.raises(InputError, match=r"expected Data/<instance>.*; found 0001_001_S6_00100_00060_3200_L/, "):
        sidd(root / "Data", "test")
    with pytest.raises(InputError, match="no split 'val'"):
        sidd(root, "val")
    with pytest.raises(ValueError, match="at least 1"):
        sidd(root, "test", blocks=0)
    truth = root / "Data" / "0001_001_S6_00100_00060_3200_L" / "GT_SRGB_010.PNG"
    Image.fromarray(clean(0)[0, :-1]).save(truth)
    with pytest.raises(InputError, match=r"of another size than GT_SRGB_010\.PNG"):
        sidd(root, "train")[0]
    truth.unlink()
    with pytest.raises(InputError, match=r"its partner GT_SRGB_010\.PNG is missing"):
        sidd(root, "train")
