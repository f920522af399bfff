from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from lavin_geometry.nyuv2 import nyuv2
from lavin_geometry.nyuv2_normals import nyuv2_normals
from scipy.io import savemat

from lavincli.errors import InputError, RootNeededError
from lavincli.media.images import write_image
from tests.plugins.geometry.pictures import photo, write_gray_16

SIZE = (480, 640)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As Marigold lays it out: two test photos in two scenes, one train photo."""
    root = tmp_path_factory.mktemp("nyuv2")
    for number, name in enumerate(("test/bathroom/{}_0046.png", "test/office/{}_0003.png", "train/cafe/{}_0001.png")):
        write_image(root / name.format("rgb"), photo(number, *SIZE))
        depth = np.full(SIZE, 2500, dtype=np.uint16)
        depth[100, 100], depth[100, 101], depth[100, 102] = 0, 9999, 10_000
        write_gray_16(root / name.format("depth"), depth)
    return root


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published: three photos, MATLAB 7.3 and MATLAB 5."""
    root = tmp_path_factory.mktemp("labeled")
    images = np.concatenate([photo(number, *SIZE) for number in range(3)])
    depths = np.stack([np.full(SIZE, 2.5 + number, dtype=np.float32) for number in range(3)])
    depths[1, 200, 300] = 4
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
        file["images"] = images.transpose(0, 3, 2, 1)
        file["depths"] = depths.transpose(0, 2, 1)
    savemat(
        root / "splits.mat",
        {"trainNdxs": np.array([[3]], dtype=np.uint16), "testNdxs": np.array([[1], [2]], dtype=np.uint16)},
    )
    return root


def test_folders(folders: Path) -> None:
    samples = nyuv2(folders, "test")
    assert len(samples) == 2
    sample = samples[0]
    assert sample.key == "test/bathroom/rgb_0046.png"
    assert sample.whole
    np.testing.assert_array_equal(sample.input, photo(0, *SIZE))
    assert sample.target.shape == SIZE
    assert sample.target.dtype == np.float32
    known = np.isfinite(sample.target)
    assert known[45:471, 41:601].sum() == 426 * 560 - 2
    assert known.sum() == 426 * 560 - 2
    assert sample.target[45, 41] == np.float32(0.4)
    assert np.isnan(sample.target[100, [100, 102]]).all()  # not measured, and not nearer than 10 m
    assert sample.target[100, 101] == np.float32(1 / 9.999)
    assert nyuv2(folders, "test", protocol="full")[0].target[0, 0] == np.float32(0.4)
    (train,) = nyuv2(folders, "train")
    assert not train.whole
    assert np.isfinite(train.target).sum() == 480 * 640 - 2
    assert pickle.loads(pickle.dumps(samples))[1].key == "test/office/rgb_0003.png"  # noqa: S301


def test_bts_names(tmp_path: Path) -> None:
    write_image(tmp_path / "test" / "cafe" / "rgb_00045.jpg", photo(0, *SIZE))
    write_gray_16(tmp_path / "test" / "cafe" / "sync_depth_00045.png", np.full(SIZE, 1000, dtype=np.uint16))
    assert nyuv2(tmp_path, "test")[0].target[100, 100] == 1


def test_labeled_matlab_files(labeled: Path) -> None:
    samples = nyuv2(labeled, "test")
    assert [sample.key for sample in samples] == ["0001", "0002"]
    np.testing.assert_array_equal(samples[1].input, photo(1, *SIZE))
    assert samples[1].target[200, 300] == 0.25
    assert samples[1].target[200, 301] == np.float32(1 / 3.5)
    assert np.isnan(samples[1].target[44, 300])
    assert samples[1].whole
    (train,) = nyuv2(labeled, "train")
    assert train.key == "0003"
    assert train.target[0, 0] == np.float32(1 / 4.5)


