"""What the steps of a recipe need, whatever it trains: parameters, operations, activations, tokens."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from torch import nn

from lavincli.errors import CheckpointError
from lavincli.hub.places import CONFIG, STVAE_FILE
from lavincli.model.config import SPATIAL_COMPRESSION
from lavincli.model.jdit import JDiT
from lavincli.model.presets import STVAE_PRESETS
from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import read_stvae_config
from lavincli.tensor_file import StoredTensors
from lavincli.train.clip_lengths import STILL, clips_in_batch, length_shares, length_weights
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig, STVAETrainConfig
from lavincli.train.optimizer import build_optimizers, empty_state
from lavincli.train.plan.activations import jdit_activations
from lavincli.train.plan.operations import Operations, jdit_operations
from lavincli.train.plan.settings import FLOAT32, Weights
from lavincli.train.plan.shapes import BatchShape, Lengths, batch_shapes
from lavincli.train.plan.simulate import Simulated
from lavincli.train.plan.stvae_step import STVAENetworks
from lavincli.train.sequence_shape import latent_frames

# By what the names of a J-DiT's parameters hold; the first that fits counts.
_PARTS = {
    "t_embedder": "time",
    "step_embedder": "time",
    "joint_attn": "attention",
    "_mlp": "feed-forward",
    "odulation": "modulation",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The mean step: operations on all GPUs, tokens (places of latents, for an ST-VAE) that go through the network."""

    operations: Operations
    tokens: float


class Needs(Protocol):
    """What a recipe's steps need. Bytes are for one GPU and the largest batch that can come."""

    @property
    def parameters(self) -> Mapping[str, int]:
        """Numbers of every part of what is trained."""
        ...

    @property
    def weights(self) -> Weights: ...

    @property
    def step(self) -> Step: ...

    @property
    def batches(self) -> Mapping[str, int]:
        """By the key of the recipe: how many contexts, stills or clips a batch has."""
        ...

    def activations(self, parts: int, *, checkpointing: bool) -> int:
        """Bytes for one of so many parts of a batch."""
        ...


class JDiTNeeds:
    """Of a J-DiT: counted from its layers."""

    def __init__(self, config: JDiTTrainConfig, lengths: Mapping[str, Lengths]) -> None:
        self._config, self._lengths = config, lengths
        with torch.device("meta"):
            self._jdit = JDiT(config.jdit)

    @cached_property
    def parameters(self) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        for name, parameter in self._jdit.named_parameters():
            part = next((part for key, part in _PARTS.items() if key in name), "embeddings and head")
            counts[part] += parameter.numel()
        return counts

    @cached_property
    def weights(self) -> Weights:
        return _weights([(self._jdit, self._config.optimizer)], frozen=FLOAT32 * _numbers_of_stvae(self._config.stvae))

    @cached_property
    def _shapes(self) -> Mapping[BatchShape, float]:
        return batch_shapes(self._config, self._lengths)

    @cached_property
    def step(self) -> Step:
        shared = self._config.jdit.attention == "oneway"
        operations, tokens = Operations(), 0.0
        shortcuts = 0.0 if self._config.shortcut is None else 1 / self._config.shortcut.every
        for shape, share in self._shapes.items():
            contexts = share * shape.contexts
            operations += jdit_operations(self._config.jdit, shape.sequence, shortcuts=shortcuts).times(contexts)
            tokens += contexts * shape.sequence.tokens(shared=shared)
        return Step(operations, tokens)

    @property
    def batches(self) -> Mapping[str, int]:
        found, sequence = {"batch_size": self._config.batch_size}, self._config.sequence
        return found | ({} if sequence.tokens is None else {"sequence.multiple": sequence.multiple})

    def activations(self, parts: int, *, checkpointing: bool) -> int:
        """As `Needs` says; on a GPU, where attention and norms are fused."""
        found = [
            jdit_activations(
                self._config.jdit, shape.sequence, shape.contexts // parts, precision=self._config.precision
            )
            for shape in self._shapes
        ]
        return max(one.checkpointed if checkpointing else one.kept for one in found)


