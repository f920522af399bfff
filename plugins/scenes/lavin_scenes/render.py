"""From a scene to a picture and everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.camera import Camera
from lavin_scenes.cast import Hits, first_hits
from lavin_scenes.parts import Parts
from lavin_scenes.scene import Scene
from lavin_scenes.shade import Arriving, arriving, arriving_between, develop, shade
from lavin_scenes.surface import Surface, surface_of
from lavin_scenes.vectors import Floats, vector
from lavin_scenes.view import View, partial_view, whole_view

_CREASE = 0.85
"""Cosine of the angle between neighbouring pixels' normals under which their border gets more rays."""
_CONTRAST = 0.12
"""The same for the difference of their brightness, 0..1."""
_OFFSETS: Final = vector([(-0.125, -0.375), (0.375, -0.125), (-0.375, 0.125), (0.125, 0.375)])
"""Places of the four rays in such a pixel: no two share a row or a column."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of a scene.

    Attributes:
        scene, time: what was taken when.
        camera, parts: where everything was.
        view, hits: the rays through the pixels' centres and what they met, row by row.
        position, normal: ``float32 [3, N]``, of the surface that they met, in the world; zeros where they met nothing.
        rgb: ``uint8 [H, W, 3]``.
    """

    scene: Scene
    time: float
    camera: Camera
    parts: Parts
    view: View
    hits: Hits
    position: Floats
    normal: Floats
    rgb: NDArray[np.uint8]


def take(scene: Scene, time: float, size: int) -> Shot:
    """The picture of a scene at a time in seconds, ``size`` x ``size`` pixels.

    One ray goes through each pixel's centre; what it meets is what is known of the pixel. Where neighbours differ, the
    colour is the mean of four more rays.
    """
    camera, parts = scene.camera(time), scene.parts_at(time)
    view = whole_view(camera, size)
    hits, surface = look(scene, parts, view)
    light = arriving(scene, parts, hits, surface, view)
    color = develop(shade(scene, hits, surface, view, light), scene.exposure)
    rough = _rough_pixels(hits, surface, color, size)
    color[:, rough] = _finer(scene, parts, camera, hits, light, rough, size)
    rgb = (color.T.reshape(size, size, 3) * 255 + 0.5).astype(np.uint8)
    return Shot(scene, time, camera, parts, view, hits, surface.position, surface.normal, rgb)


def look(scene: Scene, parts: Parts, view: View) -> tuple[Hits, Surface]:
    """What a view's rays meet."""
    hits = first_hits(parts, view.candidates(parts), view.camera.place, view.directions)
    return hits, surface_of(parts, scene.parts, hits, view)


def _finer(
    scene: Scene, parts: Parts, camera: Camera, hits: Hits, light: Arriving, rough: NDArray[np.intp], size: int
) -> Floats:
    """Colours ``[3, R]`` of pixels from several rays each."""
    pixel = np.tile(rough, len(_OFFSETS))
    row, column = np.divmod(pixel, size)
    right, down = np.repeat(_OFFSETS, len(rough), axis=0).T
    view = partial_view(camera, size, column + 0.5 + right, row + 0.5 + down)
    own, surface = look(scene, parts, view)
    reaching = arriving_between(scene, parts, own, surface, light, pixel, own.part == hits.part[pixel])
    color = develop(shade(scene, own, surface, view, reaching), scene.exposure)
    mean: Floats = color.reshape(3, len(_OFFSETS), -1).mean(axis=1)
    return mean


def _rough_pixels(hits: Hits, surface: Surface, color: Floats, size: int) -> NDArray[np.intp]:
    """The pixels beside another part, a crease, or the border of a shadow."""
    part, face = hits.part.reshape(size, size), hits.face.reshape(size, size)
    normal = surface.normal.reshape(3, size, size)
    gray = color.mean(axis=0).reshape(size, size)
    rough = np.zeros((size, size), dtype=np.bool_)
    for here, there in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        bent = (normal[:, *here] * normal[:, *there]).sum(axis=0) < _CREASE
        border = (part[here] != part[there]) | ((face[here] != face[there]) & bent)
        border |= np.abs(gray[here] - gray[there]) > _CONTRAST
        rough[here] |= border
        rough[there] |= border
    return np.nonzero(rough.ravel())[0]
