"""Depth and normals."""

from __future__ import annotations

import numpy as np

from lavin_scenes.render import Shot
from lavin_scenes.vectors import Floats, vector


def inverse_depth(shot: Shot) -> Floats:
    """``float32 [H, W]``: 1 / metres along the way the camera looks, 0 where there is nothing but sky."""
    along = shot.camera.rotation[2] @ shot.view.directions
    inverse: Floats = 1 / (shot.hits.distance * along)
    return inverse.reshape(shot.view.size, -1)


def camera_normals(shot: Shot) -> Floats:
    """``float32 [H, W, 3]`` in the camera's axes: left, up, towards it. NaN in the sky."""
    signs = vector([[-1], [1], [-1]])
    return _as_picture(shot, signs * (shot.camera.rotation @ shot.normal))


def world_normals(shot: Shot) -> Floats:
    """``float32 [H, W, 3]`` in the axes of `Scene`'s world. NaN in the sky."""
    return _as_picture(shot, shot.normal)


def _as_picture(shot: Shot, normal: Floats) -> Floats:
    normal = np.where(shot.hits.part >= 0, normal, np.float32(np.nan))
    return np.ascontiguousarray(normal.T).reshape(shot.view.size, shot.view.size, 3)
