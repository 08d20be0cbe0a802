"""An area's window summed into cells: sixths of the window by parts of the day, known slots only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.records import SOURCE_ORDER, AreaLosses, TechnicalSource
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.trusted_energy.records import Quality, TrustedEnergy

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PERIODS = 6
PARTS = 8
CELLS = PERIODS * PARTS
_DARK = (0, 1, 6, 7)
"""Three-hour parts of the day in which lamps burn, about: 18 to 6 o'clock."""


@dataclass(frozen=True, slots=True)
class AreaCells:
    """What an area's window comes to in each cell, kWh, shape (CELLS,): period first, part of the day second.

    Attributes:
        residual: supplied less sold, all of it: what is to be explained.
        supply: supplied.
        sold: what the meters booked here show.
        technical: modelled technical loss.
        technical_error: its standard deviation as a share of it.
        estimated: energy of customers' slots that were estimated.
        hours: hours the cell holds.
        dark: hours of it after dark.
        known: slots summed, shape (W, S).
        outside_kwh: loss of the computable days that lies in no known slot.
        loss_kwh, supplied_kwh: of all computable days.
        day_count: computable days.
    """

    residual: Floats
    supply: Floats
    sold: Floats
    technical: Floats
    technical_error: float
    estimated: Floats
    hours: Floats
    dark: Floats
    known: Mask
    outside_kwh: float
    loss_kwh: float
    supplied_kwh: float
    day_count: int


def sum_cells(values: npt.NDArray[np.floating], known: Mask) -> Floats:
    """Return sums over cells of values (..., W, S), shape (..., CELLS); unknown and NaN count nothing.

    Example:
        Twelve days of eight slots, each worth one: two days of one slot in each cell.

        >>> cells = sum_cells(np.ones((12, 8)), np.ones((12, 8), bool))
        >>> cells.shape, float(cells[0])
        ((48,), 2.0)
    """
    days, slots = known.shape
    kept = np.where(known & np.isfinite(values), values, 0.0).astype(np.float64)
    parts = np.add.reduceat(kept, np.arange(PARTS) * slots // PARTS, axis=-1)
    periods = np.add.reduceat(parts, period_starts(days), axis=-2)
    return np.asarray(periods.reshape(*values.shape[:-2], CELLS))


def period_starts(days: int) -> npt.NDArray[np.int64]:
    """Return the first day of each sixth of a window of ``days``, at least six."""
    return np.arange(PERIODS) * days // PERIODS


def area_cells(
    *,
    area: int,
    first: int,
    block: AreaBlock,
    trusted: TrustedEnergy,
    losses: AreaLosses,
    members: npt.NDArray[np.int64],
    thresholds: Thresholds,
) -> AreaCells | None:
    """Return the cells of an area, or None where its window has too little to explain.

    Args:
        area: index of the area.
        first: index into the days of the window's first.
        block, trusted, losses: of one bucket.
        members: indices of the meters whose readings may be estimated, those of its customers.
        thresholds: usual technical loss and its spread.
    """
    window = slice(first, None)
    computable = losses.is_computable[area, window]
    residual = losses.residual_kwh[area, window].astype(np.float64)
    sold = losses.sold_slot_kwh[area, window].astype(np.float64)
    known = computable[:, None] & np.isfinite(residual) & np.isfinite(sold)
    technical, technical_error = _technical(
        area=area, window=window, losses=losses, sold=np.where(known, sold, 0.0), thresholds=thresholds
    )
    if len(computable) < PERIODS or known.sum() < CELLS * 4:
        return None
    slots = known.shape[1]
    hours = np.where(known, 24.0 / slots, 0.0)
    quality = trusted.quality[members, window]
    guessed = (quality == Quality.ESTIMATED) | (quality == Quality.SUBSTITUTED)
    energy = np.where(guessed, np.nan_to_num(trusted.metered_kwh[members, window]), 0.0)
    estimated = (energy * block.multipliers[members, None, None]).sum(axis=0)
    cell_hours = sum_cells(hours, known)
    is_dark = np.isin(np.arange(CELLS) % PARTS, _DARK)
    loss = float(losses.loss_kwh[area, window][computable].sum())
    summed = sum_cells(residual, known)
    return AreaCells(
        residual=summed,
        supply=sum_cells(residual + sold, known),
        sold=sum_cells(sold, known),
        technical=sum_cells(technical, known),
        technical_error=technical_error,
        estimated=sum_cells(estimated, known),
        hours=cell_hours,
        dark=np.where(is_dark, cell_hours, 0.0),
        known=known,
        outside_kwh=loss - float(summed.sum()),
        loss_kwh=loss,
        supplied_kwh=float(losses.supplied_kwh[area, window][computable].sum()),
        day_count=int(computable.sum()),
    )


def _technical(
    *, area: int, window: slice, losses: AreaLosses, sold: Floats, thresholds: Thresholds
) -> tuple[Floats, float]:
    """Return the modelled technical loss of each slot, and its standard deviation as a share of it.

    Without a network it is the usual rate, grown with the square of the load: a regression on the same residual would
    have laid at the lines' door what a thief's load does, and explaining would only repeat it.
    """
    computable = losses.is_computable[area, window]
    source = losses.technical_source[area, window][computable]
    if len(source) and (source == SOURCE_ORDER.index(TechnicalSource.NETWORK)).mean() > 0.5:
        kwh = np.nansum(losses.technical_kwh[area, window][computable])
        error = np.nansum(losses.technical_error_kwh[area, window][computable])
        # The errors of a network model last: they are added as they are.
        share = float(np.clip(error / kwh, 0.01, 1.0)) if kwh > 0.0 else 0.5
        return np.nan_to_num(losses.technical_slot_kwh[area, window].astype(np.float64)), share
    square = sold**2
    total = max(float(square.sum()), 1e-9)
    usual = thresholds.technical_rate_usual * sold.sum() * square / total
    return usual, thresholds.technical_rate_usual_error / thresholds.technical_rate_usual
