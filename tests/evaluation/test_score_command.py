"""``lavin eval score``: what it prints, keeps and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.evaluation.peers import PeerSettings, score_predictions
from lavincli.evaluation.results_folder import read_items
from lavincli.evaluation.run import Writing
from lavincli.media.images import read_image, write_image
from lavincli.registry import task
from tests.plugins.geometry.pictures import photo


def test_the_command_lists_what_is_missing_and_keeps_the_rest(
    small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    for number in range(4):
        write_image(folder / f"{number}.png", read_image(small_tasks.parent / "pictures" / f"{number}.png"))
    write_image(folder / "3.png", photo(0, 10, 10))
    arguments = ["eval", "score", "--task", "small_denoising", "--predictions", str(folder), "-o", str(tmp_path / "r")]
    assert main([*arguments, "--json"]) == 3
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["items"], [failure["item"] for failure in found["failures"]]) == (3, ["3.png", "4.png"])
    assert "holds no prediction for '4.png' (looked for 4.png, " in err
    assert "they can't be compared" in err
    assert found["metrics"]["ssim"]["model"]["mean"] == 1
    assert set(found["metrics"]["ssim"]["baselines"]) == {"copy_query", "context_mean"}
    assert json.loads((tmp_path / "r" / "results.json").read_text())["kind"] == "predictions"
    assert sum(item.pictures is not None for item in read_items(tmp_path / "r")) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--predictions", "/nowhere"], 1, "/nowhere: no such folder"),
        (["--read", "values=depth"], 1, "small_denoising: reading predictions has no option 'values'; it takes none"),
        (["--read", "values"], 2, "NAME=VALUE"),
        (["--data", "other"], 1, "known: pictures"),
        ([], 1, "none of the 5 items of pictures could be scored"),
    ],
)
def test_mistakes(
    arguments: list[str],
    code: int,
    message: str,
    small_tasks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--task", "small_denoising", "--predictions", str(tmp_path), *arguments]
    assert main(["eval", "score", *given]) == code
    assert message in " ".join(capsys.readouterr().err.split())


def test_one_file_cannot_answer_two_items(small_tasks: Path, tmp_path: Path) -> None:
    root, folder = tmp_path / "data", tmp_path / "mine"
    for scene in ("a", "b"):
        write_image(root / scene / "1.png", photo(0, 20, 20))
    write_image(folder / "1.png", photo(0, 20, 20))
    settings = PeerSettings("pictures", root)
    results = score_predictions(task("small_denoising"), folder, settings, writing=Writing())
    (failure,) = results.tasks[0].failures
    assert "would answer both 'a/1.png' and 'b/1.png'; put them into folders" in failure.error
