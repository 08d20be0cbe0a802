"""What may lie behind an area's loss: always-acting parts, and candidates with prior odds from what the balance saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.explanations import Cause, CustomerSigns
from lamplighter.business.line_loss.rules.explanation.cells import CELLS, PARTS, AreaCells, period_starts, sum_cells
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]

RATED_CURRENTS_A = (50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500)
"""Primary currents of the current transformers that are made (5 A secondary): a wrong ratio is mostly a neighbour's."""
GROSS_RATIOS = (1.0 / 3.0, 0.5, 2.0, 3.0)
"""Recorded over true ratio after a gross slip: a winding or a phase miscounted."""
_MOST_CANDIDATES = 24
_LEAST_LOG_ODDS = -5.0


class Part(NamedTuple):
    """One component: its column over the cells and the row of the customers' usual coefficient, and its prior.

    Attributes:
        cause: what it counts as.
        column: kWh in each cell for a coefficient of 1, shape (CELLS,).
        usual: what a coefficient of 1 adds to the usual high-pass coefficient of the area's customers.
        mean, deviation: prior of the coefficient, when it acts.
        log_odds: prior log-odds that it acts; unused for what always acts.
        group: parts of one group exclude one another; "" = none.
        meter: index into the block's meters it is about; -1 = about none.
    """

    cause: Cause
    column: Floats
    usual: float
    mean: float
    deviation: float
    log_odds: float = 0.0
    group: str = ""
    meter: int = -1


@dataclass(frozen=True, slots=True)
class AreaSigns:
    """Signs of one area: members of the archive first to last, and strangers that seem to hang here.

    Attributes:
        own: places in the signs of the meters the archive hangs here.
        arrivals: places of those booked elsewhere whose energy the area's residual holds.
        energy: masked energy of each sign's meter, by place: shape (N, CELLS).
        usual: median high-pass coefficient of the members; NaN where too few are known.
        usual_error: its standard error.
    """

    own: npt.NDArray[np.int64]
    arrivals: npt.NDArray[np.int64]
    usual: float
    usual_error: float


def read_area_signs(signs: CustomerSigns, area: int) -> AreaSigns:
    """Return which signs concern an area."""
    own = np.flatnonzero(signs.area == area)
    arrivals = np.flatnonzero((signs.elsewhere == area) & (signs.area != area))
    known = own[np.isfinite(signs.coefficient[own]) & (signs.elsewhere[own] < 0) & (signs.error[own] < 0.15)]
    # Where most customers' coefficients are vague one large load drives them all, and their middle is its doing.
    if len(known) < max(5, 0.5 * len(own)):
        return AreaSigns(own, arrivals, np.nan, np.nan)
    found = signs.coefficient[known]
    middle = float(np.median(found))
    scatter = 1.4826 * float(np.median(np.abs(found - middle)))
    # A median of n values scatters by 1.25 of a mean; neighbours' curves resemble one another, so never below 0.01.
    return AreaSigns(own, arrivals, middle, max(1.25 * scatter / len(known) ** 0.5, 0.01))


def always_parts(cells: AreaCells, *, members: int, thresholds: Thresholds) -> list[Part]:
    """Return what acts in every area: the lines, the classes of the meters, the estimates, and what is not known."""
    load = cells.sold.sum() / max(cells.hours.sum(), 1e-9)
    marginal = 2.0 * float(cells.technical.sum() / max(cells.sold.sum(), 1e-9))
    root = 3.0**0.5
    return [
        Part(Cause.TECHNICAL, cells.technical, marginal, 1.0, cells.technical_error),
        Part(Cause.SUPPLY_METER, cells.supply, 1.0, 0.0, thresholds.supply_meter_error / root),
        Part(
            Cause.CUSTOMER_METER,
            cells.sold,
            1.0,
            0.0,
            thresholds.customer_meter_error / root / max(members, 1) ** 0.5,
        ),
        Part(Cause.MISSING, cells.estimated, 0.0, 0.0, thresholds.estimate_error),
        Part(Cause.UNKNOWN, cells.sold, 0.0, 0.0, thresholds.unknown_share),
        Part(Cause.UNKNOWN, cells.hours, 0.0, 0.0, thresholds.unknown_share * load),
        *_unsteady_parts(cells, thresholds),
    ]


