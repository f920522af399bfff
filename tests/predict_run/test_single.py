"""One picture on stdin, one on stdout."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.errors import InputError
from lavincli.media.images import decode_image, write_image
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.settings import RunSettings
from lavincli.predict_run.single import answer_bytes
from tests.small_tasks import picture


def test_bytes_in_bytes_out(
    tiny_model_directory: Path,
    small_tasks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    write_image(tmp_path / "one.jpg", picture(1, 20, 30))
    data = (tmp_path / "one.jpg").read_bytes()
    arguments = ["predict", "-", "-o", "-", "--task", "small_mask", "--model", str(tiny_model_directory)]
    answers = []
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main([*arguments, "--device", "cpu"]) == 0
        answers.append(capfdbinary.readouterr().out)
    assert decode_image(answers[0], "stdout").shape == (1, 20, 30, 3)
    assert answers[0] == answers[1]
    assert main([*arguments, str(tmp_path)]) == 2
    assert b"give - as the only input" in capfdbinary.readouterr().err


def test_the_kind_can_be_chosen_but_must_be_one_file(answerer: Answerer, tmp_path: Path) -> None:
    write_image(tmp_path / "one.png", picture(1, 20, 30))
    data = (tmp_path / "one.png").read_bytes()
    value, beside = (answer_bytes(data, answerer, RunSettings(save=(kind,))) for kind in ("value", "side-by-side"))
    assert decode_image(beside, "stdout").shape == (1, 20, 64, 3)
    np.testing.assert_array_equal(decode_image(beside, "stdout")[:, :, 34:], decode_image(value, "stdout"))
    with pytest.raises(InputError, match=r"stdin: an answer \(value, rgb\) of 2 files, not one"):
        answer_bytes(data, answerer, RunSettings(save=("value", "rgb")))
    with pytest.raises(InputError, match=r"^stdin: is not a picture"):
        answer_bytes(b"words", answerer, RunSettings())
    with pytest.raises(InputError, match=r"^stdin: is empty"):
        answer_bytes(b"", answerer, RunSettings())
