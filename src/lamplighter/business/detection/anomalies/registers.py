"""Rules on dial readings and maximum demand: AN-01, AN-02, AN-03, AN-05, AN-07, AN-26."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import (
    POINT_MINUTES,
    Found,
    Indices,
    Limit,
    Seen,
    by_spell,
    found,
    join,
)
from lamplighter.business.detection.electrical_days import Count

RATES = ("sharp_kwh", "peak_kwh", "flat_kwh", "valley_kwh")
_NOTED = 4


def rates_do_not_add_up(seen: Seen, limit: Limit) -> Found:
    """AN-01: total against the sum of the rates. Found by the readings at the end of each day; what only warns is of
    severity 4, what alarms of the rule's own."""
    rates = np.stack([seen.registers[name][:, 1:] for name in RATES if name in seen.registers])
    known = np.isfinite(rates)
    apart = np.abs(seen.registers["total_kwh"][:, 1:] - np.where(known, rates, 0.0).sum(axis=0))
    # A dial that rolled over is whole turns away from its rates.
    span = limit("rollover_kwh")
    apart = np.abs(apart - span * np.round(apart / span))
    number = known.sum(axis=0)
    tolerance = limit("tolerance_kwh") * (number + 1) + 1e-9
    is_apart = (number > 0) & (apart > tolerance)
    alarm = limit("alarm_kwh")
    return join(
        by_spell(is_apart & (apart > alarm), apart, expected=alarm, limit=limit),
        by_spell(is_apart & (apart <= alarm), apart, expected=5 * limit("tolerance_kwh"), limit=limit, severity=_NOTED),
    )


def runs_away(seen: Seen, limit: Limit) -> Found:
    """AN-02: a dial that moved more than the meter can pass (V-12), or at current transformers a day above contract."""
    beyond = seen.flags["V-12"]
    most = limit("contract_times") * seen.contract_kw * 24.0
    day = seen.metered_kwh * seen.multiplier[:, None]
    above = seen.is_ct[:, None] & (day > most[:, None])
    return join(
        by_spell(np.isfinite(beyond), beyond, expected=np.nan, limit=limit),
        by_spell(above & ~np.isfinite(beyond), day, expected=most, limit=limit),
    )


def went_back(seen: Seen, limit: Limit) -> Found:
    """AN-03: a dial that fell (V-13); the value is by how much."""
    fell = seen.flags["V-13"]
    return by_spell(np.isfinite(fell), fell, expected=0.0, limit=limit, reduce=np.fmin)


def demand_does_not_fit(seen: Seen, limit: Limit) -> Found:
    """AN-05: the demand frozen on a settlement day against the greatest interval of the period it closes, and on the
    day after against the day between: a demand that stays was not reset. Intervals longer than a quarter of an hour
    cannot say that a demand is too high."""
    months = [_settled(seen, limit, int(day)) for day in _settlement_days(seen, int(limit("settlement_day")))]
    nobody = np.zeros(0, np.int64)
    return join(found(at=nobody, first=nobody, last=nobody, value=np.zeros(0), expected=0.0), *months)


def _settlement_days(seen: Seen, day_of_month: int) -> Indices:
    days = seen.days.astype("datetime64[D]")
    in_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    settled: Indices = np.flatnonzero(in_month == day_of_month)
    return settled


def _settled(seen: Seen, limit: Limit, day: int) -> Found:
    readings = seen.registers["max_demand_kw"]
    powers = seen.electrical.count(Count.MOST_KW) / seen.multiplier[:, None]
    # The settlement before: a period the window does not hold whole cannot be compared.
    before = (seen.days[day].astype("datetime64[M]") - 1).astype("datetime64[D]") + int(limit("settlement_day")) - 1
    start = int((before - seen.days[0]).astype(np.int64))
    told = readings[:, day]
    parts = []
    if start >= 0:
        most = powers[:, start:day].max(axis=1)
        is_judged = np.isfinite(told) & (most >= limit("least_kw"))
        above = (told > limit("above_times") * most) & (seen.electrical.hours * 60.0 <= POINT_MINUTES)
        wrong = np.flatnonzero(is_judged & (above | (told < limit("below_times") * most)))
        first = np.full(len(wrong), start)
        parts.append(
            found(at=wrong, first=first, last=np.full(len(wrong), day - 1), value=told[wrong], expected=most[wrong])
        )
    after, between = readings[:, day + 1], powers[:, day]
    stays = np.flatnonzero((after >= told) & (told >= limit("least_kw")) & (between < limit("below_times") * told))
    on = np.full(len(stays), day)
    parts.append(found(at=stays, first=on, last=on, value=after[stays], expected=between[stays]))
    return join(*parts)


def gives_energy_back(seen: Seen, limit: Limit) -> Found:
    """AN-07: days on which a customer without generation exports."""
    least = limit("least_kwh")
    return by_spell(seen.reverse_kwh > least, seen.reverse_kwh, expected=least, limit=limit)


def demand_above_contract(seen: Seen, limit: Limit) -> Found:
    """AN-26: maximum demand times multiplier against the contract's power."""
    demand = seen.registers["max_demand_kw"][:, 1:] * seen.multiplier[:, None]
    most = limit("times") * seen.contract_kw
    return by_spell(demand > most[:, None], demand, expected=most, limit=limit)
