from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.bsds500 import bsds500
from scipy.io import savemat

from lavincli.errors import InputError, RootNeededError
from lavincli.media.images import write_image
from tests.small_tasks import picture

HEIGHT, WIDTH = 32, 48


def boundaries(annotator: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    drawn = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    drawn[5 + annotator] = 1
    return drawn


def write_truth(path: Path, annotators: int) -> None:
    """A cell array 1 x A of structs Segmentation (uint16) and Boundaries, as in the benchmark."""
    cells = np.empty((1, annotators), dtype=object)
    for index in range(annotators):
        drawn = boundaries(index)
        cells[0, index] = {"Segmentation": np.cumsum(drawn, axis=0, dtype=np.uint16) + 1, "Boundaries": drawn}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"groundTruth": cells}, do_compression=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "BSR" / "BSDS500" / "data"
    for part, names in (("train", ["2092", "8049"]), ("val", ["3096"]), ("test", ["2018", "10081"])):
        for number, name in enumerate(names):
            write_image(folder / "images" / part / f"{name}.jpg", picture(number, HEIGHT, WIDTH))
            write_truth(folder / "groundTruth" / part / f"{name}.mat", 4 + number)
        (folder / "images" / part / "Thumbs.db").write_bytes(b"as in the original archive")
    return folder


def test_boundaries_of_all_people(data: Path) -> None:
    samples = pickle.loads(pickle.dumps(bsds500(data, "test")))  # noqa: S301  what was pickled here
    assert [sample.key for sample in samples] == ["test/10081", "test/2018"]
    sample = samples[0]
    assert sample.whole
    assert sample.target.dtype == np.bool_
    np.testing.assert_array_equal(sample.target, np.stack([boundaries(index) for index in range(5)]) > 0)
    assert sample.input.shape == (1, HEIGHT, WIDTH, 3)
    assert [len(bsds500(data, split)) for split in ("train", "val", "trainval")] == [2, 1, 3]
    assert not bsds500(data, "trainval")[2].whole


@pytest.mark.parametrize("above", ["BSR/BSDS500/data", "BSR/BSDS500", "BSR", "."])
def test_the_root_may_lie_above(data: Path, tmp_path: Path, above: str) -> None:
    assert len(bsds500(tmp_path / above, "test")) == 2


def test_says_what_is_wrong(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match="groundTruth"):
        bsds500(None, "test")
    with pytest.raises(InputError, match=r"expected images/.*; found test/, train/, val/"):
        bsds500(data / "images", "test")
    with pytest.raises(InputError, match="no split 'minival'"):
        bsds500(data, "minival")
    truth = data / "groundTruth" / "test" / "2018.mat"
    content = truth.read_bytes()
    for damaged in (b"", b"no MATLAB file" * 20, content[: len(content) // 2]):
        truth.write_bytes(damaged)
        with pytest.raises(InputError, match=r"2018\.mat: isn't a ground truth"):
            bsds500(data, "test")[1]
    savemat(truth, {"groundTruth": np.zeros((3, 3))})
    with pytest.raises(InputError, match="cell array of structs"):
        bsds500(data, "test")[1]
    write_image(data / "images" / "test" / "2018.jpg", picture(0, WIDTH, HEIGHT))
    write_truth(truth, 2)
    with pytest.raises(InputError, match=r"2018\.mat: is \[32, 48\]"):
        bsds500(data, "test")[1]
    truth.unlink()
    with pytest.raises(InputError, match=r"2018\.mat: is missing \(1 of 2\)"):
        bsds500(data, "test")
