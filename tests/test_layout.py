from __future__ import annotations

from pathlib import Path

import pytest

from lavincli.errors import InputError, RootNeededError
from lavincli.layout import require_root, wrong_layout

LAYOUT = "<scene>/rgb_0001.png beside <scene>/depth_0001.png"


def test_a_root_that_is_there_is_given_back(tmp_path: Path) -> None:
    assert require_root(tmp_path, LAYOUT) == tmp_path


def test_no_root_is_an_error_of_its_own_kind() -> None:
    with pytest.raises(RootNeededError, match=r"holds <scene>/rgb_0001\.png"):
        require_root(None, LAYOUT)
    assert issubclass(RootNeededError, InputError)


def test_a_root_that_is_no_folder_is_named_with_the_layout(tmp_path: Path) -> None:
    (tmp_path / "data.zip").touch()
    with pytest.raises(InputError, match=rf"data\.zip: is a file, not a folder; expected .*{LAYOUT}"):
        require_root(tmp_path / "data.zip", LAYOUT)
    with pytest.raises(InputError, match="nowhere: no such folder; expected"):
        require_root(tmp_path / "nowhere", LAYOUT)


def test_wrong_layout_shows_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    assert str(wrong_layout(tmp_path, LAYOUT)) == f"{tmp_path}: expected {LAYOUT}; found an empty folder"
    (tmp_path / "train").mkdir()
    (tmp_path / "readme.txt").touch()
    assert str(wrong_layout(tmp_path, LAYOUT)).endswith("found readme.txt, train/")
    for number in range(11):
        (tmp_path / f"{number:02}.png").touch()
    assert str(wrong_layout(tmp_path, LAYOUT)).endswith("08.png, 09.png and 3 more")
