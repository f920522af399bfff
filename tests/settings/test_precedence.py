"""Flag before environment before `--config` before the user's file before the default; for every command alike."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperOption

from lavincli.cli.main import COMMANDS, every_command, main
from lavincli.doctor import contents
from lavincli.errors import ConfigError
from lavincli.settings.names import is_common, key_of, options_of, variables_of
from lavincli.settings.resolve import Settings
from tests.fake_plugins import install_plugin

PREDICT = ("predict",)


@functools.cache
def option(path: tuple[str, ...], key: str) -> TyperOption:
    command: Any = dict(every_command())[path]
    return next(one for one in options_of(command) if key_of(one) == key)


def found(settings: Settings, key: str, path: tuple[str, ...] = PREDICT) -> Any:
    setting = settings.find(path, option(path, key))
    return None if setting is None else setting.value


@pytest.mark.parametrize("sources", list(itertools.product([False, True], repeat=5)))
def test_the_first_source_that_says_something_counts(
    sources: tuple[bool, ...], tmp_path: Path, user_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variable of the command, of all commands; file's section, file's top; the user's file."""
    own, common, section, top, user = sources
    if own:
        monkeypatch.setenv("LAVIN_PREDICT_DEVICE", "own")
    if common:
        monkeypatch.setenv("LAVIN_DEVICE", "common")
    given = tmp_path / "given.yaml"
    given.write_text(("predict: {device: section}\n" if section else "") + ("device: top\n" if top else ""))
    if user:
        user_config.write_text("predict:\n  device: user\n")
    settings = Settings(COMMANDS)
    settings.use(given)
    expected = next(
        (name for name, there in zip(("own", "common", "section", "top", "user"), sources, strict=True) if there), None
    )
    assert found(settings, "device") == expected


