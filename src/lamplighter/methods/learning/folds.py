"""Folds that keep together what belongs together: rows sharing any group never stand on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Numbers = npt.NDArray[np.int64]


def join_groups(groupings: Sequence[npt.NDArray[np.generic]]) -> Numbers:
    """Return one group a row such that rows that share a group of *any* grouping share it, shape (N,).

    Args:
        groupings: words or numbers, shape (N,) each; "" and None join nothing.

    Example:
        Two areas; one household has meters on both, so they belong together:

        >>> join_groups([np.array(["A1", "A1", "A2", "A3"]), np.array(["h1", "h2", "h2", "h3"])]).tolist()
        [0, 0, 0, 1]
    """
    count = len(groupings[0])
    rows, nodes, used = [np.arange(count)], [np.arange(count)], count
    for grouping in groupings:
        words, which = np.unique(np.array([str(g or "") for g in grouping.tolist()]), return_inverse=True)
        told = words[which] != ""
        rows.append(np.flatnonzero(told))
        nodes.append(used + which[told])
        used += len(words)
    row, node = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, node)), shape=(used, used))
    _, component = connected_components(graph, directed=False)
    _, joined = np.unique(component[:count], return_inverse=True)
    return joined.astype(np.int64)


def split_folds(groups: Numbers, *, folds: int, seed: int) -> Numbers:
    """Return the fold of each row, shape (N,): whole groups, drawn, the folds as equal in rows as groups allow.

    Rows are placed by the group they are in, never by where they stand.

    Example:
        >>> split_folds(np.array([0, 0, 1, 1, 2, 2]), folds=3, seed=1).tolist() in (
        ...     [[a, a, b, b, c, c] for a in range(3) for b in range(3) for c in range(3) if len({a, b, c}) == 3]
        ... )
        True
    """
    numbers, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(numbers))
    order = drawn[np.argsort(-sizes[drawn], kind="stable")]
    held, fold_of = np.zeros(folds, np.int64), np.zeros(len(numbers), np.int64)
    for group in order:
        smallest = int(np.argmin(held))
        fold_of[group] = smallest
        held[smallest] += sizes[group]
    found: Numbers = fold_of[which]
    return found
