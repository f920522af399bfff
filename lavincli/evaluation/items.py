"""What an evaluation tells of each item: a line of ``results.jsonl``, and the pictures that belong to it."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]
"""A float; None where it isn't finite, such as the PSNR of identical pictures."""


class StrictModel(BaseModel):
    """A model that refuses unknown keys, and doesn't change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(StrictModel):
    """A picture in a results folder, to be looked at.

    Attributes:
        file: its path below the results folder; an animation if there are several frames.
        still: the path of the middle frame of an animation; None for a still.
        width, height: in pixels.
        frames: how many.
    """

    file: str
    still: str | None
    width: int
    height: int
    frames: int


class PairPictures(StrictModel):
    """The pictures of an example pair, and the pair's id."""

    id: str
    input: Picture
    target: Picture


class ItemPictures(StrictModel):
    """The pictures of an item, all of one size."""

    query: Picture
    prediction: Picture
    truth: Picture


class ItemResult(StrictModel):
    """A line of ``results.jsonl``: one item under one draw of the context.

    Attributes:
        task, dataset, draw, key, seed: which item, which draw (from 0), and the seed of its noise.
        scores: the model's, by metric.
        baselines: those of the trivial answers, by name and metric.
        wrong_context: the model's under another task's pairs; None without that control.
        pictures: None where none were written: under all draws but the first, and beyond the first items.
        context: the pictures of the item's own examples; None where it is answered with those of the draw, or where
            none were written.
    """

    task: str
    dataset: str
    draw: int
    key: str
    seed: int
    scores: dict[str, Number]
    baselines: dict[str, dict[str, Number]]
    wrong_context: dict[str, Number] | None
    pictures: ItemPictures | None = None
    context: list[PairPictures] | None = None
