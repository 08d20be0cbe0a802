"""How deep the data of each customer go: what its evidence can rest on, and what it cannot."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.window import Window

ELECTRICAL = ("voltage_a_v", "current_a_a")
"""Channels either of which makes a curve electrical."""


class Depth(IntEnum):
    """Depth of a customer's data; each has what those before it have. The names stand in the list's ``data_depth``."""

    ARCHIVE = 0
    """The archive alone: class, contract, earlier visits."""
    MONTHLY = 1
    """Bills."""
    DAILY = 2
    """Dial readings of the day."""
    INTERVAL = 3
    """A curve of energy."""
    INTERVAL_ELECTRICAL = 4
    """A curve of energy with voltages or currents."""

    @property
    def word(self) -> str:
        """The word in the list."""
        return self.name.lower()


def read_depth(*, window: Window, month_kwh: Floats, least_share: float) -> npt.NDArray[np.int64]:
    """Return the :class:`Depth` of each candidate, shape (N,).

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
    depth = np.where(np.isfinite(month_kwh[:, -12:]).any(axis=1), Depth.MONTHLY, Depth.ARCHIVE)
    depth = np.where(reached(read | curve), Depth.DAILY, depth)
    depth = np.where(reached(curve), Depth.INTERVAL, depth)
    return np.where(reached(curve & electrical), Depth.INTERVAL_ELECTRICAL, depth).astype(np.int64)
