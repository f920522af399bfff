from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lavin_video.palette import davis_palette, hls_palette
from lavin_video.video_ids import VideoIdsCodec
from numpy.typing import NDArray
from PIL import Image

from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.arrays import read_array
from lavincli.media.geometry import resize
from lavincli.media.video import read_video, write_video
from lavincli.registry import registry
from tests.plugins.video.made_clips import moving_shapes, through_h264, through_jpeg, with_noise

Ids = NDArray[np.int32]
CODEC = VideoIdsCodec()


def test_colours_are_kubrics() -> None:
    # Three hues from .01 on, 120 degrees apart, lightness .6 and saturation .65: channels from 87 to 219.
    np.testing.assert_array_equal(hls_palette(3), [[219, 95, 87], [87, 219, 95], [95, 87, 219]])
    picture = CODEC.render(np.array([[0, 4, 4], [9, 7, -1]], dtype=np.int32))
    np.testing.assert_array_equal(
        picture, [[[[0, 0, 0], [219, 95, 87], [219, 95, 87]], [[95, 87, 219], [87, 219, 95], [0, 0, 0]]]]
    )


@pytest.mark.parametrize("count", [1, 2, 7, 12, 20])
def test_rendered_ids_come_back_exactly(count: int) -> None:
    ids = moving_shapes(count, 64, seed=count)
    np.testing.assert_array_equal(CODEC.decode(CODEC.render(ids)), ids)
    np.testing.assert_array_equal(CODEC.decode(CODEC.render(ids[0] * 5)) > 0, ids[0] > 0)


def test_nothing_and_one_frame() -> None:
    empty = np.zeros((3, 16, 16), dtype=np.int32)
    np.testing.assert_array_equal(CODEC.decode(CODEC.render(empty)), empty)
    gray = np.full((2, 16, 16, 3), 128, dtype=np.uint8)
    assert not CODEC.decode(gray).any()
    assert CODEC.decode(gray[:1]).shape == (16, 16)
    with pytest.raises(ValueError, match="int32"):
        CODEC.render(np.zeros((4, 4), dtype=np.float32))


def agreement(found: Ids, ids: Ids) -> tuple[float, set[tuple[int, int]]]:
    """The mean IoU of objects in frames, and the pairs of true and found ids of which a frame's object consists."""
    enough = 16 * (ids.shape[1] / 128) ** 2
    scores, pairs = [], set()
    for number in range(1, ids.max() + 1):
        for frame, truth in zip(found, ids == number, strict=True):
            if truth.sum() >= enough:
                mostly = int(np.bincount(frame[truth]).argmax())
                pairs.add((number, mostly))
                scores.append(((frame == mostly) & truth).sum() / ((frame == mostly) | truth).sum())
    return float(np.mean(scores)), pairs


