"""A simulated company over two years for :mod:`benchmarks.loop`: its evidence at each month's end, and its truth."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import BILLED_MONTH, CUSTOMER
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import CompanyEvidence, find_company_evidence
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.simulation import SimulationSettings, simulate_company

START_ON = dt.date(2024, 1, 1)
DAYS = 731
INTERVAL_MINUTES = 30
CHANNELS = ("energy_kwh", "reverse_kwh")
DIFFICULTY = 0.8
THEFT_RATE = 0.05
NOW = dt.datetime(2026, 2, 1)

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Month:
    """What is known of a company at the end of a month. K meters, rows sorted by meter id.

    Attributes:
        as_of: last day of the month, from which the list is made and before which nothing ends.
        day: its number among the simulated days.
        account: row of each meter's account in the company, shape (K,).
        features: shape (K, F), NaN = not available.
        meter_ids: shape (K,).
        areas: "" for none, shape (K,).
        scale_kwh: kWh a day stolen energy is measured by, shape (K,).
        area_high_kwh: upper end of the unexplained loss of the area, kWh a day, NaN = not computable, shape (K,).
        drop: by how much the month's bill lies below that of the same month a year before, shape (N,) accounts.
    """

    as_of: dt.date
    day: int
    account: Array
    features: Array
    meter_ids: Array
    areas: Array
    scale_kwh: Array
    area_high_kwh: Array
    drop: Array


@dataclass(frozen=True, slots=True)
class Company:
    """A company, what it knows month by month, and what is true. N accounts, D days.

    Attributes:
        seed: of the simulation.
        names: features.
        accounts: shape (N,), sorted.
        classes: shape (N,).
        months: in order.
        steals: the account steals on the day, shape (N, D).
        stolen_kwh: shape (N, D); below zero on days on which only the time was falsified.
        is_faulty: its meter is faulty on the day, shape (N, D).
    """

    seed: int
    names: tuple[str, ...]
    accounts: Array
    classes: Array
    months: tuple[Month, ...]
    steals: Array
    stolen_kwh: Array
    is_faulty: Array

    def with_columns(self, names: Sequence[str]) -> Company:
        """Return the company with the features a model wants, in its order; NaN for one nobody works out."""
        at = [self.names.index(name) if name in self.names else -1 for name in names]
        months = tuple(
            replace(month, features=np.pad(month.features, ((0, 0), (0, 1)), constant_values=np.nan)[:, at])
            for month in self.months
        )
        return replace(self, names=tuple(names), months=months)


def make_company(home: Path, *, seed: int, areas: int) -> Company:
    """Simulate, import and work out the evidence of each month; what ``home`` has already is used again."""
    if not (home / "done").exists():
        simulate_company(
            folder=home / "company",
            truth=home / "truth",
            settings=SimulationSettings(
                seed=seed,
                areas=areas,
                customers_per_area=(25, 72),
                start_on=START_ON,
                days=DAYS,
                interval_minutes=INTERVAL_MINUTES,
                channels=CHANNELS,
                difficulty=DIFFICULTY,
                theft_rate=THEFT_RATE,
            ),
        )
        _forget_inspections(home / "company", since=START_ON)
        import_company(folder=home / "company", lake=Lake.open(home / "lake"), now=NOW)
        (home / "done").touch()
    missing = [day for day in month_ends() if not _evidence_file(home, day).exists()]
    # Whole months are shared out, so that a worker reads archives and compiled code once.
    for _ in LocalEngine().map(_EvidenceOfMonth(home), missing):
        pass
    return _put_together(home, seed=seed)


def month_ends(start_on: dt.date = START_ON, days: int = DAYS) -> list[dt.date]:
    """Return the last day of each whole month.

    Example:
        >>> [str(day) for day in month_ends(dt.date(2024, 1, 1), 60)]
        ['2024-01-31', '2024-02-29']
    """
    every = [start_on + dt.timedelta(days=number) for number in range(days)]
    return [day for day in every if (day + dt.timedelta(days=1)).day == 1]


def _forget_inspections(company: Path, *, since: dt.date) -> None:
    """Take out what the simulated company's own inspectors did in the simulated time: here the policies are they."""
    for name, column, first in (
        ("outcomes", "inspected_on", pa.scalar(since, pa.date32())),
        ("visits", "at", pa.scalar(dt.datetime.combine(since, dt.time()), pa.timestamp("us"))),
    ):
        file = company / f"{name}.parquet"
        rows = pq.read_table(file)
        pq.write_table(rows.filter(pc.less(rows[column], first.cast(rows[column].type))), file)


def _evidence_file(home: Path, day: dt.date) -> Path:
    return home / f"evidence-{day:%Y-%m}.pickle"


