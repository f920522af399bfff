"""Finding images."""

from __future__ import annotations

from pathlib import Path

import pytest

from lavincli.errors import InputError
from lavincli.media.files import find_images


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_folders_are_walked_sorted_and_keep_their_tree(tmp_path: Path) -> None:
    _touch(
        tmp_path, "b/two.JPG", "a/one.png", "a/deep er/ünï.webp", "-dash.png", "notes.txt", ".hidden.png", ".git/x.png"
    )
    assert [str(file.key) for file in find_images([tmp_path])] == [
        "-dash.png",
        "a/deep er/ünï.webp",
        "a/one.png",
        "b/two.JPG",
    ]


def test_the_output_folder_inside_the_input_is_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "one.png", "out/one.png", "sub/out/two.png")
    keys = [str(file.key) for file in find_images([tmp_path], leave_out=tmp_path / "out")]
    assert keys == ["one.png", "sub/out/two.png"]


def test_a_named_file_is_listed_even_if_missing_or_oddly_named(tmp_path: Path) -> None:
    _touch(tmp_path, "scan.dat")
    found = find_images([tmp_path / "scan.dat", tmp_path / "missing.png"])
    assert [str(file.key) for file in found] == ["scan.dat", "missing.png"]


def test_what_is_named_twice_is_listed_once(tmp_path: Path) -> None:
    _touch(tmp_path, "one.png")
    assert len(find_images([tmp_path, tmp_path / "one.png", tmp_path])) == 1


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image files"):
        find_images([_touch(tmp_path, "notes.txt")])
