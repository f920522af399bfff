from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_geometry.flo import write_flo
from lavin_geometry.flying_chairs import flying_chairs
from lavin_geometry.kitti_flow import kitti_flow
from lavin_geometry.sintel import sintel
from PIL import Image

from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from tests.plugins.geometry.pictures import photo, turning_discs, write_png_16

FLOW = turning_discs(16)[:12]


@pytest.fixture
def sintel_root(tmp_path: Path) -> Path:
    """Two scenes of three frames, one of them held out by default."""
    for scene in ("alley_1", "market_6"):
        for number in (1, 2, 3):
            for rendering in ("clean", "final"):
                seed = number + 10 * (rendering == "final")
                write_image(tmp_path / "training" / rendering / scene / f"frame_{number:04d}.png", photo(seed, 12, 16))
            if number < 3:
                write_flo(tmp_path / "training" / "flow" / scene / f"frame_{number:04d}.flo", FLOW * number)
    return tmp_path


def test_sintel(sintel_root: Path) -> None:
    test, train = sintel(sintel_root, "test"), sintel(sintel_root, "train")
    assert [sample.key for sample in test] == [
        "training/final/market_6/frame_0001.png",
        "training/final/market_6/frame_0002.png",
    ]
    assert [sample.key.split("/")[2] for sample in train] == ["alley_1", "alley_1"]
    assert test[1].whole
    assert not train[1].whole
    np.testing.assert_array_equal(test[1].input, np.concatenate([photo(12, 12, 16), photo(13, 12, 16)]))
    np.testing.assert_array_equal(test[1].target, FLOW * 2)
    clean = sintel(sintel_root, "test", rendering="clean", held_out=["alley_1"])
    assert clean[0].key == "training/clean/alley_1/frame_0001.png"
    np.testing.assert_array_equal(clean[0].input[1], photo(2, 12, 16)[0])
    assert len(sintel(sintel_root, "test", held_out=[])) == 4
    assert pickle.loads(pickle.dumps(test))[0].key == test[0].key  # noqa: S301


def test_sintel_errors(sintel_root: Path, tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match=r"training/final/<scene>/frame_0001\.png"):
        sintel(None, "test")
    with pytest.raises(InputError, match="change held_out"):
        sintel(sintel_root, "test", held_out=["cave_4"])
    with pytest.raises(ValueError, match="'clean' or 'final'"):
        sintel(sintel_root, "test", rendering="albedo")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="split 'validation'"):
        sintel(sintel_root, "validation")
    with pytest.raises(InputError, match=r"expected training/final/<scene>/.* found clean/, final/, flow/"):
        sintel(sintel_root / "training", "test")
    write_flo(sintel_root / "training" / "flow" / "market_6" / "frame_0001.flo", FLOW[:4])
    with pytest.raises(InputError, match=r"is \[4, 16\] where its frames are \[12, 16\]"):
        sintel(sintel_root, "test")[0]
    (sintel_root / "training" / "final" / "market_6" / "frame_0003.png").unlink()
    with pytest.raises(InputError, match=r"frame_0003\.png: no such file"):
        sintel(sintel_root, "test")


def write_kitti(base: Path, frames: str, count: int) -> None:
    stored = np.zeros((12, 16, 3), dtype=np.uint16)
    stored[..., 0] = 2**15 + 64 * 5  # 5 pixels to the right
    stored[..., 1] = 2**15 - 32  # half a pixel up
    stored[..., 2] = 1
    stored[0, 0] = 0
    for number in range(count):
        for moment in (10, 11):
            write_image(base / frames / f"{number:06d}_{moment}.png", photo(number + moment, 12, 16))
        for truth in ("flow_occ", "flow_noc"):
            write_png_16(base / truth / f"{number:06d}_10.png", stored)
            stored[1, 1] = 0  # of what both frames see there is less


