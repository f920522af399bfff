"""What `Pipeline.predict` does: queries of any kind in, predictions out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack, overload

import numpy as np
from PIL import Image
from pydantic import ValidationError

from lavincli.clip import Clip, Pair
from lavincli.context.choice import ContextChoice
from lavincli.context.read import read_context
from lavincli.errors import ConfigError, InputError
from lavincli.media.clips import read_clip
from lavincli.media.images import clip_from_pillow
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.pipeline.predictor import default_sampling
from lavincli.registry import task as find_task

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

Query: TypeAlias = "Clip | Image.Image | Path | str"
Context: TypeAlias = "Sequence[Pair] | Path | str"


class Options(TypedDict, total=False):
    """What `predict` takes beside the model, the query and the task."""

    context: Context | None
    pairs: int | None
    select: str
    ensemble: int
    seed: int | Sequence[int]
    guidance: float | None
    grid: int | str | None
    solver: str | None
    guidance_interval: tuple[float, float] | None
    refresh: int | None
    size: OutputSize
    batch_size: int


@overload
def predict(  # type: ignore[overload-overlap]  # a str is a Sequence too; here it is one path
    pipeline: Pipeline, query: Query, task: str | Task | Sequence[Pair] | None = None, **options: Unpack[Options]
) -> Prediction: ...


@overload
def predict(
    pipeline: Pipeline,
    query: Sequence[Query],
    task: str | Task | Sequence[Pair] | None = None,
    **options: Unpack[Options],
) -> list[Prediction]: ...


def predict(
    pipeline: Pipeline,
    query: Query | Sequence[Query],
    task: str | Task | Sequence[Pair] | None = None,
    *,
    context: Context | None = None,
    pairs: int | None = None,
    select: str = "fixed",
    ensemble: int = 1,
    seed: int | Sequence[int] = 0,
    guidance: float | None = None,
    grid: int | str | None = None,
    solver: str | None = None,
    guidance_interval: tuple[float, float] | None = None,
    refresh: int | None = None,
    size: OutputSize = "native",
    batch_size: int = 8,
) -> Prediction | list[Prediction]:
    """Answer one query, or a list of them.

    A query is stretched to the model's square working size and its answer is stretched back.

    Args:
        pipeline: the model.
        query: a clip as ``uint8 [T, H, W, 3]`` with as many frames as the context's inputs have; a picture as
            ``[H, W, 3]`` or ``[H, W]``, a Pillow image, or a file's path; or a list of those.
        task: a task's name, a task, or the example pairs themselves.
        context: example pairs, or a folder of them, in place of the task's own.
        pairs: how many of them to use; by default as many as the model was made for, or all if there are fewer.
        select: which of them: "fixed" (the first ones), "random" (drawn by `seed`) or "nearest" (for each query those
            whose inputs look most like it).
        ensemble: how many contexts answer a query, each from noise of its own; their native values are averaged. The
            first is the one without an ensemble, the others are drawn by `seed`; see `ContextChoice`.
        seed: of the starting noise; a list gives one seed to each query. With one seed, all queries start from the same
            noise, so that an answer doesn't depend on its place in the list.
        guidance: how much to push away from the answer without context; 1 doesn't. By default the model's for this
            task, as are all that follow.
        grid: points in time, as in ``pipeline.sample``.
        solver: as in ``pipeline.sample``.
        guidance_interval: times between which guidance is applied.
        refresh: as in ``pipeline.sample``.
        size: "native": answers at each query's own size; "model": at the model's working size.
        batch_size: how many queries to compute at once.

    Returns:
        A prediction, or for a list of queries a list in the same order.

    Raises:
        UnknownNameError: no such task, or way to select.
        InputError: a query or a context that can't be read, or too few pairs.
        ConfigError: neither task nor context, a setting that isn't valid, or an ensemble of a task whose answers can't
            be averaged.
    """
    many = isinstance(query, Sequence) and not isinstance(query, str)
    queries: Sequence[Query] = query if many else [query]  # type: ignore[assignment,list-item]
    seeds = [seed] * len(queries) if isinstance(seed, int) else list(seed)
    if len(seeds) != len(queries):
        raise ConfigError(f"{len(seeds)} seeds for {len(queries)} queries; give one seed, or one to each query")
    answerer = make_answerer(
        pipeline,
        task,
        context=context,
        pairs=pairs,
        select=select,
        ensemble=ensemble,
        seed=seeds[0] if seeds else 0,
        guidance=guidance,
        grid=grid,
        solver=solver,
        guidance_interval=guidance_interval,
        refresh=refresh,
    )
    predictions: list[Prediction] = []
    for start in range(0, len(queries), batch_size):
        batch = [as_clip(one) for one in queries[start : start + batch_size]]
        predictions.extend(answerer.answer(batch, seeds[start : start + batch_size], size=size))
    return predictions if many else predictions[0]


def make_answerer(
    pipeline: Pipeline,
    task: str | Task | Sequence[Pair] | None = None,
    *,
    context: Context | None = None,
    pairs: int | None = None,
    select: str = "fixed",
    ensemble: int = 1,
    seed: int = 0,
    guidance: float | None = None,
    grid: int | str | None = None,
    solver: str | None = None,
    guidance_interval: tuple[float, float] | None = None,
    refresh: int | None = None,
) -> Answerer:
    """Bind a pipeline to a task, a way to choose contexts and one to sample; arguments and errors as in `predict`."""
    found: Task | None = None
    if isinstance(task, str):
        found = find_task(task)
    elif isinstance(task, Sequence):
        if context is not None:
            raise ConfigError("example pairs were given twice, as task and as context; give them once")
        context = task
    else:
        found = task
    if context is None:
        if found is None:
            raise ConfigError("neither a task nor example pairs were given; the model needs one of them")
        context = found.context_pairs(pipeline.config.resolution)
    elif isinstance(context, (str, Path)):
        context = read_context(Path(context))
    if pairs is None:
        pairs = min(pipeline.config.context_pairs, len(context))
    return Answerer(
        pipeline,
        ContextChoice(context, pairs, select=select, ensemble=ensemble, seed=seed),
        task=found,
        sampling=resolve_sampling(
            default_sampling(pipeline, found),
            guidance=guidance,
            grid=grid,
            solver=solver,
            guidance_interval=guidance_interval,
            refresh=refresh,
        ),
    )


def resolve_sampling(
    default: SamplingConfig,
    *,
    guidance: float | None = None,
    grid: int | str | None = None,
    solver: str | None = None,
    guidance_interval: tuple[float, float] | None = None,
    refresh: int | None = None,
) -> SamplingConfig:
    """The model's way of sampling, changed where something is given; a bare number of points means the published grid.

    Raises ConfigError for a setting that isn't valid.
    """
    if grid is not None:
        grid = f"published:{grid}" if str(grid).isdecimal() else str(grid)
    changes = {
        "guidance": guidance,
        "grid": grid,
        "solver": solver,
        "guidance_interval": guidance_interval,
        "refresh": refresh,
    }
    settings: dict[str, Any] = default.model_dump() | {
        name: value for name, value in changes.items() if value is not None
    }
    try:
        return SamplingConfig.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"sampling setting {key}={settings.get(key)!r}: {reason}") from error


def as_clip(query: Query) -> Clip:
    """Any kind of query as a clip ``uint8 [T, H, W, 3]``. Raises InputError for another shape, type or a bad file."""
    if isinstance(query, (str, Path)):
        return read_clip(query)
    if isinstance(query, Image.Image):
        return clip_from_pillow(query)
    array = np.asarray(query)
    if array.dtype != np.uint8:
        raise InputError(f"a query array is uint8 with values 0..255, not {array.dtype}; convert it first")
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or array.shape[3] != 3 or array.size == 0:
        raise InputError(f"a query array is [T, H, W, 3], [H, W, 3] or [H, W], not {list(np.shape(query))}")
    return array
