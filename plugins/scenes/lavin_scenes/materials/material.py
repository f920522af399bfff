"""What a surface looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lavin_scenes.vectors import Floats


class Pattern(Protocol):
    """The colours of a surface."""

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Linear RGB ``[3, N]`` at places ``[3, N]`` of a part, in its own coordinates.

        ``normals`` are those of the surface there, in the same coordinates; ``footprint`` ``[N]`` is how many metres of
        the surface one pixel shows: finer detail fades into its mean, as through a lens.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A pattern and how it shines.

    Attributes:
        pattern: its colours.
        gloss: strength of highlights and reflections, 0 (chalk) .. 1.
        sharpness: exponent of the highlight (Blinn-Phong).
        glow: light that it sends out, times its colour.
    """

    pattern: Pattern
    gloss: float = 0.0
    sharpness: float = 20.0
    glow: float = 0.0
