import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lavincli.errors import InputError
from lavincli.media.arrays import read_array

RANDOM = np.random.default_rng(0)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png_16(path: Path, values: NDArray[np.uint16]) -> None:
    """A 16-bit RGB PNG, as KITTI and Kubric write them and Pillow can't."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def test_sixteen_bit_rgb_keeps_all_bits(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 65536, (37, 53, 3), dtype=np.uint16)
    write_png_16(tmp_path / "flow.png", values)
    read = read_array(tmp_path / "flow.png")
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, values)


def test_sixteen_bit_gray(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 65536, (20, 30), dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "depth.png")
    read = read_array(tmp_path / "depth.png")
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, values)


def test_floats(tmp_path: Path) -> None:
    values = RANDOM.normal(size=(20, 30)).astype(np.float32)
    Image.fromarray(values).save(tmp_path / "depth.tiff")
    read = read_array(tmp_path / "depth.tiff")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values)


def test_palettes_give_indices(tmp_path: Path) -> None:
    ids = RANDOM.integers(0, 5, (20, 30), dtype=np.uint8)
    palette = Image.fromarray(ids).convert("P")
    palette.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128])
    palette.save(tmp_path / "ids.png")
    read = read_array(tmp_path / "ids.png")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, ids)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.png: no such file"):
        read_array(tmp_path / "missing.png")
    write_png_16(tmp_path / "cut.png", RANDOM.integers(0, 65536, (40, 40, 3), dtype=np.uint16))
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.png"):
        read_array(tmp_path / "cut.png")
