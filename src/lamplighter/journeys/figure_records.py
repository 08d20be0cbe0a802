"""The records behind figures that are counted from the lake: calls of the exchange, and bills with what was paid."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.desk.listing import MOST_COUNTED, Ask, Part
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.models import Unit
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.customers.tables import BILLED_MONTH, CALL_LEG, PAYMENT
from lamplighter.business.kpi.records import Definition, Period, add_months
from lamplighter.business.kpi.rules.calls import fold_legs, mark_calls
from lamplighter.business.kpi.rules.money import settle_bills
from lamplighter.business.network.desk_queries import FoundUnit, find_unit

T = TypeVar("T")

SIDES: Final = ("all", "met", "missed")
CALL_MARKS: Final = ("answered", "quick", "handled")
"""What of calls is asked for: the population of K-1, K-2 and K-3."""
_MONTHS: Final = re.compile(r"([1-8]\d{3})-(0[1-9]|1[0-2])\.\.([1-8]\d{3})-(0[1-9]|1[0-2])")
_CENT: Final = 0.005


class StationNeeded(LamplighterError):
    """Bills are listed of one station: of more, there are too many to look at."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.station_needed"))


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as its list shows it.

    Attributes:
        call_id: as the exchange numbers it.
        offered_at: when an agent was asked for.
        waited_seconds: until one answered, or until it ended.
        handled_seconds: talk, hold and wrap-up; None where nobody answered.
        legs: queues it came to.
        outcome: ``answered``, ``lost``, or ``given_up`` within the seconds that K-1 leaves out.
    """

    call_id: str
    unit_name: str
    queue: str
    offered_at: dt.datetime
    waited_seconds: float
    handled_seconds: float | None
    legs: int
    outcome: str


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill as its list shows it: whose, of which month, and what of it was paid.

    Attributes:
        number: names the customer in addresses.
        month: first day.
    """

    number: int
    masked_account: str
    masked_name: str
    month: dt.date
    billed_yuan: float
    paid_yuan: float

    @property
    def owed_yuan(self) -> float:
        """What is still to be paid."""
        return self.billed_yuan - self.paid_yuan


def read_months(value: str) -> Period | None:
    """Return the months an address names; None where it names none.

    Example:
        >>> read_months("2026-01..2026-03").months, read_months("2026"), read_months("2026-03..2026-01")
        (3, None, None)
    """
    found = _MONTHS.fullmatch(value)
    if found is None:
        return None
    year, month, last_year, last_month = (int(each) for each in found.groups())
    period = Period(dt.date(year, month, 1), dt.date(last_year, last_month, 1))
    return period if period.months >= 1 else None


