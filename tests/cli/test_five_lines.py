"""A folder of pairs and a card of five lines are a task: by the command line, from the check to the scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.media.images import read_image, write_image
from tests.small_tasks import picture

CARDS = {
    "negative": "name: negative\ntarget: {codec: rgb}\ndata: {mine: {loader: pair_folder}}\nmetrics: [psnr]\n",
    "bright": "name: bright\ntarget: {codec: color_mask, color: [255, 160, 0]}\n"
    "data: {mine: {loader: pair_folder}}\nmetrics: [mean_iou]\n",
}


@pytest.mark.parametrize(("name", "headline"), [("negative", "psnr"), ("bright", "mean_iou")])
def test_check_predict_and_eval(
    name: str, headline: str, tiny_model_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(6):
        clip = picture(number)
        mask = clip[..., :1] > 127
        target = 255 - clip if name == "negative" else (mask * np.array([255, 160, 0])).astype(np.uint8)
        write_image(tmp_path / "pairs" / f"{number}_input.png", clip)
        write_image(tmp_path / "pairs" / f"{number}_target.png", target)
        write_image(tmp_path / "photos" / f"{number}.png", picture(50 + number, 30, 50))
    task = tmp_path / name
    task.mkdir()
    (task / "task.yaml").write_text(CARDS[name], encoding="utf-8")
    pairs, context, model = str(tmp_path / "pairs"), str(task / "context"), str(tiny_model_directory)

    made = ["tasks", "make-context", str(task), context, "--data", pairs, "--pairs", "4", "--size", "40"]
    assert main(made) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8

    assert main(["tasks", "check", str(task), "--data", pairs]) == 0
    out = capsys.readouterr().out
    assert [line[:4] for line in out.splitlines()] == ["ok  "] * 3
    assert "6 samples; truth against truth is perfect" in out

    answers = ["predict", str(tmp_path / "photos"), "--task", str(task), "--model", model]
    assert main([*answers, "-o", str(tmp_path / "out")]) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert len(files) == 6
    answer = read_image(files[0])
    assert answer.shape == (1, 30, 50, 3)
    if name == "bright":
        assert set(np.unique(answer)) <= {0, 255}

    scored = ["eval", "--task", str(task), "--data", f"mine={pairs}", "--model", model, "--pairs", "2", "--draws", "1"]
    assert main([*scored, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["task"], result["headline"], result["items"]) == (name, headline, 6)
    assert 0 <= result["metrics"][headline]["model"]["mean"] < 50
