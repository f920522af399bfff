"""Keys of a recipe that say how a run is watched."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GuardConfig(BaseModel):
    """When a step isn't taken, for its loss or its gradient is out of all proportion; and when the run ends.

    One that isn't finite is never taken. history: the last steps, which a step is compared with. loss_deviations: the
    loss may be above their median by so many median absolute deviations; null: it may be anything. gradient_factor: the
    norm of the gradient may be so many times their median; likewise. patience: the run ends when so many steps of the
    history were not taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    history: int = Field(default=100, ge=4)
    loss_deviations: float | None = Field(default=30.0, gt=0)
    gradient_factor: float | None = Field(default=30.0, gt=1)
    patience: int = Field(default=10, gt=0)
