"""What a bill says, why it differs from another, and what another tariff would have cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.billing.accounts import read_account
from lamplighter.business.billing.facts import read_billed
from lamplighter.business.billing.figures import list_bill_figures, list_cause_figures, list_cost_figures
from lamplighter.business.billing.making import AccountFacts, make_bill, next_month
from lamplighter.business.billing.records import (
    Bill,
    BillBreakdown,
    BillComparison,
    BillLine,
    BillMonth,
    CauseShare,
    Figure,
    TariffComparison,
)
from lamplighter.business.billing.rules.comparing import (
    Comfort,
    Days,
    explain_difference,
    idle_kwh,
    new_load_kwh,
    weather_kwh,
)
from lamplighter.business.billing.rules.pricing import missing_facts, period_prices, price_lines
from lamplighter.business.billing.tables import BILL
from lamplighter.business.billing.what_if import cost_tariffs
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.network.tables import AREA, FEEDER, UNIT, WEATHER
from lamplighter.business.tariffs.records import Tariff
from lamplighter.business.tariffs.rules.book import Book

_WHOLE_DAY: Final = 0.9
"""Share of a day's slots that must be known for its energy to tell of the weather."""
_LEVELS: Final = ("station_id", "county_id", "city_id", "province_id")


def bill_breakdown(
    snapshot: Snapshot, *, account_id: str, month: date, book: Book, as_known_at: datetime | None = None
) -> BillBreakdown:
    """Return the shadow bill of a month, line by line.

    Args:
        snapshot: state of the lake.
        account_id: account; whoever asks was found to see it.
        month: any day of the month.
        book: tariffs, see ``load_book``.
        as_known_at: UTC-naive instant; readings that came later are left out.

    Raises:
        AccountUnknown: no such account.
        TermsBroken: a figure of its archive is none.
    """
    first, end = month.replace(day=1), next_month(month)
    facts = read_account(snapshot, account_id=account_id, first_on=first, end_on=end, as_known_at=as_known_at)
    bill = make_bill(facts, first_on=first, end_on=end, book=book)
    return BillBreakdown(bill, list_bill_figures(bill))


def compare_bills(
    snapshot: Snapshot,
    *,
    account_id: str,
    month: date,
    against: date,
    book: Book,
    as_known_at: datetime | None = None,
) -> BillComparison:
    """Return why the bill of a month differs from that of another, cause by cause, adding up to the difference.

    Args:
        snapshot: state of the lake.
        account_id: account; whoever asks was found to see it.
        month, against: any day of the later month, and of the one it is held against.
        book: tariffs.
        as_known_at: UTC-naive instant; readings that came later are left out.

    Raises:
        AccountUnknown: no such account.
        TermsBroken: a figure of its archive is none.
    """
    bills: list[tuple[AccountFacts, Bill]] = []
    for day in (month, against):
        first, end = day.replace(day=1), next_month(day)
        facts = read_account(snapshot, account_id=account_id, first_on=first, end_on=end, as_known_at=as_known_at)
        bills.append((facts, make_bill(facts, first_on=first, end_on=end, book=book)))
    (facts, bill), (_, before) = bills
    if bill.total_yuan is None or before.total_yuan is None:
        figures = (*list_bill_figures(bill), *list_bill_figures(before, prefix="against"))
        return BillComparison(bill, before, None, (), figures)
    temperatures = _read_temperatures(snapshot, account_id=account_id)
    now, earlier = (_days(each, made, temperatures) for each, made in bills)
    causes = _causes(facts, bill, before, book, now=now, earlier=earlier)
    difference = bill.total_yuan - before.total_yuan
    figures = (
        *list_bill_figures(bill),
        *list_bill_figures(before, prefix="against"),
        Figure("difference_yuan", difference, "yuan", "bill.total_yuan − against.total_yuan"),
        *list_cause_figures(causes),
    )
    return BillComparison(bill, before, difference, causes, figures)


def compare_tariffs(snapshot: Snapshot, *, account_id: str, months: tuple[date, ...], book: Book) -> TariffComparison:
    """Return what the months would have cost under each tariff the account may choose, cheapest first.

    Args:
        snapshot: state of the lake.
        account_id: account; whoever asks was found to see it.
        months: any day of each month, at least one.
        book: tariffs; only the company's own are compared.

    Raises:
        AccountUnknown: no such account.
        TermsBroken: a figure of its archive is none.
    """
    asked = tuple(sorted({month.replace(day=1) for month in months}))
    facts = read_account(snapshot, account_id=account_id, first_on=asked[0], end_on=next_month(asked[-1]))
    known, energy, costs = cost_tariffs(facts, months=asked, book=book)
    whole = [cost for cost in costs if len(cost.months) == len(known) and cost.yuan is not None]
    total = Figure("energy_kwh", energy, "kWh", "core_register_daily, core_billed_month")
    return TariffComparison(
        account_id=account_id,
        months=known,
        energy_kwh=energy,
        costs=costs,
        is_comparable=len(whole) > 1,
        figures=(total, *list_cost_figures(costs)),
    )


