"""Outcomes beside what was known before them: the last list before the inspection, and how its visit was chosen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.business.detection.queries import read_visited_lately
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.detection.tables import OUTCOME, SUSPICION, VISIT_SLOT
from lamplighter.business.detection.true_rate import NothingDrawn, TrueRate, estimate_true_rate

OLDEST_DAYS: Final = 45
"""A list older than this at the inspection says nothing about what was known then."""

RANKED, DRAWN, OTHERWISE = "ranked", "drawn", "otherwise"
"""How a visit came about: by its place in the list, at random, or for another reason than the list."""


class NoVisitChosen(LamplighterError):
    """No visit was ever chosen."""

    def __init__(self) -> None:
        super().__init__(text("visits.error.none_chosen"))


@dataclass(frozen=True, slots=True)
class JudgedOutcome:
    """What an inspection found, and what the list had said.

    Attributes:
        account_id: account.
        inspected_on: day.
        outcome: what became of it.
        recovered_kwh: energy made up for; None = unknown.
        list_on: last list before the inspection; None where none is kept.
        rank: place in it; None where the account did not stand in it.
        colour: warning level there; empty likewise.
        theft_probability: as listed.
        model_version: of the model that made the list; empty likewise.
        way: :data:`RANKED`, :data:`DRAWN` or :data:`OTHERWISE`.
    """

    account_id: str
    inspected_on: date
    outcome: OutcomeKind
    recovered_kwh: float | None
    list_on: date | None
    rank: int | None
    colour: str
    theft_probability: float | None
    model_version: str
    way: str


def read_judged_outcomes(snapshot: Snapshot) -> list[JudgedOutcome]:
    """Return every outcome with the list before it, the newest first.

    The list of the day itself may know of the inspection already, and is none before it.
    """
    outcomes = snapshot.read(OUTCOME).sort_by([("inspected_on", "descending"), ("account_id", "ascending")]).to_pylist()
    if not outcomes:
        return []
    lists = sorted({date.fromisoformat(day) for part in snapshot.parts(SUSPICION) for day in part.covers})
    before = {row["inspected_on"]: _list_before(lists, row["inspected_on"]) for row in outcomes}
    accounts = pa.array(sorted({row["account_id"] for row in outcomes}), pa.string())
    listed = _read_listed(snapshot, accounts, sorted({day for day in before.values() if day is not None}))
    slots = _read_slots(snapshot, accounts)
    found = []
    for row in outcomes:
        on = before[row["inspected_on"]]
        place = listed.get((row["account_id"], on)) or {}
        found.append(
            JudgedOutcome(
                account_id=row["account_id"],
                inspected_on=row["inspected_on"],
                outcome=OutcomeKind(row["outcome"]),
                recovered_kwh=row["recovered_kwh"],
                list_on=on,
                rank=place.get("rank"),
                colour=place.get("colour", ""),
                theft_probability=place.get("theft_probability"),
                # The list names its model and the version of the settings.
                model_version=place.get("model_version", "").split(" · ")[0],
                way=_way(slots.get(row["account_id"], []), row["inspected_on"]),
            )
        )
    return found


def _list_before(lists: Sequence[date], on: date) -> date | None:
    place = bisect_left(lists, on)
    return lists[place - 1] if place and (on - lists[place - 1]).days <= OLDEST_DAYS else None


def _read_listed(
    snapshot: Snapshot, accounts: pa.Array, days: Sequence[date]
) -> dict[tuple[str, date | None], dict[str, Any]]:
    rows = snapshot.read(
        SUSPICION,
        columns=["account_id", "as_of_on", "rank", "colour", "theft_probability", "model_version"],
        months=sorted({f"{day:%Y-%m}" for day in days}),
        where=pc.field("account_id").isin(accounts) & pc.field("as_of_on").isin(pa.array(days, pa.date32())),
    )
    return {(row["account_id"], row["as_of_on"]): row for row in rows.to_pylist()} if days else {}


def _read_slots(snapshot: Snapshot, accounts: pa.Array) -> dict[str, list[tuple[date, bool]]]:
    rows = snapshot.read(
        VISIT_SLOT, columns=["account_id", "as_of_on", "is_random"], where=pc.field("account_id").isin(accounts)
    )
    found: dict[str, list[tuple[date, bool]]] = {}
    for row in rows.sort_by("as_of_on").to_pylist():
        found.setdefault(row["account_id"], []).append((row["as_of_on"], row["is_random"]))
    return found


def _way(slots: Sequence[tuple[date, bool]], on: date) -> str:
    place = bisect_right([day for day, _ in slots], on)
    if not place or on - slots[place - 1][0] > timedelta(days=OLDEST_DAYS):
        return OTHERWISE
    return DRAWN if slots[place - 1][1] else RANKED


def estimate_unit_rate(slots: pa.Table, *, results: pa.Table, listed: dict[date, int]) -> TrueRate | None:
    """Return the estimated share of accounts of a unit that steal; None where no drawn visit of it has a result.

    The estimator of the company, held to the unit's own visits and to how many of its accounts could be chosen.

    Args:
        slots: rows of ``out_visit_slot`` about the unit's accounts.
        results: ``core_outcome``.
        listed: list -> how many of the unit's accounts its visits were chosen among.
    """
    if slots.num_rows == 0:
        return None
    outcomes: dict[str, list[tuple[date, str]]] = {}
    for row in results.select(["account_id", "inspected_on", "outcome"]).to_pylist():
        outcomes.setdefault(row["account_id"], []).append((row["inspected_on"], row["outcome"]))
    days = slots["as_of_on"].to_pylist()
    found = [
        min((each for each in outcomes.get(account, []) if each[0] >= day), default=None)
        for account, day in zip(slots["account_id"].to_pylist(), days, strict=True)
    ]
    months = {day: number for number, day in enumerate(sorted(set(days)))}
    try:
        return estimate_true_rate(
            month=np.array([months[day] for day in days], np.int64),
            is_random=np.array(slots["is_random"].to_pylist(), bool),
            propensity=slots["propensity"].to_numpy().astype(np.float64),
            is_theft=np.array([each is not None and each[1] == OutcomeKind.THEFT for each in found], bool),
            has_result=np.array([each is not None and each[1] != OutcomeKind.NO_ACCESS for each in found], bool),
            listed_count=np.array([listed[day] for day in days], np.int64),
        )
    except NothingDrawn:
        return None


def read_true_rate(snapshot: Snapshot) -> TrueRate:
    """Return the estimated share of accounts that steal, from every visit chosen so far that has a result.

    The result of a visit is the account's first outcome on or after the day of the list it was chosen from.

    Raises:
        NoVisitChosen: no visit was ever chosen.
        NothingDrawn: no visit that was drawn at random has a result.
    """
    slots = snapshot.read(VISIT_SLOT).sort_by([("as_of_on", "ascending"), ("slot", "ascending")])
    if slots.num_rows == 0:
        raise NoVisitChosen
    listed = dict(zip(slots["as_of_on"].to_pylist(), slots["listed_count"].to_pylist(), strict=True))
    found = estimate_unit_rate(slots, results=snapshot.read(OUTCOME), listed=listed)
    if found is None:
        raise NothingDrawn(visits=slots.num_rows)
    return found


def read_choosable(snapshot: Snapshot, *, on: date, spare_days: int) -> list[str]:
    """Return the accounts the visits of a list could be chosen among: all that stood in it and were not spared then.

    Args:
        snapshot: state of the lake.
        on: day of the list.
        spare_days: ``visits.spare_days``.
    """
    rows = snapshot.read(
        SUSPICION, columns=["account_id"], months=[f"{on:%Y-%m}"], where=pc.field("as_of_on") == pa.scalar(on)
    )
    # What was found after the list spared nobody from its visits: those are the visits.
    spared = read_visited_lately(snapshot, before=on, days=spare_days, until=on)
    return [account for account in rows["account_id"].to_pylist() if account not in spared]
