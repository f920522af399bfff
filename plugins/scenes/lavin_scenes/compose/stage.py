"""The stage: where the camera looks, what already stands there, and where there is room left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lavin_scenes.camera import Camera, CameraPath
from lavin_scenes.models.model import Draw, Model
from lavin_scenes.things import Motion, Thing, still
from lavin_scenes.vectors import Floats, pose, turn, vector

TIMES = np.linspace(0, 2.2, 9)
"""Seconds at which moving things must not be inside others: longer than any clip of 25 frames at 12 a second."""
_TRIES = 14

Inside = Callable[[float, float, float], bool]
"""Whether a circle (x, y, radius) is where things may stand."""


class Stage:
    """Collects things that don't stand inside each other, where the camera sees them.

    The camera is above the origin and looks along y.

    Args:
        draw: makes the things.
        camera: at the beginning.
        inside: see `Inside`; by default anywhere.
    """

    def __init__(self, draw: Draw, camera: Camera, inside: Inside = lambda _x, _y, _radius: True) -> None:
        self.draw = draw
        self.camera = camera
        self.things: list[Thing] = []
        self._inside = inside
        self._circles: list[tuple[Floats, float]] = []

    def add(self, thing: Thing, radius: float = 0.0) -> None:
        """Put a thing where its motion says, and keep others ``radius`` away from it."""
        self.things.append(thing)
        if radius:
            self._circles.append((_path(thing.motion), radius))

    def is_free(self, motion: Motion, radius: float) -> bool:
        """Whether a thing could move like this without running into another, the camera, or a wall."""
        path = _path(motion)
        if np.hypot(path[:, 0], path[:, 1]).min() < radius + 0.35:
            return False
        if not all(self._inside(float(x), float(y), radius) for x, y in path[::4]):
            return False
        return self.is_free_of_things(motion, radius)

    def is_free_of_things(self, motion: Motion, radius: float) -> bool:
        """The same, but for walls and the camera."""
        path = _path(motion)
        return all(np.hypot(*(path - other).T).min() > radius + other_radius for other, other_radius in self._circles)

    def spot(self, radius: float, near: float, far: float, *, spread: float = 0.8) -> tuple[float, float] | None:
        """A free place on the ground (x, y) in view, between two distances; None if none was found.

        Args:
            radius: of the circle that must be free.
            near: metres.
            far: metres.
            spread: how far from the middle of the picture, 1 = up to its sides.
        """
        half = 0.5 / self.camera.focal
        for _ in range(_TRIES):
            distance = self.draw.between(near**0.5, far**0.5) ** 2
            across = self.draw.between(-spread, spread) * half * distance
            if self.is_free(still(pose((across, distance, 0))), radius):
                return across, distance
        return None

    def stand(
        self, model: Model, near: float, far: float, *, yaw: float | None = None, spread: float = 0.8
    ) -> Thing | None:
        """Put a model somewhere in view on the ground, turned by ``yaw`` or any angle; None if there is no room."""
        radius = model.radius
        place = self.spot(radius, near, far, spread=spread)
        if place is None:
            return None
        angle = self.draw.between(-np.pi, np.pi) if yaw is None else yaw
        thing = model.placed(still(pose((*place, 0), turn(2, angle))))
        self.add(thing, radius)
        return thing

    @property
    def moving(self) -> int:
        """How many things move."""
        return sum(
            not np.array_equal(before, after)
            for thing in self.things
            for before, after in [(thing.poses(0.0)[1], thing.poses(0.5)[1])]
        )

    def is_way_clear(self, path: CameraPath) -> bool:
        """Whether a moving camera keeps out of things that it isn't above from the beginning."""
        way = vector([path(float(time)).place[:2] for time in TIMES])
        return all(
            bool((gap > radius + 0.1).all()) or bool(gap[0] <= radius + 0.1)
            for circle, radius in self._circles
            for gap in [np.hypot(*(way - circle).T)]
        )

    def set_on(self, support: Model, thing: Thing, models: list[Model]) -> None:
        """Put models on the flat top of a thing made from ``support``, next to each other."""
        if support.top is None:
            return
        half_x, half_y, height = support.top
        base = thing.motion(0)
        taken: list[tuple[float, float, float]] = []
        for model in models:
            radius = model.radius
            for _ in range(_TRIES):
                x, y = self.draw.between(-half_x, half_x), self.draw.between(-half_y, half_y)
                if all(np.hypot(x - a, y - b) > radius + r for a, b, r in taken):
                    taken.append((x, y, radius))
                    local = pose((x, y, height), turn(2, self.draw.between(-np.pi, np.pi)))
                    self.add(model.placed(still(local.then(base))))
                    break


def _path(motion: Motion) -> Floats:
    return vector([motion(float(time)).place[:2] for time in TIMES])
