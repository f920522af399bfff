"""The ways of `lavin bench engine`, on a small model."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lavincli.bench import engine_command
from lavincli.bench.engine import EngineBench, EngineRow, measure_engine
from lavincli.bench.engine_command import Setting
from lavincli.bench.engine_models import random_config, random_pipeline
from lavincli.bench.engine_table import as_markdown, as_table
from lavincli.bench.engine_ways import WAYS
from lavincli.bench.make_ways import make_way
from lavincli.bench.matrix_rate import _SIZES, matrix_rate
from lavincli.bench.peer import Peer, PeerShape, peer_shape, picture_tokens
from lavincli.bench.plot import plot_engine
from lavincli.cli.main import every_command, main
from lavincli.errors import ConfigError, LavinError, UnknownNameError
from lavincli.media.images import read_image
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.load import load

SCRIPT = Path(__file__).parents[2] / "examples" / "speed-on-a-gpu.sh"
MODEL_WAYS = ("reference", "exact", "refresh", "few", "oneway", "oneway-few")


@pytest.fixture(scope="module")
def rows(tiny_model_directory: Path) -> dict[str, EngineRow]:
    sampling = SamplingConfig(grid="uniform:9", guidance=1.5)
    asked = EngineBench(pairs=(2,), queries=6, batch=2, rounds=1, sampling=sampling, few="uniform:3", ways=MODEL_WAYS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_SIZES, "cpu", 256)
        found = measure_engine(load(tiny_model_directory, device="cpu"), asked)
    return {row.way: row for row in found}


def test_every_way_is_measured(rows: dict[str, EngineRow]) -> None:
    assert tuple(rows) == MODEL_WAYS
    for row in rows.values():
        assert row.latency > 0
        assert row.throughput > 0
        assert row.evaluations == (2 if "few" in row.way else 8)
        assert row.utilisation > 0
        assert row.queries_run == (1 if row.way == "reference" else 3)
    assert rows["reference"].context_seconds == rows["reference"].context_operations == 0


def test_utilisation_is_a_share_of_what_was_computed(rows: dict[str, EngineRow]) -> None:
    """Operations of all queries and of their context, over the same time as the throughput: one rate for all ways."""
    rates = []
    for row in rows.values():
        seconds = 6 / row.throughput
        rates.append((row.context_operations + 6 * row.operations) / seconds / row.utilisation)
    assert max(rates) == pytest.approx(min(rates))


def test_patience(tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_SIZES, "cpu", 256)
    sampling = SamplingConfig(grid="uniform:2", guidance=1.0)
    asked = EngineBench(pairs=(1,), batch=2, rounds=2, sampling=sampling, ways=("oneway",))
    pipeline = load(tiny_model_directory, device="cpu")
    assert measure_engine(pipeline, asked)[0].queries_run == 6
    hasty = EngineBench(pairs=(1,), batch=2, rounds=2, patience=0, sampling=sampling, ways=("oneway",))
    assert measure_engine(pipeline, hasty)[0].queries_run == 3


def test_a_matrix_rate_is_what_a_product_reaches() -> None:
    rate = matrix_rate(torch.device("cpu"), torch.float32, size=256)
    assert 1e7 < rate < 1e14


def test_tables(rows: dict[str, EngineRow]) -> None:
    heading, *texts = as_table(list(rows.values()))
    assert [len(heading)] * len(rows) == [len(line) for line in texts]
    times = {line[0]: line[heading.index("times")] for line in texts}
    assert times["reference"] == "1"
    assert {line[0]: line[heading.index("error")] for line in texts}["reference"] == "0"
    setting = Setting("small", 32, 1.5, "cpu", "float32", 2, 5e10)
    page = as_markdown(list(rows.values()), str(setting), 6).splitlines()
    assert (
        page[0]
        == "small, 32 px, guidance 1.5: cpu, float32, 2 threads, 0.05 TFLOP/s; throughput of 6 queries of one task."
    )
    assert page[3].count("|") == page[2].count("|") == page[4].count("|") == len(heading) + 1
    assert page[4].startswith("| published way | 2 |")


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


def test_the_peers_operations_are_those_of_its_matrices() -> None:
    """Two for each weight and token, and attention to a cache of fixed length."""
    pipeline = random_pipeline(random_config("tiny", 64), device=torch.device("cpu"), dtype=torch.float32)
    way = make_way(pipeline, EngineBench(), "peer", 1)
    shape = peer_shape(sum(parameter.numel() for parameter in pipeline.jdit.parameters()))
    weights = shape.parameters - 8192 * shape.hidden_size
    tokens, head = picture_tokens(64), 2 * 8192 * shape.hidden_size
    work = way.count()
    assert work.context >= 2 * 2 * tokens * weights
    # Norms have weights but are no products; attention comes on top.
    assert work.query == pytest.approx(2 * 2 * tokens * weights + tokens * head, rel=0.05)
    assert way.evaluations == tokens


def test_the_peer_writes_what_it_would_write_without_a_cache() -> None:
    """Context, query and answer read anew for every token; a second batch finds nothing of the first in the cache."""
    peer = Peer(1_000_000, pairs=1, resolution=64, device=torch.device("cpu"), dtype=torch.float32)
    context, query = peer._tokens(2, 2 * peer.picture), peer._tokens(2, peer.picture)
    for _ in range(2):
        answer = peer.answer(2)
        with torch.inference_mode():
            logits = peer._model(torch.cat([context, query, answer[:, :-1]], 1), use_cache=False).logits
        assert answer.shape == (2, peer.picture)
        assert (logits[:, -peer.picture :].argmax(-1) == answer).float().mean() > 0.9


def test_the_peer_needs_transformers(tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"lavin\[bench\].*--ways"):
        measure_engine(load(tiny_model_directory, device="cpu"), EngineBench(ways=("peer",)))


def test_a_way_that_is_not_known(tiny_model_directory: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'exact'"):
        measure_engine(load(tiny_model_directory, device="cpu"), EngineBench(ways=("exakt",)))


def test_command(
    tiny_model_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each way in a process of its own."""
    monkeypatch.setitem(_SIZES, "cpu", 256)
    page = tmp_path / "table.md"
    arguments = ["--grid", "uniform:3", "--pairs", "1", "--queries", "2", "--rounds", "1", "--device", "cpu"]
    command = ["bench", "engine", "--model", str(tiny_model_directory), "--ways", "exact,few", *arguments]
    assert main([*command, "--json", "--markdown", str(page)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["way"] for line in lines] == ["exact", "few"]
    assert lines[0]["setting"]["model"] == "small-random"
    assert lines[0]["setting"]["rate"] > 0
    assert lines[0]["error"] < 1e-5 < lines[1]["error"]
    assert page.read_text().count("\n") == 6


def test_a_way_that_fails_costs_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And the exit code says so. What a process says of it is repeated; so is one that died."""
    monkeypatch.setitem(_SIZES, "cpu", 64)

    def measured(_: object, way: str, pairs: int, **__: object) -> EngineRow:
        if way == "exact":
            raise LavinError("out of memory")
        return EngineRow(way, pairs, 1, 1, 1, 1, 1, 1, 0.5, None, None, 1)

    monkeypatch.setattr(engine_command, "measure_apart", measured)
    command = ["bench", "engine", "--preset", "tiny", "--device", "cpu", "--pairs", "1", "--ways"]
    assert main([*command, "exact,few"]) == 3
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "exact, 1 pairs: out of memory" in err
    assert main([*command, "exact"]) == 1


def test_what_was_measured_is_kept_whatever_stops_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(_SIZES, "cpu", 64)

    def measured(_: object, way: str, pairs: int, **__: object) -> EngineRow:
        if way == "few":
            raise KeyboardInterrupt
        return EngineRow(way, pairs, 1, 1, 1, 1, 1, 1, 0.5, None, None, 1)

    monkeypatch.setattr(engine_command, "measure_apart", measured)
    page = tmp_path / "table.md"
    command = ["bench", "engine", "--preset", "tiny", "--device", "cpu", "--pairs", "1", "--ways", "exact,few"]
    assert main([*command, "--markdown", str(page)]) == 130
    assert "| exact engine | 1 |" in page.read_text()


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


def test_the_script_for_a_gpu_asks_for_what_there_is() -> None:
    """It is run where there is one; that its options are known, and its ways, shows here."""
    text = SCRIPT.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"lavin (bench engine .*?) >", text)
    assert found is not None
    words = [word for word in shlex.split(found[1].replace("$pixels", "256")) if not word.startswith("${")]
    command: Any = dict(every_command())["bench", "engine"]
    with command.make_context("engine", words[2:]) as context:
        assert set(context.params["ways"].split(",")) <= set(WAYS)
        assert (context.params["preset"], context.params["device"], context.params["compiles"]) == (
            "3.4b",
            "cuda",
            True,
        )


def test_half_a_gigabyte_is_seen() -> None:
    from lavincli.bench.memory import PeakMemory

    peak = PeakMemory(torch.device("cpu"))
    before = peak.bytes()
    torch.ones(2**27).sum()
    after = peak.bytes()
    assert before is None or after is None or after > before + 2**28
