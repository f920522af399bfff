"""``--dry-run``: what would be done is what is done."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.media.images import write_image
from lavincli.pipeline import load as load_module
from lavincli.predict_run.forecast import forecast
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.settings import AnswerSettings, RunSettings
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


def test_time_and_memory_follow_what_is_asked(tiny_model_directory: Path, small_tasks: Path, tmp_path: Path) -> None:
    plans = [make_plan([write_pictures(tmp_path / str(count), count)], tmp_path / "out") for count in (3, 30)]
    asked = AnswerSettings(model=str(tiny_model_directory), task="small_negative", device="cpu")
    longer = asked.model_copy(update={"grid": "uniform:300"})
    few, many, slow = (
        forecast(asked, RunSettings(), plans[0], tmp_path / "out"),
        forecast(asked, RunSettings(), plans[1], tmp_path / "out", processes=2),
        forecast(longer, RunSettings(), plans[0], tmp_path / "out"),
    )
    assert "billion operations a picture" in few.seconds_rule
    assert 0 < few.seconds < slow.seconds
    assert few.seconds < many.seconds
    assert many.bytes == 2 * few.bytes
    answerer = asked.bind(weightless(asked.model, "cpu", None))
    operations, more = operations_of_a_query(answerer), operations_of_a_query(longer.bind(answerer.pipeline))
    assert more > 10 * operations > 0
