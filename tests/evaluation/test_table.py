"""The table for people, on wide and narrow pages."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from lavincli.evaluation.results import MetricResult, PaperFigure, Score, TaskResult, Verdict
from lavincli.evaluation.table import number, results_table


def _score(mean: float | None) -> Score:
    return Score(mean=mean, std=0.25, draws=[mean], interval=(1.0, 2.0))


def _result(task: str, verdict: Verdict) -> TaskResult:
    metric = MetricResult(
        higher_is_better=True,
        model=_score(21.5),
        baselines={"copy_query": _score(19.75), "context_mean": _score(11.0)},
        best_baseline="copy_query",
        margin=_score(1.75),
        beats_baseline=verdict,
        wrong_context=_score(None),
    )
    return TaskResult(
        task=task,
        card_version=1,
        title=task,
        kind="restoration",
        dataset="photos",
        root=None,
        split="test",
        items=7,
        keys_hash="0",
        data_hash="0",
        scored_at="model's size",
        headline="psnr",
        pairs=2,
        contexts=[["a", "b"]],
        wrong_contexts=["other"],
        metrics={"ssim": metric, "psnr": metric},
        failures=[],
        seconds=1.0,
    )


def _printed(width: int) -> list[str]:
    page = StringIO()
    results = [_result("denoising", "yes"), _result("deraining", "unclear"), _result("colorization", "no")]
    Console(file=page, width=width).print(results_table(results, title="small", width=width))
    return page.getvalue().splitlines()


def test_a_wide_page_has_every_score_the_headline_first() -> None:
    lines = _printed(170)
    first = next(place for place, line in enumerate(lines) if "denoising" in line)
    assert "psnr ↑" in lines[first]
    assert "ssim ↑" in lines[first + 1]
    for text in ("21.50 ± 0.2500", "19.75", "11.00", "n/a", "+1.750 ± 0.2500", "1.000 .. 2.000", "yes", " 7 "):
        assert text in lines[first]
    assert any(
        "beats the better trivial baseline in every draw: 1 of 3; not: deraining, colorization" in x for x in lines
    )


def test_a_narrow_page_keeps_the_headlines_whole() -> None:
    lines = _printed(90)
    assert max(len(line) for line in lines) <= 90
    line = next(line for line in lines if "colorization" in line and "NO" in line)
    for text in ("psnr ↑", "21.50 ± 0.2500", "19.75", "+1.750 ± 0.2500"):
        assert text in line
    assert not any("ssim" in line for line in lines)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "n/a"), (float("inf"), "n/a"), (0.01234, "0.0123"), (3.0, "3.000"), (-12.3456, "-12.35")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_other_baselines_and_papers_have_columns_where_there_are_some() -> None:
    result = _result("depth_estimation", "no")
    psnr = result.metrics["psnr"]
    figure = PaperFigure(system="LaVin-DiT 3.4B", value=0.062, source="arXiv")
    more = psnr.model_copy(update={"baselines": {**psnr.baselines, "constant_plane": _score(7.125)}, "paper": [figure]})
    result = result.model_copy(update={"metrics": {**result.metrics, "psnr": more}})
    page = StringIO()
    Console(file=page, width=170).print(results_table([result], title="", width=170))
    text = page.getvalue()
    line = next(line for line in text.splitlines() if "psnr ↑" in line)
    assert "7.125" in line
    assert "0.0620" in line
    assert "other trivial answers: depth_estimation: constant plane" in text
    assert "paper: LaVin-DiT 3.4B" in text
