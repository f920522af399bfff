"""The frustum: a round body along z whose radius changes evenly from the bottom to the top."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats, dot, unit, vector

_SIDE, _BOTTOM, _TOP = 0, 1, 2


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size``: half the height, the radii at the bottom and at the top, depth / width."""
    half, bottom, top = size[0], size[1], size[2]
    start, way, stretch = unflattened(origin, direction, size[3])
    # From the point nearest to the centre, so that float32 keeps its digits for small, distant solids.
    shift = -dot(start, way)
    start = start + shift * way
    along = mantle(start, way, (bottom + top) / 2, (top - bottom) / (2 * half), -half, half)
    face = np.full(along.shape, _SIDE, dtype=np.int8)
    fall = way[2]
    slope = np.where(np.abs(fall) < 1e-9, np.float32(1e-9), fall)
    # Only the end that the ray comes from can be where it enters.
    from_above = fall < 0
    height = np.where(from_above, half, -half)
    radius = np.where(from_above, top, bottom)
    to_end = (height - start[2]) / slope
    x, y = start[0] + to_end * way[0], start[1] + to_end * way[1]
    at_end = (x * x + y * y <= radius * radius) & (to_end < along)
    along = np.where(at_end, to_end, along)
    face[at_end] = np.where(from_above, _TOP, _BOTTOM)[at_end]
    return (along + shift) / stretch, face


def unflattened(origin: Floats, direction: Floats, flat: Floats) -> tuple[Floats, Floats, Floats]:
    """Rays where a body that is ``flat`` times as deep (y) as wide is round, and how much longer they are there."""
    start = np.stack([origin[0], origin[1] / flat, origin[2]])
    way = np.stack([direction[0], direction[1] / flat, direction[2]])
    stretch = np.sqrt(dot(way, way))
    return start, way / stretch, stretch


def mantle(start: Floats, direction: Floats, middle: Floats, slope: Floats, low: Floats, high: Floats) -> Floats:
    """Distance to the round surface of radius ``middle + slope * z`` for z in low .. high, entered from outside."""
    radius = middle + slope * start[2]
    widening = slope * direction[2]
    square = direction[0] ** 2 + direction[1] ** 2 - widening * widening
    square = np.where(np.abs(square) < 1e-7, np.float32(1e-7), square)
    linear = start[0] * direction[0] + start[1] * direction[1] - radius * widening
    constant = start[0] ** 2 + start[1] ** 2 - radius * radius
    discriminant = linear * linear - square * constant
    root = np.sqrt(np.maximum(discriminant, 0))
    # The ray crosses from outside to inside at the smaller root; where it is steeper than the surface (square < 0) the
    # two roots lie on the cone and on its mirror image, and the way in is the one that counts.
    along: Floats = (-linear - root) / square
    z = start[2] + along * direction[2]
    missed = (discriminant <= 0) | (z < low) | (z > high) | (middle + slope * z < 0)
    along[missed] = np.inf
    return along


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    half, bottom, top, flat = size
    y = point[1] / flat
    radius = np.maximum(np.hypot(point[0], y), np.float32(1e-6))
    side = unit(np.stack([point[0] / radius, y / radius / flat, -(top - bottom) / (2 * half)]))
    end = np.zeros_like(point)
    end[2] = np.where(face == _TOP, np.float32(1), np.float32(-1))
    return np.where(face == _SIDE, side, end)


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    widest = max(float(size[1]), float(size[2]))
    corner = vector([widest, widest * float(size[3]), size[0]])
    return -corner, corner
