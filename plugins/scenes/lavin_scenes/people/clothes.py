"""What people wear, and the colours of skin and hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material, Pattern
from lavin_scenes.materials.patterns import Checks, Mottled, Plain, Stripes
from lavin_scenes.vectors import Floats, vector

_SKINS: Final = vector(
    [
        (0.93, 0.76, 0.66),
        (0.88, 0.68, 0.55),
        (0.78, 0.57, 0.43),
        (0.66, 0.45, 0.32),
        (0.5, 0.33, 0.23),
        (0.33, 0.21, 0.16),
    ]
)
_HAIRS: Final = vector(
    [
        (0.09, 0.07, 0.06),
        (0.2, 0.13, 0.09),
        (0.36, 0.22, 0.13),
        (0.55, 0.25, 0.12),
        (0.78, 0.62, 0.37),
        (0.65, 0.64, 0.62),
    ]
)
_HAIR_STYLES: Final = ("short", "short", "short", "long", "long", "bob", "bun", "tail", "curly", "bald")
_HATS: Final = ("cap", "brim", "beanie")


@dataclass(frozen=True, slots=True, eq=False)
class Outfit:
    """The materials of a person, and the cut of the clothes.

    Attributes:
        skin, hair, top, legs, shoes, eyes, pupils, lips: materials; ``legs`` is that of trousers and skirts.
        sleeves: 0 = none, a share of the upper arm, 1 = the upper arm, 2 = the whole arm.
        trousers: 0 = none, 0.3 = shorts, 0.5 = to the knee, 1 = long.
        skirt: its length / height of the person, 0 = none.
        hair_style, hat_style: see ``people.head``.
        beard: whether there is one.
        hat, backpack: their materials, None = none.
    """

    skin: Material
    hair: Material
    top: Material
    legs: Material
    shoes: Material
    eyes: Material
    pupils: Material
    lips: Material
    sleeves: float
    trousers: float
    skirt: float
    hair_style: str
    hat_style: str
    beard: bool
    hat: Material | None
    backpack: Material | None


def draw_outfit(random: np.random.Generator, *, skirts: bool = True) -> Outfit:
    """Clothes, skin and hair at random; ``skirts`` whether there may be one."""
    skin = _near(random, _SKINS)
    hair = _near(random, _HAIRS)
    style = _HAIR_STYLES[int(random.integers(len(_HAIR_STYLES)))]
    skirt = skirts and random.random() < (0.4 if style in ("long", "bob", "bun", "tail") else 0.05)
    trousers = float(random.choice([0.3, 0.5, 1.0, 1.0, 1.0, 1.0]))
    return Outfit(
        skin=Material(Plain(skin), gloss=0.08, sharpness=12),
        hair=Material(Mottled(hair, hair * np.float32(0.6), 0.03), gloss=0.12, sharpness=25),
        top=_cloth(random),
        legs=_cloth(random) if random.random() < 0.4 else Material(Plain(palette.subdued(random) * np.float32(0.5))),
        shoes=Material(Plain(palette.gray(random) * np.float32(0.6)), gloss=0.15),
        eyes=Material(Plain(vector([0.8, 0.8, 0.78])), gloss=0.3, sharpness=60),
        pupils=Material(Plain(vector([0.03, 0.025, 0.02])), gloss=0.4, sharpness=60),
        lips=Material(Plain(skin * vector([0.75, 0.42, 0.42])), gloss=0.1),
        sleeves=float(random.choice([0.45, 0.6, 1.0, 2.0, 2.0, 0.0])),
        trousers=0.0 if skirt else trousers,
        skirt=float(random.uniform(0.18, 0.42)) if skirt else 0.0,
        hair_style=style,
        hat_style=_HATS[int(random.integers(len(_HATS)))],
        beard=style in ("short", "bald", "curly") and random.random() < 0.2,
        hat=_cloth(random) if random.random() < 0.15 else None,
        backpack=_cloth(random) if random.random() < 0.12 else None,
    )


def _near(random: np.random.Generator, colors: Floats) -> Floats:
    first, second = colors[random.integers(len(colors), size=2)]
    mixed = first + (second - first) * np.float32(random.uniform(0, 0.35))
    tinted: Floats = (mixed * np.float32(random.uniform(0.9, 1.05))) ** np.float32(2.2)
    return tinted


def _cloth(random: np.random.Generator) -> Material:
    first, second = palette.any_color(random), palette.any_color(random)
    pattern: Pattern
    kind = random.random()
    if kind < 0.6:
        pattern = Plain(first)
    elif kind < 0.75:
        pattern = Stripes(first, second, float(random.uniform(0.05, 0.14)), 2)
    elif kind < 0.85:
        pattern = Checks(first, second, float(random.uniform(0.04, 0.1)))
    else:
        pattern = Mottled(first, second, float(random.uniform(0.08, 0.3)))
    return Material(pattern, gloss=0.03, sharpness=8)
