"""Real files in real formats through the one reader and writer."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import read_image, read_image_with_alpha, write_image


@pytest.fixture
def gradient() -> Clip:
    """A picture that tells its corners and channels apart: uint8 [24, 40, 3]."""
    rows, columns = np.mgrid[0:24, 0:40]
    return np.stack([rows * 10, columns * 6, np.full_like(rows, 60)], axis=-1).astype(np.uint8)


def _png(width: int, height: int, bits: int, data: bytes) -> bytes:
    """An RGB PNG from its compressed data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_png_is_exact(tmp_path: Path, gradient: Clip) -> None:
    path = tmp_path / "deep" / "picture.png"
    write_image(path, gradient[None])
    clip = read_image(path)
    assert clip.shape == (1, 24, 40, 3)
    assert clip.dtype == np.uint8
    np.testing.assert_array_equal(clip[0], gradient)
    assert [entry.name for entry in path.parent.iterdir()] == ["picture.png"]


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_are_close(tmp_path: Path, gradient: Clip, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    write_image(path, gradient[None])
    assert np.abs(read_image(path)[0].astype(int) - gradient).mean() < 6


def test_sixteen_bit_gray_is_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "depth.png")
    np.testing.assert_array_equal(read_image(tmp_path / "depth.png")[0, 0, :, 0], [0, 1, 128, 255])


def test_sixteen_bit_rgb_keeps_the_high_bytes(tmp_path: Path) -> None:
    pixels = np.array([[[65535, 0x8011, 0x01FF]]], dtype=">u2")
    (tmp_path / "rgb16.png").write_bytes(_png(1, 1, 16, zlib.compress(b"\0" + pixels.tobytes())))
    assert read_image(tmp_path / "rgb16.png")[0, 0, 0].tolist() == [255, 128, 1]


def test_exif_orientation_is_applied(tmp_path: Path, gradient: Clip) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    Image.fromarray(gradient).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png")[0], np.rot90(gradient, k=-1))


def test_gray_and_bilevel_become_rgb(tmp_path: Path) -> None:
    gray = np.array([[0, 100, 255]], dtype=np.uint8)
    Image.fromarray(gray).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_image(tmp_path / "gray.png")[0], np.repeat(gray[..., None], 3, axis=2))
    Image.fromarray(gray > 50).save(tmp_path / "bilevel.png")
    assert read_image(tmp_path / "bilevel.png")[0, 0, :, 0].tolist() == [0, 255, 255]


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png")[0, 0].tolist() == [[10, 20, 30], [200, 0, 0]]
    image.save(tmp_path / "see-through.png", transparency=1)
    assert read_image(tmp_path / "see-through.png")[0, 0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_alpha_is_composed_over_white_or_kept(tmp_path: Path) -> None:
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], dtype=np.uint8)
    Image.fromarray(rgba).save(tmp_path / "sprite.png")
    assert read_image(tmp_path / "sprite.png")[0, 0].tolist() == [[200, 100, 0], [255, 255, 255], [244, 224, 204]]
    assert read_image(tmp_path / "sprite.png", background=(0, 0, 0))[0, 0, 1].tolist() == [0, 0, 0]
    colours, alpha = read_image_with_alpha(tmp_path / "sprite.png")
    np.testing.assert_array_equal(colours[0], rgba[..., :3])
    np.testing.assert_array_equal(alpha[0], rgba[..., 3])


def test_a_picture_without_alpha_is_opaque(tmp_path: Path, gradient: Clip) -> None:
    Image.fromarray(gradient).save(tmp_path / "photo.png")
    colours, alpha = read_image_with_alpha(tmp_path / "photo.png")
    assert colours.shape == (1, 24, 40, 3)
    assert alpha.shape == (1, 24, 40)
    assert alpha.min() == 255


def test_cmyk_jpeg(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=100)
    red, green, blue = read_image(tmp_path / "print.jpg")[0, 4, 4].tolist()
    assert red > 240
    assert green < 15
    assert blue < 15


def test_the_first_frame_of_an_animation_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    with caplog.at_level(logging.WARNING):
        clip = read_image(tmp_path / "moving.gif")
    assert clip.shape == (1, 4, 6, 3)
    assert clip[0, 0, 0].tolist() == [255, 0, 0]
    assert "moving.gif: has 3 frames" in caplog.text


def _truncated_jpeg(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, format="JPEG")
    path.write_bytes(path.read_bytes()[:1500])


def _truncated_png(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, format="PNG")
    path.write_bytes(path.read_bytes()[:1500])


def _bomb(path: Path) -> None:
    """A PNG of a few bytes that claims 60000 x 60000 pixels."""
    path.write_bytes(_png(60000, 60000, 8, zlib.compress(b"\0" * 64)))


def _float_tiff(path: Path) -> None:
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(path, format="TIFF")


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("cut.jpg", _truncated_jpeg, "is damaged"),
        ("cut.png", _truncated_png, "is damaged"),
        ("words.png", lambda path: path.write_text("not a picture"), "is not a picture"),
        ("empty.png", lambda path: path.write_bytes(b""), "is empty"),
        ("missing.png", lambda path: None, "no such file"),
        ("folder.png", lambda path: path.mkdir(), "is a folder"),
        ("bomb.png", _bomb, "too large to open safely"),
        ("depth.tiff", _float_tiff, "floating-point"),
    ],
)
def test_bad_files_give_one_line_with_the_name(
    tmp_path: Path, name: str, make: Callable[[Path], object], reason: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(InputError) as raised:
        read_image(tmp_path / name)
    message = str(raised.value)
    assert str(tmp_path / name) in message
    assert reason in message
    assert "\n" not in message


def test_writing_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    picture = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    with pytest.raises(InputError, match=r"can't write '\.xyz'"):
        write_image(tmp_path / "picture.xyz", picture)
    with pytest.raises(ValueError, match=r"\[1, H, W, 3\]"):
        write_image(tmp_path / "picture.png", picture[0])
    assert list(tmp_path.iterdir()) == []
