"""Which one of several processes this one is, from what a launcher left in the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lavincli.errors import ConfigError

_PORTS = range(20000, 30000)


@dataclass(frozen=True, slots=True)
class Place:
    """A process among `size`, numbered from 0 on, and among the `local_size` of its machine.

    address, port: where the first process can be reached; None for a process that is alone.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    address: str | None = None
    port: int | None = None


ALONE = Place(0, 1, 0, 1)


def find_place(environment: Mapping[str, str] = os.environ) -> Place | None:
    """This process's place: given by torchrun or the deepspeed launcher (RANK), or by srun (SLURM_PROCID).

    None if nobody started it as one of several. Raises ConfigError for a place that is only half described.
    """
    if "RANK" in environment:
        return _read(environment, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    if "SLURM_PROCID" not in environment:
        return None
    tasks = "SLURM_STEP_NUM_TASKS" if "SLURM_STEP_NUM_TASKS" in environment else "SLURM_NTASKS"
    if environment.get(tasks, "1") == "1":
        return None
    place = _read(environment, "SLURM_PROCID", tasks, "SLURM_LOCALID", "SLURM_TASKS_PER_NODE")
    if place.address is not None:
        return place
    nodes = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_JOB_NODELIST")
    if not nodes:
        raise ConfigError("SLURM_PROCID is set, but neither SLURM_JOB_NODELIST nor MASTER_ADDR: start it with srun")
    # All tasks of a job step have to agree on a port without talking to one another.
    seed = int(environment.get("SLURM_JOB_ID", "0")) * 31 + int(environment.get("SLURM_STEP_ID", "0"))
    port = int(environment.get("MASTER_PORT", _PORTS[seed % len(_PORTS)]))
    return Place(place.rank, place.size, place.local_rank, place.local_size, first_host(nodes), port)


def first_host(nodes: str) -> str:
    """The first host of SLURM's notation: `gpu[07-09,12],login` is gpu07, `a1,a2` is a1."""
    first = re.match(r"[^,\[]*(\[[^]]*\][^,\[]*)*", nodes)
    assert first is not None
    return re.sub(r"\[(\w+)[^]]*\]", r"\1", first.group())


def _read(environment: Mapping[str, str], rank: str, size: str, local_rank: str, local_size: str) -> Place:
    try:
        number, count = int(environment[rank]), int(environment[size])
        local = int(environment.get(local_rank, 0))
        # SLURM says "4(x2),3": four tasks on each of two nodes, three on another.
        together = int(re.split(r"\D", environment.get(local_size, str(count)))[0])
        address = environment.get("MASTER_ADDR")
        port = int(environment["MASTER_PORT"]) if address is not None else None
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"{rank} is set, but {error.args[0]!r} of what belongs to it is missing or no number; start it with "
            f"`lavin train --nproc`, torchrun, deepspeed or srun, or unset {rank}"
        ) from error
    if not 0 <= number < count:
        raise ConfigError(f"{rank}={number} is not below {size}={count}")
    if count > 1 and address is None and rank == "RANK":
        raise ConfigError("RANK is set, but MASTER_ADDR and MASTER_PORT are not; start it with torchrun")
    return Place(number, count, local, max(1, together), address, port)
