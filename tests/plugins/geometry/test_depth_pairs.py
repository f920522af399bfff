from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lavin_geometry.depth_pairs import depth_pairs
from PIL import Image

from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from tests.plugins.geometry.pictures import photo, write_gray_16


def test_millimetres_kitti_and_float(tmp_path: Path) -> None:
    for number in range(10):
        write_image(tmp_path / "rgb" / "a" / f"{number}.jpg", photo(number, 8, 12))
        depth = np.full((8, 12), 512 * (number + 1), dtype=np.uint16)
        depth[0, 0] = 0
        write_gray_16(tmp_path / "depth" / "a" / f"{number}.png", depth)
    samples = depth_pairs(tmp_path, "test")
    assert key_of(0, samples) == samples[0].key
    assert len(samples) == 10
    assert samples[3].key == "a/3.jpg"
    assert samples[3].input.shape == (1, 8, 12, 3)
    assert np.isnan(samples[3].target[0, 0])
    assert samples[3].target[1, 1] == np.float32(1 / 2.048)
    assert depth_pairs(tmp_path, "test", scale=1 / 256)[3].target[1, 1] == 1 / 8
    assert np.isnan(depth_pairs(tmp_path, "test", scale=1 / 256)[9].target).all()  # 20 m, beyond 10
    assert depth_pairs(tmp_path, "test", scale=1 / 256, max_depth=80)[9].target[1, 1] == np.float32(1 / 20)
    train, test = (depth_pairs(tmp_path, split, test_share=0.4) for split in ("train", "test"))
    assert len(train) + len(test) == 10
    assert 1 <= len(test) <= 8
    write_image(tmp_path / "left" / "b.png", photo(0, 4, 4))
    (tmp_path / "metres").mkdir()
    Image.fromarray(np.full((4, 4), 2.0, dtype=np.float32)).save(tmp_path / "metres" / "b.tiff")
    (sample,) = depth_pairs(tmp_path, "test", images="left", depths="metres", scale=1)
    assert (sample.target == 0.5).all()


def test_errors_show_the_layout(tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match=r"rgb/0001\.png and depth/0001\.png"):
        depth_pairs(None, "test")
    write_image(tmp_path / "rgb" / "0.png", photo(0, 8, 8))
    with pytest.raises(InputError, match=r"expected rgb/0001\.png and depth/0001\.png .* found rgb/"):
        depth_pairs(tmp_path, "test")
    write_gray_16(tmp_path / "depth" / "1.png", np.ones((8, 8), dtype=np.uint16))
    with pytest.raises(InputError, match=r"0\.png: has no depth map of its name"):
        depth_pairs(tmp_path, "test")
    write_gray_16(tmp_path / "depth" / "0.png", np.ones((4, 4), dtype=np.uint16))
    with pytest.raises(InputError, match=r"is \[4, 4\] where the photo 0\.png is \[8, 8\]"):
        depth_pairs(tmp_path, "test")[0]
    with pytest.raises(ValueError, match="scale > 0"):
        depth_pairs(tmp_path, "test", scale=0)
