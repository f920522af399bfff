"""Tiny data sets of clips, laid out and written as their makers do it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.plugins.video.made_clips import photo_like, write_indexed_png, write_png_16

FRAMES: Final = 24
HEIGHT: Final = 16
WIDTH: Final = 20
CLIP: Final = photo_like(FRAMES, HEIGHT, WIDTH)
DISTANCE: Final = np.linspace(3, 9, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)


def kubric_flow(frame: int) -> NDArray[np.float32]:
    """``[HEIGHT, WIDTH, 2]``: rows, columns, as Kubric has them."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return np.stack([rows / 4 - 2, columns / 2 - 5 + frame / 8], axis=-1)


def write_kubric_scene(scene: Path, frames: int = FRAMES) -> None:
    """A scene folder as Kubric's ``file_io.py`` writes it: `DISTANCE` + the number of the frame, a floor and a wall."""
    scene.mkdir(parents=True)
    flow = np.stack([kubric_flow(frame) for frame in range(frames)])
    low, high = float(flow.min()), float(flow.max())
    scaled = ((flow - low) * 65535 / (high - low)).astype(np.uint16)
    normals = np.zeros((HEIGHT, WIDTH, 3), dtype=np.float32)
    normals[:8, :, 0], normals[8:, :, 2] = 1, 1
    segments = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    segments[2:6, 3:8], segments[9:14, 10:18] = 2, 7
    for frame in range(frames):
        rgba = np.dstack([CLIP[frame], np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)])
        Image.fromarray(rgba).save(scene / f"rgba_{frame:05d}.png")
        Image.fromarray(DISTANCE + frame).save(scene / f"depth_{frame:05d}.tiff")
        write_png_16(scene / f"forward_flow_{frame:05d}.png", np.dstack([scaled[frame], 0 * scaled[frame, :, :, :1]]))
        write_png_16(scene / f"normal_{frame:05d}.png", ((normals + 1) * 65535 / 2).astype(np.uint16))
        write_indexed_png(scene / f"segmentation_{frame:05d}.png", segments)
    ranges = {"forward_flow": {"min": low, "max": high}, "backward_flow": {"min": -high, "max": -low}}
    (scene / "data_ranges.json").write_text(json.dumps(ranges), encoding="utf-8")
    camera = {"focal_length": 35.0, "sensor_width": 32.0}
    metadata = {"metadata": {"num_frames": frames, "num_instances": 7, "resolution": [WIDTH, HEIGHT]}, "camera": camera}
    (scene / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def write_davis(root: Path, sequences: dict[str, int], *, train: str, val: str) -> None:
    """DAVIS 2017 with sequences of so many frames: object 1 moves to the right, 2 stands, one pixel is void."""
    for name, frames in sequences.items():
        images, annotations = (root / kind / "480p" / name for kind in ("JPEGImages", "Annotations"))
        images.mkdir(parents=True)
        for frame in range(frames):
            Image.fromarray(CLIP[frame]).save(images / f"{frame:05d}.jpg", quality=95)
            indices = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
            indices[2:6, frame : frame + 5], indices[10:13, 8:12], indices[14, 3] = 1, 2, 255
            write_indexed_png(annotations / f"{frame:05d}.png", indices)
    lists = root / "ImageSets" / "2017"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text(f"{train}\n", encoding="utf-8")
    (lists / "val.txt").write_text(f"{val}\n", encoding="utf-8")
