"""Training the J-DiT by flow matching on in-context sequences (LaVin-DiT, sections 3.3 and 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from lavincli.flow.loss import interpolate, sample_times, velocity_loss
from lavincli.flow.sampler import sample
from lavincli.model.config import ModelConfig
from lavincli.model.initialise import initialise
from lavincli.model.jdit import JDiT
from lavincli.pipeline.model_directory import load_networks, load_stvae, read_config, save_model
from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig
from lavincli.train.engine import Engine, State
from lavincli.train.latent_pools import latent_pairs
from lavincli.train.objective import Figures
from lavincli.train.patch_pca import psnr
from lavincli.train.sequences import SequenceBatch, SequenceBatches, sequence_batch

_VALIDATION_PAIRS = 2
_VALIDATION_QUERIES = 12


class JDiTObjective:
    """MSE + 0.1 L1 on the velocity, random tasks, random 1..K pairs."""

    def __init__(self, config: JDiTTrainConfig) -> None:
        self.config = config
        self.device = torch.device(config.device)
        self.precision = getattr(torch, config.precision)
        torch.manual_seed(config.seed)
        self.stvae = load_stvae(config.stvae).to(self.device).requires_grad_(False)
        self.jdit = self._starting_network().to(self.device)
        self.averaged_jdit = JDiT(config.jdit).to(self.device).eval()
        self.tasks = [task(name) for name in config.data.tasks]
        pools = [latent_pairs(t, config.data, self.stvae, precision=self.precision) for t in self.tasks]
        weights = list(config.data.tasks.values())
        self.batches = SequenceBatches(pools, weights, config.sequence, config.batch_size, config.seed)
        self.held_out = {
            t.name: latent_pairs(t, config.data, self.stvae, precision=self.precision, held_out=True)
            for t in self.tasks
        }

    @property
    def networks(self) -> Mapping[str, tuple[nn.Module, OptimizerConfig]]:
        """The J-DiT alone; the ST-VAE stays as it is."""
        return {"jdit": (self.jdit, self.config.optimizer)}

    def train_step(self, engines: Mapping[str, Engine], step: int) -> Figures:
        """One optimiser step on `batch_size` contexts, each with its queries and noises."""
        loss = self._loss(self.jdit, self.batches(step)).mean()
        engines["jdit"].backward(loss)
        return {"loss": float(loss.detach()), "gradient": engines["jdit"].step(step)}

    def _loss(self, jdit: JDiT, batch: SequenceBatch) -> Tensor:
        repeats = self.config.sequence.noises
        target = batch.target.to(self.device).repeat_interleave(repeats, 0)
        noise = torch.randn_like(target)
        shares = self.config.time
        t = sample_times(len(target), logit_normal=shares.logit_normal, uniform=shares.uniform).to(self.device)
        with self._autocast():
            velocity = self._velocity(jdit, batch, interpolate(target, noise, t), t)
        return velocity_loss(velocity, target, noise, l1=self.config.l1)

    def _velocity(self, jdit: JDiT, batch: SequenceBatch, x: Tensor, t: Tensor) -> Tensor:
        context, query = batch.context.to(self.device), batch.query.to(self.device)
        if jdit.config.attention == "oneway":
            # The context is read once for all its queries, a query once for all its noises.
            return jdit.denoise(x, t, jdit.remember(query, jdit.remember(context)))
        contexts = context.repeat_interleave(len(x) // len(context), 0)
        cond = torch.cat([contexts, query.repeat_interleave(len(x) // len(query), 0)], dim=2)
        out: Tensor = jdit(x, t, cond)
        return out

    @torch.no_grad()
    def validate(self, averaged: State) -> Figures:
        """PSNR of sampled held-out answers as pictures, for each task, with two pairs, and their mean.

        Against what the ST-VAE makes of the truth's latents: what the J-DiT can reach is then no matter of the ST-VAE.
        """
        self.averaged_jdit.load_state_dict(averaged)
        figures = {f"psnr/{t.name}": self._held_out_psnr(t.name, i) for i, t in enumerate(self.tasks)}
        return {"psnr": sum(figures.values()) / len(figures), **figures}

    def _held_out_psnr(self, name: str, number: int) -> float:
        count = _VALIDATION_PAIRS + _VALIDATION_QUERIES
        pool = self.held_out[name]
        numbers = range(min(count, len(pool)))
        inputs, targets = (
            torch.from_numpy(side(numbers)).float()[None].to(self.device) for side in (pool.inputs, pool.targets)
        )
        batch = sequence_batch(inputs, targets, _VALIDATION_PAIRS)
        context = batch.context.expand(len(batch.query), -1, -1, -1, -1)
        noise = torch.randn(batch.target.shape, generator=torch.Generator().manual_seed(number)).to(self.device)
        settings = self.config.sampling
        with self._autocast():
            cond = torch.cat([context, batch.query], dim=2)
            answer = sample(
                self.averaged_jdit,
                cond,
                noise,
                guidance=settings.guidance,
                grid=settings.grid,
                query_frames=batch.query.shape[2],
            )
            answered, truth = (self.stvae.decode(self.stvae.denormalise(x)).float() for x in (answer, batch.target))
        return psnr(answered, truth.clamp(-1, 1))

    def export(self, averaged: State, out: Path, summary: Mapping[str, float]) -> Path:
        """Write `out/model`, a model directory in float16."""
        self.averaged_jdit.load_state_dict(averaged)
        config = ModelConfig(
            name=self.config.name,
            jdit=self.config.jdit,
            stvae=self.stvae.config,
            resolution=self.config.data.size,
            context_pairs=self.config.sequence.pairs,
            sampling=self.config.sampling,
            license=self.config.license,
        )
        folder = out / "model"
        save_model(folder, config, self.averaged_jdit, self.stvae, card=self._card(summary), dtype=torch.float16)
        return folder

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
            model = read_config(self.config.start_from).model_copy(update={"jdit": self.config.jdit})
            return load_networks(self.config.start_from, model)[0].train()
        jdit = JDiT(self.config.jdit)
        settings = self.config.initialisation
        initialise(jdit, gate_bias=settings.gate_bias, positional_heads=settings.positional_heads)
        return jdit

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")
