"""Metering errors: energy to collect or to give back, without any penalty."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.amounts import (
    AmountKind,
    Amounts,
    Concern,
    Direction,
    Role,
    phrase,
)
from lamplighter.business.inspection.records.facts import MeteringErrorFacts, MeteringErrorKind
from lamplighter.business.inspection.records.law import WiringFault
from lamplighter.business.inspection.rules.law import Law, LawMissing
from lamplighter.business.inspection.rules.plate import read_ratio
from lamplighter.business.inspection.rules.sheet import FactUnusable, Sheet, need, not_negative

_KIND = "metering_error"
_BY_READING = (MeteringErrorKind.ERROR, MeteringErrorKind.VOLTAGE_DROP, MeteringErrorKind.OTHER)


class FactorUndefined(LamplighterError):
    """With this wiring nothing was recorded, so no factor leads to the true energy."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(text("inspection.error.factor_undefined", fault=fault))


def work_out_metering_error(facts: MeteringErrorFacts, *, law: Law, chosen: Mapping[str, str] | None = None) -> Amounts:
    """Return what a metering error comes to: collected where too little was recorded, refunded where too much.

    Args:
        facts: what is known.
        law: that of the day of correction.
        chosen: switches that somebody set, by name.

    Raises:
        FactMissing: the kind needs a fact that is not there.
        FactUnusable: a fact has an impossible value.
        FactorUndefined: wrong wiring that recorded nothing; settle by normal months instead.

    Source:
        Power Supply Business Rules, 1996 order Art. 80 and 81, and their successors of the 2024 order.

    Example:
        A meter 5 % fast, 12,000 kWh since its last verification, of which half counts:

        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = MeteringErrorFacts(kind=MeteringErrorKind.ERROR, corrected_on=date(2025, 3, 1),
        ...     metered_kwh=Decimal(12000), relative_error=Decimal("0.05"), price_yuan=Decimal("0.52"))
        >>> found = work_out_metering_error(facts, law=load_law(on=facts.corrected_on))
        >>> found.direction.value, found.energy_kwh
        ('refund', Decimal('285.71'))
    """
    sheet = Sheet(AmountKind.METERING_ERROR, law, chosen or {})
    price = not_negative(facts.price_yuan, "price_yuan")
    rule_id, delta = _KINDS[facts.kind](sheet, facts)
    interim = "reading" if facts.kind in _BY_READING else "normal"
    sheet.rule(f"metering.interim.{interim}")
    sheet.warn(Concern.NOTE, phrase(f"inspection.warning.interim_{interim}"))
    energy = abs(delta)
    direction = Direction.COLLECT if delta > 0 else Direction.REFUND if delta < 0 else Direction.NOTHING
    if direction is not Direction.NOTHING:
        formula = phrase("inspection.formula.energy_price", energy=energy, price=price)
        sheet.write(f"{direction}_money", formula, energy * price, "yuan", rule_id, role=Role.PRINCIPAL)
    return sheet.finish(energy_kwh=energy, direction=direction)


def _settle(sheet: Sheet, delta: Decimal, formula: str, rule_id: str, **fields: object) -> tuple[str, Decimal]:
    """Write the energy to settle; its sign becomes a direction, its amount stays above zero."""
    label = "collect_energy" if delta > 0 else "refund_energy" if delta < 0 else "no_energy"
    said = phrase(f"inspection.formula.{formula}", **fields)
    energy = sheet.write(label, said, abs(delta), "kWh", rule_id)
    return rule_id, energy.copy_sign(delta)


