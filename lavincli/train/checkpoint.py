"""Checkpoints of a training run: whole or absent, checked before they are trusted, never a pickle.

A checkpoint is the same whatever engine and however many processes wrote it: `NETWORK.safetensors`, what its engine's
`state` gives; `model/`, the product to be used at once; and `manifest.json` with sizes and hashes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from lavincli.atomic import flush_to_disk
from lavincli.errors import CheckpointError, LavinError
from lavincli.tensor_file import StoredTensors, write_tensors
from lavincli.train.engine import Engine
from lavincli.train.world import World

log = logging.getLogger(__name__)
FORMAT = 2
MODEL = "model"
_MANIFEST = "manifest.json"
Figures = dict[str, float]
Export = Callable[[Path, Mapping[str, StoredTensors]], None]
"""Writes the product into a folder, from the stored states of the engines."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Which checkpoints stay: the newest ones, and the one with the highest score."""

    newest: int = 2
    best: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """What a checkpoint says of itself.

    score: the headline figure of the validation at this step, if there was one. measured: what the export needs to
    know beside the weights.
    """

    step: int
    score: float | None = None
    measured: Figures = field(default_factory=dict)


def save(
    folder: Path, about: About, engines: Mapping[str, Engine], world: World, keep: Keep, export: Export | None = None
) -> Path:
    """Write `folder/step-N`: into a temporary folder first, then renamed. All processes call it, the first one writes.

    Raises LavinError on all of them if it can't be written; what was there before stays.
    """
    final = folder / f"step-{about.step:08d}"
    temporary = folder / f".tmp-{final.name}"
    if world.is_first:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    failure: OSError | None = None
    hashes: dict[str, str] = {}
    for name, engine in engines.items():
        try:
            if world.is_first and failure is None:
                path = temporary / f"{name}.safetensors"
                hashes[path.name] = write_tensors(path, engine.layout(), engine.state())
            else:
                for _ in engine.state():
                    pass
        except OSError as error:
            failure = error
    if world.is_first:
        try:
            if failure is not None:
                raise failure
            if export is not None:
                export(temporary / MODEL, {name: StoredTensors(temporary / f"{name}.safetensors") for name in engines})
            _publish(temporary, final, about, hashes)
            _prune(folder, keep)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            failure = error
    problem = world.share(None if failure is None else failure.strerror or str(failure))
    if problem is not None:
        raise LavinError(
            f"{final}: can't be saved ({problem}); the checkpoints before it are kept: make room and run it again"
        ) from failure
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


def best_score(folder: Path) -> float | None:
    """The highest score of the checkpoints that are there."""
    return max((score for path in _candidates(folder) if (score := _score(path)) is not None), default=None)


def load(path: Path, engines: Mapping[str, Engine]) -> About:
    """Restore every engine. Raises CheckpointError if the networks differ."""
    if not path.exists():
        raise CheckpointError(
            f"{path}: not to be seen from this machine; all machines of a run need to see the same files"
        )
    manifest = read_manifest(path)
    for name, engine in engines.items():
        file = path / f"{name}.safetensors"
        if not file.exists():
            raise CheckpointError(f"{path}: holds no '{name}': the recipe has changed since; choose another `out`")
        try:
            engine.load_state(StoredTensors(file))
        except (RuntimeError, ValueError, KeyError) as error:
            first = " ".join(str(error).split())[:200]
            raise CheckpointError(
                f"{file}: does not fit the recipe's network ({first}); choose another `out`"
            ) from error
    return About(manifest["step"], manifest["score"], manifest["measured"])


def read_manifest(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself. Raises CheckpointError for one that an older lavin wrote."""
    manifest: dict[str, Any] = json.loads((path / _MANIFEST).read_text())
    if manifest["format"] != FORMAT:
        raise CheckpointError(
            f"{path}: written by another version of lavin (format {manifest['format']}, not {FORMAT}); go on with that "
            "version, or choose another `out`"
        )
    return manifest


def _publish(temporary: Path, final: Path, about: About, hashes: dict[str, str]) -> None:
    files = [path for path in sorted(temporary.rglob("*")) if path.is_file()]
    names = {path: path.relative_to(temporary).as_posix() for path in files}
    described = {name: _describe(path, hashes.get(name)) for path, name in names.items()}
    manifest = {"format": FORMAT, "step": about.step, "score": about.score, "measured": about.measured}
    (temporary / _MANIFEST).write_text(json.dumps(manifest | {"files": described}, indent=2))
    for path in (*temporary.rglob("*"), temporary):
        flush_to_disk(path)
    # One as new or newer was damaged, or the run would have gone on from there: it must not outlive intact ones.
    for damaged in [path for path in _candidates(final.parent) if path.name >= final.name]:
        shutil.rmtree(damaged.rename(temporary.with_name(f".tmp-old-{damaged.name}")))
    temporary.rename(final)
    flush_to_disk(final.parent)


def _prune(folder: Path, keep: Keep) -> None:
    candidates = _candidates(folder)
    kept = candidates[: keep.newest]
    scores = {path: score for path in candidates if (score := _score(path)) is not None}
    if keep.best and scores:
        kept.append(max(scores, key=scores.__getitem__))
    for old in [path for path in candidates if path not in kept]:
        # Renamed first: a checkpoint that is half deleted must not be taken for one.
        shutil.rmtree(old.rename(folder / f".tmp-{old.name}"))


def _candidates(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _score(path: Path) -> float | None:
    try:
        score = json.loads((path / _MANIFEST).read_text())["score"]
    except (OSError, ValueError, KeyError):
        return None
    # Checkpoints of earlier versions may have one that is NaN, which is neither better nor worse than any other.
    return float(score) if score is not None and math.isfinite(score) else None


def _intact(path: Path) -> bool:
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
        return all(_describe(path / name) == about for name, about in manifest["files"].items())
    except (OSError, ValueError, KeyError, SafetensorError):
        return False


def _describe(path: Path, known: str | None = None) -> dict[str, str | int]:
    if known is None:
        with path.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": known}
