"""One to one matching of the pixels of two sets of thin lines."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow


def match_lines(
    lines: NDArray[np.bool_], truth: NDArray[np.bool_], radius: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The pixels of ``lines`` and of ``truth`` ``[H, W]`` that have a partner in the other within ``radius`` pixels.

    As many pairs as possible are made. Near pixels are paired first, and pairs are undone only for more of them, by
    augmenting paths (a maximum flow through what is left; Dinic's algorithm).
    """
    reach = int(radius)
    # A margin that no step leaves makes a step a difference of flat indices.
    free_line, free_truth = (np.pad(pixels, reach).ravel() for pixels in (lines, truth))
    steps = _steps(radius, lines.shape[1] + 2 * reach)
    mate = _match_nearest(free_line, free_truth, steps)
    _augment(free_line, free_truth, mate, steps)
    shape = lines.shape[0] + 2 * reach, lines.shape[1] + 2 * reach
    inner = np.s_[reach : reach + lines.shape[0], reach : reach + lines.shape[1]]
    return lines & ~free_line.reshape(shape)[inner], truth & ~free_truth.reshape(shape)[inner]


def _match_nearest(
    free_line: NDArray[np.bool_], free_truth: NDArray[np.bool_], steps: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pair pixels step by step, nearest first; takes them off the free ones. Partner by flat index, -1 for none."""
    mate = np.full(free_line.size, -1, dtype=np.int64)
    left = np.flatnonzero(free_line)
    # Of points moved by one step no two meet.
    for step in steps:
        hit = free_truth[left + step]
        found = left[hit]
        mate[found] = found + step
        free_truth[found + step] = False
        left = left[~hit]
    free_line[:] = False
    free_line[left] = True
    return mate


def _augment(
    free_line: NDArray[np.bool_], free_truth: NDArray[np.bool_], mate: NDArray[np.int64], steps: NDArray[np.int64]
) -> None:
    """Pair as many more pixels as paths over pairs that are there allow; takes them off the free ones."""
    free_lines = np.flatnonzero(free_line)
    if not len(free_lines) or not free_truth.any():
        return
    points = np.flatnonzero(free_line | (mate >= 0))
    is_truth = free_truth.copy()
    is_truth[mate[points][mate[points] >= 0]] = True
    others = np.flatnonzero(is_truth)
    partners = points[:, None] + steps
    row, column = np.nonzero(is_truth[partners])
    line, other = points[row], partners[row, column]
    # Nodes: lines, truths, source, sink.
    number = np.zeros(free_line.size, dtype=np.int32)
    number[points] = np.arange(len(points), dtype=np.int32)
    other_number = np.zeros(free_line.size, dtype=np.int32)
    other_number[others] = np.arange(len(points), len(points) + len(others), dtype=np.int32)
    source, sink = len(points) + len(others), len(points) + len(others) + 1
    paired = mate[line] == other
    first, second = number[line], other_number[other]
    free_others = np.flatnonzero(free_truth)
    starts = np.concatenate(
        [np.where(paired, second, first), np.full(len(free_lines), source), other_number[free_others]]
    )
    ends = np.concatenate([np.where(paired, first, second), number[free_lines], np.full(len(free_others), sink)])
    capacity = sparse.csr_array((np.ones(len(starts), dtype=np.int32), (starts, ends)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(capacity, source, sink).flow.tocsr()
    begun = flow[[source]].toarray()[0] > 0
    ended = flow[[sink]].toarray()[0] < 0
    free_line[points[begun[: len(points)]]] = False
    free_truth[others[ended[len(points) : source]]] = False


@functools.cache
def _steps(radius: float, width: int) -> NDArray[np.int64]:
    """Differences of flat indices in rows of ``width`` pixels, of at most ``radius``, nearest first."""
    reach = int(radius)
    steps = np.argwhere(np.ones((2 * reach + 1, 2 * reach + 1))) - reach
    lengths = np.hypot(*steps.T)
    order = np.argsort(lengths, kind="stable")
    nearest: NDArray[np.int64] = steps[order][lengths[order] <= radius] @ np.array([width, 1])
    return nearest
