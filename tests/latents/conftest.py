"""Data, a task and a small ST-VAE to encode with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lavincli.cards.task import Task
from lavincli.media.images import write_image
from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import load_stvae
from lavincli.registry import task as find_task
from tests.small_tasks import picture


@pytest.fixture(scope="session")
def stvae(tiny_model_directory: Path) -> STVAE:
    return load_stvae(tiny_model_directory).eval()


def write_pictures(folder: Path, count: int, *, broken: tuple[int, ...] = ()) -> Path:
    for number in range(count):
        path = folder / f"{number:04d}.png"
        write_image(path, np.roll(picture(number % 7), number, axis=2))
        if number in broken:
            path.write_bytes(path.read_bytes()[:100])
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty pictures, of which number 4 and 13 are cut off."""
    return write_pictures(tmp_path / "pictures", 20, broken=(4, 13))


@pytest.fixture
def denoising() -> Task:
    return find_task("denoising")
