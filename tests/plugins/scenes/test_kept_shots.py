"""Pictures that are kept: the same samples from them, each taken once, and a clear word about damaged files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from lavin_scenes.loader import scenes
from lavin_scenes.samples import CLIP_ONLY, STILL_ONLY, Annotation

from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.natives import Boxes, People

SIZE = 40


def _arrays(sample: Sample) -> list[Any]:
    target = sample.target
    if isinstance(target, People):
        return [sample.input, target.joints, target.boxes.xywh]
    return [sample.input, target.xywh if isinstance(target, Boxes) else target]


_STILLS = [(annotation, 1) for annotation in get_args(Annotation) if annotation not in CLIP_ONLY]
_CLIPS = [(annotation, 3) for annotation in get_args(Annotation) if annotation not in STILL_ONLY]


@pytest.mark.parametrize(("annotation", "frames"), _STILLS + _CLIPS)
def test_samples_are_the_same_with_and_without(annotation: Annotation, frames: int, tmp_path: Path) -> None:
    plain = scenes(None, "train", annotation=annotation, size=SIZE, frames=frames)[3]
    for _ in ("taken and kept", "read"):
        kept = scenes(None, "train", annotation=annotation, size=SIZE, frames=frames, kept=tmp_path)[3]
        for one, other in zip(_arrays(plain), _arrays(kept), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_picture_is_taken_once_for_all_annotations(tmp_path: Path) -> None:
    _ = scenes(None, "train", annotation="depth", size=SIZE, kept=tmp_path)[3]
    (file,) = tmp_path.rglob("*.npz")
    taken = file.stat().st_mtime_ns
    _ = scenes(None, "train", annotation="segments", size=SIZE, frames=2, kept=str(tmp_path))[3]
    assert file.stat().st_mtime_ns == taken
    assert len(list(tmp_path.rglob("*.npz"))) == 2
    # Another size, seed and split have pictures of their own, and other scenes are other files.
    _ = scenes(None, "train", annotation="depth", size=SIZE + 8, kept=tmp_path)[3]
    _ = scenes(None, "train", annotation="depth", size=SIZE, seed=1, kept=tmp_path)[3]
    _ = scenes(None, "test", annotation="depth", size=SIZE, kept=tmp_path)[3]
    _ = scenes(None, "train", annotation="people", size=SIZE, kept=tmp_path)[3]
    assert len(list(tmp_path.rglob("*.npz"))) == 6


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    _ = scenes(None, "train", size=SIZE, kept=tmp_path)[3]
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(InputError, match=f"{file.name}.*remove it"):
        _ = scenes(None, "train", size=SIZE, kept=tmp_path)[3]
