"""Making a bill: the registers of an account's meters, cut where a price changes, priced line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

import numpy as np

from lamplighter.business.billing.facts import TrustedSlots, slot_shares
from lamplighter.business.billing.records import (
    BLOCKING,
    Bill,
    BillLine,
    IntervalCheck,
    Issue,
    MeterUse,
    Quantities,
    Segment,
    Terms,
)
from lamplighter.business.billing.rules.measuring import (
    Dials,
    Hung,
    exact,
    hanging,
    is_read_on,
    measure_meter,
    share_by_days,
    split_periods,
)
from lamplighter.business.billing.rules.pricing import TariffOn, missing_facts, price_lines
from lamplighter.business.tariffs.records import Period, Scheme, Tariff, TierSpan
from lamplighter.business.tariffs.rules.book import Book
from lamplighter.business.tariffs.rules.transformer import TransformerLoss, transformer_loss

_CENT_KWH: Final = Decimal("0.01")
_DAY_HOURS: Final = 24

Slots = Callable[[str, date, date], TrustedSlots | None]
"""Trusted intervals of a meter over ``[first, end)``; None where there are none."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Everything a bill of an account is made of.

    Attributes:
        terms: of the archive.
        meters: that measure what it uses.
        dials: their mornings, from the beginning of the year to the end of the bill.
        slots: their intervals, read when they are needed.
        billed: month -> energy and amount the company billed.
    """

    terms: Terms
    meters: tuple[Hung, ...]
    dials: Dials
    slots: Slots
    billed: Mapping[date, tuple[Decimal, Decimal | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Uses of the meters over some days, and how their energy falls into periods."""

    uses: tuple[MeterUse, ...]
    kwh: Mapping[Period, Decimal]
    issues: tuple[Issue, ...]


def make_bill(
    facts: AccountFacts, *, first_on: date, end_on: date, book: Book, tariff: str = "", is_checked: bool = True
) -> Bill:
    """Return the shadow bill of an account for the days ``[first_on, end_on)``.

    Args:
        facts: what is known.
        first_on, end_on: the period; a month, or any part of a year.
        book: tariffs and rules.
        tariff: code of the tariff; that of the archive when empty.
        is_checked: hold the registers against the intervals as well.

    Returns:
        A bill with its lines and total, or with the issues that keep it from having one.
    """
    whole = _measure(facts, first_on, end_on, scheme=None, book=book)
    issues = list(whole.issues)
    if tariff:
        facts = replace(facts, terms=replace(facts.terms, price_class=tariff))
    tariff_on = assigned_tariff(facts.terms, book)
    quantities: Quantities | None = None
    loss = Decimal(0)
    used_before: Decimal | None = None
    if tariff_on is None or any(tariff_on(day) is None for day in _edges(facts, first_on, end_on, book)):
        issues.append(Issue.UNKNOWN_TARIFF)
    elif not BLOCKING & set(issues):
        priced = _known(tariff_on)
        segments, more = _segments(facts, first_on, end_on, priced, book)
        issues += more
        used_before, unsure = _used_before(facts, first_on, priced(first_on), book)
        issues += unsure
        reactive, demand = _reactive(facts, whole.uses), _demand(facts, whole.uses, book)
        if facts.terms.is_metered_below:
            segments, reactive, loss, more = _with_own_loss(facts.terms, segments, reactive, book)
            issues += more
        quantities = Quantities(tuple(segments), used_before or Decimal(0), demand, reactive)
        issues += missing_facts(quantities=quantities, terms=facts.terms, book=book, tariff_on=priced)
    is_blocked = bool(BLOCKING & set(issues)) or quantities is None
    lines: tuple[BillLine, ...] = ()
    if not is_blocked and quantities is not None and tariff_on is not None:
        lines = price_lines(quantities=quantities, terms=facts.terms, book=book, tariff_on=_known(tariff_on))
    energy = _sum(use.energy_kwh for use in whole.uses) if whole.uses else None
    billed = facts.billed.get(first_on) if _is_month(first_on, end_on) else None
    last = None if tariff_on is None else tariff_on(end_on - timedelta(days=1))
    return Bill(
        account_id=facts.terms.account_id,
        first_on=first_on,
        end_on=end_on,
        tariff_code="" if last is None else last.code,
        energy_kwh=None if energy is None else energy + loss,
        energy_by_period=_merged([segment.kwh for segment in quantities.segments]) if quantities else {},
        own_loss_kwh=loss,
        used_before_kwh=used_before,
        quantities=None if is_blocked else quantities,
        lines=lines,
        total_yuan=None if is_blocked else sum((line.yuan for line in lines), Decimal(0)),
        uses=whole.uses,
        check=_check(facts, whole.uses) if is_checked else None,
        issues=tuple(dict.fromkeys(issues)),
        billed_kwh=billed[0] if billed else None,
        billed_yuan=billed[1] if billed else None,
    )


