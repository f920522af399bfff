"""lavin's geometry plugin: depth, normals and optical flow."""

from __future__ import annotations

LAVIN_API = 1
