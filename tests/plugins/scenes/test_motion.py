"""Clips: optical flow, and how things move."""

from __future__ import annotations

import numpy as np
import pytest
from lavin_scenes.annotations.flow import forward_flow
from lavin_scenes.annotations.geometry import inverse_depth
from lavin_scenes.annotations.regions import instances
from lavin_scenes.camera import look_at
from lavin_scenes.compose.motions import bouncing, rolling, sliding
from lavin_scenes.loader import scenes
from lavin_scenes.people.movements import step_speed, walking
from lavin_scenes.people.skeleton import Arm, Bone, Posture, Proportions, bones, joints
from lavin_scenes.render import Shot, take
from lavin_scenes.things import Thing
from lavin_scenes.vectors import pose, turn, vector
from numpy.typing import NDArray
from scipy import ndimage

from tests.plugins.scenes.made_scenes import BALL_PLACE, GRAY, ball_and_box, moving_scene

SIZE = 96


def _pairs() -> list[tuple[Shot, Shot]]:
    from lavin_scenes.compose.scenes import scene_of

    found = []
    for index, kind in ((0, "any"), (3, "any"), (4, "any"), (1, "people"), (2, "people")):
        scene = scene_of(0, "train", index, kind="people" if kind == "people" else "any", textures=())
        found.append((take(scene, 0.0, SIZE), take(scene, 1 / 12, SIZE)))
    return found


def _warped(picture: NDArray[np.floating], flow: NDArray[np.floating]) -> NDArray[np.floating]:
    """A picture ``[H, W]`` looked up where the flow leads to."""
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]]
    places = np.stack([rows + flow[..., 1], columns + flow[..., 0]])
    result: NDArray[np.floating] = ndimage.map_coordinates(picture, places, order=1, mode="nearest")
    return result


def test_flow_leads_to_the_same_place_of_the_same_thing() -> None:
    for first, second in _pairs():
        flow = forward_flow(first, second.parts, second.camera)
        assert flow.dtype == np.float32
        length = np.linalg.norm(flow, axis=-1)
        assert length.max() > 0.05
        rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
        x, y = columns + flow[..., 0], rows + flow[..., 1]
        inside = (x >= 0) & (x < SIZE) & (y >= 0) & (y < SIZE)
        # Depth of the surface that the flow says a pixel moves to, against the depth seen there.
        position, part = first.position, first.hits.part
        met = part >= 0
        rotation = second.parts.rotation[part] @ first.parts.rotation[part].transpose(0, 2, 1)
        offset = position.T - first.parts.place[part]
        moved = (rotation @ offset[:, :, None])[:, :, 0] + second.parts.place[part]
        expected = second.camera.project(moved.T, SIZE)[2].reshape(SIZE, SIZE)
        seen = 1 / np.maximum(inverse_depth(second), 1e-4)
        there = seen[y.astype(int).clip(0, SIZE - 1), x.astype(int).clip(0, SIZE - 1)]
        checked = inside & met.reshape(SIZE, SIZE) & np.isfinite(expected)
        agree = np.abs(there - expected) < 0.04 * expected
        # What is not where it was said to be is hidden by something nearer, or lies at a border.
        wrong = checked & ~agree & (there > expected)
        border = ndimage.binary_dilation(np.abs(ndimage.laplace(seen)) > 0.04 * seen, iterations=2)
        borders = border[y.astype(int).clip(0, SIZE - 1), x.astype(int).clip(0, SIZE - 1)]
        assert (wrong & ~borders).mean() < 0.004
        assert agree[checked].mean() > 0.85


def test_second_frame_warped_by_the_flow_is_the_first() -> None:
    first, second = (take(moving_scene(), time, 128) for time in (0.0, 0.1))
    flow = forward_flow(first, second.parts, second.camera)
    gray, later = (shot.rgb.mean(axis=-1) for shot in (first, second))
    unmoved, warped = np.abs(gray - later), np.abs(gray - _warped(later, flow))
    for number in (0, 1, 2):
        same = instances(first) == number
        same &= np.rint(_warped((instances(second) == number).astype(np.float64), flow)) > 0
        inner = ndimage.binary_erosion(same, iterations=2) & (unmoved > 6)
        assert inner.sum() > 50
        assert np.median(warped[inner]) < 0.25 * np.median(unmoved[inner])