def half_resolution(clip: Clip) -> Clip:
    height, width = clip.shape[1:3]
    return resize(resize(clip, (height // 2, width // 2)), (height, width))


DAMAGE: dict[str, Callable[[Clip], Clip]] = {
    "jpeg 4:2:0": lambda clip: through_jpeg(clip, subsampling=2),
    "jpeg 4:4:4": lambda clip: through_jpeg(clip, subsampling=0),
    "noise 4": lambda clip: with_noise(clip, 4),
    "noise 10": lambda clip: with_noise(clip, 10),
    "blur": half_resolution,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(("size", "count"), [(128, 12), (256, 12), (512, 8)])
def test_ids_neither_switch_nor_appear(damage: str, size: int, count: int) -> None:
    ids = moving_shapes(count, size, frames=2 if size > 256 else 4, seed=count)
    found = CODEC.decode(DAMAGE[damage](CODEC.render(ids)))
    score, pairs = agreement(found, ids)
    assert pairs == {(number, number) for number in range(1, ids.max() + 1)}
    assert set(np.unique(found)) == set(np.unique(ids))
    assert score > 0.94
    assert (found == ids).mean() > 0.994


@pytest.mark.parametrize("count", [3, 11])
def test_ids_survive_videos(tmp_path: Path, count: int) -> None:
    ids = moving_shapes(count, 128, frames=13, seed=count)
    rgb = CODEC.render(ids)
    write_video(tmp_path / "kept.mp4", rgb)
    kept = CODEC.decode(read_video(tmp_path / "kept.mp4"))
    ordinary = CODEC.decode(through_h264(rgb, tmp_path))
    for found, least in ((kept, 0.99), (ordinary, 0.95)):
        score, pairs = agreement(found, ids)
        assert pairs == {(number, number) for number in range(1, ids.max() + 1)}
        assert score > least


@pytest.mark.parametrize("subsampling", [0, 2])
def test_ids_of_scenes_survive_jpeg(subsampling: int) -> None:
    scenes = registry().block("loaders", "scenes")(None, "test", annotation="instances", frames=3)
    for index in range(2):
        ids = scenes[index].target
        areas = np.bincount(ids.ravel())
        ids = np.where(areas[ids] >= 0.002 * ids.size, ids, 0)  # others may be a few pixels
        _, pairs = agreement(CODEC.decode(through_jpeg(CODEC.render(ids), subsampling=subsampling)), ids)
        numbers = np.unique(ids[ids > 0])
        assert pairs == {(int(number), place + 1) for place, number in enumerate(numbers)}


def test_colours_are_told_from_the_whole_clip() -> None:
    """An object that leaves, and comes back when another colour is gone, is the same one."""
    ids = np.zeros((6, 64, 64), dtype=np.int32)
    ids[:2, 8:24, 8:24] = 1
    ids[1:4, 30:50, 30:50] = 2
    ids[4:, 40:60, 8:24] = 1
    ids[5, 2:12, 40:60] = 3
    found = CODEC.decode(with_noise(CODEC.render(ids), 6))
    np.testing.assert_array_equal(found, ids)


def test_a_mixed_border_is_no_third_object() -> None:
    """Of six ids, the middle of the first and the third colour is the second one."""
    ids = np.zeros((2, 64, 64), dtype=np.int32)
    ids[:, :32, :32], ids[:, :32, 32:] = 1, 3
    for place, number in enumerate((2, 4, 5, 6)):
        ids[:, 44:60, 16 * place + 2 : 16 * place + 14] = number
    found = CODEC.decode(half_resolution(CODEC.render(ids)))
    assert set(np.unique(found[:, 4:30])) == {1, 3}
    np.testing.assert_array_equal(found[:, 4:28, 4:30], 1)


def test_small_objects_are_found() -> None:
    ids = np.zeros((3, 128, 128), dtype=np.int32)
    ids[:, 10:40, 10:40], ids[:, 60:100, 60:100], ids[:, 70:72, 20:40], ids[1:, 110:112, 8:18] = 1, 2, 3, 4
    np.testing.assert_array_equal(CODEC.decode(with_noise(CODEC.render(ids), 4)), ids)
    found = CODEC.decode(through_jpeg(CODEC.render(ids), subsampling=0))
    assert agreement(found, ids)[1] == {(number, number) for number in range(1, 5)}


def test_cut_keeps_ids_and_mirrors() -> None:
    ids = moving_shapes(5, 96)
    part = CODEC.cut(ids, Frame(scale=0.5, down=0.0, right=1.0), 48)
    np.testing.assert_array_equal(part, ids[:, :48, 48:])
    mirrored = CODEC.cut(ids[0], Frame(scale=0.5, down=0.0, right=1.0, mirrored=True), 48)
    np.testing.assert_array_equal(mirrored, ids[0, :48, :47:-1])
    assert CODEC.cut(ids[:, :, :60], Frame(whole=True), 32).shape == (5, 32, 32)


def test_files_are_indexed_with_one_index_an_object(tmp_path: Path) -> None:
    ids = moving_shapes(3, 32, frames=2)
    paths = CODEC.save(ids, tmp_path / "a.clip")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["a.clip/00000.png", "a.clip/00001.png"]
    np.testing.assert_array_equal(np.stack([read_array(path) for path in paths]), ids)
    with Image.open(paths[0]) as image:
        assert image.mode == "P"
        assert (image.getpalette() or [])[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
    np.testing.assert_array_equal(davis_palette()[[8, 255]], [[64, 0, 0], [224, 224, 192]])
    (path,) = CODEC.save(ids[0], tmp_path / "still")
    assert path == tmp_path / "still.png"
    (many,) = CODEC.save(np.full((4, 4), 256, dtype=np.int32), tmp_path / "many")
    np.testing.assert_array_equal(read_array(many), np.full((4, 4), 256))
    with pytest.raises(InputError, match="65535"):
        CODEC.save(np.full((4, 4), 65536, dtype=np.int32), tmp_path / "more")
