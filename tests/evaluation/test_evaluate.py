"""Evaluating a small random model on small tasks."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import lavincli
from lavincli.builtins.rgb import RGBCodec
from lavincli.clip import Clip, Pair
from lavincli.errors import InputError, UnknownNameError
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.evaluation.items import ItemResult
from lavincli.evaluation.results import Results, TaskResult
from lavincli.evaluation.results_folder import ITEMS_FILE, RESULTS_FILE
from lavincli.evaluation.run import Writing, evaluate, works
from lavincli.evaluation.table import results_table
from lavincli.evaluation.task_tally import Listeners, Shown
from lavincli.evaluation.wrong_context import wrong_contexts
from lavincli.media.images import read_image
from lavincli.pipeline.pipeline import Pipeline
from lavincli.registry import task


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def _without_times(result: TaskResult) -> TaskResult:
    return result.model_copy(update={"seconds": 0.0})


def test_baselines_are_scored_as_they_should(pipeline: Pipeline, small_tasks: Path) -> None:
    items: list[ItemResult] = []
    shown: list[Shown] = []
    result = evaluate_task(pipeline, task("small_negative"), listeners=Listeners(item=items.append, shown=shown.append))
    assert (result.items, result.pairs, result.headline, result.dataset) == (5, 2, "mse", "pictures")
    assert len(items) == 15
    copy = np.mean([np.mean(((one.query / 255.0) - one.truth / 255.0) ** 2) for one in shown])
    assert result.metrics["mse"].baselines["copy_query"].mean == pytest.approx(copy)
    assert result.metrics["mse"].baselines["copy_query"].std == pytest.approx(0, abs=1e-12)
    assert result.metrics["mse"].baselines["context_mean"].std not in (None, 0.0)
    by_draw = [[item.scores["mse"] or 0.0 for item in items if item.draw == draw] for draw in range(3)]
    assert result.metrics["mse"].model.draws == pytest.approx(list(np.mean(by_draw, axis=1)))
    assert len({tuple(context) for context in result.contexts}) > 1
    assert result.metrics["mse"].beats_baseline == "no"


def test_twice_in_other_batches_and_with_other_threads_the_same(pipeline: Pipeline, small_tasks: Path) -> None:
    found, settings = task("small_denoising"), EvaluationSettings(draws=1, limit=3)
    base = evaluate_task(pipeline, found, settings)
    assert _without_times(evaluate_task(pipeline, found, settings)) == _without_times(base)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3 - min(threads, 2))
        other = evaluate_task(pipeline, found, dataclasses.replace(settings, batch_size=2))
    finally:
        torch.set_num_threads(threads)
    assert _without_times(other) == _without_times(base)


def test_seed_limit_and_pairs_matter(pipeline: Pipeline, small_tasks: Path) -> None:
    found = task("small_denoising")
    base = evaluate_task(pipeline, found, EvaluationSettings(draws=1))
    seeded = evaluate_task(pipeline, found, EvaluationSettings(draws=1, seed=5))
    assert seeded.metrics["psnr"].baselines != base.metrics["psnr"].baselines
    small = evaluate_task(pipeline, found, EvaluationSettings(draws=1, limit=2, pairs=4))
    assert (small.items, small.pairs) == (2, 4)
    assert small.keys_hash != base.keys_hash
    with pytest.raises(InputError, match="draws is 0"):
        EvaluationSettings(draws=0)


def test_a_wrong_context_is_another_tasks(pipeline: Pipeline, small_tasks: Path) -> None:
    items: list[ItemResult] = []
    settings = EvaluationSettings(draws=2, wrong_context=True)
    result = evaluate_task(pipeline, task("small_negative"), settings, listeners=Listeners(item=items.append))
    assert len(result.wrong_contexts) == 2
    assert "small_negative" not in result.wrong_contexts
    metric = result.metrics["mse"]
    assert metric.wrong_context is not None
    assert metric.wrong_context.mean != metric.model.mean
    assert all(item.wrong_context for item in items)


def test_a_task_of_other_lengths_has_a_wrong_context_too(small_tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else asks for one picture of five frames; those that answer with one come first."""
    names = ("frame_prediction", "optical_flow", "small_mask", "small_negative")
    monkeypatch.setattr("lavincli.evaluation.wrong_context.tasks", lambda: {name: task(name) for name in names})
    for name, lengths, drawn in (("optical_flow", (5, 1), 2), ("frame_prediction", (13, 13), 3)):
        chosen = wrong_contexts(task(name), 2, 3, 0, size=16)
        assert len({other for other, _ in chosen} - {name}) == drawn
        for other, pairs in chosen:
            stored = {pair.key: pair for pair in task(other).context_pairs(16)}
            for pair in pairs:
                assert (len(pair.input), len(pair.target)) == lengths
                np.testing.assert_array_equal(pair.input[0], stored[pair.key].input[0])
                np.testing.assert_array_equal(pair.target[0], stored[pair.key].target[0])
                np.testing.assert_array_equal(pair.target[-1], stored[pair.key].target[-1])