def _unsteady_parts(cells: AreaCells, thresholds: Thresholds) -> list[Part]:
    """Return a part for each sixth of the window and each part of the day.

    A thief's curve is never quite the one supposed. What a supposed curve misses lasts a while or comes back daily;
    without room for it the fit would bend meters and neighbours until every cell agreed.
    """
    period, part = np.arange(CELLS) // PARTS, np.arange(CELLS) % PARTS
    masks = [period == k for k in range(CELLS // PARTS)] + [part == k for k in range(PARTS)]
    return [
        Part(Cause.UNKNOWN, np.where(mask, cells.supply, 0.0), 0.0, 0.0, thresholds.unsteady_share) for mask in masks
    ]


def area_candidates(cells: AreaCells, *, supply_ratio: float, thresholds: Thresholds) -> list[Part]:
    """Return what may act in the area as a whole: a wrong ratio of its meter, lamps, use that no meter knows of."""
    parts: list[Part] = []
    steps = wrong_ratios(supply_ratio)
    for recorded_over_true in steps:
        odds = _log_odds(thresholds.supply_ratio_chance / len(steps))
        share = 1.0 - 1.0 / recorded_over_true
        parts.append(Part(Cause.SUPPLY_METER, cells.supply, recorded_over_true, share, 0.004, odds, "supply"))
    lamps, camera = thresholds.unmetered_kw, thresholds.unmetered_kw
    chance = _log_odds(thresholds.unmetered_chance)
    parts.append(Part(Cause.UNMETERED, cells.hours, 0.0, camera, 0.5 * camera, chance, "unmetered"))
    parts.append(Part(Cause.UNMETERED, cells.dark, 0.0, 2 * lamps, lamps, chance - 0.7, "unmetered"))
    load = float(cells.sold.sum() / max(cells.hours.sum(), 1e-9))
    size = thresholds.hidden_theft_share
    chance = _log_odds(thresholds.hidden_theft_chance)
    parts.append(Part(Cause.THEFT, cells.sold, 0.0, size, 0.6 * size, chance, "hidden"))
    for period in range(CELLS // PARTS):
        since = np.where(np.arange(CELLS) >= period * PARTS, cells.hours, 0.0)
        # One of six beginnings, each a sixth as likely.
        parts.append(Part(Cause.THEFT, since, 0.0, size * load, 0.6 * size * load, chance - 1.8, "hidden"))
    return parts


def wrong_ratios(ratio: float) -> list[float]:
    """Return recorded over true ratio for each likely slip of the archive: one size off, or a gross one.

    Example:
        A meter recorded as 200/5:

        >>> [round(value, 2) for value in wrong_ratios(40.0)]
        [1.33, 0.8, 0.33, 0.5, 2.0, 3.0]
    """
    amperes = ratio * 5.0
    below = [size for size in RATED_CURRENTS_A if size < amperes - 0.5]
    above = [size for size in RATED_CURRENTS_A if size > amperes + 0.5]
    near = [amperes / size for size in (below[-1:] + above[:1])]
    return [*near, *(gross for gross in GROSS_RATIOS if all(abs(gross - one) > 0.02 for one in near))]


def customer_candidates(
    cells: AreaCells,
    found: AreaSigns,
    *,
    signs: CustomerSigns,
    first: int,
    block: AreaBlock,
    trusted: TrustedEnergy,
    thresholds: Thresholds,
) -> list[Part]:
    """Return what single customers may do to the area's loss, most likely first.

    A customer whose moves the residual follows may steal, have a faulty meter or a wrong ratio; one it follows the
    other way round hangs elsewhere. Of these at most one acts.
    """
    parts: list[Part] = []
    three_phase = np.array([str(phase) not in ("A", "B", "C") for phase in block.strings("phase")], bool)
    usual = found.usual if np.isfinite(found.usual) else 0.0
    everyone = np.concatenate([found.own, found.arrivals])
    if not len(everyone):
        return parts
    meters = signs.meters[everyone]
    energy = trusted.metered_kwh[meters, first:] * block.multipliers[meters, None, None]
    columns = sum_cells(energy, cells.known)
    for place, column in zip(everyone[: len(found.own)], columns, strict=False):
        parts += _own_customer(
            int(place), column, usual, signs=signs, first=first, days=len(cells.known),
            multiplier=float(block.multipliers[signs.meters[place]]),
            is_three_phase=bool(three_phase[signs.meters[place]]), thresholds=thresholds,
        )  # fmt: skip
    for place, column in zip(found.arrivals, columns[len(found.own) :], strict=True):
        meter = int(signs.meters[place])
        parts.append(Part(Cause.WRONG_AREA, column, 0.0, 1.0, 0.02, 4.0, str(meter), meter))
    parts = [part for part in parts if part.log_odds > _LEAST_LOG_ODDS and part.column.any()]
    # By odds, then by the archive's number: never by the order of rows.
    parts.sort(key=lambda part: (-part.log_odds, str(block.meter_ids[part.meter]), part.mean))
    return parts[:_MOST_CANDIDATES]


def _own_customer(
    place: int,
    column: Floats,
    usual: float,
    *,
    signs: CustomerSigns,
    first: int,
    days: int,
    multiplier: float,
    is_three_phase: bool,
    thresholds: Thresholds,
) -> list[Part]:
    meter = int(signs.meters[place])
    group = str(meter)
    a, error = float(signs.coefficient[place]), float(signs.error[place])
    home, elsewhere = float(signs.home_coefficient[place]), int(signs.elsewhere[place])
    spread = thresholds.honest_spread
    parts: list[Part] = []
    if np.isfinite(home) and np.isfinite(error):
        away = _log_odds(thresholds.wrong_area_chance) + _bayes(home, -1.0, 0.06, usual, spread, error)
        # Without a neighbour that shows its energy the claim rests on one side alone.
        away = max(away, 4.0) if elsewhere >= 0 else min(away, thresholds.alone_log_odds_max)
        parts.append(Part(Cause.WRONG_AREA, -column, 0.0, 1.0, 0.02, away, group, meter))
    parts += _fallen(place, column, signs=signs, first=first, days=days, thresholds=thresholds)
    if not np.isfinite(a) or not np.isfinite(error) or elsewhere >= 0:
        return parts
    if multiplier > 1.0:
        for recorded_over_true in wrong_ratios(multiplier)[:2]:
            step = 1.0 / recorded_over_true - 1.0
            odds = _log_odds(0.5 * thresholds.customer_ratio_chance)
            odds += _bayes(a - usual, step, 0.02, 0.0, spread, error)
            mean, deviation = _posterior(a - usual, error, step, 0.02)
            parts.append(Part(Cause.CUSTOMER_METER, column, 0.0, mean, deviation, odds, group, meter))
    start = max(int(signs.onset_day[place]) - first, 0)
    late = _from_day(column, start, days)
    onset = float(signs.onset_coefficient[place])
    value = onset if np.isfinite(onset) and start > 0 else a
    for cause, chance, size, width in (
        (Cause.THEFT, thresholds.theft_chance, 0.8, 0.8),
        (
            Cause.CUSTOMER_METER,
            thresholds.meter_fault_chance * (3.0 if is_three_phase else 1.0),
            0.3,
            0.25,
        ),
    ):
        odds = _log_odds(chance) + _bayes(value - usual, size, width, 0.0, spread, error)
        mean, deviation = _posterior(value - usual, error, size, width)
        if mean > 0.0:
            parts.append(Part(cause, late, 0.0, mean, max(deviation, 0.3 * mean), odds, group, meter))
    return parts


def _fallen(
    place: int, column: Floats, *, signs: CustomerSigns, first: int, days: int, thresholds: Thresholds
) -> list[Part]:
    """Return the use a customer's meter lost on one day, as if it still flowed: with its earlier profile of the day."""
    start, kwh, t = int(signs.fell_day[place]) - first, float(signs.fell_kwh[place]), float(signs.fell_t[place])
    if start <= 0 or not np.isfinite(kwh) or kwh <= 0.0 or t < thresholds.fall_t_min:
        return []
    by_part = column.reshape(-1, PARTS)
    before = period_starts(days) < start
    profile = by_part[before].sum(axis=0)
    if profile.sum() <= 0.0:
        return []
    profile = profile / profile.sum()
    ends = np.append(period_starts(days)[1:], days)
    after = np.clip(ends - np.maximum(period_starts(days), start), 0, None)
    lost = (kwh * after[:, None] * profile[None, :]).ravel()
    meter = int(signs.meters[place])
    odds = _log_odds(thresholds.fall_theft_chance)
    fault = _log_odds(thresholds.fall_theft_chance * 0.1)
    return [
        Part(Cause.THEFT, lost, 0.0, 1.0, 0.3, odds, str(meter), meter),
        Part(Cause.CUSTOMER_METER, lost, 0.0, 1.0, 0.3, fault, str(meter), meter),
    ]


def _from_day(column: Floats, day: int, days: int) -> Floats:
    """Return a column without the periods before the one that holds ``day``."""
    period = int(np.searchsorted(period_starts(days), day, side="right")) - 1
    return np.where(np.arange(CELLS) >= period * PARTS, column, 0.0)


def _log_odds(chance: float) -> float:
    return float(np.log(chance / (1.0 - chance)))


def _bayes(value: float, mean: float, width: float, null: float, spread: float, error: float) -> float:
    """Return the log Bayes factor of a coefficient around ``mean`` against one around ``null``, held to +-8.

    Neighbours with like curves share what one of them does, so that a coefficient far out is never proof alone.
    """
    own, other = width**2 + error**2 + spread**2, spread**2 + error**2
    far = -0.5 * ((value - mean) ** 2 / own + np.log(own))
    near = -0.5 * ((value - null) ** 2 / other + np.log(other))
    return float(np.clip(far - near, -8.0, 8.0))


def _posterior(value: float, error: float, mean: float, width: float) -> tuple[float, float]:
    weight = width**2 / (width**2 + error**2)
    return mean + weight * (value - mean), max((weight * error**2) ** 0.5, 0.01)
