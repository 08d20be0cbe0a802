"""What customers use: appliances, people who come and go, opening hours, shifts and pumps.

No library of profiles: every kilowatt is switched by somebody, by a clock or by the weather. Each function returns
the power of N customers and the part of it that a heavy circuit of their own draws (air conditioning, hot water, car,
machines): what a bypass or a hook-up takes first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.second_world.surroundings import SLOTS, Clock, Flags, Floats, Weather, runs, wander


@dataclass(frozen=True, slots=True)
class Load:
    """Power drawn, shape (N, D, 96), kW; ``heavy`` is the part of ``total`` on circuits of their own."""

    total: Floats
    heavy: Floats


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether people are there: awake or asleep, shape (N, D, 96); when they come home, shape (N, D), hour."""

    active: Flags
    asleep: Flags
    back: Floats


def draw_presence(rng: np.random.Generator, clock: Clock, count: int, *, away: Flags | None = None) -> Presence:
    """Draw who is at home when.

    Args:
        rng: chance.
        clock: the days.
        count: households.
        away: days nobody is there at all (second homes), shape (N, D); journeys are added to it.
    """
    size = (count, clock.days)
    weekend = clock.weekend[None, :]
    works = (rng.random(count) < 0.62)[:, None]
    wake = rng.normal(6.7, 0.7, (count, 1)) + rng.normal(0, 0.35, size) + weekend * rng.gamma(2.0, 0.4, size)
    sleep = rng.normal(22.7, 0.8, (count, 1)) + rng.normal(0, 0.5, size) + weekend * rng.gamma(2.0, 0.25, size)
    leave = wake + rng.uniform(0.6, 2.0, (count, 1)) + rng.normal(0, 0.2, size)
    back = rng.normal(17.9, 1.0, (count, 1)) + rng.normal(0, 0.6, size)
    out = np.where(weekend, rng.random(size) < 0.35, works & (rng.random(size) < 0.92))
    out |= rng.random(size) < 0.1
    journeys = _journeys(rng, clock, count)
    gone = journeys if away is None else journeys | away
    hour = clock.hours[None, None, :]
    awake = (hour >= wake[:, :, None]) & (hour < sleep[:, :, None])
    outside = out[:, :, None] & (hour >= leave[:, :, None]) & (hour < back[:, :, None])
    there = ~gone[:, :, None]
    return Presence(awake & ~outside & there, ~awake & there, np.where(out, back, rng.uniform(15, 21, size)))


def _journeys(rng: np.random.Generator, clock: Clock, count: int) -> Flags:
    """Draw days on which a household is away: one to nine in a row, one journey in two months."""
    gone = np.zeros((count, clock.days), bool)
    for home in range(count):
        for _ in range(rng.poisson(clock.days / 60.0)):
            first = rng.integers(0, clock.days)
            gone[home, first : first + rng.integers(1, 10)] = True
    return gone


def home_load(
    rng: np.random.Generator, clock: Clock, weather: Weather, count: int, *, away: Flags | None = None
) -> Load:
    """Draw what homes use."""
    there = draw_presence(rng, clock, count, away=away)
    people = 1 + rng.binomial(4, 0.42, count)
    light = _base(rng, clock, weather, count) + _light_and_media(rng, clock, weather, there, people)
    light += _kitchen_and_laundry(rng, clock, there, people)
    heavy = _air_conditioning(rng, weather, there) + _hot_water(rng, clock, there, people)
    # The main breaker of a home holds 12 kW.
    total = np.minimum(light + heavy, 12.0)
    return Load(total, np.minimum(heavy, total))


def _one(rng: np.random.Generator, count: int, low: float, high: float) -> Floats:
    return rng.uniform(low, high, (count, 1, 1))


