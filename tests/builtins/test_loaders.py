from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from lavincli.builtins.image_folder import image_folder
from lavincli.builtins.pair_folder import pair_folder
from lavincli.builtins.split import hash_split
from lavincli.errors import InputError
from lavincli.media.images import write_image
from tests.small_tasks import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("b.png", "a.jpg", "deep/c.png"):
        write_image(tmp_path / name, picture(len(name), 12, 20))
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_image_folder_is_sorted_lazy_and_skips_other_files(photos: Path) -> None:
    (photos / "z_broken.png").write_bytes(b"\x89PNG nonsense")
    samples = image_folder(photos, "test")
    assert len(samples) == 4
    assert [samples[index].key for index in range(3)] == ["a.jpg", "b.png", "deep/c.png"]
    sample = samples[1]
    assert sample.input is None
    np.testing.assert_array_equal(sample.target, picture(5, 12, 20))
    with pytest.raises(InputError, match=r"z_broken\.png"):
        samples[3]
    assert pickle.loads(pickle.dumps(samples))[1].key == "b.png"  # noqa: S301 - our own bytes


def test_image_folder_options(photos: Path) -> None:
    assert [sample.key for sample in image_folder(photos, "test", exclude=["b"])] == ["a.jpg", "deep/c.png"]
    sample = image_folder(photos, "test", side="input")[0]
    assert sample.target is None
    assert sample.input.shape == (1, 12, 20, 3)


def test_image_folder_without_a_root_is_for_tests_only() -> None:
    assert len(image_folder(None, "test")) >= 15
    with pytest.raises(InputError, match="kept for tests"):
        image_folder(None, "train")


def test_image_folder_of_a_wrong_root(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder of images"):
        image_folder(tmp_path / "nowhere", "test")
    with pytest.raises(InputError, match="no image"):
        image_folder(tmp_path, "test")
    write_image(tmp_path / "only.png", picture(0))
    with pytest.raises(InputError, match="none of its 1 images is left"):
        image_folder(tmp_path, "test", exclude=["only"])


def test_hash_split_is_stable_disjoint_and_about_right() -> None:
    items = [f"photo{number}.jpg" for number in range(1000)]
    train, test = (hash_split(items, str, split, 0.2) for split in ("train", "test"))
    assert sorted(train + test) == sorted(items)
    assert 150 < len(test) < 250
    assert set(hash_split(items[::2], str, "test", 0.2)) == set(test) & set(items[::2])
    assert hash_split(items, str, "train", 0) == items
    # Pinned: another hash would move items between the splits of everybody's data.
    assert hash_split(items[:9], str, "test", 0.2) == ["photo1.jpg", "photo4.jpg", "photo7.jpg", "photo8.jpg"]
    with pytest.raises(InputError, match="no split 'val'"):
        hash_split(items, str, "val", 0.2)


def test_pair_folder_gives_both_sides(tmp_path: Path) -> None:
    for name in ("2", "10"):
        write_image(tmp_path / f"{name}_input.png", picture(int(name)))
        write_image(tmp_path / f"{name}_target.png", 255 - picture(int(name)))
    samples = pair_folder(tmp_path, "test")
    assert [sample.key for sample in samples] == ["2", "10"]
    np.testing.assert_array_equal(samples[0].input, 255 - samples[0].target)


def test_pair_folder_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"give the folder that holds <id>_input\.png"):
        pair_folder(None, "test")
    write_image(tmp_path / "a_input.png", picture(0, 10, 12))
    write_image(tmp_path / "a_target.png", picture(0, 10, 14))
    with pytest.raises(InputError, match=r"12 x 10 pixels, but a_target\.png is 14 x 10"):
        pair_folder(tmp_path, "test")[0]
