"""`lavin doctor`: all of it here, and what it says where something is broken."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.doctor import contents, installation, machine
from lavincli.doctor.check import Check, all_of
from lavincli.doctor.environment import PARTS, check_environment
from tests.fake_plugins import install_plugin


@pytest.fixture(scope="module")
def checks() -> dict[str, Check]:
    return {check.name: check for check in check_environment()}


def test_here_nothing_is_wrong(checks: dict[str, Check]) -> None:
    assert not [check for check in checks.values() if check.status == "problem"]
    expected = "lavin python torch typer processors threads ffmpeg settings network tasks"
    for name in (
        *expected.split(),
        *("device cpu", "bfloat16 on cpu", "float16 on cpu", "DeepSpeed works", "Zarr works", "extra torchvision"),
        *("bundled files", "plugin photo", "model lavin-tiny", "disk: models", "disk: hub cache"),
    ):
        assert name in checks
    assert "loads, 28 MB, sha256" in checks["model lavin-tiny"].detail


def test_whatever_is_not_in_order_comes_with_what_to_do(checks: dict[str, Check]) -> None:
    assert all(check.advice for check in checks.values() if check.status != "ok")


def test_doctor_prints_a_line_a_check(
    checks: dict[str, Check], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [part for part in PARTS if part in (machine.python, contents.network, contents.disk)]
    monkeypatch.setattr("lavincli.doctor.environment.PARTS", few)
    assert main(["doctor"]) == 0
    plain = capsys.readouterr()
    assert "0 problems" in plain.err
    assert main(["doctor", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["name"] for one in told][:2] == ["lavin", "python"]
    for line, check in zip(plain.out.splitlines(), told, strict=True):
        assert line.split()[0] == check["status"]
        assert check["name"] in line
        assert set(check) == {"name", "status", "detail", "advice"}


def fails() -> Iterator[Check]:
    yield Check("first", "ok", "as it should be")
    raise SystemExit("a library\nthat ends the process")


def works() -> Iterator[Check]:
    yield Check("second", "ok", "as it should be")


def test_a_part_that_fails_breaks_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    first, broken, second = all_of([fails, works])
    assert (first.name, second.name) == ("first", "second")
    assert (broken.name, broken.status) == ("fails", "problem")
    assert broken.detail == "can't be looked at: SystemExit: a library that ends the process"
    monkeypatch.setattr("lavincli.doctor.environment.PARTS", [fails, works])
    assert main(["doctor"]) == 1
    assert "second" in capsys.readouterr().out


def test_a_broken_pytorch_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (found,) = all_of([machine.devices])
    assert (found.name, found.status) == ("devices", "problem")
    assert "import of torch halted" in found.detail


def test_the_one_ffmpeg_on_the_path_is_taken_and_must_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 127\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (found,) = installation.ffmpeg()
    assert found.status == "problem"
    assert found.detail == f"{fake} doesn't run: no such library"
    assert "take it off the PATH" in found.advice


def test_a_wrong_setting_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text("devcie: cpu\n")
    monkeypatch.setenv("LAVIN_CONFIG", str(tmp_path / "mine.yaml"))
    monkeypatch.setenv("LAVIN_PREDICT_SEDE", "1")
    wrong, unknown = contents.settings()
    assert wrong.status == "problem"
    assert "did you mean 'device'?" in wrong.detail
    assert unknown.status == "warn"
    assert "did you mean LAVIN_PREDICT_SEED?" in unknown.detail


def test_a_damaged_model_is_named_with_what_to_do(
    tiny_model_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVIN_MODELS", str(tmp_path))
    shutil.copytree(tiny_model_directory, tmp_path / "whole")
    shutil.copytree(tiny_model_directory, tmp_path / "cut")
    weights = tmp_path / "cut" / "stvae.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    found = {check.name: check for check in contents.models()}
    assert found["model whole"].status == "ok"
    assert (found["model cut"].status, str(weights) in found["model cut"].detail) == ("warn", True)
    assert "lavin models pull cut" in found["model cut"].advice


def test_a_bad_card_and_a_missing_folder_of_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "task.yaml").write_text("name: mine\ntagret: {}\n")
    monkeypatch.setenv("LAVIN_TASKS", f"{tmp_path}:{tmp_path / 'none'}")
    missing, broken, count = contents.tasks()
    assert (missing.status, broken.status, count.status) == ("warn", "warn", "ok")
    assert "tagret" in broken.detail
    assert str(tmp_path / "none") in missing.detail


def test_a_plugin_that_cannot_be_imported(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_broken", "import no_such_library\n")
    found = {check.name: check for check in contents.plugins()}
    assert found["plugin fake_broken"].status == "problem"
    assert "no_such_library" in found["plugin fake_broken"].detail
    assert found["plugin photo"].status == "ok"


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**8}))
    assert {check.status for check in contents.disk()} == {"warn"}
