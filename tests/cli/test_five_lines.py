"""A folder of pairs and a card of five lines are a task: by the command line, from the check to the scores."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.media.images import read_image, write_image
from tests.plugins_page import blocks, commands
from tests.small_tasks import picture

ORANGE = np.array([255, 160, 0], dtype=np.uint8)
MASKS = (
    "name: watermark\ntarget: {codec: color_mask, color: [255, 160, 0]}\n"
    "data: {mine: {loader: pair_folder}}\nmetrics: [mean_iou]\nheadline: mean_iou\n"
)


@pytest.mark.parametrize(("card", "headline"), [(blocks("yaml")[0], "psnr"), (MASKS, "mean_iou")])
def test_the_pages_commands_from_the_check_to_the_scores(
    card: str,
    headline: str,
    tiny_model_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(6):
        clip = picture(number)
        target = (clip[..., :1] > 127) * ORANGE if headline == "mean_iou" else 255 - clip
        write_image(tmp_path / "pairs" / f"{number}_input.png", clip)
        write_image(tmp_path / "pairs" / f"{number}_target.png", target)
        write_image(tmp_path / "photos" / f"{number}.png", picture(50 + number, 30, 50))
    (tmp_path / "watermark").mkdir()
    (tmp_path / "watermark" / "task.yaml").write_text(card, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert len(card.splitlines()) == 5

    told: dict[str, list[str]] = {}
    model = ["--model", str(tiny_model_directory)]
    more = {"make-context": ["--pairs", "4", "--size", "40"], "predict": model, "eval": [*model, "--json"]}
    for command in commands()[1].splitlines():
        words = shlex.split(command)[1:]
        verb = words[1] if words[0] == "tasks" else words[0]
        assert main([*words, *more.get(verb, [])]) == 0, capsys.readouterr().err
        told[verb] = capsys.readouterr().out.splitlines()

    assert len(told["make-context"]) == 8
    assert [line[:4] for line in told["check"]] == ["ok  "] * 3
    assert "data mine: 6 samples; truth against truth is perfect" in told["check"][-1]
    assert len(told["predict"]) == 6
    answer = read_image(Path(told["predict"][0]))
    assert answer.shape == (1, 30, 50, 3)
    assert set(np.unique(answer)) <= {0, 255} or headline == "psnr"
    result = json.loads(told["eval"][0])
    assert (result["task"], result["headline"], result["items"]) == ("watermark", headline, 6)
    assert 0 <= result["metrics"][headline]["model"]["mean"] < 50
