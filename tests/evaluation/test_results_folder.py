"""What an evaluation leaves on disk: schemas, pictures, answers that are found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lavincli
from lavincli.cards.card import PaperScores
from lavincli.cards.task import Task
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.evaluation.contents import content_hash
from lavincli.evaluation.evaluate import EvaluationSettings
from lavincli.evaluation.paper import paper_difference, with_paper
from lavincli.evaluation.results_folder import read_items, read_results
from lavincli.evaluation.run import Writing, evaluate
from lavincli.evaluation.schema import FOLDER, schemas
from lavincli.media.geometry import resize
from lavincli.media.webp import decode_webp
from lavincli.natives import Boxes
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predictor import Predictor
from lavincli.registry import task
from tests.small_tasks import picture


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def timeless(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((folder / "results.json").read_text())
    for holder in (results, *results["tasks"]):
        holder["seconds"] = 0
    return {**results, "created": "", "command": ""}


def test_the_schemas_are_those_of_the_code() -> None:
    """If this fails: python -m lavincli.evaluation.schema."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == schemas()


def test_pictures_are_what_was_asked_answered_and_true(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    writing = Writing(output=tmp_path, pictures=2)
    results = evaluate(pipeline, [task("small_negative")], EvaluationSettings(draws=2, limit=3), writing=writing)
    items = list(read_items(tmp_path))
    with_pictures = [item for item in items if item.pictures is not None]
    assert [(item.draw, item.key) for item in with_pictures] == [(0, items[0].key), (0, items[2].key)]
    for item in with_pictures:
        assert item.pictures is not None
        query, truth = (
            decode_webp((tmp_path / found.file).read_bytes(), found.file)
            for found in (item.pictures.query, item.pictures.truth)
        )
        assert (item.pictures.query.width, item.pictures.query.height, item.pictures.query.frames) == (32, 32, 1)
        assert np.abs(255 - query.astype(int) - truth).mean() < 6
        assert (tmp_path / item.pictures.prediction.file).is_file()
    (found,) = results.tasks
    assert [[pair.id for pair in pairs] for pairs in found.context_pictures] == found.contexts
    first = found.context_pictures[1][0].input
    shown = decode_webp((tmp_path / first.file).read_bytes(), first.file)
    stored = {pair.key: pair.input for pair in task("small_negative").context_pairs(32)}[found.contexts[1][0]]
    assert np.abs(shown.astype(int) - stored).mean() < 6
    evaluate(pipeline, [task("small_negative")], EvaluationSettings(draws=1, limit=1), writing=writing)
    assert len(list((tmp_path / "pictures" / "small_negative" / "pictures").glob("0*"))) == 3


def test_clips_are_animations_with_a_still(pipeline: Pipeline, tmp_path: Path) -> None:
    evaluate(pipeline, [task("video_depth")], EvaluationSettings(draws=1, limit=1), writing=Writing(output=tmp_path))
    (item,) = read_items(tmp_path)
    assert item.pictures is not None
    assert item.pictures.truth.still is not None
    frames = decode_webp((tmp_path / item.pictures.truth.file).read_bytes(), "truth")
    still = decode_webp((tmp_path / item.pictures.truth.still).read_bytes(), "still")
    assert item.pictures.truth.frames == len(frames) == 13
    assert np.abs(frames[6].astype(int) - still[0]).mean() < 6


def test_answers_are_computed_once(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = EvaluationSettings(draws=2)
    computed: list[int] = []
    raw = Predictor.raw

    def counted(predictor: Predictor, queries: list[Clip], seeds: list[int]) -> Any:
        computed.extend(seeds)
        return raw(predictor, queries, seeds)

    monkeypatch.setattr(Predictor, "raw", counted)

    def run(**changed: Any) -> int:
        computed.clear()
        evaluate(pipeline, [task("small_denoising")], settings, writing=Writing(output=tmp_path, **changed))
        return len(computed)

    assert run() == 10
    first = timeless(tmp_path)
    assert run() == 0
    assert timeless(tmp_path) == first
    kept = sorted((tmp_path / "predictions").glob("*/*.png"))
    kept[0].write_bytes(kept[0].read_bytes()[:50])  # a damaged file counts for nothing
    kept[1].unlink()
    assert run() == 2
    assert timeless(tmp_path) == first
    assert run(overwrite=True) == 10
    settings = EvaluationSettings(draws=2, seed=1)
    assert run() == 10


def test_what_was_scored_has_a_hash(pipeline: Pipeline, small_tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hashes(level: int) -> tuple[str, str]:
        clip = picture(1, 32, 32)
        clip[0, 0, 0] = level
        monkeypatch.setattr(Task, "samples", lambda *_, **__: [Sample("a", input=picture(2, 32, 32), target=clip)])
        (found,) = evaluate(pipeline, [task("small_negative")], EvaluationSettings(draws=1)).tasks
        return found.keys_hash, found.data_hash

    assert hashes(1) == hashes(1)
    assert hashes(1)[0] == hashes(2)[0]
    assert hashes(1)[1] != hashes(2)[1]


def test_contents_of_all_kinds_have_hashes() -> None:
    boxes = Boxes.of(np.array([[1, 2, 3, 4]]), (10, 10))
    same = Boxes.of(np.array([[1, 2, 3, 4]]), (10, 10))
    values = [boxes, [boxes], Boxes.of(np.array([[1, 2, 3, 5]]), (10, 10)), 1, 1.0, "1", {"a": 1}, {"b": 1}, None]
    values += [np.zeros((2, 3)), np.zeros((3, 2)), np.zeros((2, 3), np.uint8), np.zeros(0), (1, 2), (12,)]
    assert len({content_hash(value) for value in values}) == len(values)
    assert content_hash(boxes, 1) == content_hash(same, 1)


def test_the_papers_figures_stand_beside_its_protocol_alone(pipeline: Pipeline, small_tasks: Path) -> None:
    (found,) = evaluate(pipeline, [task("small_negative")], EvaluationSettings(draws=1)).tasks
    cited = [PaperScores(data="pictures", items=5, system="Ours", scores={"mse": 0.5}, source="arXiv 0000.00000")]
    assert found.paper_differs is None
    assert paper_difference(cited, "pictures", "test", 5, 5) is None
    assert "of 5 items, this one of 4" in str(paper_difference(cited, "pictures", "test", 4, 4))
    assert "not train" in str(paper_difference(cited, "pictures", "train", 5, 5))
    assert "data set is pictures, not others" in str(paper_difference(cited, "others", "test", 5, 5))
    drawn = [cited[0].model_copy(update={"pictures": 3})]
    assert "of 3 different pictures or more, these of 2" in str(paper_difference(drawn, "pictures", "test", 5, 2))
    (figure,) = with_paper(found.metrics, cited, "pictures")["mse"].paper
    assert (figure.system, figure.value) == ("Ours", 0.5)


def test_pictures_at_the_size_of_whole_items(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = picture(1, 30, 70)
    sample = Sample("a", input=resize(wide, (300, 700)), target=resize(255 - wide, (300, 700)), whole=True)
    monkeypatch.setattr(Task, "samples", lambda *_, **__: [sample])
    (found,) = evaluate(
        pipeline, [task("small_negative")], EvaluationSettings(draws=1), writing=Writing(output=tmp_path)
    ).tasks
    assert found.scored_at == "own size"
    (item,) = read_items(tmp_path)
    assert item.pictures is not None
    assert {(one.width, one.height) for one in (item.pictures.query, item.pictures.prediction)} == {(512, 219)}


def test_results_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"results\.json: no such file; no results of 'lavin eval -o' here"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text('{"format": 1}')
    with pytest.raises(InputError, match="another format"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        read_results(tmp_path)
