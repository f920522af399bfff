"""PASCAL VOC 2012, made for tests in the form in which it is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lavincli.media.images import write_image
from tests.small_tasks import picture

HEIGHT, WIDTH = 60, 80
Thing = tuple[str, tuple[float, float, float, float], bool]
"""Class; first and last column and row as VOC counts them; whether it is difficult."""


def thing(label: str, corners: tuple[float, float, float, float], *, difficult: bool = False) -> Thing:
    """An object with its box as xmin, ymin, xmax, ymax."""
    return label, corners, difficult


def _xml(name: str, things: Sequence[Thing]) -> str:
    def box(corners: tuple[float, float, float, float]) -> str:
        xmin, ymin, xmax, ymax = corners
        # In this order in the real files of some years.
        return f"<bndbox><xmax>{xmax}</xmax><xmin>{xmin}</xmin><ymax>{ymax}</ymax><ymin>{ymin}</ymin></bndbox>"

    part = f"<part><name>head</name>{box((1, 1, 3, 3))}</part>"
    objects = "".join(
        f"\t<object>{part if label == 'person' else ''}<name>{label}</name><pose>Unspecified</pose><truncated>0"
        f"</truncated>{box(corners)}<difficult>{int(difficult)}</difficult></object>\n"
        for label, corners, difficult in things
    )
    return (
        f"<annotation>\n\t<folder>VOC2012</folder><filename>{name}.jpg</filename>\n"
        f"\t<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>\n"
        f"\t<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def write_voc(root: Path, parts: Mapping[str, Mapping[str, Sequence[Thing]]]) -> Path:
    """``VOCdevkit/VOC2012`` below ``root``, with these objects in the pictures of each list."""
    voc = root / "VOCdevkit" / "VOC2012"
    (voc / "Annotations").mkdir(parents=True)
    (voc / "ImageSets" / "Main").mkdir(parents=True)
    for part, pictures in parts.items():
        (voc / "ImageSets" / "Main" / f"{part}.txt").write_text("".join(f"{name}\n" for name in pictures))
        for number, (name, things) in enumerate(pictures.items()):
            write_image(voc / "JPEGImages" / f"{name}.jpg", picture(number, HEIGHT, WIDTH))
            (voc / "Annotations" / f"{name}.xml").write_text(_xml(name, things))
    return voc
