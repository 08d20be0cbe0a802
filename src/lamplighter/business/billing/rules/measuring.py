"""From dials to energy: what each meter of an account adds to some days, and into which periods it falls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

from lamplighter.business.billing.records import Issue, MeterUse, Reading
from lamplighter.business.tariffs.records import Period, Scheme
from lamplighter.business.tariffs.rules.book import Book

_CENT_KWH: Final = Decimal("0.01")
REGISTERS: Final[Mapping[Period, str]] = {
    Period.TIP: "sharp_kwh",
    Period.PEAK: "peak_kwh",
    Period.FLAT: "flat_kwh",
    Period.VALLEY: "valley_kwh",
}
"""Register of a meter for each period; deep valley has none."""

TrustedKwh = Callable[[str, date, date], Decimal | None]
"""Trusted energy of a meter over days ``[first, end)`` after the multiplier; None where a day of them is not known."""
IntervalShares = Callable[[str, date, date, Scheme], Mapping[Period, Decimal] | None]
"""How a meter's intervals fall into the periods over some days; None where too many are missing."""


@dataclass(frozen=True, slots=True)
class Hung:
    """A meter of an account: what it multiplies by, and the days ``[installed_on, removed_on)`` it hung."""

    meter_id: str
    multiplier: Decimal
    installed_on: date | None
    removed_on: date | None


@dataclass(frozen=True, slots=True)
class Dial:
    """Readings of one morning as floats, before the multiplier; ``registers`` by column, None = not read."""

    total_kwh: float
    registers: Mapping[str, float | None]
    reactive_kvarh: float | None
    max_demand_kw: float | None
    known_at: datetime


Dials = Mapping[str, Mapping[date, Dial]]
"""Meter -> morning -> dial."""


def hanging(meters: Sequence[Hung], *, first_on: date, end_on: date) -> list[tuple[Hung, date, date]]:
    """Return the meters that hung in a period, each with its days of it, in the order of days.

    A meter exchanged in mid-period ends where the archive removes it. The archive may name the day of an exchange as
    the last of the old and the first of the new meter: that is one day of both.
    """
    found = []
    for meter in meters:
        start = max(first_on, meter.installed_on or first_on)
        end = min(end_on, meter.removed_on or end_on)
        if start < end:
            found.append((meter, start, end))
    return sorted(found, key=lambda row: (row[1], row[2], row[0].meter_id))


def find_reading(
    dials: Mapping[date, Dial], meter_id: str, *, on: date, book: Book, earliest: date | None
) -> Reading | None:
    """Return the dial at the beginning of a day: that of the day, or the last before it within the allowed days."""
    step = book.rule("rounding.register", on=on).value
    for back in range(int(book.rule("reading.gap_days", on=on).value) + 1):
        day = on - timedelta(days=back)
        if earliest is not None and day < earliest:
            return None
        if day in dials:
            value = _decimal(dials[day].total_kwh, step)
            return Reading(meter_id, day, value, dials[day].known_at)
    return None


def exact(value: float) -> Decimal:
    """Return a float as the decimal number one would write for it, not as the binary number beside it.

    Example:
        >>> exact(0.1), exact(800.0)
        (Decimal('0.1'), Decimal('800'))
    """
    number = Decimal(repr(float(value)))
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _decimal(value: float, step: Decimal) -> Decimal:
    return exact(value).quantize(step, ROUND_HALF_UP)


def measure_meter(
    hung: Hung,
    dials: Mapping[date, Dial],
    *,
    days: tuple[date, date],
    is_exchange: tuple[bool, bool],
    book: Book,
    trusted: TrustedKwh,
) -> tuple[MeterUse, tuple[Issue, ...]]:
    """Return what a meter adds over its days, by its dial.

    At an exchange no reading may be there for the morning the archive names; then the hours between the exchange and
    the nearest dial of the meter are bridged by trusted intervals, which the use says.

    Args:
        hung: the meter.
        dials: its mornings.
        days: its days ``[first, end)``.
        is_exchange: whether it was hung on the first day, and taken away on the last.
        book: rules.
        trusted: trusted energy.
    """
    first_on, end_on = days
    issues: list[Issue] = []
    start = find_reading(dials, hung.meter_id, on=first_on, book=book, earliest=first_on)
    bridged = Decimal(0)
    if start is None and is_exchange[0]:
        later = min((day for day in dials if first_on < day <= end_on), default=end_on)
        start = find_reading(dials, hung.meter_id, on=later, book=book, earliest=later)
        bridged += _bridge(trusted, hung, first_on, later, issues)
    elif start is None:
        start = find_reading(dials, hung.meter_id, on=first_on, book=book, earliest=hung.installed_on)
    end = find_reading(dials, hung.meter_id, on=end_on, book=book, earliest=start.on_date if start else first_on)
    if start is not None and end is not None and end.on_date != end_on and is_exchange[1]:
        bridged += _bridge(trusted, hung, end.on_date, end_on, issues)
    elif end is not None and end.on_date != end_on:
        issues.append(Issue.READING_MOVED)
    if start is not None and start.on_date < first_on:
        issues.append(Issue.READING_MOVED)
    energy, rolled = _difference(start, end, hung.multiplier, book, issues)
    is_known = start is not None and end is not None and energy is not None and Issue.NO_REGISTER not in issues
    use = MeterUse(
        meter_id=hung.meter_id,
        first_on=first_on,
        end_on=end_on,
        start=start,
        end=end,
        multiplier=hung.multiplier,
        energy_kwh=energy + bridged if is_known and energy is not None else None,
        register_kwh=_registers(hung, dials, start, end, book) if is_known and start and end else {},
        bridged_kwh=bridged,
        rolled_over=rolled,
    )
    return use, tuple(dict.fromkeys(issues))


