"""The building blocks that a card names: codecs, transforms and metrics, made on first use."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lavincli.blocks import Codec, Metric, Transform, required_options
from lavincli.cards.build import build, factory_of
from lavincli.cards.card import Block, Side, TaskCard
from lavincli.clip import Clip
from lavincli.errors import CardError, LavinError
from lavincli.registry import registry

if TYPE_CHECKING:
    from lavincli.cards.task import Task


class CardBlocks:
    """A card, and the building blocks that it names; those of a reverse task are its forward task's.

    Whatever is wrong with a block is a CardError, raised when it is first asked for.

    Attributes:
        card: the validated card.
        card_file: where it was read.
        folder: holds the card, and ``context/`` where the task has a context set.
    """

    def __init__(self, card: TaskCard, card_file: Path) -> None:
        self.card = card
        self.card_file = card_file
        self.folder = card_file.parent

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    @property
    def title(self) -> str:
        """The card's title, or the name in words."""
        return self.card.title or self.name.replace("_", " ").capitalize()

    @functools.cached_property
    def codec(self) -> Codec:
        """The codec of the target side: ``codec.render(value)``, ``codec.decode(rgb)``."""
        return self.forward.input_codec if self.forward else self._codec(self.card.target, "target")

    @functools.cached_property
    def input_codec(self) -> Codec:
        """The codec of the input side."""
        return self.forward.codec if self.forward else self._codec(self.card.input, "input")

    def codec_with(self, **options: Any) -> Codec:
        """The target side's codec with some options changed, for example ``keep_luminance=True``.

        Raises CardError if the codec doesn't take the option.
        """
        side = self.forward.card.input if self.forward else self.card.target
        return self._codec(side, "target", **options)

    @property
    def metrics(self) -> dict[str, Metric]:
        """A fresh instance of each of the card's metrics, by name."""
        return {
            block.name: build("metrics", block.name, self._metric_options(block), card=self.card_file, key="metrics")
            for block in self.card.metrics
        }

    def _metric_options(self, block: Block) -> dict[str, Any]:
        """The card's options; a metric that scores a reverse task's condition is also told the forward task."""
        factory = registry().metrics.get(block.name)
        if self.card.reverse_of is None or factory is None or "task" not in required_options(factory):
            return block.options
        return {"task": self.card.reverse_of, **block.options}

    @functools.cached_property
    def headline(self) -> str:
        """The key of the one score that stands for the task."""
        keys = self.higher_is_better
        if self.card.headline is None:
            return next(iter(keys))
        if self.card.headline not in keys:
            raise CardError(
                f"{self.card_file}: key 'headline': no metric of the card gives '{self.card.headline}'; "
                f"they give {', '.join(keys)}"
            )
        return self.card.headline

    @functools.cached_property
    def higher_is_better(self) -> dict[str, bool]:
        """For every key that the metrics give, whether more is better."""
        directions: dict[str, bool] = {}
        for name, metric in self.metrics.items():
            for key, direction in metric.higher_is_better.items():
                if key in directions:
                    raise CardError(
                        f"{self.card_file}: key 'metrics': '{key}' is given by {name} and by another metric"
                    )
                directions[key] = direction
        return directions

    def check_blocks(self) -> None:
        """Make every building block the card names. Raises CardError at the first that fails."""
        _ = self.codec, self.input_codec, self.headline
        forward = self.forward or self
        for side in ("input", "target"):
            forward._transform(side)
        for name, data in forward.card.data.items():
            factory_of(
                "loaders", data.loader, data.options, card=self.card_file, key=f"data.{name}", given=("root", "split")
            )

    @functools.cached_property
    def forward(self) -> Task | None:
        """The task this one is the reverse of."""
        from lavincli.registry import task

        if self.card.reverse_of is None:
            return None
        try:
            forward = task(self.card.reverse_of)
        except LavinError as error:
            raise CardError(f"{self.card_file}: key 'reverse_of': {error}") from error
        if forward.card.reverse_of is not None:
            raise CardError(f"{self.card_file}: key 'reverse_of': {forward.name} is itself a reverse task")
        return forward

    def _codec(self, side: Side, key: str, **changed: Any) -> Codec:
        options = {**side.codec.options, **changed}
        codec: Codec = build("codecs", side.codec.name, options, card=self.card_file, key=f"{key}.codec")
        return codec

    @functools.cache  # noqa: B019  a task lives as long as the process
    def _transform(self, side: Literal["input", "target"]) -> Transform | None:
        block = (self.card.input if side == "input" else self.card.target).transform
        if block is None:
            return None
        transform: Transform = build(
            "transforms", block.name, block.options, card=self.card_file, key=f"{side}.transform"
        )
        return transform

    @property
    def _mirrorable(self) -> bool:
        return all(getattr(codec, "mirrorable", True) for codec in (self.codec, self.input_codec))

    def _made_from(self, side: Literal["input", "target"], other: Clip | None, random: np.random.Generator) -> Clip:
        transform = self._transform(side)
        if transform is None or other is None:
            raise CardError(
                f"{self.card_file}: the data set gives no {side}, and the card has no '{side}: {{transform: ...}}' "
                "to make it; add one or use a data set that has it"
            )
        return transform(other, random)
