from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.panoptic import PanopticCodec
from lavin_recognition.panoptic_borders import border_width, borders
from lavin_recognition.panoptic_files import ids_to_rgb, rgb_to_ids
from lavin_recognition.panoptic_quality import PanopticQuality
from lavin_scenes.loader import scenes
from scipy import ndimage

from lavincli.blocks import answer_resample_of
from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.media.arrays import read_array
from lavincli.media.geometry import resize
from tests.plugins.geometry.pictures import as_jpeg, with_noise
from tests.plugins.segmentation.made_segments import Ids, patchwork
from tests.small_tasks import picture

CODEC = PanopticCodec()
SIZES = (128, 256, 512)


def quality(prediction: Ids, truth: Ids) -> float:
    metric = PanopticQuality()
    metric.update(prediction, truth)
    return metric.compute()["pq"]


def colors_of(clip: Clip) -> list[tuple[int, ...]]:
    return [color for color in map(tuple, np.unique(clip.reshape(-1, 3), axis=0).tolist()) if color != (0, 0, 0)]


@pytest.mark.parametrize(("size", "seeds"), [(128, 4), (256, 2), (512, 1)])
def test_segments_survive_jpeg_and_noise(size: int, seeds: int) -> None:
    for seed in range(seeds):
        truth = patchwork(size, seed)
        drawn = CODEC.render(truth)
        assert quality(CODEC.decode(drawn), truth) >= 0.97
        for worn in (as_jpeg(drawn, 0), as_jpeg(drawn, 2), with_noise(drawn), with_noise(as_jpeg(drawn, 2))):
            assert quality(CODEC.decode(worn), truth) >= 0.95


def test_thin_parts_keep_their_segment_though_jpeg_takes_of_their_colour() -> None:
    """Of strips two pixels wide, cut off by other things, 4:2:0 leaves half the chroma between black borders."""
    samples = scenes(None, "test", annotation="segments", size=128)
    for index in (28, 45, 49, 53):
        truth = samples[index].target
        assert quality(CODEC.decode(as_jpeg(CODEC.render(truth), 2)), truth) >= 0.95


@pytest.mark.parametrize("size", SIZES)
def test_few_large_segments_come_back_nearly_exactly(size: int) -> None:
    truth = patchwork(size, 5, cells=6, thin=0, discs=0)
    assert quality(CODEC.decode(as_jpeg(CODEC.render(truth), 2)), truth) > 0.985


@pytest.mark.parametrize("size", SIZES)
def test_blurred_answers_give_the_large_segments(size: int) -> None:
    """What a model paints is soft: borders are half as dark, corners round, colours mixed."""
    truth = patchwork(size, 1, cells=8, thin=0)
    drawn = CODEC.render(truth)[0].astype(np.float64)
    soft = ndimage.gaussian_filter(drawn, (1.2 * size / 256, 1.2 * size / 256, 0)).astype(np.uint8)[None]
    assert quality(CODEC.decode(with_noise(soft)), truth) > 0.85
    # The answer of a smaller model, brought to the size of the query.
    answer = as_jpeg(CODEC.render(CODEC.cut(truth, Frame(), 96)), 2)
    assert quality(CODEC.decode(resize(answer, (size, size), answer_resample_of(CODEC))), truth) > 0.8


def test_borders_are_filled_again_and_what_is_not_labelled_stays_black() -> None:
    truth = np.full((64, 64), 5, dtype=np.int32)
    truth[20:40, 20:40] = 9
    truth[50:, :] = 0
    drawn = CODEC.render(truth)
    black = (drawn[0] == 0).all(axis=2)
    # The larger segment gives the pixels; beside what isn't labelled there is no border.
    ring = ndimage.binary_dilation(truth == 9) & (truth == 5)
    np.testing.assert_array_equal(black, ring | (truth == 0))
    np.testing.assert_array_equal(CODEC.decode(drawn), np.where(truth == 5, 1, np.where(truth == 9, 2, 0)))


def test_border_width_scales_with_the_picture() -> None:
    assert [border_width(size, size) for size in (64, 128, 256, 512, 1024)] == [1, 1, 1, 2, 4]
    halves = np.repeat(np.arange(1, 3, dtype=np.int32), 32)[None].repeat(64, axis=0)
    for width in (1, 2, 3):
        assert borders(halves, width).sum() == 64 * width


def test_thin_and_small_segments_lose_nothing_to_borders() -> None:
    truth = np.ones((96, 96), dtype=np.int32)
    truth[30, 5:90] = 2  # a line one pixel thin
    truth[60:62, 40:42] = 3
    assert quality(CODEC.decode(CODEC.render(truth)), truth) == 1


def test_a_gap_between_parts_of_a_thin_segment_belongs_to_what_it_opens_to() -> None:
    truth = np.ones((64, 64), dtype=np.int32)
    truth[10:40, 20:32:3] = 2  # legs of a chair, one pixel thin and two apart: all between them is drawn black
    truth[10, 20:30] = 2
    assert (CODEC.render(truth)[0, 12:39, 21:29][:, [0, 1, 3, 4]] == 0).all()
    assert quality(CODEC.decode(CODEC.render(truth)), truth) == 1


