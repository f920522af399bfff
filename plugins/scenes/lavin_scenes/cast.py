"""Rays meet parts: the nearest hit of each ray, and whether anything stands between a place and a light.

Each ray is tried against the few parts that it could meet. All these pairs of a ray and a part are put into one long
array for each kind of solid, so that numpy computes them in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.parts import Parts
from lavin_scenes.shapes import SOLIDS, Shape, blend
from lavin_scenes.vectors import Floats, Integers

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
    for ray, owner, distance, face in _distances(parts, pairs, origin[:, None], directions):
        kept = np.nonzero((distance < np.inf) & (distance > _NEAREST))[0]
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
        first = np.nonzero(np.concatenate(distances) == best[ray])[0]
        ray = ray[first]
        part[ray] = np.concatenate(owners)[first]
        kind[ray] = np.concatenate(faces)[first]
    return Hits(part, kind, best)


def blocked(parts: Parts, pairs: Pairs, origins: Floats, directions: Floats, reach: Floats) -> NDArray[np.bool_]:
    """Whether each ray from ``[3, N]`` meets one of its parts nearer than ``reach`` ``[N]``.

    Directions are ``[3, N]``, or ``[3, 1]`` where all rays go the same way.
    """
    dark = np.zeros(origins.shape[1], dtype=np.bool_)
    for ray, _, distance, _ in _distances(parts, pairs, origins, directions):
        dark[ray[(distance > _NEAREST) & (distance < reach[ray])]] = True
    return dark


def _distances(
    parts: Parts, pairs: Pairs, origins: Floats, directions: Floats
) -> Iterator[tuple[Integers, NDArray[np.int16], Floats, NDArray[np.int8]]]:
    """For each kind of solid: rays, parts, and where they meet, pair by pair.

    Origins or directions ``[3, 1]`` are those of all rays.
    """
    kinds = parts.shape.tolist()
    by_kind: dict[int, Pairs] = {}
    for part, ray in pairs:
        by_kind.setdefault(kinds[part], []).append((part, ray))
    for kind, chosen in by_kind.items():
        starts = [_seen_from(parts, part, origins, ray, moved=True) for part, ray in chosen]
        ways = [_seen_from(parts, part, directions, ray, moved=False) for part, ray in chosen]
        counts = [len(ray) for _, ray in chosen]
        numbers = np.array([part for part, _ in chosen])
        if kind == Shape.BLEND:
            each = [
                blend.distance(start, way, parts.pills[part], float(parts.size[0, part]))
                for (part, _), start, way in zip(chosen, starts, ways, strict=True)
            ]
            distance, face = (np.concatenate([found[side] for found in each]) for side in (0, 1))
        else:
            size = np.repeat(parts.size[:, numbers], counts, axis=1)
            solid = SOLIDS[Shape(kind)]
            distance, face = solid.distance(np.concatenate(starts, axis=1), np.concatenate(ways, axis=1), size)
        owner = np.repeat(numbers.astype(np.int16), counts)
        yield np.concatenate([ray for _, ray in chosen]), owner, distance, face


def _seen_from(parts: Parts, part: int, vectors: Floats, ray: Integers, *, moved: bool) -> Floats:
    """Places (``moved``) or directions of the world, in a part's own coordinates ``[3, R]``."""
    chosen = vectors if vectors.shape[1] == 1 else vectors.take(ray, axis=1)
    if moved:
        chosen = chosen - parts.place[part][:, None]
    own = parts.rotation[part].T @ chosen
    return own if own.shape[1] == len(ray) else np.repeat(own, len(ray), axis=1)
