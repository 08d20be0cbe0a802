"""Every figure of a bill with where it stands, so that nothing is said that nothing gave."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from lamplighter.business.billing.records import Bill, CauseShare, Figure, Reading, TariffCost
from lamplighter.business.tariffs.records import Origin


def name_origin(origin: Origin) -> str:
    """Return where a rate stands: code, version, first day and source.

    Example:
        >>> from datetime import date
        >>> name_origin(Origin("zj.residential", "2012", date(2012, 7, 1), None, "public page", "R"))
        'zj.residential 2012 (2012-07-01): public page'
    """
    return f"{origin.code} {origin.version} ({origin.valid_from}): {origin.say_source()}"


def list_bill_figures(bill: Bill, *, prefix: str = "bill") -> tuple[Figure, ...]:
    """Return the figures of a bill, each under a dotted name that begins with ``prefix``."""
    return tuple(_of_bill(bill, prefix))


def _of_bill(bill: Bill, prefix: str) -> Iterator[Figure]:
    yield Figure(f"{prefix}.days", Decimal(bill.days), "day", f"{bill.first_on} … {bill.end_on}")
    lines = f"lines 1–{len(bill.lines)}"
    is_default = any(line.origin.needs_confirmation for line in bill.lines)
    if bill.total_yuan is not None:
        yield Figure(f"{prefix}.total_yuan", bill.total_yuan, "yuan", lines, needs_confirmation=is_default)
    if bill.energy_kwh is not None:
        readings = ", ".join(use.meter_id for use in bill.uses)
        yield Figure(f"{prefix}.energy_kwh", bill.energy_kwh, "kWh", f"core_register_daily {readings}")
    for period, kwh in bill.energy_by_period.items():
        yield Figure(f"{prefix}.energy_kwh.{period}", kwh, "kWh", "core_register_daily, or intervals where noted")
    if bill.used_before_kwh is not None:
        yield Figure(f"{prefix}.used_before_kwh", bill.used_before_kwh, "kWh", "core_register_daily, core_billed_month")
    for number, use in enumerate(bill.uses, start=1):
        yield Figure(f"{prefix}.meter.{number}.multiplier", use.multiplier, "", f"core_meter {use.meter_id}")
        for end, reading in (("start", use.start), ("end", use.end)):
            if reading is not None:
                yield _of_reading(f"{prefix}.meter.{number}.{end}_kwh", reading)
        if use.energy_kwh is not None:
            bridged = f" + {use.bridged_kwh} of intervals" if use.bridged_kwh else ""
            source = f"({_value(use.end)} − {_value(use.start)}) × {use.multiplier}{bridged}"
            yield Figure(f"{prefix}.meter.{number}.energy_kwh", use.energy_kwh, "kWh", source)
    for number, line in enumerate(bill.lines, start=1):
        name, source = f"{prefix}.line.{number}", name_origin(line.origin)
        yield Figure(f"{name}.quantity", line.quantity, line.unit, "core_register_daily, archive, or lines above")
        yield Figure(
            f"{name}.rate", line.rate, line.rate_unit, source, needs_confirmation=line.origin.needs_confirmation
        )
        yield Figure(f"{name}.yuan", line.yuan, "yuan", line.formula, needs_confirmation=line.origin.needs_confirmation)
    if bill.check is not None:
        yield Figure(f"{prefix}.check.energy_kwh", bill.check.energy_kwh, "kWh", "core_interval, core_trusted_curve")
        yield Figure(f"{prefix}.check.difference_kwh", bill.check.difference_kwh, "kWh", "register − intervals")
    for field, value, unit in (("billed_kwh", bill.billed_kwh, "kWh"), ("billed_yuan", bill.billed_yuan, "yuan")):
        if value is not None:
            yield Figure(f"{prefix}.{field}", value, unit, f"core_billed_month {bill.first_on:%Y-%m}")


def _of_reading(name: str, reading: Reading) -> Figure:
    source = f"core_register_daily {reading.meter_id} {reading.on_date}"
    return Figure(name, reading.value, "kWh", source, known_at=reading.known_at)


def _value(reading: Reading | None) -> str:
    return "?" if reading is None else str(reading.value)


def list_cause_figures(causes: tuple[CauseShare, ...]) -> tuple[Figure, ...]:
    """Return the figures of the causes of a difference."""
    found = []
    for share in causes:
        found.append(Figure(f"cause.{share.cause}.yuan", share.yuan, "yuan", share.basis))
        if share.kwh is not None:
            found.append(Figure(f"cause.{share.cause}.kwh", share.kwh, "kWh", share.basis))
    return tuple(found)


def list_cost_figures(costs: tuple[TariffCost, ...]) -> tuple[Figure, ...]:
    """Return the cost of each tariff as a figure."""
    return tuple(
        Figure(
            f"tariff.{cost.tariff}.yuan",
            cost.yuan,
            "yuan",
            name_origin(cost.origin),
            needs_confirmation=cost.needs_confirmation,
        )
        for cost in costs
        if cost.yuan is not None
    )
