"""Reports as files: which items they show, how large their pictures are, and what is wrong with a folder."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest

from lavincli.cli.main import main
from lavincli.errors import ConfigError, InputError
from lavincli.evaluation.results import Results
from lavincli.evaluation.results_folder import read_items
from lavincli.evaluation.sweep import Curve, Sweep, SweepFailure, SweepPoint
from lavincli.evaluation.trained import LossWindow
from lavincli.media.webp import decode_webp
from lavincli.report.pictures import FLOOR
from lavincli.report.plots import plot_sweep
from lavincli.report.plots.sweep import plot_of, training_plots
from lavincli.report.sections import Section, choose, make_sections
from lavincli.report.write import write_report
from tests.report.results_folders import HOSTILE, metric, write_results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks of 12 items, 256 pixels, of which the last two have no pictures."""
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, tasks=2, items=12, size=256, without_pictures=2)
    return folder


def _section(folder: Path) -> Section:
    results = Results.model_validate_json((folder / "results.json").read_text("utf-8"))
    return make_sections(results, read_items(folder))[0]


def _sides(html: str) -> list[int]:
    """The longest side of every picture in a report."""
    uris = re.findall(r'src="data:image/webp;base64,([^"]+)"', html)
    return [max(decode_webp(b64decode(uri), "picture").shape[1:3]) for uri in uris]


def test_sections_have_the_items_with_pictures_worst_first(folder: Path) -> None:
    section = _section(folder)
    assert [item.score for item in section.items] == [20.0 + number for number in range(10)]
    assert [item.gain for item in section.items] == [number - 2.0 for number in range(10)]
    assert section.items[0].key == HOSTILE
    assert [draw.draw for draw in section.items[0].draws] == [0, 1]


def test_of_too_many_items_the_worst_and_some_others_down_to_the_best_are_chosen(folder: Path) -> None:
    section = _section(folder)
    for limit, scores in ((1, [20]), (3, [20, 21, 29]), (6, [20, 21, 22, 23, 26, 29]), (10, list(range(20, 30)))):
        assert [item.score for item in choose(section, limit).items] == scores


def test_pictures_get_smaller_before_items_are_left_out(folder: Path, tmp_path: Path) -> None:
    def written(limit: int) -> tuple[int, set[int], str]:
        """Items shown, sizes of pictures, and the file."""
        report = write_report(folder, tmp_path / "report.html", limit=limit)
        html = report.path.read_text("utf-8")
        assert report.size == len(html.encode()) <= limit
        assert report.shown == html.count("<article")
        return report.shown, set(_sides(html)), html

    assert written(15_000_000)[:2] == (20, {256})
    shown, sides, _ = written(1_250_000)
    assert shown == 20
    assert FLOOR < min(sides) == max(sides) < 256
    shown, sides, html = written(900_000)
    assert 2 <= shown < 20
    assert min(sides) >= FLOOR
    assert f"Shows {shown // 2} of the first 10 of 12 items: the worst two thirds of these" in html


def test_a_size_that_cannot_be_kept_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"an item of each task, 160 pixels large, takes more than 0\.55 MB; allow more"
    ):
        write_report(folder, tmp_path / "report.html", limit=550_000)


def test_a_run_without_pictures_or_without_any_result_has_a_report_too(tmp_path: Path) -> None:
    results = write_results(tmp_path, tasks=1, items=2, size=32, without_pictures=2)
    task = results.tasks[0].model_copy(update={"context_pictures": []})
    for tasks, words in (([task], "There are no pictures of this task’s items"), ([], "No task could be evaluated.")):
        (tmp_path / "results.json").write_text(results.model_copy(update={"tasks": tasks}).model_dump_json(), "utf-8")
        html = write_report(tmp_path, tmp_path / "report.html").path.read_text("utf-8")
        assert words in html
        assert "The results folder holds no pictures." in html
        assert "&lt;b&gt;no&lt;/b&gt; such folder" in html


def test_names_that_look_like_markup_are_text(folder: Path, tmp_path: Path) -> None:
    html = write_report(folder, tmp_path / "report.html").path.read_text("utf-8")
    assert html.count("<script>") == 1
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#x27;key&#x27;)&lt;/script&gt;" in html
    assert "Title of task_0 &lt;i&gt;" in html
    assert "&lt;b&gt;no&lt;/b&gt; such folder" in html
    addresses = re.findall(r'\b(?:src|href)="([^"]*)"', html)
    assert len(addresses) > 50
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "url(" not in html


def test_it_tells_what_it_shows(folder: Path, tmp_path: Path) -> None:
    html = write_report(folder, tmp_path / "report.html").path.read_text("utf-8")
    for words in (
        "Shows the first 10 of 12 items, the worst first.",
        "Beats the better trivial answer in every draw of the context on 2 of 2 tasks.",
        "2.000 worse than copy of the query",
        "depth after alignment: least-squares scale.",
        "A &lt;note&gt;.",
        "LaVin-DiT",
        "never made smaller than 160",
        "lavin eval --task all -o results/",
    ):
        assert words in html, words


def test_items_with_examples_of_their_own_show_those(tmp_path: Path) -> None:
    write_results(tmp_path, tasks=1, items=3, size=32, own_context=True)
    html = write_report(tmp_path, tmp_path / "report.html").path.read_text("utf-8")
    assert html.count("its own context") == 3
    assert html.count('alt="example pair 2, target"') == 1
    assert "the examples the model was shown" not in html


