"""A model bound to a small task, and the folder of inputs that nobody wants to get."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lavincli
from lavincli.media.images import write_image
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer
from tests.small_tasks import picture


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.fixture
def answerer(pipeline: Pipeline, small_tasks: Path) -> Answerer:
    return make_answerer(pipeline, "small_negative")


@pytest.fixture
def nasty_folder(tmp_path: Path) -> tuple[Path, set[str], dict[str, str]]:
    """A folder, the keys in it that can be answered, and for the others a word of why not."""
    return write_nasty_folder(tmp_path / "nasty")


def write_nasty_folder(root: Path) -> tuple[Path, set[str], dict[str, str]]:
    """See `nasty_folder`."""
    still = Image.fromarray(picture(1, 30, 40)[0])
    good = {
        "cat.png": still,
        "cat.jpg": still,
        "a/cat.png": still,
        "a/a/cat.png": still,
        "a b/two words.png": still,
        "ünï/日本.png": still,
        "-dash.png": still,
        "cat.rgb.png": still,
        "folder.png/in it.png": still,
        "cmyk.jpg": still.convert("CMYK"),
        "palette.png": still.convert("P", palette=Image.Palette.ADAPTIVE),
        "gray.png": still.convert("L"),
        "bilevel.png": still.convert("1"),
        "alpha.png": still.convert("RGBA"),
        "sixteen.png": Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50),
        "one.png": Image.new("RGB", (1, 1)),
        "wide.png": Image.fromarray(picture(2, 50, 2000)[0]),
    }
    for name, image in good.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(root / name)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    still.save(root / "turned.jpg", exif=exif)
    frames = [Image.fromarray(picture(number, 32, 32)[0]) for number in (3, 4, 5)]
    frames[0].save(root / "animated.gif", save_all=True, append_images=frames[1:], duration=100)
    whole = (root / "cat.jpg").read_bytes()
    bad = {
        "empty.png": (b"", "is empty"),
        "cut.jpg": (whole[: len(whole) // 2], "is damaged"),
        "words.png": (b"not a picture", "is not a picture"),
        "page.jpg": (b"<!DOCTYPE html><html></html>", "is not a picture"),
        "bomb.png": (_bomb(), "too large to open safely"),
        "film.mp4": (b"\0" * 500, "can't be read"),
    }
    for name, (data, _) in bad.items():
        (root / name).write_bytes(data)
    (root / "passed over.txt").write_text("no picture, and doesn't say it is one")
    return root, {*good, "turned.jpg", "animated.gif"}, {name: reason for name, (_, reason) in bad.items()}


def write_pictures(root: Path, count: int, size: int = 24) -> Path:
    """A folder of small pictures, 50 to a folder."""
    for number in range(count):
        write_image(root / f"{number // 50:02d}" / f"{number:04d}.png", picture(number, size, size))
    return root


def _bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 30000 x 30000 pixels."""
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 90001)), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
