"""Which side of a task's pairs is an annotation: drawn by convention, and as well drawn otherwise."""

from __future__ import annotations

from typing import Literal

from lavincli.cards.task import Task
from lavincli.clip import Pair
from lavincli.errors import ConfigError
from lavincli.media.recolour import Recolouring

AnnotationSide = Literal["input", "target"]


def annotation_side(task: Task) -> AnnotationSide:
    """The target, as a depth map is; of a reverse task the input.

    Raises ConfigError for tasks that have none because they give a picture for a picture.
    """
    side, codec = ("input", task.input_codec) if task.forward else ("target", task.codec)
    if getattr(codec, "pictures", False):
        raise ConfigError(
            f"variations: the {side} of {task.name} is a picture to look at, not an annotation that could as well be "
            "drawn in other colours; leave the task out"
        )
    return "input" if side == "input" else "target"


def redrawn(pair: Pair, side: AnnotationSide, recolouring: Recolouring) -> Pair:
    """The pair with its annotation in another rendering."""
    if side == "input":
        return Pair(pair.key, recolouring(pair.input), pair.target)
    return Pair(pair.key, pair.input, recolouring(pair.target))
