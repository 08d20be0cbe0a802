"""What the desk knows of an account: bills paid late or not at all, earlier visits and what they found.

Only what was known before the window's last day began is looked at, so that the result of a visit is never told
beforehand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.records import Floats

DUE_DAYS = 60
"""Days after the end of its month by which every bill is due, whatever the company's term."""

VISIT_DAYS = 730
"""How far back visits are counted."""


class DeskSigns(NamedTuple):
    """What the desk knows of each account. Axes: N accounts; NaN where the company keeps no such record.

    Attributes:
        unpaid: bills of the newest twelve months that were due and not paid.
        delay: days from the end of a month to its payment, the middle of the newest twelve.
        delay_change: the same of the newest three paid months less that of those before.
        visits: visits within two years.
        since: outcome -> days since the newest of that kind.
    """

    unpaid: Floats
    delay: Floats
    delay_change: Floats
    visits: Floats
    since: dict[str, Floats]


OUTCOMES = ("theft", "breach", "clean", "metering_fault")
"""Outcomes looked back for."""


def read_desk_signs(
    *,
    accounts: npt.NDArray[np.object_],
    as_of: np.datetime64,
    months: npt.NDArray[np.datetime64],
    month_kwh: Floats,
    payments: pa.Table | None,
    visits: pa.Table | None,
    outcomes: pa.Table | None,
) -> DeskSigns:
    """Return what the desk knew of each account when the window's last day began.

    Args:
        accounts: shape (N,).
        as_of: last day of the window.
        months: shape (months,), neighbouring.
        month_kwh: energy billed, shape (N, months), NaN = not billed.
        payments: ``core_payment``; payments that do not name their month cannot be matched with a bill and are left
            out.
        visits: ``core_visit``.
        outcomes: ``core_outcome``.

    Example:
        One account pays January on 10 February; the other never pays:

        >>> from datetime import date, datetime
        >>> signs = read_desk_signs(
        ...     accounts=np.array(["C1", "C2"], object), as_of=np.datetime64("2025-05-31"),
        ...     months=np.array(["2025-01"], "datetime64[M]"), month_kwh=np.array([[90.0], [80.0]]),
        ...     payments=pa.table({"account_id": ["C1"], "paid_at": [datetime(2025, 2, 10)],
        ...                        "for_month": [date(2025, 1, 1)]}), visits=None, outcomes=None)
        >>> signs.unpaid.tolist(), signs.delay.tolist()
        ([0.0, 1.0], [9.0, nan])
    """
    place = pa.array(accounts.tolist(), pa.string())
    delays = _delays(place, as_of, months, payments)
    newest = slice(max(len(months) - 12, 0), None)
    ends = (months[newest] + 1).astype("datetime64[D]")
    is_late = np.asarray(ends + np.timedelta64(DUE_DAYS, "D") <= as_of)
    was_due = (month_kwh[:, newest] > 0.0) & is_late[None, :]
    is_kept = payments is not None and payments.num_rows > 0
    unpaid = (was_due & np.isnan(delays[:, newest])).sum(axis=1).astype(np.float64)
    return DeskSigns(
        unpaid=np.where(was_due.any(axis=1) & is_kept, unpaid, np.nan),
        delay=nan_median(delays[:, newest]),
        delay_change=nan_median(delays[:, -3:]) - nan_median(delays[:, -12:-3]),
        visits=_count_visits(accounts, as_of, visits),
        since={outcome: _days_since(accounts, as_of, outcomes, outcome) for outcome in OUTCOMES},
    )


def _delays(
    place: pa.Array, as_of: np.datetime64, months: npt.NDArray[np.datetime64], payments: pa.Table | None
) -> Floats:
    """Return days from the end of each month to its first payment, shape (N, months); NaN where none is known."""
    delays = np.full((len(place), len(months)), np.nan)
    if payments is None or payments.num_rows == 0 or not len(months):
        return delays
    paid = payments.filter(pc.is_valid(payments["for_month"]))
    paid = paid.filter(pc.less(paid["paid_at"], pa.scalar(as_of.astype("datetime64[us]").item(), pa.timestamp("us"))))
    row = pc.fill_null(pc.index_in(paid["account_id"], value_set=place), -1).to_numpy().astype(np.int64)
    month = paid["for_month"].cast(pa.int32()).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    column = (month - months[0]).astype(np.int64)
    days = (paid["paid_at"].to_numpy().astype("datetime64[D]") - (month + 1).astype("datetime64[D]")).astype(np.float64)
    used = (row >= 0) & (column >= 0) & (column < len(months))
    first = np.full(delays.shape, np.inf)
    np.minimum.at(first, (row[used], column[used]), days[used])
    # Two meters may bill one account: every row of the account gets its payments.
    words = place.to_pylist()
    at = {account: number for number, account in reversed(list(enumerate(words)))}
    first = first[[at[account] for account in words]] if words else first
    return np.where(np.isfinite(first), first, np.nan)


def _count_visits(accounts: npt.NDArray[np.object_], as_of: np.datetime64, visits: pa.Table | None) -> Floats:
    if visits is None or visits.num_rows == 0:
        return np.full(len(accounts), np.nan)
    at = visits["at"].to_numpy().astype("datetime64[us]")
    known = (at < as_of) & (at >= as_of - np.timedelta64(VISIT_DAYS, "D"))
    counts: dict[str, int] = {}
    for account in visits["account_id"].filter(pa.array(known)).to_pylist():
        counts[account] = counts.get(account, 0) + 1
    return np.array([float(counts.get(account, 0)) for account in accounts], np.float64)


def _days_since(
    accounts: npt.NDArray[np.object_], as_of: np.datetime64, outcomes: pa.Table | None, outcome: str
) -> Floats:
    latest: dict[str, np.datetime64] = {}
    if outcomes is not None and outcomes.num_rows:
        for row in outcomes.filter(pc.equal(outcomes["outcome"], outcome)).to_pylist():
            day, account = np.datetime64(str(row["inspected_on"])[:10], "D"), str(row["account_id"])
            if day < as_of:
                latest[account] = max(day, latest.get(account, day))
    since = [
        float((as_of - latest[a]).astype("timedelta64[D]").astype(int)) if a in latest else np.nan for a in accounts
    ]
    return np.array(since, np.float64)
