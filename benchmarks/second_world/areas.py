"""One area from its people to its meters: draw, solve, read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.second_world.accounts import Account, draw_accounts
from benchmarks.second_world.grid import (
    SERVICE_OHM_PER_KM,
    TRANSFORMERS,
    Flow,
    Integers,
    Legs,
    Network,
    draw_network,
    solve_area,
)
from benchmarks.second_world.loads import home_load
from benchmarks.second_world.metering import MeterData, draw_gaps, read_account, read_solar, read_supply
from benchmarks.second_world.surroundings import SLOTS, Clock, Flags, Floats, Weather, wander

CURRENTS_OF_ONE_PHASE: Final = 0.5
HOOKS_AN_AREA: Final = 0.12
LAMPS_SHARE: Final = 0.3
METER_OWN_USE_KW: Final = 0.0008
BOX_CUSTOMERS: Final = 4


@dataclass(frozen=True, slots=True)
class AreaResult:
    """An area as it was and as its meters tell it.

    Attributes:
        accounts: its customers.
        account_ids: shape (N,).
        meter_ids: of each account, in the order they hung there.
        solar_ids: of each account's solar meter, "" = none.
        node: of each account, shape (N,).
        network: its tree.
        transformer: place in `TRANSFORMERS`.
        ratio: multiplier of the supply meter.
        flow: the solved area.
        stranger_kw: hook-ups without contract, shape (T,), kW.
        unmetered_kw: lamps and the meters' own use, shape (T,), kW.
        used_kw: what everybody really used less what was fed in, shape (T,), kW.
        data: what the meters sent.
    """

    accounts: list[Account]
    account_ids: list[str]
    meter_ids: list[tuple[str, ...]]
    solar_ids: list[str]
    node: Integers
    network: Network
    transformer: int
    ratio: float
    flow: Flow
    stranger_kw: Floats
    unmetered_kw: Floats
    used_kw: Floats
    data: list[MeterData]


@dataclass(frozen=True, slots=True)
class _Hanging:
    """Legs of an area and whose they are: index of the account, -1 = a stranger's hook, -2 = unmetered."""

    legs: Legs
    owner: Integers
    is_hook: Flags
    is_solar: Flags