def pulled_from(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What `--from` of a command was in the end: the folder that isn't there is named in the error."""
    assert main(["models", "pull", "lavin-dit-3.4b", *words]) == 1
    return capsys.readouterr().err.removeprefix("lavin: error: ").partition(":")[0]


def test_a_command_gets_them_in_that_order(
    tmp_path: Path, user_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user_config.write_text("models: {pull: {from: user}}\n")
    assert pulled_from([], capsys) == "user"
    given = tmp_path / "given.yaml"
    given.write_text("models: {pull: {from: given}}\n")
    assert pulled_from(["--config", str(given)], capsys) == "given"
    monkeypatch.setenv("LAVIN_CONFIG", str(given))
    assert pulled_from([], capsys) == "given"
    monkeypatch.setenv("LAVIN_MODELS_PULL_FROM", "environment")
    assert pulled_from(["--config", str(given)], capsys) == "environment"
    assert pulled_from(["--from", "flag"], capsys) == "flag"


@pytest.mark.parametrize("before", [True, False])
def test_config_means_the_same_before_and_after_the_command(
    before: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given.yaml"
    given.write_text("json: true\n")
    words = ["--config", str(given)]
    assert main([*words, "models", "list"] if before else ["models", "list", *words]) == 0
    assert capsys.readouterr().out.startswith("{")
    assert main(["models", "list"]) == 0
    assert not capsys.readouterr().out.startswith("{"), "it is for one command"


def test_offline_is_a_setting_too(user_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user_config.write_text("offline: true\n")
    assert main(["models", "show", "someone/model"]) == 1
    assert "lavin is offline" in capsys.readouterr().err


def test_kinds_of_values(user_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_config.write_text("predict: {batch-size: 4, guidance: 1.5, grid: 20}\nencode: {task: [a, b], shard_size: 1}\n")
    settings = Settings(COMMANDS)
    assert found(settings, "batch_size") == "4"
    assert (found(settings, "guidance"), found(settings, "grid")) == ("1.5", "20")
    assert found(settings, "task", ("encode",)) == ["a", "b"]
    monkeypatch.setenv("LAVIN_ENCODE_TASK", "c 'd e'")
    assert found(settings, "task", ("encode",)) == ["c", "d e"]
    monkeypatch.setenv("LAVIN_PREDICT_DEVICE", "")
    assert found(settings, "device") is None, "an empty variable is none"


def test_what_a_process_does_is_not_for_those_that_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAVIN_ENCODE_NPROC", "2")
    assert found(Settings(COMMANDS), "nproc", ("encode",)) == "2"
    monkeypatch.setenv("LAVIN_CHILD", "1")
    assert found(Settings(COMMANDS), "nproc", ("encode",)) is None


def test_a_wrong_value_is_named_where_it_stands(
    user_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user_config.write_text("predict:\n  batch_size: many\n")
    with pytest.raises(ConfigError, match=rf"{user_config}: key 'predict\.batch_size': 'many' is no value of --batch-"):
        found(Settings(COMMANDS), "batch_size")
    monkeypatch.setenv("LAVIN_PREDICT_BATCH_SIZE", "0")
    with pytest.raises(ConfigError, match=r"environment variable LAVIN_PREDICT_BATCH_SIZE: '0' is no value"):
        found(Settings(COMMANDS), "batch_size")
    assert main(["predict", "--help"]) == 0, "help is there however wrong a file may be"
    assert main(["models", "list"]) == 0, "it is no matter of other commands"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("devcie: cpu", "unknown setting 'devcie'; did you mean 'device'?"),
        ("modles: {list: {json: true}}", "unknown setting 'modles'; did you mean 'models'?"),
        ("models: {list: {jsno: true}}", "unknown setting 'models.list.jsno'; did you mean 'models.list.json'?"),
        ("models: {list: [1]}", "key 'models.list': expected a table of this command's options"),
        ("- 1", "expected keys and values"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_key_is_named_with_the_nearest(
    content: str, message: str, user_config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_config.write_text(content)
    assert main(["models", "list"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"lavin: error: {user_config}: ")
    assert message in error
    assert error.count("\n") == 1


def test_what_mends_settings_works_without_them(
    user_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user_config.write_text("devcie: cpu\n")
    monkeypatch.setattr("lavincli.doctor.environment.PARTS", [contents.settings, contents.network])
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "did you mean 'device'?" in shown
    assert "network" in shown
    assert main(["config", "path"]) == 0
    assert main(["config", "show"]) == 1
    assert "did you mean 'device'?" in capsys.readouterr().err


RIDE = """
import typer
from lavincli.hookspecs import hookimpl

@hookimpl
def lavin_commands(app: typer.Typer) -> None:
    @app.command()
    def ride(speed: int = 1) -> None:
        typer.echo(f"at {speed}")
"""


def test_a_plugins_command_has_settings_too(
    user_config: Path, plugin_site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_plugin(plugin_site, "fake_riding", RIDE)
    user_config.write_text("ride: {speed: 2}\n")
    assert main(["ride"]) == 0
    monkeypatch.setenv("LAVIN_RIDE_SPEED", "3")
    assert main(["ride"]) == 0
    assert main(["ride", "--speed", "4"]) == 0
    assert capsys.readouterr().out == "at 2\nat 3\nat 4\n"
    assert main(["models", "list", "--json"]) == 0, "a plugin's section is no unknown key"
    user_config.write_text("ride: {sped: 2}\n")
    assert main(["ride"]) == 1
    assert "unknown setting 'ride.sped'; did you mean 'ride.speed'?" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--config", str(tmp_path / "none.yaml")]) == 1
    assert "can't be read (No such file or directory)" in capsys.readouterr().err


def test_no_two_options_share_a_variable_unless_they_mean_the_same() -> None:
    owners: dict[str, tuple[str, ...]] = {}
    for path, command in every_command():
        keys = [key_of(one) for one in options_of(command)]
        assert len(keys) == len(set(keys)), path
        for key in keys:
            own = variables_of(path, key)[0]
            assert own not in owners, (own, path, owners.get(own))
            owners[own] = path
            assert not own.startswith("LAVIN_TASKS_") or path[0] == "tasks"
    assert not is_common(("models", "export"), "dtype")
