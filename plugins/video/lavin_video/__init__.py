"""lavin's video plugin: clips and what is asked of them."""

from __future__ import annotations

LAVIN_API = 1
