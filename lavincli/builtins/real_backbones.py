"""The backbones that LPIPS and FID are defined on, which come with the extra ``metrics``."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

_EXTRA = "install it with: pip install 'lavin[metrics]' (PyTorch first, so that torchvision fits the one you have)"


def lpips_distance(prediction: Clip, target: Clip, net: str) -> float:
    """LPIPS (Zhang et al., CVPR 2018, arXiv 1801.03924) of ``uint8 [T, H, W, 3]``, as torchmetrics computes it.

    ``net`` is "alex", "vgg" or "squeeze". Raises InputError without torchvision, or if its weights can't be had.
    """
    network = _lpips(net)
    network.reset()
    network.update(_scaled(prediction), _scaled(target))
    return float(network.compute())


def _scaled(clip: Clip) -> Tensor:
    import torch

    return torch.from_numpy(clip.copy()).movedim(3, 1).float() / 127.5 - 1


@functools.cache
def _lpips(net: str) -> LearnedPerceptualImagePatchSimilarity:
    _require("torchvision", "features: lpips")
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    try:
        return LearnedPerceptualImagePatchSimilarity(net_type=net)  # type: ignore[arg-type]
    except OSError as error:
        raise InputError(f"features: lpips: torchvision can't get the weights of '{net}' ({error})") from error


def inception_vectors(clip: Clip) -> NDArray[np.float64]:
    """The 2048 features of the original FID for each frame of ``uint8 [T, H, W, 3]``: ``float64 [T, 2048]``.

    Heusel et al., NeurIPS 2017, arXiv 1706.08500, on the network that torch-fidelity ported from TensorFlow. Raises
    InputError without torch-fidelity, or if its weights can't be had.
    """
    import torch

    network = _inception()
    with torch.inference_mode():
        vectors: NDArray[np.float64] = network(torch.from_numpy(clip.copy()).movedim(3, 1)).double().numpy()
    return vectors


@functools.cache
def _inception() -> nn.Module:
    _require("torch_fidelity", "features: inception")
    from torchmetrics.image.fid import NoTrainInceptionV3

    try:
        return NoTrainInceptionV3(name="inception-v3-compat", features_list=["2048"])
    except OSError as error:
        raise InputError(f"features: inception: torch-fidelity can't get its weights ({error})") from error


def _require(module: str, what: str) -> None:
    name = module.replace("_", "-")
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(f"{what} needs {name}, which is not installed; {_EXTRA}") from error
    except (ImportError, RuntimeError, OSError) as error:  # built for another PyTorch, most likely
        raise InputError(f"{what}: {name} doesn't work with this PyTorch ({error}); {_EXTRA}") from error
