"""Late-payment surcharge: simple daily interest, another rate once arrears cross the year end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from lamplighter.business.inspection.records.amounts import AmountKind, Amounts, Concern, Role, phrase
from lamplighter.business.inspection.records.facts import LateFeeFacts
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.sheet import FactUnusable, Sheet, not_negative


def work_out_late_fee(facts: LateFeeFacts, *, law: Law, chosen: Mapping[str, str] | None = None) -> Amounts:
    """Return the surcharge on arrears paid late, from the day after the due day to the day of payment.

    Args:
        facts: what is known.
        law: that of the day of payment.
        chosen: switches that somebody set, by name.

    Raises:
        FactUnusable: negative arrears, or a contract's rate outside the range of the regulation.

    Source:
        Power Supply Business Rules, 1996 order Art. 98 and its successor of the 2024 order; Regulation on the Supply
        and Use of Electric Power, Art. 39.

    Example:
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = LateFeeFacts(arrears_yuan=Decimal(10000), due_on=date(2024, 12, 20), paid_on=date(2025, 1, 10),
        ...                      is_residential=False)
        >>> work_out_late_fee(facts, law=load_law(on=facts.paid_on)).total_yuan
        Decimal('520.00')
    """
    sheet = Sheet(AmountKind.LATE_FEE, law, chosen or {})
    arrears = not_negative(facts.arrears_yuan, "arrears_yuan")
    first = facts.due_on + timedelta(days=sheet.choose("late_days") == "after_due")
    if facts.paid_on <= facts.due_on or not arrears:
        return sheet.finish(energy_kwh=None)
    year_end = date(facts.due_on.year, 12, 31)
    in_year = max((min(facts.paid_on, year_end) - first).days + 1, 0)
    beyond = (facts.paid_on - max(year_end, first - timedelta(days=1))).days if facts.paid_on > year_end else 0
    _check_contract(sheet, facts)
    # A cap takes the latest days away: what is left of it bounds each line in turn.
    left = arrears if sheet.choose("late_cap") == "principal" else None
    total = Decimal(0)
    for days, name in ((in_year, "current_year"), (beyond, "cross_year")):
        if not days:
            continue
        rule = sheet.rule("late_fee.residential" if facts.is_residential else f"late_fee.{name}")
        rate = rule.number if facts.contract_rate is None else facts.contract_rate
        value = arrears * rate * days
        formula = phrase("inspection.formula.late", arrears=arrears, rate=rate * 1000, days=days)
        if left is not None and value > left - total:
            value = left - total
            formula = phrase("inspection.formula.late_capped", arrears=arrears, rate=rate * 1000, days=days, cap=value)
        total += sheet.write(f"late_{name}", formula, value, "yuan", rule.rule_id, role=Role.PENALTY)
    least = sheet.rule("late_fee.minimum").number
    if total < least:
        formula = phrase("inspection.formula.up_to_least", least=least, total=total)
        sheet.write("late_minimum", formula, least - total, "yuan", "late_fee.minimum", role=Role.PENALTY)
    return sheet.finish(energy_kwh=None)


def _check_contract(sheet: Sheet, facts: LateFeeFacts) -> None:
    if facts.contract_rate is None:
        return
    low, high = sheet.rule("late_fee.range_from").number, sheet.rule("late_fee.range_upto").number
    if not low <= facts.contract_rate <= high:
        raise FactUnusable("contract_rate", facts.contract_rate, wanted=f"{low} … {high}")
    sheet.warn(Concern.NOTE, phrase("inspection.warning.contract_rate", rate=facts.contract_rate * 1000))
