"""What the assistant may look up, from what is in the lake: bills, days of use, facts that identity is checked by.

Bills are worked out from the registers and the tariffs on record, so that each figure has its line; where they cannot
be, what the company billed is told without causes. What takes the desk is joined in ``customer_requests``.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import language, text
from lamplighter.business.billing.figures import name_origin
from lamplighter.business.billing.queries import bill_breakdown, compare_bills, compare_tariffs, read_bill_months
from lamplighter.business.billing.records import Bill, BillComparison, BillMonth
from lamplighter.business.billing.wording import say_line
from lamplighter.business.customers.queries import read_customers
from lamplighter.business.customers.tables import BILLED_MONTH
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.network.queries import read_areas
from lamplighter.business.network.tables import OUTAGE
from lamplighter.business.service_desk.figures import figures_in, spell_figure
from lamplighter.business.service_desk.records import Facts, Figure, UseCurve
from lamplighter.business.service_desk.tools import NoTools, ToolFailed
from lamplighter.business.tariffs.rules.book import Book, load_book
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY

_BILLED: Final = "core_billed_month"
_A_YEAR: Final = 12
_OPEN_FOR: Final = dt.timedelta(days=1)
"""An interruption without an end on record is taken to go on for so long."""
_CHINA: Final = ZoneInfo("Asia/Shanghai")


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
            # Read for an account that does not exist as well: nobody tells them apart by the time it takes.
            meters = read_meters(state, account_id=account_id).to_pylist()
        if not found:
            return None
        facts = {name: str(found[-1][name] or "") for name in ("name", "telephone", "address")}
        return {**facts, "meter": str(meters[0]["meter_id"]) if meters else ""}


def say_source(source: str) -> str:
    """Return a figure's source as people read it: a table of the lake by its meaning, a bill as a bill.

    Example:
        >>> from lamplighter.base.messages import speaking
        >>> with speaking("en"):
        ...     say_source("bill 2025-03 sim.residential")
        'bill by the registers 2025-03 sim.residential'
    """
    for table in (BILLED_MONTH.name, TRUSTED_DAY.name, OUTAGE.name):
        source = source.replace(table, text(f"service_desk.source.{table}"))
    for word in ("bill", "ticket", "tickets"):
        source = re.sub(rf"\b{word}\b(?= \d| GD-)", text(f"service_desk.source.{word}"), source)
    return source


class LakeTools(NoTools):
    """Answers from the lake.

    Args:
        lake: of the company.
        tariffs: file of the company's own tariffs; None = the packaged ones alone.
    """

    def __init__(self, lake: Lake, tariffs: Path | None = None) -> None:
        self.lake, self.tariffs = lake, tariffs

    def bill_breakdown(self, account_id: str, month: str) -> Facts:
        """Return a month's energy, amount and lines; of the last month billed where none, or a later one, is named."""
        with self._reading("bill_breakdown") as (state, book):
            row, is_other = _month_of(read_bill_months(state, account_id=account_id), month, "bill_breakdown")
            found = bill_breakdown(state, account_id=account_id, month=row.month, book=book)
            curve = _read_curve(state, account_id, row.month, None)
        figures = [_month_figure(row, is_other), *_bill_figures(row, found.bill, "")]
        figures += _line_figures(found.bill, book)
        return Facts("bill_breakdown", tuple(figures), beside=_beside(figures), curve=curve)

    def compare_bills(self, account_id: str, month: str) -> Facts:
        """Return a month's bill beside the month before, how both differ and, where both can be worked out, why."""
        with self._reading("compare_bills") as (state, book):
            months = read_bill_months(state, account_id=account_id)
            row, is_other = _month_of(months, month, "compare_bills")
            before_on = (row.month - dt.timedelta(days=1)).replace(day=1)
            before = next((each for each in months if each.month == before_on), None)
            if before is None:
                raise ToolFailed("compare_bills")
            found = compare_bills(state, account_id=account_id, month=row.month, against=before_on, book=book)
            curve = _read_curve(state, account_id, row.month, before_on)
        now = _bill_figures(row, found.bill, "")
        then = _bill_figures(before, found.against, "_before")
        month_before = Figure(f"{before.month:%Y-%m}", "", f"{_BILLED} {before.month:%Y-%m}", "month_before")
        causes = _cause_figures(found)
        figures = [_month_figure(row, is_other), *now, month_before, *then, *_changes(now, then), *causes]
        return Facts(
            "compare_bills",
            tuple(figures),
            beside=_beside(figures),
            sentence=_say_comparison({figure.name: figure for figure in figures}, causes),
            curve=curve,
        )

    def compare_tariffs(self, account_id: str) -> Facts:
        """Return what the last year's use would have cost under each tariff that prices every one of its months."""
        with self._reading("compare_tariffs") as (state, book):
            months = [row.month for row in read_bill_months(state, account_id=account_id)][:_A_YEAR]
            if not months:
                raise ToolFailed("compare_tariffs")
            found = compare_tariffs(state, account_id=account_id, months=tuple(months), book=book)
        priced = [cost for cost in found.costs if cost.yuan is not None and len(cost.months) == len(found.months)]
        if not found.is_comparable or not found.months:
            raise ToolFailed("compare_tariffs")
        source = f"{_BILLED} {found.months[0]:%Y-%m} … {found.months[-1]:%Y-%m}"
        figures = [
            Figure(Decimal(len(found.months)), "个月", source, "months"),
            Figure(_money(found.energy_kwh), "千瓦时", source, "energy"),
        ]
        for cost in priced:
            name = cost.name_zh if language() == "zh" else cost.name_en
            label = text("billing.words.current") + " " + name if cost.is_current else name
            grade = "P" if cost.needs_confirmation else ""
            figures.append(Figure(cost.yuan or Decimal(0), "元", name_origin(cost.origin), "cost", grade, label))
        return Facts("compare_tariffs", tuple(figures), beside=_beside(figures))

    def outage_here(self, account_id: str, place: str) -> Facts:
        """Return an interruption on record, going on or planned, of the account, its areas and their feeders."""
        if not account_id:
            raise ToolFailed("outage_here")
        with self.lake.snapshot() as state:
            assets = {account_id}
            for meter in read_meters(state, account_id=account_id).to_pylist():
                assets |= {meter["area_id"], meter["feeder_id"]}
            areas = [row for row in read_areas(state).to_pylist() if row["area_id"] in assets]
            assets |= {row["feeder_id"] for row in areas}
            rows = state.read(OUTAGE, where=pc.field("asset_id").isin(sorted(assets - {None, ""}))).to_pylist()
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        open_rows = [row for row in rows if (row["ended_at"] or row["started_at"] + _OPEN_FOR) > now]
        if not open_rows:
            words = {text("service_desk.figure.outage"): text("service_desk.figure.no_outage")}
            return Facts("outage_here", (), words, sentence=text("service_desk.sentence.no_outage"))
        row = min(open_rows, key=lambda each: each["started_at"])
        source = f"{OUTAGE.name} {row['started_at']:%Y-%m-%d %H:%M}Z"
        figures = [_instant_figure(row["started_at"], source, "outage_since")]
        if row["ended_at"]:
            figures.append(_instant_figure(row["ended_at"], source, "outage_until"))
        kind = text(f"service_desk.figure.outage_{row['kind']}")
        return Facts("outage_here", tuple(figures), {text("service_desk.figure.outage"): kind})

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

    @contextmanager
    def _reading(self, tool: str) -> Iterator[tuple[Snapshot, Book]]:
        """Read lake and tariffs; what they refuse is a failure of the tool, and a person takes over."""
        try:
            book = load_book(file=self.tariffs)
            with self.lake.snapshot() as state:
                yield state, book
        except LamplighterError as refused:
            raise ToolFailed(tool) from refused


