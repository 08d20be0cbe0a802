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

from lamplighter.business.detection.changes import find_changes, nan_median
from lamplighter.business.detection.records import Floats

MONTHS = 24
"""Months looked at: two years, so that each of the newest twelve has the same month before it."""

FALL = 0.95
"""A month below this share of the month before it counts as a fall."""


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
    noise: Floats
    split: npt.NDArray[np.int64]
    split_on: npt.NDArray[np.datetime64]


def months_before(as_of: date, *, count: int = MONTHS) -> npt.NDArray[np.datetime64]:
    """Return the first days of the newest whole months that had ended by the day, shape (count,).

    Example:
        >>> months_before(date(2025, 3, 31), count=2).astype(str).tolist()
        ['2025-02', '2025-03']
        >>> months_before(date(2025, 3, 30), count=2).astype(str).tolist()
        ['2025-01', '2025-02']
    """
    day = np.datetime64(as_of, "D") + np.timedelta64(1, "D")
    first_open = day.astype("datetime64[M]")
    return np.arange(first_open - np.timedelta64(count, "M"), first_open)


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
        >>> months = months_before(date(2025, 6, 30))
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
    year = _mean(logs[:, -3:]) - _mean(logs[:, -15:-12])
    zero = np.where(known[:, -6:], adjusted[:, -6:] <= 0.02 * usual[:, None], False).sum(axis=1)
    seen = known[:, -6:].sum(axis=1)
    split_on = np.where(changes.split >= 0, months[np.maximum(changes.split, 0)], np.datetime64("NaT", "M"))
    return MonthSigns(
        mean_kwh=_mean(energy_kwh[:, -12:]),
        recent_kwh=_mean(energy_kwh[:, -3:]),
        year_log=year,
        last_log=logs[:, -1] - nan_median(logs[:, -13:-1]),
        drop=changes.drop_share,
        drop_t=changes.t,
        slope=_slope(logs[:, -12:]),
        falls=_falls(adjusted),
        zero_share=np.where((seen > 0) & (usual > 0.0), zero / np.maximum(seen, 1), np.nan),
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


def _falls(adjusted: Floats) -> Floats:
    if adjusted.shape[1] < 2:
        return np.full(len(adjusted), np.nan)
    fell = adjusted[:, 1:] < FALL * adjusted[:, :-1]
    run = np.cumprod(fell[:, ::-1], axis=1).sum(axis=1)
    falls: Floats = np.where(np.isfinite(adjusted[:, -1]), run, np.nan)
    return falls
