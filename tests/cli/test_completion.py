"""Completion by name: tasks, models, recipes, plugins and their commands, without importing what they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.registry import tasks
from tests.fake_plugins import install_plugin

Ask = Callable[..., list[str]]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """What bash is offered for the last of some words."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_LAVIN_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["lavin", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit) as done:
            main([])
        assert done.value.code == 0
        return capsys.readouterr().out.split()

    return ask


@pytest.mark.parametrize("words", [("predict", "--task"), ("eval", "-t"), ("encode", "--task"), ("tasks", "show")])
def test_tasks(offered: Ask, words: tuple[str, ...]) -> None:
    assert offered(*words, "") == sorted(tasks())
    assert offered(*words, "deh") == ["dehazing"]
    assert offered(*words, "./my") == [], "the shell goes on with files"


def test_tasks_of_ones_own(offered: Ask, small_tasks: Path) -> None:
    assert offered("predict", "--task", "small") == ["small_denoising", "small_mask", "small_negative"]


def test_models(offered: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAVIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for folder in (tmp_path / "models" / "pulled", tmp_path / "hub" / "models--org--name" / "snapshots" / "abc"):
        folder.mkdir(parents=True)
        for name in ("config.json", "jdit.safetensors", "stvae.safetensors"):
            (folder / name).touch()
    half = tmp_path / "hub" / "models--org--half" / "snapshots" / "abc"
    half.mkdir(parents=True)
    (half / "jdit.safetensors").touch()
    assert offered("predict", "--model", "") == ["lavin-tiny", "pulled", "org/name"]
    assert offered("models", "info", "o") == ["org/name"]
    assert "lavin-dit-3.4b" in offered("models", "pull", "lavin")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("train", "tiny-stvae-d"), ["tiny-stvae-decoder"]),
        (("plugins", "check", "g"), ["geometry"]),
        (("config", "show", "pl"), ["plugins"]),
        (("config", "set", "predict.dev"), ["predict.device"]),
        (("predict", "--device", "cu"), ["cuda", "cuda:0"]),
        (("models", "export", "--dtype", "bf"), ["bfloat16"]),
        (("models", "export", "--off"), ["--offline"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
    ],
)
def test_other_names(offered: Ask, words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


PLUGIN = '''
raise RuntimeError("imported")

@hookimpl
def lavin_commands(app):
    """Add them."""
    @app.command()
    def paint_over(how: str) -> None:
        "Paint over things."

    @app.command("stitch", epilog="...")
    def anything() -> None: ...

    @app.command(name="unpick")
    def something() -> None: ...

    def helper() -> None: ...
'''


def test_commands_of_plugins_are_read_and_not_run(offered: Ask, plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_painting", PLUGIN)
    assert offered("pa") == ["paint-over"]
    assert offered("st") == ["stitch"]
    assert {"unpick", "predict"} <= set(offered(""))
    assert "helper" not in offered("")
    assert "fake_painting" not in sys.modules
    (source,) = [path for path in plugin_site.rglob("*.py") if "lavin_commands" in path.read_text()]
    source.write_text("def lavin_commands(app:\n")
    assert offered("pa") == []


def test_a_broken_settings_file_is_no_matter_here(
    offered: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVIN_CONFIG", str(tmp_path / "none.yaml"))
    assert offered("predict", "--task", "deh") == ["dehazing"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_titles(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_LAVIN_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "lavin predict --task deh")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    with pytest.raises(SystemExit):
        main([])
    shown = capsys.readouterr().out
    assert "dehazing" in shown
    assert tasks()["dehazing"].title in shown


def test_bash_completes_with_the_script() -> None:
    """The script as `eval "$(lavin completion bash)"` runs it, and its function as a Tab calls it."""
    script = """
        eval "$(lavin completion bash)"
        COMP_WORDS=(lavin predict --task deh); COMP_CWORD=3
        _lavin_completion lavin
        echo "${COMPREPLY[@]}"
        complete -p lavin
    """
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "--norc", "-c", script],  # noqa: S607 - any bash
        env=os.environ | {"PATH": search},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "dehazing\ncomplete -o default -F _lavin_completion lavin\n"
    assert done.stderr == ""


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zfunc/_lavin"), ("fish", ".config/fish")])
def test_install_writes_what_the_shell_reads(
    shell: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["completion", shell, "--install"]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert "_LAVIN_COMPLETE" in written.read_text()
    assert (tmp_path / file).exists()
