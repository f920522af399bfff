"""The scene of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lavin_scenes.compose.places import living_room, outdoors, portrait, studio, tabletop
from lavin_scenes.materials.looks import Looks
from lavin_scenes.models.model import Draw
from lavin_scenes.scene import Scene
from lavincli.cards.framing import generator

Kind = Literal["any", "people", "single_box"]
"""What a scene must show: something; 1 to 4 people; just one object, not too large."""


def scene_of(seed: int, split: str, index: int, *, kind: Kind, textures: tuple[Path, ...]) -> Scene:
    """The scene, which depends on the arguments alone."""
    random = generator("scenes", seed, split, index, kind)
    draw = Draw(random, Looks(random, textures))
    if kind == "people":
        count = int(random.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15]))
        place = random.random()
        return (outdoors if place < 0.45 else living_room if place < 0.75 else portrait)(draw, count)
    place = random.random()
    people = int(random.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))
    if place < 0.25:
        return studio(draw)
    if place < 0.4:
        return tabletop(draw)
    return (living_room if place < 0.7 else outdoors)(draw, people)