def test_an_item_that_cannot_be_read_is_left_out_and_named(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path
) -> None:
    for path in (small_tasks.parent / "pictures").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "2.png").write_text("no picture")
    result = evaluate_task(pipeline, task("small_denoising"), EvaluationSettings(draws=1), root=tmp_path)
    assert result.items == 4
    (failure,) = result.failures
    assert "2.png: is not a picture" in failure.error
    assert result.root == str(tmp_path)
    for path in tmp_path.iterdir():
        path.write_text("no picture")
    with pytest.raises(InputError, match="none of the 5 items of pictures could be scored; the first failed with"):
        evaluate_task(pipeline, task("small_denoising"), EvaluationSettings(draws=1), root=tmp_path)


def test_an_unknown_data_set_is_named(pipeline: Pipeline, small_tasks: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'pictures'"):
        evaluate_task(pipeline, task("small_denoising"), dataset="picture")


@pytest.mark.parametrize("reads", [False, True])
def test_what_no_context_changes_is_read_and_scored_once(
    pipeline: Pipeline, small_tasks: Path, monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    base = evaluate_task(pipeline, task("small_negative"), EvaluationSettings(limit=2))
    decode, calls = RGBCodec.decode, 0

    def counted(codec: RGBCodec, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Clip:
        nonlocal calls
        calls += query is not None
        assert not reads or query is None or len(context) == 2
        return decode(codec, rgb, context=context, query=query)

    monkeypatch.setattr(RGBCodec, "decode", counted)
    found = evaluate_task(pipeline, task("small_negative"), EvaluationSettings(limit=2))
    # Of each item 3 answers and 3 means of the context; the copy of the query under every draw, or once.
    assert calls == 2 * (3 + 3 + (3 if reads else 1))
    assert _without_times(found) == _without_times(base)


def test_tasks_take_the_data_sets_that_they_have(tmp_path: Path) -> None:
    (tmp_path / "reverse").mkdir()
    (tmp_path / "reverse" / "task.yaml").write_text("name: reverse\nreverse_of: nothing\nmetrics: [psnr]\n")
    photos, depth, bad = task("denoising"), task("depth_estimation"), task(tmp_path / "reverse")
    named = {"photos": tmp_path, "scenes": None}
    assert works([photos, depth], named) == [(photos, "photos", tmp_path), (depth, "scenes", None)]
    assert works([photos, bad], None) == [(photos, "photos", None), (bad, None, None)]
    assert works([photos, depth], {"photos": None}) == [(photos, "photos", None), (depth, "photos", None)]
    with pytest.raises(UnknownNameError, match="unknown data set of these tasks 'fotos'; did you mean 'photos'"):
        works([photos, depth], {"fotos": tmp_path})


def test_each_data_set_has_its_sheet(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    card = (small_tasks / "small_negative" / "task.yaml").read_text()
    data = (
        "data: {pictures: {loader: pair_folder, root: ../../pairs}, others: {loader: pair_folder, root: ../../pairs}}"
    )
    (tmp_path / "small_negative").mkdir()
    (tmp_path / "small_negative" / "task.yaml").write_text(re.sub("data: .*", data, card))
    shutil.copytree(small_tasks / "small_negative" / "context", tmp_path / "small_negative" / "context")
    roots = dict.fromkeys(("pictures", "others"), small_tasks.parent / "pairs")
    settings, writing = EvaluationSettings(draws=1, limit=1), Writing(sheets=tmp_path / "sheets")
    results = evaluate(pipeline, [task(tmp_path / "small_negative")], settings, data=roots, writing=writing)
    assert len(results.tasks) == 2
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {
        "small_negative_pictures.png",
        "small_negative_others.png",
    }


def test_a_run_writes_results_items_and_sheets(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    names = ["small_negative", "small_mask", "small_denoising"]  # small_mask names no data
    settings = EvaluationSettings(draws=2, limit=3)
    seen: list[tuple[str, int, int]] = []
    results = evaluate(
        pipeline,
        [task(name) for name in names],
        settings,
        writing=Writing(output=tmp_path, sheets=tmp_path / "sheets", command="lavin eval"),
        on_progress=lambda name, done, total: seen.append((name, done, total)),
    )
    assert [result.task for result in results.tasks] == ["small_negative", "small_denoising"]
    assert [failure.task for failure in results.failed] == ["small_mask"]
    assert seen == [("small_negative", 3, 3), ("small_denoising", 3, 3)]
    read = Results.model_validate_json((tmp_path / RESULTS_FILE).read_text())
    assert read == results
    assert read.format == 2
    assert read.model.fingerprint == pipeline.fingerprint
    assert read.sampling == pipeline.config.sampling.model_dump(mode="json")
    lines = [json.loads(line) for line in (tmp_path / ITEMS_FILE).read_text().splitlines()]
    assert len(lines) == 2 * 3 * 2
    assert {line["task"] for line in lines} == {"small_negative", "small_denoising"}
    assert read_image(tmp_path / "sheets" / "small_negative.png").shape[2] > 3 * 160


def test_how_a_metric_aligns_is_told(pipeline: Pipeline, tmp_path: Path) -> None:
    results = evaluate(
        pipeline, [task("depth_estimation")], EvaluationSettings(draws=1, limit=1), writing=Writing(output=tmp_path)
    )
    (depth,) = results.tasks
    assert depth.alignments == {"affine_invariant_depth": "least-squares scale and shift in disparity, for each item"}
    written = Results.model_validate_json((tmp_path / RESULTS_FILE).read_text())
    assert written.tasks[0].alignments == depth.alignments
    assert "affine_invariant_depth after alignment: least-squares" in str(
        results_table(results.tasks, title="", width=200).caption
    )
