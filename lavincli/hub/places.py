"""Where models lie on this machine. Nothing here reads a weight, or imports what could: shell completion asks too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lavincli.bundle import bundled_folder

CONFIG, JDIT, STVAE_FILE, CARD = "config.json", "jdit.safetensors", "stvae.safetensors", "README.md"
"""The files of a model directory."""
MODELS_VARIABLE = "LAVIN_MODELS"
"""Environment variable: the folder that `lavin models pull` keeps the models in which are made here."""


def bundled_models() -> dict[str, Path]:
    """Models that travel with the package, by name."""
    return models_in(bundled_folder("models"))


def installed_models() -> dict[str, Path]:
    """Models that `lavin models pull` made on this machine, by name."""
    return models_in(models_folder())


def models_in(folder: Path) -> dict[str, Path]:
    """The model directories right inside a folder, by the folders' names."""
    return {config.parent.name: config.parent for config in sorted(folder.glob(f"[!.]*/{CONFIG}"))}


def models_folder() -> Path:
    """Where `lavin models pull` keeps models: the user's data folder, or what `LAVIN_MODELS` says."""
    told = os.environ.get(MODELS_VARIABLE)
    if told:
        return Path(told).expanduser()
    import platformdirs

    return platformdirs.user_data_path("lavin") / "models"


def downloaded_models() -> dict[str, Path]:
    """Models of the hub that are on this machine, by ``org/name``: the newest download of each."""
    found: dict[str, Path] = {}
    for folder in sorted(hub_cache().glob("models--*--*")):
        snapshots = [jdit.parent for jdit in folder.glob(f"snapshots/*/{JDIT}") if _is_whole(jdit.parent)]
        if snapshots:
            name = folder.name.removeprefix("models--").replace("--", "/", 1)
            found[name] = max(snapshots, key=lambda snapshot: snapshot.stat().st_mtime)
    return found


def hub_cache() -> Path:
    """Where huggingface_hub keeps what it downloads; found without importing it."""
    home = os.environ.get("HF_HOME") or str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    told = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or str(Path(home) / "hub")
    return Path(os.path.expandvars(told)).expanduser()


def trained_models(run: Path) -> Iterator[Path]:
    """The models of a training run's folder, of its newest checkpoint first; a checkpoint's folder has one."""
    for config in [*sorted(run.glob(f"checkpoints/step-*/model/{CONFIG}"), reverse=True), run / "model" / CONFIG]:
        if config.is_file():
            yield config.parent


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (CONFIG, JDIT, STVAE_FILE))
