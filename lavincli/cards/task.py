"""A task: what its card binds together, ready to be used."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lavincli.blocks import Codec, Cuttable, Metric, Transform, required_options, resample_of
from lavincli.cards.build import build, factory_of
from lavincli.cards.card import Block, Side, TaskCard
from lavincli.cards.framing import Frame, generator
from lavincli.clip import Clip, Pair, Sample
from lavincli.context.read import read_context
from lavincli.errors import CardError, LavinError, UnknownNameError
from lavincli.lazy_samples import LazySamples, key_of, keys_are_known
from lavincli.media.geometry import resize
from lavincli.registry import registry


class Task:
    """One task, from its card and its folder. Building blocks are made on first use; a mistake is a CardError.

    Attributes:
        card: the validated card.
        card_file: where it was read.
        folder: holds the card, and ``context/`` where the task has a context set.
    """

    def __init__(self, card: TaskCard, card_file: Path) -> None:
        self.card = card
        self.card_file = card_file
        self.folder = card_file.parent

    def __repr__(self) -> str:
        return f"Task({self.name!r}, version {self.card.version}, {self.folder})"

    def __reduce__(self) -> tuple[type[Task], tuple[TaskCard, Path]]:
        # Worker processes make the building blocks anew: factories of plugins need not be picklable.
        return Task, (self.card, self.card_file)

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

    @property
    def datasets(self) -> list[str]:
        """The names of the card's data sets, the default one first."""
        return self.forward.datasets if self.forward else list(self.card.data)

    def require_dataset(self, name: str) -> None:
        """Raise UnknownNameError if the task has no data set of this name."""
        if name not in self.datasets:
            raise UnknownNameError(name, kind=f"data set of task {self.name}", known=self.datasets)

    def samples(
        self, dataset: str | None = None, root: Path | str | None = None, split: str = "test", **options: Any
    ) -> Sequence[Sample]:
        """The items of a data set, lazily: indexing reads one item from disk.

        Args:
            dataset: a name in the card's ``data``; the first one by default.
            root: where the data set lies; by default where the card says, else the data bundled with the loader.
            split: "train" or "test", or what the loader offers.
            options: for the loader, instead of those of the card.

        Raises UnknownNameError, CardError, or what the loader says of a wrong root (InputError).
        """
        if self.forward:
            forward = self.forward.samples(dataset, root, split, **options)
            key = functools.partial(key_of, samples=forward) if keys_are_known(forward) else None
            return LazySamples(range(len(forward)), functools.partial(_read_swapped, forward), key=key)
        if not self.card.data:
            raise CardError(f"{self.card_file}: key 'data': the card names no data set")
        name = dataset if dataset is not None else next(iter(self.card.data))
        self.require_dataset(name)
        data = self.card.data[name]
        place = f"data.{name}"
        options = {**data.options, **options}
        factory = factory_of("loaders", data.loader, options, card=self.card_file, key=place, given=("root", "split"))
        if root is None and data.root is not None:
            root = self.folder / data.root
        try:
            samples: Sequence[Sample] = factory(None if root is None else Path(root), split, **options)
        except (TypeError, ValueError) as error:
            raise CardError(f"{self.card_file}: key '{place}': {data.loader}: {error}") from error
        return samples

    def pair(self, sample: Sample, *, size: int, seed: int = 0, augment: bool = False) -> Pair:
        """One sample as two RGB clips ``uint8 [T, size, size, 3]``.

        The centred square is taken (of a sample that says so the whole picture; with ``augment`` a random square,
        perhaps mirrored), resized to ``size``, and what the sample lacks is made by the card's transform, at that size.
        Randomness depends on ``seed``, the task's name and ``sample.key`` alone.

        Raises CardError if the sample lacks a side and the card has no transform for it.
        """
        if self.forward:
            forward = self.forward.pair(_swap(sample), size=size, seed=seed, augment=augment)
            return Pair(forward.key, input=forward.target, target=forward.input)
        random = generator(seed, self.name, sample.key)
        frame = Frame.random(random, mirrorable=self._mirrorable) if augment else Frame(whole=sample.whole)
        given_target = _drawn(self.codec, sample.target, sample, frame, size)
        given_input = _drawn(self.input_codec, sample.input, sample, frame, size)
        target = self._made_from("target", given_input, random) if given_target is None else given_target
        source = self._made_from("input", target, random) if given_input is None else given_input
        return Pair(sample.key, input=source, target=target)

    def whole(self, sample: Sample) -> tuple[Clip, Any] | None:
        """The query as a picture and the target as a native value, both of the sample's own size.

        For a sample that is judged so (`Sample.whole`); None for others, and where one side is made from the other.
        """
        if not sample.whole or sample.input is None or sample.target is None:
            return None
        if sample.drawn:
            return sample.input, self.codec.decode(sample.target)
        return self.input_codec.render(sample.input), sample.target

    def at_own_size(self, sample: Sample, *, seed: int = 0) -> tuple[Clip, Any]:
        """The query as a picture and the target as a native value, of the sample's own size, whatever it is judged at.

        What the sample lacks is made by the card's transform, at that size. Raises CardError as `pair` does.
        """
        given = _swap(sample) if self.forward else sample
        forward = self.forward or self
        random = generator(seed, forward.name, sample.key)
        source = _picture(forward.input_codec, given.input, sample)
        target = _picture(forward.codec, given.target, sample)
        if target is None:
            target = forward._made_from("target", source, random)
        if source is None:
            source = forward._made_from("input", target, random)
        query, truth = (target, source) if self.forward else (source, target)
        if sample.target is None or sample.drawn:
            return query, self.codec.decode(truth)
        return query, sample.target

    def context_of(self, sample: Sample, *, size: int, seed: int = 0) -> list[Pair]:
        """The examples that a protocol gives this very sample, as `pair` makes them; empty where it gives none."""
        return [self.pair(example, size=size, seed=seed) for example in sample.context]

    @property
    def makes_inputs(self) -> bool:
        """Whether the card says how an input is made from a target: a clean photo can then stand for both."""
        return not self.forward and self._transform("input") is not None

    def input_from(self, target: Clip, *, key: str, seed: int = 0) -> Clip:
        """The input that the card's transform makes from a target picture, as `pair` does it, at the target's size.

        Raises CardError if the card has no such transform.
        """
        if not self.makes_inputs:
            raise CardError(f"{self.card_file}: the card has no 'input: {{transform: ...}}' to make an input with")
        return self._made_from("input", target, generator(seed, self.name, key))

    def native_target(self, sample: Sample, *, size: int, seed: int = 0) -> Any:
        """What a metric compares a prediction with: the target at the crop and size of `pair`, as a native value."""
        frame = Frame(whole=sample.whole)
        if sample.target is not None and not sample.drawn and isinstance(self.codec, Cuttable):
            return self.codec.cut(sample.target, frame, size)
        given = _drawn(self.codec, sample.target, sample, frame, size)
        return self.codec.decode(self.pair(sample, size=size, seed=seed).target if given is None else given)

    def context_pairs(self, size: int | None = None) -> list[Pair]:
        """The task's context set, by id; a reverse task swaps that of its forward task.

        Without ``size`` the pairs are as stored. With it they are stretched to ``size`` x ``size``, and the side that
        the card's transform makes is made anew at that size, as `pair` does it: noise, JPEG blocks or edges one pixel
        thin do not survive a resize, and the context must show what the query will look like.

        Raises InputError if the set is missing or damaged.
        """
        folder = self.folder / "context"
        if self.forward and not folder.is_dir():
            return [Pair(pair.key, pair.target, pair.input) for pair in self.forward.context_pairs(size)]
        stored = read_context(folder)
        return stored if size is None else [self._at_size(pair, size) for pair in stored]

    def _at_size(self, pair: Pair, size: int) -> Pair:
        if pair.input.shape[1:3] == pair.target.shape[1:3] == (size, size):
            return pair
        source = resize(pair.input, (size, size), resample_of(self.input_codec))
        target = resize(pair.target, (size, size), resample_of(self.codec))
        if self.forward is None:
            random = generator("context", self.name, pair.key)
            if self._transform("input") is not None:
                source = self._made_from("input", target, random)
            elif self._transform("target") is not None:
                target = self._made_from("target", source, random)
        return Pair(pair.key, source, target)

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


def _picture(codec: Codec, value: Any, sample: Sample) -> Clip | None:
    """One side of a sample as a picture of its own size; None where the sample lacks it."""
    if value is None:
        return None
    picture: Clip = value if sample.drawn else codec.render(value)
    return picture


def _drawn(codec: Codec, value: Any, sample: Sample, frame: Frame, size: int) -> Clip | None:
    """One side of a sample as a picture of the frame; None where the sample lacks it."""
    if value is None:
        return None
    if sample.drawn:
        return frame.cut(value, size, resample_of(codec))
    if isinstance(codec, Cuttable):
        return codec.render(codec.cut(value, frame, size))
    return frame.cut(codec.render(value), size, resample_of(codec))


def _swap(sample: Sample) -> Sample:
    return dataclasses.replace(
        sample, target=sample.input, input=sample.target, context=tuple(_swap(example) for example in sample.context)
    )


def _read_swapped(samples: Sequence[Sample], index: int) -> Sample:
    return _swap(samples[index])
