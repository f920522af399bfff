"""Names of the files that codecs write, and arrays written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lavincli.atomic import atomic_path


def with_added_suffix(path_without_suffix: Path, suffix: str) -> Path:
    """``<path><suffix>``; dots that the name holds already stay."""
    return path_without_suffix.with_name(path_without_suffix.name + suffix)


def frame_paths(path_without_suffix: Path, suffix: str, frames: int | None) -> list[Path]:
    """``<path><suffix>`` for a still (``frames`` None), else ``<path>/00000<suffix>`` and so on."""
    if frames is None:
        return [with_added_suffix(path_without_suffix, suffix)]
    return [path_without_suffix / f"{index:05d}{suffix}" for index in range(frames)]


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an ``.npy`` file atomically; missing parent folders are made."""
    with atomic_path(path) as temporary:
        np.save(temporary, array, allow_pickle=False)
