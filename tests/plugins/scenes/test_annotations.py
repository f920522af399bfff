"""Annotations of stills against what is known of the scenes."""

from __future__ import annotations

import numpy as np
import pytest
from lavin_scenes.annotations.edges import edges
from lavin_scenes.annotations.geometry import camera_normals, inverse_depth, world_normals
from lavin_scenes.annotations.people import people
from lavin_scenes.annotations.regions import boxes_of, instances, segments
from lavin_scenes.camera import look_at
from lavin_scenes.compose.scenes import scene_of
from lavin_scenes.loader import scenes
from lavin_scenes.render import take
from scipy import ndimage

from tests.plugins.scenes.made_scenes import ball_and_box, sphere_depth

SIZE = 64


def test_depth_of_a_ball_at_a_known_place() -> None:
    shot = take(ball_and_box(look_at((0, 0, 0.6), (0, 4, 0.6), focal=1.0)), 0, SIZE)
    depth = inverse_depth(shot)
    assert depth.dtype == np.float32
    rows, columns = np.nonzero(instances(shot) == 1)
    assert len(rows) > 100
    truth = [1 / sphere_depth(column + 0.5, row + 0.5, SIZE) for row, column in zip(rows, columns, strict=True)]
    np.testing.assert_allclose(depth[rows, columns], truth, rtol=1e-5)
    # The ground is 0.6 below: a pixel n rows under the horizon sees it at 0.6 * focal / n.
    np.testing.assert_allclose(1 / depth[-1, 0], 0.6 * SIZE / (SIZE / 2 - 0.5), rtol=1e-5)
    assert (depth[: SIZE // 4] == 0).all()


def test_normals_face_the_camera_and_fit_the_depth() -> None:
    """On a smooth surface the vector to the next pixel's place is square to the normal."""
    shot = take(ball_and_box(), 0, 128)
    normals, depth = camera_normals(shot), inverse_depth(shot)
    known = depth > 0
    np.testing.assert_array_equal(np.isnan(normals).any(axis=-1), ~known)
    np.testing.assert_allclose(np.linalg.norm(normals[known], axis=-1), 1, atol=1e-4)
    centres = (np.arange(128) + 0.5 - 64) / 128
    # In the camera's axes: left, up, towards it.
    across, down = np.meshgrid(centres, centres)
    rays = np.stack([-across, -down, -np.ones_like(across)], axis=-1)
    places = rays / np.where(known, depth, 1)[..., None]
    assert ((normals * rays).sum(axis=-1)[known] < 0).all()
    same = (segments(shot)[:, 1:-1] == segments(shot)[:, :-2]) & (segments(shot)[:, 1:-1] == segments(shot)[:, 2:])
    same &= known[:, 1:-1] & ~(edges(shot)[:, 1:-1] > 0)
    step = places[:, 2:] - places[:, :-2]
    cosine = np.abs((step * normals[:, 1:-1]).sum(axis=-1))[same] / np.linalg.norm(step, axis=-1)[same]
    assert np.quantile(cosine, 0.97) < 0.05
    # The ground is up in the world; its left half looks the same way as its right.
    ground = segments(shot) == 1
    np.testing.assert_allclose(world_normals(shot)[ground], np.broadcast_to([0, 0, 1], (ground.sum(), 3)), atol=1e-6)
    ball = instances(shot) == 1
    columns = np.nonzero(ball.any(axis=0))[0]
    left, right = ball[:, columns[1]], ball[:, columns[-2]]
    assert np.nanmean(normals[:, columns[1]][left, 0]) > 0.5
    assert np.nanmean(normals[:, columns[-2]][right, 0]) < -0.5


def test_everything_is_a_segment_and_boxes_hold_instances() -> None:
    for index in range(5):
        shot = take(scene_of(0, "test", index, kind="any", textures=()), 0, SIZE)
        segment, instance = segments(shot), instances(shot)
        assert segment.min() >= 1
        np.testing.assert_array_equal(segment == len(shot.scene.things) + 1, shot.hits.part.reshape(SIZE, SIZE) < 0)
        for number in np.unique(instance[instance > 0]):
            assert len(np.unique(segment[instance == number])) == 1
        assert not (set(segment[instance == 0]) & set(segment[instance > 0]))
        boxes, seen = boxes_of(instance, 10)
        assert boxes.size == (SIZE, SIZE)
        for box, area, number in zip(boxes.xywh.astype(int), boxes.areas, seen, strict=True):
            x, y, width, height = box
            inside = instance[y : y + height, x : x + width] == number
            assert inside.sum() == (instance == number).sum() == area >= 10
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()


def test_edges_lie_along_outlines_and_creases() -> None:
    shot = take(ball_and_box(), 0, 128)
    marked = edges(shot) > 0
    segment = segments(shot)
    border = np.zeros_like(marked)
    border[:-1] |= segment[1:] != segment[:-1]
    border[:, :-1] |= segment[:, 1:] != segment[:, :-1]
    near_border = ndimage.binary_dilation(border, iterations=2)
    assert ndimage.binary_dilation(marked)[border].mean() > 0.98
    # Away from the outlines there are the box's three visible creases and nothing on the round ball.
    creases = marked & ~near_border
    assert creases[instances(shot) == 2].sum() > 15
    assert not creases[instances(shot) != 2].any()
    # One pixel wide: hardly a square of 2 x 2 pixels is filled but where lines meet.
    filled = marked[1:, 1:] & marked[1:, :-1] & marked[:-1, 1:] & marked[:-1, :-1]
    assert filled.sum() < 0.03 * marked.sum()


def test_visible_joints_lie_on_the_body() -> None:
    on_body = total = hidden = 0
    for index in range(8):
        shot = take(scene_of(0, "train", index, kind="people", textures=()), 0, 128)
        found = people(shot, 60)
        person_ids = [
            number
            for number, thing in enumerate((thing for thing in shot.scene.things if thing.countable), start=1)
            if thing.category == "person"
        ]
        ids = np.where(np.isin(instances(shot), person_ids), instances(shot), 0)
        assert 1 <= len(found) <= 4
        for joints, box, area in zip(found.joints, found.boxes.xywh, found.boxes.areas, strict=True):
            inside = ids[int(box[1]) : int(box[1] + box[3]), int(box[0]) : int(box[0] + box[2])]
            own = int(np.argmax(np.bincount(inside[inside > 0]) == int(area)))
            grown = ndimage.binary_dilation(ids == own)
            for x, y, visibility in joints:
                hidden += visibility == 1
                if visibility == 2:
                    total += 1
                    on_body += grown[int(y), int(x)]
                assert visibility > 0 or (x == 0 and y == 0)
    assert hidden > 10
    assert total > 50
    assert on_body / total > 0.97


def test_single_box_and_foreground() -> None:
    for sample in scenes(None, "test", annotation="single_box", size=SIZE)[:5]:
        (box,) = sample.target.xywh
        assert 0 < box[2] * box[3] < 0.2 * SIZE**2
        assert len(sample.meta["categories"]) == 1
    boxes = scenes(None, "test", annotation="boxes", size=SIZE)
    for index, sample in enumerate(scenes(None, "test", annotation="foreground", size=SIZE)[:3]):
        assert sample.target.dtype == np.bool_
        assert sample.target.sum() == boxes[index].target.areas.max()
        assert sample.meta["category"] in boxes[index].meta["categories"]


@pytest.mark.parametrize("size", [64, 128])
def test_antialiasing_touches_edges_alone(size: int) -> None:
    """Inside a plain surface in the light all pixels change smoothly; along the ball's outline colours are mixed."""
    shot = take(ball_and_box(), 0, size)
    ball = instances(shot) == 1
    assert shot.rgb.dtype == np.uint8
    outline = ball & ~ndimage.binary_erosion(ball)
    inner = ndimage.binary_erosion(ball, iterations=2)
    redness = shot.rgb[..., 0].astype(int) - shot.rgb[..., 1]
    assert redness[inner].min() > 40
    assert (redness[outline] < redness[inner].min()).mean() > 0.2
