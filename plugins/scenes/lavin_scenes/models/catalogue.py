"""All kinds of things, by where they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lavin_scenes.models import animals, furniture, kitchen, nature, solids, street, toys, vehicles
from lavin_scenes.models.model import Draw, Model

Maker = Callable[[Draw], Model]

SOLIDS: Final[tuple[Maker, ...]] = (
    *(solids.sphere, solids.block, solids.cylinder, solids.cone, solids.wedge),
    *(solids.hoop, solids.capsule, solids.lump, solids.stack),
)
"""A hand to a forearm large."""
TOYS: Final[tuple[Maker, ...]] = (
    *(toys.bear, toys.duck, toys.snowman, toys.robot, toys.toy_car, toys.spinning_top, nature.mushroom),
)
"""A forearm large."""
KITCHEN: Final[tuple[Maker, ...]] = (
    *(kitchen.bottle, kitchen.cup, kitchen.vase, kitchen.bowl, kitchen.fruit, kitchen.books),
    *(kitchen.table_lamp, kitchen.carton, furniture.screen),
)
"""What stands on tables."""
FURNITURE: Final[tuple[Maker, ...]] = (furniture.chair, furniture.chair, furniture.table, furniture.plant)
"""What stands in the middle of rooms."""
ALONG_WALLS: Final[tuple[Maker, ...]] = (
    *(furniture.sofa, furniture.bed, furniture.shelf, furniture.cabinet, furniture.cabinet),
    *(furniture.floor_lamp, furniture.plant, furniture.table, furniture.chair),
)
"""What stands with its back to a wall."""
OUTDOORS: Final[tuple[Maker, ...]] = (
    *(street.car, street.car, vehicles.bus, vehicles.bicycle, vehicles.motorbike, vehicles.boat, vehicles.aeroplane),
    *(street.bench, street.sign, street.hydrant, street.bin_, street.traffic_cone, street.fence),
    *(street.lamp_post, nature.bush, nature.rock, nature.tree, animals.bird),
    *(animals.animal,) * 6,
)
"""What stands near the camera in streets and parks."""
FAR: Final[tuple[Maker, ...]] = (street.house, nature.tree, nature.tree, nature.conifer, nature.conifer)
"""What stands behind it."""


def one_of(draw: Draw, makers: tuple[Maker, ...]) -> Model:
    """A thing of one of the kinds."""
    return makers[draw.count(0, len(makers) - 1)](draw)
