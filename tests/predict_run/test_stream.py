"""Paths from a pipe: answered as they come, each in a place of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lavincli.media.images import write_image
from lavincli.predict_run.channel import Channel, fill_in_thread
from lavincli.predict_run.stream import Stream, read_paths
from lavincli.processes import Share
from tests.small_tasks import picture


@pytest.mark.parametrize(("null", "end"), [(False, b"\n"), (True, b"\0")])
def test_paths_are_there_when_their_end_is(null: bool, end: bytes) -> None:
    reading, writing = os.pipe()
    pipe = os.fdopen(reading, "rb")
    paths = read_paths(pipe, null=null)
    os.write(writing, b"one.png" + end + b"tw")
    assert next(paths) == "one.png"
    os.write(writing, b"o words.png" + end + end + b"caf\xe9" + end + b"last")
    assert next(paths) == "two words.png"
    assert next(paths) == os.fsdecode(b"caf\xe9")
    os.close(writing)
    assert list(paths) == ["last"]
    pipe.close()


def test_nothing_waits_for_a_batch_to_be_full(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    pipe = os.fdopen(reading, "rb")
    chunks = Stream(read_paths(pipe), tmp_path / "out").chunks(3)
    os.write(writing, b"1.png\n")
    assert [item.key for item in next(chunks)] == ["1.png"]
    os.write(writing, b"".join(b"%d.png\n" % number for number in range(2, 9)))
    os.close(writing)
    assert [item.key for chunk in chunks for item in chunk] == [f"{number}.png" for number in range(2, 9)]
    pipe.close()


def _items(paths: list[str], output: Path, **options: object) -> list[tuple[str, str, bool]]:
    chunks = Stream(paths, output, **options).chunks(2)  # type: ignore[arg-type]
    return [(item.key, item.stem, item.error is not None) for chunk in chunks for item in chunk]


def test_keys_are_the_paths_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outside = Path("/nowhere/b.png")
    paths = ["photos/x/a.jpg", "./photos/y/../y/a.jpg", str(tmp_path / "photos" / "b.jpg"), str(outside)]
    assert _items(paths, tmp_path / "out") == [
        ("photos/x/a.jpg", "photos/x/a", False),
        ("photos/y/a.jpg", "photos/y/a", False),
        ("photos/b.jpg", "photos/b", False),
        ("nowhere/b.png", "nowhere/b", False),
    ]
    found = _items(paths, tmp_path / "out", root=Path("photos"))
    assert [key for key, _, failed in found if not failed] == ["x/a.jpg", "y/a.jpg", "b.jpg"]
    assert found[3][2]


def test_what_lies_beside_an_input_decides_its_answers_name(tmp_path: Path) -> None:
    for name in ("cat.jpg", "cat.png", "dog.jpg"):
        (tmp_path / name).write_bytes(b"x")
    paths = [str(tmp_path / name) for name in ("cat.png", "dog.jpg", "dog.rgb.jpg")]
    assert [stem for _, stem, _ in _items(paths, tmp_path / "out", root=tmp_path)] == ["cat.png", "dog", "dog.rgb.jpg"]
    # One that wasn't there when the folder was looked at, and one whose answer would lie beside it.
    late = [*paths, str(tmp_path / "Dog.gif"), str(tmp_path / "dog.jpg")]
    assert [failed for *_, failed in _items(late, tmp_path / "out", root=tmp_path)] == [*[False] * 3, True, False]
    assert [failed for *_, failed in _items(paths[1:2], tmp_path, root=tmp_path)] == [True]


def test_shares_of_a_stream(tmp_path: Path) -> None:
    paths = [f"{number}.png" for number in range(30)]
    parts = [{key for key, *_ in _items(paths, tmp_path / "out", share=Share(i, 2))} for i in range(2)]
    assert parts[0] | parts[1] == set(paths)
    assert not parts[0] & parts[1]


def test_a_channel_ends_for_both_when_one_stops() -> None:
    channel: Channel[int] = Channel(2)
    thread = fill_in_thread(iter(range(1000)), channel, "numbers")
    assert channel.take(1) == [0]
    channel.close()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert channel.take(5) == []
    failing: Channel[int] = Channel(1)
    fill_in_thread((1 // number for number in (1, 0)), failing, "fails")
    with pytest.raises(ZeroDivisionError):
        list(failing)


@pytest.mark.timeout(300)  # as of every process: seconds, but not behind a training that holds every core
def test_results_come_while_the_pipe_is_open(tiny_model_directory: Path, small_tasks: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_image(tmp_path / "photos" / f"{number} ü.jpg", picture(number, 20, 30))
    command = [sys.executable, "-m", "lavincli", "predict", "-", "-0", "--task", "small_negative", "--json"]
    run = subprocess.Popen(
        [*command, "--model", str(tiny_model_directory), "--device", "cpu", "-o", "out"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert run.stdin is not None
    assert run.stdout is not None
    for number in range(3):
        run.stdin.write(f"photos/{number} ü.jpg\0".encode())
        run.stdin.flush()
        # The pipe stays open, and the batch of 8 isn't full.
        record = json.loads(run.stdout.readline())
        assert (record["status"], record["key"]) == ("done", f"photos/{number} ü.jpg")
        assert (tmp_path / "out" / "photos" / f"{number} ü.png").is_file()
        time.sleep(0.05)
    run.stdin.close()
    assert run.stdout.read() == b""
    assert run.wait() == 0
    run.stdout.close()
