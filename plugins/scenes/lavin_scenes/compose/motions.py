"""How things and cameras move. At time 0 everything is where the still shows it."""

from __future__ import annotations

import numpy as np

from lavin_scenes.camera import Camera, CameraPath, look_at
from lavin_scenes.models.model import Draw, Model
from lavin_scenes.things import Motion
from lavin_scenes.vectors import Pose, pose, turn, turn_about, vector

_GRAVITY = 9.81


def sliding(start: Pose, way: float, speed: float, turning: float = 0.0) -> Motion:
    """Along the ground in a direction (radians from x), turning about itself by so many radians a second."""

    def motion(time: float) -> Pose:
        step = vector([np.cos(way) * speed * time, np.sin(way) * speed * time, 0])
        return Pose(turn(2, turning * time) @ start.rotation, start.place + step)

    return motion


def rolling(start: Pose, way: float, speed: float, radius: float) -> Motion:
    """A ball that rolls along the ground; its model stands on z = 0, so that its middle is ``radius`` above."""
    axis = vector([-np.sin(way), np.cos(way), 0])
    middle = vector([0, 0, radius])

    def motion(time: float) -> Pose:
        turned = turn_about(axis, speed * time / radius)
        step = vector([np.cos(way) * speed * time, np.sin(way) * speed * time, 0])
        return Pose(turned @ start.rotation, start.place + step + middle - turned @ middle)

    return motion


def bouncing(start: Pose, way: float, speed: float, height: float, spring: float) -> Motion:
    """Thrown from the ground up to ``height``, each time coming back up to ``spring`` of the height before."""
    first = float(np.sqrt(2 * _GRAVITY * height))

    def motion(time: float) -> Pose:
        left, upwards = time, first
        while upwards > 0.15 and left > 2 * upwards / _GRAVITY:
            left -= 2 * upwards / _GRAVITY
            upwards *= float(np.sqrt(spring))
        lift = upwards * left - _GRAVITY * left * left / 2 if upwards > 0.15 else 0.0
        step = vector([np.cos(way) * speed * time, np.sin(way) * speed * time, max(lift, 0.0)])
        return Pose(start.rotation, start.place + step)

    return motion


def draw_motion(draw: Draw, model: Model, start: Pose, speed: float) -> Motion:
    """A motion that suits a model; ``speed`` is in metres a second."""
    way = draw.between(-np.pi, np.pi)
    speed *= draw.between(0.4, 1.2)
    if model.rolls and draw.chance(0.8):
        return rolling(start, way, speed, model.rolls)
    kind = draw.random.random()
    if kind < 0.35:
        forward = start.rotation @ vector([0, -1, 0])
        return sliding(start, float(np.arctan2(forward[1], forward[0])), speed)
    if kind < 0.55:
        return sliding(start, way, speed, draw.between(-3, 3))
    if kind < 0.75:
        return sliding(start, way, 0.0, draw.between(-4, 4))
    return bouncing(start, way, speed * 0.6, model.height * draw.between(0.3, 1.2), draw.between(0.3, 0.8))


def draw_camera_path(draw: Draw, camera: Camera, target_distance: float, *, resting: float) -> CameraPath:
    """The camera stays (``resting``: how often), pans, travels, or does both; now and then it is held by hand."""
    target = camera.place + camera.rotation[2] * target_distance
    roll = float(np.arctan2(camera.rotation[0, 2], camera.rotation[1, 2]))
    travel, pan, sway = vector([0, 0, 0]), vector([0, 0, 0]), 0.0
    if not draw.chance(resting):
        way = draw.random.normal(0, 1, 3) * (1, 0.8, 0.3)
        travel = vector(way / np.linalg.norm(way) * draw.between(0.03, 0.28) * target_distance)
        if draw.chance(0.6):
            pan = vector(draw.random.normal(0, 0.14, 3) * target_distance * (1, 0, 0.5))
        sway = draw.between(0, 0.008) * target_distance
    phase = draw.random.uniform(0, 2 * np.pi, 3)
    rate = draw.random.uniform(3, 7, 3)

    def path(time: float) -> Camera:
        shake = vector((np.sin(phase + rate * time) - np.sin(phase)) * sway)
        place = camera.place + travel * vector(time) + shake
        return look_at(place, target + pan * vector(time), focal=camera.focal, roll=roll)

    return path


def turned_to(place: tuple[float, float], target: tuple[float, float]) -> float:
    """The yaw at which something at a place looks at a target."""
    return float(np.arctan2(target[0] - place[0], place[1] - target[1]))


def on_ground(place: tuple[float, float], yaw: float) -> Pose:
    """A pose on the ground."""
    return pose((*place, 0), turn(2, yaw))
