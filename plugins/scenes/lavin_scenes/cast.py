"""Rays meet parts: the nearest hit of each ray, and whether anything stands between a place and a light.

Each ray is tried against the few parts that it could meet. All these pairs of a ray and a part are put into one long
array for each kind of solid, so that numpy computes them in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.parts import Parts
from lavin_scenes.shapes import SOLIDS, Shape, blend
from lavin_scenes.vectors import Floats, Integers, dot

_NEAREST = 1e-3
"""Metres: a hit nearer than this is the surface that the ray starts from."""

Pairs = list[tuple[int, Integers]]
"""Parts, each with the rays that could meet it."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What N rays met first.

    Attributes:
        part: ``int16 [N]``, -1 where a ray met nothing.
        face: ``int8 [N]``.
        distance: ``float32 [N]`` along the ray, inf where it met nothing.
    """

    part: NDArray[np.int16]
    face: NDArray[np.int8]
    distance: Floats


def first_hits(parts: Parts, pairs: Pairs, origin: Floats, directions: Floats) -> Hits:
    """The nearest part that each ray meets; ``origin`` is ``[3]``, directions ``[3, N]``."""
    count = directions.shape[1]
    best = np.full(count, np.inf, dtype=np.float32)
    rays, owners, faces, distances = [], [], [], []
    for ray, owner, distance, face in _distances(parts, pairs, origin, directions):
        kept = np.isfinite(distance) & (distance > _NEAREST)
        ray, distance = ray[kept], distance[kept]
        np.minimum.at(best, ray, distance)
        rays.append(ray)
        owners.append(owner[kept])
        faces.append(face[kept])
        distances.append(distance)
    part = np.full(count, -1, dtype=np.int16)
    kind = np.zeros(count, dtype=np.int8)
    if rays:
        ray = np.concatenate(rays)
        first = np.concatenate(distances) == best[ray]
        part[ray[first]] = np.concatenate(owners)[first]
        kind[ray[first]] = np.concatenate(faces)[first]
    return Hits(part, kind, best)


def blocked(parts: Parts, pairs: Pairs, origins: Floats, directions: Floats, reach: Floats) -> NDArray[np.bool_]:
    """Whether each ray ``[3, N]`` meets one of its parts nearer than ``reach`` ``[N]``."""
    dark = np.zeros(directions.shape[1], dtype=np.bool_)
    for ray, _, distance, _ in _distances(parts, pairs, origins, directions):
        dark[ray[(distance > _NEAREST) & (distance < reach[ray])]] = True
    return dark


def _distances(
    parts: Parts, pairs: Pairs, origin: Floats, directions: Floats
) -> Sequence[tuple[Integers, NDArray[np.int16], Floats, NDArray[np.int8]]]:
    found = []
    for shape in Shape:
        chosen = [(part, ray) for part, ray in pairs if parts.shape[part] == shape and len(ray)]
        if not chosen:
            continue
        counts = [len(ray) for _, ray in chosen]
        numbers = np.array([part for part, _ in chosen])
        starts, ways = [], []
        for part, ray in chosen:
            turned = parts.rotation[part].T
            way = turned @ directions[:, ray]
            ways.append(way)
            if origin.ndim == 1:
                start = np.broadcast_to((turned @ (origin - parts.place[part]))[:, None], way.shape)
            else:
                start = turned @ (origin[:, ray] - parts.place[part][:, None])
            starts.append(start)
        if shape == Shape.BLEND:
            each = [
                blend.distance(start, way, parts.pills[part], float(parts.size[0, part]))
                for (part, _), start, way in zip(chosen, starts, ways, strict=True)
            ]
            distance, face = (np.concatenate([found[side] for found in each]) for side in (0, 1))
        else:
            size = np.repeat(parts.size[:, numbers], counts, axis=1)
            distance, face = SOLIDS[shape].distance(np.concatenate(starts, axis=1), np.concatenate(ways, axis=1), size)
        owner = np.repeat(numbers.astype(np.int16), counts)
        found.append((np.concatenate([ray for _, ray in chosen]), owner, distance, face))
    return found


def towards_light(parts: Parts, origins: Floats, directions: Floats) -> Pairs:
    """For each part that casts a shadow, the rays that pass through the ball around it."""
    pairs: Pairs = []
    for part in np.nonzero(parts.shadow)[0]:
        offset = parts.centre[part][:, None] - origins
        along = dot(offset, directions)
        radius = parts.radius[part]
        near = (along > -radius) & (dot(offset, offset) - along * along < radius * radius)
        ray = np.nonzero(near)[0]
        if len(ray):
            pairs.append((int(part), ray))
    return pairs