def simulate_area(
    rng: np.random.Generator, clock: Clock, weather: Weather, feeding: Floats, *, number: int
) -> AreaResult:
    """Draw an area, solve it and read its meters.

    Args:
        rng: chance.
        clock: the days.
        weather: of the place.
        feeding: voltage of the line it hangs on, per unit, shape (T,).
        number: of the area, from 0: its customers and meters are numbered after it.
    """
    accounts = draw_accounts(rng, clock, weather)
    network = draw_network(rng, boxes=max(4, len(accounts) // BOX_CUSTOMERS))
    node = np.sort(rng.integers(1, len(network.parent), len(accounts)))
    hanging = _hang(rng, clock, weather, accounts, node)
    asked = hanging.legs.power.sum(axis=0)
    transformer = next(
        (at for at, one in enumerate(TRANSFORMERS) if one[0] > np.quantile(asked, 0.999) * 1.15), len(TRANSFORMERS) - 1
    )
    flow = solve_area(network, hanging.legs, feeding * rng.uniform(0.99, 1.01), transformer=transformer)
    ids = [f"7{number:04d}{at:03d}" for at in range(len(accounts))]
    meters = [
        (f"M{one}0", f"M{one}1") if account.benign == "meter_exchange" else (f"M{one}0",)
        for one, account in zip(ids, accounts, strict=True)
    ]
    solar = [f"M{one}9" if account.solar.any() else "" for one, account in zip(ids, accounts, strict=True)]
    ratio = TRANSFORMERS[transformer][0] * 1.5 / 5.0
    data = _read(rng, clock, accounts, meters, solar, hanging, flow, supply_id=f"S{number:04d}", ratio=ratio)
    return AreaResult(
        accounts=accounts,
        account_ids=ids,
        meter_ids=meters,
        solar_ids=solar,
        node=node,
        network=network,
        transformer=transformer,
        ratio=ratio,
        flow=flow,
        stranger_kw=flow.power[hanging.owner == -1].sum(axis=0),
        unmetered_kw=flow.power[hanging.owner == -2].sum(axis=0),
        used_kw=flow.power.sum(axis=0),
        data=data,
    )


def _hang(
    rng: np.random.Generator, clock: Clock, weather: Weather, accounts: list[Account], node: Integers
) -> _Hanging:
    size = clock.days * SLOTS
    rows: list[tuple[int, int, complex, Floats, int, bool, bool]] = []
    for at, account in enumerate(accounts):
        loop = 2.0 if len(account.legs) == 1 else 1.0
        service = loop * rng.uniform(0.008, 0.04) * SERVICE_OHM_PER_KM[int(rng.random() < 0.5)]
        service += float(rng.exponential(0.008))  # clamps and terminals
        impedance = complex(service / (2.0 if account.ratio > 1.0 else 1.0), 0.08 * service)
        for leg, phase in enumerate(account.legs):
            rows.append((int(node[at]), phase, impedance, account.power[leg].ravel(), at, False, False))
            if account.hooked.any():
                hooked = account.hooked.ravel() / len(account.legs)
                rows.append((int(node[at]), phase, 0.01 + 0j, hooked, at, True, False))
            if account.solar.any():
                fed = (0.002 - account.solar.ravel()) / len(account.legs)
                rows.append((int(node[at]), phase, impedance, fed, at, False, True))
    for _ in range(rng.poisson(HOOKS_AN_AREA)):
        load = home_load(rng, clock, weather, 1).total[0]
        load[: int(rng.integers(0, clock.days))] = 0.0
        rows.append((int(rng.choice(node)), int(rng.integers(0, 3)), 0.02 + 0j, load.ravel(), -1, False, False))
    own_use = np.full(size, METER_OWN_USE_KW * len(accounts) / 3.0)
    lamps = weather.dark.ravel() > 0.9
    lit = lamps * rng.uniform(0.1, 0.5) if rng.random() < LAMPS_SHARE else np.zeros(size)
    for phase in range(3):
        rows.append((int(rng.choice(node)), phase, 0.01 + 0j, own_use + lit, -2, False, False))
    legs = Legs(
        node=np.array([row[0] for row in rows]),
        phase=np.array([row[1] for row in rows]),
        service=np.array([row[2] for row in rows]),
        power=np.stack([row[3] for row in rows]),
        tangent=rng.uniform(0.05, 0.45, len(rows)),
    )
    owner, hook, solar = (np.array([row[at] for row in rows]) for at in (4, 5, 6))
    return _Hanging(legs, owner, hook, solar)


def _read(
    rng: np.random.Generator,
    clock: Clock,
    accounts: list[Account],
    meters: list[tuple[str, ...]],
    solar: list[str],
    hanging: _Hanging,
    flow: Flow,
    *,
    supply_id: str,
    ratio: float,
) -> list[MeterData]:
    outages = np.zeros(clock.days * SLOTS, bool)
    for _ in range(rng.poisson(0.7)):
        first = int(rng.integers(0, len(outages)))
        outages[first : first + int(rng.integers(16, 160))] = True
    found = []
    for at, account in enumerate(accounts):
        mine = hanging.owner == at
        behind = np.flatnonzero(mine & ~hanging.is_hook & ~hanging.is_solar)
        found += read_account(
            rng,
            clock,
            account,
            meter_ids=meters[at],
            power=flow.power[behind],
            voltage=flow.voltage[behind],
            current=flow.current[behind],
            shows_current=len(behind) == 3 or rng.random() < CURRENTS_OF_ONE_PHASE,
            outages=outages,
        )
        if solar[at]:
            fed = -flow.power[mine & hanging.is_solar].sum(axis=0)
            lost = draw_gaps(rng, clock, is_poor=False, outages=outages)
            found.append(read_solar(rng, solar[at], fed, lost=lost))
    lost = draw_gaps(rng, clock, is_poor=False, outages=outages if rng.random() < 0.4 else np.zeros_like(outages))
    supply = read_supply(
        rng,
        supply_id,
        energy_kwh=flow.supply.sum(axis=0) / 4.0,
        voltage=flow.source_voltage,
        current=flow.source_current,
        ratio=ratio,
        lost=lost,
    )
    return [*found, supply]


def draw_feeding(rng: np.random.Generator, clock: Clock, weather: Weather) -> Floats:
    """Draw the voltage of a 10 kV line as its areas get it, per unit, shape (T,): load, tap changes, restlessness."""
    size = clock.days * SLOTS
    hour = np.tile(clock.hours, clock.days)
    busy = np.exp(-(((hour - 19.5) / 3.0) ** 2)) + 0.6 * np.exp(-(((hour - 12.0) / 3.5) ** 2))
    hot = np.clip(weather.outdoor_c.ravel() - 26.0, 0.0, 10.0)
    taps = np.round(wander(rng, (size,), memory=0.998) * 1.2) * 0.004
    return np.asarray(1.025 - 0.013 * busy - 0.001 * hot + taps + 0.0035 * wander(rng, (size,), memory=0.93))
