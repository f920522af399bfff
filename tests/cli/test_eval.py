"""``lavin eval``: a table or JSON lines, results on disk, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lavincli.cli.main import main


@pytest.fixture
def common(tiny_model_directory: Path, small_tasks: Path) -> list[str]:
    return ["--model", str(tiny_model_directory), "--device", "cpu", "--draws", "2", "--limit", "2"]


def _timeless(path: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(path.read_text())
    for holder in (results, *results["tasks"]):
        holder["seconds"] = 0
    results["created"] = results["command"] = ""
    return results


def test_a_table_names_what_does_not_beat_the_baselines(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--task", "small_negative", "--task", "small_denoising", "--wrong-context", *common]) == 0
    out = capsys.readouterr().out
    assert "small-random" in out
    assert "copy query" in out
    assert "wrong context" in out
    assert "mse ↓" in out
    assert "psnr ↑" in out
    assert "beats the better trivial baseline in every draw: 0 of 2; not: small_negative, small_denoising" in out


def test_results_are_the_same_twice(common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        assert main(["eval", "--task", "small_negative", "-o", str(tmp_path / name), "--json", *common]) == 0
    assert _timeless(tmp_path / "one" / "results.json") == _timeless(tmp_path / "two" / "results.json")
    items = [(tmp_path / name / "results.jsonl").read_text() for name in ("one", "two")]
    assert items[0] == items[1]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["task"] for line in lines] == ["small_negative"] * 2
    assert json.loads((tmp_path / "one" / "results.json").read_text())["tasks"] == lines[:1]


def test_data_can_be_given(
    common: list[str], small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = small_tasks.parent / "pairs"
    arguments = ["--task", "small_negative", "--data", f"pictures={root}", "--sheet", str(tmp_path)]
    assert main(["eval", *arguments, "--json", *common]) == 0
    assert json.loads(capsys.readouterr().out)["root"] == str(root)
    assert (tmp_path / "small_negative.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--task", "small_negatve"], 1, "did you mean 'small_negative'?"),
        (["--task", "small_negative", "--data", "pictures="], 2, "NAME=ROOT"),
        (["--task", "small_negative", "--data", "picture"], 1, "did you mean 'pictures'?"),
        (["--task", "small_negative", "--data", "pictures=/nowhere"], 1, "/nowhere"),
        (["--task", "small_negative", "--split", "dev"], 1, "there is no split 'dev'"),
        (["--task", "small_negative", "--task", "small_mask"], 3, "the card names no data set"),
        ([], 2, "--task"),
    ],
)
def test_mistakes(
    arguments: list[str], code: int, message: str, common: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *common, *arguments]) == code
    out, err = capfd.readouterr()
    assert message in err
    assert "Traceback" not in err
    assert (out == "") == (code != 3)