def test_flow_of_a_camera_that_turns_and_of_one_that_travels() -> None:
    still = take(ball_and_box(), 0, SIZE)
    turned = look_at((0, 0, 1.2), (0.05, 4, 0.6), focal=1.0)
    sky = inverse_depth(still) == 0
    flow = forward_flow(still, still.parts, turned)
    # The sky turns with everything: by the angle times the focal length in the middle.
    middle = sky.copy()
    middle[:, : SIZE // 2 - 2] = middle[:, SIZE // 2 + 2 :] = False
    np.testing.assert_allclose(flow[middle][:, 0], -0.05 / 4 * SIZE, rtol=0.08)
    travelled = look_at((0.1, 0, 1.2), (0.1, 4, 0.6), focal=1.0)
    flow = forward_flow(still, still.parts, travelled)
    # Sideways by 0.1 m: focal * 0.1 / depth pixels to the left; nothing in the sky.
    known = ~sky
    np.testing.assert_allclose(flow[known][:, 0], -SIZE * 0.1 * inverse_depth(still)[known], rtol=1e-3)
    np.testing.assert_allclose(flow[sky], 0, atol=1e-3)


def test_things_move_as_they_say() -> None:
    start = pose(BALL_PLACE, turn(2, 0.3))
    np.testing.assert_allclose(
        sliding(start, np.pi / 2, 2.0)(0.5).place, vector(BALL_PLACE) + vector([0, 1, 0]), atol=1e-6
    )
    roll = rolling(pose((0, 0, 0)), 0.0, 1.0, 0.25)
    # After a quarter turn the top of the ball is in front; the middle has travelled along.
    quarter = roll(0.25 * np.pi / 2)
    top = quarter.rotation @ vector([0, 0, 0.5]) + quarter.place
    np.testing.assert_allclose(top, [0.25 * np.pi / 2 + 0.25, 0, 0.25], atol=1e-5)
    bounce = bouncing(pose((0, 0, 0)), 0.0, 0.0, 0.5, 0.5)
    heights = np.array([bounce(time).place[2] for time in np.linspace(0, 2, 400)])
    assert heights.min() >= 0
    assert heights.max() == pytest.approx(0.5, abs=0.01)
    assert heights[250:].max() < 0.3


def test_walking_feet_stay_where_they_stand() -> None:
    """While a foot is on the ground it moves back under the body about as fast as the body goes forwards."""
    body = Proportions(1.8)
    speed = step_speed(body, 0.4)
    assert 0.7 < speed < 2.5
    steps = walking(body, 0.0, 0.4, speed)
    times = np.linspace(0, 1.5, 60)
    feet = np.array([bones(body, steps(float(time)))[1][[Bone.LEFT_FOOT, Bone.RIGHT_FOOT]] for time in times])
    lower = feet[:, :, 2].argmin(axis=1)
    # A person faces -y, so that a standing foot moves towards +y of the body's own axes.
    velocity = np.gradient(feet[:, :, 1], times, axis=0)[np.arange(60), lower]
    assert np.median(velocity) == pytest.approx(speed, rel=0.35)


def test_joints_are_where_angles_put_them() -> None:
    body = Proportions(1.8)
    upright = joints(body, *bones(body, Posture(arms=(Arm(0, 0, 0, 0), Arm(0, 0, 0, 0)))))
    assert upright.shape == (17, 3)
    # Left and right are the person's own: facing -y, left is +x.
    assert (upright[[1, 3, 5, 7, 9, 11, 13, 15], 0] > 0).all()
    np.testing.assert_allclose(upright[[1, 3, 5, 11, 13]] * (-1, 1, 1), upright[[2, 4, 6, 12, 14]], atol=2e-2)
    assert 0.9 * 1.8 < upright[1, 2] < 1.8
    assert upright[0, 1] < upright[3, 1]
    raised = joints(body, *bones(body, Posture(arms=(Arm(np.pi / 2, 0, 0, 0), Arm(0, np.pi / 2, 0, 0)))))
    forwards = raised[9] - raised[5]
    np.testing.assert_allclose(forwards, [0, -(body.upper_arm + body.forearm), 0], atol=1e-5)
    sideways = raised[10] - raised[6]
    np.testing.assert_allclose(sideways, [-(body.upper_arm + body.forearm), 0, 0], atol=1e-5)


def test_clip_begins_with_the_still_and_continues() -> None:
    clip = scenes(None, "test", annotation="clip", size=32, frames=5)[2]
    still = scenes(None, "test", annotation="depth", size=32)[2]
    np.testing.assert_array_equal(clip.target[0], still.input[0])
    assert clip.input is None
    follows = scenes(None, "test", annotation="continuation", size=32, frames=5)[2]
    np.testing.assert_array_equal(follows.input, clip.target)
    np.testing.assert_array_equal(follows.target[0], follows.input[-1])
    assert follows.target.shape == (5, 32, 32, 3)
    longer = scenes(None, "test", annotation="clip", size=32, frames=9)[2]
    np.testing.assert_array_equal(follows.target, longer.target[4:])


def test_ids_are_stable_over_time() -> None:
    sample = scenes(None, "test", annotation="instances", size=48, frames=5)[5]
    flow = scenes(None, "test", annotation="flow", size=48, frames=5)[5].target
    for before, after, motion in zip(sample.target, sample.target[1:], flow, strict=False):
        rows, columns = np.mgrid[:48, :48]
        y = np.rint(rows + motion[..., 1]).astype(int).clip(0, 47)
        x = np.rint(columns + motion[..., 0]).astype(int).clip(0, 47)
        assert (after[y, x] == before).mean() > 0.9


def test_still_things_are_plain_things() -> None:
    thing = Thing("ball", ball_and_box().things[1].parts)
    assert thing.parts[0].material is not GRAY
    np.testing.assert_array_equal(thing.poses(0)[1], thing.poses(1)[1])
