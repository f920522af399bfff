"""The ways of `lavin bench engine`, on a small model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from lavincli.bench.engine import EngineBench, EngineRow, measure_engine
from lavincli.bench.peer import PeerShape, peer_shape, picture_tokens
from lavincli.bench.plot import plot_engine
from lavincli.cli.main import main
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.media.images import read_image
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.load import load

MODEL_WAYS = ("reference", "exact", "refresh", "few", "oneway", "oneway-few")


@pytest.fixture(scope="module")
def rows(tiny_model_directory: Path) -> dict[str, EngineRow]:
    sampling = SamplingConfig(grid="uniform:9", guidance=1.5)
    asked = EngineBench(pairs=(2,), queries=6, batch=2, rounds=1, sampling=sampling, few="uniform:3", ways=MODEL_WAYS)
    found = measure_engine(load(tiny_model_directory, device="cpu"), asked)
    return {row.way: row for row in found}


def test_every_way_is_measured(rows: dict[str, EngineRow]) -> None:
    assert tuple(rows) == MODEL_WAYS
    for row in rows.values():
        assert row.latency > 0
        assert row.throughput > 0
        assert row.evaluations == (2 if "few" in row.way else 8)
    assert rows["reference"].context_seconds == rows["reference"].context_operations == 0


def test_exact_ways_are_exact_and_the_others_are_not(rows: dict[str, EngineRow]) -> None:
    errors = {way: row.error for way, row in rows.items() if row.error is not None}
    assert all(errors[way] < 1e-5 for way in ("reference", "exact", "oneway"))
    assert all(1e-5 < errors[way] < 2 for way in ("refresh", "few", "oneway-few"))


def test_each_way_saves_work(rows: dict[str, EngineRow]) -> None:
    operations = {way: row.operations for way, row in rows.items()}
    assert operations["reference"] > 2 * operations["exact"]
    assert operations["exact"] > operations["refresh"] > operations["oneway"] > operations["oneway-few"]


def test_plots_of_latency_and_throughput(rows: dict[str, EngineRow], tmp_path: Path) -> None:
    files = plot_engine(list(rows.values()), tmp_path / "plots", "a small model")
    assert [path.name for path in files] == ["latency.svg", "latency.png", "throughput.svg", "throughput.png"]
    drawn = files[0].read_text(encoding="utf-8")
    assert all(f">{way}<" in drawn for way in MODEL_WAYS)
    assert read_image(files[1]).std() > 0


@pytest.mark.parametrize("parameters", [97_203_520, 1_004_133_952, 3_398_976_064])
def test_the_peer_is_of_equal_size(parameters: int) -> None:
    shape = peer_shape(parameters)
    assert shape.parameters == pytest.approx(parameters, rel=0.04)
    assert 0.5 < shape.layers / (shape.hidden_size / 64) < 2
    assert PeerShape(4096, 32).mlp_size == 10922


def test_tokens_of_a_picture() -> None:
    assert (picture_tokens(256), picture_tokens(512)) == (256, 1024)


def test_the_peer_needs_transformers(tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"lavin\[bench\].*--ways"):
        measure_engine(load(tiny_model_directory, device="cpu"), EngineBench(ways=("peer",)))


def test_a_way_that_is_not_known(tiny_model_directory: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'exact'"):
        measure_engine(load(tiny_model_directory, device="cpu"), EngineBench(ways=("exakt",)))


def test_command(tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--grid", "uniform:3", "--pairs", "1", "--queries", "2", "--rounds", "1", "--device", "cpu"]
    command = ["bench", "engine", "--model", str(tiny_model_directory), "--ways", "exact,few", *arguments]
    assert main([*command, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["way"] for line in lines] == ["exact", "few"]
    assert main(command) == 0
    heading, *table = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["way", "pairs"]
    assert len(table) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--pairs", "1,x"], "--pairs 1,x"),
        (["--preset", "9b"], "unknown preset"),
        (["--resolution", "40"], "multiple of 16"),
        (["--grid", "cosine:3"], "grid 'cosine:3'"),
    ],
)
def test_mistakes(changes: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "engine", "--preset", "tiny", "--device", "cpu", *changes]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_half_a_gigabyte_is_seen() -> None:
    from lavincli.bench.memory import PeakMemory

    peak = PeakMemory(torch.device("cpu"))
    before = peak.bytes()
    torch.ones(2**27).sum()
    after = peak.bytes()
    assert before is None or after is None or after > before + 2**28
