from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lavin_scenes.samples import Wish, make_sample
from PIL import Image

from lavincli.cards.context_set import make_context
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.media.clips import write_clip
from lavincli.media.images import read_image
from lavincli.pair_files import list_pairs
from lavincli.registry import task as find_task
from tests.small_tasks import picture


@pytest.fixture
def pictures(small_tasks_folder: Path) -> Path:
    return small_tasks_folder.parent / "pictures"


def test_drawn_pairs_are_the_cards_pairs(tmp_path: Path, pictures: Path) -> None:
    task = find_task("denoising")
    files = make_context(task, tmp_path / "context", root=pictures, pairs=3, size=24, seed=5)
    assert len(files) == 6
    pairs = list_pairs(tmp_path / "context")
    assert len(pairs) == 3
    samples = {sample.key: sample for sample in task.samples(root=pictures)}
    wanted = task.pair(samples[f"{pairs[0].key}.png"], size=24, seed=5)
    np.testing.assert_array_equal(read_image(pairs[0].input), wanted.input)
    np.testing.assert_array_equal(read_image(pairs[0].target), wanted.target)
    assert [file.name for file in tmp_path.iterdir()] == ["context"]


def test_named_pairs_and_gray_files(tmp_path: Path, pictures: Path) -> None:
    make_context(find_task("colorization"), tmp_path / "out", root=pictures, keys=["3", "1.png", "*2*"], size=16)
    assert [pair.key for pair in list_pairs(tmp_path / "out")] == ["1", "2", "3"]
    with (
        Image.open(tmp_path / "out" / "1_input.png") as source,
        Image.open(tmp_path / "out" / "1_target.png") as target,
    ):
        assert (source.mode, target.mode) == ("L", "RGB")


@pytest.mark.parametrize("name", ["depth_estimation", "depth_to_image"])
def test_only_the_sample_that_is_named_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """There are 100 000 scenes: far more than one could look through."""
    made: list[int] = []

    def watched(index: int, *, wish: Wish) -> Sample:
        made.append(index)
        return make_sample(index, wish=wish)

    monkeypatch.setattr("lavin_scenes.loader.make_sample", watched)
    task, keys = find_task(name), ["train/09000?", "train/000003"]
    files = make_context(task, tmp_path / "out", dataset="scenes", keys=keys, size=16)
    assert made == [90000, 3]
    assert len(files) == 4
    with pytest.raises(InputError, match=r"'train/x' \(100000 looked at\); keys are like 'train/000000'"):
        make_context(task, tmp_path / "none", dataset="scenes", keys=["train/x"], size=16)


def test_what_is_there_is_not_overwritten_unless_asked(tmp_path: Path, pictures: Path) -> None:
    task = find_task("denoising")
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        make_context(task, tmp_path, root=pictures, pairs=1)
    out = tmp_path / "context"
    make_context(task, out, root=pictures, pairs=2, size=16)
    make_context(task, out, root=pictures, pairs=1, size=16, overwrite=True)
    assert len(list_pairs(out)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["context", "kept.txt"]


def test_failure_leaves_nothing_behind(tmp_path: Path, pictures: Path) -> None:
    with pytest.raises(InputError, match="too few for 9 pairs"):
        make_context(find_task("denoising"), tmp_path / "a", root=pictures, pairs=9)
    with pytest.raises(InputError, match="no sample is called 'cat'"):
        make_context(find_task("denoising"), tmp_path / "b", root=pictures, keys=["cat"])
    assert list(tmp_path.iterdir()) == []


def test_pairs_of_clips_are_videos_and_come_back_as_a_context(tmp_path: Path) -> None:
    """What make-context writes of a pair of clips is read again, near enough to tell its colours."""
    clips = tmp_path / "clips"
    for side, shift in (("input", 0), ("target", 90)):
        clip = np.concatenate([picture(number, 32, 32) // 2 + shift for number in range(5)]).astype(np.uint8)
        write_clip(clips / f"ball_{side}", clip)
    folder = tmp_path / "brighter"
    folder.mkdir()
    (folder / "task.yaml").write_text(
        "name: brighter\ndata: {mine: {loader: pair_folder, root: ../clips}}\nmetrics: [psnr]\n", encoding="utf-8"
    )
    task = find_task(folder)
    files = make_context(task, folder / "context", pairs=1, size=32)
    assert [file.name for file in files] == ["ball_input.mp4", "ball_target.mp4"]
    (pair,) = task.context_pairs()
    assert pair.input.shape == pair.target.shape == (5, 32, 32, 3)
    difference = pair.target.astype(int) - pair.input
    assert np.abs(difference - 90).mean() < 3
    assert task.context_pairs(16)[0].target.shape == (5, 16, 16, 3)
