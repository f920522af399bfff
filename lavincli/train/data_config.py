"""The part of a recipe that says what is learned from: data, and the batches made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lavincli.errors import UnknownNameError
from lavincli.media.recolour import recolouring
from lavincli.model.config import TEMPORAL_COMPRESSION
from lavincli.registry import tasks

Share = Annotated[float, Field(ge=0.0, le=1.0)]
BUNDLED = Path("bundled")
"""The root that stands for the few photos that come with lavin: enough to try a recipe."""


class Settings(BaseModel):
    """A group of keys, all of them known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DamagesConfig(Settings):
    """Photos with a second damage that is not to be mended, so that only the context tells which one is.

    share: of the crops to train on of each task whose input is made from its target. tasks: weight of each task whose
    transform damages them; never the task itself, nor one with the same transform.
    """

    share: Share
    tasks: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)


class DataConfig(Settings):
    """Pairs of pictures, rendered once before training and drawn from at random.

    size: their height and width. other_sizes: weights of further ones for a J-DiT's batches, where `size` has 1.
    frames: longer clips are cut to their first so many, 1 + 4 k of them; null leaves clips as they are. tasks:
    weight of each task in the mixture. roots: where a card's data set (by its name in the card) lies; required, so
    that bundled pictures are never trained on by accident; `bundled` is the folder of the photos among them.
    options: of a data set's loader, instead of those of the card. exclude: patterns of sample keys to leave out.
    pairs: of tasks that get another number than `pairs_per_task`, as clips, which take longer to make.
    samples: of tasks whose pairs to train on are crops of so many samples only, several of each: of samples that take
    longer to make than a crop, as rendered scenes. damages: targets T(D(photo)) -> D(photo) among those of restoration;
    held-out pairs have none. variations: for each task the names of other renderings of its annotation
    (`lavincli.media.recolour`): its pairs to train on are split into equal blocks, one as ever and one for each name,
    and a context is of one block; held-out pairs are as ever.
    latents: a store that `lavin encode` made of the tasks' train splits, in place of roots and crops; for a J-DiT.
    """

    size: int = Field(gt=0, multiple_of=16)
    other_sizes: dict[Annotated[int, Field(gt=0, multiple_of=16)], Annotated[float, Field(gt=0)]] = {}
    frames: int | None = Field(default=None, gt=0)
    tasks: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    roots: dict[str, Path] = {}
    options: dict[str, dict[str, Any]] = {}
    damages: DamagesConfig | None = None
    variations: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    latents: Path | None = None
    exclude: tuple[str, ...] = ()
    pairs_per_task: int = Field(default=1000, gt=0)
    pairs: dict[str, Annotated[int, Field(gt=0)]] = {}
    samples: dict[str, Annotated[int, Field(gt=0)]] = {}
    held_out_pairs: int = Field(default=64, gt=0)
    seed: int = 0
    workers: int = Field(default=2, ge=0)
    cache: Path = Path("runs/pairs")

    @property
    def sizes(self) -> dict[int, float]:
        """The weight of every size."""
        return {self.size: 1.0, **self.other_sizes}

    def at(self, size: int) -> DataConfig:
        """The same data at another size."""
        return self.model_copy(update={"size": size, "other_sizes": {}})

    @property
    def fewest_pairs(self) -> int:
        """Pairs of the smallest pool that a context to train on can be drawn from."""
        return min(
            self.pairs.get(name, self.pairs_per_task) // (1 + len(self.variations.get(name, ()))) for name in self.tasks
        )

    @model_validator(mode="after")
    def _of_known_tasks(self) -> DataConfig:
        # Of other tasks too: a recipe's tasks can be changed on the command line, and what is said of the rest is idle.
        for key, named in (("pairs", self.pairs), ("samples", self.samples), ("variations", self.variations)):
            if others := named.keys() - self.tasks.keys() - tasks().keys():
                raise ValueError(f"{key}: {', '.join(sorted(others))} is not among the tasks")
        return self

    @model_validator(mode="after")
    def _known_variations(self) -> DataConfig:
        for name, variations in self.variations.items():
            try:
                _ = [recolouring(variation) for variation in variations]
            except UnknownNameError as error:
                raise ValueError(f"variations: {name}: {error}; known: {', '.join(error.known)}") from error
            if len(set(variations)) < len(variations):
                raise ValueError(f"variations: {name}: one is named twice")
        return self

    @model_validator(mode="after")
    def _pictures_to_change(self) -> DataConfig:
        if self.latents is not None and (self.damages is not None or self.variations):
            raise ValueError("damages and variations change pictures, but latents are made: give roots instead")
        return self

    @model_validator(mode="after")
    def _whole_latent_frames(self) -> DataConfig:
        if self.frames is not None and self.frames % TEMPORAL_COMPRESSION != 1:
            raise ValueError(f"frames must be 1 + {TEMPORAL_COMPRESSION} k, for an ST-VAE, not {self.frames}")
        if self.frames is not None and self.latents is not None:
            raise ValueError("frames cuts clips before they are encoded, but latents are: leave frames out")
        return self


class ClipsConfig(Settings):
    """Steps that show clips to an ST-VAE, where tasks have any. All clips of a step's batch are of one length.

    share: of the steps; null leaves it to the tasks' weights, half for inputs and half for targets. batch_size: clips
    a step; null: so many that they have no more frames than `batch_size` of the recipe, which counts stills.
    """

    share: Share | None = None
    batch_size: int | None = Field(default=None, gt=0)


class SequenceConfig(Settings):
    """In-context sequences of 1..`pairs` pairs; each context serves `queries` queries, each query `noises` targets.

    pair_counts: the numbers of pairs to draw from, instead of all of them: fewer shapes for one that is compiled.
    null_context: share of the batches that have none. tokens: of a batch, at most: the longer its sequences, the fewer
    contexts it has, by multiples of `multiple` (which the processes share out); null: all batches have `batch_size`.
    """

    pairs: int = Field(default=4, gt=0)
    pair_counts: Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1)] | None = None
    queries: int = Field(default=1, gt=0)
    noises: int = Field(default=1, gt=0)
    null_context: Share = 0.0
    tokens: int | None = Field(default=None, gt=0)
    multiple: int = Field(default=1, gt=0)

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of pairs that a context may have."""
        return tuple(range(1, self.pairs + 1)) if self.pair_counts is None else self.pair_counts

    @model_validator(mode="after")
    def _at_most_pairs(self) -> SequenceConfig:
        if max(self.counts) != self.pairs:
            raise ValueError(f"pair_counts must go up to pairs, {self.pairs}, not {max(self.counts)}")
        return self
