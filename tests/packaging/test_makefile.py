"""`make environment` says what is missing; that it works is shown by the tests running at all."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=checkout, capture_output=True, text=True, check=False)  # noqa: S607


def python_that(checkout: Path, refuses: str) -> str:
    """An interpreter that fails at whatever mentions a word, and does nothing otherwise."""
    script = checkout / "python"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\n')
    script.chmod(0o755)
    return f"PYTHON={script}"


def test_no_python(checkout: Path) -> None:
    done = make(checkout, "environment", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "make: no no-such-python here; install Python 3.11 or newer\n" in done.stderr


def test_an_old_python(checkout: Path) -> None:
    done = make(checkout, "environment", python_that(checkout, "version_info"))
    assert done.returncode != 0
    assert "is older than Python 3.11; name a newer one with make PYTHON=..." in done.stderr


def test_a_python_that_cannot_make_environments(checkout: Path) -> None:
    done = make(checkout, "environment", python_that(checkout, "ensurepip"))
    assert done.returncode != 0
    assert "has no ensurepip or venv; on Debian and Ubuntu: apt-get install python3-venv" in done.stderr


def test_the_environment_is_made_anew_only_for_other_pins_or_dependencies(checkout: Path) -> None:
    def needs_work() -> bool:
        return make(checkout, "--question", "environment").returncode != 0

    assert needs_work()
    database = make(checkout, "--print-data-base", "--question", "environment").stdout
    (stamp,) = {line.split(" := ")[1] for line in database.splitlines() if line.startswith("STAMP := ")}
    (checkout / ".venv").mkdir()
    (checkout / stamp.replace("$(VENV)", ".venv")).touch()
    assert not needs_work()
    (checkout / "module.py").write_text("changed = True\n")
    assert not needs_work()
    with (checkout / "constraints.txt").open("a") as pins:
        pins.write("another==1.0\n")
    assert needs_work()


def test_without_a_goal_make_explains_itself(checkout: Path) -> None:
    done = make(checkout)
    assert done.returncode == 0
    for goal in ("make demo", "make test", "make wheel"):
        assert goal in done.stdout
