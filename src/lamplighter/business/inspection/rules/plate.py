"""Reading a nameplate: rated current, ratios, and the capacity a meter stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from lamplighter.business.inspection.records.facts import Wiring
from lamplighter.business.inspection.rules.sheet import FactUnusable

_CURRENT = re.compile(
    r"(?:\d\s*[×xX*]\s*)?(?:(?P<least>\d+(?:\.\d+)?)\s*[-–~～]\s*)?(?P<basic>\d+(?:\.\d+)?)\s*"
    r"(?:[(（](?P<most>\d+(?:\.\d+)?)[)）])?\s*A?"
)
_RATIO = re.compile(r"(?P<high>\d+(?:\.\d+)?)(?:\s*[/:：／]\s*(?P<low>\d+(?:\.\d+)?))?")
_THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True)
class CurrentMarking:
    """Currents of a meter, ampere: ``basic`` (标定), ``most`` (最大)."""

    basic: Decimal
    most: Decimal


def read_current(marking: str, *, type_factor: Decimal) -> CurrentMarking:
    """Return the currents of a marking.

    Args:
        marking: ``5(60)``, ``3×1.5(6)``; or ``0.25-0.5(60)``, minimum to transitional current with the maximum.
        type_factor: basic current / transitional current of the last kind.

    Raises:
        FactUnusable: it is neither.

    Example:
        >>> read_current("3×1.5(6)A", type_factor=Decimal(10)).basic
        Decimal('1.5')
        >>> read_current("0.25-0.5(60)A", type_factor=Decimal(10)).basic
        Decimal('5.0')
    """
    found = _CURRENT.fullmatch(marking.strip())
    if found is None:
        raise FactUnusable("current", marking, wanted="5(60), 3×1.5(6), 0.25-0.5(60)")
    basic = Decimal(found["basic"]) * (type_factor if found["least"] else 1)
    return CurrentMarking(basic, Decimal(found["most"]) if found["most"] else basic)


def read_ratio(ratio: str | None) -> Decimal:
    """Return a transformer's ratio; 1 where there is none.

    Raises:
        FactUnusable: not a ratio above zero.

    Example:
        >>> read_ratio("200/5"), read_ratio("80"), read_ratio(None)
        (Decimal('40'), Decimal('80'), Decimal('1'))
    """
    if ratio is None:
        return Decimal(1)
    found = _RATIO.fullmatch(ratio.strip())
    low = Decimal(found["low"] or 1) if found else Decimal(0)
    if found is None or not low or not Decimal(found["high"]):
        raise FactUnusable("ratio", ratio, wanted="200/5, 10000/100, 40")
    return Decimal(found["high"]) / low


def capacity_kw(*, wiring: Wiring, current_a: Decimal, voltage_v: Decimal, ratio: Decimal) -> Decimal:
    """Return the capacity a meter stands for at a current, kW (1 kVA counting as 1 kW).

    Args:
        wiring: single-phase U·I, four-wire 3·U·I, three-wire √3·U·I.
        current_a: on the meter's side.
        voltage_v: phase voltage, line voltage for three-wire.
        ratio: current ratio × voltage ratio.

    Example:
        >>> capacity_kw(wiring=Wiring.FOUR_WIRE, current_a=Decimal("1.5"), voltage_v=Decimal(220), ratio=Decimal(40))
        Decimal('39.6')
    """
    phases = {Wiring.SINGLE_PHASE: Decimal(1), Wiring.FOUR_WIRE: Decimal(3), Wiring.THREE_WIRE: Decimal(3).sqrt()}
    return phases[wiring] * voltage_v * current_a * ratio / _THOUSAND
