"""Pictures that hold data and not colours (depth, flow, ids), read as stored: no conversion, nothing scaled."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavincli.errors import InputError
from lavincli.media.ffmpeg import run_ffmpeg
from lavincli.media.images import open_image, read_bytes

_PNG_HEADER: Final = b"\x89PNG\r\n\x1a\n"
# What a PNG's header says of 16-bit RGB, which Pillow would cut to 8 bits.
_DEPTH_AND_COLOUR: Final = slice(24, 26)
_RGB_16: Final = bytes((16, 2))


def read_array(path: Path | str) -> NDArray[Any]:
    """The values of a PNG, TIFF or other picture file as they are stored, ``[H, W]`` or ``[H, W, C]``.

    The type is the file's: uint8, uint16 (16-bit gray and RGB), int32 or float32. Palette pictures give their indices,
    bilevel ones bool. Raises InputError, one line that names the file, if it is missing, damaged or no picture.
    """
    path = Path(path)
    data = read_bytes(path)
    if data.startswith(_PNG_HEADER) and data[_DEPTH_AND_COLOUR] == _RGB_16:
        return _sixteen_bit_rgb(data, path)
    image = open_image(data, path)
    return np.array(image)


def _sixteen_bit_rgb(data: bytes, path: Path) -> NDArray[np.uint16]:
    width, height = Image.open(io.BytesIO(data)).size
    stream = ffmpeg.input("pipe:", format="png_pipe").output("pipe:", format="rawvideo", pix_fmt="rgb48le")
    raw = run_ffmpeg(stream, path, stdin=data)
    if len(raw) != height * width * 6:
        raise InputError(f"{path}: is damaged (cut off); restore it from its source or leave it out")
    return np.frombuffer(raw, "<u2").astype(np.uint16).reshape(height, width, 3)
