"""Losses of a user's own transformer where the meter hangs below it (高供低计 变损)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Plate:
    """What the plate of a transformer says.

    Attributes:
        rated_kva: rated capacity Se.
        no_load_kw, load_kw: P0 and Pk.
        no_load_current: I0 as a share; ``short_circuit_voltage`` Uk as a share; None where not on record.
    """

    rated_kva: Decimal
    no_load_kw: Decimal
    load_kw: Decimal
    no_load_current: Decimal | None = None
    short_circuit_voltage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TransformerLoss:
    """Losses of a period: iron and copper, kWh; reactive the same, kvarh, None where the plate does not say."""

    iron_kwh: Decimal
    copper_kwh: Decimal
    iron_kvarh: Decimal | None
    copper_kvarh: Decimal | None

    @property
    def active_kwh(self) -> Decimal:
        """Active losses."""
        return self.iron_kwh + self.copper_kwh

    @property
    def reactive_kvarh(self) -> Decimal:
        """Reactive losses, as far as they are known."""
        return (self.iron_kvarh or Decimal(0)) + (self.copper_kvarh or Decimal(0))


def transformer_loss(
    *,
    plate: Plate,
    active_kwh: Decimal,
    reactive_kvarh: Decimal,
    hours_on: Decimal,
    hours: Decimal,
    shape: Decimal = Decimal(1),
) -> TransformerLoss:
    """Return what a transformer lost over a period.

    Args:
        plate: what its plate says.
        active_kwh, reactive_kvarh: metered below it; nothing used leaves the iron losses alone.
        hours_on: hours it was energised (T_on).
        hours: hours of the period (T).
        shape: factor K of the load's shape: 1 for an even load, 1.2 for continuous work.

    Source:
        Practice of the supply companies for users metered at low voltage; IEC 60076 losses scaled by the load.

    Example:
        T3.10 and T3.11, a 315 kVA transformer:

        >>> plate = Plate(Decimal(315), Decimal("0.48"), Decimal("3.65"), Decimal("0.011"), Decimal("0.04"))
        >>> lost = transformer_loss(plate=plate, active_kwh=Decimal(60000), reactive_kvarh=Decimal(29059),
        ...                         hours_on=Decimal(720), hours=Decimal(720))
        >>> [str(round(each, 2)) for each in (lost.iron_kwh, lost.copper_kwh, lost.iron_kvarh, lost.copper_kvarh)]
        ['345.60', '227.07', '2494.80', '783.85']
    """
    squared = active_kwh**2 + reactive_kvarh**2
    load = shape * squared / (plate.rated_kva * hours)
    return TransformerLoss(
        iron_kwh=plate.no_load_kw * hours_on,
        copper_kwh=plate.load_kw * load / plate.rated_kva,
        iron_kvarh=None if plate.no_load_current is None else plate.no_load_current * plate.rated_kva * hours_on,
        copper_kvarh=None if plate.short_circuit_voltage is None else plate.short_circuit_voltage * load,
    )
