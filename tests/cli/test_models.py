"""`lavin models`, run in this process on small models."""

import json
import shutil
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.hub import find, places
from lavincli.model.presets import JDIT_PRESETS
from lavincli.pipeline.load import load


@pytest.fixture(autouse=True)
def only_the_given_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests count what is listed, so they don't depend on what is bundled at the time."""
    for module in (places, find):
        monkeypatch.setattr(module, "bundled_models", dict)
        monkeypatch.setattr(module, "installed_models", dict)
    monkeypatch.setattr(places, "downloaded_models", dict)


def test_list_tells_the_models_of_a_folder(tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json", str(tiny_model_directory.parent)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    pipe = load(tiny_model_directory)
    assert told["name"] == "small-random"
    assert told["path"] == str(tiny_model_directory)
    assert told["jdit_parameters"] == sum(parameter.numel() for parameter in pipe.jdit.parameters())
    assert told["stvae_parameters"] == sum(parameter.numel() for parameter in pipe.stvae.parameters())
    assert told["size"] == sum(file.stat().st_size for file in tiny_model_directory.glob("*.safetensors"))
    assert told["fingerprint"] == pipe.fingerprint
    assert (told["resolution"], told["context_pairs"], told["attention"]) == (32, 2, "oneway")


def test_list_is_a_table(tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", str(tiny_model_directory)]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "name"
    assert row.startswith("small-random ")
    assert row.index("oneway") == head.index("attention")
    assert row.endswith(str(tiny_model_directory))


def test_a_damaged_model_costs_the_others_nothing(
    tiny_model_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cut", "lacking", "whole"):
        shutil.copytree(tiny_model_directory, tmp_path / name)
    weights = tmp_path / "cut" / "jdit.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    (tmp_path / "lacking" / "stvae.safetensors").unlink()
    assert main(["models", "list", "--json", str(tmp_path)]) == 3
    shown = capsys.readouterr()
    assert [json.loads(line)["path"] for line in shown.out.splitlines()] == [str(tmp_path / "whole")]
    cut, lacking = shown.err.splitlines()
    assert str(weights) in cut
    assert "damaged" in cut
    assert str(tmp_path / "lacking" / "stvae.safetensors") in lacking


def test_what_is_no_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert str(tmp_path) in shown.err
    assert "no config.json" in shown.err


def test_show_tells_configuration_and_numbers(tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", str(tiny_model_directory), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"] == json.loads((tiny_model_directory / "config.json").read_text())
    assert main(["models", "show", str(tiny_model_directory)]) == 0
    assert f"fingerprint       {told['fingerprint']}" in capsys.readouterr().out


@pytest.fixture
def published(tiny_model_directory: Path, tmp_path: Path) -> list[str]:
    """Weights beside a configuration in the form of the published ones, as arguments of import."""
    config = json.loads((tiny_model_directory / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({key: config[key] for key in ("jdit", "stvae")}))
    weights = {name: str(tiny_model_directory / f"{name}.safetensors") for name in ("jdit", "stvae")}
    return ["--jdit", weights["jdit"], "--stvae", weights["stvae"], "--config", str(tmp_path / "config.json")]


def test_import_makes_a_model_that_loads(
    published: list[str], tiny_model_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "imported"
    assert main(["models", "import", *published, str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert load(out).fingerprint == load(tiny_model_directory).fingerprint
    assert {file.name for file in out.iterdir()} == {
        "config.json",
        "jdit.safetensors",
        "stvae.safetensors",
        "README.md",
    }


def test_import_refuses_weights_of_another_shape_and_writes_nothing(
    published: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"jdit": JDIT_PRESETS["tiny"].model_dump()}))
    out = tmp_path / "imported"
    assert main(["models", "import", *published, str(out)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("lavin: error: ")
    assert error.count("\n") == 1
    assert "jdit.safetensors" in error
    assert not out.exists()


def test_import_needs_both_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["models", "import", "--jdit", "x.safetensors", str(tmp_path / "out")]) == 2
    assert "--stvae" in capsys.readouterr().err
