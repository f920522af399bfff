"""A long run needs no more memory than a short one."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from lavincli.predict_run.inputs import Named
from lavincli.predict_run.plan import Plan
from lavincli.predict_run.record_index import RecordIndex
from lavincli.predict_run.records import RECORDS_FILE, Record

# At full size: python -m tests.predict_run.memory_of_runs lavin-tiny FOLDER 2000 uniform:2
PICTURES = 200


@pytest.mark.timeout(300)  # as of every process: seconds, but not behind a training that holds every core
def test_many_pictures_need_the_memory_of_fifty(tiny_model_directory: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.predict_run.memory_of_runs", str(tiny_model_directory), str(tmp_path)]
    done = subprocess.run([*command, str(PICTURES)], check=True, capture_output=True, text=True)
    few, many = map(float, done.stdout.split())
    assert many <= 1.15 * few


def test_an_item_of_a_plan_and_a_record_of_an_earlier_run_take_little(tmp_path: Path) -> None:
    keys = [f"2024/holidays/{number // 500:04d}/IMG_{number:08d}.jpg" for number in range(10_000)]
    common = {"seed": 0, "model": "m", "model_fingerprint": "f", "device": "cpu", "dtype": "float32"}
    with (tmp_path / RECORDS_FILE).open("w") as file:
        file.writelines(
            Record(key=key, input=key, status="done", files={"value": [key]}, **common).model_dump_json() + "\n"
            for key in keys
        )
    tracemalloc.start()
    plan = Plan((Named("photos", key) for key in keys), tmp_path / "out")
    index = RecordIndex([tmp_path / RECORDS_FILE])
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan) == len(index) == len(keys)
    found = index.find(keys[777])
    assert found is not None
    assert found.files == {"value": [keys[777]]}
    assert index.find("nothing.jpg") is None
    # Beside the keys themselves, which are there already; half of it is what pydantic keeps once.
    assert held / len(keys) < 300
    assert peak / len(keys) < 500
