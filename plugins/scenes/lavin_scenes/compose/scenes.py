"""The scene of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lavin_scenes.compose.simple import simple_scene
from lavin_scenes.scene import Scene
from lavincli.cards.framing import generator

Kind = Literal["any", "people", "single_box"]
"""What a scene must show: something; 1 to 4 people; just one object, not too large."""


def scene_of(seed: int, split: str, index: int, *, kind: Kind, textures: tuple[Path, ...]) -> Scene:
    """The scene, which depends on the arguments alone."""
    random = generator("scenes", seed, split, index, kind)
    del textures
    return simple_scene(random, people=kind == "people")
