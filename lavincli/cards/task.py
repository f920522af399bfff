"""A task: what its card binds together, ready to be used."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lavincli.blocks import Cuttable, resample_of
from lavincli.cards.blocks import CardBlocks
from lavincli.cards.build import factory_of
from lavincli.cards.card import TaskCard
from lavincli.cards.framing import Frame, generator
from lavincli.cards.sides import framed_picture, own_picture, read_swapped, swapped
from lavincli.clip import Clip, Pair, Sample
from lavincli.context.read import read_context
from lavincli.errors import CardError, UnknownNameError
from lavincli.lazy_samples import LazySamples, key_of, keys_are_known
from lavincli.media.geometry import resize


class Task(CardBlocks):
    """One task, from its card and its folder: its data, and what a model is shown of it.

    Building blocks are made on first use; a mistake is a CardError. See `CardBlocks` for ``card``, ``card_file``,
    ``folder``, ``codec``, ``input_codec`` and ``metrics``.
    """

    def __repr__(self) -> str:
        return f"Task({self.name!r}, version {self.card.version}, {self.folder})"

    def __reduce__(self) -> tuple[type[Task], tuple[TaskCard, Path]]:
        # Worker processes make the building blocks anew: factories of plugins need not be picklable.
        return Task, (self.card, self.card_file)

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
            return LazySamples(range(len(forward)), functools.partial(read_swapped, forward), key=key)
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
            forward = self.forward.pair(swapped(sample), size=size, seed=seed, augment=augment)
            return Pair(forward.key, input=forward.target, target=forward.input)
        random = generator(seed, self.name, sample.key)
        frame = Frame.random(random, mirrorable=self._mirrorable) if augment else Frame(whole=sample.whole)
        given_target = framed_picture(self.codec, sample.target, sample, frame, size)
        given_input = framed_picture(self.input_codec, sample.input, sample, frame, size)
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
        given = swapped(sample) if self.forward else sample
        forward = self.forward or self
        random = generator(seed, forward.name, sample.key)
        source = own_picture(forward.input_codec, given.input, sample)
        target = own_picture(forward.codec, given.target, sample)
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
        given = framed_picture(self.codec, sample.target, sample, frame, size)
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
