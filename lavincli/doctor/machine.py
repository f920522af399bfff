"""The interpreter, the processors, the devices, and which number formats are fast on them."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lavincli import __version__
from lavincli.doctor.check import Check

if TYPE_CHECKING:
    import torch

_OLDEST = (3, 11)
_SIDE = 384
_TRIES = 5
_SLOW_SECONDS = 0.05
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile", "asimd", "bf16")
_MUCH_SLOWER = 0.5


def python() -> Iterator[Check]:
    """Which lavin, run by which Python."""
    package = Path(__file__).resolve().parents[1]
    yield Check("lavin", "ok", f"{__version__} in {package}")
    version = f"{platform.python_version()} ({sys.executable}) on {platform.platform()}"
    old = sys.version_info < _OLDEST
    yield Check("python", "problem" if old else "ok", version, "install Python 3.11 or newer" if old else "")


def processors() -> Iterator[Check]:
    """How many processors there are, what they can do, and how many threads PyTorch starts."""
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    instructions = ", ".join(_instructions()) or "unknown instructions"
    yield Check("processors", "ok", f"{usable} of {os.cpu_count()} usable ({instructions})")
    if hasattr(os, "sysconf"):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        yield Check("memory", "ok", f"{size / 2**30:.0f} GiB")
    threads = torch.get_num_threads()
    told = f"OMP_NUM_THREADS={os.environ['OMP_NUM_THREADS']}" if "OMP_NUM_THREADS" in os.environ else "PyTorch's choice"
    detail = f"{threads} ({told})"
    if threads > usable:
        yield Check("threads", "warn", f"{detail}, more than processors", f"set OMP_NUM_THREADS={usable}")
    else:
        yield Check("threads", "ok", detail)


def devices() -> Iterator[Check]:
    """Every device that PyTorch sees, tried with one small product."""
    import torch

    yield Check("device cpu", "ok", f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}")
    yield from number_formats(torch.device("cpu"))
    for index in range(torch.cuda.device_count()):
        yield from _gpu(index)
    if torch.backends.mps.is_available():
        yield Check("device mps", "ok", "Apple GPU; choose it with --device mps")
    elif torch.cuda.device_count() == 0:
        built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built for the CPU alone"
        advice = (
            "see that nvidia-smi lists the GPU and that CUDA_VISIBLE_DEVICES doesn't hide it"
            if torch.version.cuda
            else "with a GPU, install PyTorch's build for it (pytorch.org)"
        )
        yield Check("accelerator", "warn", f"PyTorch {built}, and sees no GPU; lavin runs on the CPU", advice)


def number_formats(device: torch.device) -> Iterator[Check]:
    """How fast products of matrices are in each number format, against float32, measured now."""
    import torch

    base = _rate(device, torch.float32)
    for dtype in (torch.bfloat16, torch.float16):
        name = str(dtype).removeprefix("torch.")
        ratio = _rate(device, dtype) / base
        detail = f"{ratio:.2g} times as fast as float32 ({base / 1e9:.0f} Gflop/s on {device})"
        if ratio < _MUCH_SLOWER:
            yield Check(f"{name} on {device}", "warn", detail, f"don't compute in it here: leave --dtype {name} out")
        else:
            yield Check(f"{name} on {device}", "ok", detail)


def _gpu(index: int) -> Iterator[Check]:
    import torch

    name = f"device cuda:{index}"
    properties = torch.cuda.get_device_properties(index)
    size = f"{properties.total_memory / 2**30:.0f} GiB"
    detail = f"{properties.name}, {size}, capability {properties.major}.{properties.minor}"
    try:
        free, _ = torch.cuda.mem_get_info(index)
        ones = torch.ones(8, 8, device=f"cuda:{index}")
        works = bool((ones @ ones == 8).all())
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        yield Check(name, "problem", f"{detail}: {reason}", "update its driver, or install PyTorch's build for it")
        return
    if not works:
        yield Check(name, "problem", f"{detail}: it computes wrongly", "use another device")
        return
    yield Check(name, "ok", f"{detail}, {free / 2**30:.0f} GiB free")
    yield from number_formats(torch.device("cuda", index))


def _rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of a product of two matrices; the best of a few tries."""
    import torch

    side = _SIDE if device.type == "cpu" else 8 * _SIDE
    one = torch.ones(side, side, dtype=dtype, device=device)

    def seconds() -> float:
        start = time.perf_counter()
        product = one @ one
        float(product[0, 0])  # waits for a GPU
        return time.perf_counter() - start

    first = seconds()
    # What is very slow is told from one try as well.
    tries = [seconds() for _ in range(1 if first > _SLOW_SECONDS else _TRIES)]
    return 2.0 * side**3 / min(tries)


def _instructions() -> list[str]:
    """Those of the processor's instruction sets that matter here, as Linux names them."""
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return []
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    flags = next((set(value.split()) for key, _, value in lines if key.strip().lower() in ("flags", "features")), set())
    return [name for name in _INSTRUCTIONS if name in flags]
