"""Checkpoints of a training run: whole or absent, checked before they are trusted, never a pickle."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from lavincli.atomic import flush_to_disk
from lavincli.errors import CheckpointError
from lavincli.train.engine import Engine, State

log = logging.getLogger(__name__)
KEEP = 2
_MANIFEST = "manifest.json"


def save(folder: Path, step: int, engines: Mapping[str, Engine]) -> Path:
    """Write `folder/step-N`: into a temporary folder first, with a manifest of sizes and hashes, then renamed."""
    final = folder / f"step-{step:08d}"
    temporary = folder / f".tmp-{final.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    files = {}
    for name, engine in engines.items():
        path = temporary / f"{name}.safetensors"
        save_file({key: value.contiguous() for key, value in engine.state().items()}, path)
        files[path.name] = _describe(path)
    manifest = temporary / _MANIFEST
    manifest.write_text(json.dumps({"format": 1, "step": step, "files": files}, indent=2))
    for path in (*temporary.iterdir(), temporary):
        flush_to_disk(path)
    # One as new or newer was damaged, or the run would have gone on from there: it must not outlive intact ones.
    for damaged in [path for path in _candidates(folder) if path.name >= final.name]:
        shutil.rmtree(damaged)
    temporary.rename(final)
    flush_to_disk(folder)
    for old in _candidates(folder)[KEEP:]:
        shutil.rmtree(old)
    return final


def newest(folder: Path) -> Path | None:
    """The newest checkpoint whose files are as the manifest says; None where there is no checkpoint at all.

    Raises CheckpointError if there are some and every one is damaged.
    """
    for left_over in folder.glob(".tmp-*"):
        shutil.rmtree(left_over)
    candidates = _candidates(folder)
    for path in candidates:
        if _intact(path):
            return path
        log.warning("%s: damaged; looking for an older checkpoint", path)
    if candidates:
        raise CheckpointError(f"{folder}: every checkpoint is damaged; delete the folder to start again")
    return None


def load(path: Path, engines: Mapping[str, Engine]) -> int:
    """Restore every engine; returns the number of steps done. Raises CheckpointError if the networks differ."""
    manifest = json.loads((path / _MANIFEST).read_text())
    for name, engine in engines.items():
        file = path / f"{name}.safetensors"
        if not file.exists():
            raise CheckpointError(f"{path}: holds no '{name}': the recipe has changed since; choose another `out`")
        state: State = load_file(file)
        try:
            engine.load_state(state)
        except (RuntimeError, ValueError, KeyError) as error:
            first = " ".join(str(error).split())[:200]
            raise CheckpointError(
                f"{file}: does not fit the recipe's network ({first}); choose another `out`"
            ) from error
    step = manifest["step"]
    assert isinstance(step, int)
    return step


def _candidates(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _intact(path: Path) -> bool:
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
        return all(_describe(path / name) == about for name, about in manifest["files"].items())
    except (OSError, ValueError, KeyError, SafetensorError):
        return False


def _describe(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