@pytest.mark.parametrize("frames", ["image_2", "colored_0", "image_0"])
def test_kitti(frames: str, tmp_path: Path) -> None:
    write_kitti(tmp_path / "training", frames, 2)
    samples = kitti_flow(tmp_path, "test", test_share=0)
    assert key_of(0, samples) == samples[0].key
    assert [sample.key for sample in samples] == [
        f"training/{frames}/000000_10.png",
        f"training/{frames}/000001_10.png",
    ]
    sample = samples[0]
    np.testing.assert_array_equal(sample.input, np.concatenate([photo(10, 12, 16), photo(11, 12, 16)]))
    assert sample.target.dtype == np.float32
    assert np.isnan(sample.target[0, 0]).all()
    assert np.isfinite(sample.target).sum() == (12 * 16 - 1) * 2
    np.testing.assert_array_equal(sample.target[5, 5], (5, -0.5))
    assert sample.whole
    fewer = kitti_flow(tmp_path / "training", "test", truth="flow_noc", test_share=0)[0]
    assert fewer.key == f"{frames}/000000_10.png"
    assert np.isnan(fewer.target[1, 1]).all()


def test_kitti_split_and_errors(tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match=r"training/image_2/000000_10\.png"):
        kitti_flow(None, "test")
    write_kitti(tmp_path / "training", "image_2", 12)
    train, test = kitti_flow(tmp_path, "train"), kitti_flow(tmp_path, "test")
    assert len(train) + len(test) == 12
    assert {sample.key for sample in train}.isdisjoint(sample.key for sample in test)
    assert not train[0].whole
    with pytest.raises(ValueError, match="'flow_occ' or 'flow_noc'"):
        kitti_flow(tmp_path, "test", truth="disp_occ")  # type: ignore[arg-type]
    (tmp_path / "training" / "image_2").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"expected training/image_2/.* found flow_noc/, flow_occ/"):
        kitti_flow(tmp_path / "training", "test")
    (tmp_path / "elsewhere").rename(tmp_path / "training" / "image_2")
    Image.fromarray(np.zeros((12, 16), dtype=np.uint16)).save(tmp_path / "training" / "flow_occ" / "000000_10.png")
    with pytest.raises(InputError, match="16-bit RGB PNG"):
        kitti_flow(tmp_path, "test", test_share=0)[0]
    (tmp_path / "training" / "image_2" / "000003_11.png").unlink()
    with pytest.raises(InputError, match=r"000003_11\.png: no such file"):
        kitti_flow(tmp_path, "test", test_share=0)


def test_flying_chairs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number in (1, 2, 3):
        for side in (1, 2):
            Image.fromarray(photo(number * side, 12, 16)[0]).save(data / f"{number:05d}_img{side}.ppm")
        write_flo(data / f"{number:05d}_flow.flo", FLOW * number)
    with pytest.raises(InputError, match=r"FlyingChairs_train_val\.txt .* found data/"):
        flying_chairs(tmp_path, "test")
    (tmp_path / "FlyingChairs_train_val.txt").write_text("1\n2\n1\n")
    (test,) = flying_chairs(tmp_path, "test")
    assert test.key == "data/00002_img1.ppm"
    assert test.whole
    np.testing.assert_array_equal(test.input, np.concatenate([photo(2, 12, 16), photo(4, 12, 16)]))
    np.testing.assert_array_equal(test.target, FLOW * 2)
    assert [sample.key for sample in flying_chairs(tmp_path, "train")] == ["data/00001_img1.ppm", "data/00003_img1.ppm"]
    (tmp_path / "FlyingChairs_train_val.txt").rename(data / "FlyingChairs_train_val.txt")
    assert len(flying_chairs(tmp_path, "train")) == 2
    (data / "00003_img2.ppm").unlink()
    with pytest.raises(InputError, match=r"00003_img2\.ppm: no such file"):
        flying_chairs(tmp_path, "train")
    (data / "FlyingChairs_train_val.txt").write_text("1\n2\n")
    with pytest.raises(InputError, match="2 lines for 3 pairs"):
        flying_chairs(tmp_path, "test")
    with pytest.raises(RootNeededError, match=r"data/00001_img1\.ppm"):
        flying_chairs(None, "test")
    with pytest.raises(InputError, match="no split 'val'"):
        flying_chairs(tmp_path, "val")
