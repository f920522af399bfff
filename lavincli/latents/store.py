"""A latent store on disk: made, found again, and its shards handed to writers. The layout is in `layout`."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import zarr
from numpy.typing import NDArray
from pydantic import ValidationError

from lavincli.errors import InputError
from lavincli.latents.layout import ATTRIBUTE, ENCODED, NOT_YET, SIDES, SetInfo, StoreInfo
from lavincli.model.config import LATENT_CHANNELS, SPATIAL_COMPRESSION, TEMPORAL_COMPRESSION

# What is kept of each record beside its latents, and the type it has.
_NOTES: Final[dict[str, Any]] = {
    "key": str,
    "problem": str,
    "checksum": "uint32",
    "fingerprint": "uint64",
    "state": "uint8",
}


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept of the records of one shard beside their latents; arrays of one entry a record."""

    key: NDArray[Any]
    problem: NDArray[Any]
    checksum: NDArray[np.uint32]
    fingerprint: NDArray[np.uint64]
    state: NDArray[np.uint8]


class LatentSet:
    """One set of pairs in a store."""

    def __init__(self, store: LatentStore, info: SetInfo) -> None:
        self.store = store
        self.info = info
        self.folder = store.path / info.path

    def names(self) -> list[str]:
        """The arrays that hold records, for each side the latents first: those that a shard's writer writes."""
        kinds = [""]
        if self.store.info.storage == "int8":
            kinds.append("_scale")
        if self.store.info.logvar:
            kinds.append("_logvar")
        return [f"{side}{kind}" for side in SIDES for kind in kinds]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of one record of an array."""
        if name.endswith("_scale"):
            return (LATENT_CHANNELS,)
        frames = self.info.frames[SIDES.index(name.removesuffix("_logvar"))]
        side = self.info.resolution // SPATIAL_COMPRESSION
        return (LATENT_CHANNELS, 1 + (frames - 1) // TEMPORAL_COMPRESSION, side, side)

    def dtype(self, name: str) -> np.dtype[Any]:
        """The type of an array."""
        if name.endswith("_scale"):
            return np.dtype("<f4")
        return np.dtype("<f2" if name.endswith("_logvar") else np.dtype(self.store.info.storage).newbyteorder("<"))

    def shard_file(self, name: str, shard: int) -> Path:
        """Where a shard of an array lies (Zarr's default names of chunks)."""
        return self.folder / name / "c" / "/".join([str(shard), *("0" for _ in self.shape(name))])

    def array(self, name: str) -> zarr.Array[Any]:
        """An array, opened by zarr."""
        return zarr.open_array(self.folder / name, mode="r")

    def notes(self) -> Notes:
        """The notes on all records."""
        return Notes(**{name: np.asarray(self.array(name)[:]) for name in _NOTES})

    def finished(self, shard: int) -> bool:
        """Whether all of a shard is there: its states are written last (and are never all 0, which zarr leaves out)."""
        return self._states(shard).is_file()

    def forget(self, shard: int) -> None:
        """Let a shard count as missing, so that it is encoded anew."""
        self._states(shard).unlink(missing_ok=True)

    def _states(self, shard: int) -> Path:
        return self.folder / "state" / "c" / str(shard)

    def note(self, shard: int, notes: Notes) -> None:
        """Write the notes on a shard's records, after the records themselves; with them the shard is finished."""
        places = self.info.places(shard)
        for name in _NOTES:
            array = zarr.open_array(self.folder / name, mode="r+")
            array[places.start : places.stop] = getattr(notes, name)

    def create(self) -> None:
        """Make the group and its arrays, still empty; all of them or none, also where another process does the same."""
        parent = self.info.path.rpartition("/")[0]
        zarr.open_group(self.store.path, mode="r+").require_group(parent)
        with _folder_at_once(self.folder, self.store.path) as folder:
            group = zarr.create_group(folder, attributes={ATTRIBUTE: self.info.model_dump(mode="json")})
            held = self.info.records_per_shard
            for name in self.names():
                shape = self.shape(name)
                group.create_array(
                    name,
                    shape=(self.info.count, *shape),
                    shards=(held, *shape),
                    chunks=(1, *shape),
                    dtype=self.dtype(name),
                    compressors=None,
                    filters=None,
                    fill_value=0,
                )
            for name, kind in _NOTES.items():
                group.create_array(name, shape=(self.info.count,), chunks=(held,), dtype=kind)


class LatentStore:
    """A store that is there. Make or open one with `create_store` and `open_store`."""

    def __init__(self, path: Path, info: StoreInfo) -> None:
        self.path = path
        self.info = info

    def sets(self) -> list[LatentSet]:
        """All sets of pairs, by the names of their groups. Raises InputError for attributes that can't be read."""
        groups = sorted(self.path.glob("*/*/*/*/zarr.json"))
        infos = [_attributes(file.parent, SetInfo) for file in groups]
        return [LatentSet(self, info) for info in infos]

    def require_set(self, info: SetInfo) -> LatentSet:
        """The set of this description, made if it isn't there.

        Raises InputError if there is one of this name that was made of other data or by another card.
        """
        made = LatentSet(self, info)
        if not (made.folder / "zarr.json").is_file():
            made.create()
            return made
        found = _attributes(made.folder, SetInfo)
        for name in SetInfo.model_fields:
            before, now = getattr(found, name), getattr(info, name)
            if before != now:
                short = ("card", "keys_hash")
                change = "is another" if name in short else f"was {before} and is now {now}"
                raise InputError(
                    f"{made.folder}: was encoded from something else ({name} {change}); "
                    "encode to a new store, or delete this folder"
                )
        return made


def create_store(path: Path, info: StoreInfo) -> LatentStore:
    """Open the store at ``path``, or make it. Raises InputError if one of another ST-VAE or kind is there."""
    if not path.exists():
        with _folder_at_once(path, path.parent) as folder:
            zarr.create_group(folder, attributes={ATTRIBUTE: info.model_dump(mode="json")})
    store = open_store(path)
    require_stvae(store, info.stvae)
    for name in ("storage", "logvar"):
        before, now = getattr(store.info, name), getattr(info, name)
        if before != now:
            raise InputError(f"{path}: was made with {name} {before}, not {now}; encode to a new store")
    return store


def open_store(path: Path) -> LatentStore:
    """Open a store. Raises InputError if there is none, or it is of another format."""
    if not (path / "zarr.json").is_file():
        raise InputError(f"{path}: is no latent store (no zarr.json in it); make one with lavin encode")
    return LatentStore(path, _attributes(path, StoreInfo))


def require_stvae(store: LatentStore, stvae: str) -> None:
    """Raise InputError, with both hashes, if a store's latents are another ST-VAE's."""
    if store.info.stvae != stvae:
        raise InputError(
            f"{store.path}: its latents were made by the ST-VAE {store.info.stvae}, but the model's is {stvae}; "
            "encode the data again with this model"
        )


def encoded_places(states: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The numbers of the records that are there."""
    return np.flatnonzero(states == ENCODED)


def missing_shards(found: LatentSet, shards: Sequence[int]) -> list[int]:
    """Those of the shards that are not finished."""
    assert NOT_YET == 0
    return [shard for shard in shards if not found.finished(shard)]


@contextlib.contextmanager
def _folder_at_once(folder: Path, beside: Path) -> Iterator[Path]:
    """A new folder to be filled, which takes the place of ``folder`` when that is done.

    If another process was quicker, its folder stays. What is made lies in ``beside`` until then, under a hidden name.
    """
    beside.mkdir(parents=True, exist_ok=True)
    temporary = beside / f".lavin-{secrets.token_hex(8)}"
    try:
        yield temporary
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _attributes(folder: Path, kind: type[Any]) -> Any:
    try:
        return kind.model_validate(zarr.open_group(folder, mode="r").attrs.asdict().get(ATTRIBUTE))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or ATTRIBUTE
        raise InputError(
            f"{folder}: is no latent store that this lavin can read (attribute {key}: {first['msg']})"
        ) from error
