"""The card of an exported model: `README.md`, for people and for the hub."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lavincli import __version__
from lavincli.errors import LavinError
from lavincli.model.config import ModelConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an exported model comes from, as far as a stranger may know: no paths of the machine it was made on.

    Attributes:
        weights: which of them, in words.
        dtype: what they are stored in.
        step, score: of the checkpoint.
        training: what the recipe says, in words by heading.
    """

    weights: str
    dtype: str
    step: int | None
    score: float | None
    training: Mapping[str, str]

    @staticmethod
    def of(run: Path, manifest: Mapping[str, Any], kind: str, dtype: torch.dtype) -> Origin:
        """Read it from a run's folder, or from a checkpoint in it."""
        averaged = "the moving average of the weights" if manifest else "those of the model it was made from"
        weights = averaged if kind == "ema" else "the weights without averaging"
        recipe = next((path for path in (run / "recipe.yaml", run / "../../recipe.yaml") if path.is_file()), None)
        return Origin(
            weights=weights,
            dtype=str(dtype).removeprefix("torch."),
            step=manifest.get("step"),
            score=manifest.get("score"),
            training={} if recipe is None else _in_words(recipe),
        )


def model_card(config: ModelConfig, origin: Origin) -> str:
    """The whole text; the first lines are what the hub reads."""
    jdit, stvae = config.jdit, config.stvae
    facts = {
        "J-DiT": f"{jdit.depth} blocks of width {jdit.hidden_size}, {jdit.num_heads} heads, {jdit.attention} attention",
        "ST-VAE": f"channels {', '.join(map(str, stvae.block_out_channels))}; 16 latent channels",
        "works at": f"{config.resolution} x {config.resolution} pixels",
        "context": f"{config.context_pairs} example pairs",
        "sampling": f"grid {config.sampling.grid}, guidance {config.sampling.guidance:g}, {config.sampling.solver}",
        "weights": f"{origin.weights}, stored as {origin.dtype}",
    }
    if origin.step is not None:
        facts["trained for"] = f"{origin.step:,} steps"
    if origin.score is not None:
        facts["validation"] = f"{origin.score:.4g} (PSNR in dB of held-out answers)"
    facts |= origin.training
    return "\n".join(
        [
            "---",
            f"license: {config.license.lower()}",
            "library_name: lavin",
            "pipeline_tag: image-to-image",
            "---",
            f"# {config.name}",
            "",
            "A model of `lavin` (LaVin-DiT, arXiv 2411.11505): told by example pairs what to do with a picture.",
            "",
            *(f"- {heading}: {fact}" for heading, fact in facts.items()),
            "",
            "## How to use it",
            "",
            "    lavin predict photos/ --model THIS_FOLDER --task NAME -o answers/",
            "",
            f"Licence of the weights: {config.license}. Written by lavin {__version__}.",
            "",
        ]
    )


def _in_words(recipe: Path) -> dict[str, str]:
    from lavincli.train.recipe import read_recipe

    try:
        config = read_recipe(str(recipe))
    except LavinError as error:
        log.warning("the model's card says nothing of its training: %s", error)
        return {}
    shares = sum(config.data.tasks.values())
    tasks = ", ".join(f"{name} ({weight / shares:.0%})" for name, weight in config.data.tasks.items())
    rate = f"{config.optimizer.name}, learning rate {config.optimizer.learning_rate:g}, {config.optimizer.schedule}"
    return {
        "tasks": tasks,
        "training": f"{config.steps:,} steps of {config.batch_size} in {config.precision}, seed {config.seed}; {rate}",
    }
