"""Several processes, several machines: the same answers, one log, and work that outlives a worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.errors import ConfigError, LavinError
from lavincli.media.images import read_image
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.place import own_share
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.record_log import RecordLog
from lavincli.predict_run.records import RECORDS_FILE, Record, read_records
from lavincli.predict_run.run import PredictRun
from lavincli.predict_run.settings import AnswerSettings, RunSettings, TaskSettings
from lavincli.predict_run.shared_work import SharedWork
from lavincli.predict_run.workers import Workers
from lavincli.processes import Share
from tests.predict_run.conftest import write_pictures


def _pictures(output: Path) -> dict[str, np.ndarray]:
    return {path.relative_to(output).as_posix(): read_image(path) for path in output.rglob("*.png")}


def _answer(
    answerer: Answerer, photos: Path, output: Path, batch_size: int = 8, share: Share | None = None
) -> list[str]:
    settings = RunSettings(batch_size=batch_size)
    plan = make_plan([photos], output, share=share)
    run = PredictRun(LocalAnswers(answerer, settings, output), plan, output, batch_size=batch_size, share=share)
    return [answered.record.key for answered in run]


@pytest.mark.timeout(300)  # as of every process: seconds, but not behind a training that holds every core
def test_processes_and_batches_change_no_answer(
    answerer: Answerer, tiny_model_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    photos = write_pictures(tmp_path / "photos", 19)
    (photos / "00" / "0003.png").write_text("not a picture")
    keys = _answer(answerer, photos, tmp_path / "1", batch_size=1)
    _answer(answerer, photos, tmp_path / "8")
    _answer(answerer, photos, tmp_path / "8 again")
    options = ["--task", "small_negative", "--model", str(tiny_model_directory), "--device", "cpu", "--json"]
    sheet = tmp_path / "sheet.png"
    command = ["predict", str(photos), "-o", str(tmp_path / "processes"), "--nproc", "2", *options]
    assert main([*command, "--sheet", str(sheet)]) == 3
    out, err = capfd.readouterr()
    assert [json.loads(line)["key"] for line in out.splitlines()] == keys
    assert len([line for line in err.splitlines() if "0003.png" in line]) == 1
    assert read_image(sheet).shape[1] > 192
    alone = _pictures(tmp_path / "1")
    assert len(alone) == 18
    for output in ("8", "processes"):
        others = _pictures(tmp_path / output)
        assert set(others) == set(alone)
        assert all(np.abs(alone[name].astype(int) - others[name]).max() <= 1 for name in alone)
        assert [record.key for record in read_records(tmp_path / output / RECORDS_FILE)] == keys
    for path in (tmp_path / "8").rglob("*.png"):
        again = tmp_path / "8 again" / path.relative_to(tmp_path / "8")
        assert path.read_bytes() == again.read_bytes()


@pytest.mark.timeout(300)
def test_what_keeps_a_worker_from_starting_is_said_once(tiny_model_directory: Path, tmp_path: Path) -> None:
    asked = AnswerSettings(model=str(tiny_model_directory), context=tmp_path / "none")
    one = TaskSettings(answer=asked, run=RunSettings(), output=tmp_path / "out")
    with pytest.raises(LavinError, match="none"), Workers([one], 1):
        pass


@pytest.mark.timeout(300)
def test_a_worker_ends_when_told_to_while_it_waits_for_work(
    tiny_model_directory: Path, small_tasks: Path, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "photos", 1)
    answer = AnswerSettings(model=str(tiny_model_directory), task="small_negative", device="cpu")
    one = TaskSettings(answer=answer, run=RunSettings(), output=tmp_path / "out")
    came = threading.Event()

    def chunks() -> Iterator[list[Item]]:
        yield [Item(tmp_path / "photos" / "00" / "0000.png", "0000.png", "0000")]
        came.wait()

    with Workers([one], 1) as workers:
        (answered,) = next(workers.answers(0).answer(chunks()))
    assert answered.record.status == "done"
    came.set()


def test_shares_of_several_machines_end_in_one_log(answerer: Answerer, tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "photos", 12)
    whole, output = tmp_path / "whole", tmp_path / "out"
    everything = _answer(answerer, photos, whole)
    done = {key for index in (0, 2) for key in _answer(answerer, photos, output, share=Share(index, 3))}
    assert [record.key for record in read_records(output / RECORDS_FILE)] == sorted(done)
    # The third machine has been killed: what it had done stands in a file of its own, and counts.
    left = [record for record in read_records(whole / RECORDS_FILE) if record.key not in done]
    assert left
    (output / "predictions.2-of-3.jsonl").write_text("".join(f"{record.model_dump_json()}\n" for record in left))
    _answer(answerer, photos, output, share=Share(0, 3))
    assert [record.key for record in read_records(output / RECORDS_FILE)] == everything
    assert [path.name for path in output.glob("*.jsonl")] == [RECORDS_FILE]
    _answer(answerer, photos, output)
    assert _pictures(output).keys() == _pictures(whole).keys()


def test_two_runs_dont_write_to_one_folder(tmp_path: Path) -> None:
    with RecordLog(tmp_path):
        with pytest.raises(ConfigError, match="another run writes its answers there"), RecordLog(tmp_path):
            pass
        with RecordLog(tmp_path / "other"):
            pass
    with RecordLog(tmp_path):
        pass


def test_a_launchers_processes_have_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_share() == (Share(), None)
    assert own_share("2/3") == (Share(1, 3), None)
    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert own_share() == (Share(5, 8), 1)


def _done(item: Item) -> Answered:
    common = {"seed": 0, "model": "m", "model_fingerprint": "f", "device": "cpu", "dtype": "float32"}
    return Answered(Record(key=item.key, input=item.key, status="done", **common))


def _items(count: int) -> list[list[Item]]:
    return [[Item(Path(str(number)), str(number), "") for number in (2 * n, 2 * n + 1)] for n in range(count)]


def test_what_a_dead_worker_had_is_done_by_the_others() -> None:
    chunks = _items(40)
    work = SharedWork(iter(chunks), 3)

    def steady(name: str) -> None:
        while (chunk := work.take(name)) is not None:
            for item in chunk:
                work.add(name, [_done(item)])

    first, second = work.take("dies"), work.take("dies")
    assert first is not None
    assert second is not None
    threads = [threading.Thread(target=steady, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    work.add("dies", [_done(first[0])])
    work.end("dies", "worker dies ended early")
    assert work.take("dies") is None
    keys = [answered.record.key for together in work.answered() for answered in together]
    assert keys == [item.key for chunk in chunks for item in chunk]
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_without_workers_the_run_ends_with_an_error() -> None:
    work = SharedWork(iter(_items(3)), 1)
    chunk = work.take("a")
    assert chunk is not None
    work.add("a", [_done(item) for item in chunk])
    work.end("a", "worker a ended early (exit code -9)")
    answered = work.answered()
    assert [one.record.key for one in next(answered)] == ["0", "1"]
    with pytest.raises(LavinError, match="exit code -9"):
        next(answered)


def test_after_a_stop_what_is_done_counts() -> None:
    work = SharedWork(iter(_items(5)), 2)
    taken = {name: work.take(name) for name in "ab"}
    work.stop()
    assert taken["b"] is not None
    work.add("b", [_done(item) for item in taken["b"]])
    for name in "ab":
        assert work.take(name) is None
        work.end(name, "")
    assert [one.record.key for together in work.answered() for one in together] == ["2", "3"]