def test_predictions_of_another_tool_have_no_draws_to_speak_of(tmp_path: Path) -> None:
    results = write_results(tmp_path, tasks=1, items=2, size=32)
    task = results.tasks[0].model_copy(update={"pairs": 0, "contexts": [[]], "context_pictures": []})
    nothing: dict[str, object] = {"sampling": {}, "dtype": None, "device": None}
    model = results.model.model_copy(update={"resolution": None})
    scored = results.model_copy(update={"kind": "predictions", "tasks": [task], "model": model, **nothing})
    (tmp_path / "results.json").write_text(scored.model_dump_json(), "utf-8")
    html = write_report(tmp_path, tmp_path / "report.html").path.read_text("utf-8")
    assert "Beats the better trivial answer on 0 of 1 task, not on 1." in html
    assert "example pair" not in html
    assert "draws of the context" not in html
    assert "None" not in html


def test_the_command_prints_the_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"


def test_what_is_wrong_with_a_folder_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(tmp_path)]) == 1
    assert "no such file" in capsys.readouterr().err
    write_results(tmp_path, tasks=1, items=1, size=32)
    picture = next((tmp_path / "pictures").rglob("*_truth.webp"))
    picture.unlink()
    with pytest.raises(InputError, match=r"_truth\.webp: no such file"):
        write_report(tmp_path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def psnr_curve(title: str, scores: dict[str, float]) -> Curve:
    """The headline of a task: the model's score at each value of a study, beside trivial answers."""
    found = [metric(score, 22) for score in scores.values()]
    return Curve(
        task="task_0",
        title=title,
        dataset="photos",
        metric="psnr",
        higher_is_better=True,
        headline=True,
        x=list(scores),
        model=[score.model for score in found],
        baselines={name: [score.baselines[name] for score in found] for name in found[0].baselines},
        paper=[],
    )


def test_a_study_is_shown_as_plots_over_its_last_values_gallery(tmp_path: Path) -> None:
    write_results(tmp_path / "pairs=4", tasks=1, items=2, size=32)
    curve = psnr_curve("A <task>", {"1": 20.0, "4": 24.0})
    sweep = Sweep(
        created="2026-01-02T03:04:05+00:00",
        command="lavin eval --sweep pairs=1,4,9",
        parameter="pairs",
        values=["1", "4", "9"],
        numeric=True,
        points=[SweepPoint(value="4", folder="pairs=4", model="small-random", seconds=1)],
        failed=[SweepFailure(value="9", error="too many <pairs>")],
        curves=[curve, curve.model_copy(update={"metric": "other", "headline": False})],
        seconds=2,
    )
    (tmp_path / "sweep.json").write_text(sweep.model_dump_json(), "utf-8")
    html = write_report(tmp_path, tmp_path / "report.html").path.read_text("utf-8")
    assert html.count('class="plot-box"') == 1
    assert "A &lt;task&gt;" in html
    assert "too many &lt;pairs&gt;" in html
    assert "1: 20, 4: 24" in html
    assert "Scores at pairs = 4" in html
    assert html.count("<article") == 2
    files = plot_sweep(sweep, tmp_path / "plots")
    assert [file.name for file in files] == ["task_0_photos_psnr.svg", "task_0_photos_psnr.png"]
    nothing = curve.model_copy(update={"model": [metric(None, 1).model] * 2})
    assert plot_sweep(sweep.model_copy(update={"curves": [nothing]}), tmp_path / "plots") == []


def test_models_of_several_sizes_are_plotted_by_size_with_their_training(tmp_path: Path) -> None:
    write_results(tmp_path / "model=b", tasks=1, items=1, size=32)
    curve = psnr_curve("A task", {"runs/large": 24.0, "runs/b": 20.0})

    def study(parameters: tuple[int, int]) -> Sweep:
        windows = [LossWindow(step=step, loss=1 / step) for step in (10, 20)]
        sizes = zip(curve.x, parameters, strict=True)
        return Sweep(
            created="2026-01-02T03:04:05+00:00",
            command="lavin eval --sweep model=runs/large,runs/b",
            parameter="model",
            values=curve.x,
            numeric=False,
            points=[
                SweepPoint(value=value, folder="model=b", model="m", seconds=1, parameters=count, losses=windows)
                for value, count in sizes
            ],
            failed=[],
            curves=[curve],
            seconds=2,
        )

    by_size = plot_of(study((8_000_000, 2_000_000)), curve)
    assert by_size is not None
    assert [(point.x, point.y) for point in by_size.lines[0].points] == [(8.0, 24.0), (2.0, 20.0)]
    assert (by_size.x_label, by_size.x_log, by_size.x_names) == ("parameters of the J-DiT, millions", True, ())
    plots = dict(training_plots(study((8_000_000, 2_000_000))))
    assert [line.name for line in plots["training_loss"].lines] == curve.x
    assert [(point.x, point.y) for point in plots["training_loss_by_size"].lines[0].points] == [
        (8.0, 0.05),
        (2.0, 0.05),
    ]
    alike = study((8_000_000, 7_900_000))  # two kinds of one size are compared by name
    by_name = plot_of(alike, curve)
    assert by_name is not None
    assert (by_name.x_names, by_name.x_log) == (curve.x, False)
    assert list(dict(training_plots(alike))) == ["training_loss"]
    (tmp_path / "sweep.json").write_text(study((8_000_000, 2_000_000)).model_dump_json(), "utf-8")
    html = write_report(tmp_path, tmp_path / "report.html").path.read_text("utf-8")
    assert html.count('class="plot-box"') == 3
    assert len(plot_sweep(study((8_000_000, 2_000_000)), tmp_path / "plots")) == 6
