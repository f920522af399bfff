"""Archives that a stranger made: what is wanted is taken, what could reach outside is refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.errors import CheckpointError
from lavincli.hub.unpack import unpack

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"content", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
    info.mode = 0o4777
    return info, content


def archive(path: Path, members: Iterable[Member], mode: Any = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def everything(_: str) -> bool:
    return True


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_what_is_wanted_is_unpacked(tmp_path: Path, mode: str) -> None:
    members = [member("a", kind=tarfile.DIRTYPE), member("a/one.pt", b"1" * 3_000_000), member("a/b/two.png", b"2")]
    path = archive(tmp_path / "x.tar", [*members, member("a/run.sh")], mode)
    into = tmp_path / "into"
    into.mkdir()
    told: list[tuple[str, int, int]] = []
    written = unpack(path, into, lambda name: not name.endswith(".sh"), lambda *about: told.append(about))
    assert files_in(into) == ["a/b/two.png", "a/one.pt"]
    assert sorted(written) == [into / "a/b/two.png", into / "a/one.pt"]
    assert (into / "a/one.pt").read_bytes() == b"1" * 3_000_000
    assert not (into / "a/one.pt").stat().st_mode & 0o7111, "the archive's permissions are not taken over"
    assert told
    assert all(name == "x.tar" and 0 < done <= of == path.stat().st_size for name, done, of in told)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("/etc/passwd"), "has an absolute path"),
        (member("C:\\windows\\x"), "has an absolute path"),
        (member("../outside"), "leads outside"),
        (member("a/../../outside"), "leads outside"),
        (member("a/link", kind=tarfile.SYMTYPE, link="/etc/passwd"), "is a link or a device"),
        (member("a/link", kind=tarfile.SYMTYPE, link="good.png"), "is a link or a device"),
        (member("a/hard", kind=tarfile.LNKTYPE, link="good.png"), "is a link or a device"),
        (member("a/pipe", kind=tarfile.FIFOTYPE), "is a link or a device"),
        (member("a/disk", kind=tarfile.BLKTYPE), "is a link or a device"),
    ],
)
def test_what_could_reach_outside_is_refused_even_if_nobody_wants_it(tmp_path: Path, bad: Member, reason: str) -> None:
    path = archive(tmp_path / "x.tar", [bad, member("good.png")])
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    with pytest.raises(CheckpointError, match=f"{reason}.*not to be trusted"):
        unpack(path, into, lambda name: name == "good.png")
    assert files_in(tmp_path / "deep") == []
    assert files_in(tmp_path) == ["x.tar"]


def test_a_file_is_not_written_twice(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar", [member("a.png", b"first"), member("a.png", b"second")])
    (tmp_path / "into").mkdir()
    with pytest.raises(CheckpointError, match="two members are called alike"):
        unpack(path, tmp_path / "into", everything)


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.85])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_truncated_archive_is_named(tmp_path: Path, kept: float, mode: str) -> None:
    noise = bytes((i * 7919 * (i >> 3)) % 251 for i in range(40_000))
    path = archive(tmp_path / "x.tar", [member("a.pt", noise), member("b.pt", noise)], mode)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    (tmp_path / "into").mkdir()
    with pytest.raises(CheckpointError, match=r"truncated one .*get it again"):
        unpack(path, tmp_path / "into", everything)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x00" * 20_000])
def test_what_is_no_archive_gives_no_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    (tmp_path / "into").mkdir()
    if content.strip(b"\x00"):
        with pytest.raises(CheckpointError, match="not a tar archive"):
            unpack(path, tmp_path / "into", everything)
    assert files_in(tmp_path / "into") == []


def test_a_bomb_is_refused_before_it_is_written(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.gz", [member("a.pt", bytes(2_000_000)), member("b.pt", bytes(2_000_000))], "w:gz")
    assert path.stat().st_size < 20_000
    (tmp_path / "into").mkdir()
    with pytest.raises(CheckpointError, match="unpacks to more than 3,000,000 bytes"):
        unpack(path, tmp_path / "into", everything, most=3_000_000)
    assert files_in(tmp_path / "into") == ["a.pt"]


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "x.tar", [member("a.pt", bytes(5000))])
    (tmp_path / "into").mkdir()
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4999}))
    with pytest.raises(CheckpointError, match=r"'a\.pt' takes 5,000 bytes, and .* has room for 4,999"):
        unpack(path, tmp_path / "into", everything)
    assert files_in(tmp_path / "into") == []


PARTS = st.sampled_from(["a", "b", "..", ".", "", "a b", "\\", "C:", "~", "\u00e9", "a\n"])
NAMES = st.lists(PARTS, min_size=1, max_size=5).map("/".join).filter(lambda name: name.strip("/"))
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])


@settings(deadline=None, max_examples=60)
@given(members=st.lists(st.tuples(NAMES, KINDS, NAMES), max_size=5))
def test_whatever_is_in_it_nothing_is_written_outside(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, bytes, str]]
) -> None:
    outer = tmp_path_factory.mktemp("outer")
    path = archive(outer / "x.tar", [member(name, kind=kind, link=link) for name, kind, link in members])
    into = outer / "deep" / "into"
    into.mkdir(parents=True)
    with suppress(CheckpointError):
        unpack(path, into, everything)
    assert sorted(outer.iterdir()) == [outer / "deep", outer / "x.tar"]
    assert [*(outer / "deep").iterdir()] == [into]
    assert not [path for path in into.rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]
