"""Results and studies as Markdown tables."""

from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.evaluation.results import Score
from lavincli.evaluation.sweep import Curve, Sweep, SweepFailure, SweepPoint
from lavincli.report.markdown import results_markdown, sweep_markdown
from tests.report.results_folders import metric, write_results


def test_every_headline_has_a_line_beside_the_trivial_answers(tmp_path: Path) -> None:
    text = results_markdown(write_results(tmp_path, tasks=2, items=6, size=32))
    lines = text.splitlines()
    assert lines[:3] == [
        "| task | data | score | N | small-random | copy of the query | mean of the context | margin | beats "
        "| another task's examples |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
        "| task_0 | photos | psnr ↑ | 6 | 23.00 ± 0.1000 | 22.00 | 11.00 | +1.000 ± 0.1000 | yes | 19.80 |",
    ]
    assert lines[3].startswith("| task_1 |")
    assert "Beats the better trivial answer in every draw of the context on 2 of 2 tasks." in lines
    assert "- broken: <b>no</b> such folder" in lines
    assert lines[-1] == "    lavin eval --task all -o results/"


def test_columns_of_what_nobody_has_are_left_out_and_others_are_named(tmp_path: Path) -> None:
    results = write_results(tmp_path, tasks=1, items=2, size=32)
    task = results.tasks[0]
    headline = task.metrics["psnr"].model_copy(update={"wrong_context": None})
    constant = Score(mean=3.0, std=None, draws=[3.0], interval=None)
    headline.baselines["constant_plane"] = constant
    plain = task.model_copy(update={"metrics": {"psnr": headline}})
    heading, _, row = results_markdown(results.model_copy(update={"tasks": [plain]})).splitlines()[:3]
    assert "another task's examples" not in heading
    assert "| other trivial answer |" in heading
    assert "| 3.000 (constant plane) |" in row
    assert "| **no** |" in row


def test_a_study_has_a_column_a_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [metric(0.3, 0.25, higher_is_better=False), metric(0.2, 0.25, higher_is_better=False)]
    curve = Curve(
        task="depth",
        title="Depth",
        dataset="scenes|mine",
        metric="abs_rel",
        higher_is_better=False,
        headline=True,
        x=["1", "8"],
        model=[one.model for one in found],
        baselines={name: [one.baselines[name] for one in found] for name in found[0].baselines},
        paper=[],
    )
    points = [
        SweepPoint(value="1", folder="a", model="m", seconds=1),
        SweepPoint(value="4", folder="b", model="m", seconds=1),
        SweepPoint(value="8", folder="c", model="m", seconds=1, parameters=9_040_000),
    ]
    sweep = Sweep(
        created="2026-01-02T03:04:05+00:00",
        command="lavin eval --sweep pairs=1,4,8,99",
        parameter="pairs",
        values=["1", "4", "8", "99"],
        numeric=True,
        points=points,
        failed=[SweepFailure(value="99", error="too many")],
        curves=[curve, curve.model_copy(update={"headline": False, "metric": "rmse"})],
        seconds=2,
    )
    assert sweep_markdown(sweep).splitlines() == [
        "| task | data | score | 1 | 4 | 8 (9.0 M) | best trivial answer |",
        "|---|---|---|---:|---:|---:|---:|",
        "| depth | scenes&#124;mine | abs_rel ↓ | 0.3000 ± 0.1000 |  | 0.2000 ± 0.1000 | 0.2500 |",
        "",
        "By pairs.",
        "",
        "Not evaluated:",
        "",
        "- pairs 99: too many",
        "",
        "Measured by",
        "",
        "    lavin eval --sweep pairs=1,4,8,99",
    ]
    (tmp_path / "sweep.json").write_text(sweep.model_dump_json(), "utf-8")
    out = tmp_path / "new" / "table.md"
    assert main(["eval", "report", str(tmp_path), "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_text("utf-8") == sweep_markdown(sweep)
