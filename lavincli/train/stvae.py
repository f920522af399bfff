"""Training the ST-VAE, stage 1: stills (LaVin-DiT, section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.registry import task
from lavincli.train.batches import PictureBatches, to_tensor
from lavincli.train.config import OptimizerConfig, STVAETrainConfig
from lavincli.train.discriminator import PatchDiscriminator, adaptive_weight, generator_logits, hinge_loss
from lavincli.train.engine import Engine, State
from lavincli.train.objective import Figures
from lavincli.train.pairs import rendered_pairs
from lavincli.train.patch_pca import PatchPCA, psnr
from lavincli.train.perceptual import PerceptualDistance

_PCA_PICTURES = 2048


class STVAEObjective:
    """MSE (and L1) + KL, optionally perceptual, adversarial and PCA-guided."""

    def __init__(self, config: STVAETrainConfig) -> None:
        self.config = config
        self.loss = config.loss
        self.device = torch.device(config.device)
        torch.manual_seed(config.seed)
        self.stvae = (load_stvae(config.start_from) if config.start_from else STVAE(config.stvae)).to(self.device)
        if config.freeze_encoder:
            self.stvae.encoder.requires_grad_(False)
        self.averaged_stvae = STVAE(self.stvae.config).to(self.device).eval()
        tasks = [task(name) for name in config.data.tasks]
        pools = [rendered_pairs(t, config.data) for t in tasks]
        held_out = np.concatenate([rendered_pairs(t, config.data, held_out=True) for t in tasks])
        self.batches = PictureBatches(pools, list(config.data.tasks.values()), config.batch_size, config.seed)
        self.held_out = to_tensor(held_out.reshape(-1, *held_out.shape[2:]))
        fitted = torch.cat([self.batches(-1 - i) for i in range(_PCA_PICTURES // config.batch_size)])
        self.pca = PatchPCA(fitted)
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

    def train_step(self, engines: Mapping[str, Engine], step: int) -> Figures:
        pictures = self.batches(step).to(self.device)
        with self._autocast():
            posterior = self.stvae.encode(pictures)
            rebuilt = self.stvae.decode(posterior.sample()).float()
        error = rebuilt - pictures
        mse, l1, kl = error.square().mean(), error.abs().mean(), posterior.kl().float()
        loss = self.loss.mse * mse + self.loss.l1 * l1 + self.loss.kl * kl
        figures = {"mse": float(mse.detach()), "l1": float(l1.detach()), "kl": float(kl.detach())}
        guidance = self.loss.pca
        if guidance and step < guidance.until_step:
            weight = guidance.weight * (1.0 - step / guidance.until_step)
            toward_pca = (posterior.mean.float() - self.pca.encode(pictures)).square().mean()
            loss = loss + weight * toward_pca
            figures["pca_mse"] = float(toward_pca.detach())
        perceptual = self.loss.perceptual
        if perceptual and self.perceptual and step >= perceptual.start_step:
            some = slice(0, perceptual.pictures)
            with self._autocast():
                distance = self.perceptual(rebuilt[some, :, 0], pictures[some, :, 0])
            loss = loss + perceptual.weight * distance
            figures["perceptual"] = float(distance.detach())
        if self.loss.adversarial and step >= self.loss.adversarial.start_step:
            loss = loss + self._fool(rebuilt[:, :, 0], loss, figures)
            self._judge(engines["discriminator"], pictures[:, :, 0], rebuilt[:, :, 0].detach(), step, figures)
        engines["stvae"].backward(loss)
        figures["gradient"] = engines["stvae"].step(step)
        return figures

    def _fool(self, rebuilt: Tensor, reconstruction: Tensor, figures: Figures) -> Tensor:
        assert self.discriminator is not None
        assert self.loss.adversarial is not None
        with self._autocast():
            adversarial = -generator_logits(self.discriminator, rebuilt).float().mean()
        weight = adaptive_weight(reconstruction, adversarial, self.stvae.decoder.conv_out.conv.weight)
        figures |= {"adversarial": float(adversarial.detach()), "adaptive_weight": float(weight)}
        return self.loss.adversarial.weight * weight * adversarial

    def _judge(self, engine: Engine, real: Tensor, fake: Tensor, step: int, figures: Figures) -> None:
        with self._autocast():
            logits = engine.module(torch.cat([real, fake])).float()
        loss = hinge_loss(*logits.chunk(2))
        engine.backward(loss)
        engine.step(step)
        figures["discriminator"] = float(loss.detach())

    @torch.no_grad()
    def validate(self, averaged: State) -> Figures:
        """PSNR of held-out pictures, beside the PCA with as many numbers."""
        self.averaged_stvae.load_state_dict(averaged)
        rebuilt = torch.cat([self._rebuild(chunk) for chunk in torch.split(self.held_out, self.config.batch_size)])
        linear = self.pca.decode(self.pca.encode(self.held_out))
        return {"psnr": psnr(rebuilt, self.held_out), "psnr_pca": psnr(linear, self.held_out)}

    def _rebuild(self, pictures: Tensor) -> Tensor:
        with self._autocast():
            rebuilt = self.averaged_stvae.decode(self.averaged_stvae.encode(pictures.to(self.device)).mean)
        return rebuilt.float().cpu()

    @torch.no_grad()
    def export(self, averaged: State, out: Path, summary: Mapping[str, float]) -> Path:  # noqa: ARG002 - for a card
        """Measure the latents' shift and scale, then write `stvae.safetensors` and its `config.json`."""
        self.averaged_stvae.load_state_dict(averaged)
        if self.config.freeze_encoder:
            return save_stvae(self.averaged_stvae, out)
        batches = [self.batches(-1 - i).to(self.device) for i in range(_PCA_PICTURES // self.config.batch_size)]
        latents = torch.cat([self.averaged_stvae.encode(batch).mean.flatten() for batch in batches])
        measured = {"latent_shift": float(latents.mean()), "latent_scale": float(1.0 / latents.std())}
        self.averaged_stvae.config = self.averaged_stvae.config.model_copy(update=measured)
        return save_stvae(self.averaged_stvae, out)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")