def _bridge(trusted: TrustedKwh, hung: Hung, first_on: date, end_on: date, issues: list[Issue]) -> Decimal:
    found = trusted(hung.meter_id, first_on, end_on)
    issues.append(Issue.NO_REGISTER if found is None else Issue.EXCHANGE_BRIDGED)
    return Decimal(0) if found is None else found.quantize(_CENT_KWH, ROUND_HALF_UP)


def _difference(
    start: Reading | None, end: Reading | None, multiplier: Decimal, book: Book, issues: list[Issue]
) -> tuple[Decimal | None, bool]:
    if start is None or end is None or end.on_date < start.on_date:
        issues.append(Issue.NO_REGISTER)
        return None, False
    moved = end.value - start.value
    if moved >= 0:
        return moved * multiplier, False
    span = book.rule("reading.rollover_kwh", on=end.on_date).value
    share = book.rule("reading.rollover_share", on=end.on_date).value
    if moved + span > span * share:
        issues.append(Issue.REGISTER_WENT_BACK)
        return None, False
    return (moved + span) * multiplier, True


def _registers(
    hung: Hung, dials: Mapping[date, Dial], start: Reading, end: Reading, book: Book
) -> Mapping[Period, Decimal]:
    """Return the energy by period as the registers say; nothing where they do not add up to the total."""
    step = book.rule("rounding.register", on=end.on_date).value
    span = book.rule("reading.rollover_kwh", on=end.on_date).value
    found: dict[Period, Decimal] = {}
    for period, column in REGISTERS.items():
        first, last = dials[start.on_date].registers.get(column), dials[end.on_date].registers.get(column)
        if first is None or last is None:
            continue
        moved = _decimal(last, step) - _decimal(first, step)
        found[period] = (moved if moved >= 0 else moved + span) * hung.multiplier
    total = end.value - start.value
    total = (total if total >= 0 else total + span) * hung.multiplier
    # Each dial is cut to its step on its own, at both ends.
    tolerance = 2 * step * (len(found) + 1) * hung.multiplier
    return found if found and abs(sum(found.values(), Decimal(0)) - total) <= tolerance else {}


def split_periods(
    use: MeterUse, *, scheme: Scheme | None, shares: IntervalShares
) -> tuple[Mapping[Period, Decimal], Issue | None]:
    """Return how a meter's energy falls into the periods of a scheme: by its registers, otherwise by its intervals.

    Registers count where they moved in no period the scheme does not know: a meter that runs four periods does not say
    how its energy falls into two.

    Args:
        use: a meter with its energy.
        scheme: hours; None = one price all day.
        shares: intervals.
    """
    if use.energy_kwh is None:
        return {}, None
    if scheme is None:
        return {Period.FLAT: use.energy_kwh}, None
    moved = {period for period, kwh in use.register_kwh.items() if kwh}
    if use.register_kwh and moved <= set(scheme.periods) and Period.DEEP_VALLEY not in scheme.periods:
        weights: Mapping[Period, Decimal] = use.register_kwh
        issue = None
    else:
        found = shares(use.meter_id, use.first_on, use.end_on, scheme)
        if found is None and use.energy_kwh:
            return {}, Issue.PERIODS_UNKNOWN
        weights, issue = found or {}, Issue.PERIODS_FROM_INTERVALS
    return _shared(use.energy_kwh, weights, scheme), issue


def _shared(energy_kwh: Decimal, weights: Mapping[Period, Decimal], scheme: Scheme) -> Mapping[Period, Decimal]:
    """Share energy in proportion: registers that add up to it stay as they are, the last takes what rounding leaves."""
    total = sum(weights.values(), Decimal(0))
    if not total:
        return {period: energy_kwh if period is scheme.periods[-1] else Decimal(0) for period in scheme.periods}
    used = [period for period in scheme.periods if weights.get(period)]
    shared, left = {}, energy_kwh
    for period in used[:-1]:
        shared[period] = (energy_kwh * weights[period] / total).quantize(_CENT_KWH, ROUND_HALF_UP)
        left -= shared[period]
    return shared | {used[-1]: left}


def is_read_on(dials: Dials, meters: Sequence[Hung], day: date) -> bool:
    """Say whether every meter that hung through a morning was read on it."""
    through = [m for m in meters if (m.installed_on or day) <= day < (m.removed_on or day + timedelta(days=1))]
    return all(day in dials.get(meter.meter_id, {}) for meter in through)


def share_by_days(
    kwh: Mapping[Period, Decimal], *, cuts: Sequence[date], first_on: date, end_on: date
) -> list[tuple[date, date, Mapping[Period, Decimal]]]:
    """Return energy shared over the parts of a period by calendar days; what rounding leaves goes to the last part.

    Example:
        31 kWh of March, a price that changed on the 11th:

        >>> parts = share_by_days({Period.FLAT: Decimal(31)}, cuts=[date(2025, 3, 11)], first_on=date(2025, 3, 1),
        ...                       end_on=date(2025, 4, 1))
        >>> [str(part[Period.FLAT]) for _, _, part in parts]
        ['10.00', '21.00']
    """
    edges = [first_on, *cuts, end_on]
    whole = (end_on - first_on).days
    left = dict(kwh)
    parts = []
    for start, end in pairwise(edges[:-1]):
        part = {
            period: (energy * (end - start).days / whole).quantize(_CENT_KWH, ROUND_HALF_UP)
            for period, energy in kwh.items()
        }
        left = {period: left[period] - part[period] for period in left}
        parts.append((start, end, part))
    return [*parts, (edges[-2], edges[-1], left)]
