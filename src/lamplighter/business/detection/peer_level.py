"""A customer's use beside others of its class and size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings


def contract_of(customer: Mapping[str, object], *, absent: float = float("nan")) -> float:
    """Return an account's contract power in kW, its capacity in kVA where there is none.

    Example:
        >>> contract_of({"contract_kw": None, "contract_kva": 315.0}), contract_of({}, absent=1.0)
        (315.0, 1.0)
    """
    value = customer.get("contract_kw") or customer.get("contract_kva")
    return float(value) if isinstance(value, (int, float)) else absent


def level_among(
    *, use: Floats, size: Floats, classes: npt.NDArray[np.object_], settings: DetectionSettings
) -> tuple[Floats, Floats]:
    """Return each customer's place among its class and what the middle one of its size would use.

    ``z = (log(use / size) − median) / (1.4826 · MAD)`` within the class.

    Args:
        use: energy of a day or of a month, shape (N,); NaN or 0 = unknown.
        size: contract kW, shape (N,).
        classes: shape (N,).
        settings: ``peers.smallest_class``, ``peers.spread_floor``.

    Returns:
        z, and the use of the middle peer at this size, shape (N,) each; NaN in a class too small.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where((use > 0.0) & (size > 0.0), use / size, np.nan))
    z, peer = np.full(len(use), np.nan), np.full(len(use), np.nan)
    for word in sorted(set(classes.tolist())):
        members = np.flatnonzero(classes == word)
        known = members[np.isfinite(logs[members])]
        if len(known) < settings.number("peers.smallest_class"):
            continue
        middle = float(nan_median(logs[known][None, :])[0])
        spread = 1.4826 * float(nan_median(np.abs(logs[known] - middle)[None, :])[0])
        z[known] = (logs[known] - middle) / max(spread, settings.number("peers.spread_floor"))
        peer[known] = np.exp(middle) * size[known]
    return z, peer
