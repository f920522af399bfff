"""Small worlds whose depth, normals and flow are known, and what pictures go through on their way."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavincli.clip import Clip

Floats = NDArray[np.float32]


def grid(height: int, width: int) -> tuple[Floats, Floats]:
    """x and y of the pixels' centres, in pixels."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return columns + np.float32(0.5), rows + np.float32(0.5)


def ball_on_floor(size: int) -> tuple[Floats, Floats]:
    """Inverse depth ``[size, size]`` and normals ``[size, size, 3]`` of a wall, a floor and a ball."""
    x, y = (axis / np.float32(size) * 2 - 1 for axis in grid(size, size))
    floor = y > 0.3
    inverse = np.where(floor, 0.2 + 0.5 * (y - 0.3), 0.2).astype(np.float32)
    normals = np.where(floor[..., None], (0, 1, 0), (0, 0, 1)).astype(np.float32)
    radius = 0.6
    ball = np.hypot(x, y) < radius
    bulge = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0))
    inverse[ball] = (0.4 + 0.5 * bulge)[ball]
    normals[ball] = (np.stack([-x, -y, bulge], axis=-1) / radius)[ball]
    return inverse, normals


def turning_discs(size: int) -> Floats:
    """Flow ``[size, size, 2]`` of a slowly zooming ground and two discs that turn, at most size / 20 pixels."""
    x, y = grid(size, size)
    flow = np.stack([x - size / 2, y - size / 3], axis=-1) * np.float32(0.03)
    for centre_x, centre_y, radius, rate in ((0.35, 0.4, 0.25, 0.2), (0.75, 0.7, 0.15, -0.3)):
        across, down = x - centre_x * size, y - centre_y * size
        disc = np.hypot(across, down) < radius * size
        flow[disc] = (np.stack([-down, across], axis=-1) * rate)[disc]
    return flow.astype(np.float32)


def as_jpeg(clip: Clip, subsampling: int) -> Clip:
    """Through JPEG at quality 90; 0 = 4:4:4, 2 = 4:2:0."""
    frames = []
    for frame in clip:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=90, subsampling=subsampling)
        frames.append(np.asarray(Image.open(buffer)))
    return np.stack(frames)


def with_noise(clip: Clip, sigma: float = 4.0) -> Clip:
    """With Gaussian noise on every channel, rounded."""
    noisy = clip + np.random.default_rng(0).normal(0, sigma, clip.shape)
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def write_png_16(path: Path, values: NDArray[np.uint16]) -> None:
    """A 16-bit PNG of ``[H, W, 3]``, which Pillow can't write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def write_gray_16(path: Path, values: NDArray[np.uint16]) -> None:
    """A 16-bit gray PNG of ``[H, W]``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def photo(seed: int, height: int, width: int) -> Clip:
    """``uint8 [1, height, width, 3]`` of noise."""
    return np.random.default_rng(seed).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