def test_parts_on_both_sides_of_another_segment_are_one() -> None:
    truth = np.ones((64, 64), dtype=np.int32)
    truth[:, 30:36] = 2
    decoded = CODEC.decode(as_jpeg(CODEC.render(truth), 2))
    assert decoded[5, 5] == decoded[5, 60] != decoded[5, 32]


@pytest.mark.parametrize(("count", "apart"), [(2, 110), (10, 100), (25, 60), (60, 40)])
def test_colours_are_vivid_and_well_apart(count: int, apart: float) -> None:
    truth = np.repeat(np.arange(1, count + 1, dtype=np.int32), 6)[None].repeat(8, axis=0)
    colors = np.array(colors_of(CODEC.render(truth)), dtype=np.float64)
    assert len(colors) == count
    assert min(np.linalg.norm(one - other) for one, other in combinations(colors, 2)) > apart
    assert (colors @ [0.299, 0.587, 0.114]).min() > 90
    assert np.ptp(colors, axis=1).min() >= 64


def test_colours_depend_on_the_content_alone() -> None:
    truth = patchwork(64, 3)
    np.testing.assert_array_equal(CODEC.render(truth), PanopticCodec().render(truth.astype(np.int64)))
    assert set(colors_of(CODEC.render(truth))).isdisjoint(colors_of(CODEC.render(truth[::-1])))


def test_colours_tell_places() -> None:
    """What has its centre in one place has nearly one colour, whatever else is there."""
    sky_and_ground = np.ones((64, 64), dtype=np.int32)
    sky_and_ground[24:] = 2
    with_a_thing = sky_and_ground.copy()
    with_a_thing[30:40, 2:12] = 3
    with_a_thing[30:40, 52:62] = 4
    picture = CODEC.render(with_a_thing)[0].astype(int)
    empty = CODEC.render(sky_and_ground)[0].astype(int)
    for row, column in ((5, 30), (60, 30)):
        assert np.abs(picture[row, column] - empty[row, column]).max() < 40
    red, _, blue = picture[35, 7]
    assert red > blue + 100
    red, _, blue = picture[35, 57]
    assert blue > red
    assert picture[5, 30].min() > picture[60, 30].min()


def test_cut_keeps_ids_and_mirrors() -> None:
    truth = patchwork(90, 2)[:60]
    cut = CODEC.cut(truth, Frame(), 60)
    np.testing.assert_array_equal(cut, truth[:, 15:75])
    np.testing.assert_array_equal(CODEC.cut(truth, Frame(mirrored=True), 60), cut[:, ::-1])
    assert set(np.unique(CODEC.cut(truth, Frame(whole=True), 32))) <= set(np.unique(truth))


def test_saves_the_panoptic_format(tmp_path: Path) -> None:
    truth = np.zeros((20, 30), dtype=np.int32)
    truth[2:5, 4:10] = 70_001
    truth[10:, 20:] = 3
    picture_file, description = CODEC.save(truth, tmp_path / "0.1")
    assert (picture_file.name, description.name) == ("0.1.png", "0.1.json")
    np.testing.assert_array_equal(rgb_to_ids(read_array(picture_file)), truth)
    content = json.loads(description.read_text())
    common = {"category_id": 1, "isthing": 1, "iscrowd": 0}
    assert content["file_name"] == "0.1.png"
    assert content["segments_info"] == [
        {"id": 3, "area": 100, "bbox": [20, 10, 10, 10], **common},
        {"id": 70_001, "area": 18, "bbox": [4, 2, 6, 3], **common},
    ]
    with pytest.raises(ValueError, match="ids up to"):
        ids_to_rgb(np.full((2, 2), 2**24, dtype=np.int32))


@pytest.mark.parametrize("size", [1, 2, 33, 128])
def test_any_picture_decodes(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    for clip in (noise, np.zeros_like(noise), np.full_like(noise, 255), picture(3, size, size)):
        decoded = CODEC.decode(clip)
        assert decoded.shape == (size, size)
        assert decoded.dtype == np.int32
        assert CODEC.render(decoded).shape == clip.shape
    assert (CODEC.decode(np.full_like(noise, 200)) == (size > 1)).all()  # a single pixel is a speck
    assert (CODEC.decode(np.zeros_like(noise)) == 0).all()


def test_refuses_other_values() -> None:
    with pytest.raises(ValueError, match="segments are int32"):
        CODEC.render(np.zeros((1, 8, 8), dtype=np.int32))
    with pytest.raises(ValueError, match="ids from 0"):
        CODEC.render(np.full((8, 8), -1, dtype=np.int32))
    with pytest.raises(ValueError, match="stills"):
        CODEC.decode(np.zeros((2, 8, 8, 3), dtype=np.uint8))
