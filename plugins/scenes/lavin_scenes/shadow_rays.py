"""Which parts could stand between places and a light."""

from __future__ import annotations

import numpy as np

from lavin_scenes.cast import Pairs
from lavin_scenes.parts import Parts
from lavin_scenes.vectors import Floats, dot, frame_along, vector


def towards_far_light(parts: Parts, origins: Floats, direction: Floats) -> Pairs:
    """For each part that casts a shadow, the rays from ``[3, N]`` in a direction ``[3]`` that could meet it."""
    # Seen from the light, rays are points, and a part lies inside a rectangle.
    turned = frame_along(direction, vector([1, 0, 0])).T
    across, up, ahead = turned @ origins
    order = np.argsort(across)
    across, up, ahead = across[order], up[order], ahead[order]
    corners = turned @ parts.bounds
    low, high = corners.min(axis=2), corners.max(axis=2)
    first, last = np.searchsorted(across, low[:, 0]), np.searchsorted(across, high[:, 0])
    pairs: Pairs = []
    for part in np.nonzero(parts.shadow & (last > first))[0].tolist():
        span = slice(first[part], last[part])
        height = up[span]
        met = (height > low[part, 1]) & (height < high[part, 1]) & (ahead[span] < high[part, 2])
        ray = order[span][met]
        if len(ray):
            pairs.append((part, ray))
    return pairs


def towards_near_light(parts: Parts, origins: Floats, light: Floats) -> Pairs:
    """The same for rays to a place ``[3]``."""
    # Seen from the light, a part lies inside a cone.
    away = origins - light[:, None]
    distance = np.sqrt(dot(away, away))
    away /= distance
    order = np.argsort(away[2])
    away, distance = away[:, order], distance[order]
    centre = parts.centre - light
    apart = np.maximum(np.linalg.norm(centre, axis=1), np.float32(1e-6))
    sine = parts.radius / apart
    cosine = np.sqrt(np.maximum(1 - sine * sine, 0))
    centre = centre / apart[:, None]
    inside = sine >= 1
    # The lowest and the highest direction in the cone, unless it holds a pole.
    flat = np.sqrt(np.maximum(1 - centre[:, 2] ** 2, 0))
    low, high = centre[:, 2] * cosine - flat * sine, centre[:, 2] * cosine + flat * sine
    low[inside | (-centre[:, 2] > cosine)], high[inside | (centre[:, 2] > cosine)] = -1, 1
    first, last = np.searchsorted(away[2], low - 1e-5), np.searchsorted(away[2], high + 1e-5)
    pairs: Pairs = []
    for part in np.nonzero(parts.shadow & (last > first))[0].tolist():
        span = slice(first[part], last[part])
        beyond = distance[span] > apart[part] - parts.radius[part]
        if not inside[part]:
            beyond &= dot(away[:, span], centre[part]) > cosine[part]
        ray = order[span][beyond]
        if len(ray):
            pairs.append((part, ray))
    return pairs
