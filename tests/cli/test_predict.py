"""``lavin predict``: exit codes, a clean stdout, one line for each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.media.images import read_image, write_image
from tests.small_tasks import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    write_image(root / "one.png", picture(1, 20, 30))
    write_image(root / "deep" / "two.png", picture(2, 40, 25))
    return root


@pytest.fixture
def common(tiny_model_directory: Path, small_tasks: Path, tmp_path: Path) -> list[str]:
    model = str(tiny_model_directory)
    return ["--model", model, "--device", "cpu", "-o", str(tmp_path / "out")]


@pytest.mark.timeout(300)  # a second of work, but behind a training that holds every core it is a minute
def test_as_a_process_stdout_holds_paths_only(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (photos / "words.png").write_text("not a picture")
    sheet = tmp_path / "sheet.png"
    command = [sys.executable, "-m", "lavincli", "predict", str(photos), "--task", "small_negative", *common]
    done = subprocess.run(
        [*command, "--sheet", str(sheet)], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 3, done.stderr
    out = tmp_path / "out"
    assert done.stdout.splitlines() == [str(out / "deep" / "two.png"), str(out / "one.png")]
    assert read_image(out / "one.png").shape == (1, 20, 30, 3)
    failure = [line for line in done.stderr.splitlines() if "words.png" in line]
    assert len(failure) == 1
    assert "is not a picture" in failure[0]
    assert "2 done, 1 failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert read_image(sheet).shape[1] > 192
    (photos / "words.png").unlink()
    assert main(command[3:]) == 0
    again = capfd.readouterr()
    assert again.out == done.stdout
    assert "2 skipped" in again.err


def test_json_lines(photos: Path, common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    arguments = ["--task", "small_mask", "--json", "--save", "value,rgb", "--size", "model", "--pairs", "3"]
    assert main(["predict", str(photos), *arguments, *common]) == 3
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["key"], record["status"]) for record in records] == [
        ("cut.jpg", "failed"),
        ("deep/two.png", "done"),
        ("one.png", "done"),
    ]
    assert records[1]["files"]["rgb"] == [str(tmp_path / "out" / "deep" / "two.rgb.png")]
    assert read_image(records[1]["files"]["rgb"][0]).shape == (1, 32, 32, 3)
    assert records[2]["context"] == ["0", "1", "2"]
    assert records[2]["model"] == "small-random"
    assert records[2]["dtype"] == "float32"
    assert records[2]["settings"]["grid"] == "uniform:3"
    assert "cut.jpg" in records[0]["error"]


def test_a_folder_of_pairs_in_place_of_a_task(
    photos: Path, common: list[str], small_tasks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = small_tasks / "small_negative" / "context"
    arguments = ["--context", str(pairs), "--select", "random", "--seed", "4", "--json"]
    assert main(["predict", str(photos / "one.png"), *arguments, *common]) == 0
    (record,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert record["task"] is None
    assert record["key"] == "one.png"
    assert len(set(record["context"])) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{photos}", "--task", "small_negatve"], 1, "did you mean 'small_negative'?"),
        (["{photos}"], 2, "give a task"),
        (["{photos}", "-t", "small_negative", "-t", "small_mask", "-t", "small_negative"], 2, "is given twice"),
        (["{photos}", "-t", "small_negative", "-t", "small_mask", "--context", "{photos}"], 2, "--context"),
        (["-", "-o", "-", "-t", "small_negative", "-t", "small_mask"], 2, "writes one answer"),
        (["{photos}", "-t", "small_negative", "-t", "small_mask", "--save", "overlay"], 1, "task small_negative"),
        (["{photos}", "--task", "small_negative", "--select", "rndom"], 2, "--select"),
        (["{photos}", "--task", "small_negative", "--save", "everything"], 2, "--save"),
        (["{photos}", "--task", "small_negative", "--pairs", "9"], 1, "the context set has 4"),
        (["{photos}", "--task", "small_negative", "--grid", "often"], 1, "grid="),
        (["{photos}", "--task", "small_negative", "--device", "cuda:99"], 1, "device 'cuda:99'"),
        (["{photos}", "--task", "small_negative", "--model", "lavin-tyny"], 1, "unknown model"),
        (["{photos}/missing.png", "--task", "small_negative"], 1, "missing.png: no such file"),
        (["{photos}", "--context", "{photos}"], 1, "no pairs found"),
        (["{photos}", "--task", "small_negative", "--save", "points"], 1, "has no view 'points'"),
        (["{photos}", "--task", "small_negative", "--guidance-interval", "0.5"], 2, "write FROM,TO"),
        (["{photos}", "--task", "small_negative", "--guidance-interval", "0.5,0.2"], 1, "guidance_interval"),
        (["{photos}", "--task", "small_negative", "--nproc", "2", "--shard", "1/2"], 2, "--nproc or --shard, not both"),
        (["{photos}", "--task", "small_negative", "--shard", "3/2"], 1, "write i/n"),
        (["{photos}/*.gif", "--task", "small_negative"], 1, "nothing matches"),
        (["{photos}", "--task", "small_negative", "--sheet", "sheet.pdf"], 1, "sheet.pdf: can't write '.pdf'"),
        (["{photos}", "--task", "small_negative", "--near", "20"], 1, "near is above 0 and below far"),
        (["-", "-o", "-", "--task", "small_negative", "--dry-run"], 2, "-o - writes one answer and nothing else"),
        (["-", "-o", "-", "--task", "small_negative", "--save", "rgb,sheet"], 2, "--sheet"),
        ([], 2, ""),
    ],
)
def test_mistakes_give_one_line_and_nothing_on_stdout(
    arguments: list[str], code: int, message: str, photos: Path, common: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    filled = [argument.format(photos=photos) for argument in arguments]
    # The last one given counts, so an option under test goes behind those that all tests share.
    assert main(["predict", *common, *filled]) == code
    out, err = capfd.readouterr()
    assert out == ""
    errors = [line for line in err.splitlines() if "error" in line.lower()]
    assert message in err
    assert 1 <= len(errors) <= 2, err
    assert "Traceback" not in err


def test_collisions_are_found_before_any_work(
    photos: Path, common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_image(tmp_path / "other" / "one.png", picture(3))
    assert main(["predict", str(photos), str(tmp_path / "other"), "--task", "small_negative", *common]) == 1
    assert "would both be answered in 'one" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_nothing_can_be_made_of_fails(
    common: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "words.png").write_text("no")
    assert main(["predict", str(tmp_path / "bad"), "--task", "small_negative", *common]) == 1
    assert "none of the 1 inputs could be answered" in capfd.readouterr().err
