"""Models of the hub, from one that runs in this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

import lavincli
from lavincli.cli.main import main
from lavincli.errors import CheckpointError
from lavincli.hub.download import HubName, hub_model, in_words
from lavincli.hub.places import downloaded_models
from lavincli.pipeline.model_directory import fingerprint
from tests.hub.fake_hub import FakeHub


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [("a/b", "a/b", None), ("a/b@v1", "a/b", "v1"), ("a/b@refs/pr/1", "a/b", "refs/pr/1")],
)
def test_names(text: str, repository: str, revision: str | None) -> None:
    assert HubName.parse(text) == HubName(repository, revision)
    assert str(HubName.parse(text)) == text


@pytest.mark.parametrize("text", ["a", "./a/b", "/a/b", "~/b", "../b", "a/b/c", "a/", "/b", "lavin-tiny"])
def test_what_is_no_name_on_the_hub(text: str) -> None:
    assert HubName.parse(text) is None


def test_a_model_is_downloaded_once(hub: FakeHub, tiny_model_directory: Path) -> None:
    pipe = lavincli.load("someone/small", device="cpu")
    assert pipe.fingerprint == fingerprint(tiny_model_directory)
    asked = len(hub.requests)
    assert asked > 0
    assert lavincli.load("someone/small", device="cpu").fingerprint == pipe.fingerprint
    assert len(hub.requests) == asked, "what is here is taken without asking"
    assert list(downloaded_models()) == ["someone/small"]


def test_revisions(hub: FakeHub, tiny_model_directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_model_directory, other)
    (other / "README.md").write_text("# of the tag\n")
    hub.repositories["someone/small"]["v1"] = other
    assert "of the tag" in (hub_model(HubName("someone/small", "v1")) / "README.md").read_text()
    assert "of the tag" not in (hub_model(HubName("someone/small")) / "README.md").read_text()
    with pytest.raises(CheckpointError, match="has someone/small, but no revision 'v2'"):
        hub_model(HubName("someone/small", "v2"))


def test_pulling_asks_for_what_is_new_and_loading_does_not(
    hub: FakeHub, tiny_model_directory: Path, tmp_path: Path
) -> None:
    before = hub_model(HubName("someone/small"))
    newer = tmp_path / "newer"
    shutil.copytree(tiny_model_directory, newer)
    (newer / "README.md").write_text("# newer\n")
    hub.repositories["someone/small"]["main"] = newer
    assert hub_model(HubName("someone/small")) == before
    after = hub_model(HubName("someone/small"), update=True)
    assert after != before
    assert (after / "README.md").read_text() == "# newer\n"
    assert hub_model(HubName("someone/small")) == after


@pytest.mark.parametrize("variable", ["LAVIN_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_means_no_request(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(CheckpointError, match=rf"not on this machine.*{variable} is set.*models pull someone/small"):
        hub_model(HubName("someone/small"))
    assert hub.requests == []
    monkeypatch.delenv(variable)
    folder = hub_model(HubName("someone/small"))
    monkeypatch.setenv(variable, "1")
    assert hub_model(HubName("someone/small")) == folder


def test_offline_by_flag(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--offline", "models", "show", "someone/small"], ["models", "show", "someone/small", "--offline"]):
        assert main(words) == 1
        error = capsys.readouterr().err
        assert "lavin is offline (LAVIN_OFFLINE is set)" in error
        assert error.count("\n") == 1
    assert hub.requests == []
    assert "LAVIN_OFFLINE" not in os.environ, "the flag is for one command"


def test_a_broken_download_is_no_model_and_the_next_one_goes_on(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every try of this one fails; the library tries again by itself, and waits a second before it does.
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    original = hub.cut
    hub.cut = _Always({"jdit.safetensors"})
    with pytest.raises(CheckpointError, match=r"someone/small: .*try again"):
        hub_model(HubName("someone/small"))
    assert downloaded_models() == {}
    hub.cut = original
    assert fingerprint(hub_model(HubName("someone/small")))


def test_a_file_that_was_damaged_on_its_way_is_not_used(hub: FakeHub) -> None:
    hub.damaged = {"stvae.safetensors"}
    with pytest.raises(CheckpointError, match=r"stvae\.safetensors was damaged on its way.*pull it once more"):
        hub_model(HubName("someone/small"))
    assert downloaded_models() == {}
    hub.damaged = set()
    assert fingerprint(hub_model(HubName("someone/small")))


class _Always(set[str]):
    def discard(self, element: object, /) -> None:
        """Cut it again next time."""


def test_what_is_no_model_is_not_downloaded(hub: FakeHub, tmp_path: Path) -> None:
    folder = tmp_path / "not-a-model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.bin").write_bytes(b"0" * 1000)
    hub.repositories["someone/else"] = {"main": folder}
    with pytest.raises(CheckpointError, match=r"not a model of lavin, it has no jdit\.safetensors and no stvae"):
        hub_model(HubName("someone/else"))
    assert not any("resolve" in request and "GET" in request for request in hub.requests)


def test_nobody_there(hub: FakeHub) -> None:
    with pytest.raises(CheckpointError, match="nobody/none: no such folder here, and no such model on the hub"):
        hub_model(HubName("nobody/none"))
    with pytest.raises(CheckpointError, match="no name that the hub could know"):
        hub_model(HubName("no body/none"))


def test_no_room(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(CheckpointError, match=r"to download, and .* has room for 1 kB; make room, or set HF_HOME"):
        hub_model(HubName("someone/small"))


def test_the_cache_is_where_the_library_has_it() -> None:
    code = "from huggingface_hub.constants import HF_HUB_CACHE; from lavincli.hub.places import hub_cache\n"
    code += "assert str(hub_cache()) == HF_HUB_CACHE, (hub_cache(), HF_HUB_CACHE)"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "XDG_", "HUGGING"))}
    for variables in ({}, {"HF_HOME": "/h"}, {"XDG_CACHE_HOME": "/x"}, {"HF_HUB_CACHE": "/c"}):
        subprocess.run([sys.executable, "-c", code], env=kept | variables, check=True)


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (28.2e6, "28.2 MB"), (6.8e9, "6.8 GB")]
)
def test_sizes_in_words(size: float, words: str) -> None:
    assert in_words(size) == words
