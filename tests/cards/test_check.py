from __future__ import annotations

from pathlib import Path

import pytest

import lavincli
from lavincli.bundle import tasks_folder
from lavincli.cards.check import check_task, check_tasks
from lavincli.cards.data_roots import DataRoots, dataset_at
from lavincli.cards.summary import describe, summarise
from lavincli.errors import InputError, UnknownNameError
from lavincli.registry import task as find_task
from tests.fake_plugins import install_plugin

EVERY = sorted(card.parent.name for card in tasks_folder().glob("*/task.yaml"))


def test_there_are_the_papers_tasks_and_more() -> None:
    assert len(EVERY) >= 32


@pytest.mark.parametrize("name", EVERY)
def test_every_task_is_in_order(name: str) -> None:
    task = lavincli.tasks()[name]
    checks = check_task(task, size=128, limit=2)
    assert [check for check in checks if not check.ok] == []
    assert [check.what for check in checks] == ["card", "context", *(f"data {data}" for data in task.datasets)]
    seen = [check for check in checks[2:] if check.checked]
    assert seen, "a task has a data set that is bundled or made"
    perfect = {
        key: getattr(metric, "perfect", {}).get(key, float(higher))
        for metric in task.metrics.values()
        for key, higher in metric.higher_is_better.items()
    }
    assert all(check.scores[task.headline] == pytest.approx(perfect[task.headline]) for check in seen)


@pytest.mark.parametrize("name", EVERY)
def test_every_task_folder_is_complete(name: str) -> None:
    task = lavincli.tasks()[name]
    pairs = task.context_pairs()
    assert 4 <= len(pairs) <= 8
    assert all(pair.input.shape[1:] == pair.target.shape[1:] == (256, 256, 3) for pair in pairs)
    readme = (task.folder / "README.md").read_text(encoding="utf-8")
    for heading in ("Paper", "Data", "Metrics", "Context set", "Versions"):
        assert f"\n## {heading}\n" in readme
    # A reverse task shows the pairs of its forward task, whose README lists them.
    own = (task.folder / "context").is_dir()
    named = [f"`{pair.key}`" for pair in pairs] if own else [f"`{task.card.reverse_of}`"]
    assert [name for name in named if name not in readme] == []
    assert f"\n{task.card.version}. " in readme.split("## Versions")[1]
    described = describe(task)
    assert described["headline"] == task.headline
    assert described["readme"] is not None
    assert summarise(task).problem is None


def test_bad_data_set_fails_its_own_check_only(tmp_path: Path) -> None:
    checks = check_task(find_task("denoising"), {"photos": tmp_path / "nowhere"})
    assert [check.what for check in checks if not check.ok] == ["data photos"]
    assert "no such folder" in checks[2].detail
    with pytest.raises(UnknownNameError):
        check_task(find_task("denoising"), {"photo": tmp_path})


LOSSY = """
    from lavincli.hookspecs import hookimpl

    class Lossy:
        def render(self, value):
            return value
        def decode(self, rgb, *, context=(), query=None):
            return rgb // 2
        def save(self, value, path_without_suffix):
            return []

    @hookimpl
    def lavin_codecs():
        return {"lossy": Lossy}
"""


def test_codec_that_loses_something_is_found(tmp_path: Path, plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_lossy", LOSSY)
    card = "name: lost\ntarget: {codec: lossy}\ninput: {transform: grayscale}\n"
    card += "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    found = check_task(find_task(tmp_path))[-1]
    assert not found.ok
    assert "truth rendered and decoded scores mse" in found.detail


def test_post_processing_leaves_truths_alone(tmp_path: Path) -> None:
    card = "name: kept\ntarget: {codec: rgb, keep_luminance: true, paste_known: true}\ninput: {transform: grayscale}\n"
    card += "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    assert check_task(find_task(tmp_path))[-1].ok


def card_in(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    return folder


def test_data_that_is_not_here_is_a_note_and_a_wrong_root_a_failure(small_tasks: Path, tmp_path: Path) -> None:
    card = "name: mine\ndata: {pairs: {loader: pair_folder}}\nmetrics: [mse]\n"
    task = find_task(card_in(tmp_path / "mine", card))
    note = check_task(task)[-1]
    assert (note.ok, note.checked) == (True, False)
    assert note.detail.startswith("not checked: give --data pairs=ROOT; ")
    assert "<id>_input.png beside <id>_target.png" in note.detail
    wrong = check_task(task, {"pairs": tmp_path})[-1]
    assert (wrong.ok, wrong.checked) == (False, True)
    right = check_task(task, {"pairs": small_tasks.parent / "pairs"})[-1]
    assert (right.ok, right.checked) == (True, True)
    assert "truth against truth is perfect" in right.detail


def test_a_bug_in_a_plugin_is_a_failed_check_with_its_place(tmp_path: Path, plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_buggy", LOSSY.replace("rgb // 2", "rgb['width']").replace("lossy", "buggy"))
    card = "name: buggy\ntarget: {codec: buggy}\ninput: {transform: grayscale}\n"
    task = find_task(card_in(tmp_path / "buggy", card + "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"))
    found = check_task(task)[-1]
    assert not found.ok
    assert "IndexError" in found.detail
    assert "fake_buggy/__init__.py, line 8" in found.detail


class TestRoots:
    CARD = (
        "name: mine\ninput: {transform: grayscale}\nmetrics: [mse]\n"
        "data: {photos: {loader: image_folder}, pairs: {loader: pair_folder}, others: {loader: pair_folder}}\n"
    )

    def test_names_and_roots_are_told_apart(self, tmp_path: Path) -> None:
        odd = tmp_path / "a=b"
        odd.mkdir()
        roots = DataRoots.parse(["photos=x", "/data/pairs", str(odd)])
        assert roots == DataRoots({"photos": Path("x")}, [Path("/data/pairs"), odd])
        for wrong in ("", "photos="):
            with pytest.raises(ValueError, match="neither NAME=ROOT nor a ROOT"):
                DataRoots.parse([wrong])

    def test_a_root_alone_goes_to_the_data_set_that_wants_one(self, tmp_path: Path) -> None:
        assert dataset_at(find_task("colorization"), tmp_path) == "photos"
        text = self.CARD.replace(", others: {loader: pair_folder}", "")
        assert dataset_at(find_task(card_in(tmp_path, text)), Path("nowhere")) == "pairs"

    def test_a_root_alone_that_fits_many_or_none_says_so(self, small_tasks: Path, tmp_path: Path) -> None:
        task = find_task(card_in(tmp_path / "mine", self.CARD))
        pairs = small_tasks.parent / "pairs"
        with pytest.raises(InputError, match=rf"can be read as pairs and as others; say which: --data pairs={pairs}"):
            dataset_at(task, pairs)
        with pytest.raises(InputError, match=r"is none of the data sets of mine \(pairs: .*; others: "):
            dataset_at(task, tmp_path)

    def test_each_of_several_tasks_gets_its_own(self, small_tasks: Path) -> None:
        tasks = [find_task("small_negative"), find_task("denoising")]
        pairs = small_tasks.parent / "pairs"
        found = list(check_tasks(tasks, DataRoots({"photos": pairs})))
        assert next(check for task, check in found if check.what == "data photos").detail.startswith("10 samples")
        with pytest.raises(UnknownNameError, match="did you mean 'photos'"):
            list(check_tasks(tasks, DataRoots({"photo": pairs})))