@dataclass(frozen=True, slots=True)
class _EvidenceOfMonth:
    home: Path

    def __call__(self, day: dt.date) -> None:
        lake = Lake.open(self.home / "lake")
        with lake.snapshot() as state:
            found = find_company_evidence(
                state=state,
                root=lake.root,
                engine=LocalEngine(processes=1),
                rules=read_rules(self.home / "absent", on=day),
                channels=CHANNELS,
                as_of=day,
            )
        file = _evidence_file(self.home, day)
        part = file.with_suffix(".part")
        part.write_bytes(pickle.dumps(found))
        part.rename(file)


def _put_together(home: Path, *, seed: int) -> Company:
    found: dict[dt.date, CompanyEvidence] = {
        day: pickle.loads(_evidence_file(home, day).read_bytes()) for day in month_ends()
    }
    accounts = np.array(sorted({account for one in found.values() for account in one.accounts}), dtype=object)
    place = {account: row for row, account in enumerate(accounts)}
    with Lake.open(home / "lake").snapshot() as state:
        customers = state.read(CUSTOMER, columns=["account_id", "class"])
        bills = _lay_out_bills(state.read(BILLED_MONTH), place)
    class_of = dict(zip(customers["account_id"].to_pylist(), customers["class"].to_pylist(), strict=True))
    months = []
    for day, one in found.items():
        months.append(
            Month(
                as_of=day,
                day=(day - START_ON).days,
                account=np.array([place[account] for account in one.accounts], np.int64),
                features=one.features,
                meter_ids=one.meter_ids,
                areas=one.areas,
                scale_kwh=one.scale_kwh,
                area_high_kwh=one.area_high_kwh,
                drop=drop_of_bills(bills, month=np.datetime64(day, "M")),
            )
        )
    steals, stolen = _lay_out_thefts(home / "truth", place)
    return Company(
        seed=seed,
        names=next(iter(found.values())).names,
        accounts=accounts,
        classes=np.array([class_of.get(account) or "other" for account in accounts], dtype=object),
        months=tuple(months),
        steals=steals,
        stolen_kwh=stolen,
        is_faulty=_lay_out_faults(home / "truth", place),
    )


Bills = dict[np.datetime64, Array]


def _lay_out_bills(billed: pa.Table, place: dict[str, int]) -> Bills:
    bills: Bills = {}
    columns = (billed[name].to_pylist() for name in ("account_id", "month", "energy_kwh"))
    for account, month, kwh in zip(*columns, strict=True):
        if account in place:
            of_month = bills.setdefault(np.datetime64(month, "M"), np.full(len(place), np.nan))
            of_month[place[account]] = kwh
    return bills


def drop_of_bills(bills: Bills, *, month: np.datetime64) -> Array:
    """Return by how much the bill of a month lies below that of the same month a year before, shape (N,).

    The drop rule: what most companies look at today. -1 where either bill is missing or the earlier one is nothing.

    Example:
        >>> bills = {np.datetime64("2024-05"): np.array([200.0, 0.0]), np.datetime64("2025-05"): np.array([50.0, 9.0])}
        >>> drop_of_bills(bills, month=np.datetime64("2025-05")).tolist()
        [0.75, -1.0]
    """
    nothing = np.full(len(next(iter(bills.values()))), np.nan)
    now, before = bills.get(month, nothing), bills.get(month - np.timedelta64(12, "M"), nothing)
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = 1.0 - now / before
    return np.where(np.isfinite(drop), np.maximum(drop, -1.0), -1.0)


def _lay_out_thefts(truth: Path, place: dict[str, int]) -> tuple[Array, Array]:
    """Return on which days each account steals and what, shape (N, D) each; hook-ups without an account are left
    out: there is nobody to put on a list."""
    steals, stolen = np.zeros((len(place), DAYS), bool), np.zeros((len(place), DAYS))
    daily = pq.read_table(truth / "stolen_daily.parquet")
    columns = (daily[name].to_pylist() for name in ("account_id", "on_date", "stolen_kwh"))
    for account, on, kwh in zip(*columns, strict=True):
        if account in place:
            row, day = place[account], (on - START_ON).days
            steals[row, day], stolen[row, day] = True, stolen[row, day] + kwh
    return steals, stolen


def _lay_out_faults(truth: Path, place: dict[str, int]) -> Array:
    faulty = np.zeros((len(place), DAYS), bool)
    for row in _rows(truth / "faults.parquet"):
        if row["account_id"] in place:
            faulty[place[row["account_id"]], (row["onset_on"] - START_ON).days :] = True
    return faulty


def _rows(file: Path) -> Iterator[dict]:
    yield from pq.read_table(file).to_pylist()