def _error(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    rule_id = "metering.error.method"
    gamma = need(facts.relative_error, "relative_error", kind=_KIND)
    if gamma <= -1:
        raise FactUnusable("relative_error", gamma, wanted="> -1")
    tolerance = facts.tolerance
    if tolerance is None and facts.is_residential:
        tolerance = sheet.rule("metering.tolerance.residential").number
    if tolerance is None:
        sheet.warn(Concern.UNKNOWN, phrase("inspection.warning.tolerance_unknown"))
    elif abs(gamma) <= tolerance:
        sheet.warn(Concern.NOTE, phrase("inspection.warning.within_tolerance", error=gamma, tolerance=tolerance))
        return _settle(sheet, Decimal(0), "within", rule_id, error=gamma, tolerance=tolerance)
    share = sheet.rule("metering.error.half").number
    metered = not_negative(facts.metered_kwh, "metered_kwh")
    formula = phrase("inspection.formula.half", energy=metered, share=share)
    half = sheet.write("half_energy", formula, metered * share, "kWh", "metering.error.half")
    if sheet.choose("error_formula") == "linear":
        return _settle(sheet, -half * gamma, "error_linear", rule_id, energy=half, error=gamma)
    return _settle(sheet, -half * gamma / (1 + gamma), "error_exact", rule_id, energy=half, error=gamma)


def _voltage_drop(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    actual = need(facts.actual_drop, "actual_drop", kind=_KIND)
    allowed = not_negative(need(facts.allowed_drop, "allowed_drop", kind=_KIND), "allowed_drop")
    rule = sheet.rule("metering.voltage_drop")
    excess = max(abs(actual) - allowed, Decimal(0)).copy_sign(actual)
    if excess < 0 and rule.value == "collect":
        # The 1996 text knows only a loss of the company's; a gain is not given back under it.
        sheet.warn(Concern.NOTE, phrase("inspection.warning.collect_only"))
        excess = Decimal(0)
    delta = not_negative(facts.metered_kwh, "metered_kwh") * excess
    fields = {"energy": facts.metered_kwh, "actual": actual, "allowed": allowed.copy_sign(actual)}
    return _settle(sheet, delta, "voltage_drop", rule.rule_id, **fields)


def _normal_months(sheet: Sheet, facts: MeteringErrorFacts, rule_id: str) -> tuple[str, Decimal]:
    normal = not_negative(need(facts.normal_kwh, "normal_kwh", kind=_KIND), "normal_kwh")
    months = not_negative(need(facts.months, "months", kind=_KIND), "months")
    delta = normal * months - facts.metered_kwh
    fields = {"normal": normal, "months": months, "metered": facts.metered_kwh}
    return _settle(sheet, delta, "history", rule_id, **fields)


def _other(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    return _normal_months(sheet, facts, "metering.other")


def _wiring(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    return _by_factor(sheet, facts, "metering.wiring")


def _fuse(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    if facts.factor is None and facts.fault is None:
        # What cannot be computed is settled by normal months.
        return _normal_months(sheet, facts, "metering.fuse")
    return _by_factor(sheet, facts, "metering.fuse")


def _by_factor(sheet: Sheet, facts: MeteringErrorFacts, rule_id: str) -> tuple[str, Decimal]:
    if facts.factor is not None:
        said = phrase("inspection.formula.factor_given")
        factor = sheet.write("factor", said, facts.factor, "", rule_id)
    else:
        code = need(facts.fault, "fault, factor", kind=_KIND)
        if code not in sheet.law.faults:
            raise LawMissing(code, on=sheet.law.on, near=tuple(sheet.law.faults))
        found = sheet.law.faults[code]
        if found.bottom_tan:
            need(facts.tan_phi, "tan_phi", kind=_KIND)
        tan_phi = facts.tan_phi or Decimal(0)
        said = phrase("inspection.formula.factor", fault=code, tan=tan_phi)
        factor = sheet.write("factor", said, correction_factor(found, tan_phi=tan_phi), "", rule_id)
    delta = facts.metered_kwh * (factor - 1)
    return _settle(sheet, delta, "wiring", rule_id, energy=facts.metered_kwh, factor=factor)


def correction_factor(fault: WiringFault, *, tan_phi: Decimal) -> Decimal:
    """Return G = true power / recorded power of wrong wiring under balanced load.

    Args:
        fault: coefficients of the wiring.
        tan_phi: tan φ of the load, above 0 where the current lags.

    Raises:
        FactorUndefined: this wiring records nothing at this load.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> faults = load_law(on=date(2025, 1, 1)).faults
        >>> correction_factor(faults["four_wire_one_lost"], tan_phi=Decimal("0.5"))
        Decimal('1.5')
    """
    root = Decimal(3).sqrt()
    bottom = fault.bottom_one + fault.bottom_root3 * root + fault.bottom_tan * tan_phi
    if not bottom:
        raise FactorUndefined(fault.code)
    return (fault.top_one + fault.top_root3 * root) / bottom


def _ratio(sheet: Sheet, facts: MeteringErrorFacts) -> tuple[str, Decimal]:
    true = read_ratio(need(facts.true_ratio, "true_ratio", kind=_KIND))
    billed = read_ratio(need(facts.billed_ratio, "billed_ratio", kind=_KIND))
    delta = facts.metered_kwh * (true / billed - 1)
    return _settle(sheet, delta, "ratio", "metering.ratio", energy=facts.metered_kwh, true=true, billed=billed)


_KINDS = {
    MeteringErrorKind.ERROR: _error,
    MeteringErrorKind.VOLTAGE_DROP: _voltage_drop,
    MeteringErrorKind.OTHER: _other,
    MeteringErrorKind.WIRING: _wiring,
    MeteringErrorKind.FUSE: _fuse,
    MeteringErrorKind.RATIO: _ratio,
}
