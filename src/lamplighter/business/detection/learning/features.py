"""The features of a trained fusion: the layers' scores, one row a meter, always the same columns in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.detection.evidence import SCORES
from lamplighter.business.detection.fusion import PUBLISHED
from lamplighter.business.detection.records import Depth, Floats, Layer

_PUBLISHED: Mapping[str, Layer] = MappingProxyType({f"{layer.value}_{PUBLISHED}": layer for layer in SCORES})

DIRECTIONS: Mapping[str, int] = MappingProxyType(
    dict(sorted([(n, d) for scores in SCORES.values() for n, d in scores.items()] + [(n, 1) for n in _PUBLISHED]))
)
"""Feature -> direction in which it may count, in the order of the columns."""

LAYER_OF: Mapping[str, Layer] = MappingProxyType(
    {name: layer for layer, scores in SCORES.items() for name in scores} | dict(_PUBLISHED)
)
"""Feature -> layer that gives it."""


def read_features(scores: pa.Table, *, meter_ids: Sequence[str], names: Sequence[str] | None = None) -> Floats:
    """Return the features of meters, shape (N, F); NaN where a layer was not available or has no such score.

    Args:
        scores: ``out_evidence_score``, of any number of meters, in any order.
        meter_ids: whose rows are wanted, in the order wanted.
        names: wanted columns; all features when absent.

    Example:
        >>> scores = pa.table({"meter_id": ["M1", "M1"], "score": ["balance_z", "unheard_of"], "value": [2.5, 1.0]})
        >>> read_features(scores, meter_ids=["M0", "M1"], names=["balance_z", "shape_drop"]).tolist()
        [[nan, nan], [2.5, nan]]
    """
    columns = list(DIRECTIONS) if names is None else list(names)
    row = pc.index_in(scores["meter_id"], value_set=pa.array(meter_ids, pa.string()))
    column = pc.index_in(scores["score"], value_set=pa.array(columns, pa.string()))
    wanted = pc.and_(pc.is_valid(row), pc.is_valid(column))
    found = np.full((len(meter_ids), len(columns)), np.nan)
    at = row.filter(wanted).to_numpy(), column.filter(wanted).to_numpy()
    found[at] = scores["value"].filter(wanted).to_numpy(zero_copy_only=False)
    return found


_MARKS: tuple[tuple[Depth, str], ...] = (
    (Depth.INTERVAL_ELECTRICAL, "voltage_noise"),
    (Depth.INTERVAL, "shape_base"),
    (Depth.DAILY, "shape_day_noise"),
)
"""Score that only a customer of this depth, or of a greater one, can have; the deepest first."""


def depth_of(features: Floats, *, names: Sequence[str]) -> npt.NDArray[np.object_]:
    """Return how deep the data of each row go, shape (N,), `Depth`.

    Args:
        features: shape (N, F).
        names: columns.

    Example:
        >>> rows = np.array([[0.1, 2.0], [np.nan, 2.0], [np.nan, np.nan]])
        >>> [str(depth) for depth in depth_of(rows, names=["shape_base", "shape_day_noise"])]
        ['interval', 'daily', 'monthly']
    """
    found = np.full(len(features), Depth.MONTHLY, dtype=object)
    columns = list(names)
    for depth, mark in reversed(_MARKS):
        if mark in columns:
            found[np.isfinite(features[:, columns.index(mark)])] = depth
    return found
