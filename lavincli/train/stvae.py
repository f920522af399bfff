"""Training the ST-VAE: on stills, then on stills and clips together (LaVin-DiT, section 3.2)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from lavincli.cards.framing import generator
from lavincli.media.sheet import SheetRow
from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import load_stvae, save_stvae_weights, save_weights
from lavincli.registry import task
from lavincli.train.activation_checkpointing import recompute_blocks
from lavincli.train.batches import PictureBatches
from lavincli.train.clip_lengths import STILL
from lavincli.train.config import OptimizerConfig, STVAETrainConfig
from lavincli.train.discriminator import PatchDiscriminator, adaptive_weight, generator_logits, hinge_loss
from lavincli.train.engine import Engine
from lavincli.train.held_out import HeldOutPictures, kind
from lavincli.train.objective import STEPS_LOOKED_AT, Figures, StepFigures
from lavincli.train.pairs import rendered_pairs
from lavincli.train.patch_pca import PatchPCA
from lavincli.train.perceptual import PerceptualDistance
from lavincli.train.randomness import element_noise
from lavincli.train.record import SAMPLES, WAITED
from lavincli.train.watch.samples import SampleSheet, to_clips
from lavincli.train.watch.task_totals import task_totals
from lavincli.train.world import World

_PCA_PICTURES = 2048
_MEASURED_PICTURES = 256
# Of stills, and of each length of clips.
_SAMPLES = 24


class STVAEObjective:
    """MSE (and L1) + KL, optionally perceptual, adversarial and PCA-guided."""

    headline = "psnr"

    def __init__(self, config: STVAETrainConfig, world: World | None = None) -> None:
        self.config = config
        self.loss = config.loss
        self.device = torch.device(config.device)
        self.world = world or World()
        torch.manual_seed(config.seed)
        self.stvae = (load_stvae(config.start_from) if config.start_from else STVAE(config.stvae)).to(self.device)
        if config.freeze_encoder:
            self.stvae.encoder.requires_grad_(False)
        if config.distributed.activation_checkpointing:
            recompute_blocks(self.stvae)
        tasks = [task(name) for name in config.data.tasks]
        with self.world.first_alone():
            pools = {t.name: rendered_pairs(t, config.data) for t in tasks}
            held_out = [side for t in tasks for side in rendered_pairs(t, config.data, held_out=True)]
        self.batches = PictureBatches(pools, config.data.tasks, config.batch_size, config.seed, config.clips)
        accumulation = config.distributed.accumulation
        self.parts = {
            frames: self.world.parts(count, accumulation, "batch_size" if frames == STILL else "clips.batch_size")
            for frames, count in self.batches.lengths.items()
        }
        self._kinds = {kind(frames) for frames in self.batches.lengths}
        self.pca = PatchPCA(torch.cat([frames_of(x) for x in self._unseen(_PCA_PICTURES)])[:, :, None])
        self.held_out = HeldOutPictures(held_out, self.batches.lengths, self.pca)
        perceptual = self.loss.perceptual
        self.perceptual = PerceptualDistance(perceptual.trunk).to(self.device) if perceptual else None
        adversarial = self.loss.adversarial
        self.discriminator = PatchDiscriminator(adversarial.channels).to(self.device) if adversarial else None

    @property
    def networks(self) -> Mapping[str, tuple[nn.Module, OptimizerConfig]]:
        networks: dict[str, tuple[nn.Module, OptimizerConfig]] = {"stvae": (self.stvae, self.config.optimizer)}
        if self.discriminator is not None and self.loss.adversarial is not None:
            rate = {"name": "adamw", "learning_rate": self.loss.adversarial.learning_rate, "betas": (0.5, 0.9)}
            networks["discriminator"] = (self.discriminator, self.config.optimizer.model_copy(update=rate))
        return networks

    def largest_step(self) -> int:
        """Of the last ones, when every loss takes part: the most frames."""
        steps = self.config.steps
        return self.batches.largest(range(max(0, steps - STEPS_LOOKED_AT), steps))

    def train_step(self, engines: Mapping[str, Engine], step: int) -> StepFigures:
        """One optimiser step of both networks on this process's share of the batch."""
        adversarial = self.loss.adversarial
        judged = adversarial is not None and step >= adversarial.start_step
        found, tasks, errors, waited = [], list[str](), list[Tensor](), 0.0
        for part in self.parts[self.batches.frames(step)]:
            figures: Figures = {}
            begun = time.perf_counter()
            pictures = self.batches(step, part)
            waited += time.perf_counter() - begun
            pictures = pictures.to(self.device)
            rebuilt: list[Tensor] = []
            loss = engines["stvae"].run(partial(self._loss, pictures, part, step, judged, rebuilt, figures))
            if judged:
                judging = engines["discriminator"].run(partial(self._judge, frames_of(pictures), frames_of(rebuilt[0])))
                engines["discriminator"].backward(judging)
                figures["discriminator"] = float(judging.detach())
            engines["stvae"].backward(loss)
            tasks += self.batches.tasks(step, part)
            errors.append((rebuilt[0] - pictures).square().flatten(1).mean(1))
            found.append(figures)
        means: StepFigures = {key: sum(figures[key] for figures in found) / len(found) for key in found[0]}
        if len(self._kinds) > 1:
            means[f"mse/{kind(self.batches.frames(step))}"] = means["mse"]
        means["gradient"] = engines["stvae"].step(step)
        if judged:
            engines["discriminator"].step(step)
        # Now that a GPU has been waited for anyway.
        by_task = task_totals("mse", self.config.data.tasks, tasks, torch.cat(errors).tolist())
        samples = float(self.batches.lengths[self.batches.frames(step)])
        return means | by_task | {SAMPLES: samples, WAITED: waited}

    def _loss(
        self, pictures: Tensor, part: range, step: int, judged: bool, rebuilt_too: list[Tensor], figures: Figures
    ) -> Tensor:
        posterior = self.stvae.encode(pictures)
        noise = element_noise(posterior.mean.shape[1:], part, seed=self.config.seed, step=step).to(posterior.mean)
        rebuilt = self.stvae.decode(posterior.mean + torch.exp(0.5 * posterior.logvar) * noise).float()
        rebuilt_too.append(rebuilt.detach())
        error = rebuilt - pictures
        mse, l1, kl = error.square().mean(), error.abs().mean(), posterior.kl().float()
        loss = self.loss.mse * mse + self.loss.l1 * l1 + self.loss.kl * kl
        figures |= {"mse": float(mse.detach()), "l1": float(l1.detach()), "kl": float(kl.detach())}
        guidance = self.loss.pca
        if guidance and step < guidance.until_step:
            weight = guidance.weight * (1.0 - step / guidance.until_step)
            toward_pca = (posterior.mean.float() - self.pca.encode(pictures)).square().mean()
            loss = loss + weight * toward_pca
            figures["pca_mse"] = float(toward_pca.detach())
        if self.loss.perceptual and step >= self.loss.perceptual.start_step:
            loss = loss + self.loss.perceptual.weight * self._perceptual(rebuilt, pictures, part, step, figures)
        if judged:
            loss = loss + self._fool(frames_of(rebuilt), loss, figures)
        return loss

    def _perceptual(self, rebuilt: Tensor, pictures: Tensor, part: range, step: int, figures: Figures) -> Tensor:
        """Distance of some frames spread over the whole batch: this part's share of its mean over them."""
        assert self.perceptual is not None
        assert self.loss.perceptual is not None
        frames = pictures.shape[2]
        batch = self.batches.lengths[frames] * frames
        count = min(self.loss.perceptual.pictures, batch)
        first = 0 if frames == STILL else int(generator("frames", self.config.seed, step).integers(batch))
        places = ((first + i * batch // count) % batch - part.start * frames for i in range(count))
        chosen = [place for place in places if 0 <= place < len(part) * frames]
        distance = rebuilt.new_zeros(())
        if chosen:
            share = len(chosen) / count * (batch / (len(part) * frames))
            distance = share * self.perceptual(frames_of(rebuilt)[chosen], frames_of(pictures)[chosen])
        figures["perceptual"] = float(distance.detach())
        return distance

    def _fool(self, rebuilt: Tensor, reconstruction: Tensor, figures: Figures) -> Tensor:
        assert self.discriminator is not None
        assert self.loss.adversarial is not None
        adversarial = -generator_logits(self.discriminator, rebuilt).float().mean()
        last_layer = self.stvae.decoder.conv_out.conv.weight
        with torch.autocast(self.device.type, enabled=False):
            weight = adaptive_weight(reconstruction, adversarial, last_layer, self.world.mean_tensor)
        figures |= {"adversarial": float(adversarial.detach()), "adaptive_weight": float(weight)}
        return self.loss.adversarial.weight * weight * adversarial

    def _judge(self, real: Tensor, fake: Tensor) -> Tensor:
        assert self.discriminator is not None
        return hinge_loss(*self.discriminator(torch.cat([real, fake])).float().chunk(2))

    def validate(self, engine: Engine) -> Figures:
        """PSNR of held-out pictures, of stills and clips apart too, beside the PCA with as many numbers."""
        with engine.averaged():
            return self.held_out.figures(partial(self._rebuild, engine))

    def samples(self, engine: Engine) -> SampleSheet:
        """Held-out pictures, of inputs and of targets of every task, and what the ST-VAE makes of them."""
        with engine.averaged():
            rows = [
                SheetRow("", [to_clips(picture)[0] for picture in (shown, self._rebuild(engine, shown))])
                for shown in self.held_out.examples(_SAMPLES)
            ]
        return SampleSheet(("picture", "rebuilt"), rows)

    def _rebuild(self, engine: Engine, pictures: Tensor) -> Tensor:
        shown = pictures.to(self.device)
        return engine.run(lambda: self.stvae.decode(self.stvae.encode(shown).mean)).float().cpu()

    def measure(self, engine: Engine, *, thoroughly: bool) -> Figures:
        """The shift and scale that bring latents to zero mean and unit variance; few pictures will do on the way."""
        if self.config.freeze_encoder:
            return {}
        count = _PCA_PICTURES if thoroughly else _MEASURED_PICTURES
        with engine.averaged():
            means = [engine.run(partial(self._exact_mean, x.to(self.device))) for x in self._unseen(count)]
        latents = torch.cat([mean.flatten() for mean in means])
        return {"latent_shift": float(latents.mean()), "latent_scale": float(1.0 / latents.std())}

    def _exact_mean(self, pictures: Tensor) -> Tensor:
        with torch.autocast(self.device.type, enabled=False):
            return self.stvae.encode(pictures).mean

    def _unseen(self, frames: int) -> Iterator[Tensor]:
        """Batches of steps before the first one, until they have so many frames."""
        step = 0
        while frames > 0:
            step -= 1
            batch = self.batches(step)
            frames -= batch.shape[0] * batch.shape[2]
            yield batch

    def export_folder(self, out: Path) -> Path:
        """The run's own folder: `stvae.safetensors` and its `config.json`."""
        return out

    def export(
        self,
        averaged: Mapping[str, Tensor],
        raw: Mapping[str, Tensor] | None,
        measured: Figures,
        folder: Path,
        summary: Mapping[str, float],  # noqa: ARG002 - for a model's card
    ) -> None:
        """Write `stvae.safetensors` and its `config.json`, the weights without averaging as `stvae-raw.safetensors`."""
        save_stvae_weights(averaged, self.stvae.config.model_copy(update=measured), folder)
        if raw is not None:
            save_weights(raw, folder / "stvae-raw.safetensors", None)


def frames_of(clips: Tensor) -> Tensor:
    """[B, 3, T, H, W] -> [B T, 3, H, W]."""
    return clips.transpose(1, 2).flatten(0, 1)