def _month_of(months: Sequence[BillMonth], asked: str, tool: str) -> tuple[BillMonth, bool]:
    """Return the month asked for, or the last billed where none or a later one is named, and whether it is that."""
    if not months:
        raise ToolFailed(tool)
    found = next((row for row in months if f"{row.month:%Y-%m}" == asked), None)
    if found is not None:
        return found, False
    if asked and asked < f"{months[0].month:%Y-%m}":
        raise ToolFailed(tool)
    return months[0], True


def _month_figure(row: BillMonth, is_other: bool) -> Figure:
    return Figure(f"{row.month:%Y-%m}", "", f"{_BILLED} {row.month:%Y-%m}", "latest_month" if is_other else "month")


def _bill_figures(row: BillMonth, bill: Bill, when: str) -> tuple[Figure, ...]:
    """Return energy and amount: as the company billed them, beside it ours where they differ."""
    source, ours = f"{_BILLED} {row.month:%Y-%m}", f"bill {row.month:%Y-%m} {bill.tariff_code or ''}".strip()
    figures = []
    energy = bill.billed_kwh if bill.billed_kwh is not None else bill.energy_kwh
    if energy is None:
        energy = row.energy_kwh
    if energy is not None:
        basis = source if bill.billed_kwh is not None else ours
        figures.append(Figure(_energy(energy), "千瓦时", basis, f"energy{when}"))
    if row.billed_yuan is not None:
        figures.append(Figure(_money(row.billed_yuan), "元", source, f"amount{when}"))
    if bill.total_yuan is not None and (row.billed_yuan is None or _money(row.billed_yuan) != _money(bill.total_yuan)):
        name = f"worked_amount{when}" if row.billed_yuan is not None else f"amount{when}"
        figures.append(Figure(_money(bill.total_yuan), "元", ours, name, _grade(bill)))
    return tuple(figures)


def _grade(bill: Bill) -> str:
    return "P" if any(line.origin.needs_confirmation for line in bill.lines) else ""


