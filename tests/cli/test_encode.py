"""``lavin encode`` as a process: kills, several processes, what it prints and exits with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lavincli.latents.store import open_store
from tests.latents.conftest import write_pictures

# More of both by hand, for example LAVIN_TEST_KILLS=20 LAVIN_TEST_ITEMS=500 LAVIN_TEST_RESOLUTION=128.
KILLS = int(os.environ.get("LAVIN_TEST_KILLS", "3"))
ITEMS = int(os.environ.get("LAVIN_TEST_ITEMS", "96"))
RESOLUTION = os.environ.get("LAVIN_TEST_RESOLUTION", "32")
ALL_NOTES = ("key", "problem", "checksum", "fingerprint", "state")


def command(root: Path, store: Path, model: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "lavincli", "encode", "--task", "denoising", "--data", f"photos={root}"),
        *("--split", "test", "--resolution", RESOLUTION, "--model", str(model), "-o", str(store), *more),
    ]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)


def contents(store: Path) -> dict[str, bytes]:
    """Every record and note of a store."""
    (found,) = open_store(store).sets()
    return (
        {name: np.asarray(found.array(name)[:]).tobytes() for name in (*found.names(), *ALL_NOTES[2:])}
        | {
            name: repr(list(map(str, found.array(name)[:]))).encode()  # type: ignore[arg-type]
            for name in ALL_NOTES[:2]
        }
    )


def files(store: Path) -> set[tuple[str, int]]:
    """Every file of a store and its size, as far as they can be seen while others write."""
    found = set()
    for path in store.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            found.add((str(path), path.stat().st_size))
    return found


@pytest.mark.timeout(1200)
def test_killed_at_any_moment_the_store_is_the_undisturbed_one(tmp_path: Path, tiny_model_directory: Path) -> None:
    """Two processes, killed at random moments with kill -9, then run to the end; and one process, undisturbed."""
    root = write_pictures(tmp_path / "pictures", ITEMS, broken=(3,))
    undisturbed = run(*command(root, tmp_path / "one.zarr", tiny_model_directory))
    assert undisturbed.returncode == 3, undisturbed.stderr
    store = tmp_path / "two.zarr"
    disturbed = command(root, store, tiny_model_directory, "--nproc", "2")
    random = np.random.default_rng(0)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    hits = 0
    for _ in range(KILLS):
        before = files(store)
        process = subprocess.Popen(disturbed, start_new_session=True, stderr=subprocess.DEVNULL, env=environment)
        # Not before something is at stake: importing PyTorch takes most of the time.
        while process.poll() is None and files(store) == before:
            time.sleep(0.02)
        time.sleep(float(random.uniform(0, 0.5)))
        hits += process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert hits > KILLS // 2
    last = run(*disturbed)
    assert last.returncode == 3, last.stderr
    assert "95 encoded, 1 failed of 96" in last.stdout or ITEMS != 96
    assert contents(store) == contents(tmp_path / "one.zarr")
    verified = run(*command(root, store, tiny_model_directory, "--verify"))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path, tiny_model_directory: Path) -> None:
    root = write_pictures(tmp_path / "pictures", 400)
    process = subprocess.Popen(
        command(root, tmp_path / "a.zarr", tiny_model_directory, "--nproc", "1", "--nproc", "2"),
        stderr=subprocess.DEVNULL,
    )
    children: list[int] = []
    for _ in range(300):
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        children = [int(child) for child in listed]
        if len(children) == 2:
            break
        time.sleep(0.1)
    assert len(children) == 2
    time.sleep(3)
    process.kill()
    process.wait()
    for _ in range(300):
        if not any(Path(f"/proc/{child}").exists() for child in children):
            return
        time.sleep(0.1)
    pytest.fail("a child goes on although its parent is gone")


def test_what_it_prints(tmp_path: Path, tiny_model_directory: Path) -> None:
    root = write_pictures(tmp_path / "pictures", 5, broken=(2,))
    done = run(*command(root, tmp_path / "a.zarr", tiny_model_directory, "--json"))
    assert done.returncode == 3
    (line,) = done.stdout.splitlines()
    summary = json.loads(line)
    assert (summary["task"], summary["encoded"], summary["failed"]) == ("denoising", 4, 1)
    assert "0002.png: is damaged" in done.stderr
    again = run(*command(root, tmp_path / "a.zarr", tiny_model_directory))
    assert again.stdout == "denoising/photos/test/32: 4 encoded, 1 failed of 5\n"
    wrong = run(*command(root, tmp_path / "a.zarr", tiny_model_directory, "--shard", "3/2"))
    assert wrong.returncode == 1
    assert wrong.stderr == "lavin: error: share '3/2': write i/n with i from 1 to n, for example 2/4\n"


_PEAK = (
    "import resource, sys\n"
    "from lavincli.cli.main import main\n"
    "code = main()\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    "sys.exit(code)\n"
)


def test_memory_does_not_grow_with_the_number_of_items(tmp_path: Path, tiny_model_directory: Path) -> None:
    peaks = {}
    for count in (50, 800):
        root = write_pictures(tmp_path / f"pictures{count}", count)
        arguments = command(root, tmp_path / f"{count}.zarr", tiny_model_directory)[3:]
        done = run(sys.executable, "-c", _PEAK, *arguments)
        assert done.returncode == 0, done.stderr
        peaks[count] = int(done.stdout.split()[-1])
    assert peaks[800] < 1.2 * peaks[50]