class STVAENeeds:
    """Of an ST-VAE: simulated for every length of its clips. A batch has clips of one length."""

    def __init__(self, config: STVAETrainConfig, lengths: Mapping[str, Lengths]) -> None:
        self._config = config
        self._networks = STVAENetworks(config)
        self._lengths = length_weights(config.data.tasks, lengths)
        self._simulated: dict[tuple[int, bool], Simulated] = {}

    @cached_property
    def parameters(self) -> Mapping[str, int]:
        stvae = self._networks.stvae
        counts = {"encoder": _numbers(stvae.encoder), "decoder": _numbers(stvae.decoder)}
        if self._networks.discriminator is not None:
            counts["discriminator"] = _numbers(self._networks.discriminator)
        return counts

    @cached_property
    def weights(self) -> Weights:
        trained = [(network, self._config.optimizer) for network in self._networks.trained]
        trunk = self._networks.trunk
        return _weights(trained, frozen=0 if trunk is None else FLOAT32 * _numbers(trunk))

    @cached_property
    def step(self) -> Step:
        checkpointing = self._config.distributed.activation_checkpointing
        operations, tokens = Operations(), 0.0
        side = self._config.data.size // SPATIAL_COMPRESSION
        for frames, share in length_shares(self._lengths, self._config.clips).items():
            clips = share * self._clips(frames)
            once = self._simulate(frames, checkpointing=False)
            again = self._simulate(frames, checkpointing=checkpointing).backward - once.backward
            operations += Operations(once.forward, once.backward, again).times(clips)
            tokens += clips * latent_frames(frames) * side**2
        return Step(operations, tokens)

    @property
    def batches(self) -> Mapping[str, int]:
        found = {"batch_size": self._config.batch_size}
        clips = {self._clips(frames) for frames in self._lengths if frames != STILL}
        # Whatever the lengths: each has to be shared out.
        return found | ({"clips.batch_size": math.gcd(*clips)} if clips else {})

    def activations(self, parts: int, *, checkpointing: bool) -> int:
        """As `Needs` says; nearly all of it grows with the number of clips."""
        return max(
            self._clips(frames) // parts * self._simulate(frames, checkpointing=checkpointing).peak
            for frames in length_shares(self._lengths, self._config.clips)
        )

    def _clips(self, frames: int) -> int:
        return clips_in_batch(self._config.batch_size, self._config.clips, frames)

    def _simulate(self, frames: int, *, checkpointing: bool) -> Simulated:
        key = (frames, checkpointing)
        if key not in self._simulated:
            self._simulated[key] = self._networks.simulate(frames, checkpointing=checkpointing)
        return self._simulated[key]


def _weights(networks: Sequence[tuple[nn.Module, OptimizerConfig]], *, frozen: int) -> Weights:
    remembered = 0
    for network, config in networks:
        for optimizer in build_optimizers(network, config):
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            states = [empty_state(optimizer, parameter) for parameter in parameters]
            remembered += sum(value.nbytes for state in states for value in state.values())
    parameters = [p for network, _ in networks for p in network.parameters()]
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    return Weights(sum(p.numel() for p in parameters), trained, remembered, frozen)


def _numbers(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _numbers_of_stvae(folder: Path) -> int:
    """Of the ST-VAE of a folder; of the published one where there is none yet."""
    if (folder / STVAE_FILE).is_file():
        try:
            stored = StoredTensors(folder / STVAE_FILE)
        except SafetensorError as error:
            raise CheckpointError(f"{folder / STVAE_FILE}: damaged ({error}); train or fetch it again") from error
        return sum(math.prod(stored.shape(name)) for name in stored)
    config = read_stvae_config(folder) if (folder / CONFIG).is_file() else STVAE_PRESETS["published"]
    with torch.device("meta"):
        return _numbers(STVAE(config))
