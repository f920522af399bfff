"""Training the J-DiT by flow matching on in-context sequences (LaVin-DiT, sections 3.3 and 3.4)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from lavincli.flow.loss import velocity_loss
from lavincli.flow.sampler import sample
from lavincli.media.sheet import SheetRow
from lavincli.model.config import ModelConfig
from lavincli.model.initialise import initialise, with_step_size
from lavincli.model.jdit import JDiT
from lavincli.pipeline.model_directory import load_networks, load_stvae, read_config, save_model, save_weights
from lavincli.registry import task
from lavincli.train.activation_checkpointing import recompute_blocks
from lavincli.train.compiled_blocks import compile_blocks
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig
from lavincli.train.engine import Engine
from lavincli.train.latent_pools import latent_pairs, training_info, training_mixture
from lavincli.train.objective import STEPS_LOOKED_AT, Figures, StepFigures
from lavincli.train.patch_pca import psnr
from lavincli.train.randomness import element_noise
from lavincli.train.record import SAMPLES, WAITED
from lavincli.train.sequences import SequenceBatch, SequenceBatches, sequence_batch
from lavincli.train.shortcut import Velocity, question
from lavincli.train.watch.samples import SampleSheet, to_clips
from lavincli.train.watch.task_totals import task_totals
from lavincli.train.world import World

log = logging.getLogger(__name__)
_VALIDATION_PAIRS = 2
_VALIDATION_QUERIES = 12


@dataclass(slots=True)
class _Found:
    """Of the parts of a step: the loss of every element, the pool of each, and the seconds until the batch was there.

    The losses stay where they are until the step is over, so that a GPU is not waited for.
    """

    elements: list[Tensor] = field(default_factory=list)
    pools: list[int] = field(default_factory=list)
    waited: float = 0.0

    def losses(self) -> list[float]:
        """As numbers."""
        return [loss for part in self.elements for loss in part.tolist()]


class JDiTObjective:
    """MSE + 0.1 L1 on the velocity, random tasks, random 1..K pairs."""

    headline = "psnr"

    def __init__(self, config: JDiTTrainConfig, world: World | None = None) -> None:
        self.config = config
        self.device = torch.device(config.device)
        self.precision = getattr(torch, config.precision)
        self.world = world or World()
        if config.sequence.tokens is not None:
            self.world.parts(config.sequence.multiple, config.distributed.accumulation, "sequence.multiple")
        self.world.parts(config.batch_size, config.distributed.accumulation)
        torch.manual_seed(config.seed)
        self.stvae = load_stvae(config.stvae).to(self.device).requires_grad_(False)
        self.jdit = self._starting_network().to(self.device)
        if config.distributed.activation_checkpointing:
            recompute_blocks(self.jdit)
        if config.compile:
            compile_blocks(self.jdit, self.device)
        self.tasks = [task(name) for name in config.data.tasks]
        with self.world.first_alone():
            info = training_info(self.stvae)
            mixture = training_mixture(self.tasks, config.data, self.stvae, precision=self.precision, info=info)
            self.held_out = {
                t.name: latent_pairs(t, config.data, self.stvae, precision=self.precision, held_out=True, info=info)
                for t in self.tasks
            }
        self.pool_tasks = mixture.tasks
        shared = config.jdit.attention == "oneway"
        self.batches = SequenceBatches(
            mixture.pools, mixture.weights, config.sequence, config.batch_size, config.seed, shared=shared
        )

    @property
    def model(self) -> ModelConfig:
        """`config.json` of the model that comes out."""
        return ModelConfig(
            name=self.config.name,
            jdit=self.config.jdit,
            stvae=self.stvae.config,
            resolution=self.config.data.size,
            context_pairs=self.config.sequence.pairs,
            sampling=self.config.sampling,
            task_sampling=self.config.task_sampling,
            license=self.config.license,
        )

    @property
    def networks(self) -> Mapping[str, tuple[nn.Module, OptimizerConfig]]:
        """The J-DiT alone; the ST-VAE stays as it is."""
        return {"jdit": (self.jdit, self.config.optimizer)}

    def largest_step(self) -> int:
        """Of the first ones: the longest context, and clips as long as any."""
        return self.batches.largest(min(self.config.steps, STEPS_LOOKED_AT))

    def train_step(self, engines: Mapping[str, Engine], step: int) -> StepFigures:
        """One optimiser step on this process's share of a batch of contexts, each with its queries and noises."""
        engine, losses, found = engines["jdit"], [], _Found()
        contexts = self.batches.contexts(step)
        for part in self.world.parts(contexts, self.config.distributed.accumulation):
            loss = engine.run(partial(self._loss, step, part, contexts, found))
            engine.backward(loss)
            losses.append(float(loss.detach()))
        figures: StepFigures = {"loss": sum(losses) / len(losses), "gradient": engine.step(step)}
        of = [self.pool_tasks[pool] for pool in found.pools]
        by_task = task_totals("loss", self.config.data.tasks, of, found.losses())
        return figures | by_task | {SAMPLES: float(contexts), WAITED: found.waited}

    def _loss(self, step: int, part: range, contexts: int, found: _Found) -> Tensor:
        sequence = self.config.sequence
        begun = time.perf_counter()
        batch = self.batches(step, part)
        found.waited += time.perf_counter() - begun
        target = batch.target.to(self.device).repeat_interleave(sequence.noises, 0)
        repeats = sequence.queries * sequence.noises
        elements, count = range(part.start * repeats, part.stop * repeats), contexts * repeats
        noise = element_noise(target.shape[1:], elements, seed=self.config.seed, step=step).to(self.device)
        network = self._network_on(batch, len(target))
        asked = question(self.config, network, target, noise, count=count, elements=elements, step=step)
        losses = velocity_loss(network(asked.x, asked.t, asked.step), asked.velocity, l1=self.config.l1)
        found.elements.append(losses.detach())
        found.pools += [pool for pool in batch.pools for _ in range(repeats)]
        return losses.mean()

    def _network_on(self, batch: SequenceBatch, targets: int) -> Velocity:
        context, query = batch.context.to(self.device), batch.query.to(self.device)
        if self.config.jdit.attention == "oneway":
            # The context is read once for all its queries, a query once for all its noises.
            memory = self.jdit.remember(query, self.jdit.remember(context))
            return lambda x, t, step: self.jdit.denoise(x, t, memory, step)
        contexts = context.repeat_interleave(targets // len(context), 0)
        cond = torch.cat([contexts, query.repeat_interleave(targets // len(query), 0)], dim=2)
        return lambda x, t, step: self.jdit(x, t, cond, step=step)

    def validate(self, engine: Engine) -> Figures:
        """PSNR of sampled held-out answers as pictures, for each task, with two pairs, and their mean.

        Against what the ST-VAE makes of the truth's latents: what the J-DiT can reach is then no matter of the ST-VAE.
        """
        with engine.averaged():
            figures = {f"psnr/{t.name}": self._held_out_psnr(engine, t.name, i) for i, t in enumerate(self.tasks)}
        return {"psnr": sum(figures.values()) / len(figures), **figures}

    def _held_out_psnr(self, engine: Engine, name: str, number: int) -> float:
        batch, answers = self._answers(engine, name, number, _VALIDATION_QUERIES)
        return psnr(answers, self._decode(batch.target).clamp(-1, 1))

    def samples(self, engine: Engine) -> SampleSheet:
        """For each task a held-out query, the target of the context's first pair, the answer and the truth."""
        rows = []
        with engine.averaged():
            for number, t in enumerate(self.tasks):
                batch, answers = self._answers(engine, t.name, number, 1)
                first = batch.query.shape[2]
                shown = batch.context[:, :, first : first + batch.target.shape[2]]
                pictures = [self._decode(batch.query), self._decode(shown), answers, self._decode(batch.target)]
                rows.append(SheetRow(t.name, [to_clips(picture)[0] for picture in pictures]))
        return SampleSheet(("query", "context target", "prediction", "truth"), rows)

    def _answers(self, engine: Engine, name: str, number: int, queries: int) -> tuple[SequenceBatch, Tensor]:
        """A task's held-out queries with the same two pairs, and answers to them as pictures, [B, 3, T, S, S]."""
        pool = self.held_out[name]
        numbers = range(min(_VALIDATION_PAIRS + queries, len(pool)))
        inputs, targets = (
            torch.from_numpy(side(numbers)).float()[None].to(self.device) for side in (pool.inputs, pool.targets)
        )
        batch = sequence_batch(inputs, targets, _VALIDATION_PAIRS)
        context = batch.context.expand(len(batch.query), -1, -1, -1, -1)
        noise = torch.randn(batch.target.shape, generator=torch.Generator().manual_seed(number)).to(self.device)
        cond = torch.cat([context, batch.query], dim=2)
        settings, frames = self.model.sampling_of(name, self.tasks[number].card.sampling), batch.query.shape[2]

        def answer() -> Tensor:
            # The plain way reads the condition at every evaluation.
            given = settings.model_dump(exclude={"refresh"})
            return sample(self.jdit, cond, noise, query_frames=frames, **given)

        return batch, self._decode(engine.run(answer))

    @torch.no_grad()
    def _decode(self, latents: Tensor) -> Tensor:
        """Latents as pictures, float32."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            return self.stvae.decode(self.stvae.denormalise(latents)).float()

    def measure(self, engine: Engine, *, thoroughly: bool) -> Figures:  # noqa: ARG002 - an ST-VAE's is measured
        """Nothing: weights are all there is to a J-DiT."""
        return {}

    def export_folder(self, out: Path) -> Path:
        """`out/model`, a model directory in float16."""
        return out / "model"

    def export(
        self,
        averaged: Mapping[str, Tensor],
        raw: Mapping[str, Tensor] | None,
        measured: Figures,  # noqa: ARG002 - there is nothing to measure
        folder: Path,
        summary: Mapping[str, float],
    ) -> None:
        """Write a model directory in float16, the weights without averaging beside as `jdit-raw.safetensors`."""
        save_model(folder, self.model, averaged, self.stvae, card=self._card(summary), dtype=torch.float16)
        if raw is not None:
            save_weights(raw, folder / "jdit-raw.safetensors", torch.float16)

    def _card(self, summary: Mapping[str, float]) -> str:
        lines = [
            f"# {self.config.name}",
            "",
            f"Tasks: {', '.join(t.name for t in self.tasks)}.",
            "",
            "Last figures:",
            "",
        ]
        return "\n".join([*lines, *(f"- {key}: {value:g}" for key, value in summary.items()), ""])

    def _starting_network(self) -> JDiT:
        if self.config.start_from is not None:
            start, wanted = read_config(self.config.start_from), self.config.jdit
            # A model that wasn't told of steps so far can go on as one that is.
            loaded = wanted.model_copy(update={"step_size": wanted.step_size and start.jdit.step_size})
            if wanted.preconditioned != start.jdit.preconditioned:
                log.warning("%s: its output meant something else, preconditioned or not", self.config.start_from)
            network = load_networks(self.config.start_from, start.model_copy(update={"jdit": loaded}))[0].train()
            return with_step_size(network) if wanted.step_size else network
        jdit = JDiT(self.config.jdit)
        settings = self.config.initialisation
        initialise(jdit, gate_bias=settings.gate_bias, positional_heads=settings.positional_heads)
        return jdit
