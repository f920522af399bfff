"""From what a user calls a model to the folder that it is in. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from lavincli.errors import CheckpointError, UnknownNameError
from lavincli.hub.download import HubName, hub_model
from lavincli.hub.places import CONFIG, bundled_models, installed_models, trained_models
from lavincli.hub.published import PUBLISHED, how_to_pull


def find_model(name: str | Path) -> Path:
    """The directory of a model; one on the hub is downloaded once and kept by huggingface_hub.

    A training run's folder stands for its newest checkpoint, and a checkpoint for the model in it.
    """
    path, known = Path(name), {**installed_models(), **bundled_models()}
    if str(name) in known:
        return known[str(name)]
    if path.is_dir():
        return path if (path / CONFIG).is_file() else next(trained_models(path), path)
    if isinstance(name, str) and (repository := HubName.parse(name)) is not None:
        return hub_model(repository)
    if str(name) in PUBLISHED:
        raise CheckpointError(f"{name}: not on this machine yet; {how_to_pull(str(name))}")
    raise UnknownNameError(str(name), kind="model", known=[*known, *PUBLISHED])
