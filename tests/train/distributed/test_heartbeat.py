"""Who is late is named: one that is behind, one that gives no sign."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lavincli.train.distributed.heartbeat import Heartbeat

STALL = 0.6


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 40
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_one_that_is_behind_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    beats = [Heartbeat(tmp_path, rank, 3, STALL) for rank in range(3)]
    with caplog.at_level(logging.WARNING):
        for rank in (2, 1, 0):  # each sees the others in an order of its own
            beats[rank].start()
            assert wait_for((tmp_path / f"rank-{rank}.json").exists)
        for beat in beats:
            beat.beat("forward pass", 6)
        for beat in (beats[0], beats[2]):
            beat.beat("backward pass")
        assert wait_for(lambda: "waiting for" in caplog.text)
        for beat in beats:
            beat.stop()
    assert "waiting for rank 1 (" in caplog.text
    assert "at the forward pass of step 7" in caplog.text
    assert "rank 0 (" not in caplog.text
    assert "rank 2 (" not in caplog.text
    assert caplog.text.count("waiting for") == 1
    assert not list(tmp_path.iterdir())


def test_one_that_gives_no_sign_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    beats = [Heartbeat(tmp_path, rank, 2, STALL) for rank in range(2)]
    with caplog.at_level(logging.WARNING):
        for beat in beats:
            beat.start()
            beat.beat("backward pass", 2)
        assert wait_for(lambda: len(list(tmp_path.glob("*.json"))) == 2)
        # Its thread ends, as that of a stopped process stands still; the file stays.
        beats[1]._ended.set()
        assert wait_for(lambda: "waiting for" in caplog.text)
        beats[0].stop()
    assert "waiting for rank 1 (" in caplog.text


def test_making_data_ready_may_take_long(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    beats = [Heartbeat(tmp_path, rank, 2, STALL / 3) for rank in range(2)]
    with caplog.at_level(logging.WARNING):
        for beat in beats:
            beat.start()
        time.sleep(2 * STALL)
        for beat in beats:
            beat.stop()
    assert caplog.text == ""
