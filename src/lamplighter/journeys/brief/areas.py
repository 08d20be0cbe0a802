"""Read the losses of a night: areas, days, stations and feeders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.line_loss.queries import read_explanations
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_PERIOD, FEEDER_LOSS
from lamplighter.business.network.tables import AREA, FEEDER, UNIT
from lamplighter.journeys.brief.records import (
    Area,
    AreaDays,
    AreaPeriod,
    Balance,
    Day,
    FeederLoss,
    Place,
    UnitLoss,
)

ENERGIES = (
    "supplied_kwh",
    "sold_kwh",
    "loss_kwh",
    "technical_kwh",
    "unexplained_kwh",
    "unexplained_low_kwh",
    "unexplained_high_kwh",
)


def split_codes(codes: str | None) -> tuple[str, ...]:
    """Return codes that a table keeps joined by ``;``.

    Example:
        >>> split_codes("A1;C2"), split_codes(None)
        (('A1', 'C2'), ())
    """
    return tuple(code for code in (codes or "").split(";") if code)


def newest_night(snapshot: Snapshot) -> date | None:
    """Return the newest day whose losses were worked; None where none was."""
    for month in reversed(snapshot.months(AREA_LOSS_DAILY)):
        newest = pc.max(snapshot.read(AREA_LOSS_DAILY, columns=["on_date"], months=[month])["on_date"]).as_py()
        if newest is not None:
            return date.fromisoformat(str(newest))
    return None


def read_losses(snapshot: Snapshot, *, first_on: date, last_on: date) -> pa.Table:
    """Return the daily losses of all areas of a window, both ends included."""
    between = (pc.field("on_date") >= pa.scalar(first_on)) & (pc.field("on_date") <= pa.scalar(last_on))
    return snapshot.read(AREA_LOSS_DAILY, months=months_between(first_on, last_on + timedelta(days=1)), where=between)


def worked_at(losses: pa.Table) -> datetime | None:
    """Return when the newest of these results was computed, UTC."""
    newest: datetime | None = pc.max(losses["known_at"]).as_py() if losses.num_rows else None
    return newest


def add_up(rows: Iterable[Mapping[str, Any]]) -> Balance:
    """Add the energies of areas, feeders or days; an unknown technical part leaves the sum to the known ones.

    The ends of the intervals are added as well: the widest the truth can lie apart, not what independent errors give.

    Example:
        >>> row = dict.fromkeys(ENERGIES, 1.0)
        >>> add_up([row, {**row, "technical_kwh": None}]).technical_kwh
        1.0
    """
    sums: dict[str, float | None] = {}
    listed = list(rows)
    for name in ENERGIES:
        known = [row[name] for row in listed if row[name] is not None]
        sums[name] = float(sum(known)) if known else None
    return Balance(**sums)


def balance_of(row: Mapping[str, Any]) -> Balance:
    """Return the energies of one stored row."""
    return Balance(**{name: row[name] for name in ENERGIES})


def list_areas(
    snapshot: Snapshot, losses: pa.Table, *, on_date: date, suspicions_by_area: Mapping[str, int]
) -> tuple[Area, ...]:
    """Return every area of the night, worst first: by what is certainly unexplained a day over the window.

    Areas without a window go by the night alone; areas that are not computable come last, the largest supply first.
    """
    tonight = losses.filter(pc.equal(losses["on_date"], pa.scalar(on_date))).to_pylist()
    places = _places(snapshot)
    periods = _periods(snapshot, on_date=on_date)
    explained = {one.area_id: one for one in read_explanations(snapshot, as_of_on=on_date).areas}
    areas = [
        Area(
            area_id=row["area_id"],
            name=places[row["area_id"]][0] if row["area_id"] in places else row["area_id"],
            place=places[row["area_id"]][1] if row["area_id"] in places else Place("", "", "", None, None, None),
            balance=balance_of(row),
            technical_source=row["technical_source"] or "none",
            coverage=row["coverage"],
            estimated_share=row["estimated_share"],
            is_computable=row["is_computable"],
            why_not=split_codes(row["not_computable_reason"]),
            loss_class=row["loss_class"],
            hints=split_codes(row["cause_hints"]),
            period=periods.get(row["area_id"]),
            suspicion_count=suspicions_by_area.get(row["area_id"], 0),
            explanation=explained.get(row["area_id"]),
        )
        for row in tonight
    ]
    return tuple(sorted(areas, key=_worst_first))


def certain_kwh_per_day(area: Area) -> float | None:
    """Return what is unexplained a day even at the lower end of the interval: over the window, else of the night."""
    period = area.period
    if period is not None and period.unexplained_low_kwh is not None and period.day_count:
        return period.unexplained_low_kwh / period.day_count
    return area.balance.unexplained_low_kwh


def _worst_first(area: Area) -> tuple[bool, float, str]:
    if not area.is_computable:
        return True, -(area.balance.supplied_kwh or 0.0), area.area_id
    certain = certain_kwh_per_day(area)
    return False, -(certain if certain is not None else float("-inf")), area.area_id


def _places(snapshot: Snapshot) -> dict[str, tuple[str, Place]]:
    names = unit_names(snapshot)
    feeders = {
        row["feeder_id"]: row["name"] for row in snapshot.read(FEEDER, columns=["feeder_id", "name"]).to_pylist()
    }
    found = {}
    for row in snapshot.read(AREA).to_pylist():
        station, county = names.get(row["station_id"], (row["station_id"], ""))
        feeder = feeders.get(row["feeder_id"]) or row["feeder_id"]
        place = Place(row["station_id"], station, county, feeder, row["longitude"], row["latitude"])
        found[row["area_id"]] = (row["name"] or row["area_id"], place)
    return found


def _feeder_names(snapshot: Snapshot) -> dict[str, str | None]:
    rows = snapshot.read(FEEDER, columns=["feeder_id", "name"]).to_pylist()
    return {row["feeder_id"]: row["name"] for row in rows}


def unit_names(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """Return the name of every unit and of the county it lies in."""
    rows = snapshot.read(UNIT).to_pylist()
    names = {row["unit_id"]: row["name"] for row in rows}
    return {row["unit_id"]: (row["name"], names.get(row["county_id"], "")) for row in rows}


def _periods(snapshot: Snapshot, *, on_date: date) -> dict[str, AreaPeriod]:
    rows = snapshot.read(
        AREA_PERIOD, months=[f"{on_date:%Y-%m}"], where=pc.field("as_of_on") == pa.scalar(on_date)
    ).to_pylist()
    return {
        row["area_id"]: AreaPeriod(
            day_count=row["day_count"] or 0,
            loss_rate=row["loss_rate"],
            unexplained_kwh=row["unexplained_kwh"],
            unexplained_low_kwh=row["unexplained_low_kwh"],
            unexplained_high_kwh=row["unexplained_high_kwh"],
            change_on=row["change_on"],
            change_kwh_per_day=row["change_kwh_per_day"],
        )
        for row in rows
    }


def list_days(losses: pa.Table, *, first_on: date, last_on: date) -> tuple[Day, ...]:
    """Return the company day by day over a window, both ends included; only computable areas are added up."""
    by_day = _sums_by_day(losses)
    days = []
    for number in range((last_on - first_on).days + 1):
        day = first_on + timedelta(days=number)
        row = by_day.get(day)
        if row is None:
            days.append(Day(day, 0, 0, add_up([]), None))
            continue
        balance = balance_of(row)
        days.append(Day(day, row["areas"], row["computable"], balance, row["coverage"]))
    return tuple(days)


def _sums_by_day(losses: pa.Table) -> dict[date, dict[str, Any]]:
    """Add up computable areas by day; coverage is the mean over all areas, weighted by nothing: each area counts."""
    if not losses.num_rows:
        return {}
    trusted = losses["is_computable"]
    columns = {name: pc.if_else(trusted, losses[name], None) for name in ENERGIES}
    table = pa.table(
        {
            "on_date": losses["on_date"],
            "computable": pc.cast(trusted, pa.int64()),
            "coverage": losses["coverage"],
            **columns,
        }
    )
    wanted = [("computable", "sum"), ("computable", "count"), ("coverage", "mean"), *((n, "sum") for n in ENERGIES)]
    grouped = table.group_by("on_date").aggregate(wanted).to_pylist()
    return {
        row["on_date"]: {
            "areas": row["computable_count"],
            "computable": row["computable_sum"],
            "coverage": row["coverage_mean"],
            **{name: row[f"{name}_sum"] for name in ENERGIES},
        }
        for row in grouped
    }


def list_area_days(losses: pa.Table, *, areas: Sequence[str], first_on: date, last_on: date) -> dict[str, AreaDays]:
    """Return some areas day by day over a window, both ends included; a day that is not computable is None."""
    names = ("loss_rate", "unexplained_kwh", "unexplained_rate")
    empty = [None] * ((last_on - first_on).days + 1)
    series: dict[str, dict[str, list[float | None]]] = {area: {name: [*empty] for name in names} for area in areas}
    wanted = losses.filter(
        pc.and_(pc.is_in(losses["area_id"], pa.array(list(areas), pa.string())), losses["is_computable"])
    )
    columns = ["area_id", "on_date", "supplied_kwh", "loss_rate", "unexplained_kwh"]
    for row in wanted.select(columns).to_pylist():
        own, place = series[row["area_id"]], (row["on_date"] - first_on).days
        own["loss_rate"][place] = row["loss_rate"]
        own["unexplained_kwh"][place] = row["unexplained_kwh"]
        if row["unexplained_kwh"] is not None and row["supplied_kwh"]:
            own["unexplained_rate"][place] = row["unexplained_kwh"] / row["supplied_kwh"]
    return {area: AreaDays(**{name: tuple(own[name]) for name in names}) for area, own in series.items()}


def list_units(areas: Sequence[Area]) -> tuple[UnitLoss, ...]:
    """Return the night by station, the greatest unexplained energy first; only computable areas are added up."""
    stations: dict[str, list[Area]] = {}
    for area in areas:
        stations.setdefault(area.place.station_id, []).append(area)
    units = []
    for station_id, own in stations.items():
        computable = [area for area in own if area.is_computable]
        sums = add_up({name: getattr(area.balance, name) for name in ENERGIES} for area in computable)
        units.append(
            UnitLoss(
                station_id=station_id,
                station=own[0].place.station,
                county=own[0].place.county,
                area_count=len(own),
                computable_count=len(computable),
                balance=sums,
                suspicion_count=sum(area.suspicion_count for area in own),
            )
        )
    return tuple(sorted(units, key=lambda unit: (-(unit.balance.unexplained_kwh or 0.0), unit.station_id)))


def list_feeders(snapshot: Snapshot, *, on_date: date) -> tuple[FeederLoss, ...]:
    """Return the feeders' own losses of the night, the greatest loss first."""
    rows = snapshot.read(
        FEEDER_LOSS,
        months=[f"{on_date:%Y-%m}"],
        where=(pc.field("on_date") == pa.scalar(on_date)) & (pc.field("period") == "day"),
    ).to_pylist()
    names = _feeder_names(snapshot)
    feeders = [
        FeederLoss(
            feeder_id=row["feeder_id"],
            name=names.get(row["feeder_id"]) or row["feeder_id"],
            balance=balance_of(row),
            coverage=row["coverage"],
            is_computable=row["is_computable"],
            why_not=split_codes(row["not_computable_reason"]),
            loss_class=row["loss_class"],
        )
        for row in rows
    ]
    return tuple(sorted(feeders, key=lambda feeder: (-(feeder.balance.loss_kwh or 0.0), feeder.feeder_id)))


def count_by_area(area_ids: Iterable[str | None]) -> dict[str, int]:
    """Count suspicions by area; those without an area are left out.

    Example:
        >>> count_by_area(["A1", None, "A1"])
        {'A1': 2}
    """
    return dict(Counter(area for area in area_ids if area))
