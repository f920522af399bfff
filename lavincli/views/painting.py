"""Drawing on photos: half transparent masks with outlines, boxes with labels, blending, legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from lavincli.clip import Clip
from lavincli.views.color_maps import distinct_color, inferno

Color = tuple[int, int, int]

_PAPER: Final = (250, 250, 248)
_INK: Final = (28, 28, 30)
_CROSS: Final = np.ones((3, 3), dtype=np.bool_)


def blend(photo: Clip, picture: Clip, share: float = 0.6) -> Clip:
    """The photo with ``share`` of another picture of its shape over its gray: its shapes stay, colours are new."""
    gray = photo.astype(np.float32).mean(axis=3, keepdims=True)
    mixed = (1 - share) * gray + share * picture.astype(np.float32)
    clip: Clip = np.floor(mixed + 0.5).astype(np.uint8)
    return clip


def tint(photo: Clip, mask: NDArray[np.bool_], color: Color, *, opacity: float = 0.5) -> Clip:
    """The photo ``[T, H, W, 3]`` with a half transparent colour on ``mask`` ``[T, H, W]``, and a solid outline."""
    colored = photo.copy()
    mixed = (1 - opacity) * photo[mask].astype(np.float32) + opacity * np.array(color, dtype=np.float32)
    colored[mask] = np.floor(mixed + 0.5).astype(np.uint8)
    width = line_width((photo.shape[1], photo.shape[2]))
    for frame, pixels in zip(colored, mask, strict=True):
        inner = ndimage.binary_erosion(pixels, _CROSS, iterations=width, border_value=1)
        frame[pixels & ~inner] = color
    return colored


def tint_objects(photo: Clip, ids: NDArray[np.integer]) -> Clip:
    """The photo with every object of ``ids`` ``[T, H, W]`` (from 1 on) tinted in the `distinct_color` of its id."""
    colored = photo
    for number in np.unique(ids[ids > 0]):
        colored = tint(colored, ids == number, distinct_color(int(number)))
    return colored


def paint(photo: Clip, cover: NDArray[np.floating], color: Color) -> Clip:
    """The photo with a colour on it as far as ``cover`` ``[T, H, W]`` (0..1) says."""
    share = cover[..., None].astype(np.float32)
    mixed = photo * (1 - share) + share * np.array(color, dtype=np.float32)
    clip: Clip = np.floor(mixed + 0.5).astype(np.uint8)
    return clip


def line_width(size: tuple[int, int]) -> int:
    """Pixels of a line that can be seen in a picture of this height and width, shown at once: 2 at 512."""
    return max(1, round(min(size) / 256))


def draw_boxes(photo: Clip, xywh: NDArray[np.floating], labels: Sequence[str], colors: Sequence[Color]) -> Clip:
    """The photo ``[1, H, W, 3]`` with outlines of boxes (left, top, width, height) and a label at each."""
    image = Image.fromarray(photo[0])
    draw = ImageDraw.Draw(image)
    width = max(2, 2 * line_width((image.height, image.width)))
    for (left, top, across, down), label, color in zip(xywh.tolist(), labels, colors, strict=True):
        right, bottom = max(left + across - 1, left), max(top + down - 1, top)
        draw.rectangle((left, top, right, bottom), outline=color, width=width)
        draw_label(draw, label, (left, top), color, (image.height, image.width))
    return np.asarray(image)[None].copy()


def labelled(photo: Clip, places: Sequence[tuple[float, float]], labels: Sequence[str]) -> Clip:
    """The photo ``[1, H, W, 3]`` with a label above each place (x, y)."""
    image = Image.fromarray(photo[0])
    draw = ImageDraw.Draw(image)
    for number, (place, label) in enumerate(zip(places, labels, strict=True), start=1):
        draw_label(draw, label, place, distinct_color(number), (image.height, image.width))
    return np.asarray(image)[None].copy()


def draw_label(
    draw: ImageDraw.ImageDraw, label: str, place: tuple[float, float], color: Color, size: tuple[int, int]
) -> None:
    """A label on a ground of its colour, above a place or, where the picture ends, below it."""
    if not label:
        return
    font = ImageFont.load_default(size=max(10, min(size) // 28))
    left, top, right, bottom = draw.textbbox((0, 0), label, font=font)
    width, height = right - left + 6, bottom - top + 4
    x = min(max(place[0], 0), max(size[1] - width, 0))
    y = place[1] - height if place[1] >= height else place[1]
    draw.rectangle((x, y, x + width, y + height), fill=color)
    ink = _INK if 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] > 128 else (255, 255, 255)
    draw.text((x + 3 - left, y + 2 - top), label, font=font, fill=ink)


def with_scale_bar(picture: Clip, top: str, bottom: str) -> Clip:
    """A picture ``[T, H, W, 3]`` with a bar of `inferno` at its right: 1 above, 0 below, a word at either end."""
    height = picture.shape[1]
    font = ImageFont.load_default(size=max(10, min(24, height // 24)))
    words = max(font.getlength(top), font.getlength(bottom))
    bar = max(8, height // 24)
    legend = Image.new("RGB", (_even(bar + 3 * 6 + int(words)), height), _PAPER)
    margin = min(6, height // 4)
    ramp = inferno(np.linspace(1, 0, max(1, height - 2 * margin)))
    legend.paste(Image.fromarray(np.repeat(ramp[:, None], bar, axis=1)), (6, margin))
    draw = ImageDraw.Draw(legend)
    draw.text((bar + 12, margin), top, font=font, fill=_INK, anchor="lt")
    draw.text((bar + 12, height - margin), bottom, font=font, fill=_INK, anchor="ls")
    return beside(picture, np.asarray(legend))


def beside(picture: Clip, legend: NDArray[np.uint8]) -> Clip:
    """``legend`` ``[H, w, 3]`` at the right of every frame of ``picture`` ``[T, H, W, 3]``."""
    repeated = np.broadcast_to(legend, (len(picture), *legend.shape))
    return np.concatenate([picture, repeated], axis=2)


def paper(height: int, width: int) -> NDArray[np.uint8]:
    """An empty legend ``uint8 [height, width, 3]``."""
    return np.full((height, _even(width), 3), _PAPER, dtype=np.uint8)


def _even(length: int) -> int:
    """Most players want an even width."""
    return length + length % 2
