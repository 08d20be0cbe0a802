"""Writing a simulated company: the folder any company hands over, and the truth beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.second_world.accounts import CLASSES, Account
from benchmarks.second_world.areas import AreaResult
from benchmarks.second_world.grid import CONDUCTORS, TRANSFORMERS
from benchmarks.second_world.metering import MeterData
from benchmarks.second_world.surroundings import SLOTS, Clock, Weather

WRONG_AREA, WRONG_PHASE = 0.035, 0.12
INSTALLED_ON = dt.date(2021, 3, 1)
PRICES = {"residential": 0.54, "commercial": 0.82, "industrial": 0.74, "agricultural": 0.5, "public": 0.6}
SEASON = (1.1, 1.05, 0.9, 0.8, 0.85, 1.0, 1.35, 1.4, 1.05, 0.8, 0.85, 1.05)
"""Use of each month by the year's mean."""
TRUTHS = ("thefts", "faults", "benign", "archive_errors", "area_loss")
COVER_OPENED = "dlt645:03300D"
OPENING_KINDS = frozenset(
    {"slow_meter", "scaled", "scaled_noisily", "mean_noisily", "shifted", "reversed_day", "dead_phase"}
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an area lies: its number, line and station, and the number of a neighbour on the same station."""

    number: int
    feeder_id: str
    station_id: str
    neighbour: int


def area_id(number: int) -> str:
    """Return the number of an area as archives write it.

    Example:
        >>> area_id(7)
        'T0007'
    """
    return f"T{number:04d}"


class FolderWriter:
    """Collects archives and truth area by area, and writes curves as they come.

    Args:
        folder: the company folder; made.
        truth: folder of the truth; made.
        clock: the days.
        rng: chance: of wrong archives, bills and events.
    """

    def __init__(self, folder: Path, truth: Path, clock: Clock, rng: np.random.Generator) -> None:
        self.folder, self.truth, self.clock, self.rng = folder, truth, clock, rng
        (folder / "interval").mkdir(parents=True, exist_ok=True)
        truth.mkdir(parents=True, exist_ok=True)
        self.rows: dict[str, list[Row]] = {}
        self.known: dict[str, list[Row]] = {
            "thefts": [],
            "faults": [],
            "benign": [],
            "archive_errors": [],
            "area_loss": [],
        }

    def _add(self, table: str, /, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def add_area(self, place: Place, area: AreaResult) -> None:
        """Take an area into archives and truth, and write its curves."""
        rated, no_load, load = TRANSFORMERS[area.transformer]
        name = area_id(place.number)
        self._add(
            "areas",
            area_id=name,
            name=f"Area {place.number}",
            feeder_id=place.feeder_id,
            station_id=place.station_id,
            kind="public",
            rated_kva=float(rated),
            no_load_loss_kw=no_load,
            load_loss_kw=load,
        )
        self._add("meters", **_meter(f"S{place.number:04d}", None, name, "supply", "ABC", area.ratio, INSTALLED_ON))
        network = area.network
        for node in range(1, len(network.parent)):
            conductor, ohm, reactance = CONDUCTORS[network.conductor[node]]
            self._add(
                "lines",
                area_id=name,
                from_node=f"{name}-{network.parent[node]}",
                to_node=f"{name}-{node}",
                phases="ABC",
                conductor=conductor,
                length_m=float(network.archived_m[node]),
                ohm_per_km=ohm,
                reactance_ohm_per_km=reactance,
            )
        for at in range(len(area.accounts)):
            self._add_account(place, area, at)
        self._add_losses(name, area)
        self.write_curves(f"{place.number:04d}", area.data)

    def _add_account(self, place: Place, area: AreaResult, at: int) -> None:
        account, account_id = area.accounts[at], area.account_ids[at]
        peak = float(account.power.sum(axis=0).max())
        self._add(
            "customers",
            account_id=account_id,
            name=f"Customer {account_id}",
            contract_kw=8.0 if account.kind == "home" and len(account.legs) == 1 else float(np.ceil(peak * 1.3)),
            voltage_kv=0.38 if len(account.legs) == 3 else 0.22,
            opened_on=INSTALLED_ON,
            **{"class": CLASSES[account.kind][0]},
        )
        true_area, true_phase = area_id(place.number), "ABC" if len(account.legs) == 3 else "ABC"[account.legs[0]]
        archived_area, archived_phase = true_area, true_phase
        if self.rng.random() < WRONG_AREA:
            archived_area = area_id(place.neighbour)
            self._wrong(area.meter_ids[at], account_id, "wrong_area", archived_area, true_area)
        if len(account.legs) == 1 and self.rng.random() < WRONG_PHASE:
            archived_phase = str(self.rng.choice([one for one in "ABC" if one != true_phase]))
            self._wrong(area.meter_ids[at], account_id, "wrong_phase", archived_phase, true_phase)
        archived_ratio = account.ratio / (account.attack.ratio if account.attack is not None else 1.0)
        node = f"{true_area}-{area.node[at]}" if archived_area == true_area else None
        changed_on = self.clock.dates[account.benign_day]
        for order, meter_id in enumerate(area.meter_ids[at]):
            row = _meter(meter_id, account_id, archived_area, "customer", archived_phase, archived_ratio, INSTALLED_ON)
            row |= {"node_id": node, "box_id": node}
            if len(area.meter_ids[at]) > 1:
                row |= {"removed_on": changed_on} if order == 0 else {"installed_on": changed_on}
            self._add("meters", **row)
        if area.solar_ids[at]:
            row = _meter(area.solar_ids[at], account_id, true_area, "solar", true_phase, 1.0, INSTALLED_ON)
            self._add("meters", **row)
        self._add_truth(area, at)

    def _wrong(self, meters: Sequence[str], account_id: str, kind: str, archived: str, true: str) -> None:
        for meter_id in meters:
            row = {"meter_id": meter_id, "account_id": account_id, "kind": kind, "archived": archived, "true": true}
            self.known["archive_errors"].append(row)

    def _add_truth(self, area: AreaResult, at: int) -> None:
        account, account_id = area.accounts[at], area.account_ids[at]
        begun, share = None, 1.0
        if account.attack is not None:
            attack = account.attack
            stolen = self._stolen_kwh(account)
            begun = self.clock.dates[attack.first_day]
            if attack.first_day == 0:
                begun -= dt.timedelta(days=int(self.rng.integers(20, 700)))
            used = max(float((account.power.sum(axis=0) + account.hooked).sum()) / 4.0, 1e-9)
            share = 1.0 - stolen / used
            row = {"account_id": account_id, "kind": attack.kind, "stolen_kwh": stolen, "onset_on": begun}
            self.known["thefts"].append(row)
        if account.fault:
            began = self.clock.dates[account.fault_day]
            self.known["faults"].append({"account_id": account_id, "kind": account.fault, "onset_on": began})
        if account.benign:
            row = {"account_id": account_id, "kind": account.benign, "onset_on": self.clock.dates[account.benign_day]}
            self.known["benign"].append(row)
        self._add_bills(account, account_id, begun, share)
        self._add_events(account, area.meter_ids[at][0])

    def _stolen_kwh(self, account: Account) -> float:
        attack = account.attack
        assert attack is not None
        missing = (account.power * (1.0 - attack.counted)).sum() + account.hooked.sum()
        if attack.ratio > 1.0:
            missing += account.power.sum() * (1.0 - 1.0 / attack.ratio)
        return float(missing) / 4.0

    def _add_bills(self, account: Account, account_id: str, begun: dt.date | None, share: float) -> None:
        first = self.clock.start_on.replace(day=1)
        month = first
        for _ in range(12):
            month = (month - dt.timedelta(days=1)).replace(day=1)
            season = SEASON[month.month - 1] / SEASON[first.month - 1]
            kwh = account.usual_kw * 24 * 30.4 * season * float(self.rng.lognormal(0.0, 0.15))
            if begun is not None and month >= begun:
                kwh *= max(share, 0.0)
            self._add("billed", account_id=account_id, month=month, energy_kwh=float(np.round(kwh)))

    def _add_events(self, account: Account, meter_id: str) -> None:
        opened = account.attack is not None and account.attack.kind in OPENING_KINDS and self.rng.random() < 0.35
        day = account.attack.first_day if opened and account.attack is not None else None
        if self.rng.random() < 0.01:
            day = int(self.rng.integers(0, self.clock.days))
        if day:
            at = dt.datetime.combine(self.clock.dates[day], dt.time(int(self.rng.integers(6, 22)), 30))
            self._add("events", meter_id=meter_id, occurred_at=at, code=COVER_OPENED)

    def _add_losses(self, name: str, area: AreaResult) -> None:
        strangers = float(area.stranger_kw.sum()) / 4.0
        if strangers > 0:
            row = {"account_id": None, "kind": "hook_up_without_contract", "stolen_kwh": strangers, "onset_on": None}
            self.known["thefts"].append(row)
        self.known["area_loss"].append(
            {
                "area_id": name,
                "supplied_kwh": float(area.flow.supply.sum()) / 4.0,
                "technical_kwh": float(area.flow.line_loss.sum()) / 4.0,
                "used_kwh": float(area.used_kw.sum()) / 4.0,
                "unmetered_kwh": float(area.unmetered_kw.sum()) / 4.0,
                "hooked_without_contract_kwh": strangers,
            }
        )

    def write_curves(self, name: str, data: Sequence[MeterData]) -> None:
        """Write what meters sent: curves of each day, and frozen dials."""
        ids, channels, values = [], [], []
        for meter in data:
            for channel, curve in meter.channels.items():
                ids.append(meter.meter_id)
                channels.append(channel)
                values.append(curve.astype(np.float32))
            for at, kwh in enumerate(meter.dial_kwh):
                if np.isfinite(kwh):
                    on = self.clock.start_on + dt.timedelta(days=at)
                    row = {"meter_id": meter.meter_id, "on_date": on, "total_kwh": round(float(kwh), 4)}
                    if len(meter.reverse_dial_kwh):
                        row["reverse_kwh"] = round(float(meter.reverse_dial_kwh[at]), 4)
                    self._add("registers", **row)
        days = self.clock.days
        matrix = np.concatenate(values)
        kept = np.isfinite(matrix).any(axis=1)
        which = np.repeat(np.arange(len(ids)), days)[kept]
        dates = np.tile(np.array(self.clock.dates, "datetime64[D]"), len(ids))[kept]
        columns = {
            "meter_id": pa.array(np.array(ids, object)[which], pa.string()),
            "on_date": pa.array(dates),
            "channel": pa.array(np.array(channels, object)[which], pa.string()),
        }
        turned = np.ascontiguousarray(matrix[kept].T)
        columns |= {f"v{slot:02d}": pa.array(turned[slot], from_pandas=True) for slot in range(SLOTS)}
        pq.write_table(pa.table(columns), self.folder / "interval" / f"{name}.parquet", compression="zstd")

    def finish(self, units: Sequence[Row], weather: dict[str, Weather]) -> None:
        """Write archives, weather and truth."""
        for place, drawn in weather.items():
            for day, date in enumerate(self.clock.dates):
                degrees = drawn.outdoor_c[day]
                self._add(
                    "weather",
                    place=place,
                    on_date=date,
                    mean_c=round(float(degrees.mean()), 1),
                    min_c=round(float(degrees.min()), 1),
                    max_c=round(float(degrees.max()), 1),
                )
        self.rows["units"] = list(units)
        for name, rows in self.rows.items():
            pq.write_table(pa.Table.from_pylist(_even(rows)), self.folder / f"{name}.parquet")
        for name, rows in self.known.items():
            pq.write_table(pa.Table.from_pylist(rows), self.truth / f"{name}.parquet")
        prices = "\n".join(f"{kind} = {price}" for kind, price in PRICES.items())
        head = 'name = "Second World Power"\ntimezone = "Asia/Shanghai"\ninterval_minutes = 15\n'
        (self.folder / "company.toml").write_text(f"{head}\n[price_yuan_per_kwh]\n{prices}\n", encoding="utf-8")

    def add_feeder(self, feeder_id: str, station_id: str, supply_id: str, ratio: float, data: MeterData) -> None:
        """Take a 10 kV line and the meter at its head in."""
        self._add(
            "feeders",
            feeder_id=feeder_id,
            name=f"Line {feeder_id}",
            station_id=station_id,
            voltage_kv=10.0,
            supply_meter_id=supply_id,
        )
        row = _meter(supply_id, None, None, "feeder", "ABC", ratio, INSTALLED_ON)
        self._add("meters", **(row | {"feeder_id": feeder_id, "rated_voltage_v": 57.7}))
        self.write_curves(f"feeder-{feeder_id}", [data])


def _meter(
    meter_id: str, account_id: str | None, area: str | None, role: str, phase: str, ratio: float, installed_on: dt.date
) -> Row:
    with_transformers = ratio > 1.0
    current = (1.5, 6.0) if with_transformers else (5.0, 60.0) if len(phase) == 1 else (10.0, 100.0)
    return {
        "meter_id": meter_id,
        "account_id": account_id,
        "area_id": area,
        "role": role,
        "phase": phase,
        "wiring": "1P" if len(phase) == 1 else "3P4W",
        "ct_ratio": ratio if with_transformers else 1.0,
        "multiplier": ratio,
        "rated_voltage_v": 220.0,
        "basic_current_a": current[0],
        "max_current_a": current[1],
        "installed_on": installed_on,
    }


def _even(rows: Sequence[Row]) -> list[Row]:
    """Return rows that all have every key, so that none is lost to the first row's."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]
