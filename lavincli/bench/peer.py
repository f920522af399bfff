"""An autoregressive model of equal size: what a picture costs when it is written token by token.

A Llama with random weights, as large vision models of that kind are built (LVM, arXiv 2312.00785): a picture of 256 x
256 pixels is 256 tokens of a dictionary. Turning pictures into tokens and back is left out, in its favour.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from lavincli.errors import ConfigError

_DICTIONARY: Final = 8192
_HEAD_DIM: Final = 64
_GROUP: Final = 4
_PIXELS_A_TOKEN: Final = 256


@dataclass(frozen=True, slots=True)
class PeerShape:
    """Sizes of the peer's network."""

    hidden_size: int
    layers: int

    @property
    def mlp_size(self) -> int:
        """Width of the SwiGLU: 8/3 of the hidden size."""
        return 8 * self.hidden_size // 3

    @property
    def parameters(self) -> int:
        """Numbers in it; input and output share a dictionary."""
        size, keys = self.hidden_size, self.hidden_size // _GROUP
        layer = 2 * size * size + 2 * size * keys + 3 * size * self.mlp_size + 2 * size
        return self.layers * layer + _DICTIONARY * size + size


def peer_shape(parameters: int) -> PeerShape:
    """The shape nearest to so many parameters, of the usual proportions: a layer for every 64 of its width."""
    shapes = []
    for size in range(_HEAD_DIM * _GROUP, 8192, _HEAD_DIM * _GROUP):
        one, two = (PeerShape(size, layers).parameters for layers in (1, 2))
        layers = max(1, 1 + round((parameters - one) / (two - one)))
        shapes.append(PeerShape(size, layers))
    return min(shapes, key=lambda shape: abs(shape.layers - shape.hidden_size / _HEAD_DIM))


def picture_tokens(resolution: int) -> int:
    """Tokens of a square picture: 256 at 256 pixels."""
    return max(1, resolution**2 // _PIXELS_A_TOKEN)


def transformers() -> Any:
    """The library. Raises ConfigError where it isn't installed."""
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise ConfigError(
            "the autoregressive peer needs the package transformers: pip install 'lavin[bench]', "
            "or leave it out with --ways"
        ) from error


class Peer:
    """Reads a context's pictures once, then a query's for each answer, which it writes with a static cache.

    Raises ConfigError where `transformers` isn't installed.
    """

    def __init__(
        self, parameters: int, *, pairs: int, resolution: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        library, shape = transformers(), peer_shape(parameters)
        self.picture, self.pairs = picture_tokens(resolution), pairs
        self._length = (2 * pairs + 2) * self.picture
        config = library.LlamaConfig(
            vocab_size=_DICTIONARY,
            hidden_size=shape.hidden_size,
            intermediate_size=shape.mlp_size,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.hidden_size // _HEAD_DIM,
            num_key_value_heads=shape.hidden_size // _HEAD_DIM // _GROUP,
            max_position_embeddings=self._length,
            tie_word_embeddings=True,
        )
        torch.manual_seed(0)
        with device:
            network = library.LlamaForCausalLM(config)
        self._model: Any = network.to(device, dtype).eval().requires_grad_(False)
        self._cache_of: Callable[[], Any] = lambda: library.StaticCache(config=config, max_cache_len=self._length)
        self._device = device
        self._write: Any = self._model.forward
        self._caches: dict[int, Any] = {}

    def compile(self) -> None:
        """What runs once a token; reading takes prompts of several lengths, once each.

        On a GPU with CUDA graphs, as `transformers` compiles its own generation: a token's many small kernels are
        otherwise bound by starting them.
        """
        mode = "reduce-overhead" if self._device.type == "cuda" else None
        self._write = torch.compile(self._model.forward, dynamic=False, mode=mode)

    @torch.inference_mode()
    def read_context(self, batch: int = 1) -> None:
        """Fill a batch's cache with the context."""
        if batch not in self._caches:
            self._caches[batch] = self._cache_of()
        self._read(self._tokens(batch, 2 * self.pairs * self.picture), 0)

    @torch.inference_mode()
    def read_query(self, batch: int = 1) -> Tensor:
        """Read a query each, after the context; gives the first token of each answer, [batch, 1]."""
        if batch not in self._caches:
            self.read_context(batch)
        return self._read(self._tokens(batch, self.picture), 2 * self.pairs * self.picture)

    @torch.inference_mode()
    def write(self, token: Tensor) -> Tensor:
        """The token after this one, [batch, 1]."""
        out = self._write(token, past_key_values=self._caches[len(token)])
        return out.logits[:, -1].argmax(-1, keepdim=True)  # type: ignore[no-any-return]

    def answer(self, batch: int = 1) -> Tensor:
        """Read a query each, and write an answer each: [batch, tokens of a picture]."""
        written = [self.read_query(batch)]
        for _ in range(self.picture - 1):
            written.append(self.write(written[-1]))
        return torch.cat(written, 1)

    def _read(self, tokens: Tensor, place: int) -> Tensor:
        """Tokens from a place in the cache on; gives the one after them. A cache is never made anew: graphs know it."""
        cache = self._caches[len(tokens)]
        for layer in cache.layers:
            layer.cumulative_length.fill_(place)
        out = self._model(tokens, past_key_values=cache, logits_to_keep=1)
        return out.logits[:, -1].argmax(-1, keepdim=True)  # type: ignore[no-any-return]

    def _tokens(self, batch: int, count: int) -> Tensor:
        drawn = torch.randint(_DICTIONARY, (batch, count), generator=torch.Generator().manual_seed(count))
        return drawn.to(self._device)
