"""Rules on events that meters raised, after cleaning: AN-21, AN-22, AN-23, AN-28, AN-32, AN-33, AN-36, AN-37, AN-38."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import (
    Bools,
    Found,
    Indices,
    Limit,
    Seen,
    SeenEvent,
    by_spell,
    found,
    join,
)
from lamplighter.business.detection.records import Floats

_NOTED, _GRAVE, _CLUE = 4, 1, 2
_MONTH_DAYS = 30
_MINUTES_A_DAY = 1440.0


def cover_opened(seen: Seen, limit: Limit) -> Found:
    """AN-21: a cover opened that nobody on record opened. A fall of the use afterwards adds to the weight; a terminal
    cover alone, which fitters open every day, weighs nothing and is of severity 2."""
    cover, terminal = (_unexplained(seen, seen.event(name), limit) for name in ("cover_open", "terminal_cover_open"))
    weight = limit("weight")
    more = 1.0 + limit("fall_weight") / weight if weight > 0.0 else 1.0
    return join(
        _openings(seen, cover, limit, alone=1.0, fallen=more, severity=_GRAVE),
        _openings(seen, terminal, limit, alone=0.0, fallen=more, severity=_CLUE),
    )


def box_opened(seen: Seen, limit: Limit) -> Found:
    """AN-22: a meter box opened that nobody on record opened."""
    return _openings(
        seen, _unexplained(seen, seen.event("box_open"), limit), limit, alone=1.0, fallen=1.0, severity=_CLUE
    )


def magnetic_field(seen: Seen, limit: Limit) -> Found:
    """AN-23: a field that lasts or comes often. Without a fall of the use it is noted with severity 2 and weighs
    nothing. The value is how long it lasted, minutes."""
    events = _inside(seen, seen.event("magnet"))
    often = np.array(
        [
            ((events.at == at) & (np.abs(events.day - day) < _MONTH_DAYS)).sum()
            for at, day in zip(events.at, events.day, strict=True)
        ],
        np.int64,
    )
    lasts = np.nan_to_num(events.minutes, nan=0.0) >= limit("least_minutes")
    is_hit, minutes = _on_days(seen, _those(events, lasts | (often >= limit("least_times"))), "minutes")
    spells = by_spell(is_hit, minutes, expected=limit("least_minutes"), limit=limit)
    fell = _fell_after(seen, spells.at, spells.first, spells.last, limit)
    spells.severity[~fell], spells.weight_share[~fell] = _CLUE, 0.0
    return spells


def clock_off(seen: Seen, limit: Limit) -> Found:
    """AN-28: the meter's clock by its own event: the value is the greatest difference, minutes, NaN where the event
    does not say; the action follows it."""
    is_hit, minutes = _clock_days(seen, least=limit("least_minutes"))
    flagged = np.isfinite(seen.flags["V-03"])
    spells = by_spell(is_hit | flagged, minutes, expected=limit("least_minutes"), limit=limit)
    actions = np.where(
        spells.value > limit("replace_minutes"),
        "replace_meter",
        np.where(spells.value > limit("alarm_minutes"), "set_clock_key", "set_clock_broadcast"),
    )
    spells.action[:] = np.where(np.isfinite(spells.value), actions, "clock")
    return spells


def relay_did_not_act(seen: Seen, limit: Limit) -> Found:
    """AN-32: energy or current on a day between the day after the relay opened and the day before it closed."""
    opened, closed = seen.event("relay_open"), seen.event("relay_close")
    is_open = np.zeros(seen.shape, bool)
    for at, day in zip(opened.at, opened.day, strict=True):
        later = closed.day[(closed.at == at) & (closed.day >= day)]
        is_open[at, max(day + 1, 0) : later.min() if len(later) else None] = True
    billed = seen.metered_kwh * seen.multiplier[:, None]
    most_a = np.fmax.reduce(seen.electrical.most_a, axis=2)
    flows = (billed > limit("least_kwh")) | (most_a > np.float32(limit("least_a")))
    return by_spell(is_open & flows, billed, expected=0.0, limit=limit)


def reports_fault(seen: Seen, limit: Limit) -> Found:
    """AN-33: the meter reported a fault of itself (V-04); a clock battery that ends is of severity 4."""
    faults = np.isfinite(seen.flags["V-04"])
    battery, _ = _on_days(seen, _inside(seen, seen.event("battery_low")), "minutes")
    return join(
        by_spell(faults, faults.astype(np.float64), expected=0.0, limit=limit, reduce=np.add),
        by_spell(
            battery & ~faults,
            np.ones(seen.shape),
            expected=0.0,
            limit=limit,
            reduce=np.add,
            severity=_NOTED,
        ),
    )


def periods_doubtful(seen: Seen, limit: Limit) -> Found:
    """AN-36: a clock so far off that energy falls into other tariff periods, again and again."""
    is_hit, minutes = _clock_days(seen, least=limit("shift_minutes"))
    times = is_hit.sum(axis=1)
    at = np.flatnonzero(times >= limit("least_times"))
    width = is_hit.shape[1]
    return found(
        at=at,
        first=is_hit[at].argmax(axis=1),
        last=width - 1 - is_hit[at][:, ::-1].argmax(axis=1),
        value=np.fmax.reduce(minutes[at], axis=1) if len(at) else np.zeros(0),
        expected=limit("shift_minutes"),
        days=times[at],
    )


def interruption_impossible(seen: Seen, limit: Limit) -> Found:
    """AN-37: a power-off event with an end before its start or above a year later, or with energy inside it. The value
    is how long it lasted, days."""
    events = _inside(seen, seen.event("power_off"))
    impossible = (events.minutes < 0.0) | (events.minutes > limit("longest_days") * _MINUTES_A_DAY)
    is_hit, minutes = _on_days(seen, _those(events, impossible), "minutes")
    lit = seen.outage_points >= seen.slots(limit("least_points"))
    return by_spell(is_hit | lit, minutes / _MINUTES_A_DAY, expected=0.0, limit=limit)


def unknown_meter(seen: Seen, limit: Limit) -> Found:
    """AN-38: the concentrator saw a meter no archive knows, or one of another area."""
    is_hit, _ = _on_days(seen, _inside(seen, seen.event("unknown_meter", "cross_area_meter")), "minutes")
    return by_spell(is_hit, np.ones(seen.shape), expected=0.0, limit=limit, reduce=np.add)


def _those(events: SeenEvent, which: Bools) -> SeenEvent:
    return SeenEvent(events.at[which], events.day[which], events.minutes[which], events.figure[which])


def _inside(seen: Seen, events: SeenEvent) -> SeenEvent:
    return _those(events, (events.day >= 0) & (events.day < seen.shape[1]))


def _on_days(seen: Seen, events: SeenEvent, figure: str) -> tuple[Bools, Floats]:
    """Return the days with such an event, and the greatest figure of each, shape (N, W)."""
    is_hit, values = np.zeros(seen.shape, bool), np.full(seen.shape, np.nan)
    is_hit[events.at, events.day] = True
    np.fmax.at(values, (events.at, events.day), getattr(events, figure))
    return is_hit, values


def _clock_days(seen: Seen, *, least: float) -> tuple[Bools, Floats]:
    events = _inside(seen, seen.event("clock_fault"))
    off = SeenEvent(events.at, events.day, events.minutes, np.abs(events.figure))
    return _on_days(seen, _those(off, off.figure > least), "figure")


def _unexplained(seen: Seen, events: SeenEvent, limit: Limit) -> SeenEvent:
    """Return the events inside the window that neither the installation nor a visit on record explains."""
    events = _inside(seen, events)
    settled = events.day > seen.installed[events.at] + limit("settle_days")
    visited = np.zeros(len(events.at), bool)
    for at, day in seen.visits:
        visited |= (events.at == at) & (np.abs(events.day - day) <= limit("order_days"))
    return _those(events, settled & ~visited)


def _fell_after(seen: Seen, at: Indices, first: Indices, last: Indices, limit: Limit) -> Bools:
    """Return where the use fell lastingly within days after something happened (a day of grace before it)."""
    day = seen.fall_day[at]
    is_near = (day >= first - 1) & (day <= last + limit("after_event_days")) & (day >= 0)
    fell: Bools = is_near & (seen.fall_share[at] >= limit("fall_share"))
    return fell


def _openings(seen: Seen, events: SeenEvent, limit: Limit, *, alone: float, fallen: float, severity: int) -> Found:
    is_hit, _ = _on_days(seen, events, "minutes")
    spells = by_spell(is_hit, np.ones(seen.shape), expected=0.0, limit=limit, reduce=np.add)
    fell = _fell_after(seen, spells.at, spells.first, spells.last, limit)
    spells.severity[:] = np.where(fell, _GRAVE, severity)
    spells.weight_share[:] = np.where(fell, fallen, alone)
    return spells
