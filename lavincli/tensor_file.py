"""safetensors files that are written and read a tensor at a time: no process ever holds all of a large state.

The library writes whole dictionaries only; the format itself is a JSON header and the tensors' bytes one after the
other (https://huggingface.co/docs/safetensors).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

_NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float64: "F64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a tensor is like."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    @staticmethod
    def of(tensor: Tensor) -> Kind:
        """The kind of a tensor that is there."""
        return Kind(tensor.dtype, tuple(tensor.shape))

    @property
    def bytes(self) -> int:
        """Bytes that it takes."""
        return self.dtype.itemsize * torch.Size(self.shape).numel()


Layout = dict[str, Kind]
"""The tensors of a file, in its order."""


class Renamed(Mapping[str, Tensor]):
    """Tensors of another mapping under other names, read when they are asked for."""

    def __init__(self, tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
        self._tensors, self._names = tensors, names

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors[self._names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class StoredTensors(Mapping[str, Tensor]):
    """The tensors of a safetensors file, each read when it is asked for. Raises SafetensorError for another file."""

    def __init__(self, path: Path) -> None:
        opened: Any = safe_open(path, framework="pt")
        self._file = opened
        self._names: dict[str, None] = dict.fromkeys(self._file.keys())

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._names:
            raise KeyError(name)
        tensor: Tensor = self._file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, from the file's header."""
        return tuple(self._file.get_slice(name).get_shape())

    def under(self, prefix: str) -> dict[str, str]:
        """Names below a prefix: without it, and as they are."""
        return {name.removeprefix(prefix): name for name in self._names if name.startswith(prefix)}


def write_tensors(path: Path, layout: Layout, tensors: Iterable[tuple[str, Tensor]]) -> str:
    """Write a file from tensors that come one by one, as `layout` says; returns its SHA-256.

    On an OSError (a full disk) the tensors that are left are still taken, for others may have a part in making them;
    then it is raised.
    """
    digest = hashlib.sha256()
    failure: OSError | None = None
    with path.open("wb") as file:
        header = _header(layout)
        digest.update(header)
        expected = iter(layout.items())
        try:
            file.write(header)
        except OSError as error:
            failure = error
        for name, tensor in tensors:
            if (name, Kind.of(tensor)) != next(expected, None):
                raise ValueError(f"{name} {tuple(tensor.shape)} is not what the file's header says")
            if failure is not None:
                continue
            content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
            digest.update(content)
            try:
                file.write(content)
            except OSError as error:
                failure = error
        if failure is not None:
            raise failure
        if next(expected, None) is not None:
            raise ValueError(f"{path}: some tensors never came")
    return digest.hexdigest()


def _header(layout: Layout) -> bytes:
    entries, offset = {}, 0
    for name, kind in layout.items():
        places = [offset, offset + kind.bytes]
        entries[name] = {"dtype": _NAMES[kind.dtype], "shape": list(kind.shape), "data_offsets": places}
        offset += kind.bytes
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
