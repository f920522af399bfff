import json
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.environment import check_environment


def test_here_nothing_is_wrong() -> None:
    checks = {check.name: check for check in check_environment()}
    assert not [check for check in checks.values() if check.status == "problem"]
    for name in ("lavin", "python", "torch", "typer", "device cpu", "ffmpeg", "bundled files", "plugin photo"):
        assert name in checks


def test_the_one_ffmpeg_on_the_path_is_taken_and_must_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 127\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (found,) = [check for check in check_environment() if check.name == "ffmpeg"]
    assert found.status == "problem"
    assert found.detail == f"{fake} doesn't run: no such library"


def test_doctor_prints_a_line_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    plain = capsys.readouterr().out.splitlines()
    assert main(["doctor", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == len(plain)
    for line, check in zip(plain, told, strict=True):
        assert line.split()[0] == check["status"]
        assert line.endswith(check["detail"])
