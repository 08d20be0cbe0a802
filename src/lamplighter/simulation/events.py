"""Events that meters raise: after tampering and faults, at outages and exchanges, and for no reason at all."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from lamplighter.simulation.area import AreaFlow, TrueFlow
from lamplighter.simulation.fates import Benign
from lamplighter.simulation.people import meter_id
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

Row = dict[str, object]

_LASTING = ("voltage_loss", "current_loss", "over_current", "neutral_imbalance", "reverse_power", "magnetic_field")


@cache
def _read_rates() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/events.toml").read_text(encoding="utf-8"))


def list_events(*, area: AreaFlow, settings: SimulationSettings) -> Iterator[Row]:
    """Yield the rows of the events file of an area's customers, meter by meter."""
    for flow in area.flows:
        rng = open_stream(seed=settings.seed, purpose="events", number=flow.customer.number)
        found = [*_false_alarms(flow, settings=settings, rng=rng), *_true_alarms(flow, settings=settings, rng=rng)]
        found += _power_events(area, settings=settings, rng=rng)
        for code, occurred_at, ended_at in sorted(found, key=lambda event: event[1]):
            yield {
                "meter_id": _meter_at(flow, occurred_at, settings=settings),
                "occurred_at": occurred_at,
                "code": code,
                "ended_at": ended_at,
            }


_Event = tuple[str, datetime, datetime | None]


def _meter_at(flow: TrueFlow, at: datetime, *, settings: SimulationSettings) -> str:
    spell = flow.fate.benign.get(Benign.METER_EXCHANGE)
    is_new = spell is not None and at.date() > settings.start_on + timedelta(days=spell.onset_day)
    return meter_id(number=flow.customer.number, turn=1 if is_new else 0)


def _instant(day: float, *, settings: SimulationSettings) -> datetime:
    start = datetime.combine(settings.start_on, time())
    return (start + timedelta(days=day)).replace(microsecond=0)


def _happen(
    rates: Mapping[str, float], *, day: float, settings: SimulationSettings, rng: np.random.Generator
) -> Iterator[_Event]:
    for code, chance in rates.items():
        is_raised, hour, lasts = float(rng.uniform()) < chance, float(rng.uniform(0, 1)), float(rng.gamma(1.2, 0.1))
        if is_raised:
            at = _instant(min(day + hour, settings.days - 0.01), settings=settings)
            ended = at + timedelta(days=lasts) if code in _LASTING else None
            yield code, at, None if ended is None else ended.replace(microsecond=0)


def _false_alarms(flow: TrueFlow, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[_Event]:
    scale = settings.days / 90 * (0.5 + settings.difficulty)
    for code, rate in _read_rates()["false_alarm"].items():
        if code in ("current_loss", "reverse_power") and flow.customer.wiring == "1P":
            continue
        day = int(rng.integers(0, settings.days))
        yield from _happen({code: rate * scale}, day=day, settings=settings, rng=rng)


def _true_alarms(flow: TrueFlow, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[_Event]:
    rates = _read_rates()
    theft, fault = flow.fate.theft, flow.fate.fault
    if theft is not None and theft.onset_day > 0:
        # Hard companies have older meters, which notice less.
        noticed = {
            code: p * (1.1 - 0.4 * settings.difficulty)
            for code, p in rates["after_theft"].get(theft.kind.value, {}).items()
        }
        yield from _happen(noticed, day=theft.onset_day, settings=settings, rng=rng)
    if fault is not None and fault[0].value in rates["after_fault"]:
        yield from _happen(rates["after_fault"][fault[0].value], day=fault[1].onset_day, settings=settings, rng=rng)
    exchange = flow.fate.benign.get(Benign.METER_EXCHANGE)
    if exchange is not None:
        # The fitter opens the terminal cover and sometimes the meter's own.
        yield from _happen(
            {"terminal_cover_open": 0.7, "cover_open": 0.1}, day=exchange.onset_day, settings=settings, rng=rng
        )


def _power_events(area: AreaFlow, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[_Event]:
    dark = area.is_dark.ravel()
    starts = np.flatnonzero(dark & ~np.concatenate([[False], dark[:-1]]))
    for start in starts:
        lasts = int(np.argmin(np.append(dark[start:], False)))
        if float(rng.uniform()) < 0.5:
            yield (
                "power_off",
                _instant(float(start) / settings.slots, settings=settings),
                _instant(float(start + lasts) / settings.slots, settings=settings),
            )
