"""The window every layer looks at: candidates, their trusted energy, and the area's residual, worked out once a
block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.detection.records import Days, Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.line_loss.records import AreaLosses
from lamplighter.business.trusted_energy.records import TrustedEnergy


@dataclass(frozen=True, slots=True)
class Window:
    """What the layers share. Axes: N candidates, W days, S slots, A areas of the block.

    A candidate is a customer's meter, live on the window's last day, that bills an account.

    Attributes:
        block: the block it was cut from.
        trusted: trusted energy of the block.
        losses: losses of the block's areas.
        first: index into ``block.days`` of the window's first day.
        meters: index of each candidate into the block's meters, shape (N,).
        area: index of the area each candidate hangs on, on the last day, shape (N,); -1 where none.
        kwh: trusted energy of each slot after the multiplier, float32, shape (N, W, S); NaN = unknown.
        daily_kwh: trusted energy of each day after the multiplier, shape (N, W); NaN = unknown.
        residual_kwh: what the area was supplied and nobody's meter shows, less the technical loss where a network
            model gives it, shape (A, W, S); NaN where it is not known.
        sold_kwh: what the area's customers took, shape (A, W, S); NaN where nothing is known.
    """

    block: AreaBlock
    trusted: TrustedEnergy
    losses: AreaLosses
    first: int
    meters: npt.NDArray[np.int64]
    area: npt.NDArray[np.int32]
    kwh: npt.NDArray[np.float32]
    daily_kwh: Floats
    residual_kwh: Floats
    sold_kwh: Floats

    @property
    def days(self) -> Days:
        """The window's days, shape (W,)."""
        return self.block.days[self.first :]

    @property
    def last_day(self) -> np.datetime64:
        """The day the list is as of."""
        return np.datetime64(self.block.days[-1], "D")

    @property
    def as_of(self) -> date:
        """The same as a date."""
        return date.fromisoformat(str(self.last_day))

    @property
    def mean_daily_kwh(self) -> Floats:
        """What each candidate registers on a known day, shape (N,); NaN where no day is known."""
        known = np.isfinite(self.daily_kwh)
        days = known.sum(axis=1)
        total = np.where(known, self.daily_kwh, 0.0).sum(axis=1)
        mean: Floats = np.where(days > 0, total / np.maximum(days, 1), np.nan)
        return mean

    def candidate_strings(self, column: str) -> npt.NDArray[np.object_]:
        """Return an archive column of words of the candidates, shape (N,)."""
        return self.block.strings(column)[self.meters]


def open_window(*, block: AreaBlock, trusted: TrustedEnergy, losses: AreaLosses, settings: DetectionSettings) -> Window:
    """Return the window of the last ``window.days`` days of a block.

    Args:
        block: the bucket's dense arrays.
        trusted: trusted energy of the same block.
        losses: losses of the same block.
        settings: ``window.*``.
    """
    first = max(0, len(block.days) - int(settings.number("window.days")))
    has_account = np.array([account is not None for account in block.strings("account_id")], bool)
    meters = np.flatnonzero((block.strings("role") == "customer") & has_account & block.is_live[:, -1])
    technical = np.nan_to_num(losses.technical_slot_kwh[:, first:], nan=0.0)
    metered = trusted.metered_kwh[:, first:]
    return Window(
        block=block,
        trusted=trusted,
        losses=losses,
        first=first,
        meters=meters,
        area=block.area_of[meters, -1],
        kwh=metered[meters] * block.multipliers[meters, None, None].astype(np.float32),
        daily_kwh=trusted.day_kwh[meters, first:],
        residual_kwh=losses.residual_kwh[:, first:].astype(np.float64) - technical,
        sold_kwh=losses.sold_slot_kwh[:, first:].astype(np.float64),
    )
