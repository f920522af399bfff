"""Rooms: floor, walls and ceiling, with what hangs on the walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain
from lavin_scenes.models.model import Draw, Model, ball, box
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Thing, still
from lavin_scenes.vectors import Floats, Pose, pose, turn, vector


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A rectangular room, seen by a camera at the origin that looks along y.

    Attributes:
        half: half its length along its own x and y.
        height: of the ceiling.
        pose: where the middle of its floor is, in the world.
    """

    half: tuple[float, float]
    height: float
    pose: Pose

    def holds(self, x: float, y: float, radius: float) -> bool:
        """Whether a circle on the floor lies in the room."""
        own = self.pose.rotation.T @ (vector([x, y, 0]) - self.pose.place)
        return abs(float(own[0])) < self.half[0] - radius and abs(float(own[1])) < self.half[1] - radius

    def to_wall(self, wall: int) -> float:
        """Distance of a wall (0 .. 3, a quarter turn apart, the first on the +y side) from the middle."""
        return self.half[1 - wall % 2]

    def on_wall(self, wall: int, along: float, height: float, away: float = 0.0) -> Pose:
        """The pose of a model with its back to a wall, ``along`` metres to the side of its middle."""
        quarter = turn(2, wall * np.pi / 2)
        local = Pose(quarter, quarter @ vector([along, self.to_wall(wall) - away, height]))
        return local.then(self.pose)

    def lamps(self, draw: Draw, count: int) -> list[Floats]:
        """Places under the ceiling."""
        return [
            self.pose.rotation
            @ vector([draw.between(-0.6, 0.6) * half for half in self.half] + [self.height - draw.between(0.15, 0.6)])
            + self.pose.place
            for _ in range(count)
        ]


def draw_room(draw: Draw) -> Room:
    """A room with the camera near one of its sides or corners."""
    half = (draw.between(1.5, 3.6), draw.between(1.6, 3.8))
    eye = np.array([draw.between(-0.8, 0.8) * half[0], -half[1] + draw.between(0.15, 0.6)])
    aim = np.array([draw.between(-0.5, 0.5) * half[0], draw.between(-0.1, 0.7) * half[1]])
    heading = float(np.arctan2(aim[1] - eye[1], aim[0] - eye[0]))
    rotation = turn(2, np.pi / 2 - heading)
    place = -rotation @ vector([eye[0], eye[1], 0])
    return Room(half, draw.between(2.3, 3.1), pose(place, rotation))


def walls(draw: Draw, room: Room) -> list[Thing]:
    """Floor, ceiling, walls and skirting boards."""
    things = [
        _plane("floor", draw.looks.floor(), room.pose),
        _plane("ceiling", draw.looks.paint(palette.wall(draw.random)), _hanging(room)),
    ]
    look = draw.looks.wall()
    skirting = draw.looks.paint(palette.wall(draw.random)) if draw.chance(0.7) else None
    for wall in range(4):
        own = draw.looks.wall() if draw.chance(0.2) else look
        facing = room.on_wall(wall, 0, 0)
        # A plane's z is its normal, which points into the room; its y stays upright, so that bricks lie.
        upright = Pose(facing.rotation @ turn(0, np.pi / 2), facing.place)
        parts = [Part(Shape.PLANE, (), own, upright, shadow=False)]
        if skirting is not None:
            length = room.half[wall % 2]
            board = Pose(facing.rotation, facing.place + vector([0, 0, 0.05]))
            parts.append(Part(Shape.BOX, (length, 0.015, 0.05), skirting, board, shadow=False))
        things.append(Thing("wall", parts, countable=False))
    return things


def _plane(name: str, look: Material, where: Pose) -> Thing:
    return Thing(name, [Part(Shape.PLANE, (), look, where, shadow=False)], countable=False)


def _hanging(room: Room) -> Pose:
    return pose(room.pose.place + vector([0, 0, room.height]), room.pose.rotation @ turn(0, np.pi))


def decorate(draw: Draw, room: Room) -> list[Thing]:
    """Pictures, windows, a door and lamps; on the ground a rug."""
    things = []
    for wall in range(3):
        wall_number = (0, 1, 3)[wall]
        reach = room.half[wall_number % 2] - 0.6
        kind = draw.random.random()
        if kind < 0.25:
            model, height = _window(draw), 0.9
        elif kind < 0.4:
            model, height = _door(draw), 0.0
        elif kind < 0.8:
            model, height = _painting(draw), draw.between(1.2, 1.5)
        else:
            continue
        place = room.on_wall(wall_number, draw.between(-reach, reach), height)
        things.append(Thing(model.category, model.parts, still(place), countable=model.category != "door"))
    if draw.chance(0.4):
        half = (draw.between(0.5, 1.2), draw.between(0.4, 0.9), 0.006)
        rug = Part(Shape.BOX, half, draw.looks.cloth(1.2), pose((0, 0, 0.006)))
        middle = pose((draw.between(-0.3, 0.3), draw.between(-0.3, 0.5), 0)).then(room.pose)
        things.append(Thing("rug", [rug], still(middle), countable=False))
    return things


def lamp_shades(lamps: list[Floats], draw: Draw) -> list[Thing]:
    """Glowing balls around lamps; they cast no shadow, since the light is inside."""
    glow = Material(Plain(palette.linear(1.0, 0.95, 0.85)), glow=2.5)
    parts = [ball(glow, draw.between(0.08, 0.16), place) for place in lamps]
    hidden = [Part(part.shape, part.size, part.material, part.pose, shadow=False) for part in parts]
    return [Thing("lamp", [part]) for part in hidden]


def _painting(draw: Draw) -> Model:
    half = (draw.between(0.2, 0.6), draw.between(0.2, 0.45))
    frame, border = draw.looks.wood(0), draw.between(0.02, 0.05)
    parts = [
        box(frame, (half[0] + border, 0.02, half[1] + border), (0, -0.02, half[1])),
        box(draw.looks.picture(min(half) * 2), (half[0], 0.005, half[1]), (0, -0.042, half[1])),
    ]
    return Model("picture", parts)


def _window(draw: Draw) -> Model:
    half = (draw.between(0.35, 0.7), draw.between(0.45, 0.65))
    frame = draw.looks.paint(palette.wall(draw.random))
    sky = palette.linear(draw.between(0.6, 0.9), draw.between(0.75, 0.95), 0.97)
    light = Material(Plain(sky), gloss=0.5, sharpness=80, glow=draw.between(0.3, 1.6))
    parts = [
        box(frame, (half[0] + 0.06, 0.02, half[1] + 0.06), (0, -0.02, half[1])),
        box(light, (half[0], 0.005, half[1]), (0, -0.038, half[1])),
        box(frame, (0.02, 0.015, half[1]), (0, -0.04, half[1])),
        box(frame, (half[0], 0.015, 0.02), (0, -0.04, half[1])),
        box(frame, (half[0] + 0.1, 0.08, 0.02), (0, -0.06, -0.06)),
    ]
    return Model("window", parts)


def _door(draw: Draw) -> Model:
    look, frame = draw.looks.wood(), draw.looks.paint(palette.wall(draw.random))
    parts = [
        box(frame, (0.5, 0.02, 1.05), (0, -0.02, 1.05)),
        box(look, (0.42, 0.025, 1.0), (0, -0.025, 1.0)),
        ball(draw.looks.metal(), 0.035, (0.35, -0.08, 1.0)),
    ]
    return Model("door", parts)
