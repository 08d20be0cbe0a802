"""From quantities to lines: each with its formula, its rate and where the rate stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lamplighter.business.billing.records import BillLine, Issue, Item, Quantities, Segment, Terms
from lamplighter.business.tariffs.records import (
    ComponentKind,
    FeeMode,
    Origin,
    Period,
    Tariff,
    TierSpan,
)
from lamplighter.business.tariffs.rules.book import Book
from lamplighter.business.tariffs.rules.demand import charged_demand, demand_price, least_contract_kw, month_share
from lamplighter.business.tariffs.rules.hours import floated
from lamplighter.business.tariffs.rules.power_factor import adjustment_rate, power_factor
from lamplighter.business.tariffs.rules.stack import leaver_price
from lamplighter.business.tariffs.rules.tiers import TierPart, split_tiers, tier_limits

TariffOn = Callable[[date], Tariff]

_KWH_STEP: Final = Decimal("0.01")
_KWH_RATE: Final = "yuan/kWh"
IN_PF_BASE: Final = (Item.ENERGY, Item.TIER_ADDER, Item.COMPONENT, Item.CAPACITY, Item.DEMAND, Item.DEMAND_EXCESS)


@dataclass(slots=True)
class _Sheet:
    """Lines as they are written down."""

    step: Decimal
    lines: list[BillLine] = field(default_factory=list)

    def add(
        self,
        item: Item,
        segment: Segment,
        *,
        quantity: Decimal,
        unit: str,
        rate: Decimal,
        rate_unit: str,
        origin: Origin,
        detail: str = "",
        period: Period | None = None,
        tier: int | None = None,
        share: Decimal = Decimal(1),
        formula: str = "",
    ) -> None:
        exact = quantity * rate * share
        self.lines.append(
            BillLine(
                item=item,
                detail=detail,
                period=period,
                tier=tier,
                first_on=segment.first_on,
                end_on=segment.end_on,
                quantity=quantity,
                unit=unit,
                rate=rate,
                rate_unit=rate_unit,
                formula=formula or f"{plain(quantity)} {unit} × {plain(rate)}",
                exact_yuan=exact,
                yuan=exact.quantize(self.step, ROUND_HALF_UP),
                origin=origin,
            )
        )

    def sum_of(self, items: tuple[Item, ...]) -> Decimal:
        return sum((line.yuan for line in self.lines if line.item in items), Decimal(0))


def plain(number: Decimal) -> str:
    """Return a number as one writes it: no exponent, no idle zeros.

    Example:
        >>> plain(Decimal("160.00")), plain(Decimal("0.5380")), plain(Decimal("1E+3"))
        ('160', '0.538', '1000')
    """
    words = f"{number:f}"
    return words.rstrip("0").rstrip(".") if "." in words else words


def missing_facts(*, quantities: Quantities, terms: Terms, book: Book, tariff_on: TariffOn) -> tuple[Issue, ...]:
    """Return what a price asks for and the archive or the meter does not say."""
    found = []
    for segment in quantities.segments:
        tariff = tariff_on(segment.first_on)
        if tariff.basic_fee is not None:
            if terms.capacity_kva is None:
                found.append(Issue.CAPACITY_UNKNOWN)
            needs_contract = terms.fee_mode is FeeMode.CONTRACT_DEMAND and terms.contract_demand_kw is None
            if needs_contract or (terms.fee_mode is not FeeMode.CAPACITY and quantities.demand_kw is None):
                found.append(Issue.DEMAND_UNKNOWN)
        if _is_adjusted(tariff, terms, book, segment.first_on) and quantities.reactive_kvarh is None:
            found.append(Issue.REACTIVE_UNKNOWN)
    return tuple(dict.fromkeys(found))


def price_lines(*, quantities: Quantities, terms: Terms, book: Book, tariff_on: TariffOn) -> tuple[BillLine, ...]:
    """Return the lines of a bill.

    The tier rule: energy climbs the tiers in the order of days from what was used before in the same month or year; the
    limits are those of the whole span and are never cut to the days of a bill. So a bill that is made in two parts, the
    second beginning where the first ended, has the same energy in each tier and the same exact amounts as the whole;
    rounding to cents is done on each line.

    Args:
        quantities: what is priced; each segment lies in one month and under one version of the tariff.
        terms: what the archive says of the account; nothing :func:`missing_facts` would name.
        book: schemes and rules.
        tariff_on: tariff of a day.

    Example:
        T3.2, 400 kWh after 2,600 in the same year:

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> book = load_book()
        >>> tariff = lambda on: book.tariff("zj.residential", on=on)
        >>> march = Segment(date(2025, 3, 1), date(2025, 4, 1), {Period.FLAT: Decimal(400)})
        >>> lines = price_lines(quantities=Quantities((march,), Decimal(2600)), terms=Terms("1", "residential", None),
        ...                     book=book, tariff_on=tariff)
        >>> [(line.formula, str(line.yuan)) for line in lines]
        [('160 kWh × 0.538', '86.08'), ('240 kWh × 0.588', '141.12')]
    """
    sheet = _Sheet(book.rule("rounding.money", on=quantities.segments[-1].first_on).value)
    before, last = quantities.used_before_kwh, quantities.segments[0].first_on
    for segment in quantities.segments:
        tariff = tariff_on(segment.first_on)
        if is_new_span(tariff, last, segment.first_on):
            before = Decimal(0)
        _price_energy(sheet, segment, tariff, terms, book, before)
        before, last = before + segment.total_kwh, segment.first_on
    for segment in quantities.segments:
        _price_basic_fee(sheet, segment, tariff_on(segment.first_on), quantities, terms, book)
    _price_power_factor(sheet, quantities, tariff_on(quantities.segments[-1].first_on), terms, book)
    return tuple(sheet.lines)


def is_new_span(tariff: Tariff, earlier: date, later: date) -> bool:
    """Say whether the tiers begin anew between two days."""
    if tariff.tier_span is TierSpan.YEAR:
        return earlier.year != later.year
    return (earlier.year, earlier.month) != (later.year, later.month)


def _price_energy(sheet: _Sheet, segment: Segment, tariff: Tariff, terms: Terms, book: Book, before: Decimal) -> None:
    if tariff.components:
        _price_stack(sheet, segment, tariff, terms, book)
        return
    prices = period_prices(tariff, book, on=segment.first_on)
    parts: tuple[TierPart, ...] = ()
    if tariff.tiers:
        parts = split_tiers(
            kwh=segment.total_kwh, before_kwh=before, limits=_limits(tariff, terms, book, segment.first_on)
        )
    if not tariff.scheme and tariff.tiers:
        for part in parts:
            rate = prices[Period.FLAT] + tariff.tiers[part.tier - 1].adder.get(Period.FLAT, Decimal(0))
            _add_energy(sheet, Item.ENERGY, segment, tariff, part.kwh, rate, tier=part.tier)
        return
    for period, kwh in segment.kwh.items():
        if kwh:
            shown = period if tariff.scheme else None
            _add_energy(sheet, Item.ENERGY, segment, tariff, kwh, prices[period], period=shown)
    for part in parts:
        adder = tariff.tiers[part.tier - 1].adder
        if len(set(adder.values())) == 1:
            rate = next(iter(adder.values()))
            _add_energy(sheet, Item.TIER_ADDER, segment, tariff, part.kwh, rate, tier=part.tier)
            continue
        for period, kwh in _by_share(part.kwh, segment.kwh):
            if kwh and adder:
                _add_energy(sheet, Item.TIER_ADDER, segment, tariff, kwh, adder[period], period=period, tier=part.tier)


def _add_energy(
    sheet: _Sheet,
    item: Item,
    segment: Segment,
    tariff: Tariff,
    kwh: Decimal,
    rate: Decimal,
    *,
    period: Period | None = None,
    tier: int | None = None,
) -> None:
    sheet.add(
        item,
        segment,
        quantity=kwh,
        unit="kWh",
        rate=rate,
        rate_unit=_KWH_RATE,
        origin=tariff.origin,
        period=period,
        tier=tier,
    )


def period_prices(tariff: Tariff, book: Book, *, on: date) -> Mapping[Period, Decimal]:
    """Return the first-tier price of each period on a day, of a tariff that is no stack."""
    if not tariff.scheme or Period.FLAT not in tariff.prices or len(tariff.prices) > 1:
        return tariff.prices
    return floated(
        flat_yuan_per_kwh=tariff.prices[Period.FLAT], season=book.scheme(tariff.scheme, on=on).season(on.month)
    )


def _limits(tariff: Tariff, terms: Terms, book: Book, on: date) -> tuple[Decimal | None, ...]:
    people = book.rule("tier.large_household_people", on=on).value
    is_large = terms.household_size >= people
    more = book.rule("tier.large_household_kwh", on=on).value if is_large else Decimal(0)
    return tier_limits(tariff, on=on, opened_on=terms.opened_on, more_kwh_a_month=more)


def _by_share(kwh: Decimal, by_period: Mapping[Period, Decimal]) -> Iterator[tuple[Period, Decimal]]:
    """Yield energy shared as the periods share theirs; what rounding leaves goes to the last."""
    total, left = sum(by_period.values(), Decimal(0)), kwh
    used = [period for period, part in by_period.items() if part]
    for period in used[:-1]:
        part = (kwh * by_period[period] / total).quantize(_KWH_STEP, ROUND_HALF_UP)
        left -= part
        yield period, part
    if used:
        yield used[-1], left


def _price_stack(sheet: _Sheet, segment: Segment, tariff: Tariff, terms: Terms, book: Book) -> None:
    on, components = segment.first_on, tariff.components
    if terms.has_left_market:
        components = leaver_price(components, factor=book.rule("market.leaver_factor", on=on).value)
    ratios = book.scheme(tariff.scheme, on=on).season(on.month).ratios if tariff.scheme else {}
    for component in components:
        item = Item.FUND if component.kind is ComponentKind.FUND else Item.COMPONENT
        parts = segment.kwh.items() if component.floats and ratios else [(None, segment.total_kwh)]
        for period, kwh in parts:
            if not kwh:
                continue
            ratio = Decimal(1) if period is None else ratios.get(period, Decimal(1))
            words = f"{plain(kwh)} kWh × {plain(component.yuan_per_kwh)}"
            sheet.add(
                item,
                segment,
                quantity=kwh,
                unit="kWh",
                rate=component.yuan_per_kwh * ratio,
                rate_unit=_KWH_RATE,
                origin=tariff.origin,
                detail=component.code,
                period=period,
                formula=words if ratio == 1 else f"{words} × {plain(ratio)}",
            )


def _price_basic_fee(
    sheet: _Sheet, segment: Segment, tariff: Tariff, quantities: Quantities, terms: Terms, book: Book
) -> None:
    fee, on = tariff.basic_fee, segment.first_on
    if fee is None or terms.capacity_kva is None:
        return
    share = month_share(first_on=on, end_on=segment.end_on, book=book)
    part = "" if share == 1 else f" × {(segment.end_on - on).days} d"
    if terms.fee_mode is FeeMode.CAPACITY:
        sheet.add(
            Item.CAPACITY,
            segment,
            quantity=terms.capacity_kva,
            unit="kVA",
            rate=fee.yuan_per_kva,
            rate_unit="yuan/kVA",
            origin=tariff.origin,
            share=share,
            formula=f"{plain(terms.capacity_kva)} kVA × {plain(fee.yuan_per_kva)}{part}",
        )
        return
    measured = quantities.demand_kw or Decimal(0)
    rate = demand_price(
        yuan_per_kw=fee.yuan_per_kw, kwh=quantities.total_kwh, capacity_kva=terms.capacity_kva, book=book, on=on
    )
    plain_kw, excess_kw, factor = measured, Decimal(0), Decimal(1)
    if terms.fee_mode is FeeMode.CONTRACT_DEMAND and terms.contract_demand_kw is not None:
        least = least_contract_kw(capacity_kva=terms.capacity_kva, book=book, on=on)
        charged = charged_demand(
            contract_kw=max(terms.contract_demand_kw, least), measured_kw=measured, book=book, on=on
        )
        plain_kw, excess_kw, factor = charged.plain_kw, charged.excess_kw, charged.excess_factor
    for item, kw, times in ((Item.DEMAND, plain_kw, Decimal(1)), (Item.DEMAND_EXCESS, excess_kw, factor)):
        if kw or item is Item.DEMAND:
            sheet.add(
                item,
                segment,
                quantity=kw,
                unit="kW",
                rate=rate * times,
                rate_unit="yuan/kW",
                origin=tariff.origin,
                share=share,
                formula=f"{plain(kw)} kW × {plain(rate * times)}{part}",
            )


def _is_adjusted(tariff: Tariff, terms: Terms, book: Book, on: date) -> bool:
    least = book.rule("power_factor.least_kva", on=on).value
    return tariff.power_factor is not None and terms.capacity_kva is not None and terms.capacity_kva >= least


def _price_power_factor(sheet: _Sheet, quantities: Quantities, tariff: Tariff, terms: Terms, book: Book) -> None:
    on = quantities.segments[-1].first_on
    if not _is_adjusted(tariff, terms, book, on) or tariff.power_factor is None or quantities.reactive_kvarh is None:
        return
    factor = power_factor(active_kwh=quantities.total_kwh, reactive_kvarh=quantities.reactive_kvarh)
    rate = adjustment_rate(factor=factor, standard=tariff.power_factor, book=book, on=on)
    with_funds = bool(book.rule("power_factor.base_includes_funds", on=on).value)
    base = sheet.sum_of((*IN_PF_BASE, Item.FUND) if with_funds else IN_PF_BASE)
    whole = Segment(quantities.segments[0].first_on, quantities.segments[-1].end_on, {})
    sheet.add(
        Item.POWER_FACTOR,
        whole,
        quantity=base,
        unit="yuan",
        rate=rate,
        rate_unit="share",
        origin=book.rule("power_factor.first_cost", on=on).origin,
        detail=f"{factor}/{tariff.power_factor}",
        formula=f"{plain(base)} × {plain(rate * 100)} %",
    )
