"""Weight files: strict, readable, and never executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from lavincli.errors import CheckpointError
from lavincli.model.weights import load_strictly, read_weights


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value + 1.0 for name, value in network.state_dict().items()}


def test_safetensors(network: nn.Sequential, tmp_path: Path) -> None:
    expected = state(network)
    save_file(expected, tmp_path / "w.safetensors")
    load_strictly(network, read_weights(tmp_path / "w.safetensors"), tmp_path)
    assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())


def test_a_network_without_memory_gets_its_own(network: nn.Sequential) -> None:
    weights = {name: value.half() for name, value in state(network).items()} | {"1.bias": torch.arange(2.0)}
    with torch.device("meta"):
        bare = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    load_strictly(bare, weights, Path("w.safetensors"))
    kept = {name: value.float().clone() for name, value in weights.items()}
    for value in weights.values():
        value.zero_()
    for name, value in bare.state_dict().items():
        assert (value.device.type, value.dtype) == ("cpu", torch.float32)
        assert torch.equal(value, kept[name])
    assert all(one.requires_grad for one in bare.parameters())


@pytest.mark.parametrize("wrapped", [True, False])
def test_published_pytorch_file(network: nn.Sequential, tmp_path: Path, wrapped: bool) -> None:
    expected = state(network)
    torch.save({"state_dict": expected, "epoch": 3, "note": "text"} if wrapped else expected, tmp_path / "w.pt")
    load_strictly(network, read_weights(tmp_path / "w.pt"), tmp_path)
    assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())


def test_difference_is_listed(network: nn.Sequential) -> None:
    weights = state(network)
    del weights["0.bias"]
    weights["extra.weight"] = torch.zeros(1)
    weights["1.weight"] = torch.zeros(2, 5)
    with pytest.raises(CheckpointError) as caught:
        load_strictly(network, weights, Path("some.safetensors"))
    message = str(caught.value)
    assert message.startswith("some.safetensors: not the weights of this Sequential: ")
    assert "1 missing: 0.bias" in message
    assert "1 unexpected: extra.weight" in message
    assert "1 wrong shape: 1.weight is 2x5, expected 2x4" in message
    assert "\n" not in message


def test_long_lists_are_cut(network: nn.Sequential) -> None:
    weights = state(network) | {f"block.{i}": torch.zeros(1) for i in range(100)}
    with pytest.raises(CheckpointError, match=r"100 unexpected: block\.0, .* and 96 more") as caught:
        load_strictly(network, weights, Path("w.safetensors"))
    assert len(str(caught.value)) < 300


def test_refused_weights_change_nothing(network: nn.Sequential) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = state(network)
    del weights["1.bias"]
    with pytest.raises(CheckpointError):
        load_strictly(network, weights, Path("w.safetensors"))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class Payload:
    """Unpickled the careless way, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (self.path, "executed"))


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "more": Payload(trace)}, tmp_path / "bad.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Payload(trace), protocol=2))
    for name in ("bad.pt", "plain.pt"):
        with pytest.raises(CheckpointError, match=f"{name}: can't be read as weights"):
            read_weights(tmp_path / name)
    assert not trace.exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_files(network: nn.Sequential, tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"w{suffix}"
    if suffix == ".pt":
        torch.save(state(network), path)
    else:
        save_file(state(network), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="can't be read as weights"):
        read_weights(path)


@pytest.mark.parametrize("name", ["text.safetensors", "text.pt"])
@pytest.mark.parametrize(
    "content", [b"this is no model\n", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x00" * 64, b"PK\x03\x04"]
)
def test_files_of_another_kind(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="can't be read as weights"):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("content", [torch.zeros(3), [torch.zeros(3)], {"step": 3}, {}, {"state_dict": {"a": 1}}])
def test_no_table_of_tensors(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"not a dictionary|no table of tensors"):
        read_weights(tmp_path / "w.pt")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        read_weights(tmp_path / "w.safetensors")