def assigned_tariff(terms: Terms, book: Book) -> Callable[[date], Tariff | None] | None:
    """Return the tariff of each day as the archive and the book say; None where the archive says nothing."""
    if not terms.price_class:
        return None
    return lambda on: book.assigned(terms.price_class, on=on)


def _known(tariff_on: Callable[[date], Tariff | None]) -> TariffOn:
    def known(on: date) -> Tariff:
        found = tariff_on(on)
        assert found is not None  # every edge of the bill was looked at
        return found

    return known


def _is_month(first_on: date, end_on: date) -> bool:
    return first_on.day == 1 and end_on == next_month(first_on)


def next_month(on: date) -> date:
    """Return the first day of the month after a day.

    Example:
        >>> next_month(date(2024, 12, 31))
        datetime.date(2025, 1, 1)
    """
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)


def _edges(facts: AccountFacts, first_on: date, end_on: date, book: Book) -> list[date]:
    """Return the days on which a segment begins: the first, each change of price, each new month."""
    days = {first_on, *book.changes(facts.terms.price_class or "", first_on=first_on, end_on=end_on)}
    month = next_month(first_on)
    while month < end_on:
        days.add(month)
        month = next_month(month)
    return sorted(days)


def _measure(facts: AccountFacts, first_on: date, end_on: date, *, scheme: Scheme | None, book: Book) -> _Measured:
    uses: list[MeterUse] = []
    issues: list[Issue] = []
    parts: list[Mapping[Period, Decimal]] = []

    def trusted(meter_id: str, start: date, end: date) -> Decimal | None:
        slots = facts.slots(meter_id, start, end)
        if slots is None or not np.isfinite(slots.kwh).any(axis=1).all():
            return None
        return exact(float(np.nansum(slots.kwh)))

    def shares(meter_id: str, start: date, end: date, hours: Scheme) -> Mapping[Period, Decimal] | None:
        slots = facts.slots(meter_id, start, end)
        least = book.rule("reading.least_coverage", on=start).value
        return None if slots is None else slot_shares(slots, scheme=hours, least_coverage=least)

    for hung, start, end in hanging(facts.meters, first_on=first_on, end_on=end_on):
        use, found = measure_meter(
            hung,
            facts.dials.get(hung.meter_id, {}),
            days=(start, end),
            is_exchange=(hung.installed_on == start, hung.removed_on == end),
            book=book,
            trusted=trusted,
        )
        kwh, issue = split_periods(use, scheme=scheme, shares=shares)
        uses.append(use)
        parts.append(kwh)
        issues += [*found, *([issue] if issue else [])]
    if not uses:
        issues.append(Issue.NO_METER)
    return _Measured(tuple(uses), _merged(parts), tuple(issues))


def _merged(parts: Iterable[Mapping[Period, Decimal]]) -> dict[Period, Decimal]:
    merged: dict[Period, Decimal] = {}
    for part in parts:
        for period, kwh in part.items():
            merged[period] = merged.get(period, Decimal(0)) + kwh
    return merged


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _segments(
    facts: AccountFacts, first_on: date, end_on: date, tariff_on: TariffOn, book: Book
) -> tuple[list[Segment], list[Issue]]:
    """Return the energy of each segment: by readings of the days of change, by calendar days where one is missing."""
    edges = [*_edges(facts, first_on, end_on, book), end_on]
    issues: list[Issue] = []

    def scheme_on(day: date) -> Scheme | None:
        code = tariff_on(day).scheme
        return book.scheme(code, on=day) if code else None

    if all(is_read_on(facts.dials, facts.meters, day) for day in edges[1:-1]):
        segments = []
        for start, end in pairwise(edges):
            measured = _measure(facts, start, end, scheme=scheme_on(start), book=book)
            issues += measured.issues
            segments.append(Segment(start, end, measured.kwh))
        return segments, issues
    issues.append(Issue.SPLIT_BY_DAYS)
    measured = _measure(facts, first_on, end_on, scheme=scheme_on(first_on), book=book)
    if any(scheme_on(day) != scheme_on(first_on) for day in edges[1:-1]):
        issues.append(Issue.PERIODS_UNKNOWN)
    parts = share_by_days(measured.kwh, cuts=edges[1:-1], first_on=first_on, end_on=end_on)
    return [Segment(start, end, kwh) for start, end, kwh in parts], [*issues, *measured.issues]


