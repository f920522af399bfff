"""lavin's scenes plugin: procedural scenes whose annotations are exact."""

from __future__ import annotations

LAVIN_API = 1
