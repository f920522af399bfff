from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lavincli.cards.context_sheet import context_sheet, tasks_sheet
from lavincli.cli.columns import in_columns
from lavincli.cli.main import main
from lavincli.media.clips import write_clip
from lavincli.media.images import read_image
from lavincli.pair_files import list_pairs
from lavincli.registry import task as find_task
from lavincli.registry import tasks


def test_list_names_kind_headline_and_data_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "kind", "metric", "data", "sets", "title"]
    row = next(line for line in lines if line.startswith("inpainting"))
    assert row.split()[:3] == ["inpainting", "restoration", "psnr_hole"]
    assert row.split()[3].startswith("photos")


def test_list_as_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "list", "--json"]) == 0
    tasks = {task["name"]: task for task in map(json.loads, capsys.readouterr().out.splitlines())}
    assert len(tasks) >= 10
    assert tasks["edge_detection"]["headline"] == "ods"
    assert "composed" in tasks["foreground_segmentation"]["datasets"]
    assert {"name", "kind", "title", "headline", "metrics", "datasets", "version", "folder", "problem"} == set(
        tasks["edge_detection"]
    )


def test_show_with_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(["tasks", "show", "deraining", "--sheet", str(sheet)]) == 0
    shown = capsys.readouterr().out
    assert "rain_streaks" in shown
    assert "Take rain off a photo" in shown
    assert read_image(sheet).shape[1] > 200
    assert main(["tasks", "show", "deraining", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["context_pairs"] == 8
    assert described["metrics"][0] == {"name": "psnr", "luma": True}


def test_the_sheet_of_all_tasks(small_tasks: Path, tmp_path: Path) -> None:
    assert main(["tasks", "list", "--sheet", str(tmp_path / "all.png")]) == 0
    height, width = read_image(tmp_path / "all.png").shape[1:3]
    # A block of rows of two pictures each, several blocks beside one another.
    assert height * width > len(tasks()) * 2 * 128 * 128


def test_a_task_without_examples_costs_the_sheet_its_row_alone(
    small_tasks: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "task.yaml").write_text("name: new\nmetrics: [mse]\n", encoding="utf-8")
    mask = find_task("small_mask")
    np.testing.assert_array_equal(tasks_sheet([find_task(tmp_path / "new"), mask]), tasks_sheet([mask]))
    assert "new: is not on the sheet" in caplog.text


def test_the_sheet_of_clips_shows_three_frames_of_each_side(tmp_path: Path) -> None:
    card = "name: brighter\ndata: {p: {loader: pair_folder}}\nmetrics: [psnr]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    levels = np.array([0, 60, 120, 180, 240], dtype=np.uint8)
    clip = np.broadcast_to(levels[:, None, None, None], (5, 64, 64, 3))
    (tmp_path / "context").mkdir()
    write_clip(tmp_path / "context" / "a_input", clip)
    write_clip(tmp_path / "context" / "a_target", clip[:1])
    sheet = context_sheet(find_task(tmp_path))
    # Four cells of 192 pixels with gaps of 6, after a margin of 16; their middles, low in the picture.
    middles = sheet[0, -80, [16 + 96 + 198 * column for column in range(4)], 0]
    assert np.abs(middles.astype(int) - [0, 120, 240, 0]).max() <= 4
    assert main(["tasks", "show", str(tmp_path), "--sheet", str(tmp_path / "sheet.png")]) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "sheet.png"), sheet)


def test_check_notes_what_is_not_here_and_finds_out_whose_root_is_given(
    small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = "name: mine\ndata: {made: {loader: pair_folder}}\nmetrics: [mse]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    shutil.copytree(small_tasks / "small_negative" / "context", tmp_path / "context")
    assert main(["tasks", "check", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == ["ok  ", "ok  ", "note"]
    assert lines[2].startswith("note  mine  data made: not checked: give --data made=ROOT; ")
    assert main(["tasks", "check", str(tmp_path), "--data", str(small_tasks.parent / "pairs"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["what"], found["ok"], found["checked"]) == ("data made", True, True)
    assert "truth against truth is perfect" in found["detail"]
    assert main(["tasks", "check", str(tmp_path), "--data", str(tmp_path / "nowhere")]) == 1
    assert "FAIL  mine  data made: " in capsys.readouterr().out


def test_check_passes_and_fails_with_the_exit_code(
    small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "check", "small_negative", "small_denoising"]) == 0
    out = capsys.readouterr().out
    assert out.count("ok  ") == 6
    assert main(["tasks", "check", "small_denoising", "--data", f"pictures={tmp_path}", "--json"]) == 1
    captured = capsys.readouterr()
    results = [json.loads(line) for line in captured.out.splitlines()]
    assert [result["ok"] for result in results] == [True, True, False]
    assert "no image files" in results[-1]["detail"]
    assert "1 check(s) failed" in captured.err


def test_infinite_scores_are_valid_json(small_tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "check", "small_denoising", "--json"]) == 0

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    results = [json.loads(line, parse_constant=refuse) for line in capsys.readouterr().out.splitlines()]
    assert results[-1]["scores"]["psnr"] == "inf"


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["show", "denoisng"], 1, "did you mean 'denoising'"),
        (["check", "denoising", "--data", "photos="], 2, "'photos=' is neither NAME=ROOT nor a ROOT"),
        (["check", "--data", "somewhere"], 2, "say which data set 'somewhere' is: NAME=ROOT"),
        (["check", "denoising", "--data", "photo=x"], 1, "did you mean 'photos'"),
        (["make-context", "denoising", "OUT"], 1, "bundled photos are kept for tests"),
        (["make-context", "denoising", "OUT", "--data", "nowhere"], 1, "no such folder"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], code: int, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path / "out") if argument == "OUT" else argument for argument in arguments]
    assert main(["tasks", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert reason in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_bad_card_is_named_by_file_and_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "task.yaml").write_text("name: mine\nmetric: [psnr]\n", encoding="utf-8")
    assert main(["tasks", "check", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"{tmp_path}/task.yaml: key 'metric': unknown key; did you mean 'metrics'?" in error


@pytest.mark.parametrize("prefix", ["", "pictures="])
def test_make_context_from_a_root_or_a_named_one(
    prefix: str, small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = small_tasks.parent / "pictures"
    out = tmp_path / "context"
    arguments = [
        "make-context",
        "small_denoising",
        str(out),
        "--data",
        f"{prefix}{root}",
        "--pairs",
        "2",
        "--size",
        "16",
    ]
    assert main(["tasks", *arguments]) == 0
    files = capsys.readouterr().out.splitlines()
    assert len(files) == 4
    assert {Path(file).parent for file in files} == {out}
    assert len(list_pairs(out)) == 2


def test_columns_are_padded_to_their_widest_cell() -> None:
    assert in_columns([("a", "b"), ("long", "x")]) == ["a     b", "long  x"]
