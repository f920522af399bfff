"""A folder of everything that goes wrong: what is good is answered, what is bad is recorded, nothing is lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.media.frame_source import open_source
from lavincli.media.images import read_image
from lavincli.predict_run.records import RECORDS_FILE, read_records


def _tree(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and path.name != RECORDS_FILE
    }


def test_all_that_is_good_is_answered_and_all_that_is_bad_is_recorded(
    nasty_folder: tuple[Path, set[str], dict[str, str]],
    tiny_model_directory: Path,
    small_tasks: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder, good, bad = nasty_folder
    output = tmp_path / "out"
    options = ["--task", "small_negative", "--model", str(tiny_model_directory), "-o", str(output), "--json"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["predict", str(folder), *options, "--device", "cpu"]) == 3
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    records = {record["key"]: record for record in map(json.loads, out.splitlines())}
    assert {key for key, record in records.items() if record["status"] == "done"} == good
    assert {key for key, record in records.items() if record["status"] == "failed"} == set(bad)
    for key, reason in bad.items():
        assert reason in records[key]["error"], records[key]
        assert str(folder / key) in records[key]["error"]
    # One file each, in the inputs' tree, of the inputs' size; the inputs are what they were.
    files = Counter(file for record in records.values() for some in record["files"].values() for file in some)
    assert set(files.values()) == {1}
    assert {path.removeprefix(f"{output}/") for path in files} == set(_tree(output))
    assert {Path(key).parent for key in good} == {path.relative_to(output).parent for path in map(Path, files)}
    for key, height, width in [("turned.jpg", 40, 30), ("one.png", 1, 1), ("wide.png", 50, 2000), ("cat.png", 30, 40)]:
        (path,) = records[key]["files"]["value"]
        assert read_image(path).shape[1:3] == (height, width), key
    assert len(list(open_source(Path(*records["animated.gif"]["files"]["rgb"])).frames())) == 3
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert {record.key for record in read_records(output / RECORDS_FILE)} == good | set(bad)

    answered = _tree(output)
    assert main(["predict", str(folder), *options, "--device", "cpu"]) == 3
    again = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert Counter(record["status"] for record in again) == {"skipped": len(good), "failed": len(bad)}
    assert _tree(output) == answered
