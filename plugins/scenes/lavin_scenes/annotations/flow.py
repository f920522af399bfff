"""Optical flow, from how the camera and the parts really move."""

from __future__ import annotations

import numpy as np

from lavin_scenes.camera import Camera
from lavin_scenes.parts import Parts
from lavin_scenes.render import Shot
from lavin_scenes.vectors import Floats


def forward_flow(shot: Shot, parts: Parts, camera: Camera) -> Floats:
    """``float32 [H, W, 2]``: how far right and down what a pixel shows moves until ``parts`` and ``camera``.

    It is given also where that place is then hidden or outside the picture; NaN where it is behind the camera.
    """
    size = shot.view.size
    part = np.maximum(shot.hits.part, 0)
    position = shot.position
    later = np.empty_like(position)
    for moved in np.unique(part):
        rays = np.nonzero(part == moved)[0]
        turned = parts.rotation[moved] @ shot.parts.rotation[moved].T
        offset = position[:, rays] - shot.parts.place[moved][:, None]
        later[:, rays] = turned @ offset + parts.place[moved][:, None]
    x, y, _ = camera.project(later, size)
    sky = shot.hits.part < 0
    if sky.any():
        x[sky], y[sky] = camera.project_directions(shot.view.directions[:, sky], size)
    flow = np.stack([x - shot.view.x, y - shot.view.y], axis=-1)
    return flow.reshape(size, size, 2)
