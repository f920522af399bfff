"""The loader: what it hands out, on what it depends, and what it refuses."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from lavin_scenes.loader import scenes
from lavin_scenes.materials.pictures import Picture
from lavin_scenes.samples import CLIP_ONLY, STILL_ONLY, Annotation
from lavin_scenes.vectors import vector

from lavincli.errors import InputError
from lavincli.media.images import write_image
from lavincli.natives import Boxes, People
from lavincli.registry import registry

SIZE = 40

STILLS: dict[str, tuple[tuple[int, ...], type]] = {
    "depth": ((SIZE, SIZE), np.float32),
    "normals": ((SIZE, SIZE, 3), np.float32),
    "segments": ((SIZE, SIZE), np.int32),
    "instances": ((SIZE, SIZE), np.int32),
    "flow": ((SIZE, SIZE, 2), np.float32),
    "edges": ((SIZE, SIZE), np.float32),
    "foreground": ((SIZE, SIZE), np.bool_),
    "clip": ((1, SIZE, SIZE, 3), np.uint8),
}


def _content(sample: Any) -> bytes:
    target = sample.target
    if isinstance(target, People):
        target = np.concatenate([target.joints.ravel(), target.boxes.xywh.ravel()])
    elif isinstance(target, Boxes):
        target = target.xywh
    content: bytes = (b"" if sample.input is None else sample.input.tobytes()) + target.tobytes()
    return content


def test_the_plugin_registers_the_loader() -> None:
    assert registry().block("loaders", "scenes") is scenes


def test_defaults() -> None:
    train, test = scenes(None, "train"), scenes(None, "test")
    assert (len(train), len(test)) == (100_000, 64)
    assert test[63].input.shape == (1, 256, 256, 3)
    assert test[5].key == "test/000005"
    with pytest.raises(IndexError):
        test[64]


@pytest.mark.parametrize("annotation", STILLS)
def test_stills(annotation: Annotation) -> None:
    sample = scenes(None, "test", annotation=annotation, size=SIZE)[1]
    shape, dtype = STILLS[annotation]
    assert sample.target.shape == shape
    assert sample.target.dtype == dtype
    if annotation == "clip":
        assert sample.input is None
    else:
        assert sample.input.shape == (2 if annotation == "flow" else 1, SIZE, SIZE, 3)
        assert sample.input.dtype == np.uint8


@pytest.mark.parametrize("annotation", [name for name in STILLS if name not in STILL_ONLY])
def test_clips(annotation: Annotation) -> None:
    sample = scenes(None, "test", annotation=annotation, size=SIZE, frames=3)[1]
    shape, dtype = STILLS[annotation]
    assert sample.target.shape == ((3, *shape) if annotation != "clip" else (3, *shape[1:]))
    assert sample.target.dtype == dtype


def test_objects() -> None:
    for index in range(3):
        boxes = scenes(None, "test", annotation="boxes", size=SIZE)[index]
        assert isinstance(boxes.target, Boxes)
        assert len(boxes.target) == len(boxes.meta["categories"]) >= 1
        people = scenes(None, "test", annotation="people", size=SIZE)[index]
        assert isinstance(people.target, People)
        assert 1 <= len(people.target) <= 4


def test_all_annotations_of_an_index_show_one_scene() -> None:
    names: list[Annotation] = ["depth", "normals", "segments", "instances", "boxes", "edges", "foreground"]
    shown = {scenes(None, "train", annotation=name, size=SIZE)[7].input.tobytes() for name in names}
    assert len(shown) == 1
    flow = scenes(None, "train", annotation="flow", size=SIZE)[7]
    assert flow.input[0].tobytes() in shown


def test_normal_axes() -> None:
    camera = scenes(None, "test", annotation="normals", size=SIZE)[4].target
    world = scenes(None, "test", annotation="normals", size=SIZE, normal_axes="world")[4].target
    clip = scenes(None, "test", annotation="normals", size=SIZE, frames=2)[4].target
    np.testing.assert_array_equal(clip[0], world)
    known = np.isfinite(camera).all(axis=-1)
    floor = known & (world[..., 2] > 0.99)
    assert floor.any()
    # A floor looks up in both; only the camera's axes tilt with it.
    assert (camera[floor][:, 1] > 0.5).mean() > 0.9 or camera[floor][:, 2].mean() > 0.5
    np.testing.assert_allclose(np.linalg.norm(camera[known], axis=-1), 1, atol=1e-4)


def test_samples_depend_on_index_split_and_seed_alone() -> None:
    data = scenes(None, "train", size=SIZE)
    forwards = [_content(data[index]) for index in (0, 1, 2)]
    backwards = [_content(pickle.loads(pickle.dumps(data))[index]) for index in (2, 1, 0)]  # noqa: S301  our own
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 3
    assert _content(scenes(None, "train", size=SIZE, length=2)[1]) == forwards[1]
    assert _content(scenes(None, "test", size=SIZE)[1]) != forwards[1]
    assert _content(scenes(None, "train", size=SIZE, seed=1)[1]) != forwards[1]


def test_another_process_makes_the_same_samples() -> None:
    program = (
        "import hashlib; from lavin_scenes.loader import scenes\n"
        "for name in ('depth', 'segments'):\n"
        "    sample = scenes(None, 'test', annotation=name, size=40)[9]\n"
        "    print(hashlib.sha256(sample.input.tobytes() + sample.target.tobytes()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    there = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    names: list[Annotation] = ["depth", "segments"]
    here = [hashlib.sha256(_content(scenes(None, "test", annotation=name, size=40)[9])).hexdigest() for name in names]
    assert there == here


def test_splits_share_no_scene() -> None:
    """Scenes of both splits, made small, are all different."""
    pictures = [
        scenes(None, split, annotation="clip", size=16)[index].target.astype(np.float32).ravel()
        for split in ("train", "test")
        for index in range(8)
    ]
    nearest = min(
        float(np.abs(first - second).mean()) for place, first in enumerate(pictures) for second in pictures[:place]
    )
    assert nearest > 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"annotation": "depht"}, "annotation is one of depth, normals"),
        ({"size": 8}, "size at least 16"),
        ({"frames": 0}, "length and frames are at least 1"),
        ({"length": 0}, "length and frames are at least 1"),
        ({"annotation": "boxes", "frames": 5}, "boxes is for stills"),
        ({"annotation": "continuation"}, "continuation is for clips"),
        ({"frames_per_second": 0}, "frames_per_second is above 0"),
        ({"min_share": 1.5}, "min_share"),
        ({"normal_axes": "object"}, "normal_axes is 'camera' or 'world'"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenes(None, "test", **options)


def test_wrong_split_and_roots(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no split 'validation'; use train or test"):
        scenes(None, "validation")
    with pytest.raises(InputError, match="expected a folder of images to cover surfaces with"):
        scenes(tmp_path / "nowhere", "test")
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match="no image"):
        scenes(tmp_path, "test")


def test_annotations_are_all_named() -> None:
    assert set(STILLS) | {"boxes", "people", "single_box", "continuation"} == set(get_args(Annotation))
    assert set(STILL_ONLY) | set(CLIP_ONLY) <= set(get_args(Annotation))


def test_a_folder_of_images_covers_surfaces(tmp_path: Path) -> None:
    magenta = np.zeros((1, 24, 40, 3), np.uint8)
    magenta[..., 0] = magenta[..., 2] = 250
    write_image(tmp_path / "sub" / "magenta.png", magenta)

    def magentas(root: Path | None) -> int:
        pictures = np.stack([scenes(root, "test", size=SIZE)[index].input for index in range(6)]).astype(int)
        return int(((pictures[..., 0] > 90) & (pictures[..., 2] > 90) & (pictures[..., 1] < 40)).sum())

    assert magentas(tmp_path) > 4 * magentas(None) + 300
    (tmp_path / "sub" / "magenta.png").write_bytes(b"no image any more")
    from lavin_scenes.materials.pictures import _pyramid

    _pyramid.cache_clear()
    with pytest.raises(InputError, match=r"magenta\.png"):
        [scenes(tmp_path, "test", size=SIZE)[index] for index in range(6)]


def test_pictures_lie_upright_on_walls(tmp_path: Path) -> None:
    """On an upright surface the image's top is up; it is repeated as in a mirror."""
    image = np.zeros((1, 64, 64, 3), np.uint8)
    image[0, :32, :, 0] = 255
    image[0, :, 32:, 1] = 255
    write_image(tmp_path / "quarters.png", image)
    pattern = Picture(tmp_path / "quarters.png", 1.0)
    x, z = vector([-0.3, 0.3, -0.3, 0.3, 0.7]), vector([0.3, 0.3, -0.3, -0.3, 0.3])
    points = np.stack([x, np.zeros(5, np.float32), z])
    normals = np.repeat(vector([[0], [-1], [0]]), 5, axis=1)
    red, green, _ = pattern(points, normals, np.full(5, 1e-3, np.float32))
    np.testing.assert_allclose(red, [1, 1, 0, 0, 1], atol=0.02)
    np.testing.assert_allclose(green, [0, 1, 0, 1, 1], atol=0.02)
    # So far away that a pixel shows the whole image there is only its mean.
    far = pattern(points, normals, np.full(5, 1.0, np.float32))
    assert far[0].std() < 0.02


def test_a_still_takes_a_fraction_of_a_second() -> None:
    """One at 128 pixels takes about 0.06 s of one core; ten times that means something broke."""
    for annotation in ("depth", "people"):
        data = scenes(None, "train", annotation=annotation, size=128)
        data[0]
        start = time.process_time()
        for index in range(1, 7):
            data[index]
        assert (time.process_time() - start) / 6 < 0.6
