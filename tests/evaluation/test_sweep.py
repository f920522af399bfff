"""Studies: an evaluation for each value of a setting, curves and plots."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

import lavincli
from lavincli.cli.main import main
from lavincli.errors import ConfigError, InputError, LavinError
from lavincli.evaluation.asked import Asked
from lavincli.evaluation.job import EvaluationJob
from lavincli.evaluation.results_folder import read_items, read_results
from lavincli.evaluation.run import Writing
from lavincli.evaluation.sweep import Study, read_sweep
from lavincli.registry import task
from tests.evaluation.test_results_folder import timeless


@pytest.fixture
def common(tiny_model_directory: Path, small_tasks: Path) -> list[str]:
    common = ["--model", str(tiny_model_directory), "--device", "cpu", "--draws", "1", "--limit", "2"]
    return ["eval", "--task", "small_negative", "--task", "small_denoising", "--pictures", "1", *common]


def test_each_value_has_its_results_and_a_place_on_the_curves(
    common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*common, "--sweep", "pairs=1,9,2", "-o", str(tmp_path), "--sheet", str(tmp_path / "sheets")]) == 3
    out, err = capsys.readouterr()
    assert out.count("small-random") == 2
    assert [out.count(f"pairs={value}, small-random") for value in (1, 9, 2)] == [1, 0, 1]
    sheets = sorted(path.relative_to(tmp_path / "sheets").as_posix() for path in tmp_path.glob("sheets/*/*.png"))
    assert sheets == [f"pairs={value}/small_{name}.png" for value in (1, 2) for name in ("denoising", "negative")]
    assert "pairs=9: " in err
    assert "the context set has 4" in err
    sweep = read_sweep(tmp_path)
    assert (sweep.parameter, sweep.values, sweep.numeric) == ("pairs", ["1", "9", "2"], True)
    assert [(point.value, point.folder) for point in sweep.points] == [("1", "pairs=1"), ("2", "pairs=2")]
    assert [failure.value for failure in sweep.failed] == ["9"]
    found = [read_results(tmp_path / point.folder) for point in sweep.points]
    assert [results.tasks[0].pairs for results in found] == [1, 2]
    mse = next(curve for curve in sweep.curves if (curve.task, curve.metric) == ("small_negative", "mse"))
    assert (mse.headline, mse.x) == (True, ["1", "2"])
    assert mse.model == [results.tasks[0].metrics["mse"].model for results in found]
    assert list(mse.baselines) == ["copy_query", "context_mean"]
    assert sum(item.pictures is not None for item in read_items(tmp_path / "pairs=2")) == 2
    rows = list(csv.DictReader((tmp_path / "sweep.csv").read_text().splitlines()))
    assert len(rows) == 2 * len(sweep.curves)
    (row,) = (row for row in rows if (row["value"], row["metric"]) == ("2", "mse"))
    assert float(row["mean"]) == mse.model[1].mean
    assert (row["headline"], row["items"], row["pairs"], row["higher_is_better"]) == ("True", "2", "2", "False")
    plots = sorted(path.name for path in (tmp_path / "plots").iterdir())
    names = [f"{task}_pictures_{metric}" for task, metric in (("small_denoising", "psnr"), ("small_negative", "mse"))]
    assert plots == [f"{name}{suffix}" for name in names for suffix in (".png", ".svg")]


def test_other_settings_can_be_varied_and_a_study_goes_on(
    common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*common[:3], *common[5:], "--sweep", "select=fixed,nearest", "-o", str(tmp_path), "--json"]
    assert main(arguments) == 0
    first = [timeless(tmp_path / folder) for folder in ("select=fixed", "select=nearest")]
    assert first[0]["tasks"] != first[1]["tasks"]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/predictions/*/*.png")}
    assert len(kept) == 4
    assert main(arguments) == 0
    assert [timeless(tmp_path / folder) for folder in ("select=fixed", "select=nearest")] == first
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["study"] for line in lines] == ["select=fixed", "select=nearest"] * 2
    own = [item.context for item in read_items(tmp_path / "select=nearest")]
    assert own[0] is not None
    assert len(own[0]) == 2


def test_a_share_of_a_study_goes_on_where_a_value_cannot_be_evaluated(
    tiny_model_directory: Path, small_tasks: Path, tmp_path: Path
) -> None:
    asked = Asked(device="cpu", draws=1, limit=1)
    job = EvaluationJob([task("small_negative")], asked, Writing(output=tmp_path))
    job.answer("1/1", f"model=/nowhere,{tiny_model_directory}")
    assert len(list(tmp_path.glob(f"model={tiny_model_directory.name}/predictions/*/*.png"))) == 1
    with pytest.raises(LavinError):
        EvaluationJob([], Asked(model="/nowhere"), Writing(output=tmp_path)).answer("1/1", None)


def test_a_study_over_models_tells_their_sizes_and_how_training_went(
    common: list[str], tiny_model_directory: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_model_directory, run / "model")
    lines = [{"step": step, "seconds": 1.0, "loss": 4.0 - step / 100} for step in range(1, 101)]
    lines.insert(50, {"step": 50, "seconds": 1.0, "psnr": 20.0})  # a validation
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    models = f"{run},{tiny_model_directory}"
    shortened = [*common[:3], *common[7:], "--pictures", "0"]
    assert main([*shortened, "--sweep", f"model={models}", "-o", str(tmp_path / "study")]) == 0
    trained, bare = read_sweep(tmp_path / "study").points
    loaded = lavincli.load(tiny_model_directory, device="cpu")
    assert trained.parameters == bare.parameters == sum(value.numel() for value in loaded.jdit.parameters())
    assert bare.losses == []
    assert len(trained.losses) == 40
    assert (trained.losses[0].step, trained.losses[-1].step) == (2, 100)
    assert trained.losses[0].loss == pytest.approx(3.985)


def test_values_are_those_of_the_setting(tmp_path: Path) -> None:
    asked = Asked(model="m")
    models = Study.parse("model=a/one,b/one, org/two")
    assert models.values == ("a/one", "b/one", "org/two")
    points = list(models.points(asked, tmp_path))
    assert [(varied.model, folder.name) for _, varied, folder in points] == [
        ("a/one", "model=one"),
        ("b/one", "model=one-2"),
        ("org/two", "model=two"),
    ]
    assert [varied.grid for _, varied, _ in Study.parse("grid=2,uniform:3").points(asked, tmp_path)] == [
        "2",
        "uniform:3",
    ]
    for wrong in ("seeds=1,2", "pairs", "pairs=", "pairs=,"):
        with pytest.raises(ConfigError, match="settings that can be varied: pairs, grid, model, select"):
            Study.parse(wrong)
    with pytest.raises(ConfigError, match="pairs is a whole number"):
        list(Study.parse("pairs=one").points(asked, tmp_path))
    with pytest.raises(InputError, match="no study of 'lavin eval --sweep' here"):
        read_sweep(tmp_path)


def test_a_study_needs_a_folder(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*common, "--sweep", "pairs=1,2"]) == 2
    assert "needs a results folder" in capsys.readouterr().err
