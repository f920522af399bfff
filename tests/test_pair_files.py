from __future__ import annotations

from pathlib import Path

import pytest

from lavincli.errors import InputError
from lavincli.pair_files import list_pairs


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_pairs_in_numerical_order_with_subfolders_and_strangers(tmp_path: Path) -> None:
    touch(tmp_path, "10_input.png", "10_target.png", "9_input.jpg", "9_target.png", "deep/a_b_input.png")
    touch(tmp_path, "deep/a_b_target.png", "notes.txt", "_input.png", "other.png", ".hidden/x_input.png")
    pairs = list_pairs(tmp_path)
    assert [pair.key for pair in pairs] == ["9", "10", "deep/a_b"]
    assert pairs[0].input == tmp_path / "9_input.jpg"


@pytest.mark.parametrize(("there", "missing"), [("input", "target"), ("target", "input")])
def test_missing_partner_is_named(tmp_path: Path, there: str, missing: str) -> None:
    touch(tmp_path, f"cat_{there}.png")
    with pytest.raises(InputError, match=rf"cat_{there}\.png: its partner cat_{missing}\.png is missing"):
        list_pairs(tmp_path)


def test_two_files_for_one_side(tmp_path: Path) -> None:
    touch(tmp_path, "cat_input.png", "cat_input.jpg", "cat_target.png")
    with pytest.raises(InputError, match="already has the input"):
        list_pairs(tmp_path)


def test_wrong_folders_say_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"<id>_input\.png beside <id>_target\.png"):
        list_pairs(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        list_pairs(tmp_path / "nowhere")
