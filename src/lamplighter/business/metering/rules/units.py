"""Units of a file, and what turns their values into ours."""

from __future__ import annotations

from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.metering.records import CHANNELS

_TO_OURS: Final = {
    "_kwh": {"kWh": 1.0, "Wh": 1e-3, "MWh": 1e3, "GWh": 1e6},
    "_kw": {"kW": 1.0, "W": 1e-3, "MW": 1e3},
    "_v": {"V": 1.0, "kV": 1e3, "mV": 1e-3},
    "_a": {"A": 1.0, "mA": 1e-3, "kA": 1e3},
    "_kvarh": {"kvarh": 1.0, "varh": 1e-3, "Mvarh": 1e3},
}


class UnitUnknown(LamplighterError):
    """A mapping names a unit that cannot be turned into the one of the channel or column."""

    def __init__(self, name: str, unit: str) -> None:
        self.name, self.unit = name, unit
        known = sorted({word for ending, units in _TO_OURS.items() if name.endswith(ending) for word in units})
        super().__init__(text("metering.unit_unknown", name=name, unit=unit, known=", ".join(known) or "-"))


def unit_factor(name: str, unit: str, *, interval_minutes: int) -> float:
    """Return what a value in ``unit`` is multiplied by to be in the unit our name of the channel or column ends in.

    Args:
        name: channel or column, ``energy_kwh``.
        unit: unit of the file; a power given for an interval channel of energy is its mean over the interval.
        interval_minutes: length of that interval.

    Raises:
        UnitUnknown: no such unit of that quantity.

    Example:
        >>> unit_factor("energy_kwh", "Wh", interval_minutes=15), unit_factor("energy_kwh", "kW", interval_minutes=15)
        (0.001, 0.25)
    """
    ending = max((e for e in _TO_OURS if name.endswith(e)), key=len, default="")
    known = _TO_OURS.get(ending, {})
    if unit in known:
        return known[unit]
    if name in CHANNELS and ending == "_kwh" and unit in _TO_OURS["_kw"]:
        return _TO_OURS["_kw"][unit] * interval_minutes / 60
    raise UnitUnknown(name, unit)
