"""The command line as a process of its own: what it imports, prints and returns."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lavincli
from lavincli.cli.main import COMMANDS, every_command, main
from tests.fake_plugins import install_plugin

HEAVY = {"torch", "numpy", "scipy", "PIL", "deepspeed", "torchmetrics", "zarr", "huggingface_hub"}

REPORT_IMPORTS = """
import json, sys
from lavincli.cli.main import main
code = main(sys.argv[1:])
print("\\n" + json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""

COMPLETE_AND_REPORT_IMPORTS = """
import sys
from lavincli.cli.main import main
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lavincli", *arguments],
        env=os.environ | {"COLUMNS": "120"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def imported_by(*arguments: str, **environment: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", REPORT_IMPORTS, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["code"] == 0
    return set(report["modules"])


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    # Typer itself takes pydantic to parse options, so only the first help page can do without.
    assert not imported_by("--help") & (HEAVY | {"pydantic"})
    shown = run("--help")
    assert shown.returncode == 0
    assert shown.stderr == ""
    for name, entry in COMMANDS.items():
        assert re.search(rf"\b{name}\b.*{re.escape(entry.summary)}", shown.stdout), name


def test_help_answers_at_once() -> None:
    """The promise is half a second; it is measured against the interpreter's own start, as this machine may be busy."""

    def seconds(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return time.perf_counter() - start

    interpreter = min(seconds("-c", "import argparse, json, logging, subprocess") for _ in range(3))
    help_page = min(seconds("-m", "lavincli", "--help") for _ in range(3))
    assert help_page < max(0.5, 10 * interpreter)


@pytest.mark.parametrize("words", [["models", "list"], ["config", "show"]])
def test_what_tells_of_models_and_settings_needs_no_pytorch(words: list[str]) -> None:
    assert "torch" not in imported_by(*words)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_imports_nothing_heavy(name: str) -> None:
    assert not imported_by(name, "--help") & HEAVY


def test_every_command_takes_the_global_options_and_leaves_completion_to_lavin() -> None:
    commands = dict(every_command())
    assert {path[0] for path in commands} == set(COMMANDS)
    for path, command in commands.items():
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert flags >= {"--debug", "--verbose", "--quiet", "--offline", "--config"}, path
        assert "--install-completion" not in flags, path


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("lavin ", set(COMMANDS)), ("lavin models ", {"list", "show", "import"}), ("lavin predict -t deh", {"dehazing"})],
)
def test_completion_works_and_imports_nothing_heavy(typed: str, expected: set[str]) -> None:
    request = {"_LAVIN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    assert expected <= set(run(**request).stdout.split())
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE_AND_REPORT_IMPORTS],
        env=os.environ | request,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) >= expected
    assert not set(done.stderr.split()) & HEAVY


def test_the_public_names_are_there_before_they_are_imported() -> None:
    code = "import sys, lavincli; print(dir(lavincli), *sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not set(shown.split()) & HEAVY
    for name in ("load", "tasks", "metrics", "__version__"):
        assert name in lavincli.__all__
        assert repr(name) in shown
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = lavincli.no_such_name


def test_version() -> None:
    shown = run("--version")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, f"lavin {lavincli.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predikt"], "lavin: error: No such command 'predikt'. Did you mean 'predict'? (see 'lavin --help')\n"),
        (
            ["models", "shwo"],
            "lavin: error: No such command 'shwo'. Did you mean 'show'? (see 'lavin models --help')\n",
        ),
        (["doctor", "--nothing"], "lavin: error: No such option: --nothing (see 'lavin doctor --help')\n"),
        (["models"], "lavin: error: Missing command. (see 'lavin models --help')\n"),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(arguments: list[str], message: str) -> None:
    failed = run(*arguments)
    assert (failed.returncode, failed.stdout, failed.stderr) == (2, "", message)


def test_no_command_shows_the_help_and_is_a_usage_error() -> None:
    shown = run()
    assert shown.returncode == 2
    assert "predict" in shown.stdout


