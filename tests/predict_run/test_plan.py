"""Finding inputs, laying out the mirrored tree, and what is refused before any work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lavincli.errors import InputError
from lavincli.media.images import write_image
from lavincli.predict_run.inputs import Named, find_inputs
from lavincli.predict_run.items import Item
from lavincli.predict_run.plan import Plan, make_plan
from lavincli.predict_run.sheet_place import check_sheet
from lavincli.predict_run.stems import folded
from lavincli.processes import Share
from lavincli.views import VIEWS
from tests.small_tasks import picture


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def _keys(*inputs: Path, **options: Path) -> list[str]:
    return [found.key for found in find_inputs(list(inputs), **options)]


def _stems(folder: Path, *inputs: Path) -> dict[str, str]:
    return {item.key: item.stem for item in make_plan(list(inputs) or [folder], folder / "out")}


def test_folders_hold_pictures_and_videos(tmp_path: Path) -> None:
    _touch(
        tmp_path, "b/two.JPG", "a/deep er/ünï.webp", "-dash.png", "a/film.MP4", "notes.txt", ".hidden.png", "out/x.png"
    )
    found = _keys(tmp_path, leave_out=tmp_path / "out")
    assert found == ["-dash.png", "a/deep er/ünï.webp", "a/film.MP4", "b/two.JPG"]
    with pytest.raises(InputError, match="no image files or videos in this folder"):
        _keys(_touch(tmp_path / "empty", "notes.txt"))


def test_patterns_are_matched_without_the_shell(tmp_path: Path) -> None:
    _touch(tmp_path, "p/a.jpg", "p/x/a.jpg", "p/x/y/b.jpg", "p/x/y/c.png", "p/notes.txt", "p/out/z.jpg", "p/[1].jpg")
    assert _keys(tmp_path / "p" / "**" / "*.jpg", leave_out=tmp_path / "p" / "out") == [
        *("[1].jpg", "a.jpg", "x/a.jpg", "x/y/b.jpg")
    ]
    assert _keys(tmp_path / "p" / "**", leave_out=tmp_path / "p" / "out")[-2:] == ["x/y/b.jpg", "x/y/c.png"]
    # A folder that is matched is walked; a file of that very name is meant before a pattern is.
    assert _keys(tmp_path / "p" / "x*") == ["x/a.jpg", "x/y/b.jpg", "x/y/c.png"]
    assert _keys(tmp_path / "p" / "[1].jpg") == ["[1].jpg"]
    with pytest.raises(InputError, match=r"\*\.gif: nothing matches"):
        _keys(tmp_path / "*.gif")


def test_keys_can_be_relative_to_a_root(tmp_path: Path) -> None:
    _touch(tmp_path, "p/x/a.jpg", "p/y/a.jpg")
    files = [tmp_path / "p" / "x" / "a.jpg", tmp_path / "p" / "y" / "a.jpg"]
    assert _keys(*files, root=tmp_path / "p") == ["x/a.jpg", "y/a.jpg"]
    with pytest.raises(InputError, match="isn't below"):
        _keys(*files, root=tmp_path / "p" / "x")


def test_numbered_pictures_are_one_input_called_like_their_folder(tmp_path: Path) -> None:
    _touch(tmp_path, "frames/00001.png", "more/shot_1.png")
    stems = _stems(tmp_path, tmp_path / "frames" / "%05d.png", tmp_path / "more" / "shot_%d.png")
    assert stems == {"frames/%05d.png": "frames", "more/shot_%d.png": "more/shot"}


def test_two_suffixes_of_one_name_keep_them(tmp_path: Path) -> None:
    _touch(tmp_path, "a/cat.jpg", "a/cat.png", "a/dog.png", "b/cat.png", "c/Cat.jpg", "c/cat.png")
    assert list(_stems(tmp_path).values()) == ["a/cat.jpg", "a/cat.png", "a/dog", "b/cat", "c/Cat.jpg", "c/cat.png"]


def test_names_like_an_answers_keep_their_suffix(tmp_path: Path) -> None:
    _touch(tmp_path, "cat.jpg", "cat.rgb.jpg", "cat.side-by-side.png", "sheet.png", "dog.jpg", "dog.png/x.png")
    assert _stems(tmp_path) == {
        "cat.jpg": "cat",
        "cat.rgb.jpg": "cat.rgb.jpg",
        "cat.side-by-side.png": "cat.side-by-side.png",
        "dog.jpg": "dog.jpg",
        "dog.png/x.png": "dog.png/x",
        "sheet.png": "sheet.png",
    }


def test_a_kept_suffix_may_make_another_keep_its_own(tmp_path: Path) -> None:
    _touch(tmp_path, "cat.jpg", "cat.png", "cat.jpg.png")
    assert set(_stems(tmp_path).values()) == {"cat.jpg", "cat.png", "cat.jpg.png"}


def test_a_video_and_a_folder_of_its_name_are_kept_apart(tmp_path: Path) -> None:
    _touch(tmp_path, "cat.mp4", "cat/1.png", "dog.gif")
    assert _stems(tmp_path) == {"cat.mp4": "cat.mp4", "cat/1.png": "cat/1", "dog.gif": "dog"}
    both = _stems(tmp_path, tmp_path, tmp_path / "cat" / "%d.png")
    assert both["cat/%d.png"] == "cat/%d.png"


def test_one_place_for_two_answers_is_refused_with_both_names(tmp_path: Path) -> None:
    _touch(tmp_path, "x/cat.png", "y/cat.png")
    with pytest.raises(InputError, match=r"would both be answered in 'cat\.png'") as raised:
        _stems(tmp_path, tmp_path / "x", tmp_path / "y")
    assert str(tmp_path / "x" / "cat.png") in str(raised.value)
    assert str(tmp_path / "y" / "cat.png") in str(raised.value)
    _touch(tmp_path / "z", "a.jpg", "a.png", "a.jpg.png/b.png")
    with pytest.raises(InputError, match="a folder has the name that its answer would get"):
        _stems(tmp_path, tmp_path / "z")


def test_an_answer_that_would_replace_an_input_is_refused(tmp_path: Path) -> None:
    _touch(tmp_path, "photos/one.jpg", "photos/out/deep/two.png")
    with pytest.raises(InputError, match="would lie beside it or replace it"):
        make_plan([tmp_path / "photos"], tmp_path / "photos")
    # The same through a link, and with a file that is named itself.
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    with pytest.raises(InputError, match="would lie beside it or replace it"):
        make_plan([tmp_path / "photos" / "one.jpg"], tmp_path / "link")
    assert len(make_plan([tmp_path / "photos"], tmp_path / "photos" / "out")) == 1
    with pytest.raises(InputError, match="is a file where the output folder should be"):
        make_plan([tmp_path / "photos"], tmp_path / "photos" / "one.jpg")


def test_what_is_named_twice_is_answered_once(tmp_path: Path) -> None:
    _touch(tmp_path, "p/one.png", "p/two.png")
    photos = tmp_path / "p"
    assert [item.key for item in make_plan([photos, photos / "one.png", photos], tmp_path / "out")] == [
        *("one.png", "two.png")
    ]


def test_shares_cover_everything_once_and_dont_depend_on_what_else_there_is(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"p/{number}.png" for number in range(40)))
    parts = [{item.key for item in make_plan([tmp_path / "p"], tmp_path, share=Share(i, 3))} for i in range(3)]
    assert sorted(key for part in parts for key in part) == sorted(f"{number}.png" for number in range(40))
    assert all(len(part) > 5 for part in parts)
    (tmp_path / "p" / "0.png").unlink()
    again = {item.key for item in make_plan([tmp_path / "p"], tmp_path, share=Share(1, 3))}
    assert again == parts[1] - {"0.png"}


def test_batches_are_the_same_in_every_run(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"p/{number}.png" for number in range(7)))
    sizes = [len(chunk) for chunk in make_plan([tmp_path / "p"], tmp_path / "out").chunks(3)]
    assert sizes == [3, 3, 1]


def test_names_that_are_no_text_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    path = Path(os.fsdecode(bytes(tmp_path / "p") + b"/caf\xe9.png"))
    path.write_bytes(b"x")
    assert list(make_plan([tmp_path / "p"], tmp_path / "out")) == [Item(path, "caf\\xe9.png", "caf\\xe9")]


_NAMES = st.sampled_from(["a", "A", "b.rgb", "a.png", "ä", "sheet", "a.png.jpg"])
_FILES = st.tuples(st.sampled_from(["", "a/", "a.png/"]), _NAMES, st.sampled_from([".png", ".jpg", ".mp4"]))


@settings(deadline=None)  # a busy machine may take its time
@given(st.sets(_FILES, max_size=12))
def test_no_two_answers_of_a_folder_share_a_file(files: set[tuple[str, str, str]]) -> None:
    keys = sorted("".join(parts) for parts in files)
    assume(not any(other.startswith(f"{key}/") for key in keys for other in keys))
    try:
        plan = list(Plan([Named("in", key) for key in keys], Path("out"), save=tuple(VIEWS)))
    except InputError:
        return
    assert [item.key for item in plan] == keys
    written = [folded(f"{item.stem}{kind}.png") for item in plan for kind in ("", ".rgb", ".overlay")]
    assert len(set(written)) == len(written)
    assert not any(other.startswith(f"{name}/") for name in written for other in written)


def test_a_sheet_replaces_nothing(tmp_path: Path) -> None:
    photos, output = tmp_path / "photos", tmp_path / "out"
    for name in ("cat.png", "sheet.png", "dog.png"):
        write_image(photos / name, picture(1))
    (tmp_path / "link.png").symlink_to(photos / "dog.png")
    items = list(make_plan([photos], output, save=("rgb",)))
    for sheet, reason in (
        ("photos/cat.png", "replace this input"),
        ("link.png", "replace this input"),
        ("out/CAT.rgb.png", "replace the answer to .*cat.png"),
        ("out/sheet.png.jpg", "replace the answer to .*sheet.png"),
        ("photos", "is a folder"),
        ("sheet.pdf", r"can't write '\.pdf'"),
    ):
        with pytest.raises(InputError, match=reason):
            check_sheet(tmp_path / sheet, items, [output])
    for sheet in ("out/sheet.png", "cat.png", "out/deep/cat.png", "out/cats.png"):
        check_sheet(tmp_path / sheet, items, [output])
