"""What files in COCO's format of results have in common."""

from __future__ import annotations


def image_id(name: str) -> int | str:
    """The id of an image by the name of its file without suffix: a number if the name is one, else the name."""
    return int(name) if name.isascii() and name.isdigit() else name
