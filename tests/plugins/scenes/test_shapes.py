"""Every solid against its own definition as a set of points, walked through in small steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lavin_scenes.shapes import SOLIDS, Shape, blend
from numpy.typing import NDArray

Points = NDArray[np.float64]
Inside = Callable[[Points], Any]
"""A function of places ``[3, ...]`` that is below 0 inside and above 0 outside, and smooth across the surface."""

_RAYS = 40
_STEP = 5e-3
_SPAN = 6.0

_PILLS = np.array([[0, 0, -0.5, 0, 0.2, 0.5, 0.4, 0.3], [0.5, 0, 0, 0.9, 0, 0.3, 0.25, 0.25]], dtype=np.float32)


def _box(p: Points) -> Any:
    return np.max(np.abs(p) - np.array([0.8, 0.5, 1.0]).reshape(3, *[1] * (p.ndim - 1)), axis=0)


def _ellipsoid(p: Points) -> Any:
    return (p[0] / 0.8) ** 2 + (p[1] / 0.5) ** 2 + (p[2] / 1.1) ** 2 - 1


def _frustum(p: Points) -> Any:
    radius = np.hypot(p[0], p[1] / 0.7)
    return np.maximum(radius - (0.7 + 0.2) / 2 - (0.2 - 0.7) / 1.8 * p[2], np.abs(p[2]) - 0.9)


def _round_cone(p: Points) -> Any:
    # The union of all balls between the two ends.
    share = np.linspace(0, 1, 120).reshape(-1, *[1] * (p.ndim - 1))
    away = np.sqrt(p[0] ** 2 + (p[1] / 0.8) ** 2 + (p[2] - 1.2 * share) ** 2)
    return np.min(away - (0.5 - 0.3 * share), axis=0)


def _roof(p: Points) -> Any:
    width = 0.9 * (1 - 0.7 * p[2] / 1.1)
    return np.max(np.stack([np.abs(p[0]) - width, np.abs(p[1]) - 0.6, p[2] - 1.1, -p[2]]), axis=0)


def _pyramid(p: Points) -> Any:
    narrow = 1 - 0.7 * p[2] / 1.1
    return np.max(np.stack([np.abs(p[0]) - 0.9 * narrow, np.abs(p[1]) - 0.6 * narrow, p[2] - 1.1, -p[2]]), axis=0)


def _torus(p: Points) -> Any:
    return (np.hypot(p[0], p[1]) - 0.8) ** 2 + p[2] ** 2 - 0.3**2


def _rounded_box(p: Points) -> Any:
    beyond = np.abs(p) - np.array([0.6, 0.3, 0.8]).reshape(3, *[1] * (p.ndim - 1))
    return np.sqrt((np.maximum(beyond, 0) ** 2).sum(axis=0)) + np.minimum(beyond.max(axis=0), 0) - 0.2


def _blend(p: Points) -> Any:
    each = []
    for x, y, z, a, b, c, near, far in _PILLS.astype(np.float64):
        start, axis = np.array([x, y, z]), np.array([a - x, b - y, c - z])
        offset = p - start.reshape(3, *[1] * (p.ndim - 1))
        share = np.clip(np.tensordot(axis, offset, axes=1) / (axis @ axis), 0, 1)
        away = offset - axis.reshape(3, *[1] * (p.ndim - 1)) * share
        each.append(np.exp(-(np.sqrt((away**2).sum(axis=0)) - near - share * (far - near)) / 0.1))
    return -0.1 * np.log(np.sum(each, axis=0))


CASES = {
    Shape.BOX: ((0.8, 0.5, 1.0, 1), _box),
    Shape.ELLIPSOID: ((0.8, 0.5, 1.1, 1), _ellipsoid),
    Shape.FRUSTUM: ((0.9, 0.7, 0.2, 0.7), _frustum),
    Shape.ROUND_CONE: ((1.2, 0.5, 0.2, 0.8), _round_cone),
    Shape.ROOF: ((0.9, 0.6, 1.1, 0.3), _roof),
    Shape.PYRAMID: ((0.9, 0.6, 1.1, 0.3), _pyramid),
    Shape.TORUS: ((0.8, 0.3, 1, 1), _torus),
    Shape.ROUNDED_BOX: ((0.8, 0.5, 1.0, 0.2), _rounded_box),
    Shape.BLEND: ((0.1, 1, 1, 1), _blend),
}


def _rays() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """From all around, at and beside the middle."""
    random = np.random.default_rng(3)
    origin = random.normal(size=(3, _RAYS))
    origin *= 3 / np.linalg.norm(origin, axis=0)
    direction = random.uniform(-1.0, 1.0, (3, _RAYS)) - origin
    return origin.astype(np.float32), (direction / np.linalg.norm(direction, axis=0)).astype(np.float32)


def _walk(inside: Inside, origin: Points, direction: Points) -> Points:
    """Where rays enter, by steps of 5 mm and then halving; inf where they don't."""
    along = np.arange(0, _SPAN, _STEP)
    entered = np.full(origin.shape[1], np.inf)
    for ray in range(origin.shape[1]):
        places = origin[:, ray, None] + direction[:, ray, None] * along
        within = np.nonzero(inside(places) < 0)[0]
        if len(within):
            low, high = along[within[0] - 1], along[within[0]]
            for _ in range(30):
                middle = (low + high) / 2
                outside = inside((origin[:, ray] + direction[:, ray] * middle)[:, None])[0] > 0
                low, high = (middle, high) if outside else (low, middle)
            entered[ray] = high
    return entered