def _base(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Floats:
    shape = (count, clock.days, SLOTS)
    standby = rng.gamma(2.0, 0.014, (count, 1, 1))
    warmth = 1.0 + 0.02 * (weather.outdoor_c[None] - 20.0)
    fridge = _one(rng, count, 0.08, 0.16) * (rng.random(shape) < _one(rng, count, 0.25, 0.45) * warmth)
    return np.asarray(standby + fridge)


def _light_and_media(
    rng: np.random.Generator, clock: Clock, weather: Weather, there: Presence, people: Floats
) -> Floats:
    count, days = len(people), clock.days
    lamps = _one(rng, count, 0.02, 0.09) * np.sqrt(people)[:, None, None]
    light = lamps * weather.dark[None] * rng.uniform(0.3, 1.0, there.active.shape)
    begins = rng.normal(19.0, 0.8, (count, 1)) + rng.normal(0, 0.8, (count, days))
    screen = runs(clock, begins, rng.gamma(4.0, 0.7, (count, days))) * _one(rng, count, 0.06, 0.25)
    desk = runs(clock, rng.uniform(8, 20, (count, days)), rng.gamma(2.0, 0.8, (count, days)))
    return np.asarray((light + screen + desk * _one(rng, count, 0.0, 0.25)) * there.active)


def _kitchen_and_laundry(rng: np.random.Generator, clock: Clock, there: Presence, people: Floats) -> Floats:
    count, days = len(people), clock.days
    size = (count, days)
    with_gas = (rng.random(count) < 0.5)[:, None, None]
    stove = np.where(with_gas, _one(rng, count, 0.1, 0.5), _one(rng, count, 0.8, 2.0))
    total = np.zeros((count, days, SLOTS))
    for meal, share in ((7.0, 0.6), (11.8, 0.7), (18.3, 0.85)):
        begins = rng.normal(meal, 0.5, (count, 1)) + rng.normal(0, 0.35, size)
        begins[rng.random(size) > share] = np.nan
        total += runs(clock, begins, rng.gamma(3.0, 0.14, size)) * stove
    for _ in range(3):
        total += runs(clock, rng.uniform(6.5, 22.5, size), rng.uniform(0.03, 0.12, size)) * 1.7
    wash = rng.uniform(7, 21, size)
    wash[rng.random(size) > 0.1 + 0.08 * people[:, None]] = np.nan
    total += runs(clock, wash, np.full(size, 0.9)) * 0.3 + runs(clock, wash + 0.2, np.full(size, 0.35)) * 1.5
    return total * there.active


def _hot_water(rng: np.random.Generator, clock: Clock, there: Presence, people: Floats) -> Floats:
    """Draw electric hot water: after the shower, or at the hour of a clock; every second home heats by other means."""
    count, days = len(people), clock.days
    size = (count, days)
    rated = rng.choice([1.5, 2.0, 2.5], (count, 1))
    drawn = np.clip(rng.normal(0.9, 0.25, size), 0.2, None) * people[:, None]
    shower = rng.normal(21.0, 0.9, (count, 1)) + rng.normal(0, 0.4, size)
    on_clock = (rng.random(count) < 0.25)[:, None]
    begins = np.where(on_clock, rng.choice([2.0, 5.0, 12.5, 23.0], (count, 1)), shower)
    begins[~there.active.any(axis=2) & ~on_clock] = np.nan
    begins[rng.random(count) < 0.5] = np.nan
    return np.asarray(runs(clock, begins, drawn / rated) * rated[:, :, None])


def _air_conditioning(rng: np.random.Generator, weather: Weather, there: Presence) -> Floats:
    count = len(there.active)
    wanted, bears = _one(rng, count, 24.5, 27.0), _one(rng, count, 26.5, 31.0)
    leak, rated = rng.gamma(4.0, 0.035, (count, 1, 1)), _one(rng, count, 0.8, 3.2)
    outdoor = weather.outdoor_c[None]
    cooling = np.where(outdoor > bears, leak * (outdoor - wanted), 0.0)
    heating = np.where(outdoor < 9.0, leak * 0.8 * (19.0 - outdoor), 0.0)
    asks = np.minimum(cooling + heating, rated)
    # The thermostat switches a whole compressor: it runs for the share of the slots that carries the need.
    level = np.maximum(asks, 0.45 * rated)
    switched = level * (rng.random(there.active.shape) < asks / np.maximum(level, 1e-9))
    present = there.active | (there.asleep & (rng.random(count) < 0.75)[:, None, None])
    return np.asarray(switched * present * (rng.random(count) < 0.85)[:, None, None])


def car_load(rng: np.random.Generator, clock: Clock, *, first_day: int) -> Floats:
    """Draw the charging of one car from a day on, shape (D, 96), kW."""
    size = (1, clock.days)
    rated = float(rng.choice([3.3, 7.0]))
    begins = rng.normal(rng.choice([18.8, 23.2]), 0.7, size)
    begins[rng.random(size) > rng.uniform(0.3, 0.75)] = np.nan
    begins[:, :first_day] = np.nan
    return np.asarray(runs(clock, begins, rng.gamma(5.0, 2.2, size) / rated)[0] * rated)


def solar_output(rng: np.random.Generator, weather: Weather, *, rated_kw: float) -> Floats:
    """Draw what the panels of one roof give, shape (D, 96), kW."""
    facing = int(rng.integers(-3, 4))
    shade = 1.0 + 0.04 * wander(rng, weather.sun.shape, memory=0.6)
    return np.asarray(
        rated_kw * rng.uniform(0.85, 1.0) * np.clip(np.roll(weather.sun, facing, axis=1) * shade, 0.0, None)
    )


def shop_load(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Load:
    """Draw shops, eating houses and offices: opening hours, trade that comes and goes, cold stores, cooling."""
    days = clock.days
    size = (count, days)
    scale = rng.lognormal(0.0, 0.6, (count, 1, 1))
    opens = rng.uniform(6.5, 10.5, (count, 1)) + rng.normal(0, 0.15, size)
    closes = rng.uniform(17.5, 23.0, (count, 1)) + rng.normal(0, 0.2, size)
    off_day = rng.integers(0, 14, count)[:, None]  # half of them close on one day of the week
    shut = (np.arange(days)[None, :] % 7 == off_day) | (rng.random(size) < 0.02)
    opens[shut] = np.nan
    is_open = runs(clock, opens, np.maximum(closes - np.nan_to_num(opens), 1.0))
    trade = np.exp(0.35 * wander(rng, (count, days * SLOTS), memory=0.9)).reshape(count, days, SLOTS)
    meals = runs(clock, np.where(shut, np.nan, 11.0), np.full(size, 2.5))
    meals = meals + runs(clock, np.where(shut, np.nan, 17.3), np.full(size, 2.7))
    kitchen = meals * trade * np.where(rng.random((count, 1, 1)) < 0.3, _one(rng, count, 1.5, 5.0), 0.0)
    cold = np.where(rng.random((count, 1, 1)) < 0.45, _one(rng, count, 0.3, 1.6), 0.05)
    cold = cold * (rng.random((count, days, SLOTS)) < 0.55 + 0.012 * (weather.outdoor_c[None] - 20.0))
    lamps = is_open * _one(rng, count, 0.3, 1.2) * trade
    cooling = is_open * np.clip((weather.outdoor_c[None] - 25.0) * _one(rng, count, 0.1, 0.4), 0.0, 6.0)
    return Load(scale * (kitchen + cold + lamps + cooling), scale * (kitchen + cooling))


def workshop_load(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Load:
    """Draw workshops: shifts with a break, machines that run or stand still, compressors."""
    days = clock.days
    size = (count, days)
    begins = rng.uniform(7.0, 9.0, (count, 1)) + rng.normal(0, 0.1, size)
    rests = (clock.weekend[None, :] & (rng.random((count, 1)) < 0.6)) | (rng.random(size) < 0.05)
    begins[rests] = np.nan
    shift = runs(clock, begins, np.full(size, 4.0)) + runs(clock, begins + 5.2, np.full(size, 4.5))
    late = (rng.random(count) < 0.25)[:, None]
    shift = shift + runs(clock, np.where(late, begins + 10.5, np.nan), np.full(size, 4.0))
    total = np.zeros((count, days, SLOTS))
    for _ in range(5):
        rated = rng.gamma(2.0, 1.2, (count, 1, 1))
        running = (rng.random((count, days, SLOTS // 2)) < _one(rng, count, 0.2, 0.9)).repeat(2, axis=2)
        total += rated * running * rng.uniform(0.7, 1.0, (count, days, SLOTS))
    machines = total * np.minimum(shift, 1.0)
    steady = _one(rng, count, 0.1, 0.5) + 0.0 * weather.outdoor_c[None]
    return Load(machines + steady, machines)


def farm_load(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Load:
    """Draw pumps and sheds: irrigation by the clock, some days in a row, more when it is dry and hot."""
    size = (count, clock.days)
    dry = weather.outdoor_c.mean(axis=1)[None, :] > rng.uniform(19.0, 27.0, (count, 1))
    campaign = dry & (wander(rng, size, memory=0.8) > -0.4)
    begins = np.where(campaign, rng.uniform(4.0, 9.0, (count, 1)), np.nan)
    pump = runs(clock, begins, rng.uniform(3.0, 8.0, (count, 1)) * np.ones(size)) * _one(rng, count, 1.5, 7.5)
    shed = _one(rng, count, 0.02, 0.2) * (1.0 + 0.3 * weather.dark[None])
    return Load(pump + shed, pump)


def steady_load(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Load:
    """Draw flat machines: telecom cabinets, pumps, cameras; only their cooling knows the weather."""
    level = _one(rng, count, 0.3, 3.5)
    cooling = np.clip(weather.outdoor_c[None] - 22.0, 0.0, None) * level * 0.015
    total = level * (1.0 + 0.01 * rng.normal(size=(count, clock.days, SLOTS))) + cooling
    return Load(total, cooling + 0.6 * level)


def office_load(rng: np.random.Generator, clock: Clock, weather: Weather, count: int) -> Load:
    """Draw schools, surgeries and village halls: working days, lamps, cooling."""
    size = (count, clock.days)
    begins = np.where(clock.weekend[None, :], np.nan, rng.uniform(7.0, 8.8, (count, 1)) + rng.normal(0, 0.1, size))
    at_work = runs(clock, begins, np.full(size, 9.5))
    lamps = at_work * _one(rng, count, 0.5, 3.0) * rng.uniform(0.8, 1.0, (count, clock.days, SLOTS))
    cooling = at_work * np.clip((weather.outdoor_c[None] - 26.0) * _one(rng, count, 0.1, 0.8), 0.0, 8.0)
    return Load(lamps + cooling + _one(rng, count, 0.05, 0.3), cooling)
