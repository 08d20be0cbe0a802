"""A second, independent simulated supply company: the stranger the product has never met.

Written from physics and from what is known of thefts, without a line or a profile of `lamplighter.simulation`: own
people and appliances, own network and solver, own meters, own thieves and look-alikes. Whatever the product learned
from its own simulator does not help it here, which is what a cold start at a new company is like.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.second_world.areas import draw_feeding, simulate_area
from benchmarks.second_world.folder import FolderWriter, Place, Row
from benchmarks.second_world.metering import read_supply
from benchmarks.second_world.surroundings import SLOTS, Clock, draw_weather, wander

__all__ = ["write_second_world"]

START_ON: Final = dt.date(2025, 3, 8)
DAYS: Final = 90
STATION_AREAS, FEEDER_AREAS = 20, 10
FEEDER_RATIO: Final = 4000.0


def write_second_world(folder: Path, truth: Path, seed: int, areas: int = 140, days: int = DAYS) -> None:
    """Write a company folder of a simulated company, and the truth about it beside.

    Args:
        folder: the company folder; made.
        truth: what no company knows: ``thefts`` (account_id, kind, stolen_kwh, onset_on; account_id is empty for a
            hook-up without contract), ``faults``, ``benign``, ``archive_errors``, ``area_loss``.
        seed: of everything that is drawn.
        areas: how many areas, about 48 customers each.
        days: of 15 minutes.

    Example:
        See ``tests/benchmarks/test_second_world.py``.
    """
    clock = Clock(START_ON, days)
    writer = FolderWriter(folder, truth, clock, np.random.default_rng([seed, 1]))
    units: list[Row] = [
        {"unit_id": "P", "parent_id": None, "level": "province", "name": "Second Province"},
        {"unit_id": "P1", "parent_id": "P", "level": "city", "name": "Second City"},
        {"unit_id": "P11", "parent_id": "P1", "level": "county", "name": "Second County"},
    ]
    weather = {}
    for station in range(-(-areas // STATION_AREAS)):
        station_id = f"P11{station:02d}"
        units.append({"unit_id": station_id, "parent_id": "P11", "level": "station", "name": f"Station {station}"})
        weather[station_id] = draw_weather(np.random.default_rng([seed, 2, station]), clock)
    for feeder in range(-(-areas // FEEDER_AREAS)):
        numbers = range(feeder * FEEDER_AREAS, min((feeder + 1) * FEEDER_AREAS, areas))
        station_id = f"P11{numbers[0] // STATION_AREAS:02d}"
        feeder_id = f"L{feeder:03d}"
        feeding = draw_feeding(np.random.default_rng([seed, 3, feeder]), clock, weather[station_id])
        drawn = np.zeros(days * SLOTS)
        for number in numbers:
            rng = np.random.default_rng([seed, 4, number])
            # A little apart, as areas on one line are, so that a meter's voltage tells whose transformer it hangs on.
            own = feeding + 0.002 * wander(rng, feeding.shape, memory=0.99)
            area = simulate_area(rng, clock, weather[station_id], own, number=number)
            drawn += area.flow.supply.sum(axis=0) + area.flow.transformer_loss
            near = [other for other in numbers if other != number and abs(other - number) <= 2] or [number]
            writer.add_area(Place(number, feeder_id, station_id, int(rng.choice(near))), area)
        # The line's own copper: 1 % at full load.
        drawn += 0.01 * drawn**2 / max(float(np.abs(drawn).max()), 1.0)
        head = read_supply(
            np.random.default_rng([seed, 5, feeder]),
            f"F{feeder:03d}",
            energy_kwh=drawn / 4.0,
            voltage=np.zeros((0, days * SLOTS)),
            current=np.zeros((0, days * SLOTS)),
            ratio=FEEDER_RATIO,
            lost=np.zeros(days * SLOTS, bool),
        )
        writer.add_feeder(feeder_id, station_id, f"F{feeder:03d}", FEEDER_RATIO, head)
    writer.finish(units, weather)
