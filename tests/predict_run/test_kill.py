"""Runs that are killed or told to stop: nothing half written is ever seen, and the same command goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from lavincli.cli.main import main
from lavincli.media.images import read_image
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.leftovers import remove_leftovers
from lavincli.predict_run.records import RECORDS_FILE, read_records
from lavincli.predict_run.signals import stopping_on_signals
from lavincli.views import Shown
from lavincli.views.files import Value
from tests.predict_run.conftest import write_pictures
from tests.predict_run.test_run import make

# The proof at full size is 20 kills in a run of 200 pictures: LAVIN_TEST_KILLS=20 pytest tests/predict_run/test_kill.py
KILLS = int(os.environ.get("LAVIN_TEST_KILLS", "1"))


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != RECORDS_FILE
    }


def _records(output: Path) -> list[dict[str, object]]:
    return [record.model_dump(exclude={"seconds"}) for record in read_records(output / RECORDS_FILE)]


@pytest.mark.timeout(300 + 60 * KILLS)  # seconds, but not behind a training that holds every core
def test_a_killed_run_is_finished_by_the_same_command(
    tiny_model_directory: Path, small_tasks: Path, tmp_path: Path
) -> None:
    photos = write_pictures(tmp_path / "photos", 40 + 8 * KILLS)
    options = [
        "--task",
        "small_negative",
        "--model",
        str(tiny_model_directory),
        "--device",
        "cpu",
        "--save",
        "value,rgb",
    ]
    command = ["predict", str(photos), *options, "-o"]
    whole, output = tmp_path / "whole", tmp_path / "out"
    assert main([*command, str(whole)]) == 0
    generator = random.Random(0)
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    for _ in range(KILLS):
        run = subprocess.Popen(
            [sys.executable, "-m", "lavincli", "--quiet", *command, str(output)],
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(generator.uniform(0, 0.2))
        run.kill()
        run.wait()
        run.stdout.close()
        for name, data in _files(output).items():
            if not Path(name).name.startswith("."):
                assert data == _files(whole)[name], name
    assert main([*command, str(output)]) == 0
    assert _files(output) == _files(whole)
    assert _records(output) == _records(whole)


def test_what_was_being_written_is_removed_by_the_next_run(answerer: Answerer, tmp_path: Path) -> None:
    photos, output = write_pictures(tmp_path / "photos", 2), tmp_path / "out"
    assert len(list(make(answerer, photos, output))) == 2
    name = ".lavin-0123456789abcdef"
    left = [
        output / "00" / f"{name}.png",
        output / "00" / name / "00000.png",
        output / "00" / "a.cutout" / f"{name}.png",
    ]
    # In a folder that this run has nothing to do with, another program of lavin may be writing just now.
    kept = [output / "00" / ".lavin-notes", output / "00" / f"{name[1:]}.png", output / "elsewhere" / f"{name}.png"]
    for path in (*left, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    assert remove_leftovers(output / "00", older_than=3600) == 0
    assert len(list(make(answerer, photos, output))) == 2
    assert [path.exists() for path in (*left, *kept)] == [False] * 3 + [True] * 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_finishes_what_it_has_in_work(
    answerer: Answerer, tmp_path: Path, number: signal.Signals
) -> None:
    photos, output = write_pictures(tmp_path / "photos", 40), tmp_path / "out"
    run = make(answerer, photos, output, batch_size=2)
    done = []
    with stopping_on_signals(run.stop) as caught:
        for answered in run:
            done.append(answered.record.key)
            if len(done) == 3:
                signal.raise_signal(number)
    assert run.was_stopped
    assert caught.exit_code == 128 + number
    assert 4 <= len(done) <= 14
    assert len(done) % 2 == 0
    assert sorted(_files(output)) == done
    assert [record.key for record in read_records(output / RECORDS_FILE)] == done
    again = [answered.record.status for answered in make(answerer, photos, output, batch_size=2)]
    assert again == ["skipped"] * len(done) + ["done"] * (40 - len(done))


def test_the_command_says_how_to_go_on(
    tiny_model_directory: Path,
    small_tasks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    photos = write_pictures(tmp_path / "photos", 20)
    save = Value.save

    def interrupted(view: Value, shown: Shown, path: Path) -> list[Path]:
        monkeypatch.setattr(Value, "save", save)
        os.kill(os.getpid(), signal.SIGINT)
        return save(view, shown, path)

    monkeypatch.setattr(Value, "save", interrupted)
    options = ["--task", "small_negative", "--model", str(tiny_model_directory), "--device", "cpu"]
    command = ["predict", str(photos), *options, "--batch-size", "1", "-o", str(tmp_path / "out")]
    assert main(command) == 130
    out, err = capfd.readouterr()
    answered = out.splitlines()
    assert 1 <= len(answered) < 10
    assert f"stopped after {len(answered)} items; run the same command again to go on" in err
    assert main(command) == 0
    assert len(capfd.readouterr().out.splitlines()) == 20
    assert all(np.ptp(read_image(path)) > 0 for path in answered)
