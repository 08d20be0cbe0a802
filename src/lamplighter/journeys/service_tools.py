"""What the assistant may look up, from what is in the lake: bills, days of use, facts that identity is checked by.

What has no source yet (outages, applications, tariffs, appointments) is said to be absent: a person takes over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake
from lamplighter.business.customers.queries import read_billed_months, read_customers
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.service_desk.records import Facts, Figure
from lamplighter.business.service_desk.tools import NoTools, ToolFailed
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY

_BILLED = "core_billed_month"


@dataclass(frozen=True, slots=True)
class LakeDirectory:
    """Facts on file of an account, read in clear for one purpose: to check who speaks. They are never shown."""

    lake: Lake

    def facts_on_file(self, account_id: str) -> Mapping[str, str] | None:
        """Return what identity can be checked by, None without such an account."""
        if not account_id:
            return None
        with self.lake.snapshot() as state:
            found = read_customers(state, account_id=account_id, is_masked=False).to_pylist()
            if not found:
                return None
            meters = read_meters(state, account_id=account_id).to_pylist()
        facts = {name: str(found[-1][name] or "") for name in ("name", "telephone", "address")}
        return {**facts, "meter": str(meters[0]["meter_id"]) if meters else ""}


class LakeTools(NoTools):
    """Answers from the lake.

    Args:
        lake: of the company.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def bill_breakdown(self, account_id: str, month: str) -> Facts:
        """Return a month's energy and amount; the last month when none is named."""
        row = self._bill(account_id, month, tool="bill_breakdown")
        return Facts("bill_breakdown", (_figure("month", f"{row['month']:%Y-%m}", row), *_bill_figures(row, "")))

    def compare_bills(self, account_id: str, month: str) -> Facts:
        """Return a month's bill beside the month before, and how both differ."""
        row = self._bill(account_id, month, tool="compare_bills")
        before_on = (row["month"] - dt.timedelta(days=1)).replace(day=1)
        before = self._bill(account_id, f"{before_on:%Y-%m}", tool="compare_bills")
        changes = [
            Figure(now.value - then.value, now.unit, now.source, f"{now.name}_change")
            for now, then in zip(_bill_figures(row, ""), _bill_figures(before, ""), strict=False)
            if isinstance(now.value, Decimal) and isinstance(then.value, Decimal)
        ]
        return Facts(
            "compare_bills",
            (
                _figure("month", f"{row['month']:%Y-%m}", row),
                *_bill_figures(row, ""),
                *_bill_figures(before, "_before"),
                *changes,
            ),
        )

    def usage_curve(self, account_id: str, month: str) -> Facts:
        """Return the trusted energy of a month and its greatest day."""
        with self.lake.snapshot() as state:
            meters = read_meters(state, account_id=account_id).to_pylist()
            if not meters:
                raise ToolFailed("usage_curve")
            meter = meters[0]
            where = pc.field("meter_id") == meter["meter_id"]
            months = [month] if month else None
            days = state.read(TRUSTED_DAY, months=months, buckets=[meter["bucket"]], where=where)
        return _curve_facts(days, month, meter["meter_id"])

    def _bill(self, account_id: str, month: str, *, tool: str) -> dict[str, Any]:
        with self.lake.snapshot() as state:
            rows = sorted(read_billed_months(state, account_id=account_id).to_pylist(), key=lambda row: row["month"])
        found = [row for row in rows if not month or f"{row['month']:%Y-%m}" == month]
        if not found:
            raise ToolFailed(tool)
        newest: dict[str, Any] = found[-1]
        return newest


def _bill_figures(row: Mapping[str, Any], when: str) -> tuple[Figure, ...]:
    figures = [_figure(f"energy{when}", _decimal(row["energy_kwh"]), row, unit="千瓦时")]
    if row["amount_yuan"] is not None:
        figures.append(_figure(f"amount{when}", _decimal(row["amount_yuan"]), row, unit="元"))
    return tuple(figures)


def _figure(name: str, value: Decimal | str, row: Mapping[str, Any], *, unit: str = "") -> Figure:
    return Figure(value, unit, f"{_BILLED} {row['month']:%Y-%m}", name)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _curve_facts(days: pa.Table, month: str, meter_id: str) -> Facts:
    rows = [row for row in days.to_pylist() if row["energy_kwh"] is not None]
    if not month and rows:
        month = f"{max(row['on_date'] for row in rows):%Y-%m}"
    rows = [row for row in rows if f"{row['on_date']:%Y-%m}" == month]
    if not rows:
        raise ToolFailed("usage_curve")
    source = f"{TRUSTED_DAY.name} {month} {meter_id[-4:]}"
    top = max(rows, key=lambda row: row["energy_kwh"])
    return Facts(
        "usage_curve",
        (
            Figure(_decimal(sum(row["energy_kwh"] for row in rows)), "千瓦时", source, "energy"),
            Figure(Decimal(len(rows)), "天", source, "days"),
            Figure(top["on_date"], "", source, "greatest_day"),
            Figure(_decimal(top["energy_kwh"]), "千瓦时", source, "greatest_energy"),
        ),
    )
