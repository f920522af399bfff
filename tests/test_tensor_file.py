"""safetensors files written and read tensor by tensor: what the library reads and writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lavincli.tensor_file import Kind, Renamed, StoredTensors, write_tensors


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {
        "wide": torch.randn(3, 4).T,
        "half": torch.randn(2, 2).to(torch.bfloat16),
        "step": torch.tensor(3.0),
        "none": torch.zeros(0, 3),
        "counts": torch.arange(3),
        "mask": torch.tensor([True, False]),
    }


def test_the_library_reads_what_was_written(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    digest = write_tensors(path, {name: Kind.of(x) for name, x in tensors.items()}, tensors.items())
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    read = load_file(path)
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_what_the_library_wrote_is_read(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({f"a.{name}": x.contiguous() for name, x in tensors.items()} | {"b": torch.ones(1)}, path)
    stored = StoredTensors(path)
    assert len(stored) == len(tensors) + 1
    assert stored.shape("a.wide") == (4, 3)
    assert stored.under("a.") == {name: f"a.{name}" for name in tensors}
    renamed = Renamed(stored, stored.under("a."))
    assert set(renamed) == set(tensors)
    assert all(torch.equal(renamed[name], tensor) for name, tensor in tensors.items())
    assert "c" not in stored
    with pytest.raises(KeyError):
        stored["c"]


def test_what_comes_must_be_what_was_said(tmp_path: Path) -> None:
    layout = {"a": Kind(torch.float32, (2,)), "b": Kind(torch.float32, ())}
    for tensors in (
        {"b": torch.zeros(()), "a": torch.zeros(2)},
        {"a": torch.zeros(3), "b": torch.zeros(())},
        {"a": torch.zeros(2).half(), "b": torch.zeros(())},
        {"a": torch.zeros(2)},
        {"a": torch.zeros(2), "b": torch.zeros(()), "c": torch.zeros(())},
    ):
        with pytest.raises(ValueError, match=r"header says|never came"):
            write_tensors(tmp_path / "x", layout, tensors.items())


def test_a_full_disk_still_takes_all_tensors() -> None:
    """Where several processes make them together, none must wait for one that gave up."""
    layout = {str(i): Kind(torch.float32, (10_000,)) for i in range(3)}
    taken = []

    def come() -> Iterator[tuple[str, Tensor]]:
        for name in layout:
            yield name, torch.zeros(10_000)
            taken.append(name)

    with pytest.raises(OSError, match="No space left on device"):
        write_tensors(Path("/dev/full"), layout, come())
    assert taken == list(layout)
