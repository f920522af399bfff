"""Recorded loss curves: the small recipes still train as they did, and one that doesn't is noticed."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lavincli.cli.train import app
from lavincli.errors import ConfigError, LavinError
from lavincli.train.recipe import read_recipe, shipped_recipes
from lavincli.train.run import run
from lavincli.train.watch.check_curve import (
    Comparison,
    _Windows,
    check_curve,
    check_run,
    first_windows,
    record_curve,
    record_runs,
)
from lavincli.train.watch.curve import Curve, digest, recorded_curve

LOSSES = tuple(tuple(draw.lognormvariate(-i / 5, 0.02) for i in range(10)) for draw in map(random.Random, range(4)))
CURVE = Curve(recipe="some", digest="0", figure="loss", window=5, seeds=(0, 1, 2, 3), losses=LOSSES)


@pytest.mark.timeout(300)  # eight seconds of an idle machine, but there may be others
def test_the_small_recipes_train_as_they_did(tmp_path: Path) -> None:
    """Both of them, one after the other; a learning rate that is too low is noticed."""
    cache = f"data.cache={tmp_path / 'pairs'}"
    stvae = read_recipe("smoke-stvae", [f"out={tmp_path / 'stvae'}", cache])
    curve = recorded_curve("smoke-stvae")
    assert digest(stvae) == curve.digest
    run(stvae)
    done = CliRunner().invoke(app, ["smoke-stvae", "--check-curve", "--of", str(tmp_path / "stvae")])
    assert done.exit_code == 0, done.output
    assert "seed 0 is among those recorded" in done.stdout

    changes = [f"stvae={tmp_path / 'stvae'}", cache]
    jdit = read_recipe("smoke-jdit", changes)
    found = check_curve("smoke-jdit", jdit)
    assert found.holds, found
    slow = read_recipe("smoke-jdit", [*changes, "optimizer.learning_rate=1e-3"])
    with pytest.raises(ConfigError, match="recorded with other settings"):
        check_curve("smoke-jdit", slow)
    few = found.curve.model_copy(update={"losses": tuple(losses[:6] for losses in found.curve.losses)})
    assert Comparison(few, found.losses[:6]).holds
    assert not Comparison(few, first_windows(slow, few.figure, few.window, 6)).holds
    assert not (Path("runs") / "smoke-jdit").exists()


@pytest.mark.timeout(300)
def test_of_runs_that_were_trained(tmp_path: Path) -> None:
    """Recorded from their logs as from the steps themselves, however often they were logged."""
    places = ["steps=20", f"data.cache={tmp_path / 'pairs'}"]
    folders = []
    for seed in (0, 1):
        folders.append(tmp_path / str(seed))
        run(read_recipe("smoke-stvae", [*places, f"seed={seed}", f"out={folders[-1]}", f"log_every={5 - 4 * seed}"]))
    recipe = read_recipe("smoke-stvae", places)
    curve = record_runs("smoke-stvae", recipe, folders, 5, 3)
    assert curve.seeds == (0, 1)
    trained = record_curve("smoke-stvae", recipe, [0, 1], 5, 3)
    assert curve.digest == trained.digest
    for logged, seen in zip(curve.losses, trained.losses, strict=True):
        assert logged == pytest.approx(seen, rel=2e-5)

    with pytest.raises(ConfigError, match="at least two seeds"):
        record_runs("smoke-stvae", recipe, [folders[0], folders[0]], 5, 3)
    with pytest.raises(ConfigError, match="seeds 0, 1, 0: one is there twice"):
        record_runs("smoke-stvae", recipe, [*folders, folders[0]], 5, 3)
    with pytest.raises(ConfigError, match="it has 20 steps in its log, fewer than the 25"):
        record_runs("smoke-stvae", recipe, folders, 5, 5)
    with pytest.raises(ConfigError, match="logged every 5 steps, which are no part of 4"):
        record_runs("smoke-stvae", recipe, folders, 4, 5)
    with pytest.raises(ConfigError, match="trained with other settings"):
        check_run("smoke-stvae", read_recipe("smoke-stvae"), folders[0])
    with pytest.raises(ConfigError, match="not a training run"):
        check_run("smoke-stvae", recipe, tmp_path)


def test_noise_is_within_the_band_and_changes_are_not() -> None:
    draw = random.Random(9)
    for _ in range(50):
        assert Comparison(CURVE, [mean * draw.lognormvariate(0, 0.02) for mean in CURVE.mean]).holds
    assert not Comparison(CURVE, [mean * 1.08 for mean in CURVE.mean]).holds
    one = list(CURVE.mean)
    one[4] *= 1.3
    assert not Comparison(CURVE, one).holds


def test_a_run_of_a_recorded_seed_is_compared_with_its_own() -> None:
    """What is less than the seeds differ by is noticed there."""
    other = [*CURVE.losses[1][:4], CURVE.losses[1][4] * 1.04, *CURVE.losses[1][5:]]
    assert CURVE.band > 0.06 > 0.04 > CURVE.band / 3
    assert Comparison(CURVE, other).holds
    assert Comparison(CURVE, other, 7).holds
    assert not Comparison(CURVE, other, 1).holds
    assert Comparison(CURVE, [loss * 1.01 for loss in CURVE.losses[1]], 1).holds


def test_runs_that_are_all_alike_may_still_differ_a_little() -> None:
    alike = CURVE.model_copy(update={"losses": (LOSSES[0], LOSSES[0])})
    assert (alike.band, alike.level) == (0.02, 0.02)
    assert Comparison(alike, [loss * 1.01 for loss in LOSSES[0]]).holds


def test_as_a_file(tmp_path: Path) -> None:
    CURVE.write(tmp_path / "curve.json")
    text = (tmp_path / "curve.json").read_text()
    assert Curve.model_validate_json(text) == CURVE
    assert len(text.splitlines()) < 30


def test_the_digest_is_of_what_is_learned() -> None:
    recipe = read_recipe("smoke-jdit")
    places = ["out=elsewhere", "stvae=there", "data.roots.photos=photos", "seed=4", "compile=true"]
    places += ["distributed.accumulation=2"]
    assert digest(read_recipe("smoke-jdit", places)) == digest(recipe)
    kept = ["data.options.scenes={size: 32, kept: here}"], ["data.options.scenes={size: 32, kept: there}"]
    assert len({digest(read_recipe("smoke-jdit", change)) for change in kept}) == 1
    for change in ("optimizer.learning_rate=1e-3", "jdit.depth=4", "data.size=64", "l1=0.2", "steps=61"):
        assert digest(read_recipe("smoke-jdit", [change])) != digest(recipe), change


def test_what_cannot_be_recorded_or_compared() -> None:
    recipe = read_recipe("smoke-stvae")
    with pytest.raises(ConfigError, match="at least two seeds"):
        record_curve("smoke-stvae", recipe, [0], 5, 2)
    with pytest.raises(ConfigError, match="fewer than 100"):
        record_curve("smoke-stvae", recipe, [0, 1], 10, 10)
    with pytest.raises(ConfigError, match=r"jdit-3\.4b has no recorded curve; those that have one: .*smoke-jdit"):
        check_curve("jdit-3.4b", read_recipe("jdit-3.4b"))


def test_a_run_that_takes_no_steps_is_not_like_the_recorded_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = _Windows(CURVE.figure, len(CURVE.mean) + 1)
    for step in range(len(CURVE.mean)):
        windows.on_figures(step, {CURVE.figure: 1.0} if step < 3 else {"skipped": 5.0})
    assert not Comparison(CURVE, windows.found).holds
    monkeypatch.setattr("lavincli.train.watch.check_curve.first_windows", lambda *_: windows.found)
    with pytest.raises(ConfigError, match="a window of 5 steps has no finite mse"):
        record_curve("smoke-stvae", read_recipe("smoke-stvae"), [0, 1], 5, 2)


def test_every_curve_is_of_a_shipped_recipe() -> None:
    folder = shipped_recipes()["smoke-jdit"].parent.parent / "curves"
    for path in folder.glob("*.json"):
        curve = recorded_curve(path.stem)
        assert curve.recipe == path.stem
        assert curve.digest == digest(read_recipe(path.stem)), f"{path.stem} has changed: record its curve again"
        assert len({len(run) for run in curve.losses}) == 1
        assert all(math.isfinite(loss) and loss > 0 for run in curve.losses for loss in run)


def test_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed, without training anything."""
    curve = recorded_curve("smoke-stvae")
    found = list(curve.losses[0])
    monkeypatch.setattr("lavincli.train.watch.check_curve.first_windows", lambda *_: found)
    done = CliRunner().invoke(app, ["smoke-stvae", "--check-curve"])
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(found) + 3
    assert "from the run of its own seed by up to +0.0%" in done.stdout.splitlines()[-1]
    assert done.stdout.splitlines()[1].split()[0] == "1-5"
    found[3] *= 3
    done = CliRunner().invoke(app, ["smoke-stvae", "--check-curve"])
    assert isinstance(done.exception, LavinError)
    assert "trains otherwise than when its curve was recorded" in done.exception.message
    done = CliRunner().invoke(app, ["smoke-stvae", "--of", "runs/some"])
    assert (done.exit_code, "belongs to --check-curve" in done.stderr) == (2, True)
    for option in (["--check-curve"], ["--record-curve", "curve.json"]):
        done = CliRunner().invoke(app, ["smoke-stvae", *option, "--nproc", "2"])
        assert done.exit_code == 2
        assert "one process" in done.stderr
