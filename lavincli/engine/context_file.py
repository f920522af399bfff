"""A task's context in a file: latents and, of a one-way model, every block's keys and values (safetensors)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lavincli.atomic import atomic_path
from lavincli.engine.context import Context
from lavincli.errors import CheckpointError
from lavincli.model.attend import KeysValues
from lavincli.model.jdit import Memory
from lavincli.pipeline.pipeline import Pipeline

_FORMAT: Final = "lavin context 1"


def save_context(path: Path, context: Context, pipeline: Pipeline) -> None:
    """Write a context that this pipeline read; it belongs to its weights and its number format."""
    tensors = {"latents": context.latents}
    frames = context.latents.shape[2]
    if context.memory is not None:
        frames = context.memory.frames
        for i, parts in enumerate(context.memory.blocks):
            for j, part in enumerate(parts):
                tensors |= {f"blocks.{i}.{j}.keys": part.keys, f"blocks.{i}.{j}.values": part.values}
    notes = {"format": _FORMAT, "model": pipeline.fingerprint, "dtype": str(pipeline.dtype), "frames": str(frames)}
    with atomic_path(path) as temporary:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, temporary, metadata=notes)


def load_context(path: Path, pipeline: Pipeline) -> Context:
    """Read a context for the pipeline that wrote it, or one of the same model and number format.

    Raises CheckpointError: missing, damaged, another model's, or in another number format.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; save_context writes one")
    try:
        with safe_open(path, framework="pt", device=str(pipeline.device)) as file:
            notes: dict[str, str] = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: can't be read as a context ({error}); save it again") from error
    wanted = {"format": _FORMAT, "model": pipeline.fingerprint, "dtype": str(pipeline.dtype)}
    for key, value in wanted.items():
        if notes.get(key) != value:
            found = json.dumps(notes.get(key))
            raise CheckpointError(
                f"{path}: its {key} is {found}, and this pipeline's is {json.dumps(value)}; "
                "a context serves the model and number format that read it: save it again with this one"
            )
    return Context(tensors.pop("latents"), _memory(tensors, int(notes["frames"])))


def _memory(tensors: dict[str, Tensor], frames: int) -> Memory | None:
    if not tensors:
        return None
    blocks: dict[int, dict[int, dict[str, Any]]] = {}
    for name, tensor in tensors.items():
        _, block, part, side = name.split(".")
        blocks.setdefault(int(block), {}).setdefault(int(part), {})[side] = tensor
    ordered = ([parts[j] for j in sorted(parts)] for _, parts in sorted(blocks.items()))
    return Memory(tuple(tuple(KeysValues(**part) for part in parts) for parts in ordered), frames)