def test_errors_show_the_layout(folders: Path, labeled: Path, tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match=r"rgb_0001\.png beside depth_0001\.png"):
        nyuv2(None, "test")
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match=r"expected <split>/<scene>/rgb_0001\.png .* found images/"):
        nyuv2(tmp_path, "test")
    with pytest.raises(InputError, match="no split 'validation'"):
        nyuv2(folders, "validation")
    with pytest.raises(ValueError, match="'eigen' or 'full'"):
        nyuv2(folders, "test", protocol="garg")  # type: ignore[arg-type]
    write_image(tmp_path / "test" / "a" / "rgb_0001.png", photo(0, *SIZE))
    with pytest.raises(InputError, match=r"rgb_0001\.png: has no depth_0001\.png beside it"):
        nyuv2(tmp_path, "test")
    write_gray_16(tmp_path / "test" / "a" / "depth_0001.png", np.ones((48, 64), dtype=np.uint16))
    with pytest.raises(InputError, match=r"\[480, 640\] and \[48, 64\]"):
        nyuv2(tmp_path, "test")[0]
    write_image(tmp_path / "test" / "a" / "depth_0001.png", photo(0, *SIZE))
    with pytest.raises(InputError, match="not a gray picture"):
        nyuv2(tmp_path, "test")[0]


def test_errors_of_matlab_files(tmp_path: Path) -> None:
    mat = tmp_path / "nyu_depth_v2_labeled.mat"
    mat.write_bytes(b"not HDF5")
    with pytest.raises(InputError, match=r"splits\.mat: no such file"):
        nyuv2(tmp_path, "test")
    (tmp_path / "splits.mat").write_bytes(b"not MATLAB")
    with pytest.raises(InputError, match="can't be read as MATLAB 5"):
        nyuv2(tmp_path, "test")
    savemat(tmp_path / "splits.mat", {"trainNdxs": np.array([[1]])})
    with pytest.raises(InputError, match="testNdxs"):
        nyuv2(tmp_path, "test")
    with pytest.raises(InputError, match="item 1 can't be read"):
        nyuv2(tmp_path, "train")[0]
    with h5py.File(mat, "w") as file:
        file["images"] = np.zeros((0, 3, 640, 480), dtype=np.uint8)
    with pytest.raises(InputError, match="item 1 can't be read"):
        nyuv2(tmp_path, "train")[0]


def test_normals_as_dsine_lays_them_out(tmp_path: Path) -> None:
    folder = tmp_path / "test" / "bathroom"
    write_image(folder / "000045_img.png", photo(0, 12, 16))
    colors = np.full((1, 12, 16, 3), 128, dtype=np.uint8)
    colors[0, 0, 0] = (128, 255, 128)  # the floor of DSINE's own figures
    colors[0, 0, 1] = (0, 0, 0)
    colors[0, 0, 2] = (128, 128, 255)
    write_image(folder / "000045_normal.png", colors)
    (sample,) = nyuv2_normals(tmp_path, "test")
    assert sample.key == "test/bathroom/000045_img.png"
    assert sample.whole
    assert sample.target.shape == (12, 16, 3)
    np.testing.assert_allclose(sample.target[0, 0], (0, 1, 0), atol=0.005)  # up
    assert np.isnan(sample.target[0, 1]).all()
    np.testing.assert_allclose(sample.target[0, 2], (0, 0, 1), atol=0.005)  # towards the camera
    with pytest.raises(InputError, match=r"expected .*_img\.png .* found test/"):
        nyuv2_normals(tmp_path, "train")
    with pytest.raises(RootNeededError, match=r"000000_img\.png"):
        nyuv2_normals(None, "test")
    write_image(folder / "000045_normal.png", photo(0, 6, 6))
    with pytest.raises(InputError, match=r"normal\.png: is uint8 \[6, 6, 3\]"):
        nyuv2_normals(tmp_path, "test")[0]
    (folder / "000045_normal.png").unlink()
    with pytest.raises(InputError, match=r"has no 000045_normal\.png beside it"):
        nyuv2_normals(tmp_path, "test")