def _line_figures(bill: Bill, book: Book) -> list[Figure]:
    if bill.total_yuan is None:
        return []
    tariff = book.tariff(bill.tariff_code, on=bill.end_on - dt.timedelta(days=1))
    return [
        Figure(
            _money(line.yuan), "元", f"{name_origin(line.origin)}; {line.formula}", "line", label=say_line(line, tariff)
        )
        for line in bill.lines
    ]


def _say_comparison(found: Mapping[str, Figure], causes: Sequence[Figure]) -> str:
    """Return a comparison in sentences; empty where a figure of them is missing, and the list is said instead."""
    needed = ("energy", "amount", "energy_before", "amount_before", "energy_change", "amount_change")
    if any(name not in found for name in needed):
        return ""
    said: dict[str, Any] = {name: spell_figure(found[name]) for name in (*needed, "month_before")}
    said |= {name: _say_change(found[name]) for name in ("energy_change", "amount_change")}
    month = found.get("latest_month") or found["month"]
    start = text(f"service_desk.sentence.{month.name}", month=spell_figure(month))
    parts = [text("service_desk.sentence.comparison", **said)]
    if "worked_amount_change" in found:
        worked = [spell_figure(found[name]) for name in ("worked_amount", "worked_amount_before")]
        parts.append(text("service_desk.sentence.worked", now=worked[0], before=worked[1]))
    shares = [
        text("service_desk.sentence.cause", label=each.label, change=_say_change(each))
        for each in causes
        if each.name == "cause"
    ]
    if shares:
        days = [spell_figure(each) for each in causes if each.name != "cause"]
        comma = text("service_desk.answer.comma")
        parts.append(text("service_desk.sentence.causes", days=days[0], before=days[1], causes=comma.join(shares)))
    return start + "".join(parts)


def _say_change(figure: Figure) -> str:
    change = figure.value if isinstance(figure.value, Decimal) else Decimal(0)
    way = "same" if not change else "more" if change > 0 else "less"
    return text(f"service_desk.sentence.{way}", figure=spell_figure(Figure(abs(change), figure.unit, "", figure.name)))


def _changes(now: Sequence[Figure], then: Sequence[Figure]) -> list[Figure]:
    before = {figure.name.removesuffix("_before"): figure for figure in then}
    return [
        Figure(figure.value - old.value, figure.unit, f"{figure.source} − {old.source}", f"{figure.name}_change")
        for figure in now
        if (old := before.get(figure.name)) is not None
        and isinstance(figure.value, Decimal)
        and isinstance(old.value, Decimal)
    ]


def _cause_figures(found: BillComparison) -> list[Figure]:
    """Return the causes of a difference, the greatest first; they add up to the difference of the two worked bills."""
    if found.difference_yuan is None:
        return []
    days = [
        Figure(Decimal(bill.days), "天", f"{bill.first_on} … {bill.end_on}", f"bill_days{when}")
        for bill, when in ((found.bill, ""), (found.against, "_before"))
    ]
    causes = sorted(found.causes, key=lambda share: -abs(share.yuan))
    source = " − ".join(
        f"bill {bill.first_on:%Y-%m} {bill.tariff_code or ''}".strip() for bill in (found.bill, found.against)
    )
    return days + [
        Figure(_money(share.yuan), "元", source, "cause", label=text(f"billing.cause.{share.cause}"))
        for share in causes
    ]


def _beside(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return the figures that stand in labels, such as the number of a tier: of the same record as what they name."""
    return tuple(
        Figure(said.written, "", figure.source, "label") for figure in figures for said in figures_in(figure.label)
    )


def _instant_figure(at: dt.datetime, source: str, name: str) -> Figure:
    local = at.replace(tzinfo=dt.UTC).astimezone(_CHINA)
    return Figure(f"{local:%Y-%m-%d %H:%M}", "", source, name)


def _money(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def _energy(value: Decimal) -> Decimal:
    """Return energy as a bill has it: whole where it is whole."""
    rounded = value.quantize(Decimal("0.01"))
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded


def _read_curve(state: Snapshot, account_id: str, month: dt.date, before: dt.date | None) -> UseCurve | None:
    """Return the days of use of a month and the one before; None where none is known."""
    meters = read_meters(state, account_id=account_id).to_pylist()
    if not meters:
        return None
    meter, months = meters[0], [f"{each:%Y-%m}" for each in (month, before) if each]
    where = pc.field("meter_id") == meter["meter_id"]
    rows = state.read(TRUSTED_DAY, months=months, buckets=[meter["bucket"]], where=where).to_pylist()
    known = {row["on_date"]: row["energy_kwh"] for row in rows}

    def days(first: dt.date) -> tuple[float | None, ...]:
        length = monthrange(first.year, first.month)[1]
        found = (known.get(first + dt.timedelta(days=step)) for step in range(length))
        return tuple(None if value is None else round(float(value), 2) for value in found)

    now, then = days(month), days(before) if before else ()
    if all(value is None for value in now):
        return None
    source = f"{TRUSTED_DAY.name} {' '.join(months)} {meter['meter_id'][-4:]}"
    return UseCurve(months[0], now, months[1] if before else "", then, source)


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
