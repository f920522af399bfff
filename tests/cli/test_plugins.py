from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lavincli.cli.main import main
from lavincli.media.images import write_image
from lavincli.plugin_author.new import TEMPLATE, new_plugin
from tests.fake_plugins import Environment, install_plugin, write_project
from tests.plugins_page import commands
from tests.small_tasks import picture


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment"))


FAILING = {
    "fake_raising": "raise RuntimeError('no licence')",
    "fake_leaving": "import sys\nsys.exit('no GPU')",
    "fake_newer": "LAVIN_API = 99",
    "fake_twice": """
        from lavincli.hookspecs import hookimpl

        print("fake_twice says hello")

        @hookimpl
        def lavin_metrics():
            return {"fake_score": object, "psnr": object, "ssim": object}
    """,
}


def test_plugins_that_fail_cost_one_line_each_and_nothing_else(tmp_path: Path) -> None:
    project = write_project(tmp_path / "lavin-fakes", FAILING)
    environment = Environment(tmp_path / "environment")
    done = environment.run(f"pip install {project} && lavin plugins list --json", tmp_path)
    assert done.returncode == 0, done.stderr
    plugins = {plugin["name"]: plugin for plugin in map(json.loads, done.stdout.splitlines())}
    assert {name: plugins[name]["problems"] for name in FAILING} == {
        "fake_raising": ["import: RuntimeError: no licence"],
        "fake_leaving": ["import: SystemExit: no GPU"],
        "fake_newer": ["asks for plugin API 99; this lavin has 1, so update lavin"],
        "fake_twice": [f"metric '{name}' is already registered by builtins" for name in ("psnr", "ssim")],
    }
    assert [plugins[name]["loaded"] for name in FAILING] == [False, False, False, True]
    assert [plugins[name]["version"] for name in ("fake_newer", "fake_twice")] == ["0.3", "0.3"]
    assert [plugins[name]["api"] for name in ("fake_newer", "fake_twice", "photo")] == [99, None, 1]
    assert plugins["fake_twice"]["provides"] == {"metrics": ["fake_score"]}
    warnings = [line for line in done.stderr.splitlines() if "hello" not in line]
    assert [sum(name in line for line in warnings) for name in FAILING] == [1, 1, 1, 1]
    assert len(warnings) == len(FAILING)

    done = environment.run("lavin tasks show denoising --json && lavin plugins check --no-tests fake_newer", tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[0])["name"] == "denoising"
    assert "FAIL  fake_newer  load: asks for plugin API 99" in done.stdout


def test_plugins_list_for_people(capsys: pytest.CaptureFixture[str], plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_broken", "raise RuntimeError('no licence')", version="0.7")
    assert main(["plugins", "list"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].split() == ["name", "from", "version", "API", "state", "adds"]
    (row,) = [line for line in lines if line.startswith("fake_broken ")]
    assert row.split() == ["fake_broken", "fake_broken", "0.7", "-", "failed", "-"]
    assert "motion_blur" in next(line for line in lines if line.startswith("photo"))
    assert lines[-1] == "fake_broken: import: RuntimeError: no licence"
    assert captured.err.count("fake_broken") == 1


def test_a_new_plugin_installs_predicts_and_passes_its_check(environment: Environment, tmp_path: Path) -> None:
    write_image(tmp_path / "photos" / "one.png", picture(1, 64, 64))
    done = environment.run(commands()[0], tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    project = tmp_path / "lavin-berries"
    files = sorted(path for path in project.rglob("*") if path.is_file() and "cache" not in str(path))
    assert sorted(map(Path, lines[: len(files)])) == files
    assert [line.split()[1:4] for line in lines if line.startswith("berries ")] == [
        ["recognition", "count_error", "dots"]
    ]
    (answer,) = [Path(line) for line in lines if line.startswith("answers")]
    found = json.loads((tmp_path / answer).read_text())
    assert found["count"] == len(found["places"])
    checks = [line for line in lines if "  berries  " in line]
    assert all(line.startswith("ok    berries  ") for line in checks)
    assert [line.split("  ")[-1].partition(":")[0] for line in checks] == [
        *("load", "API", "registers", "hooks", "loader berries_dots", "loader berries_dots in use"),
        *("codec berries_points", "codec berries_points in use", "metric berries_count_error"),
        *("metric berries_count_error in use", "task berries, card", "task berries, context"),
        *("task berries, data dots", "tests"),
    ]
    assert "tests: 7 passed in" in checks[-1]

    # Its tests are what is run: one that fails is told by name.
    (project / "tests" / "test_berries.py").write_text("def test_of_arithmetic():\n    assert 1 + 1 == 3\n")
    done = environment.run("lavin plugins check berries", tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("FAIL  berries  tests: 1 failed in")
    assert "test_of_arithmetic" in done.stdout.splitlines()[-1]
    assert done.stderr.splitlines() == ["lavin: error: 1 check(s) failed; each is named above with the reason"]


@pytest.mark.parametrize("name", ["a", "a_plugin_with_quite_a_long_nam"])
def test_a_new_plugin_is_formatted_and_holds_nothing_of_the_template(name: str, tmp_path: Path) -> None:
    files = new_plugin(name, tmp_path)
    assert {file.suffix for file in files} == {".toml", ".md", ".py", ".png", ".yaml", ".typed"}
    for file in files:
        assert b"my_plugin" not in file.read_bytes()
        assert b"my-plugin" not in file.read_bytes()
        assert "my_plugin" not in str(file)
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=files[0].parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_templates_context_set_is_what_its_loader_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from lavincli.media.images import read_image
    from lavincli.pair_files import list_pairs

    monkeypatch.syspath_prepend(TEMPLATE)
    from lavin_my_plugin.dots import dots
    from lavin_my_plugin.points import PointsCodec

    pairs = list_pairs(TEMPLATE / "lavin_my_plugin" / "tasks" / "my_plugin" / "context")
    samples = dots(None, "train")
    assert len(pairs) == 4
    for pair in pairs:
        sample = samples[int(pair.key.removeprefix("train_"))]
        np.testing.assert_array_equal(read_image(pair.input), sample.input)
        np.testing.assert_array_equal(read_image(pair.target), PointsCodec().render(sample.target))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Night-Sky", "for example 'night_sky'"),
        ("9lives", "for example 'lives'"),
        ("night__sky", "for example 'night_sky'"),
        ("x" * 31, "at most 30 long"),
        ("lavin_sky", "leave out the 'lavin'"),
        ("off", "means False in YAML"),
        ("photo", "a plugin of this name is installed"),
        ("denoising", "a task of this name is there already"),
        ("fakery", "a package lavin_fakery is installed already"),
    ],
)
def test_names_that_a_new_plugin_cannot_have(
    name: str, reason: str, plugin_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (plugin_site / "lavin_fakery").mkdir()
    into = tmp_path / "into"
    assert main(["plugins", "new", name, "--into", str(into)]) == 1
    captured = capsys.readouterr()
    assert reason in captured.err
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert not into.exists()


def test_a_new_plugin_appears_complete_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        assert main(["plugins", "new", "night_sky", "--into", str(tmp_path)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "lavin-night-sky").mkdir()
    assert main(["plugins", "new", "night_sky", "--into", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert list((tmp_path / "lavin-night-sky").iterdir()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "lavin-night-sky"]
