"""Every command's help has an example: its words are ones that the command takes, and the quick ones are run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from lavincli.cli.examples import EXAMPLES
from lavincli.cli.main import every_command, main
from lavincli.media.images import write_image
from tests.small_tasks import picture

COMMANDS = dict(every_command())
# The verbs' examples take many seconds, or weights that are not here: they are parsed alone, as are these.
QUICK = ("tasks", "models", "plugins", "config", "completion")
TOO_SLOW = {("models", "import"), ("plugins", "check"), ("tasks", "list"), ("tasks", "check")}


def examples(path: tuple[str, ...]) -> list[list[str]]:
    """The commands that a help shows, each as words without ``lavin``."""
    text = f"{COMMANDS[path].help}\n{COMMANDS[path].epilog}"
    lines = re.findall(r"^(?:Examples?:)?\s*(lavin .*)$", text, re.MULTILINE)
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_example_of_every_command_is_one_it_takes(path: tuple[str, ...]) -> None:
    found = examples(path)
    assert found, f"lavin {' '.join(path)} --help has no example"
    for words in found:
        assert tuple(words[: len(path)]) == path
        command: Any = COMMANDS[path]
        with command.make_context(" ".join(path), words[len(path) :]) as context:
            assert not context.args or path[0] == "eval"


def test_no_example_is_of_a_command_that_is_gone() -> None:
    assert set(EXAMPLES) <= set(COMMANDS)


@pytest.fixture
def here(tmp_path: Path, tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the examples speak of: photos, and a training run (a model stands for itself)."""
    for number in range(2):
        write_image(tmp_path / "photos" / f"{number}.png", picture(number, 48, 64))
    shutil.copytree(tiny_model_directory, tmp_path / "runs" / "tiny-jdit")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", [path for path in COMMANDS if path[0] in QUICK and path not in TOO_SLOW], ids=" ".join)
def test_quick_examples_run(path: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in examples(path):
        assert main(words) == 0, capsys.readouterr().err
        assert capsys.readouterr().out
