import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.atomic import atomic_folder, atomic_path, atomic_write_bytes, atomic_write_json, atomic_write_text

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda name: name not in (".", "..") and len(name.encode()) <= 255)


@settings(deadline=None)
@given(name=NAMES, old=st.none() | st.binary(max_size=64), new=st.binary(max_size=64))
def test_the_content_is_the_new_one_and_nothing_else_is_left(
    tmp_path_factory: pytest.TempPathFactory, name: str, old: bytes | None, new: bytes
) -> None:
    folder = tmp_path_factory.mktemp("atomic")
    if old is not None:
        (folder / name).write_bytes(old)
    atomic_write_bytes(folder / name, new)
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == new


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # a disk may take its time
@given(content=JSON)
def test_json_comes_back_as_it_went(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    path = tmp_path_factory.mktemp("atomic") / "report.json"
    atomic_write_json(path, content)
    assert json.loads(path.read_text(encoding="utf-8")) == content


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [1.0, float("-inf")]])
def test_what_is_not_json_is_refused_and_the_old_file_stays(tmp_path: Path, bad: object) -> None:
    path = tmp_path / "report.json"
    atomic_write_json(path, {"psnr": 30.5})
    with pytest.raises(ValueError, match="JSON"):
        atomic_write_json(path, bad)
    assert json.loads(path.read_text()) == {"psnr": 30.5}


def test_line_ends_and_letters_are_kept(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "text", "é\r\nß\n")
    assert (tmp_path / "text").read_bytes() == "é\r\nß\n".encode()


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_the_temporary_path_has_the_suffix_writers_look_at(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "picture.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        temporary.write_bytes(b"x")
    assert (tmp_path / "picture.png").read_bytes() == b"x"


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"old")

    def write() -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"ne")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_the_usual_ones_and_an_old_files_are_kept(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("x")
    atomic_write_text(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "private").touch(mode=0o600)
    atomic_write_text(tmp_path / "private", "x")
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600


def test_a_writer_that_makes_a_private_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("x")
    with atomic_path(tmp_path / "weights.safetensors") as temporary:
        temporary.unlink()
        temporary.touch(mode=0o600)
    assert (tmp_path / "weights.safetensors").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "latest.json").symlink_to(tmp_path / "disk" / "run1.json")
    atomic_write_json(tmp_path / "latest.json", 1)
    assert (tmp_path / "latest.json").is_symlink()
    assert json.loads((tmp_path / "disk" / "run1.json").read_text()) == 1


KILLED_WHILE_WRITING = """
import sys
from lavincli.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_bytes(b"half of the new")
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_a_kill_in_the_middle_of_a_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.bin"
    path.write_bytes(b"the whole old content")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        os.kill(writer.pid, signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"the whole old content"
    atomic_write_bytes(path, b"new")  # and what the killed one left behind is in nobody's way
    assert path.read_bytes() == b"new"


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "deep" / "new", tmp_path / "empty"):
        with atomic_folder(target) as folder:
            (folder / "a").mkdir()
            (folder / "a" / "file").write_text("content")
            assert not (target / "a").exists()
        assert (target / "a" / "file").read_text() == "content"
    with pytest.raises(FileNotFoundError), atomic_folder(tmp_path / "failed") as folder:
        (folder / "no such folder" / "file").write_text("half")
    with pytest.raises(FileExistsError), atomic_folder(tmp_path / "empty"):
        pytest.fail("it must not come to this")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "empty"]
