"""The objects in a picture as PASCAL VOC's XML files list them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

# It reads no file that a document names, and expat bounds what entities grow to; annotations need none, so that a
# document with a type, where they would be declared, is refused.
from xml.etree import ElementTree as ET

import numpy as np

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import read_bytes, read_image
from lavincli.natives import Boxes


@dataclass(frozen=True, slots=True)
class VocObject:
    """An object: its class, its box (left, top, width, height, in pixels) and whether it is hard to make out."""

    label: str
    xywh: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True, slots=True)
class VocAnnotation:
    """What an XML file says: height and width of the picture, and its objects."""

    size: tuple[int, int]
    objects: tuple[VocObject, ...]

    def boxes(self) -> Boxes:
        """All boxes; those of difficult objects are marked as crowds, which neither count nor harm.

        So it is in VOC's protocol, but that a crowd forgives several detections, and VOC one. The pixels of the objects
        aren't known, so areas are those of the boxes.
        """
        boxes = Boxes.of(np.array([item.xywh for item in self.objects]), self.size)
        difficult = np.array([item.difficult for item in self.objects], dtype=np.bool_)
        return Boxes(boxes.xywh, self.size, boxes.scores, boxes.areas, difficult)


def annotation_path(voc: Path, name: str) -> Path:
    """The XML file of a picture."""
    return voc / "Annotations" / f"{name}.xml"


def read_annotated(voc: Path, name: str) -> tuple[Path, Clip, VocAnnotation]:
    """A picture's file, the picture, and its objects.

    Raises InputError if a file is missing or damaged, or the picture isn't as large as the annotation says.
    """
    annotation = read_annotation(annotation_path(voc, name))
    path = voc / "JPEGImages" / f"{name}.jpg"
    picture = read_image(path)
    if picture.shape[1:3] != annotation.size:
        height, width = annotation.size
        raise InputError(
            f"{path}: is {picture.shape[2]} x {picture.shape[1]}, but its annotation is for {width} x {height}; "
            "use the pictures as VOC offers them"
        )
    return path, picture, annotation


def read_annotation(path: Path) -> VocAnnotation:
    """Read an XML file. Raises InputError if it is missing, damaged, or no annotation."""
    data = read_bytes(path)
    try:
        if b"<!DOCTYPE" in data:
            raise ValueError("it declares a document type")
        tree = ET.fromstring(data)  # noqa: S314  see the import
        size = round(_number(tree, "size/height")), round(_number(tree, "size/width"))
        if min(size) < 1:
            raise ValueError(f"a picture of {size[1]} x {size[0]}")
        return VocAnnotation(size, tuple(_object(entry) for entry in tree.findall("object")))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{path}: isn't VOC's XML of objects ({error}); unpack it again") from error


def _object(entry: ET.Element) -> VocObject:
    # Only what is directly in it: parts of people (head, hand) have names and boxes as well.
    left, top, right, bottom = (_number(entry, f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax"))
    # VOC counts pixels from 1, and the last one is inside.
    xywh = left - 1, top - 1, right - left + 1, bottom - top + 1
    if min(xywh[2:]) <= 0:
        raise ValueError(f"a box from {left:g}, {top:g} to {right:g}, {bottom:g}")
    return VocObject(_text(entry, "name"), xywh, entry.findtext("difficult", "0").strip() == "1")


def _text(entry: ET.Element, path: str) -> str:
    text = entry.findtext(path)
    if text is None or not text.strip():
        raise ValueError(f"<{entry.tag}> has no {path}")
    return text.strip()


def _number(entry: ET.Element, path: str) -> float:
    number = float(_text(entry, path))
    if not math.isfinite(number):
        raise ValueError(f"{path} isn't finite")
    return number
