"""Reads of planning: the night's list with places, random slots and who is spared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lamplighter.base.lake import Snapshot
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.queries import read_suspicions, read_visit_slots, read_visited_lately
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.inspection.planning.drafting import draft_day
from lamplighter.business.inspection.planning.making import make_plan
from lamplighter.business.inspection.planning.records import Crew, Plan, Suspicion, Wish
from lamplighter.business.inspection.planning.settings import PlanSettings
from lamplighter.business.network.queries import read_areas

Position = tuple[float, float]
"""Longitude and latitude, degrees."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list ready for planning.

    Args:
        as_of: last day of its window.
        suspicions: in order of rank.
        has_slots: visits were chosen from it, some of them at random.
    """

    as_of: date
    suspicions: tuple[Suspicion, ...]
    has_slots: bool


def read_listed(
    snapshot: Snapshot,
    *,
    settings: PlanSettings,
    spare_days: int,
    as_of: date | None = None,
    unit_id: str = "",
) -> Listed:
    """Return the night's list with what planning needs of each account.

    An account lies where the archive has it, otherwise where its area does.

    Args:
        snapshot: state of the lake.
        settings: ``assumed.*``.
        spare_days: after a visit with a result an account is spared so long.
        as_of: which list; the newest when absent.
        unit_id: only accounts on areas of this unit and those below it; all when empty.

    Raises:
        ListMissing: there is none.
    """
    rows = read_suspicions(snapshot, as_of=as_of)
    day: date = rows["as_of_on"][0].as_py()
    areas = {row["area_id"]: row for row in read_areas(snapshot, unit_id=unit_id).to_pylist()}
    columns = ["account_id", "voltage_kv", "longitude", "latitude"]
    customers = {row["account_id"]: row for row in snapshot.read(CUSTOMER, columns=columns).to_pylist()}
    slots = {row["account_id"]: row for row in read_visit_slots(snapshot, as_of=day).to_pylist()}
    spared = read_visited_lately(snapshot, before=day, days=spare_days)
    found = tuple(
        _suspicion(
            row,
            customer=customers.get(row["account_id"], {}),
            area=areas.get(row["area_id"], {}),
            slot=slots.get(row["account_id"]),
            is_spared=row["account_id"] in spared,
            settings=settings,
        )
        for row in rows.to_pylist()
        if not unit_id or row["area_id"] in areas
    )
    return Listed(day, found, bool(slots))


def plan_day(
    snapshot: Snapshot,
    *,
    on: date,
    crews: Sequence[Crew],
    settings: PlanSettings,
    detection: DetectionSettings,
    wishes: Sequence[Wish] = (),
    as_of: date | None = None,
    unit_id: str = "",
) -> tuple[Plan, Listed]:
    """Return the plan of a day from the night's list, and the list it was made from.

    Args:
        snapshot: state of the lake.
        on: day of the visits.
        crews: who is there.
        settings: figures of planning.
        detection: ``visits.spare_days`` and the flat ``cost.visit_yuan`` that the list has taken off.
        wishes: appointments, orders, dangers.
        as_of: which list; the newest when absent.
        unit_id: only accounts of this unit; all when empty.

    Raises:
        ListMissing: there is no list.
    """
    listed = read_listed(
        snapshot,
        settings=settings,
        spare_days=int(detection.number("visits.spare_days")),
        as_of=as_of,
        unit_id=unit_id,
    )
    draft = draft_day(
        on=on,
        as_of=listed.as_of,
        suspicions=listed.suspicions,
        crews=crews,
        settings=settings,
        visit_yuan=detection.number("cost.visit_yuan"),
        wishes=wishes,
    )
    return make_plan(draft=draft, settings=settings), listed


def read_bases(snapshot: Snapshot) -> dict[str, Position]:
    """Return of each station the middle of its areas: where its crews set out, unless their file says better."""
    held: dict[str, list[Position]] = {}
    for row in read_areas(snapshot).to_pylist():
        place = _position(row)
        if place is not None:
            held.setdefault(row["station_id"], []).append(place)
    return {
        station: (sum(east for east, _ in places) / len(places), sum(north for _, north in places) / len(places))
        for station, places in held.items()
    }


def _suspicion(
    row: Mapping[str, Any],
    *,
    customer: Mapping[str, Any],
    area: Mapping[str, Any],
    slot: Mapping[str, Any] | None,
    is_spared: bool,
    settings: PlanSettings,
) -> Suspicion:
    place = _position(customer) or _position(area)
    assumed = "assumed.dedicated_kv" if area.get("kind") == "dedicated" else "assumed.public_kv"
    return Suspicion(
        account_id=row["account_id"],
        area_id=row["area_id"] or "",
        rank=row["rank"],
        theft_probability=row["theft_probability"],
        expected_kwh=row["expected_kwh"],
        expected_yuan=row["expected_yuan"],
        colour=row["colour"],
        checks=tuple(code for code in row["checks"].split(";") if code),
        supply_kv=customer.get("voltage_kv") or settings.number(assumed),
        longitude=place[0] if place else None,
        latitude=place[1] if place else None,
        is_random=bool(slot and slot["is_random"]),
        propensity=slot["propensity"] if slot else None,
        is_spared=is_spared,
    )


def _position(row: Mapping[str, Any]) -> Position | None:
    east, north = row.get("longitude"), row.get("latitude")
    return None if east is None or north is None else (east, north)
