"""Casting rays with and without leaving out the parts that a ray cannot meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lavin_scenes.camera import look_at
from lavin_scenes.cast import blocked, first_hits
from lavin_scenes.compose.scenes import scene_of
from lavin_scenes.scene import Light, Scene
from lavin_scenes.shadow_rays import towards_far_light, towards_near_light
from lavin_scenes.surface import surface_of
from lavin_scenes.vectors import frame_along, pose, turn, turn_about, unit, vector
from lavin_scenes.view import partial_view, whole_view

_SIZE = 32


def _scene(index: int) -> Scene:
    return scene_of(0, "test", index, kind="people" if index % 2 else "any", textures=())


@pytest.mark.parametrize("index", range(4))
def test_nothing_that_a_ray_meets_is_left_out(index: int) -> None:
    scene = _scene(index)
    camera, parts = scene.camera(0), scene.parts_at(0)
    view = whole_view(camera, _SIZE)
    everything = [(part, np.arange(_SIZE**2)) for part in range(len(parts))]
    quick = first_hits(parts, view.candidates(parts), camera.place, view.directions)
    slow = first_hits(parts, everything, camera.place, view.directions)
    np.testing.assert_allclose(quick.distance, slow.distance, rtol=1e-5)
    assert (quick.part == slow.part).mean() > 0.999
    some = partial_view(camera, _SIZE, view.x[::7], view.y[::7])
    again = first_hits(parts, some.candidates(parts), camera.place, some.directions)
    np.testing.assert_allclose(again.distance, slow.distance[::7], rtol=1e-5)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("far", [True, False])
def test_no_shadow_is_left_out(index: int, far: bool) -> None:
    scene = _scene(index)
    camera, parts = scene.camera(0), scene.parts_at(0)
    view = whole_view(camera, _SIZE)
    hits = first_hits(parts, view.candidates(parts), camera.place, view.directions)
    surface = surface_of(parts, scene.parts, hits, view)
    met = hits.part >= 0
    origins = (surface.position + 2e-3 * surface.normal)[:, met]
    if far:
        light = Light(unit(vector([0.5, -0.6, 0.7])), vector([1, 1, 1]))
        directions = np.repeat(light.towards[:, None], met.sum(), axis=1)
        reach = np.full(met.sum(), np.inf, np.float32)
        pairs = towards_far_light(parts, origins, light.towards)
    else:
        lamp = vector([0.4, 2.5, 2.2])
        offset = lamp[:, None] - origins
        reach = np.linalg.norm(offset, axis=0)
        directions = offset / reach
        pairs = towards_near_light(parts, origins, lamp)
    everything = [(part, np.arange(met.sum())) for part in np.nonzero(parts.shadow)[0].tolist()]
    quick = blocked(parts, pairs, origins, directions, reach)
    slow = blocked(parts, everything, origins, directions, reach)
    assert slow.any()
    assert (quick != slow).mean() < 2e-3


def test_camera_projects_what_its_rays_see() -> None:
    camera = look_at((1, -2, 1.5), (0.5, 3, 0.8), focal=1.1, roll=0.1)
    x, y = vector([3.5, 60.0, 31.25]), vector([10.0, 50.5, 63.0])
    places = camera.place[:, None] + camera.rays(x, y, 64) * vector([2, 5, 9])
    found = camera.project(places, 64)
    np.testing.assert_allclose(found[0], x, atol=1e-4)
    np.testing.assert_allclose(found[1], y, atol=1e-4)
    far = camera.project_directions(camera.rays(x, y, 64), 64)
    np.testing.assert_allclose(far, [x, y], atol=1e-4)
    behind = camera.project(camera.place[:, None] - camera.rays(x, y, 64), 64)
    assert np.isnan(behind[0]).all()
    # Up in the world is up in the picture.
    low, high = camera.project(vector([[0.5, 0.5], [3.0, 3.0], [0.8, 1.0]]), 64)[1]
    assert high < low


def test_rotations_turn_counter_clockwise() -> None:
    np.testing.assert_allclose(turn(2, np.pi / 2) @ vector([1, 0, 0]), [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(turn(0, 0.3), turn_about([1, 0, 0], 0.3), atol=1e-6)
    frame = frame_along(unit(vector([1, 2, 3])), vector([0, 1, 0]))
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(frame) == pytest.approx(1, abs=1e-5)
    inner, outer = pose((1, 0, 0), turn(2, 0.4)), pose((0, 2, 0), turn(0, 0.2))
    both = inner.then(outer)
    place = vector([0.3, 0.1, 0.7])
    expected = outer.rotation @ (inner.rotation @ place + inner.place) + outer.place
    np.testing.assert_allclose(both.rotation @ place + both.place, expected, atol=1e-6)


def test_scene_does_not_depend_on_what_was_made_before() -> None:
    first = _scene(3).parts_at(0.4)
    _scene(5)
    again = scene_of(0, "test", 3, kind="people", textures=tuple[Path, ...]()).parts_at(0.4)
    np.testing.assert_array_equal(first.place, again.place)
    np.testing.assert_array_equal(first.rotation, again.rotation)
