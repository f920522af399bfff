from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.skeleton import SkeletonCodec
from lavin_scenes.loader import scenes

from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.natives import Boxes, People
from tests.plugins.detection.posed_people import posed_people
from tests.plugins.geometry.pictures import as_jpeg, with_noise
from tests.small_tasks import picture

CODEC = SkeletonCodec()

FRONT = (
    *((0, -80), (4, -86), (-4, -86), (11, -82), (-11, -82), (18, -62), (-18, -62), (28, -36), (-30, -38)),
    *((34, -10), (-22, -12), (12, -5), (-12, -5), (15, 35), (-13, 36), (17, 76), (-15, 78)),
)
"""Somebody who faces us, 160 pixels tall, from the middle."""


def people(size: int, *places: tuple[float, float]) -> People:
    """Somebody at each of these places, in pixels of 256."""
    joints = np.array([[(x + across, y + down, 2) for across, down in FRONT] for x, y in places], dtype=np.float32)
    joints[..., :2] *= size / 256
    low, high = joints[..., :2].min(axis=1), joints[..., :2].max(axis=1)
    return People(joints, Boxes.of(np.concatenate([low, high - low], axis=1), (size, size)))


def share_within(found: People, truth: People, pixels: float = 2) -> float:
    """Of all joints, in pixels of 256, by the person found with the most."""
    share = []
    for joints in truth.joints:
        apart = np.linalg.norm(found.joints[..., :2] - joints[:, :2], axis=2) * 256 / truth.size[0]
        near = (apart <= pixels) & (found.joints[..., 2] > 0)
        share.append(near[:, joints[:, 2] > 0].mean(axis=1).max(initial=0))
    return float(np.mean(share))


@pytest.mark.parametrize(("size", "least"), [(128, 0.97), (256, 1), (512, 1)])
def test_two_people_come_back(size: int, least: float) -> None:
    truth = people(size, (60, 130), (180, 140))
    drawn = CODEC.render(truth)
    assert drawn.shape == (1, size, size, 3)
    found = CODEC.decode(drawn)
    assert len(found) == 2
    assert share_within(found, truth) >= least


@pytest.mark.parametrize(
    ("size", "subsampling", "least"), [(256, 0, 0.97), (512, 0, 0.97), (256, 2, 0.97), (512, 2, 0.97)]
)
def test_people_survive_jpeg_and_noise(size: int, subsampling: int, least: float) -> None:
    truth = people(size, (60, 130), (180, 140))
    worn = with_noise(as_jpeg(CODEC.render(truth), subsampling))
    assert share_within(CODEC.decode(worn), truth) >= least


@pytest.mark.parametrize(
    ("apart", "subsampling", "seeds", "least"), [(True, 2, (1, 2, 5), 0.97), (False, 0, (1, 2), 0.97)]
)
def test_people_in_any_posture_come_back(apart: bool, subsampling: int, seeds: tuple[int, ...], least: float) -> None:
    """With JPEG and noise at 256 pixels: the joints of two or three people beside, or across, each other."""
    shares = []
    for seed in seeds:
        truth = posed_people(seed, 1 + seed % 3, 256, apart=apart)
        found = CODEC.decode(with_noise(as_jpeg(CODEC.render(truth), subsampling)))
        assert len(found) == len(truth)
        shares.append(share_within(found, truth))
    assert np.mean(shares) >= least


def test_a_head_is_not_looked_for_at_the_end_of_an_arm() -> None:
    """Orange shoulders and what is red of a stretched arm lead farther from the neck than the red line to the nose."""
    samples = scenes(None, "test", annotation="people", size=256)
    for index in (11, 16):
        truth = samples[index].target
        found = CODEC.decode(as_jpeg(CODEC.render(truth), 0))
        assert share_within(found, truth) >= 0.9


def test_an_arm_on_the_spine_and_one_nearly_straight_are_found() -> None:
    """The colours of the one are those of nobody's arm, and the elbow of the other lies on its line."""
    truth = scenes(None, "test", annotation="people", size=256)[15].target
    assert share_within(CODEC.decode(as_jpeg(CODEC.render(truth), 2)), truth) == 1


def test_what_is_not_given_is_not_drawn() -> None:
    whole = people(256, (120, 130))
    joints = whole.joints.copy()
    joints[:, 7, 2] = 0  # an elbow: no upper arm, no forearm, no disc
    part = People(joints, whole.boxes)
    lost = (CODEC.render(whole) != CODEC.render(part)).any(axis=3)[0]
    x, y = whole.joints[0, 7, :2].astype(int)
    assert lost[y, x]
    assert not lost[:, :130].any()
    found = CODEC.decode(CODEC.render(part))
    assert found.joints[0, 7, 2] == 0
    hidden = joints.copy()
    hidden[..., 2] = np.minimum(hidden[..., 2], 1)
    np.testing.assert_array_equal(CODEC.render(People(hidden, whole.boxes)), CODEC.render(part))
    boxes = whole.boxes
    crowd = Boxes(boxes.xywh, boxes.size, boxes.scores, boxes.areas, np.array([True]))
    assert not CODEC.render(People(whole.joints, crowd)).any()


def test_cut_swaps_sides_and_drops_who_is_outside() -> None:
    truth = people(256, (60, 130), (180, 140))
    mirrored = CODEC.cut(truth, Frame(mirrored=True), 128)
    np.testing.assert_allclose(mirrored.joints[0, 6, 0], 128 - truth.joints[0, 5, 0] / 2)
    np.testing.assert_allclose(mirrored.boxes.areas, truth.boxes.areas / 4, rtol=1e-5)
    corner = CODEC.cut(truth, Frame(scale=0.5, down=0.5, right=0), 128)
    assert len(corner) == 1
    assert set(corner.joints[0, :5, 2]) == {0}  # the head is above
    assert (corner.joints[0, corner.joints[0, :, 2] == 0] == 0).all()
    assert (corner.boxes.xywh[:, :2] + corner.boxes.xywh[:, 2:] <= 128).all()


def garbage(size: int) -> list[Clip]:
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    specks = (noise * (random.random((1, size, size, 1)) < 0.05)).astype(np.uint8)
    red = np.zeros_like(noise)
    red[..., 0] = 255
    return [noise, specks, red, np.zeros_like(noise), np.full_like(noise, 255), picture(3, size, size)]


@pytest.mark.parametrize("size", [1, 2, 33, 256])
def test_any_picture_decodes(size: int) -> None:
    for clip in garbage(size):
        found = CODEC.decode(clip)
        assert found.size == (size, size)
        assert np.isfinite(found.joints).all()
        assert CODEC.render(found).shape == clip.shape
    assert len(CODEC.decode(np.zeros((1, size, size, 3), np.uint8))) == 0
    with pytest.raises(ValueError, match="stills"):
        CODEC.decode(np.zeros((2, 8, 8, 3), dtype=np.uint8))


def test_saves_keypoint_results(tmp_path: Path) -> None:
    (path,) = CODEC.save(people(256, (60, 130)), tmp_path / "000000000139")
    (entry,) = json.loads(path.read_text())
    assert (entry["image_id"], entry["category_id"], entry["score"]) == (139, 1, 1)
    assert entry["keypoints"][:3] == [59.5, 49.5, 2]  # the number of a pixel, whose centre is half a pixel further
    assert len(entry["keypoints"]) == 51
