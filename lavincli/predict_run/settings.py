"""What is asked of a run, in a form that can be handed to another process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lavincli.pipeline.prediction import OutputSize
from lavincli.views.view import ViewOptions

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.answerer import Answerer
    from lavincli.pipeline.pipeline import Pipeline


class RunSettings(BaseModel):
    """How items are answered and written.

    Attributes:
        seed: of the run; each item's own is made from it and the item's key, so that order, batches and splitting the
            work don't change an answer.
        save: the kinds of files to write for each item: see `lavincli.views.VIEWS`.
        save_videos: the same for videos, where it isn't the same.
        size: answers at the input's own size or at the model's.
        batch_size: how many items to compute at once.
        prepare: the inputs are clean pictures, from which the task's queries are made (gray, noisy, ...) where the
            task says how.
        overwrite: answer again what an earlier run has answered.
        fov, near, far: of point clouds, as in `lavincli.views.ViewOptions`.

    Raises ConfigError for a point cloud that can't be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    save: tuple[str, ...] = ("value",)
    save_videos: tuple[str, ...] | None = None
    size: OutputSize = "native"
    batch_size: int = Field(default=8, ge=1)
    prepare: bool = False
    overwrite: bool = False
    fov: float = 60.0
    near: float = 1.0
    far: float = 10.0

    @model_validator(mode="after")
    def _check_views(self) -> Self:
        _ = self.view_options
        return self

    @property
    def view_options(self) -> ViewOptions:
        """What was chosen of views."""
        return ViewOptions(fov=self.fov, near=self.near, far=self.far)

    @property
    def for_videos(self) -> tuple[str, ...]:
        """The kinds of files to write for a video."""
        return self.save if self.save_videos is None else self.save_videos


class AnswerSettings(BaseModel):
    """Which model answers with which task and examples; as `lavincli.load` and `Pipeline.predict` take them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "lavin-tiny"
    device: str | None = None
    dtype: str | None = None
    task: str | None = None
    context: Path | None = None
    pairs: int | None = None
    select: str = "fixed"
    ensemble: int = 1
    seed: int = 0
    guidance: float | None = None
    grid: str | None = None
    solver: str | None = None
    guidance_interval: tuple[float, float] | None = None
    refresh: int | None = None

    def load(self) -> Pipeline:
        """Load the model. Raises what `lavincli.load` raises."""
        from lavincli.pipeline.load import load

        return load(self.model, device=self.device, dtype=self.dtype)

    def bind(self, pipeline: Pipeline) -> Answerer:
        """Bind a model that is loaded."""
        from lavincli.pipeline.predict import make_answerer

        options = self.model_dump(exclude={"model", "device", "dtype", "task"})
        return make_answerer(pipeline, self.find_task(), **options)

    def find_task(self) -> Task | None:
        """The task, if one is named. Raises UnknownNameError if there is none of that name."""
        from lavincli.registry import task

        return None if self.task is None else task(self.task)


class TaskSettings(BaseModel):
    """All that is asked with one task: of the model, of each item, and where the answers go.

    Attributes:
        answer: the model and what it is asked; of several tasks, the model is the same for all.
        run: how items are answered and written.
        output: the folder of the answers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    answer: AnswerSettings
    run: RunSettings
    output: Path
