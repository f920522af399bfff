"""Starting several processes on this machine: by torch.distributed.run, which this process becomes."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

_HANDED_ON = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
"""Signals that the launcher hands on to its processes; schedulers send the last one before they take a machine away."""


def environment(count: int) -> dict[str, str]:
    """The environment of `count` workers: this one's, and what they need beside."""
    defaults = {
        # Two processes that both take all cores are many times slower than two that share them.
        "OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // count)),
        # torch's own deprecations, met by ZeRO-3 at every step, and by the launcher.
        "PYTHONWARNINGS": "ignore::FutureWarning",
        # A store that outlives the processes makes a second start with the same launcher hang.
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        # Seconds that processes get when they are asked to end: a large checkpoint takes a while.
        "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": "300",
    }
    return defaults | os.environ


def become_launcher(arguments: Sequence[str], count: int) -> NoReturn:
    """Go on as the launcher of `count` processes of `lavin ARGUMENTS`.

    Signals then reach the launcher itself, which ends its processes.
    """
    command = [sys.executable, "-m", __name__, "--standalone", f"--nproc-per-node={count}"]
    command.append(f"--signals-to-handle={_HANDED_ON}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [*command, "-m", "lavincli", *arguments], environment(count))  # noqa: S606 - no shell


def main() -> int:
    """torch.distributed.run, but that a failure is told in one line."""
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        launch()
    except SignalException as error:
        sys.stderr.write("lavin: interrupted\n")
        return 128 + error.sigval
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        how = f"was ended by {failure.signal_name()}" if failure.exitcode < 0 else f"failed (code {failure.exitcode})"
        sys.stderr.write(
            f"lavin: error: rank {rank} (process {failure.pid}) {how}; the checkpoints are kept: mend what its message "
            "above says, if there is one, and run the same command again\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
