"""Other renderings of an annotation: the same picture with its colours changed, pixel by pixel, in one known way.

Names and what they do: `inverted` (255 - value); `gbr`, `brg`, `bgr`, `grb`, `rbg`: which channel stands where red,
green and blue did; `red`, `green`, `blue`, `yellow`, `cyan`, `magenta`: the brightest channel in that colour, so that
white becomes the colour and black stays; `inverted_red` and so on: the tint of the inverted picture; `plain`: as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from lavincli.clip import Clip
from lavincli.errors import UnknownNameError

PLAIN: Final = "plain"
_TINTS: Final = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
}


@dataclass(frozen=True, slots=True)
class Recolouring:
    """What is done to each pixel: first inverted, then tinted or its channels taken in another order.

    Attributes:
        inverted: 255 - value.
        tint: the channels that get the brightest value of the three; the others become 0. None: no tint.
        channels: for each channel which one it takes.
    """

    inverted: bool = False
    tint: tuple[int, int, int] | None = None
    channels: tuple[int, int, int] = (0, 1, 2)

    def __call__(self, clip: Clip) -> Clip:
        """`uint8 [T, H, W, 3]` -> the same, recoloured."""
        if self.inverted:
            clip = 255 - clip
        if self.tint is not None:
            tinted: Clip = clip.max(axis=-1, keepdims=True) * np.array(self.tint, np.uint8)
            return tinted
        return np.ascontiguousarray(clip[..., self.channels])

    def undo(self, clip: Clip) -> Clip:
        """The picture whose recolouring `clip` is; of a tint the gray one."""
        if self.tint is not None:
            brightest = clip[..., np.flatnonzero(self.tint)].max(axis=-1, keepdims=True)
            clip = np.repeat(brightest, 3, axis=-1)
        else:
            clip = np.ascontiguousarray(clip[..., np.argsort(self.channels)])
        return 255 - clip if self.inverted else clip


RECOLOURINGS: Final[Mapping[str, Recolouring]] = MappingProxyType(
    {
        PLAIN: Recolouring(),
        "inverted": Recolouring(inverted=True),
        **{
            name: Recolouring(channels=("rgb".index(name[0]), "rgb".index(name[1]), "rgb".index(name[2])))
            for name in ("gbr", "brg", "bgr", "grb", "rbg")
        },
        **{name: Recolouring(tint=tint) for name, tint in _TINTS.items()},
        **{f"inverted_{name}": Recolouring(inverted=True, tint=tint) for name, tint in _TINTS.items()},
    }
)
"""Every recolouring by its name."""


def recolouring(name: str) -> Recolouring:
    """The recolouring of this name. Raises UnknownNameError."""
    if name not in RECOLOURINGS:
        raise UnknownNameError(name, kind="variation", known=RECOLOURINGS)
    return RECOLOURINGS[name]


def recolour(clip: Clip, name: str) -> Clip:
    """A clip `uint8 [T, H, W, 3]` in another rendering. Raises UnknownNameError."""
    return recolouring(name)(clip)
