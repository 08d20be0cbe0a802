"""Areas known by the month alone: what their supply meters took in a month less what their accounts were billed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.line_loss.records import AreaMonths, AreaPeriod, TechnicalSource
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.uncertainty import NORMAL_90

Floats = npt.NDArray[np.float64]
Months = npt.NDArray[np.datetime64]
PERIOD_MONTHS = 3
"""Newest months a period of months looks back over: about the window of days."""


@dataclass(frozen=True, slots=True)
class _Meters:
    """Meters as a month sees them. Axes: M meters, K months; energies after the multiplier, NaN = not reported."""

    area: npt.NDArray[np.int64]
    role: npt.NDArray[np.object_]
    account: npt.NDArray[np.object_]
    is_live: npt.NDArray[np.bool_]
    forward_kwh: Floats
    reverse_kwh: Floats


def balance_months(
    *,
    area_ids: npt.NDArray[np.object_],
    months: Months,
    meters: pa.Table,
    monthly: pa.Table | None,
    billed: pa.Table | None,
    thresholds: Thresholds,
) -> AreaMonths:
    """Return the loss of areas in months from monthly readings and bills.

    An account's energy is what its meters reported for the month, else what it was billed. An area is a figure when
    each of its supply and generation meters reported, and bills or readings are there for ``coverage_min`` of its
    accounts. Bills and supply are not read on one day: ``month_shift_error`` of a month's sold energy is in doubt. The
    technical part is the usual rate, for nothing of a month tells how the load ran.

    Args:
        area_ids: shape (A,).
        months: first days, shape (K,).
        meters: ``core_meter``.
        monthly: ``core_monthly``; None where the company has none.
        billed: ``core_billed_month``, likewise.
        thresholds: coverage, errors of meters, usual technical rate, ``month_shift_error``.

    Source:
        LL-2 over a month: in = supply + generation; out = users + supply reverse.

    Example:
        1,000 kWh supplied, two accounts billed 900 kWh, 30 kWh usual technical loss: 70 kWh unexplained:

        >>> from datetime import date
        >>> from lamplighter.business.line_loss.rules.thresholds import load_thresholds
        >>> january = date(2025, 1, 1)
        >>> meters = pa.table({
        ...     "meter_id": ["S", "M1", "M2"], "account_id": [None, "C1", "C2"], "area_id": ["T"] * 3,
        ...     "role": ["supply", "customer", "customer"], "multiplier": [10.0, 1.0, 1.0],
        ...     "installed_on": pa.nulls(3, pa.date32()), "removed_on": pa.nulls(3, pa.date32())})
        >>> found = balance_months(
        ...     area_ids=np.array(["T"], object), months=np.array(["2025-01"], "datetime64[M]"), meters=meters,
        ...     monthly=pa.table(
        ...         {"meter_id": ["S"], "month": [january], "channel": ["energy_kwh"], "value": [100.0]}),
        ...     billed=pa.table({"account_id": ["C1", "C2"], "month": [january] * 2, "energy_kwh": [400.0, 500.0]}),
        ...     thresholds=load_thresholds(on=january))
        >>> float(found.unexplained_kwh[0, 0]), bool(found.is_computable[0, 0])
        (70.0, True)
    """
    own = _lay_out_meters(area_ids, months, meters, monthly)
    areas, width = len(area_ids), len(months)

    def summed(where: npt.NDArray[np.bool_], values: Floats) -> Floats:
        sums = np.zeros((areas, width))
        np.add.at(sums, own.area[where], np.where(own.is_live[where], np.nan_to_num(values[where]), 0.0))
        return sums

    def counted(where: npt.NDArray[np.bool_], which: npt.NDArray[np.bool_]) -> Floats:
        return summed(where, which.astype(np.float64))

    here = own.area >= 0
    supply, solar = (here & np.asarray(own.role == role) for role in ("supply", "solar"))
    # A generation meter that never reports a reverse reading counts one way: what it meters was fed in.
    both = np.asarray(np.isfinite(own.reverse_kwh).any(axis=1))
    fed_in = np.where(both[:, None], own.reverse_kwh, own.forward_kwh)
    gap = counted(supply, np.isnan(own.forward_kwh)) + counted(solar, np.isnan(fed_in))
    supplied = summed(supply, own.forward_kwh) + summed(solar, fed_in)
    sold, square, known, live = _sold(own, billed, months, areas)
    sold = sold + summed(supply, own.reverse_kwh) + summed(solar & both, own.forward_kwh)
    has_supply = counted(supply, np.ones_like(own.is_live)) > 0
    supplied = np.where(has_supply & (gap == 0), supplied, np.nan)
    coverage = np.where(live > 0, known / np.maximum(live, 1.0), 0.0)
    technical = thresholds.technical_rate_usual * supplied
    spread = np.sqrt(
        (supplied * thresholds.supply_meter_error) ** 2 / 3
        + square * thresholds.customer_meter_error**2 / 3
        + (thresholds.technical_rate_usual_error * supplied) ** 2
    )
    return AreaMonths(
        months=months,
        supplied_kwh=supplied,
        sold_kwh=np.where(known > 0, sold, np.nan),
        technical_kwh=technical,
        spread_kwh=spread,
        shift_kwh=thresholds.month_shift_error * sold,
        unread_kwh=(live - known) * sold / np.maximum(known, 1.0),
        coverage=coverage,
        is_computable=(coverage >= thresholds.coverage_min) & (supplied > 0.0),
    )


def month_sums(found: AreaMonths, *, areas: npt.NDArray[np.bool_]) -> pa.Table:
    """Return the only month of some areas as the sums `figures_of` reads: one row an area."""
    half = NORMAL_90 * np.hypot(found.spread_kwh, found.shift_kwh)
    loss, unexplained = found.supplied_kwh - found.sold_kwh, found.unexplained_kwh
    columns = {
        "supplied_kwh": found.supplied_kwh,
        "sold_kwh": found.sold_kwh,
        "loss_kwh": loss,
        "technical_kwh": found.technical_kwh,
        "unexplained_kwh": unexplained,
        "unexplained_low_kwh": unexplained - half - found.unread_kwh,
        "unexplained_high_kwh": unexplained + half,
        "coverage": found.coverage,
        "estimated_kwh": np.zeros_like(loss),
    }
    sums = {name: pa.array(values[areas, 0]) for name, values in columns.items()}
    return pa.table(sums | {"technical_source": pa.repeat(TechnicalSource.USUAL.value, int(areas.sum()))})


def period_of_months(period: AreaPeriod, found: AreaMonths) -> AreaPeriod:
    """Return the period with what the newest months say of areas that have no computable day.

    An area whose upper end is not above zero got energy that neither supply nor generation meter reports, mostly from
    roofs: it stays unknown, for such months cannot clear anybody.

    Errors of meters and of the usual rate stay from month to month and are added as they are; days by which bills and
    supply are shifted even out but for the ends, and count once.
    """
    newest = slice(max(len(found.months) - PERIOD_MONTHS, 0), None)
    used = found.is_computable[:, newest]
    is_filled = (period.day_counts == 0) & used.any(axis=1)
    lengths = np.diff(np.append(found.months, found.months[-1:] + 1).astype("datetime64[D]")).astype(np.int64)

    def total(values: Floats) -> Floats:
        summed: Floats = np.where(used, values[:, newest], 0.0).sum(axis=1)
        return summed

    supplied, unexplained = total(found.supplied_kwh), total(found.unexplained_kwh)
    shift = total(found.shift_kwh) / np.maximum(used.sum(axis=1), 1)
    half = NORMAL_90 * np.hypot(total(found.spread_kwh), shift)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = total(found.supplied_kwh - found.sold_kwh) / supplied
    is_filled &= unexplained + half > 0.0
    return replace(
        period,
        day_counts=np.where(is_filled, (used * lengths[newest]).sum(axis=1), period.day_counts).astype(np.int32),
        loss_rate=np.where(is_filled, rate, period.loss_rate),
        unexplained_kwh=np.where(is_filled, unexplained, period.unexplained_kwh),
        unexplained_low_kwh=np.where(
            is_filled, unexplained - half - total(found.unread_kwh), period.unexplained_low_kwh
        ),
        unexplained_high_kwh=np.where(is_filled, unexplained + half, period.unexplained_high_kwh),
    )


def _lay_out_meters(
    area_ids: npt.NDArray[np.object_], months: Months, meters: pa.Table, monthly: pa.Table | None
) -> _Meters:
    place = pc.index_in(meters["area_id"], value_set=pa.array(area_ids.tolist(), pa.string()))
    begins, ends = (_dates(meters[name], missing) for name, missing in _EDGES)
    return _Meters(
        area=place.fill_null(-1).to_numpy().astype(np.int64),
        role=np.array(meters["role"].to_pylist(), object),
        account=np.array(meters["account_id"].to_pylist(), object),
        is_live=np.asarray(begins[:, None] < (months + 1).astype("datetime64[D]")) & (ends[:, None] > months[None, :]),
        forward_kwh=_readings(meters, monthly, "energy_kwh", months),
        reverse_kwh=_readings(meters, monthly, "reverse_kwh", months),
    )


_EDGES = (("installed_on", np.datetime64("1900-01-01")), ("removed_on", np.datetime64("2200-01-01")))


def _dates(column: pa.ChunkedArray, missing: np.datetime64) -> npt.NDArray[np.datetime64]:
    numbers = pc.fill_null(column.cast(pa.int32()), int(missing.astype(np.int64))).to_numpy()
    return np.asarray(numbers.astype(np.int64).view("datetime64[D]"))


def _readings(meters: pa.Table, monthly: pa.Table | None, channel: str, months: Months) -> Floats:
    found = np.full((meters.num_rows, len(months)), np.nan)
    if monthly is None or not monthly.num_rows:
        return found
    own = monthly.filter(pc.equal(monthly["channel"], channel))
    row, column = _places(own["meter_id"], meters["meter_id"], own["month"], months)
    known = (row >= 0) & (column >= 0)
    found[row[known], column[known]] = own["value"].to_numpy()[known]
    multiplier: Floats = meters["multiplier"].to_numpy().astype(np.float64)
    return found * multiplier[:, None]


def _places(
    ids: pa.ChunkedArray, known: pa.ChunkedArray | pa.Array, month: pa.ChunkedArray, months: Months
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    values = known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known
    row = pc.fill_null(pc.index_in(ids, value_set=values), -1).to_numpy().astype(np.int64)
    number = month.cast(pa.int32()).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    column = np.full(len(number), -1, np.int64)
    if len(months):
        ahead = (number - months[0].astype("datetime64[M]")).astype(np.int64)
        column = np.where((ahead >= 0) & (ahead < len(months)), ahead, -1)
    return row, column


def _sold(own: _Meters, billed: pa.Table | None, months: Months, areas: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return sold energy, the sum of its squares by account, known and live accounts of each area, shape (A, K)
    each.

    An account of meters in several areas is known in none of them, unless its meters reported.
    """
    customer = np.flatnonzero((own.area >= 0) & (own.role == "customer"))
    # A meter that bills nobody is an account of its own.
    words = np.array([own.account[at] or f"\0{at}" for at in customer], object)
    accounts, of_meter = np.unique(words.astype(str), return_inverse=True)
    count, width = len(accounts), len(months)
    live, told, energy = np.zeros((count, width)), np.zeros((count, width)), np.zeros((count, width))
    np.add.at(live, of_meter, own.is_live[customer])
    np.add.at(told, of_meter, own.is_live[customer] & np.isfinite(own.forward_kwh[customer]))
    np.add.at(energy, of_meter, np.where(own.is_live[customer], np.nan_to_num(own.forward_kwh[customer]), 0.0))
    bills = np.full((count, width), np.nan)
    if billed is not None and billed.num_rows and count:
        row, column = _places(billed["account_id"], pa.array(accounts.tolist(), pa.string()), billed["month"], months)
        good = (row >= 0) & (column >= 0)
        bills[row[good], column[good]] = billed["energy_kwh"].to_numpy()[good]
    lowest, highest = np.full(count, areas), np.full(count, -1)
    np.minimum.at(lowest, of_meter, own.area[customer])
    np.maximum.at(highest, of_meter, own.area[customer])
    bills[lowest != highest] = np.nan
    value = np.where((live > 0) & (told == live), energy, bills)
    is_known = (live > 0) & np.isfinite(value)
    sums = np.zeros((4, areas, width))
    for at, part in enumerate((np.nan_to_num(value), np.nan_to_num(value) ** 2, np.ones_like(value))):
        np.add.at(sums[at], lowest, np.where(is_known, part, 0.0))
    np.add.at(sums[3], lowest, (live > 0).astype(np.float64))
    return sums[0], sums[1], sums[2], sums[3]
