"""`lavin config`: what every setting is, where it comes from, and writing one down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from lavincli.cli.main import every_command, main
from lavincli.settings.names import key_of, options_of, takes_settings

SET = {path: command for path, command in every_command() if takes_settings(path)}


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, tuple[object, str]]:
    assert main(["config", "show", "--json", *words]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {line["setting"]: (line["value"], line["origin"]) for line in lines}


def test_every_setting_is_told_with_its_origin(
    tmp_path: Path, user_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given.yaml"
    given.write_text("predict: {batch_size: 2}\n")
    user_config.write_text("predict: {batch_size: 3, guidance: 1.5}\n")
    monkeypatch.setenv("LAVIN_DEVICE", "cpu")
    told = shown(capsys, "--config", str(given))
    assert told["predict.batch_size"] == ("2", str(given))
    assert told["predict.guidance"] == ("1.5", str(user_config))
    assert told["predict.device"] == told["encode.device"] == ("cpu", "LAVIN_DEVICE")
    assert told["predict.seed"] == (0, "default")
    every = {".".join((*path, key_of(one))).replace("-", "_") for path, cmd in SET.items() for one in options_of(cmd)}
    assert set(told) == every | {"LAVIN_TASKS", "LAVIN_MODELS", "HF_HUB_CACHE"}
    assert told["LAVIN_MODELS"] == (str(tmp_path / "models"), "LAVIN_MODELS")
    assert len(every) > 100


def test_of_one_command_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "models", "export"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["setting", "value", "from"]
    assert all(line.startswith("models.export.") for line in lines)
    assert "models.export.dtype       float16  default" in lines
    assert main(["config", "show", "modls"]) == 1
    assert "unknown command 'modls'; did you mean 'models'?" in capsys.readouterr().err


def test_a_variable_that_sets_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAVIN_PREDICT_BATCHSIZE", "4")
    monkeypatch.setenv("LAVIN_TASKS", "/tasks")
    assert main(["config", "show"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "LAVIN_PREDICT_BATCHSIZE sets nothing; did you mean LAVIN_PREDICT_BATCH_SIZE?" in line


def test_set_writes_what_show_tells(user_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{user_config}\n"
    assert main(["config", "set", "predict.batch-size", "4"]) == 0
    assert main(["config", "set", "device", "cpu"]) == 0
    assert main(["config", "set", "tasks.make_context.pairs", "8"]) == 0
    assert capsys.readouterr().out == f"{user_config}\n" * 3
    assert yaml.safe_load(user_config.read_text()) == {
        "predict": {"batch_size": 4},
        "device": "cpu",
        "tasks": {"make_context": {"pairs": 8}},
    }
    told = shown(capsys)
    assert told["predict.batch_size"] == ("4", str(user_config))
    assert told["tasks.make_context.pairs"] == ("8", str(user_config))
    assert main(["config", "set", "device", "null"]) == 0
    capsys.readouterr()
    assert shown(capsys)["predict.device"] == (None, "default")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("predict.bach_size", "4", "unknown setting 'predict.bach_size'; did you mean 'predict.batch_size'?"),
        ("predict.batch_size", "0", "predict.batch_size: '0' is no value of it"),
        ("predict.size", "huge", "predict.size: 'huge' is no value of it"),
        ("verbose", "1", "unknown setting 'verbose'"),
    ],
)
def test_what_is_no_setting_is_not_written(
    key: str, value: str, message: str, user_config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "set", key, value]) == 1
    assert message in capsys.readouterr().err
    assert not user_config.exists()


def test_comments_are_not_lost(user_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user_config.write_text("# mine\ndevice: cpu\n")
    assert main(["config", "set", "seed", "1"]) == 1
    assert "holds comments, which would be lost" in capsys.readouterr().err
    assert user_config.read_text() == "# mine\ndevice: cpu\n"
