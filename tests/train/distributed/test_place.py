"""Which process one is: what torchrun, deepspeed and SLURM leave in the environment."""

from __future__ import annotations

import pytest

from lavincli.errors import ConfigError
from lavincli.train.distributed.place import Place, find_place, first_host

TORCHRUN = {
    "RANK": "5",
    "WORLD_SIZE": "8",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "4",
    "MASTER_ADDR": "node1",
    "MASTER_PORT": "29500",
}
SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_NTASKS": "8",
    "SLURM_LOCALID": "3",
    "SLURM_TASKS_PER_NODE": "4(x2)",
    "SLURM_JOB_NODELIST": "gpu[07-08]",
    "SLURM_JOB_ID": "123",
}


def test_nobody_started_it() -> None:
    assert find_place({"PATH": "/bin"}) is None


def test_torchrun() -> None:
    assert find_place(TORCHRUN) == Place(5, 8, 1, 4, "node1", 29500)


def test_slurm() -> None:
    place = find_place(SLURM)
    assert place is not None
    assert (place.rank, place.size, place.local_rank, place.local_size, place.address) == (3, 8, 3, 4, "gpu07")
    other = find_place(SLURM | {"SLURM_PROCID": "6", "SLURM_LOCALID": "2"})
    assert other is not None
    assert other.port == place.port
    later = find_place(SLURM | {"SLURM_STEP_ID": "1"})
    assert later is not None
    assert later.port != place.port


def test_an_address_that_is_given_is_taken() -> None:
    place = find_place(SLURM | {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "4000"})
    assert place is not None
    assert (place.address, place.port) == ("10.0.0.1", 4000)


@pytest.mark.parametrize("changes", [{"SLURM_NTASKS": "1"}, {"SLURM_STEP_NUM_TASKS": "1"}])
def test_a_slurm_job_of_one_task_is_one_process(changes: dict[str, str]) -> None:
    assert find_place(SLURM | changes) is None


@pytest.mark.parametrize(
    ("nodes", "first"),
    [("a1,a2", "a1"), ("gpu[07-09,12],login", "gpu07"), ("n[3,5]", "n3"), ("r[1-2]c[3-4]", "r1c3"), ("one", "one")],
)
def test_first_host(nodes: str, first: str) -> None:
    assert first_host(nodes) == first


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"RANK": "0"}, "RANK is set, but 'WORLD_SIZE'"),
        (TORCHRUN | {"RANK": "8"}, "RANK=8 is not below WORLD_SIZE=8|is not below"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "MASTER_ADDR and MASTER_PORT are not"),
        ({k: v for k, v in SLURM.items() if k != "SLURM_JOB_NODELIST"}, "start it with srun"),
    ],
)
def test_half_described(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_place(environment)
