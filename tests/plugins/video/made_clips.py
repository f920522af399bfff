"""Clips of moving shapes, and what compression does to clips, for the tests of the video plugin."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavincli.clip import Clip
from lavincli.media.ffmpeg import run_ffmpeg
from lavincli.media.video import read_video


def moving_shapes(count: int, size: int, frames: int = 5, seed: int = 0) -> NDArray[np.int32]:
    """Ids ``[frames, size, size]`` of disks and boxes that move over each other; none is always hidden."""
    random = np.random.default_rng(seed)
    centres, moves = random.uniform(0.15, 0.85, (count, 2)), random.uniform(-0.02, 0.02, (count, 2))
    radii = random.uniform(0.08, 0.2, count)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    ids = np.zeros((frames, size, size), dtype=np.int32)
    for frame in range(frames):
        for index in range(count):
            down, right = centres[index] + moves[index] * frame
            if index % 2:
                inside = np.hypot(rows - down, columns - right) < radii[index]
            else:
                inside = (np.abs(rows - down) < radii[index] * 0.8) & (np.abs(columns - right) < radii[index] * 0.6)
            ids[frame][inside] = index + 1
    for number in range(1, count + 1):
        if (ids == number).sum() < 0.005 * size**2:
            ids[ids == number] = 0
    # Numbered anew, without those that are covered by others.
    _, places = np.unique(np.concatenate([[0], ids.ravel()]), return_inverse=True)
    return places[1:].reshape(ids.shape).astype(np.int32)


def through_jpeg(clip: Clip, *, subsampling: int) -> Clip:
    """Each frame as a JPEG of quality 90; ``subsampling`` 2 is 4:2:0, 0 is 4:4:4."""
    frames = []
    for frame in clip:
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=90, subsampling=subsampling)
        frames.append(np.asarray(Image.open(file)))
    return np.stack(frames)


def through_h264(clip: Clip, folder: Path) -> Clip:
    """The clip as an ordinary video: H.264, crf 20, chroma at half resolution."""
    path = folder / "clip.mp4"
    height, width = clip.shape[1:3]
    source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=24)
    run_ffmpeg(source.output(str(path), vcodec="libx264", crf=20, pix_fmt="yuv420p"), path, stdin=clip.tobytes())
    return read_video(path)


def with_noise(clip: Clip, sigma: float) -> Clip:
    """White noise on all channels."""
    noise = np.random.default_rng(0).normal(0, sigma, clip.shape)
    return np.clip(clip + noise, 0, 255).round().astype(np.uint8)


def photo_like(frames: int, height: int, width: int, seed: int = 0) -> Clip:
    """A smooth coloured texture that moves one pixel a frame to the right."""
    small = np.random.default_rng(seed).integers(
        0, 256, (height // 4 + 1, (width + frames) // 4 + 1, 3), dtype=np.uint8
    )
    texture = np.asarray(Image.fromarray(small).resize((width + frames, height), Image.Resampling.BICUBIC))
    return np.stack([texture[:, frames - index : frames - index + width] for index in range(frames)])


def write_png_16(path: Path, values: NDArray[np.uint16]) -> None:
    """A 16-bit RGB PNG, as Kubric writes them and Pillow can't."""
    height, width, _ = values.shape
    rows = values.astype(">u2").reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def write_indexed_png(path: Path, indices: NDArray[np.integer]) -> None:
    """An indexed PNG whose colours say nothing of the indices."""
    image = Image.fromarray(indices.astype(np.uint8), mode="L")
    image.putpalette(np.random.default_rng(1).integers(0, 256, 768, dtype=np.uint8).tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
