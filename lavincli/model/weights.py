"""Reading and checking weights: safetensors, or the published pickle read without executing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from struct import error as StructError
from typing import Protocol
from zipfile import BadZipFile

import torch
from pydantic import BaseModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lavincli.errors import CheckpointError

_SHOWN = 4
# What the readers raise for files that are truncated, of another kind, or pickles that ask for more than tensors;
# bytes that are no pickle at all break the unpickler in any of the last ways.
_UNREADABLE = (
    *(SafetensorError, UnpicklingError, BadZipFile, EOFError, RuntimeError, TypeError, ValueError),
    *(LookupError, AttributeError, AssertionError, StructError),
)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a `.safetensors` or a PyTorch file (whose `state_dict` entry is taken where it has one).

    Raises CheckpointError: missing, damaged, not a table of tensors, or a pickle that would execute code.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give the path of a .safetensors or .pt file")
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _read_pickle(path)
    except _UNREADABLE as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path}: can't be read as weights ({first}); download or export it again") from error
    if not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"{path}: holds no table of tensors; expected parameter names with tensors")
    return content


class Configured(Protocol):
    """A network that knows its settings."""

    @property
    def config(self) -> BaseModel: ...

    def state_dict(self) -> Mapping[str, Tensor]: ...


def network_hash(network: Configured, part: str = "") -> str:
    """SHA-256 of a network's settings and of its weights as float32, as hexadecimal digits.

    Of the weights only those whose names begin with ``part``, such as "encoder.", where one is given.
    """
    digest = hashlib.sha256(json.dumps(network.config.model_dump(mode="json"), sort_keys=True).encode())
    for name, value in network.state_dict().items():
        if name.startswith(part):
            digest.update(value.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _read_pickle(path: Path) -> dict[str, Tensor]:
    content = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise TypeError(f"it holds a {type(content).__name__}, not a dictionary")
    return content


def load_strictly(module: nn.Module, weights: dict[str, Tensor], source: Path) -> None:
    """Give a module every parameter by name, in its own number format and in memory of its own on the CPU.

    The module may be on the meta device before. Raises CheckpointError listing what is missing, unexpected or of
    another shape.
    """
    expected = module.state_dict()
    difference = describe_difference(expected, weights)
    if difference:
        raise CheckpointError(f"{source}: not the weights of this {type(module).__name__}: {difference}")
    # Not `to_empty` first: for that PyTorch imports its symbolic mathematics, which takes half a second.
    contiguous = torch.contiguous_format
    own = {
        name: weights[name].to("cpu", kind.dtype, copy=True, memory_format=contiguous)
        for name, kind in expected.items()
    }
    module.load_state_dict(own, strict=True, assign=True)


def describe_difference(expected: dict[str, Tensor], found: dict[str, Tensor]) -> str:
    """What keeps `found` from being `expected`, in one line; empty where nothing does."""
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    wrong = [
        f"{name} is {_shape(found[name])}, expected {_shape(value)}"
        for name, value in expected.items()
        if name in found and found[name].shape != value.shape
    ]
    parts = [("missing", missing), ("unexpected", unexpected), ("wrong shape", wrong)]
    return "; ".join(f"{len(names)} {what}: {_some(names)}" for what, names in parts if names)


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape) or "a scalar"
