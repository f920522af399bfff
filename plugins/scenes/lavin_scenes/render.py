"""From a scene to a picture and everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.camera import Camera
from lavin_scenes.cast import Hits, first_hits
from lavin_scenes.parts import Parts
from lavin_scenes.scene import Scene
from lavin_scenes.shade import develop, shade
from lavin_scenes.surface import Surface, surface_of
from lavin_scenes.vectors import Floats
from lavin_scenes.view import View, partial_view, whole_view

_CREASE = 0.85
"""Cosine of the angle between neighbouring pixels' normals under which their border gets more rays."""
_OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (-0.375, 0.125), (0.125, 0.375))
"""Places of the four rays in such a pixel: no two share a row or a column."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of a scene.

    Attributes:
        scene, time: what was taken when.
        camera, parts: where everything was.
        view, hits, surface: the rays through the pixels' centres and what they met, row by row.
        rgb: ``uint8 [H, W, 3]``.
    """

    scene: Scene
    time: float
    camera: Camera
    parts: Parts
    view: View
    hits: Hits
    surface: Surface
    rgb: NDArray[np.uint8]


def take(scene: Scene, time: float, size: int) -> Shot:
    """The picture of a scene at a time in seconds, ``size`` x ``size`` pixels."""
    camera, parts = scene.camera(time), scene.parts_at(time)
    view = whole_view(camera, size)
    hits, surface, color = _look(scene, parts, view)
    rough = _needs_more_rays(hits, surface, color, size)
    row, column = np.divmod(rough, size)
    shape = (len(_OFFSETS), 1)
    right, down = (np.array([offset[axis] for offset in _OFFSETS], np.float32).reshape(shape) for axis in (0, 1))
    finer = partial_view(camera, size, (column + 0.5 + right).ravel(), (row + 0.5 + down).ravel())
    color[:, rough] = _look(scene, parts, finer)[2].reshape(3, len(_OFFSETS), -1).mean(axis=1)
    rgb = (color.T.reshape(size, size, 3) * 255 + 0.5).astype(np.uint8)
    return Shot(scene, time, camera, parts, view, hits, surface, rgb)


def _look(scene: Scene, parts: Parts, view: View) -> tuple[Hits, Surface, Floats]:
    hits = first_hits(parts, view.candidates(parts), view.camera.place, view.directions)
    surface = surface_of(parts, scene.parts, hits, view)
    return hits, surface, develop(shade(scene, parts, hits, surface, view), scene.exposure)


def _needs_more_rays(hits: Hits, surface: Surface, color: Floats, size: int) -> NDArray[np.intp]:
    """The pixels beside another part, a crease, or the border of a shadow."""
    part = hits.part.reshape(size, size)
    face = hits.face.reshape(size, size)
    normal = surface.normal.reshape(3, size, size)
    gray = color.mean(axis=0).reshape(size, size)
    rough = np.zeros((size, size), dtype=np.bool_)
    for here, there in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        bent = (normal[:, *_tuple(here)] * normal[:, *_tuple(there)]).sum(axis=0) < _CREASE
        border = (part[here] != part[there]) | ((face[here] != face[there]) & bent)
        border |= np.abs(gray[here] - gray[there]) > 0.08
        rough[here] |= border
        rough[there] |= border
    return np.nonzero(rough.ravel())[0]


def _tuple(index: slice | tuple[slice, ...]) -> tuple[slice, ...]:
    return index if isinstance(index, tuple) else (index,)
