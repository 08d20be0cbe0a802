"""How deep the data of each customer go: what its evidence can rest on, and what it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Depth, Floats
from lamplighter.business.detection.window import Window

ELECTRICAL = ("voltage_a_v", "current_a_a")
"""Channels either of which makes a curve electrical."""


SHALLOWEST_FIRST = tuple(reversed(Depth))
LEVELS: Mapping[Depth, int] = MappingProxyType({depth: level for level, depth in enumerate(SHALLOWEST_FIRST)})
"""Depth -> level, 0 = the archive alone: what can be compared, and what is stored as ``context_depth``."""


def read_depth(*, window: Window, month_kwh: Floats, least_share: float) -> npt.NDArray[np.int64]:
    """Return the level of each candidate's depth (`LEVELS`), shape (N,).

    A depth counts where it was reached on ``least_share`` of the candidate's live days of the window: a curve of one
    day is no curve to judge by. Nothing estimated counts, only what came.

    Args:
        window: its block says what came, its trusted energy of which days a dial tells.
        month_kwh: energy billed, shape (N, months), NaN = not billed.
        least_share: above 0, at most 1.
    """
    block, meters, days = window.block, window.meters, slice(window.first, None)
    live = block.is_live[meters, days]
    least = np.maximum(least_share * live.sum(axis=1), 1.0)

    def reached(on_day: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        enough: npt.NDArray[np.bool_] = (on_day & live).sum(axis=1) >= least
        return enough

    def came(channel: str) -> npt.NDArray[np.bool_]:
        present = block.channel_present.get(channel)
        return np.zeros(live.shape, bool) if present is None else present[meters, days]

    dial = block.registers.get("total_kwh")
    read = np.zeros(live.shape, bool)
    if dial is not None:
        known = np.isfinite(dial[meters])
        read = (known[:, 1:] & known[:, :-1])[:, days]
    curve = came("energy_kwh")
    electrical = np.logical_or.reduce([came(channel) for channel in ELECTRICAL])
    depth = np.where(np.isfinite(month_kwh[:, -12:]).any(axis=1), LEVELS[Depth.MONTHLY], LEVELS[Depth.ARCHIVE])
    depth = np.where(reached(read | curve), LEVELS[Depth.DAILY], depth)
    depth = np.where(reached(curve), LEVELS[Depth.INTERVAL], depth)
    return np.where(reached(curve & electrical), LEVELS[Depth.INTERVAL_ELECTRICAL], depth).astype(np.int64)
