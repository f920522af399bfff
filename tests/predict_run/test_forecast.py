"""``--dry-run``: what would be done is what is done."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from torch.utils.flop_counter import FlopCounterMode

from lavincli.cli.main import main
from lavincli.media.images import write_image
from lavincli.pipeline import load as load_module
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.forecast import forecast
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.settings import AnswerSettings, RunSettings, TaskSettings
from lavincli.predict_run.weightless import operations_of_a_query, weightless
from tests.predict_run.conftest import write_pictures
from tests.small_tasks import picture


def test_the_forecast_is_what_happens_and_needs_no_weights(
    tiny_model_directory: Path,
    small_tasks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    photos, output = write_pictures(tmp_path / "photos", 6), tmp_path / "out"
    options = ["--task", "small_negative", "--model", str(tiny_model_directory), "--device", "cpu"]
    assert main(["predict", str(photos), *options, "-o", str(output)]) == 0
    write_image(photos / "00" / "0001.png", picture(77))
    write_image(photos / "new.png", picture(78))
    write_image(photos / "new.jpg", picture(79))
    (photos / "words.png").write_text("no picture")
    capfd.readouterr()

    def refuse(*_: object) -> None:
        raise AssertionError("weights are loaded")

    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr(load_module, "load_networks", refuse)
        command = ["predict", str(photos), *options, "-o", str(output)]
        assert main([*command, "--dry-run", "--json"]) == 0
        told = json.loads(capfd.readouterr().out)
        assert main([*command, "--dry-run", "--overwrite"]) == 0
        assert "to answer   8, 6 of them again" in capfd.readouterr().out
        assert main([*command[:1], "-", *command[2:], "--dry-run"]) == 2
    capfd.readouterr()
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before
    assert [told[name] for name in ("items", "answered", "again", "skipped", "videos")] == [9, 3, 1, 5, 0]
    assert told["suffixes_kept"] == 2
    assert "words.png" in told["failed"][0]
    assert "as the 6 alike that were answered here took" in told["seconds_rule"]

    assert main([*command, "--json"]) == 3
    statuses = Counter(json.loads(line)["status"] for line in capfd.readouterr().out.splitlines())
    assert statuses == {"done": told["answered"], "skipped": told["skipped"], "failed": len(told["failed"])}


def test_time_is_counted_in_operations_where_nothing_was_measured(
    tiny_model_directory: Path, small_tasks: Path, tmp_path: Path
) -> None:
    plan = make_plan([write_pictures(tmp_path / "photos", 3)], tmp_path / "out")
    asked = AnswerSettings(model=str(tiny_model_directory), task="small_negative", device="cpu")
    (told,) = forecast([TaskSettings(answer=asked, run=RunSettings(), output=tmp_path / "out")], plan, processes=2)
    assert "billion operations a picture" in told.seconds_rule
    assert told.seconds > 0
    assert told.bytes > 2 * 400_000_000
    assert told.bytes_rule.startswith("2 x (weights + 8 at once")
    # Without counting three hundred steps one by one.
    answerer = asked.model_copy(update={"grid": "uniform:300"}).bind(weightless(asked.model, "cpu", None))
    short = Answerer(answerer.pipeline, answerer.choice, task=answerer.task)
    with FlopCounterMode(display=False) as counted:
        short.compute([picture(1, 32, 32)], [0])
    assert operations_of_a_query(short) == pytest.approx(counted.get_total_flops(), rel=0.1)
    assert operations_of_a_query(answerer) > 10 * operations_of_a_query(short)
