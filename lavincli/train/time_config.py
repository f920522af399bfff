"""The part of a recipe that says at what times and for what steps a J-DiT practises."""

from __future__ import annotations

from pydantic import Field, model_validator

from lavincli.train.data_config import Settings, Share


class TimeConfig(Settings):
    """Mixture that flow times are drawn from; the shares add up to 1. Published: logit_normal 1."""

    logit_normal: Share = 1.0
    uniform: Share = 0.0
    zero: Share = 0.0

    @model_validator(mode="after")
    def _adds_up(self) -> TimeConfig:
        total = self.logit_normal + self.uniform + self.zero
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares logit_normal + uniform + zero must add up to 1, not {total:g}")
        return self


class ShortcutConfig(Settings):
    """A network that is told step sizes learns to be consistent with itself: one step goes where two halves go.

    every: one training step of so many does; the others learn the velocity at a place. sizes: how many of 1, 1/2, 1/4,
    ... are practised; half of the smallest counts as a step of size 0. Published: a quarter of each batch, and 7 (arXiv
    2410.12557).
    """

    # Where they were half of all, what is usual (`GuardConfig`) would be either loss.
    every: int = Field(default=4, ge=3)
    sizes: int = Field(default=7, gt=0)

    @property
    def smallest(self) -> float:
        """Step size."""
        return float(0.5 ** (self.sizes - 1))
