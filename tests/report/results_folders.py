"""Results folders as `lavin eval -o` leaves them, made of the bundled photos in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from lavincli.bundle import bundled_folder
from lavincli.clip import Clip
from lavincli.evaluation.items import ItemPictures, ItemResult, PairPictures, Picture
from lavincli.evaluation.results import MetricResult, ModelInfo, PaperFigure, Results, Score, TaskFailure, TaskResult
from lavincli.media.geometry import center_square, resize
from lavincli.media.images import read_image
from lavincli.media.webp import encode_webp

HOSTILE = "<script>alert('key')</script>\"'&"


@cache
def photos(size: int) -> tuple[Clip, ...]:
    """The bundled photos, square."""
    files = sorted(bundled_folder("photos").glob("*.jpg"))
    return tuple(resize(center_square(read_image(file)), (size, size)) for file in files)


def write_results(
    folder: Path,
    *,
    tasks: int,
    items: int,
    size: int = 128,
    frames: int = 1,
    draws: int = 2,
    without_pictures: int = 0,
    own_context: bool = False,
) -> Results:
    """Results of `tasks` tasks with `items` items each, of which the last `without_pictures` have no pictures.

    With `own_context` every item has an example pair of its own, and the draws have no pictures.

    Item n of a task scores a PSNR of 20 + n, draw d adds d; a copy of the query has 22. The first key is hostile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[ItemResult] = []
    found: list[TaskResult] = []
    for number in range(tasks):
        task, shown = f"task_{number}", items - without_pictures
        for item in range(items):
            key = HOSTILE if item == 0 else f"folder/photo {item:03d}.jpg"
            pictures = _pictures(folder, f"{task}/{item:04d}", number + item, size, frames) if item < shown else None
            own = [_pair(folder, task, size, item % 3)] if own_context else None
            lines.extend(_line(task, key, item, draw, pictures if draw == 0 else None, own) for draw in range(draws))
        pairs = [] if own_context else [_pair(folder, task, size, place) for place in range(3)]
        found.append(_task(task, items, draws, pairs))
    results = Results(
        created="2026-01-02T03:04:05+00:00",
        command="lavin eval --task all -o results/",
        model=ModelInfo(name="small-random", fingerprint="0123456789abcdef", resolution=size),
        sampling={"grid": "uniform:3", "guidance": 1.5},
        dtype="float32",
        device="cpu",
        batch_size=None,
        seed=0,
        libraries={"torch": "2.13.0"},
        tasks=found,
        failed=[TaskFailure(task="broken", dataset="mine", error="<b>no</b> such folder")],
        seconds=1.0,
    )
    (folder / "results.json").write_text(results.model_dump_json(), "utf-8")
    (folder / "results.jsonl").write_text("".join(line.model_dump_json() + "\n" for line in lines), "utf-8")
    return results


def score(mean: float | None, *, half: float = 1.0) -> Score:
    """A score of two draws with an interval of `half` to both sides; None: of no number."""
    if mean is None:
        return Score(mean=None, std=None, draws=[None, None], interval=None)
    return Score(mean=mean, std=0.1, draws=[mean - 0.1, mean + 0.1], interval=(mean - half, mean + half))


def metric(model: float | None, copy: float, *, higher_is_better: bool = True, paper: bool = False) -> MetricResult:
    """One score beside both trivial answers, the other task's examples and perhaps a paper's."""
    beats = model is not None and (model > copy) == higher_is_better
    return MetricResult(
        higher_is_better=higher_is_better,
        model=score(model),
        baselines={"copy_query": score(copy), "context_mean": score(copy * (0.5 if higher_is_better else 9))},
        best_baseline="copy_query",
        margin=score(None if model is None else abs(model - copy) * (1 if beats else -1)),
        beats_baseline="yes" if beats else "no",
        wrong_context=score(copy * 0.9),
        paper=[PaperFigure(system="LaVin-DiT", value=30.0, source="table 1")] if paper else [],
    )


def _task(task: str, items: int, draws: int, pairs: Sequence[PairPictures]) -> TaskResult:
    return TaskResult(
        task=task,
        card_version=1,
        title=f"Title of {task} <i>",
        kind="restoration",
        dataset="photos",
        root=None,
        split="test",
        items=items,
        keys_hash="0" * 64,
        data_hash="1" * 64,
        scored_at="model's size",
        headline="psnr",
        pairs=len(pairs) or 1,
        contexts=[[pair.id for pair in pairs]] * draws,
        context_pictures=[list(pairs)] * draws if pairs else [],
        wrong_contexts=["other"] * draws,
        metrics={
            "psnr": metric(20 + items / 2, 22, paper=task == "task_0"),
            "distance": metric(0.2, 0.25, higher_is_better=False),
            "undefined": metric(None, 1.0),
        },
        alignments={"depth": "least-squares scale"},
        failures=[],
        notes=["A <note>."],
        seconds=1.0,
    )


def _line(
    task: str, key: str, item: int, draw: int, pictures: ItemPictures | None, own: list[PairPictures] | None
) -> ItemResult:
    return ItemResult(
        task=task,
        dataset="photos",
        draw=draw,
        key=key,
        seed=item,
        scores={"psnr": 20.0 + item + draw, "distance": 0.2, "undefined": None},
        baselines={
            "copy_query": {"psnr": 22.0, "distance": 0.25, "undefined": 1.0},
            "context_mean": {"psnr": 11.0, "distance": 2.25, "undefined": 1.0},
        },
        wrong_context={"psnr": 19.8, "distance": 0.3, "undefined": None},
        pictures=pictures,
        context=own,
    )


def _pair(folder: Path, task: str, size: int, place: int) -> PairPictures:
    return PairPictures(
        id=f"pair {place}",
        input=_write(folder, f"{task}/context_{place}_input", _blurred(photos(size)[place])),
        target=_write(folder, f"{task}/context_{place}_target", photos(size)[place]),
    )


def _pictures(folder: Path, name: str, number: int, size: int, frames: int) -> ItemPictures:
    truth = photos(size)[number % len(photos(size))]
    # No two items have the same pixels, as in a real folder.
    truth = np.roll(truth, 7 * (number // len(photos(size))), axis=2)
    query = np.clip(truth + np.random.default_rng(number).normal(0, 25, truth.shape), 0, 255).astype(np.uint8)
    roles = {"query": query, "prediction": _blurred(truth), "truth": truth}
    clips = {
        role: np.concatenate([np.roll(clip, 4 * place, axis=2) for place in range(frames)])
        for role, clip in roles.items()
    }
    return ItemPictures(**{role: _write(folder, f"{name}_{role}", clip) for role, clip in clips.items()})


def _blurred(clip: Clip) -> Clip:
    size = (clip.shape[1], clip.shape[2])
    return resize(resize(clip, (size[0] // 4, size[1] // 4)), size)


def _write(folder: Path, name: str, clip: Clip) -> Picture:
    path = folder / "pictures" / f"{name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_webp(clip))
    still = None
    if len(clip) > 1:
        still = f"pictures/{name}.still.webp"
        (folder / still).write_bytes(encode_webp(clip[len(clip) // 2 :][:1]))
    return Picture(
        file=f"pictures/{name}.webp", still=still, width=clip.shape[2], height=clip.shape[1], frames=len(clip)
    )
