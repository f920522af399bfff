"""The schema of ``task.yaml``: pydantic models that refuse unknown keys, with the short forms users write."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lavincli.model.config import SamplingChanges

CARD_FILE = "task.yaml"
_STRICT = ConfigDict(extra="forbid", frozen=True)
_WITH_OPTIONS = ConfigDict(extra="allow", frozen=True)
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Block(BaseModel):
    """A building block by name, with options for its factory: ``psnr``, or ``{name: psnr, luma: true}``."""

    model_config = _WITH_OPTIONS

    name: Name

    @property
    def options(self) -> dict[str, Any]:
        """Everything written beside the name."""
        return dict(self.model_extra or {})


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


NamedBlock = Annotated[Block, BeforeValidator(_named)]


class Side(BaseModel):
    """One side of a pair: its codec, and the transform that makes it from the other side where there is one.

    Short forms: ``{codec: color_mask, color: [255, 0, 0]}`` (options beside a codec are the codec's) and
    ``{transform: gaussian_blur, sigma: [1, 3]}`` (options beside a transform are the transform's; the codec is then
    named alone, or as ``codec: {name: ..., option: ...}``).
    """

    model_config = _STRICT

    codec: NamedBlock = Block(name="rgb")
    transform: NamedBlock | None = None

    @model_validator(mode="before")
    @classmethod
    def _options_to_their_block(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        sides = {key: _named(value[key]) for key in ("codec", "transform") if key in value}
        options = {key: option for key, option in value.items() if key not in ("codec", "transform")}
        if options:
            owner = "transform" if "transform" in sides else "codec"
            if owner not in sides:
                raise ValueError(f"'{next(iter(options))}' stands beside neither a codec nor a transform")
            if not isinstance(sides[owner], dict):
                return value
            sides[owner] = {**sides[owner], **options}
        return sides


class DataSet(BaseModel):
    """A data set: its loader, optionally where it lies (relative to the card), and options for the loader."""

    model_config = _WITH_OPTIONS

    loader: Name
    root: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Everything written beside the loader and the root."""
        return dict(self.model_extra or {})


def _metric(value: Any) -> Any:
    """``psnr``, ``{name: psnr, luma: true}`` or ``{psnr: {luma: true}}``."""
    if isinstance(value, dict) and len(value) == 1 and "name" not in value:
        ((name, options),) = value.items()
        if options is None or isinstance(options, dict):
            return {"name": name, **(options or {})}
    return _named(value)


MetricBlock = Annotated[Block, BeforeValidator(_metric)]


class PaperScores(BaseModel):
    """What a paper reports, and the protocol that an evaluation must have for its scores to stand beside them.

    Attributes:
        data: the data set, by its name in the card; of its test split.
        items: how many items the protocol has.
        pictures: at least so many different queries are among them, where items are drawn from a set with repetition.
        system: whose scores they are.
        scores: by the key of a metric's result, in its unit.
        source: where they stand.
    """

    model_config = _STRICT

    data: Name
    items: int = Field(ge=1)
    pictures: int = Field(default=1, ge=1)
    system: str
    scores: dict[Name, float]
    source: str


class TaskCard(BaseModel):
    """A task as ``task.yaml`` states it.

    Attributes:
        name: lower case with underscores.
        version: counts up whenever scores before and after can't be compared; the README tells the history.
        title: one line for lists.
        description: some sentences, for people.
        kind: the heading under which lists put the task, for example "restoration".
        input: codec of the input side, and the transform that makes the input from the target.
        target: codec of the target side, and the transform that makes the target from the input.
        data: data sets by name.
        metrics: what scores the task.
        headline: the one score that stands for the task, a key of a metric's result; the first one by default.
        paper: what papers report on the task; stands beside one's own scores, and decides nothing.
        sampling: how the task wants to be sampled, where that isn't how a model is: ``{grid: "uniform:2"}``, with the
            names of `lavincli.model.config.SamplingConfig`. What a model's config.json says of the task comes first.
        reverse_of: the name of a task whose sides are swapped; then input, target and data are that task's.
    """

    model_config = _STRICT

    name: Name
    version: int = Field(default=1, ge=1)
    title: str = ""
    description: str = ""
    kind: str = "other"
    input: Side = Side()
    target: Side = Side()
    data: dict[Name, DataSet] = {}
    metrics: list[MetricBlock] = Field(default=[], min_length=1)
    headline: str | None = None
    # No part of what identifies a card: answers and latents stay what they are when a paper is cited.
    paper: list[PaperScores] = Field(default=[], exclude=True)
    # Likewise: answers are identified by how they were really sampled.
    sampling: SamplingChanges = Field(default={}, exclude=True)
    reverse_of: Name | None = None

    @model_validator(mode="after")
    def _one_source_for_each_side(self) -> Self:
        given = self.model_fields_set
        if self.reverse_of is not None:
            clashing = sorted(given & {"input", "target", "data"})
            if clashing:
                raise ValueError(f"'{clashing[0]}' can't be given with reverse_of: it is taken from {self.reverse_of}")
            if self.reverse_of == self.name:
                raise ValueError("a task can't be the reverse of itself")
        elif "metrics" not in given:
            raise ValueError("'metrics' is missing: name at least one")
        if self.input.transform is not None and self.target.transform is not None:
            raise ValueError("input and target each have a transform: one of them must come from the data")
        return self
