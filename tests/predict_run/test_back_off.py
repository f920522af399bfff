"""Smaller batches when memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from lavincli.clip import Clip
from lavincli.errors import LavinError
from lavincli.pipeline.answerer import Answerer, Unfinished
from lavincli.predict_run.back_off import is_out_of_memory
from lavincli.predict_run.records import RECORDS_FILE, read_records
from tests.predict_run.conftest import write_pictures
from tests.predict_run.test_run import make


def test_batches_are_halved_until_they_fit(
    answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    photos = write_pictures(tmp_path / "photos", 20)
    compute = answerer.compute
    sizes: list[int] = []

    def small_memory(queries: Sequence[Clip], seeds: Sequence[int]) -> list[Unfinished]:
        sizes.append(len(queries))
        if len(queries) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return compute(queries, seeds)

    monkeypatch.setattr(answerer, "compute", small_memory)
    with caplog.at_level(logging.WARNING):
        records = [answered.record for answered in make(answerer, photos, tmp_path / "out")]
    assert [record.status for record in records] == ["done"] * 20
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    assert sum("out of memory" in message for message in caplog.messages) == 2


def test_not_even_one_fits(answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = write_pictures(tmp_path / "photos", 3)

    def no_memory(*_: object) -> list[Unfinished]:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: 9 bytes")

    monkeypatch.setattr(answerer, "compute", no_memory)
    with pytest.raises(LavinError, match="isn't enough memory on cpu for one query"):
        list(make(answerer, photos, tmp_path / "out"))
    assert list(read_records(tmp_path / "out" / RECORDS_FILE)) == []


def test_other_errors_are_no_lack_of_memory(
    answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not is_out_of_memory(OSError("out of memory"))
    photos = write_pictures(tmp_path / "photos", 2)

    def broken(*_: object) -> list[Unfinished]:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(answerer, "compute", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        list(make(answerer, photos, tmp_path / "out"))


def test_a_picture_too_large_for_memory_costs_itself(
    answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = write_pictures(tmp_path / "photos", 3)
    decode = answerer.codec.decode
    calls: list[int] = []

    def fails_once(rgb: Clip, **options: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        return decode(rgb, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(answerer.codec, "decode", fails_once)
    records = [answered.record for answered in make(answerer, photos, tmp_path / "out", batch_size=1)]
    assert [record.status for record in records] == ["failed", "done", "done"]
    assert "enough memory for a picture of its size" in str(records[0].error)
