"""The one image reader and writer.

Every picture becomes ``uint8 [1, H, W, 3]`` RGB by the same rules:

- EXIF orientation is applied, so height and width are those a viewer shows.
- 16-bit gray is divided by 257 (0..65535 to 0..255); it is not stretched. 16-bit RGB keeps its high bytes.
- Gray and palette pictures are expanded; CMYK and YCbCr are converted without a colour profile.
- Transparent pixels are composed over white, as viewers show them. `read_image_with_alpha` keeps them apart.
- Of an animated file the first frame is taken, and a warning is logged.
- Floating-point and 32-bit pictures are refused: their range isn't known.
"""

from __future__ import annotations

import hashlib
import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lavincli.atomic import atomic_path
from lavincli.clip import Clip
from lavincli.errors import InputError

logger = logging.getLogger(__name__)

# Only formats that decode by themselves: EPS and its kind would start another program on untrusted input.
READABLE_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "TGA", "ICO")
_WRITE_FORMATS: Final = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP", ".tif": "TIFF"}
_SIXTEEN_BIT_MODES: Final = ("I;16", "I;16L", "I;16B", "I;16N")
WHITE: Final = (255, 255, 255)

# What Pillow's decoders raise on damaged data.
_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def read_image(path: Path | str, *, background: tuple[int, int, int] = WHITE) -> Clip:
    """Read a picture file as ``uint8 [1, H, W, 3]`` RGB; transparent pixels are composed over `background`.

    Raises InputError, one line that names the file, if it is missing, empty, damaged, too large or no picture.
    """
    path = Path(path)
    return decode_image(read_bytes(path), path, background=background)


def read_image_with_alpha(path: Path | str) -> tuple[Clip, NDArray[np.uint8]]:
    """Read a picture file as RGB ``uint8 [1, H, W, 3]`` and its opacity ``uint8 [1, H, W]`` (255 = opaque).

    The colours are as stored, not composed over anything. A file without alpha is opaque everywhere.
    Raises InputError like `read_image`.
    """
    path = Path(path)
    pixels = np.asarray(_to_rgba_or_rgb(open_image(read_bytes(path), path), path))
    if pixels.shape[2] == 3:
        return pixels[None].copy(), np.full((1, *pixels.shape[:2]), 255, dtype=np.uint8)
    return pixels[None, ..., :3].copy(), pixels[None, ..., 3].copy()


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; InputError if it is missing, a folder, unreadable or empty."""
    with _file_told_in_words(path):
        data = path.read_bytes()
    if not data:
        raise InputError(f"{path}: is empty (0 bytes); restore it from its source or leave it out")
    return data


def file_digest(path: Path) -> str:
    """The SHA-256 of a file of any size; InputError like `read_bytes`."""
    with _file_told_in_words(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes); restore it from its source or leave it out")
    return digest


@contextmanager
def _file_told_in_words(path: Path) -> Iterator[None]:
    """What opening a file raises as an InputError."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder where a picture or a video is expected") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error}); check its permissions") from error


def decode_image(data: bytes, name: Path | str, *, background: tuple[int, int, int] = WHITE) -> Clip:
    """Decode the bytes of a picture file as ``uint8 [1, H, W, 3]`` RGB; `name` is what an error calls them.

    Raises InputError like `read_image`.
    """
    return _compose(_to_rgba_or_rgb(open_image(data, name), name), background)


def clip_from_pillow(image: Image.Image, *, background: tuple[int, int, int] = WHITE) -> Clip:
    """A Pillow image of any mode as ``uint8 [1, H, W, 3]`` RGB, by the same rules as a file.

    Raises InputError for a mode of unknown range.
    """
    return _compose(_to_rgba_or_rgb(ImageOps.exif_transpose(image), "image"), background)


def _compose(image: Image.Image, background: tuple[int, int, int]) -> Clip:
    if image.mode == "RGBA":
        canvas = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(canvas, image).convert("RGB")
    return np.asarray(image)[None].copy()


def write_image(path: Path | str, clip: Clip) -> None:
    """Write ``uint8 [1, H, W, 3]`` to `path` atomically, in the format of its suffix (PNG, JPEG, WebP, BMP, TIFF).

    Missing parent folders are made. Raises InputError for another suffix, ValueError for another shape or type.
    """
    path = Path(path)
    if clip.ndim != 4 or clip.shape[0] != 1 or clip.shape[3] != 3 or clip.dtype != np.uint8:
        raise ValueError(f"an image is uint8 [1, H, W, 3], not {clip.dtype} {list(clip.shape)}")
    save_pillow(path, Image.fromarray(clip[0]))


def written_format(path: Path) -> str:
    """The format in which a picture would be written to a path. Raises InputError for a suffix that isn't written."""
    file_format = _WRITE_FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise InputError(f"{path}: can't write '{path.suffix}' files; use one of {', '.join(_WRITE_FORMATS)}")
    return file_format


def save_pillow(path: Path, image: Image.Image) -> None:
    """Write a Pillow image of any mode to `path` atomically, in the format of its suffix.

    Missing parent folders are made. Raises InputError for a suffix that isn't written or a picture it can't hold.
    """
    file_format = written_format(path)
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        image.save(temporary, format=file_format, **options)


def picture_size(data: bytes, name: Path | str) -> tuple[int, int]:
    """Height and width that a picture file's bytes say it has, as stored; without decoding it.

    Raises InputError like `read_image`, for what can be told from its beginning.
    """
    with _told_in_words(name):
        width, height = Image.open(io.BytesIO(data), formats=READABLE_FORMATS).size
    return height, width


def open_image(data: bytes, name: Path | str) -> Image.Image:
    """The first frame of a picture file's bytes, upright and in its own mode. Raises InputError like `read_image`."""
    with _told_in_words(name):
        image: Image.Image = Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
        # A phone's multi-picture JPEG (MPO) is one photo with extras, not an animation.
        frames = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
        image.load()
        image = ImageOps.exif_transpose(image)
    if frames > 1:
        logger.warning("%s: has %d frames; the first one is used", name, frames)
    return image


@contextmanager
def _told_in_words(name: Path | str) -> Iterator[None]:
    """What Pillow raises as an InputError, in one line that calls the file `name`."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000  # Pillow warns above the half of it
        raise InputError(f"{name}: is too large to open safely (limit {limit} megapixels); make it smaller") from error
    except UnidentifiedImageError:
        raise InputError(f"{name}: is not a picture that can be read; check its content or leave it out") from None
    except _DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{name}: is damaged ({reason}); restore it from its source or leave it out") from error


def _to_rgba_or_rgb(image: Image.Image, name: Path | str) -> Image.Image:
    if image.mode in _SIXTEEN_BIT_MODES or image.mode == "I":
        return _from_sixteen_bits(image, name)
    if image.mode == "F":
        raise InputError(f"{name}: holds floating-point values of unknown range; convert it to 8 or 16 bits")
    try:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except ValueError as error:
        raise InputError(f"{name}: pictures of mode {image.mode} can't be read; convert it to RGB") from error


def _from_sixteen_bits(image: Image.Image, name: Path | str) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise InputError(f"{name}: holds 32-bit values of unknown range; convert it to 8 or 16 bits")
    gray = ((values + 128) // 257).astype(np.uint8)
    return Image.fromarray(gray).convert("RGB")
