"""Reads records of a latent set at random, hundreds of thousands a second: the mapped shards, no Zarr in between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from lavincli.errors import InputError
from lavincli.latents.layout import SIDES
from lavincli.latents.quantise import from_int8
from lavincli.latents.shards import ShardReader
from lavincli.latents.store import LatentSet, encoded_places


class RecordReader:
    """Records of one array of a set.

    The index of a shard is parsed, and its file mapped, when the first of its records is asked for. An array that
    somebody has written anew with other codecs is read through zarr, slower. A reader can be sent to another process,
    which maps the files for itself.
    """

    def __init__(self, found: LatentSet, name: str) -> None:
        self._set, self._name = found, name
        self.shape = found.shape(name)
        self.dtype = found.dtype(name)
        self._values = math.prod(self.shape)
        self._held = found.info.records_per_shard
        self._shards: dict[int, ShardReader] = {}
        array = found.array(name)
        self._zarr = None if _is_plain(array, self._held, self.shape) else array

    def __reduce__(self) -> tuple[type[RecordReader], tuple[LatentSet, str]]:
        return RecordReader, (self._set, self._name)

    def __getitem__(self, record: int) -> NDArray[Any]:
        """One record, read-only and as it is stored: a view of the file. Raises InputError if it is missing."""
        if self._zarr is not None:
            return np.asarray(self._zarr[record])
        shard, place = divmod(record, self._held)
        reader = self._shards.get(shard)
        if reader is None:
            reader = self._shards[shard] = ShardReader(self._set.shard_file(self._name, shard), self._held)
        return reader.read(place, self.dtype, self._values).reshape(self.shape)

    def take(self, records: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Copies of several records, ``[len(records), *shape]``."""
        out = np.empty((len(records), *self.shape), self.dtype)
        for place, record in enumerate(records):
            out[place] = self[int(record)]
        return out


class LatentReader:
    """The latents of one side of a set, whatever they are stored as."""

    def __init__(self, found: LatentSet, side: str) -> None:
        self._records = RecordReader(found, side)
        self._scales = RecordReader(found, f"{side}_scale") if found.store.info.storage == "int8" else None

    def take(self, records: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.floating[Any]]:
        """Normalised latents ``[len(records), 16, T', h, w]``: float16 as stored, or float32 where stored as int8."""
        latents = self._records.take(records)
        return latents if self._scales is None else from_int8(latents, self._scales.take(records))


class LatentPairs:
    """The pairs of a set that could be encoded, as normalised latents, by numbers from 0 on.

    Attributes:
        places: the numbers of their records in the store.
    """

    def __init__(self, found: LatentSet) -> None:
        # The states alone: keys are text, and there may be millions of them.
        self.places = encoded_places(np.asarray(found.array("state")[:]))
        if len(self.places) == 0:
            raise InputError(f"{found.folder}: holds no encoded pair; run lavin encode to its end")
        self._input, self._target = (LatentReader(found, side) for side in SIDES)

    def __len__(self) -> int:
        return len(self.places)

    def inputs(self, numbers: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.floating[Any]]:
        """Latents ``[len(numbers), 16, T', h, w]`` of the inputs of some pairs."""
        return self._input.take(self.places[np.asarray(numbers)])

    def targets(self, numbers: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.floating[Any]]:
        """Latents of their targets."""
        return self._target.take(self.places[np.asarray(numbers)])


def _is_plain(array: zarr.Array[Any], held: int, shape: tuple[int, ...]) -> bool:
    """Whether an array is stored as this project writes it: a record a chunk, bytes only, the index at the end."""
    metadata: dict[str, Any] = array.metadata.to_dict()
    codecs = metadata.get("codecs", ())
    if metadata.get("zarr_format") != 3 or len(codecs) != 1 or codecs[0]["name"] != "sharding_indexed":
        return False
    sharding = codecs[0]["configuration"]
    return (
        array.shards == (held, *shape)
        and array.chunks == (1, *shape)
        and [codec["name"] for codec in sharding["codecs"]] == ["bytes"]
        and [codec["name"] for codec in sharding["index_codecs"]] == ["bytes", "crc32c"]
        and str(getattr(sharding["index_location"], "value", sharding["index_location"])) == "end"
    )
