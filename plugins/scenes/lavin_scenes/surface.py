"""What the rays met: places, normals and looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.cast import Hits
from lavin_scenes.parts import Part, Parts
from lavin_scenes.shapes import SOLIDS, blend
from lavin_scenes.vectors import Floats, dot
from lavin_scenes.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The surface at N hits (rays that met nothing hold zeros), in the world.

    Attributes:
        position, normal: ``float32 [3, N]``.
        color: ``float32 [3, N]``, linear RGB.
        gloss, sharpness, glow: ``float32 [N]``, see `Material`.
    """

    position: Floats
    normal: Floats
    color: Floats
    gloss: Floats
    sharpness: Floats
    glow: Floats


def surface_of(parts: Parts, described: Sequence[Part], hits: Hits, view: View) -> Surface:
    """The surface that a view's rays hit; ``described`` are the parts that ``parts`` was assembled of."""
    # Sorted by part, so that each part's rays are a slice.
    order = np.argsort(hits.part, kind="stable")
    owner = hits.part[order]
    first = int(np.searchsorted(owner, 0))
    order, owner = order[first:], owner[first:]
    directions, distance, face = view.directions[:, order], hits.distance[order], hits.face[order]
    position = view.camera.place[:, None] + distance * directions
    visible, starts = np.unique(owner, return_index=True)
    stops = np.append(starts, len(owner))[1:]
    spans = list(zip(visible.tolist(), starts.tolist(), stops.tolist(), strict=True))
    local = np.empty_like(position)
    for part, start, stop in spans:
        local[:, start:stop] = parts.rotation[part].T @ (position[:, start:stop] - parts.place[part][:, None])
    own_normal = _normals(parts, owner, local, face)
    normal = np.empty_like(position)
    for part, start, stop in spans:
        normal[:, start:stop] = parts.rotation[part] @ own_normal[:, start:stop]
    # A surface seen at a slant shows more of itself in a pixel.
    slant = np.maximum(-dot(normal, directions), np.float32(0.1))
    footprint = distance * np.float32(view.pixel) / np.sqrt(slant)
    color = np.empty_like(position)
    looks = np.empty((3, len(owner)), dtype=np.float32)
    for part, start, stop in spans:
        material = described[part].material
        span = slice(start, stop)
        color[:, span] = material.pattern(local[:, span], own_normal[:, span], footprint[span])
        looks[:, span] = np.array([[material.gloss], [material.sharpness], [material.glow]])
    place, way, tint, shine = (_unsorted(value, order, len(hits.part)) for value in (position, normal, color, looks))
    return Surface(place, way, tint, gloss=shine[0], sharpness=shine[1], glow=shine[2])


def _normals(parts: Parts, owner: NDArray[np.int16], local: Floats, face: NDArray[np.int8]) -> Floats:
    normal = np.empty_like(local)
    kind = parts.shape[owner]
    for shape in SOLIDS:
        chosen = np.nonzero(kind == shape)[0]
        if len(chosen):
            size = parts.size[:, owner[chosen]]
            normal[:, chosen] = SOLIDS[shape].normal(local[:, chosen], size, face[chosen])
    for part, pills in parts.pills.items():
        chosen = np.nonzero(owner == part)[0]
        if len(chosen):
            normal[:, chosen] = blend.normal(local[:, chosen], pills, float(parts.size[0, part]))
    return normal


def _unsorted(values: Floats, order: NDArray[np.intp], count: int) -> Floats:
    back = np.zeros((values.shape[0], count), dtype=np.float32)
    back[:, order] = values
    return back
