"""Bills, payments, calls, visits and earlier inspections: what the desk knows of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.fates import Benign, Fate
from lamplighter.simulation.people import Kind, read_population
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

Row = dict[str, object]

_MONTHS_BEFORE = 12
# Spread of the log of a month's use against the next: over a year about a quarter up or down. An assumption.
_MONTHLY_DRIFT = 0.07
_OUTCOMES = ("clean", "theft", "no_access", "metering_fault", "vacancy", "wrong_archive", "breach")
_PAST = (0.5, 0.16, 0.12, 0.08, 0.07, 0.04, 0.03)
# Of those who do not steal in the simulated days none is found stealing in them.
_PRESENT = (0.72, 0.0, 0.16, 0.0, 0.08, 0.0, 0.04)
_COLD = {1: 1.2, 2: 1.15, 3: 1.0, 4: 0.9, 5: 0.88, 6: 0.98, 7: 1.2, 8: 1.22, 9: 1.0, 10: 0.88, 11: 0.95, 12: 1.1}


@dataclass(frozen=True, kw_only=True)
class Account:
    """What commerce needs of a customer.

    Attributes:
        number: its number.
        account_id: its id.
        kind: what it is.
        price_class: price that applies.
        fate: what is out of the ordinary.
        billed_kwh: energy the archive bills each day (metered, times the recorded multiplier), shape (days,).
    """

    number: int
    account_id: str
    kind: Kind
    price_class: str
    fate: Fate
    billed_kwh: npt.NDArray[np.float64]


def list_commerce(account: Account, *, settings: SimulationSettings) -> Iterator[tuple[str, Row]]:
    """Yield rows with the name of their file: billed, payments, contacts, visits, outcomes."""
    rng = open_stream(seed=settings.seed, purpose="commerce", number=account.number)
    yield from _bill(account, settings=settings, rng=rng)
    yield from _call(account, settings=settings, rng=rng)
    yield from _inspect(account, settings=settings, rng=rng)


def _bill(account: Account, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[tuple[str, Row]]:
    price = read_population()["price_yuan_per_kwh"][account.price_class]
    pays_late = float(rng.uniform()) < 0.08
    for month, kwh in _monthly_energy(account, settings=settings, rng=rng):
        amount = round(kwh * price, 2)
        label = f"{month:%Y-%m}"
        yield "billed", {"account_id": account.account_id, "month": label, "energy_kwh": kwh, "amount_yuan": amount}
        lag = 35 + int(rng.gamma(2.0, 3.0)) + (int(rng.gamma(2.0, 15.0)) if pays_late else 0)
        paid_on = month + timedelta(days=lag)
        hour = time(int(rng.integers(8, 22)), int(rng.integers(0, 60)))
        if amount > 0 and paid_on < settings.start_on + timedelta(days=settings.days):
            yield (
                "payments",
                {
                    "account_id": account.account_id,
                    "paid_at": datetime.combine(paid_on, hour),
                    "amount_yuan": amount,
                    "for_month": label,
                },
            )


def _monthly_energy(
    account: Account, *, settings: SimulationSettings, rng: np.random.Generator
) -> Iterator[tuple[date, float]]:
    """Yield whole months with integer kWh: a year before the simulation from the customer's level, then its meter."""
    theft = account.fate.theft
    # Before the simulation the customer used as much as in its first days: nothing had befallen it yet, or it stole
    # already.
    onsets = [spell.onset_day for spell in account.fate.benign.values()] + ([theft.onset_day] if theft else [])
    level = float(account.billed_kwh[: min((day for day in onsets if day > 3), default=settings.days)].mean())
    # Households change from year to year: without that, every bill that differs would be a thief's.
    walk = open_stream(seed=settings.seed, purpose="bill_history", number=account.number)
    drift = np.cumsum(walk.normal(0.0, _MONTHLY_DRIFT, _MONTHS_BEFORE))
    first = settings.start_on.replace(day=1)
    for back in range(_MONTHS_BEFORE, 0, -1):
        month = _add_months(first, -back)
        days = (_add_months(month, 1) - month).days
        season = _COLD[month.month] / _COLD[settings.start_on.month]
        yield month, float(round(level * days * season * float(np.exp(rng.normal(0, 0.12) + drift[back - 1]))))
    month = first if settings.start_on.day == 1 else _add_months(first, 1)
    while _add_months(month, 1) <= settings.start_on + timedelta(days=settings.days):
        begin = (month - settings.start_on).days
        end = (_add_months(month, 1) - settings.start_on).days
        yield month, float(round(float(account.billed_kwh[begin:end].sum())))
        month = _add_months(month, 1)


