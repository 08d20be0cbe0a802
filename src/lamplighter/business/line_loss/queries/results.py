"""Reading the losses that were found."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract
from lamplighter.base.lake import Snapshot
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_LOSS_MONTHLY, FEEDER_LOSS, UNIT_LOSS

DAY_BUCKET, MONTH_BUCKET = 0, 1
"""Feeder and unit tables keep days and months apart as buckets: a month is dated by its first day, and a run of that
day must not replace it."""

EXPORTED = (
    "area_id",
    "on_date",
    "supplied_kwh",
    "sold_kwh",
    "loss_kwh",
    "loss_rate",
    "technical_kwh",
    "unexplained_kwh",
    "unexplained_low_kwh",
    "unexplained_high_kwh",
    "coverage",
    "is_computable",
    "loss_class",
)
"""Columns other systems read, as the company folder's page promises them."""


def month_of(day: dt.date) -> str:
    """Return the lake's word for a day's month.

    Example:
        >>> month_of(dt.date(2025, 3, 9))
        '2025-03'
    """
    return f"{day:%Y-%m}"


def newest_worked_day(state: Snapshot) -> dt.date | None:
    """Return the newest day with area losses; None before the first night."""
    for month in reversed(state.months(AREA_LOSS_DAILY)):
        days = state.read(AREA_LOSS_DAILY, columns=["on_date"], months=[month])
        if days.num_rows:
            newest: dt.date = pc.max(days.column("on_date")).as_py()
            return newest
    return None


def read_area_losses(state: Snapshot, *, on: dt.date, area_id: str | None = None) -> pa.Table:
    """Return every column of the areas' losses on a day, worst unexplained loss first."""
    where = pc.field("on_date") == pa.scalar(on, pa.date32())
    if area_id is not None:
        where &= pc.field("area_id") == area_id
    found = state.read(AREA_LOSS_DAILY, months=[month_of(on)], where=where)
    return found.sort_by([("unexplained_kwh", "descending"), ("area_id", "ascending")])


def read_area_months(state: Snapshot, *, month: str, area_id: str | None = None) -> pa.Table:
    """Return every column of the areas' losses in a month (``2025-01``), worst unexplained loss first."""
    where = None if area_id is None else pc.field("area_id") == area_id
    found = state.read(AREA_LOSS_MONTHLY, months=[month], where=where)
    return found.sort_by([("unexplained_kwh", "descending"), ("area_id", "ascending")])


def read_feeder_losses(state: Snapshot, *, on: dt.date | None = None, month: str | None = None) -> pa.Table:
    """Return the losses of feeders on a day or in a month; of every month when neither is given."""
    return _periods(state, FEEDER_LOSS, on=on, month=month)


def read_unit_losses(state: Snapshot, *, on: dt.date | None = None, month: str | None = None) -> pa.Table:
    """Return the losses of units and voltage levels on a day or in a month; of every month when neither is given."""
    return _periods(state, UNIT_LOSS, on=on, month=month)


def _periods(state: Snapshot, contract: Contract, *, on: dt.date | None, month: str | None) -> pa.Table:
    if on is not None:
        return state.read(
            contract,
            months=[month_of(on)],
            buckets=[DAY_BUCKET],
            where=pc.field("on_date") == pa.scalar(on, pa.date32()),
        )
    return state.read(contract, months=None if month is None else [month], buckets=[MONTH_BUCKET])
