"""The kinds of places: a studio, a table, a room, outdoors. Each makes a whole scene."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lavin_scenes.camera import Camera, look_at
from lavin_scenes.compose.crowd import add_people
from lavin_scenes.compose.lighting import Lighting, daylight, indoor_light, studio_light
from lavin_scenes.compose.motions import draw_camera_path, draw_motion, on_ground
from lavin_scenes.compose.room import decorate, draw_room, lamp_shades, walls
from lavin_scenes.compose.stage import Stage
from lavin_scenes.materials.material import Material
from lavin_scenes.models import furniture
from lavin_scenes.models.catalogue import ALONG_WALLS, FAR, FURNITURE, KITCHEN, OUTDOORS, SOLIDS, TOYS, Maker, one_of
from lavin_scenes.models.model import Draw
from lavin_scenes.parts import Part
from lavin_scenes.scene import Scene
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Thing, still
from lavin_scenes.vectors import Pose, pose, turn


def studio(draw: Draw) -> Scene:
    """A few small things on a floor before a plain backdrop."""
    distance = draw.between(0.9, 2.2)
    camera = _camera(draw, distance, np.radians(draw.between(8, 55)), draw.between(0.0, 0.12), draw.between(0.9, 1.7))
    stage = Stage(draw, camera)
    stage.add(_ground(draw.looks.floor()))
    _scatter(stage, SOLIDS + TOYS + KITCHEN if draw.chance(0.7) else SOLIDS, draw.count(2, 7), distance, moving=0.6)
    return _finish(stage, studio_light(draw) if draw.chance(0.7) else daylight(draw), distance)


def tabletop(draw: Draw) -> Scene:
    """Things on a table in a room."""
    room = draw_room(draw)
    distance = draw.between(0.9, 1.5)
    model = furniture.table(draw)
    height = (model.top or (0, 0, 0.7))[2]
    camera = _camera(draw, distance, np.radians(draw.between(12, 45)), height + 0.08, draw.between(0.95, 1.5))
    stage = Stage(draw, camera, room.holds)
    for thing in [*walls(draw, room), *decorate(draw, room)]:
        stage.add(thing)
    table = model.placed(still(on_ground((draw.between(-0.15, 0.15), distance), draw.between(-0.5, 0.5))))
    stage.add(table, model.radius)
    stage.set_on(model, table, [one_of(draw, KITCHEN + SOLIDS + TOYS) for _ in range(draw.count(3, 7))])
    for _ in range(draw.count(0, 3)):
        stage.stand(one_of(draw, ALONG_WALLS), distance + 1.2, distance + 3.0)
    lamps = room.lamps(draw, draw.count(1, 2))
    return _finish(stage, indoor_light(draw, lamps), distance)


def living_room(draw: Draw, people: int) -> Scene:
    """A furnished room."""
    room = draw_room(draw)
    depth = 2 * min(room.half)
    eye = draw.between(0.9, 1.9)
    camera = look_at(
        (0, 0, eye), (0, depth * 0.6, draw.between(0.4, 1.1)), focal=draw.between(0.6, 1.0), roll=_roll(draw)
    )
    stage = Stage(draw, camera, room.holds)
    for thing in [*walls(draw, room), *decorate(draw, room)]:
        stage.add(thing)
    if people:
        add_people(stage, people, 1.6, depth * 0.9)
    for wall in (0, 1, 3, 0):
        _furnish(stage, room.on_wall, wall, room.half[wall % 2], draw)
    for _ in range(draw.count(1, 3) if not people else draw.count(0, 1)):
        model = one_of(draw, FURNITURE)
        standing = stage.stand(model, 1.4, depth)
        if standing is not None and draw.chance(0.7):
            stage.set_on(model, standing, [one_of(draw, KITCHEN) for _ in range(draw.count(1, 3))])
    _scatter(stage, TOYS + SOLIDS, draw.count(0, 2), depth * 0.5, moving=0.6)
    lamps = room.lamps(draw, draw.count(1, 2))
    for thing in lamp_shades(lamps, draw) if draw.chance(0.5) else []:
        stage.add(thing)
    return _finish(stage, indoor_light(draw, lamps), depth * 0.6)


def outdoors(draw: Draw, people: int) -> Scene:
    """A street, a park, a field."""
    distance = draw.between(3.0, 8.0)
    pitch = np.radians(draw.between(0, 14) if draw.chance(0.75) else draw.between(14, 40))
    target = draw.between(0.5, 1.1)
    camera = _camera(draw, distance, pitch, target, draw.between(0.7, 1.4))
    stage = Stage(draw, camera)
    stage.add(_ground(draw.looks.ground()))
    _background(stage)
    if people:
        add_people(stage, people, max(2.0, distance * 0.55), distance * 1.5)
    _scatter(stage, OUTDOORS, draw.count(1, 5) if not people else draw.count(0, 3), distance, moving=0.5)
    return _finish(stage, daylight(draw), distance)


def portrait(draw: Draw, people: int) -> Scene:
    """People nearby, indoors or out, often cut off by the edge of the picture."""
    distance = draw.between(1.3, 2.6)
    height = draw.between(0.9, 1.5)
    camera = _camera(draw, distance, np.radians(draw.between(-4, 18)), height, draw.between(0.75, 1.2))
    outside = draw.chance(0.5)
    room = draw_room(draw)
    stage = Stage(draw, camera) if outside else Stage(draw, camera, room.holds)
    if outside:
        stage.add(_ground(draw.looks.ground()))
        _background(stage)
    else:
        for thing in [*walls(draw, room), *decorate(draw, room)]:
            stage.add(thing)
    add_people(stage, people, distance * 0.9, distance * 1.6)
    if outside:
        return _finish(stage, daylight(draw), distance)
    for _ in range(draw.count(0, 2)):
        stage.stand(one_of(draw, FURNITURE), distance, distance + 2)
    return _finish(stage, indoor_light(draw, room.lamps(draw, 2)), distance)


def _camera(draw: Draw, distance: float, pitch: float, target_height: float, focal: float) -> Camera:
    """Above the origin, looking down by ``pitch`` at a place at a height and a distance along the ground."""
    eye = target_height + distance * np.tan(pitch)
    return look_at((0, 0, max(eye, 0.12)), (0, distance, target_height), focal=focal, roll=_roll(draw))


def _roll(draw: Draw) -> float:
    return float(np.clip(draw.random.normal(0, 0.02), -0.06, 0.06))


def _ground(look: Material) -> Thing:
    return Thing("ground", [Part(Shape.PLANE, (), look, shadow=False)], countable=False)


def _scatter(stage: Stage, makers: tuple[Maker, ...], count: int, distance: float, *, moving: float) -> None:
    """Stand things around a distance; a share of them moves when time passes."""
    draw = stage.draw
    for _ in range(count):
        model = one_of(draw, makers)
        radius = model.radius
        place = stage.spot(radius, distance * 0.6 + radius, distance * 1.7 + radius)
        if place is None:
            continue
        start = on_ground(place, draw.between(-np.pi, np.pi))
        motion = draw_motion(draw, model, start, distance * 0.6) if draw.chance(moving) else still(start)
        if not stage.is_free(motion, radius * 0.8):
            motion = still(start)
        stage.add(model.placed(motion), radius)


def _furnish(stage: Stage, on_wall: Callable[..., Pose], wall: int, half: float, draw: Draw) -> None:
    model = one_of(draw, ALONG_WALLS)
    _, high = model.bounds
    for _ in range(5):
        along = draw.between(-half + float(high[0]) + 0.05, half - float(high[0]) - 0.05)
        where = on_wall(wall, along, 0.0, float(high[1]) + 0.03)
        # The circle around furniture along walls reaches into the wall, so only others are asked.
        if stage.is_free_of_things(still(where), float(min(high[0], high[1])) + 0.15):
            thing = model.placed(still(where))
            stage.add(thing, model.radius * 0.85)
            if draw.chance(0.5):
                stage.set_on(model, thing, [one_of(draw, KITCHEN) for _ in range(draw.count(1, 2))])
            return


def _background(stage: Stage) -> None:
    """Hills, houses and trees far away."""
    draw = stage.draw
    if draw.chance(0.6):
        slope = draw.looks.slope()
        for _ in range(draw.count(2, 5)):
            far, side = draw.between(60, 140), draw.between(-60, 60)
            radii = (draw.between(20, 50), draw.between(15, 30), draw.between(6, 26))
            hill = Part(Shape.ELLIPSOID, radii, slope, pose((side, far, -2)), shadow=False)
            stage.add(Thing("hill", [hill], countable=False))
    for _ in range(draw.count(0, 7)):
        model = one_of(draw, FAR)
        far = draw.between(9, 28) if model.category != "house" else draw.between(14, 35)
        across = draw.between(-0.6, 0.6) * far / stage.camera.focal
        where = pose((across, far, 0), turn(2, draw.between(-0.7, 0.7)))
        if stage.is_free(still(where), model.radius):
            stage.add(model.placed(still(where)), model.radius)


def _finish(stage: Stage, lighting: Lighting, distance: float) -> Scene:
    # Something moves in every scene.
    resting = 0.35 if stage.moving > 1 else 0.0
    path = draw_camera_path(stage.draw, stage.camera, distance, resting=resting)
    for _ in range(3):
        if stage.is_way_clear(path):
            break
        path = draw_camera_path(stage.draw, stage.camera, distance, resting=0.0)
    return Scene(stage.things, path, lighting.lights, lighting.sky, lighting.exposure)