def _add_months(month: date, count: int) -> date:
    years, zero_based = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, zero_based + 1, 1)


def _call(account: Account, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[tuple[str, Row]]:
    benign = account.fate.benign
    chances = {
        "bill_question": 0.02,
        "outage_question": 0.015,
        "move": 0.6 if Benign.TENANT_CHANGE in benign else 0.002,
        "capacity_request": 0.15 if Benign.EV in benign else 0.003,
        "solar_request": 0.9 if Benign.SOLAR in benign else 0.0,
        "voltage_complaint": 0.004,
        "meter_complaint": 0.004,
    }
    for kind, chance in chances.items():
        is_made, day, minute = (
            float(rng.uniform()) < chance,
            int(rng.integers(-60, settings.days)),
            int(rng.integers(480, 1200)),
        )
        spell = {"move": benign.get(Benign.TENANT_CHANGE), "solar_request": benign.get(Benign.SOLAR)}.get(kind)
        if spell is not None and spell.onset_day > 0:
            day = spell.onset_day - int(rng.integers(0, 10))
        if is_made:
            at = datetime.combine(settings.start_on, time()) + timedelta(days=day, minutes=minute)
            yield "contacts", {"account_id": account.account_id, "at": at, "kind": kind}


def _inspect(account: Account, *, settings: SimulationSettings, rng: np.random.Generator) -> Iterator[tuple[str, Row]]:
    """Yield routine visits, and inspections with their outcome: of last year, and some of the simulated days.

    Outcomes of last year are of the past: who was found then is not thereby a thief now, and who was clean may be one.
    """
    theft = account.fate.theft
    if theft is not None and theft.end_day < settings.days:
        yield from _find(account, found_on=settings.start_on + timedelta(days=theft.end_day), rng=rng)
        return
    is_visited = float(rng.uniform()) < 0.04
    is_inspected = float(rng.uniform()) < (0.05 if account.fate.theft is not None else 0.025)
    day, minute = int(rng.integers(-360, int(settings.days * 0.9))), int(rng.integers(540, 1020))
    at = datetime.combine(settings.start_on, time()) + timedelta(days=day, minutes=minute)
    if is_visited:
        yield "visits", {"account_id": account.account_id, "at": at, "kind": "routine"}
    if not is_inspected or account.kind in (Kind.SOLAR_PLANT, Kind.LIGHTING, Kind.TELECOM):
        return
    inspected_on = at.date() + timedelta(days=7)
    if inspected_on >= settings.start_on and theft is not None:
        # Inspectors miss nothing that still runs; a thief is not cleared within the simulated days.
        return
    outcome = str(
        rng.choice(
            _OUTCOMES,
            p=_PAST if inspected_on < settings.start_on else _PRESENT,
        )
    )
    recovered = (
        round(float(account.billed_kwh.mean()) * 180 * float(rng.uniform(0.2, 0.9))) if outcome == "theft" else None
    )
    yield "visits", {"account_id": account.account_id, "at": at + timedelta(days=7), "kind": "inspection"}
    yield (
        "outcomes",
        {
            "account_id": account.account_id,
            "inspected_on": inspected_on,
            "outcome": outcome,
            "recovered_kwh": None if recovered is None else float(recovered),
        },
    )


def _find(account: Account, *, found_on: date, rng: np.random.Generator) -> Iterator[tuple[str, Row]]:
    """Yield the visit that ended a theft, and its outcome."""
    at = datetime.combine(found_on, time(int(rng.integers(9, 17)), int(rng.integers(0, 60))))
    yield "visits", {"account_id": account.account_id, "at": at, "kind": "inspection"}
    recovered = round(float(account.billed_kwh.mean()) * 90 * float(rng.uniform(0.3, 0.9)))
    yield (
        "outcomes",
        {
            "account_id": account.account_id,
            "inspected_on": found_on,
            "outcome": "theft",
            "recovered_kwh": float(recovered),
        },
    )
