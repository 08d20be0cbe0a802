"""Drift: whether what the layers say now is still what the model was trained on.

For each feature the population stability index between the shares of the training data and of now, over the deciles of
the training data and the share missing: ``PSI = Σ (q_b − p_b)·ln(q_b / p_b)``. Customary reading: below 0.1 nothing,
up to 0.25 worth a look, above that the model is asked things it did not learn. Source: customary in credit scoring;
the two bounds are company defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamplighter.business.detection.records import Floats

BINS = 10
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How far one feature has moved.

    Attributes:
        name: feature.
        index: population stability index; 0 = as trained.
        missing_then: share without a value in training.
        missing_now: share without one now.
        middle_then: median in training, NaN where it had no value.
        middle_now: median now.
    """

    name: str
    index: float
    missing_then: float
    missing_now: float
    middle_then: float
    middle_now: float


def describe_features(features: Floats, *, names: Sequence[str]) -> dict[str, Any]:
    """Return what drift is measured against, in JSON's own types: edges of the deciles and shares, by feature.

    Args:
        features: shape (N, F).
        names: columns.
    """
    found = {}
    for at, name in enumerate(names):
        column = features[:, at]
        known = column[np.isfinite(column)]
        # Ties (counts, flags) make fewer than ten bins.
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if known.size else np.zeros(0)
        found[name] = {
            "edges": [float(edge) for edge in edges],
            "shares": [float(share) for share in _shares(column, edges)],
            "middle": float(np.median(known)) if known.size else None,
        }
    return found


def measure_drift(reference: Mapping[str, Any], features: Floats, *, names: Sequence[str]) -> list[FeatureDrift]:
    """Return the drift of each feature, the greatest first.

    Args:
        reference: of `describe_features`; a feature it lacks is left out.
        features: shape (N, F), now.
        names: columns.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> then, now = rng.normal(size=(4000, 2)), rng.normal(size=(4000, 2)) + np.array([0.0, 2.0])
        >>> drift = measure_drift(describe_features(then, names=["a", "b"]), now, names=["a", "b"])
        >>> [(one.name, one.index > 0.25) for one in drift]
        [('b', True), ('a', False)]
    """
    found = []
    for at, name in enumerate(names):
        if name not in reference or not len(features):
            continue
        then, column = reference[name], features[:, at]
        p = np.maximum(np.array(then["shares"]), _LEAST_SHARE)
        q = np.maximum(_shares(column, np.array(then["edges"])), _LEAST_SHARE)
        known = column[np.isfinite(column)]
        found.append(
            FeatureDrift(
                name=name,
                index=float(((q - p) * np.log(q / p)).sum()),
                missing_then=float(then["shares"][-1]),
                missing_now=float(1.0 - len(known) / len(column)),
                middle_then=float("nan") if then["middle"] is None else float(then["middle"]),
                middle_now=float(np.median(known)) if known.size else float("nan"),
            )
        )
    return sorted(found, key=lambda one: (-one.index, one.name))


def _shares(column: Floats, edges: Floats) -> Floats:
    """Return the share of rows in each bin, the share without a value last; they add up to 1."""
    known = column[np.isfinite(column)]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    shares: Floats = np.append(counts, len(column) - len(known)) / max(len(column), 1)
    return shares
