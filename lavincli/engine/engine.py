"""The exact engine: answers what `lavincli.flow.sampler.sample` answers, to rounding, with less work.

What depends on the task alone is computed once a task, what depends on the query once a query, what depends on the time
once a grid; what nobody reads isn't computed at all.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import torch
from torch import Tensor

from lavincli.compiling import Backend
from lavincli.engine.compilation import Steps, compiled_steps
from lavincli.engine.context import Context
from lavincli.engine.denoiser import Denoiser
from lavincli.engine.modulations import Modulations
from lavincli.engine.passes import Pass
from lavincli.engine.products import with_fast_products
from lavincli.flow.sampler import guided
from lavincli.flow.solvers import check_solver, integrate, step_sizes
from lavincli.flow.time_grid import time_grid
from lavincli.model.jdit import JDiT, Memory

_GRIDS_KEPT: Final = 4
_NULL_CONTEXTS_KEPT: Final = 4
# Up to so many rows a product is bound by reading weights, which passes side by side read once.
_ROWS_PACKED: Final = {"cpu": 4096, "cuda": 8192}

State = tuple[tuple[int, int], ...]


class Engine:
    """Samples one J-DiT. Weights that change in place are noticed, and what was made of them is made anew.

    Args:
        jdit: the model, on its device, in evaluation mode.
        compiles: whether its blocks' steps are compiled (`torch.compile`); the first batch of each shape then takes
            longer. Raises ConfigError where they can't be.
        backend: of `torch.compile`.
    """

    def __init__(self, jdit: JDiT, *, compiles: bool = False, backend: Backend = "inductor") -> None:
        self.jdit, self.compiles = jdit, compiles
        self._fast = jdit
        self._steps = compiled_steps(jdit.prompt_embed.device, backend=backend) if compiles else Steps()
        self._modulations: OrderedDict[tuple[tuple[float, ...], tuple[float, ...]], Modulations] = OrderedDict()
        self._null_contexts: OrderedDict[tuple[int, int], Memory] = OrderedDict()
        self._state: State = ()

    @torch.inference_mode()
    def context(self, latents: Tensor) -> Context:
        """A task's context, from its latents [1, 16, Tc, h, w]; a one-way model reads it here."""
        self._follow_weights()
        return Context(latents, self._fast.remember(latents) if self.jdit.config.attention == "oneway" else None)

    @torch.inference_mode()
    def sample(
        self,
        cond: Tensor,
        noise: Tensor,
        *,
        context: Context | None = None,
        guidance: float = 1.0,
        grid: int | str = 20,
        solver: str = "euler",
        query_frames: int | None = None,
        guidance_interval: tuple[float, float] | None = None,
        refresh: int = 1,
        packs: bool | None = None,
    ) -> Tensor:
        """From `noise` [B, 16, Tx, h, w] to the answers, as `lavincli.flow.sampler.sample`.

        Args:
            cond: normalised latents [B, 16, Tc, h, w]: context and query, or the query alone where `context` is given.
            noise: float32 [B, 16, Tx, h, w].
            context: what all elements share.
            guidance: as in the reference.
            grid: as in the reference.
            solver: as in the reference.
            query_frames: how many frames of `cond` are the query; by default all where `context` is given, else Tx.
            guidance_interval: as in the reference.
            refresh: a joint model reads its condition at every so many-th evaluation; above 1 this is approximate.
            packs: whether the passes of guidance run side by side; by default where that is faster.

        Raises:
            ConfigError: an unknown grid or solver.
            ValueError: shapes that do not belong together, or a `refresh` below 1.
        """
        check_solver(solver)
        times = time_grid(grid).tolist()
        self.jdit.check(noise, noise.new_zeros(noise.shape[0]), cond)
        if refresh < 1:
            raise ValueError(f"refresh {refresh}: the condition is read at every 1st, 2nd, ... evaluation")
        default = noise.shape[2] if context is None else cond.shape[2]
        frames = min(default if query_frames is None else query_frames, cond.shape[2])
        self._follow_weights()
        shared, query = self._parts(cond, frames, context)
        passes = [self._conditional(shared, query, context)]
        if guidance != 1.0 and any(guided(time, guidance_interval) for time in times):
            passes.append(self._null(query))
        packs = self._packs(passes, noise) if packs is None else packs
        modulations = self._table(times, step_sizes(times, solver))
        denoiser = Denoiser(self._fast, modulations, self._steps, noise.shape, refresh=refresh, packs=packs)

        def velocity(x: Tensor, place: int) -> Tensor:
            active = passes if guided(times[place], guidance_interval) else passes[:1]
            conditional, *null = denoiser.velocities(x, place, active)
            return null[0] + guidance * (conditional - null[0]) if null else conditional

        return integrate(velocity, noise.float(), times, solver)

    def _parts(self, cond: Tensor, frames: int, context: Context | None) -> tuple[Tensor | None, Tensor]:
        """The latents before the query, [1 or B, ...], and the query's."""
        start = cond.shape[2] - frames
        before, query = cond[:, :, :start], cond[:, :, start:]
        if context is None:
            return (before if start else None), query
        if start:
            raise ValueError(f"{cond.shape[2]} frames beside a context: expected the query's {frames} alone")
        if context.latents.shape[-2:] != cond.shape[-2:]:
            raise ValueError(f"a context at {tuple(context.latents.shape)} for a query at {tuple(cond.shape)}")
        return context.latents, query

    def _conditional(self, shared: Tensor | None, query: Tensor, context: Context | None) -> Pass:
        if self.jdit.config.attention == "joint":
            return Pass.joint(self._fast, [query] if shared is None else [shared, query], len(query))
        memory = None if context is None else context.memory
        if memory is None and shared is not None:
            memory = self._fast.remember(shared)
        return Pass.oneway(self._fast.remember(query, memory))

    def _null(self, query: Tensor) -> Pass:
        """A frame of zeros, then the query."""
        zeros = torch.zeros_like(query[:1, :, :1])
        if self.jdit.config.attention == "joint":
            return Pass.joint(self._fast, [zeros, query], len(query))
        size = (query.shape[3], query.shape[4])
        if size not in self._null_contexts:
            self._null_contexts[size] = self._fast.remember(zeros)
            if len(self._null_contexts) > _NULL_CONTEXTS_KEPT:
                self._null_contexts.popitem(last=False)
        return Pass.oneway(self._fast.remember(query, self._null_contexts[size]))

    def _packs(self, passes: list[Pass], noise: Tensor) -> bool:
        rows = sum(one.tokens.shape[1] for one in passes if one.tokens is not None)
        rows += len(passes) * noise.shape[2] * noise.shape[3] * noise.shape[4] // 4
        return len(noise) * rows <= _ROWS_PACKED.get(noise.device.type, 0)

    def _table(self, times: list[float], steps: list[float]) -> Modulations:
        key = (tuple(times), tuple(steps))
        if key not in self._modulations:
            self._modulations[key] = Modulations(self._fast, times, steps)
            if len(self._modulations) > _GRIDS_KEPT:
                self._modulations.popitem(last=False)
        self._modulations.move_to_end(key)
        return self._modulations[key]

    def _follow_weights(self) -> None:
        state = weights_state(self.jdit)
        if state != self._state:
            self._modulations.clear()
            self._null_contexts.clear()
            # What is compiled brings products of its own.
            self._fast = self.jdit if self.compiles else with_fast_products(self.jdit)
            self._state = state


def weights_state(network: torch.nn.Module) -> State:
    """Where a network's weights lie, and how often each was written to: another state means other weights.

    PyTorch doesn't count what is written to weights that were made in inference mode, or through `.data`.
    """
    return tuple((one.data_ptr(), 0 if one.is_inference() else one._version) for one in network.parameters())
