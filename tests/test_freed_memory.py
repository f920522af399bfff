"""Freed memory is kept: large tensors, made and dropped again and again, cost the system nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

GLIBC = platform.libc_ver()[0] == "glibc"
MAKE_AND_DROP = """
import resource, sys
import torch
from lavincli.freed_memory import keep_freed_memory
print(keep_freed_memory() if "keep" in sys.argv else None)
torch.set_num_threads(1)
for _ in range(10):
    torch.zeros(16_000_000) + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.zeros(16_000_000) + 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def outcome(*arguments: str, **more: str) -> tuple[str, int]:
    """Whether it was set, and how many pages the system had to give."""
    environment = {key: value for key, value in os.environ.items() if key != "GLIBC_TUNABLES"} | more
    command = [sys.executable, "-c", MAKE_AND_DROP, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    kept, pages = done.stdout.split()
    return kept, int(pages)


def test_large_tensors_are_made_in_memory_that_is_there() -> None:
    _, usually = outcome()
    kept, pages = outcome("keep")
    assert kept == str(GLIBC)
    assert pages < usually / 20 or not GLIBC


def test_what_a_user_has_set_stays() -> None:
    assert outcome("keep", GLIBC_TUNABLES="glibc.malloc.check=0")[0] == "False"
    assert outcome("keep", MALLOC_TRIM_THRESHOLD_="1000000")[0] == "False"
