import pickle

import pytest

from lavincli.errors import CardError, CheckpointError, ConfigError, InputError, LavinError, UnknownNameError


@pytest.mark.parametrize("kind", [CardError, CheckpointError, ConfigError, InputError])
def test_a_message_is_one_line(kind: type[LavinError]) -> None:
    error = kind("task.yaml: bad\n  value\tfor 'codec'")
    assert isinstance(error, LavinError)
    assert str(error) == error.message == "task.yaml: bad value for 'codec'"


def test_an_unknown_name_suggests_the_nearest() -> None:
    error = UnknownNameError("colorisation", "task", ["deraining", "colorization", "denoising"])
    assert str(error) == "unknown task 'colorisation'; did you mean 'colorization'?"


def test_case_is_no_reason_to_find_nothing() -> None:
    assert "did you mean 'psnr'?" in str(UnknownNameError("PSNR", "metric", ["psnr", "ssim"]))


def test_with_no_near_name_all_are_listed() -> None:
    assert str(UnknownNameError("xyzzy", "metric", ["ssim", "psnr"])) == "unknown metric 'xyzzy'; known: psnr, ssim"


def test_with_no_name_at_all_it_says_so() -> None:
    assert str(UnknownNameError("x", "model", [])) == "unknown model 'x'; none is registered"


def test_an_unknown_name_survives_a_process_boundary() -> None:
    error = pickle.loads(pickle.dumps(UnknownNameError("a", "task", ["b", "c"])))  # noqa: S301 - our own bytes
    assert isinstance(error, UnknownNameError)
    assert (error.name, error.kind, error.known) == ("a", "task", ["b", "c"])
