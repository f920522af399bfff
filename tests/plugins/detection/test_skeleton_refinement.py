"""What a first look at skeletons gets wrong is found by searching on: descents, exchanges, chance."""

from __future__ import annotations

import numpy as np
import pytest
from lavin_recognition.skeleton_descent import descend
from lavin_recognition.skeleton_doubt import Doubt
from lavin_recognition.skeleton_evidence import Evidence, Floats, bounds
from lavin_recognition.skeleton_exchange import exchange_people, exchange_sides
from lavin_recognition.skeleton_face import oddness
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_head import HEAD_SHAPE
from lavin_recognition.skeleton_joining import absorb_parts
from lavin_recognition.skeleton_painting import draw_people
from lavin_recognition.skeleton_parts import ARMS, LEGS
from lavin_recognition.skeleton_reading import read_people
from lavin_recognition.skeleton_search import Search
from lavin_scenes.loader import scenes

from lavincli.natives import Boxes, People
from tests.plugins.detection.posed_people import posed_people
from tests.plugins.geometry.pictures import as_jpeg


def fit_of(truth: People, subsampling: int = 2) -> Fit:
    """The people drawn, as a JPEG, and where they really are."""
    fit = Fit(Evidence(as_jpeg(draw_people(truth), subsampling)[0].astype(np.float32)))
    for joints in truth.joints:
        fit.add(joints[:, :2].copy(), joints[:, 2] > 0)
    return fit


def search_of(fit: Fit) -> Search:
    """A search that takes no hints from colours of limbs."""
    count = len(fit.evidence.discs)
    return Search(fit, np.zeros((14, count, count), np.float32))


def farthest(fit: Fit, truth: People) -> float:
    """Pixels by which any joint is off."""
    return float(np.linalg.norm(fit.joints - truth.joints[..., :2], axis=2).max())


@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_descent_finds_joints_from_two_pixels_away(subsampling: int) -> None:
    truth = posed_people(3, 1, 256, apart=True)
    fit = fit_of(truth, subsampling)
    random = np.random.default_rng(0)
    start = fit.joints[0].copy()
    start[list(LEGS)] += random.uniform(-1.5, 1.5, (6, 2)).astype(np.float32)
    low, high = bounds(start[list(LEGS)], margin=6)
    before = fit.errors(0, start[None], low, high)
    (found,), after = descend(fit, 0, LEGS, start[None], low, high, steps=12)
    assert after[0] < 0.5 * before[0]
    assert np.linalg.norm(found[list(LEGS)] - truth.joints[0, list(LEGS), :2], axis=1).max() < 0.5
    np.testing.assert_array_equal(found[list(ARMS)], start[list(ARMS)])


def test_what_is_explained_is_in_no_doubt_and_what_is_off_is() -> None:
    truth = posed_people(3, 2, 256, apart=True)
    fit = fit_of(truth)
    doubt = Doubt(fit)
    assert doubt.clean
    assert max(doubt.of(person, block) for person in (0, 1) for block in (ARMS, LEGS)) < 1.5
    fit.joints[0, 9] += 15
    assert doubt.of(0, ARMS) > 5
    assert doubt.of(1, ARMS) < 1.5


def test_two_people_get_their_own_legs_back() -> None:
    one = posed_people(3, 1, 256, apart=True)
    away = np.array([25, 8, 0], dtype=np.float32)
    boxes = one.boxes.xywh + np.array([25, 8, -5, -5], dtype=np.float32)
    truth = People(
        np.concatenate([one.joints, one.joints + away]), Boxes.of(np.concatenate([one.boxes.xywh, boxes]), (256, 256))
    )
    fit = fit_of(truth)
    legs = list(LEGS)[0::2]
    fit.joints[0, legs], fit.joints[1, legs] = fit.joints[1, legs].copy(), fit.joints[0, legs].copy()
    assert farthest(fit, truth) > 2
    exchange_people(search_of(fit))
    assert farthest(fit, truth) < 0.01


def test_ankles_that_were_swapped_are_swapped_back() -> None:
    truth = posed_people(3, 1, 256, apart=True)
    fit = fit_of(truth)
    fit.joints[0, [15, 16]] = fit.joints[0, [16, 15]]
    exchange_sides(search_of(fit), 0)
    assert farthest(fit, truth) < 1


def test_a_part_that_is_somebody_s_is_given_up() -> None:
    truth = posed_people(3, 1, 256, apart=True)
    fit = fit_of(truth)
    given = np.zeros(17, np.bool_)
    given[[12, 14, 16]] = True
    fit.add(fit.joints[0].copy(), given)
    fit.joints[0, 16] = fit.joints[0, 14]
    absorb_parts(fit)
    assert len(fit.joints) == 1
    assert farthest(fit, truth) < 0.01


def test_somebody_whom_nothing_shows_is_given_up_even_if_nobody_is_left() -> None:
    truth = posed_people(3, 1, 256, apart=True)
    fit = Fit(Evidence(np.zeros((256, 256, 3), np.float32)))
    fit.add(truth.joints[0, :, :2].copy(), np.ones(17, np.bool_))
    absorb_parts(fit)
    assert len(fit.joints) == 0
    assert fit.total() == 0


def head_seen(yaw: float, pitch: float, roll: float) -> Floats:
    left, down, front = HEAD_SHAPE.T
    across, ahead = left * np.cos(yaw) + front * np.sin(yaw), front * np.cos(yaw) - left * np.sin(yaw)
    seen = np.stack([across, down * np.cos(pitch) + ahead * np.sin(pitch)], axis=1)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    head: Floats = (7 * seen @ turn.T + 100).astype(np.float32)
    return head


def test_heads_are_told_from_what_is_none() -> None:
    heads = np.stack([head_seen(yaw, 0.2, roll) for yaw in (-0.9, -0.3, 1.0) for roll in (-0.5, 0.1)])
    assert oddness(heads).max() < 0.2
    swapped = heads[:, [0, 3, 2, 1, 4]]  # the left eye is the ear
    assert (oddness(swapped) > oddness(heads) + 0.05).all()


@pytest.mark.parametrize("index", [1, 7, 13])
def test_everyone_taller_than_64_pixels_survives_jpeg_whole(index: int) -> None:
    """Legs that cross, arms on the spine, heads whose discs all but touch: 2 pixels at 256 and halved chroma."""
    truth = scenes(None, "test", annotation="people", size=256)[index].target
    found = read_people(as_jpeg(draw_people(truth), 2), 0.3)
    assert len(found) == len(truth)
    for joints in truth.joints:
        given = joints[:, 2] > 0
        assert np.ptp(joints[given, :2], axis=0).max() > 64
        apart = np.linalg.norm(found.joints[..., :2] - joints[:, :2], axis=2)[:, given].max(axis=1)
        assert apart.min() <= 2
