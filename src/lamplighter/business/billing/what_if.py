"""What the same use would have cost under each tariff a customer may choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lamplighter.business.billing.making import AccountFacts, make_bill, next_month
from lamplighter.business.billing.records import Bill, Quantities, Segment, TariffCost, Terms
from lamplighter.business.billing.rules.pricing import missing_facts, price_lines
from lamplighter.business.tariffs.records import Period, Tariff, TierSpan
from lamplighter.business.tariffs.rules.book import Book

_CENT_KWH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Cost:
    yuan: Decimal
    is_estimated: bool
    needs_confirmation: bool


def eligible_tariffs(terms: Terms, *, on: date, book: Book) -> tuple[Tariff, ...]:
    """Return the company's tariffs a customer may choose on a day: of his class, and open to his capacity.

    A tariff with a least capacity is not open to a customer whose capacity is not on record.
    """
    found = []
    for tariff in book.offered(customer_class=terms.customer_class, on=on):
        kva = terms.capacity_kva
        too_small = tariff.min_kva is not None and (kva is None or kva < tariff.min_kva)
        too_large = tariff.max_kva is not None and kva is not None and kva > tariff.max_kva
        if not too_small and not too_large:
            found.append(tariff)
    return tuple(found)


def cost_tariffs(
    facts: AccountFacts, *, months: Sequence[date], book: Book
) -> tuple[tuple[date, ...], Decimal, tuple[TariffCost, ...]]:
    """Return the months whose energy is known, their energy, and what each tariff makes of them, cheapest first.

    A month is priced by its registers. One that has none is priced by what was billed; where a tariff has hours, its
    energy is split as in the months that have registers, which counts as estimated.

    Args:
        facts: of the account.
        months: first days, ascending.
        book: tariffs.
    """
    last_on = next_month(months[-1]) - timedelta(days=1)
    current = book.assigned(facts.terms.price_class, on=last_on)
    energies = {month: _energy(facts, month, book) for month in months}
    known = tuple(month for month, kwh in energies.items() if kwh is not None)
    costs = []
    for tariff in eligible_tariffs(facts.terms, on=last_on, book=book):
        bills = {
            month: make_bill(
                facts, first_on=month, end_on=next_month(month), book=book, tariff=tariff.code, is_checked=False
            )
            for month in known
        }
        shares = _shares(bills.values())
        priced = {month: _cost(facts, month, bills[month], tariff, shares, book) for month in known}
        found = {month: cost for month, cost in priced.items() if cost is not None}
        costs.append(
            TariffCost(
                tariff=tariff.code,
                name_zh=tariff.zh,
                name_en=tariff.en,
                origin=tariff.origin,
                is_current=current is not None and current.code == tariff.code,
                yuan=sum((cost.yuan for cost in found.values()), Decimal(0)) if found else None,
                months=tuple(found),
                estimated_months=sum(cost.is_estimated for cost in found.values()),
                needs_confirmation=any(cost.needs_confirmation for cost in found.values()),
            )
        )
    # A tariff that prices fewer months is not cheaper for it: it stands behind those that price all.
    costs.sort(key=lambda cost: (-len(cost.months), cost.yuan if cost.yuan is not None else Decimal(0)))
    total = sum((kwh for kwh in energies.values() if kwh is not None), Decimal(0))
    return known, total, tuple(costs)


def _energy(facts: AccountFacts, month: date, book: Book) -> Decimal | None:
    bill = make_bill(facts, first_on=month, end_on=next_month(month), book=book, is_checked=False)
    if bill.energy_kwh is not None:
        return bill.energy_kwh
    return facts.billed[month][0] if month in facts.billed else None


def _shares(bills: Iterable[Bill]) -> Mapping[Period, Decimal]:
    """Return how the energy of the months that could be split falls into the periods; empty where none could."""
    total: dict[Period, Decimal] = {}
    for bill in bills:
        if bill.is_whole:
            for period, kwh in bill.energy_by_period.items():
                total[period] = total.get(period, Decimal(0)) + kwh
    whole = sum(total.values(), Decimal(0))
    return {period: kwh / whole for period, kwh in total.items()} if whole else {}


def _cost(
    facts: AccountFacts, month: date, bill: Bill, tariff: Tariff, shares: Mapping[Period, Decimal], book: Book
) -> _Cost | None:
    if bill.total_yuan is not None:
        return _Cost(bill.total_yuan, False, any(line.origin.needs_confirmation for line in bill.lines))
    if month not in facts.billed or (tariff.scheme and not shares):
        return None
    before = _billed_before(facts, month, tariff)
    if before is None:
        return None
    kwh = facts.billed[month][0]
    by_period = _split(kwh, shares) if tariff.scheme else {Period.FLAT: kwh}
    quantities = Quantities((Segment(month, next_month(month), by_period),), before)

    def tariff_on(on: date) -> Tariff:
        return book.tariff(tariff.code, on=on)

    if missing_facts(quantities=quantities, terms=facts.terms, book=book, tariff_on=tariff_on):
        return None
    lines = price_lines(quantities=quantities, terms=facts.terms, book=book, tariff_on=tariff_on)
    needs = any(line.origin.needs_confirmation for line in lines)
    return _Cost(sum((line.yuan for line in lines), Decimal(0)), bool(tariff.scheme), needs)


def _billed_before(facts: AccountFacts, month: date, tariff: Tariff) -> Decimal | None:
    if tariff.tier_span is not TierSpan.YEAR:
        return Decimal(0)
    total, earlier = Decimal(0), date(month.year, 1, 1)
    opened = facts.terms.opened_on
    while earlier < month:
        if earlier in facts.billed:
            total += facts.billed[earlier][0]
        elif opened is None or next_month(earlier) > opened:
            return None
        earlier = next_month(earlier)
    return total


def _split(kwh: Decimal, shares: Mapping[Period, Decimal]) -> Mapping[Period, Decimal]:
    used = list(shares)
    parts = {period: (kwh * shares[period]).quantize(_CENT_KWH, ROUND_HALF_UP) for period in used[:-1]}
    return parts | {used[-1]: kwh - sum(parts.values(), Decimal(0))}
