"""Signs in what an account was billed month by month: all that a company without readings has.

A month follows the season; what the class does together is divided out first. The same month of the year before, the
fall since the best split, falls one after another and months of nothing are what is left to see.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.periods import ended_months
from lamplighter.business.detection.changes import find_changes, nan_median
from lamplighter.business.detection.day_signs import correlate_rows
from lamplighter.business.detection.records import Floats

MONTHS = 24
"""Months looked at: two years, so that each of the newest twelve has the same month before it."""

FALL = 0.95
"""A month below this share of the month before it counts as a fall."""

NOTHING = 0.02
"""A month of at most this share of the usual one is next to nothing: a standby, or a reading rounded."""


class MonthSigns(NamedTuple):
    """Signs of each account. Axes: N accounts; NaN where too few months are known.

    Attributes:
        mean_kwh: mean month of the newest twelve.
        recent_kwh: mean month of the newest three.
        year_log: log(the newest three months / the same three a year before), the class's own taken out; < 0 = less.
        last_log: log(newest month / median of the twelve before it), likewise.
        drop: share that went at the best split.
        drop_t: drop over its standard error; > 0 = fell.
        slope: change of log kWh a month over the newest twelve.
        falls: falls one after another at the end, months.
        zero_share: share of the newest six months with next to nothing, of an account that used something.
        quarter_log: log(the newest three months / the nine before them), the class's season taken out; < 0 = less.
        total_log: log(the newest twelve months / the twelve before them), likewise.
        drop_months: months since the best split.
        zero_run: months with next to nothing one after another at the end, of an account that used something.
        low_share: share of the newest twelve months below half of the account's own middle month.
        spread: standard deviation of the newest twelve over their mean, the class's season taken out.
        season: correlation of the newest twelve with what the class did in them.
        known_share: share of the newest twelve that were billed.
        noise: median |change of log kWh| from month to month.
        split: index of the first month after the best split, -1 where unknown.
        split_on: its first day.
    """

    mean_kwh: Floats
    recent_kwh: Floats
    year_log: Floats
    last_log: Floats
    drop: Floats
    drop_t: Floats
    slope: Floats
    falls: Floats
    zero_share: Floats
    quarter_log: Floats
    total_log: Floats
    drop_months: Floats
    zero_run: Floats
    low_share: Floats
    spread: Floats
    season: Floats
    known_share: Floats
    noise: Floats
    split: npt.NDArray[np.int64]
    split_on: npt.NDArray[np.datetime64]


def months_billed(billed: pa.Table | None, *, as_of: date) -> npt.NDArray[np.datetime64]:
    """Return the months looked at, shape (24,): up to the newest ended month in which bills are complete.

    Bills come weeks after their month: without this every newest month would be one of nothing known. Complete is a
    month with at least half as many bills as the fullest.

    Args:
        billed: ``core_billed_month``, of any accounts; None where the company has none.
        as_of: last day of the window.

    Example:
        >>> bills = pa.table({"month": pa.array([date(2025, 1, 1)] * 4 + [date(2025, 2, 1)], pa.date32())})
        >>> str(months_billed(bills, as_of=date(2025, 3, 31))[-1])
        '2025-01'
    """
    months = ended_months(as_of, count=MONTHS)
    if billed is None or billed.num_rows == 0:
        return months
    number = billed["month"].cast(pa.int32()).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    column = (number - months[0]).astype(np.int64)
    counts = np.bincount(column[(column >= 0) & (column < MONTHS)], minlength=MONTHS)
    complete = np.flatnonzero(2 * counts >= max(int(counts.max()), 1))
    return months - (MONTHS - 1 - int(complete[-1])) if len(complete) else months


def lay_out_months(
    billed: pa.Table | None, *, accounts: npt.NDArray[np.object_], months: npt.NDArray[np.datetime64]
) -> Floats:
    """Return the energy billed, shape (N, months), NaN where no bill is known; later bills are not looked at.

    Args:
        billed: ``core_billed_month``, of any accounts; None where the company has none.
        accounts: shape (N,).
        months: shape (months,), neighbouring.
    """
    found = np.full((len(accounts), len(months)), np.nan)
    if billed is None or billed.num_rows == 0:
        return found
    row = pc.index_in(billed["account_id"], value_set=pa.array(accounts.tolist(), pa.string()))
    number = billed["month"].cast(pa.int32()).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    column = (number - months[0]).astype(np.int64)
    known = pc.is_valid(row).to_numpy() & (column >= 0) & (column < len(months))
    found[row.fill_null(0).to_numpy()[known], column[known]] = billed["energy_kwh"].to_numpy()[known]
    # Two meters may bill one account: every row of the account gets its months.
    first = {account: at for at, account in reversed(list(enumerate(accounts.tolist())))}
    return found[[first[account] for account in accounts.tolist()]] if len(accounts) else found


def read_month_signs(
    *, energy_kwh: Floats, classes: npt.NDArray[np.object_], months: npt.NDArray[np.datetime64], smallest_class: int
) -> MonthSigns:
    """Return the signs of each account.

    Args:
        energy_kwh: shape (N, months), NaN = not billed.
        classes: shape (N,).
        months: shape (months,).
        smallest_class: a class with fewer members is held against everybody.

    Example:
        Steady neighbours, and one that halves in the newest four months:

        >>> energy = np.tile([200.0, 204.0], (9, 12))
        >>> energy[0, 20:] /= 2
        >>> months = ended_months(date(2025, 6, 30), count=MONTHS)
        >>> signs = read_month_signs(energy_kwh=energy, classes=np.array(["home"] * 9), months=months, smallest_class=5)
        >>> float(signs.year_log[0].round(2)), float(signs.drop[0].round(2)), str(signs.split_on[0])
        (-0.65, 0.5, '2025-03-01')
    """
    changes = find_changes(daily_kwh=energy_kwh, classes=classes, smallest_class=smallest_class, margin_days=2)
    adjusted = changes.adjusted_kwh
    known = np.isfinite(adjusted)
    usual = _mean(adjusted)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A twentieth of the usual month keeps an empty month from being minus infinity.
        logs = np.where(usual[:, None] > 0.0, np.log(np.maximum(adjusted, 0.0) / usual[:, None] + 0.05), np.nan)
    is_nothing = np.where(known, adjusted <= NOTHING * usual[:, None], False) & (usual > 0.0)[:, None]
    zero = is_nothing[:, -6:].sum(axis=1)
    year = adjusted[:, -12:]
    middle = nan_median(adjusted)
    low = np.where(np.isfinite(year), year < 0.5 * middle[:, None], False).sum(axis=1)
    of_year = np.isfinite(year).sum(axis=1)
    enough = (of_year >= 6) & (middle > 0.0)
    seen = known[:, -6:].sum(axis=1)
    split_on = np.where(changes.split >= 0, months[np.maximum(changes.split, 0)], np.datetime64("NaT", "M"))
    return MonthSigns(
        mean_kwh=_mean(energy_kwh[:, -12:]),
        recent_kwh=_mean(energy_kwh[:, -3:]),
        year_log=_mean(logs[:, -3:]) - _mean(logs[:, -15:-12]),
        last_log=logs[:, -1] - nan_median(logs[:, -13:-1]),
        drop=changes.drop_share,
        drop_t=changes.t,
        slope=_slope(logs[:, -12:]),
        falls=_falls(adjusted),
        zero_share=np.where((seen > 0) & (usual > 0.0), zero / np.maximum(seen, 1), np.nan),
        quarter_log=_mean(logs[:, -3:]) - _mean(logs[:, -12:-3]),
        total_log=_mean(logs[:, -12:]) - _mean(logs[:, -24:-12]),
        drop_months=np.where(changes.split >= 0, energy_kwh.shape[1] - changes.split, np.nan),
        zero_run=np.where(known[:, -1:].any(axis=1) & (usual > 0.0), _run_at_end(is_nothing), np.nan),
        low_share=np.where(enough, low / np.maximum(of_year, 1), np.nan),
        spread=np.where(enough, _spread(year), np.nan),
        season=correlate_rows(_filled(energy_kwh[:, -12:]), changes.class_factor[:, -12:]),
        known_share=of_year / max(year.shape[1], 1),
        noise=nan_median(np.abs(np.diff(logs, axis=1))),
        split=changes.split,
        split_on=split_on.astype("datetime64[D]"),
    )


def _mean(rows: Floats) -> Floats:
    known = np.isfinite(rows)
    count = known.sum(axis=1)
    mean: Floats = np.where(count > 0, np.where(known, rows, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
    return mean


def _slope(logs: Floats) -> Floats:
    known = np.isfinite(logs)
    count = known.sum(axis=1)
    at = np.where(known, np.arange(logs.shape[1], dtype=np.float64)[None, :], 0.0)
    value = np.where(known, logs, 0.0)
    divisor = np.maximum(count, 1)
    left = np.where(known, at - (at.sum(axis=1) / divisor)[:, None], 0.0)
    energy = (left**2).sum(axis=1)
    slope: Floats = np.where(count >= 6, (left * value).sum(axis=1) / np.maximum(energy, 1e-9), np.nan)
    return slope


def _run_at_end(marks: npt.NDArray[np.bool_]) -> Floats:
    run: Floats = np.cumprod(marks[:, ::-1], axis=1).sum(axis=1).astype(np.float64)
    return run


def _spread(rows: Floats) -> Floats:
    mean = _mean(rows)
    deviation = np.sqrt(_mean((rows - mean[:, None]) ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread: Floats = np.where(mean > 0.0, deviation / mean, np.nan)
    return spread


def _filled(rows: Floats) -> Floats:
    """Return the rows with unknown months as their mean; NaN where fewer than six months are known."""
    known = np.isfinite(rows)
    mean = np.where(known.sum(axis=1) >= 6, _mean(rows), np.nan)
    filled: Floats = np.where(known & np.isfinite(mean)[:, None], rows, mean[:, None])
    return filled


def _falls(adjusted: Floats) -> Floats:
    if adjusted.shape[1] < 2:
        return np.full(len(adjusted), np.nan)
    run = _run_at_end(adjusted[:, 1:] < FALL * adjusted[:, :-1])
    falls: Floats = np.where(np.isfinite(adjusted[:, -1]), run, np.nan)
    return falls