@pytest.mark.parametrize("shape", CASES, ids=lambda shape: shape.name.lower())
def test_rays_enter_where_the_solid_begins(shape: Shape) -> None:
    size, inside = CASES[shape]
    origin, direction = _rays()
    sizes = np.repeat(np.array(size, np.float32)[:, None], _RAYS, axis=1)
    if shape == Shape.BLEND:
        distance, face = blend.distance(origin, direction, _PILLS, 0.1)
    else:
        distance, face = SOLIDS[shape].distance(origin, direction, sizes)
    truth = _walk(inside, origin.astype(np.float64), direction.astype(np.float64))
    hit = np.isfinite(truth)
    assert 8 < hit.sum() < _RAYS
    # A ray that grazes the solid for less than a step may be missed by the walk.
    assert (np.isfinite(distance) == hit).mean() > 0.95
    both = hit & np.isfinite(distance)
    assert distance.dtype == np.float32
    points = origin[:, both] + distance[both] * direction[:, both]
    if shape == Shape.BLEND:
        normal = blend.normal(points, _PILLS, 0.1)
    else:
        normal = SOLIDS[shape].normal(points, sizes[:, both], face[both])
    np.testing.assert_allclose(np.linalg.norm(normal, axis=0), 1, atol=1e-4)
    steepness = -(normal * direction[:, both]).sum(axis=0)
    assert (steepness > -0.02).all()
    # Measured across the surface: along it, a ray that grazes it may be further off.
    np.testing.assert_allclose((distance[both] - truth[both]) * steepness, 0, atol=4e-4)
    assert np.median(np.abs(distance[both] - truth[both])) < 1e-4
    moves = 1e-3 * np.eye(3)[:, :, None]
    double = points.astype(np.float64)
    gradient = np.stack([inside(double + move) - inside(double - move) for move in moves])
    gradient /= np.linalg.norm(gradient, axis=0)
    cosine = (gradient * normal).sum(axis=0)
    # At an edge the definition has no normal.
    assert (cosine > 0.999).mean() > 0.9


@pytest.mark.parametrize("shape", CASES, ids=lambda shape: shape.name.lower())
def test_bounds_hold_the_solid(shape: Shape) -> None:
    size, inside = CASES[shape]
    low, high = blend.bounds(_PILLS, 0.1) if shape == Shape.BLEND else SOLIDS[shape].bounds(np.array(size, np.float32))
    grid = np.stack(np.meshgrid(*[np.linspace(-2, 2, 25)] * 3, indexing="ij"))
    held = grid[:, inside(grid) < 0]
    assert held.size
    assert (held.min(axis=1) >= low - 1e-5).all()
    assert (held.max(axis=1) <= high + 1e-5).all()


def test_plane_is_seen_from_above_alone() -> None:
    origin = np.array([[0, 0], [0, 0], [2, -2]], np.float32)
    direction = np.array([[0.6, 0], [0, 0], [-0.8, 1]], np.float32)
    distance, _ = SOLIDS[Shape.PLANE].distance(origin, direction, np.ones((4, 2), np.float32))
    np.testing.assert_allclose(distance, [2.5, np.inf], rtol=1e-6)


def test_small_solids_far_away_keep_their_digits() -> None:
    """Float32 has 7 digits; 100 metres away a ball of 5 cm must still be met to a millimetre."""
    direction = np.array([[0, 1e-4], [1, 1], [0, 0]], np.float32)
    direction /= np.linalg.norm(direction, axis=0)
    origin = np.array([[0, 0], [-100, -100], [0, 0]], np.float32)
    sizes = {
        Shape.ELLIPSOID: (0.05, 0.05, 0.05, 1),
        Shape.FRUSTUM: (0.1, 0.05, 0.05, 1),
        Shape.ROUND_CONE: (0.1, 0.05, 0.05, 1),
    }
    for shape, size in sizes.items():
        distance, _ = SOLIDS[shape].distance(
            origin, direction, np.repeat(np.array(size, np.float32)[:, None], 2, axis=1)
        )
        np.testing.assert_allclose(distance, [99.95, 100 - np.sqrt(0.05**2 - 0.01**2)], atol=1e-3)
