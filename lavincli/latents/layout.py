"""What a latent store says of itself, as attributes of its Zarr groups.

::

    latents.zarr/                                   StoreInfo: which ST-VAE, and how its latents are kept
      <task>/<data set>/<split>/<resolution>/       SetInfo: which pairs
        input, target         float16 (or int8) [N, 16, T', h, w], a record a chunk, many records a shard
        input_scale, ...      float32 [N, 16], only with int8: latents = values * scale
        input_logvar, ...     float16 like the means, only on request
        key, problem          string [N]: the sample's key; why it could not be encoded
        checksum              uint32 [N]: CRC-32C of the sample's records, one after the other
        fingerprint           uint64 [N]: of the two pictures that were encoded
        state                 uint8 [N]: 0 not yet, 1 encoded, 2 could not be

A record is a sample's latents as the model sees them: (posterior mean - shift) * scale.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FORMAT: Final = 1
ATTRIBUTE: Final = "lavin"
SIDES: Final = ("input", "target")
NOT_YET, ENCODED, FAILED = 0, 1, 2

Storage = Literal["float16", "int8"]


class _Info(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreInfo(_Info):
    """What all latents of a store have in common.

    Attributes:
        format: version of this layout.
        stvae: sha256 of the ST-VAE's settings and of its encoder's weights.
        model: the model's name, for people.
        latent_shift, latent_scale: what normalised the latents.
        storage: how they are kept.
        logvar: whether the posterior's log variance is there too (not normalised).
        lavin: version that made the store.
    """

    format: Literal[2] = 2
    stvae: str
    model: str
    latent_shift: float
    latent_scale: float
    storage: Storage
    logvar: bool
    lavin: str


class SetInfo(_Info):
    """One set of pairs.

    Attributes:
        task, card_version: the task, and which version of its card.
        card: the card, as JSON.
        dataset, split: the data.
        resolution: height and width of the pictures in pixels.
        frames: of an input and of a target.
        count: N, how many records there are, those that failed among them.
        keys_hash: sha256 of the data set's size and what else decides which sample a record is.
        seed: of what is drawn at random.
        augmented: records are random crops of samples drawn at random, instead of each sample once.
        records_per_shard: how many records a shard holds.
    """

    task: str
    card_version: int
    card: dict[str, Any]
    dataset: str
    split: str
    resolution: int = Field(gt=0)
    frames: tuple[int, int]
    count: int = Field(gt=0)
    keys_hash: str
    seed: int
    augmented: bool
    records_per_shard: int = Field(gt=0)

    @model_validator(mode="after")
    def _named_after_what_it_is(self) -> Self:
        if "/" in self.task or "/" in self.dataset or "/" in self.split:
            raise ValueError("task, data set and split are names of groups and can't hold a '/'")
        return self

    @property
    def path(self) -> str:
        """The group inside the store."""
        return f"{self.task}/{self.dataset}/{self.split}/{self.resolution}"

    @property
    def shards(self) -> int:
        """How many shards hold the records."""
        return -(-self.count // self.records_per_shard)

    def places(self, shard: int) -> range:
        """The numbers of the records of one shard."""
        first = shard * self.records_per_shard
        return range(first, min(first + self.records_per_shard, self.count))
