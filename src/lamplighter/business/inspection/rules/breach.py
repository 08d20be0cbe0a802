"""Breach of contract in the use of electricity: what is made up for, and the penalty."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lamplighter.business.inspection.records.amounts import AmountKind, Amounts, Role, phrase
from lamplighter.business.inspection.records.facts import BreachFacts, BreachKind
from lamplighter.business.inspection.rules.basic_fee import basic_fees
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.sheet import FactUnusable, Sheet, need, not_negative, note_span
from lamplighter.business.inspection.rules.theft import add_penalty

_KIND = "breach"
_FIXED = "breach.multiple_fixed"


def work_out_breach(facts: BreachFacts, *, law: Law, chosen: Mapping[str, str] | None = None) -> Amounts:
    """Return what a breach comes to, line by line.

    Args:
        facts: what is known.
        law: that of the act's governing day.
        chosen: switches that somebody set, by name.

    Raises:
        FactMissing: the kind needs a fact that is not there.
        FactUnusable: a fact has an impossible value.
        MultipleTooHigh: a multiple above the lawful one.
        LawMissing: the law of the day does not know the kind.

    Source:
        Power Supply Business Rules, 2024 order Art. 101, 1996 order Art. 100.

    Example:
        A sealed transformer of 100 kVA used twice, single-part tariff:

        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = BreachFacts(kind=BreachKind.SEALED, found_on=date(2025, 3, 1), kw=Decimal(100), occurrences=2)
        >>> work_out_breach(facts, law=load_law(on=facts.found_on)).total_yuan
        Decimal('6000.00')
    """
    sheet = Sheet(AmountKind.BREACH, law, chosen or {})
    law.act(facts.kind)
    note_span(sheet, first_on=facts.started_on, last_on=facts.ended_on or facts.found_on)
    if facts.occurrences < 1:
        raise FactUnusable("occurrences", facts.occurrences, wanted="≥ 1")
    energy = _KINDS[facts.kind](sheet, facts)
    return sheet.finish(energy_kwh=energy)


def _class(sheet: Sheet, facts: BreachFacts) -> Decimal:
    high, low = need(facts.high_yuan, "high_yuan", kind=_KIND), need(facts.low_yuan, "low_yuan", kind=_KIND)
    if high < not_negative(low, "low_yuan"):
        raise FactUnusable("high_yuan", high, wanted=f"≥ {low}")
    rule_id = "breach.class.months_unknown"
    if facts.kwh is not None:
        energy = sheet.write(
            "class_energy",
            phrase("inspection.formula.established", energy=facts.kwh),
            not_negative(facts.kwh, "kwh"),
            "kWh",
            "breach.class.multiple_max",
        )
    else:
        monthly = not_negative(need(facts.monthly_kwh, "kwh, monthly_kwh", kind=_KIND), "monthly_kwh")
        months = sheet.rule(rule_id).number
        formula = phrase("inspection.formula.month_energy", monthly=monthly, months=months)
        energy = sheet.write("class_energy", formula, monthly * months, "kWh", rule_id)
    difference = sheet.write(
        "class_difference",
        phrase("inspection.formula.price_difference", energy=energy, high=high, low=low),
        energy * (high - low),
        "yuan",
        "breach.class.multiple_max",
        role=Role.PRINCIPAL,
    )
    _penalty(sheet, facts, base=difference, limit="breach.class.multiple_max")
    return energy


def _capacity(sheet: Sheet, facts: BreachFacts) -> None:
    _capacity_or_sealed(sheet, facts, name="capacity", occurrences=1)


def _sealed(sheet: Sheet, facts: BreachFacts) -> None:
    _capacity_or_sealed(sheet, facts, name="sealed", occurrences=facts.occurrences)
    if facts.is_private_capacity:
        # Sealed equipment that was never in the contract is added capacity as well. Its basic fee is owed once.
        _capacity_or_sealed(sheet, facts, name="capacity", occurrences=1, with_basic_fee=False)


def _capacity_or_sealed(
    sheet: Sheet, facts: BreachFacts, *, name: str, occurrences: int, with_basic_fee: bool = True
) -> None:
    kw = not_negative(need(facts.kw, "kw", kind=_KIND), "kw")
    if facts.is_two_part:
        limit = f"breach.{name}.multiple_max"
        fee = _basic_fee(sheet, facts, kw, rule_id=limit, role=Role.PRINCIPAL if with_basic_fee else Role.QUANTITY)
        _penalty(sheet, facts, base=fee, limit=limit)
        return
    rule = sheet.rule(f"breach.{name}.per_kw")
    formula = phrase("inspection.formula.per_kw_times", kw=kw, rate=rule.number, times=occurrences)
    sheet.write(f"{name}_penalty", formula, kw * rule.number * occurrences, "yuan", rule.rule_id, role=Role.PENALTY)


def _basic_fee(sheet: Sheet, facts: BreachFacts, kw: Decimal, *, rule_id: str, role: Role) -> Decimal:
    rate = not_negative(need(facts.basic_yuan, "basic_yuan", kind=_KIND), "basic_yuan")
    if facts.months is not None:
        months = not_negative(facts.months, "months")
        formula = phrase("inspection.formula.basic_months", kw=kw, rate=rate, months=months)
        return sheet.write("basic_fee", formula, kw * rate * months, "yuan", rule_id, role=role)
    first = need(facts.started_on, "months, started_on", kind=_KIND)
    fees = basic_fees(
        capacity_kva=kw,
        yuan_per_month=rate,
        first_on=first,
        last_on=facts.ended_on or facts.found_on,
        law=sheet.law,
    )
    total = Decimal(0)
    for fee in fees:
        formula = phrase(
            "inspection.formula.basic_days",
            month=fee.month.strftime("%Y-%m"),
            kw=kw,
            rate=rate,
            days=fee.days,
            divisor=fee.divisor,
        )
        total += sheet.write("basic_fee", formula, fee.yuan, "yuan", "basic_fee.month_days", role=role)
    return total


def _device(sheet: Sheet, facts: BreachFacts) -> None:
    rule = sheet.rule(f"breach.device.{'residential' if facts.is_residential else 'other'}")
    formula = phrase("inspection.formula.per_time", rate=rule.number, times=facts.occurrences)
    sheet.write("device_penalty", formula, rule.number * facts.occurrences, "yuan", rule.rule_id, role=Role.PENALTY)


def _source(sheet: Sheet, facts: BreachFacts) -> None:
    kw = not_negative(need(facts.kw, "kw", kind=_KIND), "kw")
    rule = sheet.rule("breach.source.per_kw")
    formula = phrase("inspection.formula.per_kw", kw=kw, rate=rule.number)
    sheet.write("source_penalty", formula, kw * rule.number, "yuan", rule.rule_id, role=Role.PENALTY)


def _quota(sheet: Sheet, facts: BreachFacts) -> Decimal:
    kw, kwh = need(facts.kw, "kw", kind=_KIND), need(facts.kwh, "kwh", kind=_KIND)
    price = not_negative(need(facts.price_yuan, "price_yuan", kind=_KIND), "price_yuan")
    rule, multiple = sheet.rule("breach.quota.per_kw"), sheet.rule("breach.quota.multiple").number
    formula = phrase(
        "inspection.formula.per_kw_times", kw=not_negative(kw, "kw"), rate=rule.number, times=facts.occurrences
    )
    sheet.write("quota_penalty", formula, kw * rule.number * facts.occurrences, "yuan", rule.rule_id, role=Role.PENALTY)
    formula = phrase("inspection.formula.quota_energy", kwh=not_negative(kwh, "kwh"), price=price, multiple=multiple)
    sheet.write("quota_energy", formula, kwh * price * multiple, "yuan", "breach.quota.multiple", role=Role.PENALTY)
    return kwh


def _penalty(sheet: Sheet, facts: BreachFacts, *, base: Decimal, limit: str) -> None:
    asked = facts.multiple
    if asked is not None and facts.is_private_capacity:
        # One multiple was agreed, two limits apply: each takes it as far as it reaches.
        asked = min(asked, sheet.rule(limit).number)
    add_penalty(sheet, base=base, asked=asked, reason=facts.multiple_reason, limit=limit, fixed=_FIXED)


_KINDS = {
    BreachKind.CLASS: _class,
    BreachKind.CAPACITY: _capacity,
    BreachKind.SEALED: _sealed,
    BreachKind.DEVICE: _device,
    BreachKind.SOURCE: _source,
    BreachKind.QUOTA: _quota,
}
