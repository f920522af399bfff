"""Videos among the items of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lavincli.media.frame_source import open_source
from lavincli.media.images import read_image, write_image
from lavincli.media.video import write_video
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer
from lavincli.pipeline.video import answer_video
from lavincli.predict_run.gallery import Gallery
from lavincli.predict_run.items import Answered
from lavincli.predict_run.records import Record
from tests.predict_run.test_run import make
from tests.small_tasks import picture


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Pictures and a video in one folder."""
    root = tmp_path / "mixed"
    frames = np.concatenate([np.roll(picture(1, 32, 48), number, axis=2) for number in range(5)])
    write_video(root / "film.mp4", frames)
    write_image(root / "a.png", picture(2))
    write_image(root / "z" / "b.png", picture(3))
    return root


def _run(answerer: Answerer, folder: Path, output: Path, **settings: Any) -> dict[str, Answered]:
    return {answered.record.key: answered for answered in make(answerer, folder, output, **settings)}


def _frames(path: Path) -> int:
    return sum(1 for _ in open_source(path).frames())


def test_pictures_and_videos_have_kinds_of_their_own(answerer: Answerer, mixed: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    records = {key: one.record for key, one in _run(answerer, mixed, output, save_videos=("rgb",)).items()}
    assert list(records) == ["a.png", "film.mp4", "z/b.png"]
    assert records["film.mp4"].files == {"rgb": ["film.rgb.mp4"]}
    assert (records["film.mp4"].frames, records["a.png"].frames) == (5, None)
    assert records["film.mp4"].context == ["0", "1"]
    assert [records[key].settings["save"] for key in ("a.png", "film.mp4")] == [["value"], ["rgb"]]
    assert records["a.png"].files == {"value": ["a.png"]}
    assert _frames(output / "film.rgb.mp4") == 5
    # Again: nothing to do, and the sheet shows the video's first frame.
    gallery = Gallery()
    for answered in make(answerer, mixed, output, gallery, save_videos=("rgb",)):
        assert answered.record.status == "skipped"
        gallery.add(answered)
    assert gallery.write(tmp_path / "sheet.png", "mixed")


def test_a_sheet_has_the_columns_of_its_first_row(
    pipeline: Pipeline, small_tasks: Path, mixed: Path, tmp_path: Path
) -> None:
    gallery = Gallery()
    denoising = make_answerer(pipeline, "small_denoising")
    for answered in make(denoising, mixed, tmp_path / "out", gallery, prepare=True, save=("rgb",)):
        assert answered.record.status == "done"
        gallery.add(answered)
    assert gallery.write(tmp_path / "sheet.png", "query, prediction and truth of two pictures")


def test_a_folder_of_frames_is_replaced_but_no_other(answerer: Answerer, mixed: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    first = _run(answerer, mixed, output)["film.mp4"].record
    assert first.files == {"value": ["film"]}
    names = [f"{number:05d}.png" for number in range(5)]
    assert sorted(path.name for path in (output / "film").iterdir()) == names
    assert _run(answerer, mixed, output)["film.mp4"].record.status == "skipped"
    (output / "film" / "00003.png").unlink()
    assert _run(answerer, mixed, output, seed=1)["film.mp4"].record.status == "done"
    assert sorted(path.name for path in (output / "film").iterdir()) == names
    (output / "film" / "notes.txt").write_text("mine")
    failed = _run(answerer, mixed, output, seed=2)["film.mp4"].record
    assert "would take the place of" in str(failed.error)
    assert (output / "film" / "notes.txt").read_text() == "mine"


def test_a_task_about_clips_says_so_of_pictures(answerer: Answerer, mixed: Path, tmp_path: Path) -> None:
    flow = make_answerer(answerer.pipeline, "optical_flow", pairs=1)
    records = {key: one.record for key, one in _run(flow, mixed, tmp_path / "out", save=("rgb",)).items()}
    assert records["film.mp4"].status == "done"
    assert "is one picture, but this task is asked about" in str(records["a.png"].error)


def test_a_video_that_needs_too_much_memory_gets_fewer_frames_at_once(
    answerer: Answerer, mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def small_memory(*arguments: Any, batch_size: int, **options: Any) -> object:
        sizes.append(batch_size)
        if batch_size > 2:
            raise MemoryError
        return answer_video(*arguments, batch_size=batch_size, **options)

    monkeypatch.setattr("lavincli.predict_run.video_item.answer_video", small_memory)
    record: Record = _run(answerer, mixed, tmp_path / "out", save_videos=("rgb",))["film.mp4"].record
    assert record.status == "done"
    assert sizes == [8, 4, 2]


def test_pictures_of_a_video_by_number(answerer: Answerer, tmp_path: Path) -> None:
    clips: Sequence[np.ndarray] = [picture(number, 24, 24) for number in range(3)]
    for number, clip in enumerate(clips):
        write_image(tmp_path / "frames" / f"{number:03d}.png", clip)
    output = tmp_path / "out"
    record = _run(answerer, tmp_path / "frames" / "%03d.png", output, save_videos=("rgb",))["frames/%03d.png"].record
    assert record.files == {"rgb": ["frames.rgb.mp4"]}
    assert _frames(output / "frames.rgb.mp4") == 3
    again = _run(answerer, tmp_path / "frames" / "%03d.png", output, save_videos=("rgb",))
    assert again["frames/%03d.png"].record.status == "skipped"
    write_image(tmp_path / "frames" / "001.png", 255 - read_image(tmp_path / "frames" / "001.png"))
    changed = _run(answerer, tmp_path / "frames" / "%03d.png", output, save_videos=("rgb",))
    assert changed["frames/%03d.png"].record.status == "done"