def _used_before(
    facts: AccountFacts, first_on: date, tariff: Tariff, book: Book
) -> tuple[Decimal | None, Sequence[Issue]]:
    """Return what was used earlier in the tier's span: by the registers, otherwise as it was billed month by month."""
    if not tariff.tiers:
        return None, ()
    begin = date(first_on.year, 1, 1) if tariff.tier_span is TierSpan.YEAR else first_on.replace(day=1)
    if facts.terms.opened_on is not None:
        begin = max(begin, facts.terms.opened_on)
    if begin >= first_on:
        return Decimal(0), ()
    measured = _measure(facts, begin, first_on, scheme=None, book=book)
    total = _sum(use.energy_kwh for use in measured.uses) if measured.uses else None
    if total is not None:
        return total, ()
    months = _months(begin.replace(day=1), first_on)
    if first_on.day == 1 and all(month in facts.billed for month in months):
        return sum((facts.billed[month][0] for month in months), Decimal(0)), ()
    return None, (Issue.TIER_POSITION_UNKNOWN,)


def _months(first: date, end_on: date) -> list[date]:
    found = []
    while first < end_on:
        found.append(first)
        first = next_month(first)
    return found


def _reactive(facts: AccountFacts, uses: Sequence[MeterUse]) -> Decimal | None:
    """Return the reactive energy between the readings of the bill, kvarh; None where a meter does not say."""
    total = Decimal(0)
    for use in uses:
        dials = facts.dials.get(use.meter_id, {})
        if use.start is None or use.end is None:
            return None
        first, last = dials[use.start.on_date].reactive_kvarh, dials[use.end.on_date].reactive_kvarh
        if first is None or last is None or last < first:
            return None
        moved = (exact(last) - exact(first)) * use.multiplier
        total += moved.quantize(_CENT_KWH, ROUND_HALF_UP)
    return total


def _demand(facts: AccountFacts, uses: Sequence[MeterUse], book: Book) -> Decimal | None:
    """Return the greatest demand of the bill's days: a morning's register says what was reached before it."""
    greatest: list[Decimal] = []
    for use in uses:
        step = book.rule("rounding.demand", on=use.first_on).value
        for day, dial in facts.dials.get(use.meter_id, {}).items():
            if use.first_on < day <= use.end_on and dial.max_demand_kw is not None:
                greatest.append((exact(dial.max_demand_kw) * use.multiplier).quantize(step, ROUND_HALF_UP))
    return max(greatest, default=None)


def _with_own_loss(
    terms: Terms, segments: Sequence[Segment], reactive: Decimal | None, book: Book
) -> tuple[list[Segment], Decimal | None, Decimal, list[Issue]]:
    """Add the losses of an own transformer to active and reactive energy, shared as the energy is (TL-6)."""
    if terms.plate is None:
        return list(segments), reactive, Decimal(0), [Issue.LOSS_DATA_UNKNOWN]
    on, hours = segments[0].first_on, Decimal((segments[-1].end_on - segments[0].first_on).days * _DAY_HOURS)
    shape = book.rule(f"loss.shape_{terms.load_shape}", on=on).value if terms.load_shape else Decimal(1)
    metered = sum((segment.total_kwh for segment in segments), Decimal(0))
    lost: TransformerLoss = transformer_loss(
        plate=terms.plate,
        active_kwh=metered,
        reactive_kvarh=reactive or Decimal(0),
        hours_on=hours,
        hours=hours,
        shape=shape,
    )
    loss = left = lost.active_kwh.quantize(_CENT_KWH, ROUND_HALF_UP)
    places = [(number, period) for number, segment in enumerate(segments) for period in segment.kwh]
    shared = [dict(segment.kwh) for segment in segments]
    for number, period in places[:-1]:
        share = segments[number].kwh[period] / metered if metered else Decimal(1) / len(places)
        part = (loss * share).quantize(_CENT_KWH, ROUND_HALF_UP)
        shared[number][period] += part
        left -= part
    shared[places[-1][0]][places[-1][1]] += left
    found = [Segment(each.first_on, each.end_on, kwh) for each, kwh in zip(segments, shared, strict=True)]
    if reactive is None:
        return found, None, loss, []
    return found, reactive + lost.reactive_kvarh.quantize(_CENT_KWH, ROUND_HALF_UP), loss, []


def _check(facts: AccountFacts, uses: Sequence[MeterUse]) -> IntervalCheck | None:
    """Return the same energy by trusted intervals, beside the registers."""
    energy = _sum(use.energy_kwh for use in uses)
    parts = [facts.slots(use.meter_id, use.first_on, use.end_on) for use in uses]
    found = [part for part in parts if part is not None]
    if energy is None or not found or len(found) < len(parts):
        return None
    known = np.concatenate([np.isfinite(part.kwh).ravel() for part in found])
    filled = np.concatenate([part.is_estimated.ravel() for part in found])
    if not known.size:
        return None
    by_slots = sum((exact(round(float(np.nansum(part.kwh)), 2)) for part in found), Decimal(0))
    return IntervalCheck(
        energy_kwh=by_slots.quantize(_CENT_KWH),
        difference_kwh=(energy - by_slots).quantize(_CENT_KWH),
        coverage=float(known.mean()),
        estimated_share=float(filled.mean()),
    )
