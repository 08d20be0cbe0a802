"""Theft: stolen energy by each lawful method, the fee due and the penalty."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.amounts import AmountKind, Amounts, Concern, Phrase, Role, phrase
from lamplighter.business.inspection.records.facts import EnergyMethod, TheftFacts, UserCategory, Wiring
from lamplighter.business.inspection.rules.crime import note_crime
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.plate import capacity_kw, read_current, read_ratio
from lamplighter.business.inspection.rules.sheet import FactUnusable, Sheet, need, not_negative, note_span

_KIND = "theft"
_HOURS_OF_A_DAY = 24


class MultipleTooHigh(LamplighterError):
    """A penalty multiple above the lawful one was asked for."""

    def __init__(self, asked: Decimal, *, most: Decimal, clause: str) -> None:
        self.asked, self.most = asked, most
        super().__init__(text("inspection.error.multiple_too_high", asked=asked, most=most, clause=clause))


def work_out_theft(facts: TheftFacts, *, law: Law, chosen: Mapping[str, str] | None = None) -> Amounts:
    """Return what a theft comes to, line by line.

    Args:
        facts: what is known.
        law: that of the act's governing day.
        chosen: switches that somebody set, by name.

    Raises:
        FactMissing: the method needs a fact that is not there.
        FactUnusable: a fact has an impossible value.
        MultipleTooHigh: more than the law allows.
        SwitchUnknown: a switch the law does not have.

    Source:
        Power Supply Business Rules, 2024 order Art. 104 and 105, 1996 order Art. 102 and 103.

    Example:
        Hooking with 5 kW by a lighting user, time unknown:

        >>> from datetime import date
        >>> from lamplighter.business.inspection.records.facts import Device
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = TheftFacts(found_on=date(2025, 3, 1), method=EnergyMethod.CONNECTED, price_yuan=Decimal("0.52"),
        ...     category=UserCategory.LIGHTING, devices=(Device(name="heater", rated_kw=Decimal(5)),))
        >>> found = work_out_theft(facts, law=load_law(on=facts.found_on))
        >>> found.energy_kwh, found.total_yuan
        (Decimal('5400.00'), Decimal('11232.00'))
    """
    sheet = Sheet(AmountKind.THEFT, law, chosen or {})
    last_on = facts.ended_on or facts.found_on
    note_span(sheet, first_on=facts.started_on, last_on=last_on)
    for code in facts.acts:
        if not law.act(code).is_national:
            sheet.warn(Concern.CONFIRM, phrase("inspection.warning.provincial_act", code=code))
    gross = _METHODS[facts.method](sheet, facts)
    energy = _less_billed(sheet, facts, gross)
    price = _price(sheet, facts)
    fee = sheet.write(
        "theft_fee",
        phrase("inspection.formula.energy_price", energy=energy, price=price),
        energy * price,
        "yuan",
        "theft.fee",
        role=Role.PRINCIPAL,
    )
    add_penalty(
        sheet,
        base=fee,
        asked=facts.multiple,
        reason=facts.multiple_reason,
        limit="theft.multiple_max",
        fixed="theft.multiple_fixed",
    )
    note_crime(sheet, stolen_yuan=fee, facts=facts)
    return sheet.finish(energy_kwh=energy)


def add_penalty(sheet: Sheet, *, base: Decimal, asked: Decimal | None, reason: str, limit: str, fixed: str) -> Decimal:
    """Write the line of a penalty that is a multiple of another line, and what must be said of the multiple.

    Args:
        sheet: the calculation.
        base: the line it multiplies, yuan.
        asked: multiple agreed or decided; the highest lawful one when None.
        reason: why it is lower.
        limit: rule with the highest multiple; ``fixed`` the rule that says whether it is the only one.

    Raises:
        MultipleTooHigh: ``asked`` is above the limit.
    """
    most = sheet.rule(limit)
    multiple = most.number if asked is None else not_negative(asked, "multiple")
    if multiple > most.number:
        raise MultipleTooHigh(multiple, most=most.number, clause=most.clause.say())
    if sheet.rule(fixed).is_on:
        if multiple < most.number:
            sheet.warn(Concern.CONFIRM, phrase("inspection.warning.multiple_fixed", most=most.number))
    elif asked is None:
        sheet.warn(Concern.CONFIRM, phrase("inspection.warning.multiple_default", most=most.number))
    if multiple < most.number:
        said = "multiple_reason" if reason else "multiple_no_reason"
        concern = Concern.NOTE if reason else Concern.UNKNOWN
        fields = {"multiple": multiple} | ({"reason": reason} if reason else {})
        sheet.warn(concern, phrase(f"inspection.warning.{said}", **fields))
    formula = phrase("inspection.formula.multiple", base=base, multiple=multiple)
    return sheet.write("penalty", formula, base * multiple, "yuan", limit, role=Role.PENALTY)


def _established(sheet: Sheet, facts: TheftFacts) -> Decimal:
    energy = not_negative(need(facts.established_kwh, "established_kwh", kind=_KIND), "established_kwh")
    return sheet.write(
        "stolen_energy", phrase("inspection.formula.established", energy=energy), energy, "kWh", "theft.established"
    )


def _connected(sheet: Sheet, facts: TheftFacts) -> Decimal:
    devices = need(facts.devices or None, "devices", kind=_KIND)
    for device in devices:
        not_negative(device.rated_kw, "rated_kw")
        not_negative(Decimal(device.quantity), "quantity")
    parts = " + ".join(
        f"{d.name} {d.rated_kw:f}".strip() + (f" × {d.quantity}" if d.quantity != 1 else "") for d in devices
    )
    total = sum((device.rated_kw * device.quantity for device in devices), Decimal(0))
    power = sheet.write(
        "connected_power", phrase("inspection.formula.sum_of", parts=parts), total, "kW", "theft.connected"
    )
    return _power_by_time(sheet, facts, power, "theft.connected")


def _meter(sheet: Sheet, facts: TheftFacts) -> Decimal:
    plate = need(facts.meter, "meter", kind=_KIND)
    current = plate.limiter_a
    if current is None:
        source = sheet.choose("rated_current_source")
        marked = read_current(plate.current, type_factor=sheet.law.rule("theft.min_type_factor").number)
        current = marked.basic if source == "basic" else marked.most
    ct, pt = read_ratio(plate.ct), read_ratio(plate.pt)
    voltage = plate.voltage_v
    if voltage is None:
        if plate.wiring is Wiring.THREE_WIRE:
            need(voltage, "meter.voltage_v", kind=_KIND)
        voltage = sheet.rule("theft.phase_voltage").number
    formula = phrase(f"inspection.formula.meter_{plate.wiring}", kv=voltage / 1000, current=current, ct=ct, pt=pt)
    capacity = capacity_kw(wiring=plate.wiring, current_a=current, voltage_v=voltage, ratio=ct * pt)
    power = sheet.write("meter_power", formula, capacity, "kW", "theft.meter")
    return _power_by_time(sheet, facts, power, "theft.meter")


def _power_by_time(sheet: Sheet, facts: TheftFacts, power: Decimal, rule_id: str) -> Decimal:
    hours = _hours(sheet, facts)
    formula = phrase("inspection.formula.power_time", power=power, hours=hours)
    return sheet.write("stolen_energy", formula, power * hours, "kWh", rule_id)


def _hours(sheet: Sheet, facts: TheftFacts) -> Decimal:
    days, days_rule = _days(sheet, facts)
    hourly = "theft.hours_lighting" if facts.category is UserCategory.LIGHTING else "theft.hours_power"
    if facts.hours_per_day is None:
        per_day = sheet.rule(hourly).number
        rule_id = hourly
    else:
        per_day, rule_id = facts.hours_per_day, days_rule
        if not 0 <= per_day <= _HOURS_OF_A_DAY:
            raise FactUnusable("hours_per_day", per_day, wanted="0 … 24")
    formula = phrase("inspection.formula.days_hours", days=days, hours=per_day)
    return sheet.write("hours", formula, days * per_day, "h", rule_id)


def _days(sheet: Sheet, facts: TheftFacts) -> tuple[Decimal, str]:
    if facts.started_on is not None:
        last = facts.ended_on or facts.found_on
        days = Decimal((last - facts.started_on).days + 1)
        if days < 1:
            raise FactUnusable("started_on", facts.started_on, wanted=f"≤ {last}")
        sheet.write(
            "days",
            phrase("inspection.formula.dates", first=facts.started_on, last=last),
            days,
            "day",
            "theft.established",
        )
        return days, "theft.established"
    presumed = sheet.rule("theft.days_unknown").number
    days = presumed
    if "days_unknown" in sheet.law.switches and facts.days_claimed is not None:
        if sheet.choose("days_unknown") == "at_least":
            days = max(presumed, Decimal(facts.days_claimed))
    elif facts.days_claimed is not None and facts.days_claimed != presumed:
        raise FactUnusable("days_claimed", facts.days_claimed, wanted=str(presumed))
    sheet.write("days", phrase("inspection.formula.presumed_days", days=days), days, "day", "theft.days_unknown")
    return days, "theft.days_unknown"


def _unit_use(sheet: Sheet, facts: TheftFacts) -> Decimal:
    unit, output = need(facts.unit_kwh, "unit_kwh", kind=_KIND), need(facts.output, "output", kind=_KIND)
    metered = need(facts.metered_kwh, "metered_kwh", kind=_KIND)
    formula = phrase(
        "inspection.formula.unit_use", unit=unit, output=output, auxiliary=facts.auxiliary_kwh, metered=metered
    )
    return _provincial(sheet, formula, unit * output + facts.auxiliary_kwh - metered)


def _master_meter(sheet: Sheet, facts: TheftFacts) -> Decimal:
    master, subs = need(facts.master_kwh, "master_kwh", kind=_KIND), need(facts.sub_kwh, "sub_kwh", kind=_KIND)
    loss = need(facts.loss_kwh, "loss_kwh", kind=_KIND)
    formula = phrase("inspection.formula.master_meter", master=master, subs=subs, loss=loss)
    return _provincial(sheet, formula, master - subs - loss)


def _history(sheet: Sheet, facts: TheftFacts) -> Decimal:
    normal, months = need(facts.normal_kwh, "normal_kwh", kind=_KIND), need(facts.months, "months", kind=_KIND)
    metered = need(facts.metered_kwh, "metered_kwh", kind=_KIND)
    formula = phrase("inspection.formula.history", normal=normal, months=months, metered=metered)
    return _provincial(sheet, formula, normal * months - metered)


def _provincial(sheet: Sheet, formula: Phrase, energy: Decimal) -> Decimal:
    sheet.warn(Concern.CONFIRM, phrase("inspection.warning.provincial_method"))
    if energy <= 0:
        sheet.warn(Concern.NOTE, phrase("inspection.warning.no_difference"))
    return sheet.write("stolen_energy", formula, max(energy, Decimal(0)), "kWh", "theft.fallback")


_METHODS = {
    EnergyMethod.ESTABLISHED: _established,
    EnergyMethod.CONNECTED: _connected,
    EnergyMethod.METER: _meter,
    EnergyMethod.UNIT_USE: _unit_use,
    EnergyMethod.MASTER_METER: _master_meter,
    EnergyMethod.HISTORY: _history,
}


def _less_billed(sheet: Sheet, facts: TheftFacts, gross: Decimal) -> Decimal:
    """Return the stolen energy less what was billed in the same days, where it is to be deducted."""
    if facts.method not in (EnergyMethod.CONNECTED, EnergyMethod.METER):
        # Established and provincial quantities are differences already.
        return gross
    how = sheet.choose("deduct_billed_energy")
    on_its_own = facts.method is EnergyMethod.CONNECTED and facts.separate_circuit
    if how == "never" or (how == "by_method" and on_its_own):
        return gross
    if facts.billed_kwh is None:
        # Hooking with nothing else said has nothing that was billed; behind a meter something always was.
        if facts.method is EnergyMethod.METER or how == "always":
            sheet.warn(Concern.UNKNOWN, phrase("inspection.warning.billed_unknown"))
        return gross
    billed = not_negative(facts.billed_kwh, "billed_kwh")
    formula = phrase("inspection.formula.less_billed", gross=gross, billed=billed)
    return sheet.write("net_energy", formula, max(gross - billed, Decimal(0)), "kWh", f"theft.{facts.method.value}")


def _price(sheet: Sheet, facts: TheftFacts) -> Decimal:
    flat = not_negative(facts.price_yuan, "price_yuan")
    energy_price = flat
    if facts.period_prices:
        how = sheet.choose("price_for_tou_user")
        prices = [not_negative(period.yuan_per_kwh, "yuan_per_kwh") for period in facts.period_prices]
        if how == "average":
            energy_price = sum(prices, Decimal(0)) / len(prices)
        elif how == "weighted":
            shares = [not_negative(period.share, "share") for period in facts.period_prices]
            if sum(shares) != 1:
                raise FactUnusable("period_prices.share", sum(shares), wanted="1")
            energy_price = sum((p * s for p, s in zip(prices, shares, strict=True)), Decimal(0))
    surcharge = not_negative(facts.surcharge_yuan, "surcharge_yuan")
    if not facts.period_prices and not surcharge:
        return flat
    formula = phrase("inspection.formula.price", price=energy_price, surcharge=surcharge)
    return sheet.write("price", formula, energy_price + surcharge, "yuan/kWh", "theft.fee")
