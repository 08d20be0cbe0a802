"""Why two bills differ: causes in kWh and yuan that add up to the difference, to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from lamplighter.business.billing.records import Bill, BillLine, Cause, CauseShare, Item
from lamplighter.business.billing.rules.measuring import exact
from lamplighter.business.tariffs.records import Period

_CENT: Final = Decimal("0.01")
_BASIC: Final = (Item.CAPACITY, Item.DEMAND, Item.DEMAND_EXCESS)


@dataclass(frozen=True, slots=True)
class Days:
    """An account's days of a bill: energy by intervals, and the weather.

    Attributes:
        energy_kwh: shape (D,), NaN = not known.
        idle_kwh: what a day would be at the load that never goes off, shape (D,), NaN = not known.
        mean_c: mean temperature, shape (D,), NaN = not known.
    """

    energy_kwh: npt.NDArray[np.float64]
    idle_kwh: npt.NDArray[np.float64]
    mean_c: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comfort:
    """When days count as heating or cooling, °C, and how many days it takes to see what they cost."""

    heat_below_c: float
    cool_above_c: float
    least_days: int


def weather_kwh(now: Days, before: Days, *, comfort: Comfort) -> Decimal | None:
    """Return how much of the energy of the days ``now`` their weather added against that of the days before.

    Energy of a day = idle + heating × degrees below + cooling × degrees above, fitted to all days of both bills; a
    slope that comes out negative is none.

    Returns:
        kWh over the days ``now``; None where there are too few days with both energy and temperature, or where the
        temperatures tell no two days apart.

    Example:
        Each degree below 16 costs 2 kWh: thirty days at 6 °C after thirty at 11 °C, a little apart from one another.

        >>> degrees = np.linspace(-1, 1, 30)
        >>> idle = np.full(30, np.nan)
        >>> cold, mild = (Days(5 + 2 * (16 - (mean + degrees)), idle, mean + degrees) for mean in (6.0, 11.0))
        >>> weather_kwh(cold, mild, comfort=Comfort(16.0, 26.0, 40))
        Decimal('300.00')
    """
    energy = np.concatenate([now.energy_kwh, before.energy_kwh])
    mean = np.concatenate([now.mean_c, before.mean_c])
    is_known = np.isfinite(energy) & np.isfinite(mean)
    if is_known.sum() < comfort.least_days or not np.isfinite(now.mean_c).any() or not np.isfinite(before.mean_c).any():
        return None
    total = 0.0
    degrees = [_degrees(mean, comfort, is_heat=is_heat) for is_heat in (True, False)]
    used = [column for column in degrees if np.ptp(column[is_known]) > 0]
    if not used:
        return None
    fitted = np.linalg.lstsq(
        np.column_stack([np.ones(is_known.sum()), *(c[is_known] for c in used)]), energy[is_known], rcond=None
    )
    for slope, column in zip(fitted[0][1:], used, strict=True):
        this, earlier = column[: len(now.mean_c)], column[len(now.mean_c) :]
        total += max(float(slope), 0.0) * float(np.nanmean(this) - np.nanmean(earlier)) * len(this)
    return _cents(exact(total))


def _degrees(mean_c: npt.NDArray[np.float64], comfort: Comfort, *, is_heat: bool) -> npt.NDArray[np.float64]:
    distance = comfort.heat_below_c - mean_c if is_heat else mean_c - comfort.cool_above_c
    return np.asarray(np.where(np.isfinite(mean_c), np.clip(distance, 0.0, None), np.nan))


def idle_kwh(slots: npt.NDArray[np.float64], *, quantile: float = 0.1) -> npt.NDArray[np.float64]:
    """Return what each day would be at the load that never goes off, shape (D,).

    Args:
        slots: energy of each slot, shape (D, S), NaN = not known.
        quantile: the share of a day's slots that lie below that load.

    Example:
        >>> idle_kwh(np.array([[0.1] * 12 + [2.0] * 12])).tolist()
        [2.4]
    """
    found = np.full(len(slots), np.nan)
    whole = np.isfinite(slots).mean(axis=1) > 0.9 if slots.size else np.zeros(0, bool)
    if whole.any():
        found[whole] = np.nanquantile(slots[whole], quantile, axis=1) * slots.shape[1]
    return np.round(found, 6)


def new_load_kwh(now: Days, before: Days) -> Decimal | None:
    """Return by how much the load that never goes off rose, kWh over the days ``now``; None where not known."""
    if not np.isfinite(now.idle_kwh).any() or not np.isfinite(before.idle_kwh).any():
        return None
    rise = float(np.nanmean(now.idle_kwh) - np.nanmean(before.idle_kwh)) * len(now.idle_kwh)
    return _cents(exact(max(rise, 0.0)))


def estimated_kwh(bill: Bill) -> Decimal:
    """Return how much of a bill no reading of its own days tells: bridged hours, and days that a reading moved.

    Days before the bill that its first reading stands for count in, days at its end that it leaves to the next count
    out, at the mean of the days between the readings.
    """
    total = Decimal(0)
    for use in bill.uses:
        total += use.bridged_kwh
        if use.start is None or use.end is None or use.energy_kwh is None or use.bridged_kwh:
            continue
        read = (use.end.on_date - use.start.on_date).days
        moved = (use.first_on - use.start.on_date).days - (use.end_on - use.end.on_date).days
        if read and moved:
            total += use.energy_kwh * moved / read
    return _cents(total)


def explain_difference(
    *,
    bill: Bill,
    against: Bill,
    repriced: Sequence[BillLine],
    base_prices: Mapping[Period, Decimal],
    has_tiers: bool,
    has_hours: bool,
    weather: Decimal | None,
    new_load: Decimal | None,
) -> tuple[CauseShare, ...]:
    """Return the causes of a difference, in a fixed order; they add up to it to the cent.

    Energy is valued at the mean price of the earlier bill; what the same energy costs more because it falls into higher
    tiers or dearer hours stands apart, and so does what the prices themselves did.

    Args:
        bill, against: two bills with totals.
        repriced: lines of the later bill at the prices of the earlier.
        base_prices: first-tier price of each period in the earlier bill; empty for one price all day.
        has_tiers, has_hours: the earlier bill's tariff has tiers, and hours of different prices.
        weather, new_load: kWh, None = not known.
    """
    days = _cents(_energy(against) * (bill.days - against.days) / against.days)
    estimate = estimated_kwh(bill) - estimated_kwh(against)
    change = _energy(bill) - _energy(against)
    rest = change - days - estimate - (weather or Decimal(0))
    appeared = max(min(new_load or Decimal(0), rest), Decimal(0))
    other = rest - appeared
    before, now = _yuan(against.lines), _yuan(repriced)
    at = _mean_price(bill, against, before, now)
    shares = [
        CauseShare(Cause.DAYS, _cents(days * at), days, f"{against.days} → {bill.days}"),
        CauseShare(
            Cause.WEATHER, _cents((weather or Decimal(0)) * at), weather, "" if weather is None else "degree_days"
        ),
        CauseShare(Cause.ESTIMATE, _cents(estimate * at), estimate, "readings"),
        CauseShare(Cause.NEW_LOAD, _cents(appeared * at), appeared, "idle_load"),
        CauseShare(Cause.OTHER_USE, _cents(other * at), other, "rest"),
    ]
    left = now - before - sum((share.yuan for share in shares), Decimal(0))
    # With tiers and hours both, the hours are valued at first-tier prices and the tiers take the rest.
    mix = (_cents(_mix(bill, against, base_prices)) if has_tiers else left) if has_hours else Decimal(0)
    tiers = left - mix if has_tiers else Decimal(0)
    if not has_tiers and not has_hours:
        # One price for every kWh: what is left is the rounding of the causes.
        shares[-1] = CauseShare(Cause.OTHER_USE, shares[-1].yuan + left, other, "rest")
    shares.append(CauseShare(Cause.TIER_STEP, tiers, None, "tiers"))
    shares.append(CauseShare(Cause.TIME_OF_USE, mix, None, "periods"))
    for cause, items in ((Cause.CAPACITY, _BASIC), (Cause.POWER_FACTOR, (Item.POWER_FACTOR,))):
        shares.append(CauseShare(cause, _yuan(repriced, items) - _yuan(against.lines, items), None, "lines"))
    prices = sum((line.yuan for line in bill.lines), Decimal(0)) - sum((line.yuan for line in repriced), Decimal(0))
    shares.append(CauseShare(Cause.PRICE_CHANGE, prices, None, "prices"))
    return tuple(share for share in shares if share.yuan or share.kwh)


def _energy(bill: Bill) -> Decimal:
    return bill.energy_kwh or Decimal(0)


def _yuan(lines: Sequence[BillLine], items: tuple[Item, ...] = ()) -> Decimal:
    fixed = (*_BASIC, Item.POWER_FACTOR)
    return sum((line.yuan for line in lines if (line.item in items if items else line.item not in fixed)), Decimal(0))


def _mean_price(bill: Bill, against: Bill, before: Decimal, now: Decimal) -> Decimal:
    if _energy(against):
        return before / _energy(against)
    return now / _energy(bill) if _energy(bill) else Decimal(0)


def _mix(bill: Bill, against: Bill, base_prices: Mapping[Period, Decimal]) -> Decimal:
    """Return what the later bill's energy costs more because it fell into other hours."""
    now, before = _energy(bill), _energy(against)
    if len(base_prices) < 2 or not now or not before:
        return Decimal(0)
    zero = Decimal(0)
    return sum(
        (
            (bill.energy_by_period.get(p, zero) / now - against.energy_by_period.get(p, zero) / before) * price * now
            for p, price in base_prices.items()
        ),
        zero,
    )


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
