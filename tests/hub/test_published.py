"""The published weights by name, from archives in small: two tar files, a pickle in one of them, templates."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import lavincli
from lavincli.cli.main import main
from lavincli.hub import find, published
from lavincli.hub.places import installed_models
from lavincli.hub.published import Published
from lavincli.media.images import write_image
from lavincli.model.config import JDiTConfig, STVAEConfig
from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS
from lavincli.pipeline.model_directory import read_config
from tests.hub.fake_hub import FakeHub
from tests.reference import REFERENCE
from tests.small_tasks import picture

NAME = "small-published"


@pytest.fixture
def small(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published model in small is known by a name; returns a folder with its two archives."""
    settings = json.loads((REFERENCE / "config.json").read_text())
    monkeypatch.setitem(JDIT_PRESETS, "small", JDiTConfig(**settings["jdit"]))
    monkeypatch.setitem(STVAE_PRESETS, "small", STVAEConfig(**settings["stvae"]))
    known = {NAME: Published("in small", "lavin_dit.safetensors", "stvae.pt", "small", "small")}
    monkeypatch.setattr(published, "PUBLISHED", known)
    monkeypatch.setattr(find, "PUBLISHED", known)
    return write_archives(own_folders / "downloads")


def write_archives(folder: Path, *, pickled: Callable[[Path], None] | None = None) -> Path:
    made = folder / "made"
    made.mkdir(parents=True)
    (made / "lavin_dit.safetensors").write_bytes((REFERENCE / "jdit.safetensors").read_bytes())
    if pickled is None:
        torch.save({"state_dict": load_file(REFERENCE / "stvae.safetensors")}, made / "stvae.pt")
    else:
        pickled(made / "stvae.pt")
    for template in ("depth", "video/flow", "image/flow"):
        for number in range(2):
            for side in ("input", "target"):
                write_image(made / "templates" / template / f"{number:04}_{side}.png", picture(number, 32, 32))
    (made / "templates" / "depth" / "0009_input.png").write_bytes(b"without its partner")
    for archive, names in (("weights.tar", ["lavin_dit.safetensors", "stvae.pt"]), ("templates.tar", ["templates"])):
        with tarfile.open(folder / archive, "w") as tar:
            for name in names:
                tar.add(made / name, f"LaVin/{name}")
    return folder


def test_archives_become_a_model_known_by_name(
    small: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["models", "pull", NAME, "--from", str(small)]) == 0
    folder = installed_models()[NAME]
    assert capsys.readouterr().out == f"{folder}\n"
    config = read_config(folder)
    assert (config.name, config.resolution, config.context_pairs) == (NAME, 512, 4)
    assert (config.sampling.grid, config.sampling.guidance) == ("published:20", 1.5)
    pipe = lavincli.load(NAME, device="cpu")
    expected = load_file(REFERENCE / "jdit.safetensors")
    assert all(torch.equal(value, expected[name]) for name, value in pipe.jdit.state_dict().items())
    assert [*folder.parent.iterdir()] == [folder], "nothing else is left"
    assert main(["models", "pull", NAME]) == 0, "it is here already"


def test_templates_become_context_sets(small: Path) -> None:
    from lavincli.context.read import read_context

    assert main(["models", "pull", NAME, "--from", str(small)]) == 0
    contexts = installed_models()[NAME] / "contexts"
    assert sorted(folder.name for folder in contexts.iterdir()) == [
        "LaVin-templates-image-flow",
        "LaVin-templates-video-flow",
        "depth",
    ]
    pairs = read_context(contexts / "depth")
    assert [pair.key for pair in pairs] == ["0000", "0001"]
    assert np.array_equal(pairs[1].input, picture(1, 32, 32))


def test_info_tells_hashes_and_contexts(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", NAME, "--from", str(small), "-o", str(small / "out")]) == 0
    capsys.readouterr()
    assert main(["models", "info", str(small / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["sha256"]) == {"config.json", "jdit.safetensors", "stvae.safetensors"}
    assert str(small / "out" / "contexts" / "depth") in told["contexts"]


class Evil:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(
    small: Path, own_folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = own_folders / "executed"

    def malicious(path: Path) -> None:
        torch.save({"state_dict": {"weight": Evil(trace)}}, path)

    folder = write_archives(own_folders / "evil", pickled=malicious)
    assert main(["models", "pull", NAME, "--from", str(folder)]) == 1
    error = capsys.readouterr().err
    assert "stvae.pt: can't be read as weights" in error
    assert not trace.exists()
    assert installed_models() == {}
    assert not any((own_folders / "models").glob("*")), "nothing is left, hidden or not"
    torch.load(folder / "made" / "stvae.pt", weights_only=False)
    assert trace.exists()


def test_other_weights_are_refused(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def another(path: Path) -> None:
        torch.save({"state_dict": {"weight": torch.zeros(3)}}, path)

    folder = write_archives(small / "other", pickled=another)
    assert main(["models", "pull", NAME, "--from", str(folder)]) == 1
    assert "not the weights of this STVAE" in capsys.readouterr().err
    assert installed_models() == {}


def test_a_missing_archive_and_an_empty_folder(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "weights.tar").unlink()
    assert main(["models", "pull", NAME, "--from", str(small)]) == 1
    assert "no lavin_dit.safetensors in it or in its archives" in capsys.readouterr().err
    assert main(["models", "pull", NAME, "--from", str(small / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_a_killed_pull_leaves_no_model_and_the_next_one_clears_up(small: Path, own_folders: Path) -> None:
    """The child is killed by its own progress report, in the middle of the first archive."""
    code = """if True:
        import os, signal, sys
        from pathlib import Path
        from lavincli.hub.published import PUBLISHED, pull_published
        kill = lambda *about: os.kill(os.getpid(), signal.SIGKILL)
        pull_published("lavin-dit-3.4b", Path(sys.argv[2]), folder=Path(sys.argv[1]), progress=kill)
    """
    out = own_folders / "models" / NAME
    killed = subprocess.run([sys.executable, "-c", code, str(small), str(out)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left_over,) = out.parent.iterdir()
    assert left_over.name.startswith(".lavin-pull-")
    assert installed_models() == {}
    # A machine whose name begins alike is at work there, too.
    another = Path(f"{left_over}-2")
    another.mkdir()
    assert main(["models", "pull", NAME, "--from", str(small)]) == 0
    assert {*out.parent.iterdir()} == {out, another}


def test_files_unpacked_by_hand_do_as_well(small: Path) -> None:
    assert main(["models", "pull", NAME, "--from", str(small / "made")]) == 0
    assert (installed_models()[NAME] / "contexts" / "depth" / "0000_input.png").is_file()


def test_from_a_repository_of_the_hub(small: Path, hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small / "uploaded"
    folder.mkdir()
    for archive in small.glob("*.tar"):
        archive.rename(folder / archive.name)
    hub.repositories["authors/weights"] = {"main": folder}
    assert main(["models", "pull", NAME]) == 1
    assert "--from FOLDER" in capsys.readouterr().err
    assert main(["models", "show", NAME]) == 1
    assert f"not on this machine yet; 'lavin models pull {NAME}' makes it" in capsys.readouterr().err
    assert main(["models", "pull", NAME, "--repository", "authors/weights"]) == 0
    assert NAME in installed_models()


def test_unknown_names_are_told_the_nearest(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "lavin-dit-3.4"]) == 1
    assert "did you mean 'lavin-dit-3.4b'?" in capsys.readouterr().err
