"""A run over a folder: mirrored, atomic, resumable, every failure recorded."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lavincli.media.images import read_image, write_image
from lavincli.pipeline.answerer import Answerer, Unfinished
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer
from lavincli.predict_run import reading
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.gallery import Gallery
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.records import RECORDS_FILE, Record, read_records
from lavincli.predict_run.run import PredictRun
from lavincli.predict_run.settings import RunSettings
from tests.small_tasks import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Good and bad files, nested, with names that repeat."""
    root = tmp_path / "photos"
    write_image(root / "cat.png", picture(1, 20, 30))
    write_image(root / "cat.jpg", picture(2, 20, 30))
    write_image(root / "a b" / "cat.png", picture(3, 50, 20))
    write_image(root / "a b" / "ü" / "-dash.png", picture(4, 1, 1))
    Image.fromarray(picture(5)[0, ..., 0]).save(root / "gray.png")
    (root / "words.png").write_text("not a picture")
    whole = (root / "cat.jpg").read_bytes()
    (root / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "empty.png").write_bytes(b"")
    (root / "notes.txt").write_text("passed over")
    return root


GOOD = {"cat.png", "cat.jpg", "a b/cat.png", "a b/ü/-dash.png", "gray.png"}
BAD = {"words.png", "cut.jpg", "empty.png"}


def make(answerer: Answerer, photos: Path, output: Path, gallery: Gallery | None = None, **settings: Any) -> PredictRun:
    chosen = RunSettings(**settings)
    return PredictRun(
        LocalAnswers(answerer, chosen, output),
        make_plan([photos], output, save=chosen.save),
        output,
        batch_size=chosen.batch_size,
        shown=lambda key: gallery is not None and gallery.wants(key),
    )


def _run(answerer: Answerer, photos: Path, output: Path, **settings: Any) -> dict[str, Record]:
    return {answered.record.key: answered.record for answered in make(answerer, photos, output, **settings)}


def _tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != RECORDS_FILE
    }