def list_calls(*, lake: Lake, actor: Actor, ask: Ask, definitions: Mapping[str, Definition]) -> Part[CallRow]:
    """Return a page of the calls of the actor's unit, or one below it, the newest first.

    Args:
        lake: where they are.
        actor: who asks.
        ask: filters ``unit``, ``months`` and ``mark``, such as ``answered.missed``; nothing of a unit he does not see.
        definitions: by code.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    unit, period = _asked(actor, ask)
    if unit is None or period is None:
        return Part([], replace(ask, page=1), 0, is_capped=False)
    names = dict(_units_of(unit).values_list("unit_id", "name"))
    with lake.snapshot() as state:
        legs = state.read(CALL_LEG, months=_around(state, period))
    calls = mark_calls(fold_legs(legs), definitions=definitions)
    kept = pc.and_(_within(calls["month"], period), pc.is_in(calls["unit_id"], pa.array(list(names), pa.string())))
    kept = pc.and_(kept, _marked(calls, ask.filters.get("mark", "")))
    found = calls.filter(kept).sort_by([("offered_at", "descending"), ("call_id", "ascending")])

    def shown(row: Mapping[str, Any]) -> CallRow:
        return CallRow(
            call_id=row["call_id"],
            unit_name=names[row["unit_id"]],
            queue=row["queue"] or "",
            offered_at=row["offered_at"].replace(tzinfo=dt.UTC),
            waited_seconds=row["waited_s"],
            handled_seconds=row["handled_s"],
            legs=row["legs"],
            outcome="answered" if row["answered"] else "lost" if row["asked"] else "given_up",
        )

    return _page(found, ask, shown)


def list_bills(*, lake: Lake, actor: Actor, ask: Ask) -> Part[BillRow]:
    """Return a page of the bills of a station, who owes most first.

    Args:
        lake: where they are.
        actor: who asks.
        ask: filters ``unit``, ``months`` and ``side``: ``met`` is paid, ``missed`` is owed.

    Raises:
        RightMissing: the actor may not see customers.
        StationNeeded: the unit is above a station.
    """
    actor.require(Right.SEE_CUSTOMERS)
    unit, period = _asked(actor, ask)
    if unit is None or period is None:
        return Part([], replace(ask, page=1), 0, is_capped=False)
    if unit.level != Level.STATION:
        raise StationNeeded
    entries = CustomerEntry.objects.seen_by(actor).filter(station_id=unit.unit_id)
    people = {account: (pk, name) for account, pk, name in entries.values_list("account_id", "pk", "masked_name")}
    of_station = pc.field("account_id").isin(pa.array(list(people), pa.string()))
    with lake.snapshot() as state:
        months = [f"{add_months(period.first, number):%Y-%m}" for number in range(period.months)]
        bills = settle_bills(
            state.read(BILLED_MONTH, months=months, where=of_station), state.read(PAYMENT, where=of_station)
        )
    owed = pc.subtract(bills["amount_yuan"], bills["paid_yuan"])
    bills = bills.append_column("owed", owed)
    side = ask.filters.get("side", "")
    if side in ("met", "missed"):
        is_owed = pc.greater(bills["owed"], _CENT)
        bills = bills.filter(is_owed if side == "missed" else pc.invert(is_owed))
    found = bills.sort_by([("owed", "descending"), ("account_id", "ascending"), ("month", "ascending")])

    def shown(row: Mapping[str, Any]) -> BillRow:
        number, name = people[row["account_id"]]
        masked = mask_word(row["account_id"], column="account_id")
        return BillRow(number, masked, name, row["month"], row["amount_yuan"], row["paid_yuan"])

    return _page(found, ask, shown)


def _asked(actor: Actor, ask: Ask) -> tuple[FoundUnit | None, Period | None]:
    return find_unit(actor=actor, unit_id=ask.filters.get("unit", "")), read_months(ask.filters.get("months", ""))


def _units_of(unit: FoundUnit) -> Any:
    return Unit.objects.filter(**{f"{unit.level}_id": unit.unit_id})


def _around(state: Snapshot, period: Period) -> Sequence[str]:
    """Return the months of the lake to look in: its calendar is that of UTC, and a call may end in the next month."""
    first, last = add_months(period.first, -1), add_months(period.last, 1)
    return [month for month in state.months(CALL_LEG) if f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}"]


def _within(months: pa.ChunkedArray, period: Period) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(months, pa.scalar(period.first)), pc.less_equal(months, pa.scalar(period.last)))


def _marked(calls: pa.Table, mark: str) -> pa.ChunkedArray:
    """Return which calls a mark means; every one where it means nothing."""
    name, _, side = mark.partition(".")
    if name not in CALL_MARKS or side not in SIDES:
        return pc.is_valid(calls["call_id"])
    of, met = {
        "answered": (calls["asked"], calls["answered"]),
        "quick": (calls["answered"], calls["quick"]),
        "handled": (calls["answered"], calls["answered"]),
    }[name]
    if side == "all":
        return of
    return pc.and_(of, met if side == "met" else pc.invert(met))


def _page(found: pa.Table, ask: Ask, shown: Callable[[Mapping[str, Any]], T]) -> Part[T]:
    count = min(found.num_rows, MOST_COUNTED)
    page = min(max(1, ask.page), max(1, -(-count // ask.size)))
    here = found.slice((page - 1) * ask.size, ask.size).to_pylist()
    return Part([shown(row) for row in here], replace(ask, page=page), count, found.num_rows > MOST_COUNTED)
