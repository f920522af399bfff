"""`lavin models export`: a model folder of its own, from a training run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from lavincli.atomic import atomic_folder
from lavincli.errors import CheckpointError
from lavincli.hub.places import CONFIG, JDIT, STVAE_FILE
from lavincli.model.config import ModelConfig
from lavincli.pipeline.card import Origin, model_card
from lavincli.pipeline.model_directory import check_free, read_config, save_model
from lavincli.tensor_file import Renamed, StoredTensors

Kind = Literal["ema", "raw"]
"""The moving average of the weights, or the weights themselves."""
_RAW = "jdit-raw.safetensors"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What an export is to be like.

    Attributes:
        checkpoint: "newest", "best" (by the validation's score), or a step's number.
        kind: which weights.
        dtype: what both networks are stored in.
        name, license: of the model; by default what the recipe says.
    """

    checkpoint: str = "newest"
    kind: Kind = "ema"
    dtype: torch.dtype = torch.float16
    name: str | None = None
    license: str | None = None


def export_run(run: Path, out: Path, settings: ExportSettings) -> ModelConfig:
    """Make `out` a model directory from a run's folder, one of its checkpoints, or another model directory.

    It appears complete or not at all, and refers to nothing outside. Raises CheckpointError: no such checkpoint, a
    damaged one, an ST-VAE alone, weights that the number format can't hold. ConfigError if `out` is there.
    """
    check_free(out)
    folder = find_checkpoint(run, settings.checkpoint)
    product = folder if (folder / CONFIG).is_file() else folder / "model"
    if _is_stvae_alone(product):
        raise CheckpointError(
            f"{run}: a trained ST-VAE alone; a model is a J-DiT with its ST-VAE, train a J-DiT on it and export that"
        )
    manifest = _manifest(folder)
    _check_intact(folder, manifest, [JDIT, f"model/{STVAE_FILE}"])
    config = read_config(product)
    config = config.model_copy(
        update={"name": settings.name or config.name, "license": settings.license or config.license}
    )
    origin = Origin.of(run, manifest, settings.kind, settings.dtype)
    weights = _jdit(folder, product, settings.kind) if manifest else _of_a_model(product, settings.kind)
    with atomic_folder(out) as made:
        networks = (Representable(weights, settings.dtype), Representable(_open(product / STVAE_FILE), settings.dtype))
        save_model(made, config, *networks, card=model_card(config, origin), dtype=settings.dtype)
    return config


def find_checkpoint(run: Path, which: str) -> Path:
    """The checkpoint of a run that is meant; a checkpoint's folder or a model directory stands for itself."""
    candidates = sorted(run.glob("checkpoints/step-*"), reverse=True)
    if not candidates:
        if (run / CONFIG).is_file() or (run / "manifest.json").is_file():
            return run
        found = "no such folder" if not run.is_dir() else "no checkpoints in it, and it is no model directory"
        raise CheckpointError(f"{run}: {found}; give a training run's folder (the recipe's `out`)")
    if which == "newest":
        return candidates[0]
    scores = {path: _manifest(path).get("score") for path in candidates}
    if which == "best":
        scored = {path: float(score) for path, score in scores.items() if score is not None}
        if not scored:
            raise CheckpointError(f"{run}: none of its checkpoints has a score yet; take the newest")
        return max(scored, key=scored.__getitem__)
    steps = {int(path.name.removeprefix("step-")): path for path in reversed(candidates)}
    number = which.removeprefix("step-")
    if not number.isdecimal() or int(number) not in steps:
        raise CheckpointError(f"{run}: no checkpoint '{which}'; there are newest, best, {', '.join(map(str, steps))}")
    return steps[int(number)]


class Representable(Mapping[str, Tensor]):
    """Tensors in another number format, each made when it is asked for.

    Raises CheckpointError for one that the format can't hold: float16 ends at 65,504.
    """

    def __init__(self, tensors: Mapping[str, Tensor], dtype: torch.dtype) -> None:
        self._tensors, self._dtype = tensors, dtype

    def __getitem__(self, name: str) -> Tensor:
        value = self._tensors[name]
        cast = value.to(self._dtype)
        if not torch.isfinite(cast).all():
            if torch.isfinite(value).all():
                kind = str(self._dtype).removeprefix("torch.")
                raise CheckpointError(f"{name}: too large for {kind}; export it with --dtype bfloat16 or float32")
            raise CheckpointError(f"{name}: holds numbers that are not finite; export an older checkpoint")
        return cast

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


def _jdit(folder: Path, product: Path, kind: Kind) -> Mapping[str, Tensor]:
    """The J-DiT of a checkpoint in the precision it is trained in, not as its own model directory rounds it."""
    if not (folder / JDIT).is_file():
        return _of_a_model(product, kind)
    stored = _open(folder / JDIT)
    raw = stored.under("module.")
    return Renamed(stored, raw if kind == "raw" else raw | stored.under("average."))


def _of_a_model(product: Path, kind: Kind) -> Mapping[str, Tensor]:
    if kind == "raw" and not (product / _RAW).is_file():
        raise CheckpointError(f"{product}: holds one set of weights; --raw is for a training run's checkpoints")
    return _open(product / (_RAW if kind == "raw" else JDIT))


def _open(path: Path) -> StoredTensors:
    from safetensors import SafetensorError

    try:
        return StoredTensors(path)
    except (SafetensorError, FileNotFoundError) as error:
        raise CheckpointError(f"{path}: missing or damaged ({error}); export an older checkpoint") from error


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        return {}
    from lavincli.train.checkpoint import read_manifest

    try:
        return read_manifest(folder)
    except (ValueError, KeyError) as error:
        raise CheckpointError(f"{path}: damaged ({error}); export an older checkpoint") from error


def _check_intact(folder: Path, manifest: Mapping[str, Any], names: list[str]) -> None:
    for name in names:
        noted = manifest.get("files", {}).get(name)
        if noted is None:
            continue
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != noted["sha256"]:
            raise CheckpointError(f"{folder / name}: damaged, its checksum is another; export an older checkpoint")


def _is_stvae_alone(product: Path) -> bool:
    config = product / CONFIG
    return config.is_file() and "jdit" not in json.loads(config.read_text()) and not (product / JDIT).exists()