@pytest.mark.parametrize("arguments", [["--debug", "models", "show"], ["models", "show", "--debug"]])
def test_an_error_is_one_line_and_debug_adds_the_traceback_wherever_it_stands(arguments: list[str]) -> None:
    plain = run("models", "show", "no-such-model")
    assert plain.returncode == 1
    assert plain.stdout == ""
    assert plain.stderr.startswith("lavin: error: ")
    assert plain.stderr.count("\n") == 1
    debugged = run(*arguments, "no-such-model")
    assert debugged.returncode == 1
    assert "Traceback (most recent call last)" in debugged.stderr
    assert debugged.stderr.endswith(plain.stderr)


PLUGIN = """
import logging
import time
import typer
from lavincli.errors import InputError
from lavincli.hookspecs import hookimpl

@hookimpl
def lavin_commands(app: typer.Typer) -> None:
    @app.command()
    def fail(how: str) -> None:
        "Fail in a given way."
        if how == "input":
            raise InputError("photo.jpg: truncated;\\nget it again")
        if how == "partly":
            raise typer.Exit(3)
        if how == "file":
            open("/no/such/file")
        if how == "bug":
            raise KeyError("width")
        if how == "wait":
            typer.echo("waiting")
            time.sleep(60)
        log = logging.getLogger("lavincli.fail")
        log.debug("details"), log.info("progress"), log.error("trouble")
        logging.getLogger("other").info("others")
        typer.echo("result")
"""

REPLACING = """
from lavincli.hookspecs import hookimpl

@hookimpl
def lavin_commands(app):
    @app.command()
    def predict() -> None:
        "Try to take the place of a command of lavin."
        print("replaced")
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A third party's plugin as an installed distribution, on a path to search."""
    return searched(tmp_path_factory.mktemp("site"), "fake_failing", PLUGIN)


def searched(folder: Path, name: str, source: str) -> str:
    install_plugin(folder, name, source)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("input", 1, "lavin: error: photo.jpg: truncated; get it again\n"),
        ("partly", 3, ""),
        ("file", 1, "lavin: error: No such file or directory: /no/such/file\n"),
        ("bug", 1, "lavin: error: KeyError: 'width'; this is a bug in lavin or in a plugin, --debug shows where\n"),
    ],
)
def test_exit_codes_of_a_plugins_command(plugin: str, how: str, code: int, line: str) -> None:
    done = run("fail", how, PYTHONPATH=plugin)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", line)


@pytest.mark.parametrize(
    ("flags", "logged"),
    [
        ([], ["progress", "trouble"]),
        (["-v"], ["details", "progress", "trouble", "others"]),
        (["-q"], ["trouble"]),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_logs_go_to_stderr_as_much_as_wanted(plugin: str, flags: list[str], logged: list[str], before: bool) -> None:
    done = run(*(flags if before else []), "fail", "not", *([] if before else flags), PYTHONPATH=plugin)
    assert done.returncode == 0
    assert done.stdout == "result\n"
    assert [line.rpartition(": ")[2] for line in done.stderr.splitlines()] == logged


def test_a_plugin_cannot_replace_a_command_of_lavin(tmp_path: Path) -> None:
    path = searched(tmp_path, "fake_replacing", REPLACING)
    done = run("predict", PYTHONPATH=path)
    assert "replaced" not in done.stdout
    assert done.returncode == 2
    done = run("plugins", "list", PYTHONPATH=path)
    assert "fake_replacing: command 'predict' is already registered by lavin itself" in done.stdout


def _interruptible() -> None:
    """A shell starts its background jobs deaf to interrupts, and they hand that on to what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_is_one_line_and_code_130(plugin: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "lavincli", "fail", "wait"],
        env=os.environ | {"PYTHONPATH": plugin},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "lavin: interrupted\n"


@pytest.mark.parametrize("arguments", [["--help"], ["config", "show"]])
def test_a_reader_that_has_seen_enough_is_no_trouble_and_code_141(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "lavincli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 141
    assert stderr == ""


def test_main_is_callable_from_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lavin {lavincli.__version__}\n"


def test_the_script_is_installed() -> None:
    script = Path(sys.executable).with_name("lavin")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"lavin {lavincli.__version__}\n"
