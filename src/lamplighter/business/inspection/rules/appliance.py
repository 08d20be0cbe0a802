"""Compensation for a household appliance that the supply damaged."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lamplighter.business.inspection.records.amounts import AmountKind, Amounts, Direction, Role, phrase
from lamplighter.business.inspection.records.facts import ApplianceFacts
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.sheet import FactUnusable, Sheet, not_negative

_MONTHS_OF_A_YEAR = 12


def work_out_appliance(facts: ApplianceFacts, *, law: Law, chosen: Mapping[str, str] | None = None) -> Amounts:
    """Return what the company pays for an appliance: the full price when new, then less with age, never nothing.

    Raises:
        LawMissing: a class of appliance without an average life.
        FactUnusable: a negative price or age.

    Source:
        Rules on Damage to Household Appliances of Residential Customers (1996).

    Example:
        3,000 yuan, 4 of 12 years used:

        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = ApplianceFacts(damaged_on=date(2025, 3, 1), appliance="motor", price_yuan=Decimal(3000),
        ...                        used_months=48)
        >>> work_out_appliance(facts, law=load_law(on=facts.damaged_on)).total_yuan
        Decimal('2000.00')
    """
    sheet = Sheet(AmountKind.APPLIANCE, law, chosen or {})
    price = not_negative(facts.price_yuan, "price_yuan")
    if facts.used_months < 0:
        raise FactUnusable("used_months", facts.used_months, wanted="≥ 0")
    life = sheet.rule(f"appliance.life.{facts.appliance}")
    months = life.number * _MONTHS_OF_A_YEAR
    new, least = sheet.rule("appliance.new_months").number, sheet.rule("appliance.least_share").number
    if facts.used_months <= new:
        formula, value, rule_id = phrase("inspection.formula.full_price", price=price), price, "appliance.new_months"
    elif facts.used_months >= months:
        formula = phrase("inspection.formula.least_share", price=price, share=least)
        value, rule_id = price * least, "appliance.least_share"
    else:
        fields = {"price": price, "used": facts.used_months, "life": months}
        formula = phrase("inspection.formula.aged_price", **fields)
        value, rule_id = price * (1 - Decimal(facts.used_months) / months), life.rule_id
    sheet.write("appliance", formula, value, "yuan", rule_id, role=Role.PRINCIPAL)
    return sheet.finish(energy_kwh=None, direction=Direction.REFUND)