def read_bill_months(snapshot: Snapshot, *, account_id: str) -> tuple[BillMonth, ...]:
    """Return the months of an account that were billed by the company or here, newest first."""
    billed = read_billed(snapshot, account_id=account_id)
    rows = snapshot.read(
        BILL, columns=["month", "energy_kwh", "total_yuan"], where=pc.field("account_id") == account_id
    ).to_pylist()
    shadow = {row["month"]: row for row in rows}
    found = []
    for month in sorted({*billed, *shadow}, reverse=True):
        kwh, yuan = billed.get(month, (None, None))
        made = shadow.get(month, {})
        energy = made.get("energy_kwh")
        found.append(BillMonth(month, kwh if energy is None else energy, yuan, made.get("total_yuan")))
    return tuple(found)


def _causes(
    facts: AccountFacts, bill: Bill, before: Bill, book: Book, *, now: Days, earlier: Days
) -> tuple[CauseShare, ...]:
    old = book.tariff(before.tariff_code, on=before.end_on - timedelta(days=1))
    on = bill.first_on
    comfort = Comfort(
        heat_below_c=float(book.rule("comparison.heat_below_c", on=on).value),
        cool_above_c=float(book.rule("comparison.cool_above_c", on=on).value),
        least_days=int(book.rule("comparison.least_days", on=on).value),
    )
    return explain_difference(
        bill=bill,
        against=before,
        repriced=_at_old_prices(facts, bill, old, book),
        base_prices=period_prices(old, book, on=before.first_on) if old.scheme and old.prices else {},
        has_tiers=bool(old.tiers),
        has_hours=bool(old.scheme),
        weather=weather_kwh(now, earlier, comfort=comfort),
        new_load=new_load_kwh(now, earlier),
    )


def _at_old_prices(facts: AccountFacts, bill: Bill, old: Tariff, book: Book) -> tuple[BillLine, ...]:
    """Return what a bill would have been at an earlier tariff; its own lines where that cannot be known."""
    quantities = bill.quantities
    if bill.tariff_code != old.code:
        # Another tariff may have other hours: the same energy is split anew.
        split = make_bill(facts, first_on=bill.first_on, end_on=bill.end_on, book=book, tariff=old.code)
        quantities = split.quantities
    if quantities is None:
        return bill.lines

    def tariff_on(_: date) -> Tariff:
        return old

    if missing_facts(quantities=quantities, terms=facts.terms, book=book, tariff_on=tariff_on):
        return bill.lines
    return price_lines(quantities=quantities, terms=facts.terms, book=book, tariff_on=tariff_on)


def _days(facts: AccountFacts, bill: Bill, temperatures: Mapping[date, float]) -> Days:
    """Return the days of a bill: energy and idle load of all its meters together, and the temperature."""
    found = [facts.slots(use.meter_id, bill.first_on, bill.end_on) for use in bill.uses]
    curves = [slots.kwh for slots in found if slots is not None]
    energy = idle = np.full(bill.days, np.nan)
    if curves:
        # A slot is known where any meter knows it: of an exchange only one hangs at a time.
        both = np.stack(curves)
        slots = np.where(np.isfinite(both).any(axis=0), np.nansum(both, axis=0), np.nan)
        is_whole = np.isfinite(slots).mean(axis=1) > _WHOLE_DAY
        energy = np.where(is_whole, np.nansum(slots, axis=1), np.nan)
        idle = idle_kwh(slots)
    mean = [temperatures.get(bill.first_on + timedelta(days=number), np.nan) for number in range(bill.days)]
    return Days(energy_kwh=energy, idle_kwh=idle, mean_c=np.array(mean, np.float64))


def _read_temperatures(snapshot: Snapshot, *, account_id: str) -> Mapping[date, float]:
    """Return the daily mean temperature where an account lives: of the nearest unit that has any."""
    stations = set()
    for meter in read_meters(snapshot, account_id=account_id).to_pylist():
        contract, name = (AREA, "area_id") if meter["area_id"] else (FEEDER, "feeder_id")
        found = snapshot.read(contract, columns=["station_id"], where=pc.field(name) == (meter[name] or ""))
        stations |= set(found.column("station_id").to_pylist())
    for unit in snapshot.read(UNIT).filter(pc.field("unit_id").isin(pa.array(stations, pa.string()))).to_pylist():
        for level in _LEVELS:
            rows = snapshot.read(WEATHER, where=pc.field("place") == unit[level]).to_pylist()
            if rows:
                return {row["on_date"]: row["mean_c"] for row in rows}
    return {}
