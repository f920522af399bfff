"""Pictures of scenes in a folder: for another annotation of a scene its rays needn't be cast again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lavin_scenes.cast import Hits
from lavin_scenes.render import Shot, take
from lavin_scenes.scene import Scene
from lavin_scenes.view import whole_view
from lavincli.atomic import atomic_path
from lavincli.errors import InputError

_FORMAT: Final = 1
"""Of the files, and of how scenes are drawn; a change makes others."""


def kept_file(folder: Path, drawn: Sequence[object], name: str) -> Path:
    """The file of a picture; ``drawn`` is what else decides how its scene looks, as JSON can say it."""
    about = json.dumps([_FORMAT, *drawn])
    return folder / hashlib.sha256(about.encode()).hexdigest()[:16] / f"{name}.npz"


def kept_shot(scene: Scene, time: float, size: int, path: Path) -> Shot:
    """`take`'s picture, from a file where it is there, and kept in one where it isn't.

    The file has what rays found out; the rest is the scene's. Several processes may do the same at once. Raises
    InputError for a file that can't be read.
    """
    if path.exists():
        return _read(scene, time, size, path)
    shot = take(scene, time, size)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            part=shot.hits.part,
            face=shot.hits.face,
            distance=shot.hits.distance,
            normal=shot.normal,
            rgb=shot.rgb,
        )
    return shot


def _read(scene: Scene, time: float, size: int, path: Path) -> Shot:
    try:
        # Opened here: of a damaged file NumPy would leave it open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            part, face, distance, normal, rgb = (arrays[n] for n in ("part", "face", "distance", "normal", "rgb"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a picture of a scene that was kept ({error}); remove it") from error
    camera, parts = scene.camera(time), scene.parts_at(time)
    view = whole_view(camera, size)
    met = part >= 0
    position = np.zeros_like(normal)
    position[:, met] = camera.place[:, None] + distance[met] * view.directions[:, met]
    return Shot(scene, time, camera, parts, view, Hits(part, face, distance), position, normal, rgb)
