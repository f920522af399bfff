"""Several tasks of the same inputs: each answers as it would alone, with one model load and one sheet for all."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.cli.predict_lines import show_forecasts
from lavincli.errors import InputError
from lavincli.media.images import read_image, write_image
from lavincli.pipeline import load as load_module
from lavincli.pipeline.model_directory import load_networks
from lavincli.predict_run.forecast import Forecast
from lavincli.predict_run.items import Answered
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.records import RECORDS_FILE, Record, read_records
from lavincli.predict_run.task_gallery import TaskGallery
from lavincli.views import Shown
from lavincli.views.files import Value
from tests.predict_run.conftest import write_pictures
from tests.small_tasks import picture

TWO = ["--task", "small_mask", "--task", "small_negative"]


@pytest.fixture
def common(tiny_model_directory: Path, small_tasks: Path) -> list[str]:
    return ["--model", str(tiny_model_directory), "--device", "cpu"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "photos", 5)


def _tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != RECORDS_FILE
    }


def _records(output: Path) -> list[dict[str, object]]:
    return [record.model_dump(exclude={"seconds"}) for record in read_records(output / RECORDS_FILE)]


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_task_answers_as_it_would_alone(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "words.png").write_text("no picture")
    loads: list[object] = []

    def counting(*arguments: object) -> object:
        loads.append(arguments)
        return load_networks(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(load_module, "load_networks", counting)
    output = tmp_path / "out"
    command = ["predict", str(photos), *TWO, *common, "-o", str(output), "--json", "--save", "value,rgb,sheet"]
    assert main(command) == 3
    assert len(loads) == 1
    records = _lines(capfd.readouterr().out)
    assert [record["task"] for record in records] == ["small_mask"] * 6 + ["small_negative"] * 6
    assert {path.name for path in output.iterdir()} == {"small_mask", "small_negative", "sheet.png"}
    for task in ("small_mask", "small_negative"):
        alone = tmp_path / task
        assert main(["predict", str(photos), "--task", task, *common, "--save", "value,rgb", "-o", str(alone)]) == 3
        assert _tree(output / task) == _tree(alone)
        assert _records(output / task) == _records(alone)
    sheet = (output / "sheet.png").read_bytes()
    capfd.readouterr()
    assert main(command) == 3
    statuses = [record["status"] for record in _lines(capfd.readouterr().out)]
    assert statuses == [*["skipped"] * 5, "failed"] * 2
    assert (output / "sheet.png").read_bytes() == sheet


@pytest.mark.timeout(300)  # as of every process: seconds, but not behind a training that holds every core
def test_processes_answer_one_task_after_the_other(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # No picture has the two frames that flow is between: its run fails as it does alone, and the next one is done.
    tasks = ["--task", "small_mask", "--task", "optical_flow", "--task", "small_negative", "--pairs", "1"]
    command = ["predict", str(photos), *tasks, *common, "--save", "rgb", "--batch-size", "2", "-o"]
    assert main([*command, str(tmp_path / "two"), "--nproc", "2"]) == 1
    assert "none of the 5 inputs could be answered" in capfd.readouterr().err
    assert main([*command, str(tmp_path / "one")]) == 1
    one, two = _tree(tmp_path / "one"), _tree(tmp_path / "two")
    assert len(one) == 10
    assert set(one) == set(two)
    for name in one:
        pair = [read_image(tmp_path / run / name).astype(int) for run in ("one", "two")]
        assert np.abs(pair[0] - pair[1]).max() <= 1


def test_paths_from_a_pipe_are_for_all_tasks(
    photos: Path, common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(path) for path in sorted(photos.rglob("*.png"))]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(paths).encode())))
    command = ["predict", "-", "--root", str(photos), *TWO, *common, "-o", str(tmp_path / "out")]
    assert main(command) == 0
    names = {path.relative_to(photos).as_posix() for path in photos.rglob("*.png")}
    assert set(_tree(tmp_path / "out")) == {
        f"{task}/{name}" for task in ("small_mask", "small_negative") for name in names
    }


def test_the_plan_is_told_for_each_task_that_a_setting_names(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    monkeypatch.setenv("LAVIN_PREDICT_TASK", "small_mask")
    assert main(["predict", str(photos / "00" / "0001.png"), *common, "-o", str(output / "small_mask" / "00")]) == 0
    assert (output / "small_mask" / "00" / "0001.png").is_file()
    monkeypatch.setenv("LAVIN_PREDICT_TASK", "small_mask small_negative")
    capfd.readouterr()
    assert main(["predict", str(photos), *common, "-o", str(output), "--dry-run", "--json"]) == 0
    told = _lines(capfd.readouterr().out)
    assert [one["task"] for one in told] == ["small_mask", "small_negative"]
    assert [one["output"] for one in told] == [str(output / "small_mask"), str(output / "small_negative")]
    assert [one["answered"] for one in told] == [5, 5]
    show_forecasts([Forecast(**one) for one in told], as_json=False)
    assert "all tasks   0.0 s" in capfd.readouterr().out
    assert not (output / "small_negative").exists()


def test_what_is_told_to_stop_begins_no_other_task(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Value.save

    def interrupted(view: Value, shown: Shown, path: Path) -> list[Path]:
        monkeypatch.setattr(Value, "save", save)
        os.kill(os.getpid(), signal.SIGTERM)
        return save(view, shown, path)

    monkeypatch.setattr(Value, "save", interrupted)
    output = tmp_path / "out"
    command = ["predict", str(photos), *TWO, *common, "--batch-size", "1", "-o", str(output)]
    assert main(command) == 143
    assert not (output / "small_negative").exists()
    assert "run the same command again to go on" in capfd.readouterr().err
    assert main(command) == 0
    assert len(_tree(output)) == 10


def test_no_task_may_write_over_an_input(tmp_path: Path) -> None:
    output = tmp_path / "out"
    write_image(output / "second" / "one.png", picture(1))
    with pytest.raises(InputError, match="an answer would lie beside it or replace it"):
        make_plan([output / "second" / "one.png"], output, folders=["first", "second"])
    assert len(make_plan([output / "second" / "one.png"], output, folders=["first", "third"])) == 1
    (output / "third").write_text("a file")
    with pytest.raises(InputError, match="third: is a file"):
        make_plan([output / "second" / "one.png"], output, folders=["first", "third"])


def _answered(key: str, task: str, *thumbnails: np.ndarray) -> Answered:
    common = {"seed": 0, "model": "m", "model_fingerprint": "f", "device": "cpu", "dtype": "float32"}
    status = "done" if thumbnails else "failed"
    return Answered(Record(key=key, input=key, status=status, task=task, **common), thumbnails=thumbnails)


def test_a_sheet_shows_the_queries_that_tasks_make_and_leaves_empty_what_failed(tmp_path: Path) -> None:
    def flat(*color: int) -> np.ndarray:
        return np.full((1, 96, 96, 3), color, np.uint8)

    photo, noisy, clean, edges = flat(90, 0, 0), flat(0, 90, 0), flat(0, 0, 90), flat(90, 0, 90)
    gallery = TaskGallery(["denoising", "edge_detection"], limit=2)
    gallery.add(_answered("a", "denoising"))
    for key in "bcd":
        gallery.add(_answered(key, "denoising", noisy, clean, photo))
    assert [gallery.wants(key) for key in "abcd"] == [False, True, True, False]
    for key in "ac":
        gallery.add(_answered(key, "edge_detection", photo, edges))
    assert gallery.write(tmp_path / "sheet.png", "2 tasks: small")
    sheet = read_image(tmp_path / "sheet.png")
    # input | denoising: query | denoising | edge detection, of b and of c
    cells = [int((sheet == color[:, :1, :1]).all(axis=-1).sum()) / 192**2 for color in (photo, noisy, clean, edges)]
    assert cells == [2, 2, 2, 1]
    assert not TaskGallery(["denoising"]).write(tmp_path / "none.png", "nothing")