def test_good_files_are_answered_in_a_mirrored_tree_and_bad_ones_recorded(
    answerer: Answerer, photos: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    records = _run(answerer, photos, output, batch_size=2)
    assert {key for key, record in records.items() if record.status == "done"} == GOOD
    assert {key for key, record in records.items() if record.status == "failed"} == BAD
    assert set(_tree(output)) == {"cat.png.png", "cat.jpg.png", "a b/cat.png", "a b/ü/-dash.png", "gray.png"}
    assert read_image(output / "a b" / "cat.png").shape == (1, 50, 20, 3)
    for key in BAD:
        error = records[key].error
        assert error is not None
        assert str(photos / key) in error
    # What was printed is what was written, and the written file is sorted.
    lines = (output / RECORDS_FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["key"] for line in lines] == sorted(GOOD | BAD)
    assert {record.key: record for record in read_records(output / RECORDS_FILE)} == records
    assert records["gray.png"].files == {"value": ["gray.png"]}
    assert records["gray.png"].context == ["0", "1"]


def test_a_second_run_does_nothing_but_try_the_bad_ones_again(answerer: Answerer, photos: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    _run(answerer, photos, output)
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*.png")}
    records = _run(answerer, photos, output)
    assert {record.status for key, record in records.items() if key in GOOD} == {"skipped"}
    assert {record.status for key, record in records.items() if key in BAD} == {"failed"}
    assert records["cat.png"].files == {"value": ["cat.png.png"]}
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*.png")} == before


@pytest.mark.parametrize(
    "change", ["input", "output gone", "seed", "size", "task", "context", "sampling", "overwrite", "nothing"]
)
def test_an_answer_is_made_again_when_what_made_it_changed(
    pipeline: Pipeline, answerer: Answerer, tmp_path: Path, change: str, small_tasks: Path
) -> None:
    photos, output = tmp_path / "photos", tmp_path / "out"
    write_image(photos / "one.png", picture(1))
    _run(answerer, photos, output)
    options: dict[str, object] = {}
    if change == "input":
        write_image(photos / "one.png", picture(2))
    elif change == "output gone":
        (output / "one.png").unlink()
    elif change == "seed":
        options["seed"] = 1
    elif change == "size":
        options["size"] = "model"
    elif change == "overwrite":
        options["overwrite"] = True
    elif change == "task":
        answerer = make_answerer(pipeline, "small_denoising")
    elif change == "context":
        answerer = make_answerer(pipeline, "small_negative", pairs=1)
    elif change == "sampling":
        answerer = make_answerer(pipeline, "small_negative", guidance=1.0)
    records = _run(answerer, photos, output, **options)
    assert records["one.png"].status == ("skipped" if change == "nothing" else "done")


def test_order_and_batches_change_no_answer(answerer: Answerer, photos: Path, tmp_path: Path) -> None:
    _run(answerer, photos, tmp_path / "one", batch_size=1)
    _run(answerer, photos, tmp_path / "many", batch_size=8)
    (alone,) = make(answerer, photos / "a b" / "cat.png", tmp_path / "alone")
    assert alone.record.status == "done"
    one, many = _tree(tmp_path / "one"), _tree(tmp_path / "many")
    assert set(one) == set(many)
    for name in one:
        first, second = read_image(tmp_path / "one" / name), read_image(tmp_path / "many" / name)
        assert np.abs(first.astype(int) - second).max() <= 1


def test_a_run_that_was_killed_goes_on(answerer: Answerer, photos: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    _run(answerer, photos, whole, batch_size=1)
    run = iter(make(answerer, photos, broken, batch_size=1))
    for _ in range(3):
        next(run)
    # A kill: no clean-up is run, and the last line of the records was cut in the middle.
    log = broken / RECORDS_FILE
    killed_state = log.read_bytes()[:-20]
    assert isinstance(run, Iterator)
    run.close()  # type: ignore[attr-defined]
    log.write_bytes(killed_state)
    records = _run(answerer, photos, broken, batch_size=1)
    assert sorted(record.status for record in records.values()).count("skipped") >= 1
    assert _tree(broken) == _tree(whole)
    assert [record.key for record in read_records(log)] == sorted(GOOD | BAD)


def test_a_full_disk_ends_the_run_and_keeps_what_is_done(
    answerer: Answerer, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    run = make(answerer, photos, output, batch_size=1)
    save = answerer.codec.save

    def save_until_full(value: object, path: Path) -> list[Path]:
        if "a b" not in path.parts:  # the first two
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written: list[Path] = save(value, path)
        return written

    monkeypatch.setattr(answerer.codec, "save", save_until_full)
    with pytest.raises(OSError, match="No space left"):
        list(run)
    assert [record.status for record in read_records(output / RECORDS_FILE)].count("done") == 2


def test_a_codec_that_fails_on_one_item_costs_one_item(
    answerer: Answerer, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = answerer.codec.decode

    def fail_on_single_pixels(rgb: np.ndarray, **options: object) -> object:
        if rgb.shape[1:3] == (1, 1):
            raise KeyError("too small")
        return decode(rgb, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(answerer.codec, "decode", fail_on_single_pixels)
    records = _run(answerer, photos, tmp_path / "out")
    assert {key for key, record in records.items() if record.status == "failed"} == {*BAD, "a b/ü/-dash.png"}
    assert "KeyError: 'too small'" in str(records["a b/ü/-dash.png"].error)


def test_batches_are_bounded_by_pixels(
    answerer: Answerer, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_PIXELS", 1500)
    sizes: list[int] = []
    compute = answerer.compute

    def counting(queries: list[np.ndarray], seeds: list[int]) -> list[Unfinished]:
        sizes.append(sum(query.shape[1] * query.shape[2] for query in queries))
        return compute(queries, seeds)

    monkeypatch.setattr(answerer, "compute", counting)
    _run(answerer, photos, tmp_path / "out")
    assert len(sizes) >= 3
    # one picture of 40 x 40 is more than the bound by itself, and goes alone
    assert max(sizes) == 1600


def test_the_picture_is_saved_beside_the_value_of_another_kind(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path
) -> None:
    write_image(tmp_path / "photos" / "one.png", picture(1))
    answerer = make_answerer(pipeline, "small_mask")
    (answered,) = make(answerer, tmp_path / "photos", tmp_path / "out", save=("value", "rgb"))
    assert answered.record.files == {"value": ["one.png"], "rgb": ["one.rgb.png"]}
    assert answered.prediction is not None
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "one.rgb.png"), answered.prediction.rgb)
    mask = read_image(tmp_path / "out" / "one.png")[0, ..., 0]
    np.testing.assert_array_equal(mask > 0, answered.prediction.value)


def test_queries_can_be_made_from_clean_pictures(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "photos" / "one.png", picture(1, 60, 90))
    answerer = make_answerer(pipeline, "small_denoising")
    gallery = Gallery()
    run = make(answerer, tmp_path / "photos", tmp_path / "out", gallery, prepare=True)
    (answered,) = run
    assert answered.query is not None
    assert answered.query.shape == (1, 32, 32, 3)
    assert answered.truth is not None
    np.testing.assert_array_equal(answered.truth, picture(1, 60, 90))
    assert read_image(tmp_path / "out" / "one.png").shape == (1, 60, 90, 3)
    noise = answered.query.astype(int) - read_image(tmp_path / "photos" / "one.png")[:, :32, :32].astype(int)
    assert noise.std() > 15
    gallery.add(answered)
    assert gallery.write(tmp_path / "sheet.png", "small")
    # A second run answers nothing, and shows the same sheet.
    kept = Gallery()
    for item in make(answerer, tmp_path / "photos", tmp_path / "out", kept, prepare=True):
        assert item.record.status == "skipped"
        kept.add(item)
    assert kept.write(tmp_path / "kept.png", "small")
    np.testing.assert_array_equal(read_image(tmp_path / "kept.png"), read_image(tmp_path / "sheet.png"))


def test_records_of_other_inputs_are_kept(answerer: Answerer, photos: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    _run(answerer, photos, output)
    shutil.rmtree(photos / "a b")
    for name in BAD:
        (photos / name).unlink()
    _run(answerer, photos, output)
    assert {record.key for record in read_records(output / RECORDS_FILE)} == GOOD | BAD
