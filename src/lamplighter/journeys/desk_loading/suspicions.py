"""Suspicions as the desk keeps them: the coloured of the newest list and those drawn at random, each with its card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.security.actor import Level
from lamplighter.business.detection.cards import CardReason
from lamplighter.business.detection.queries import read_layer_worth
from lamplighter.business.detection.reason_queries import read_reasons
from lamplighter.business.detection.records import Depth, Layer, SuspicionState
from lamplighter.business.detection.tables import SUSPICION, VISIT_SLOT
from lamplighter.journeys.desk_loading.archives import Archives, Row

GRAVITY = {"red": 3, "orange": 2, "yellow": 1, "none": 0}
COLOURED = tuple(colour for colour, gravity in GRAVITY.items() if gravity)


def newest_list_on(state: Snapshot) -> dt.date | None:
    """Return the day the newest list is of; None where there is none."""
    return max(_nights(state), default=None)


def _nights(state: Snapshot) -> list[dt.date]:
    months = sorted(state.months(SUSPICION))[-2:]
    return list(state.read(SUSPICION, columns=["as_of_on"], months=months)["as_of_on"].unique().to_pylist())


def suspicion_rows(state: Snapshot, archives: Archives, *, as_of: dt.date | None) -> list[Row]:
    """Return rows of ``Suspicion`` of a list; none without a list.

    Args:
        state: state of the lake.
        archives: where customers belong.
        as_of: day of the list.
    """
    if as_of is None:
        return []
    drawn = _drawn(state, as_of)
    listed = _read_list(state, as_of, drawn)
    previous = max((day for day in _nights(state) if day < as_of), default=None)
    before = {} if previous is None else {row["account_id"]: row["colour"] for row in _read_list(state, previous, [])}
    meters = [row["meter_id"] for row in listed]
    reasons = read_reasons(state, meters=meters, as_of=as_of)
    version = listed[0]["model_version"] if listed else ""
    worth = read_layer_worth(state, meters=meters, as_of=as_of, model_version=version)
    return [
        _row(
            row,
            archives,
            reasons=reasons.get(row["meter_id"], []),
            worth=worth.get(row["meter_id"], {}),
            is_new=GRAVITY[row["colour"]] > GRAVITY[before.get(row["account_id"], "none")],
            is_random=row["account_id"] in drawn,
        )
        for row in listed
        if row["account_id"] in archives.customer_by_account
    ]


def _drawn(state: Snapshot, as_of: dt.date) -> set[str]:
    """Return the accounts whose visit was drawn at random from this list."""
    slots = state.read(VISIT_SLOT, months=[f"{as_of:%Y-%m}"], where=pc.field("as_of_on") == pa.scalar(as_of))
    return {row["account_id"] for row in slots.to_pylist() if row["is_random"]}


def _read_list(state: Snapshot, as_of: dt.date, drawn: Sequence[str] | set[str]) -> list[Row]:
    """Return the coloured accounts of a list and those drawn: the rest is as long as the company has accounts."""
    is_wanted = pc.field("colour").isin(pa.array(COLOURED)) | pc.field("account_id").isin(
        pa.array(list(drawn), pa.string())
    )
    where = (pc.field("as_of_on") == pa.scalar(as_of)) & is_wanted
    found: list[Row] = state.read(SUSPICION, months=[f"{as_of:%Y-%m}"], where=where).sort_by("rank").to_pylist()
    return found


def _row(
    row: Row,
    archives: Archives,
    *,
    reasons: Sequence[CardReason],
    worth: Mapping[str, float],
    is_new: bool,
    is_random: bool,
) -> Row:
    customer = archives.customer_by_account[row["account_id"]]
    area = archives.area_by_id.get(row["area_id"] or "", {})
    layers = [layer for layer in row["layers"].split(";") if layer]
    return {
        **{f"{level}_id": customer[f"{level}_id"] for level in Level},
        "account_id": row["account_id"],
        "meter_id": row["meter_id"],
        "area_id": row["area_id"] or "",
        "area_name": area.get("name", ""),
        "station_name": area.get("station_name", ""),
        "customer_class": customer["customer_class"],
        "is_protected": customer["is_protected"],
        "is_listed": True,
        "as_of_on": row["as_of_on"],
        "first_listed_on": row["as_of_on"],
        "rank": row["rank"],
        "theft_probability": row["theft_probability"],
        "expected_kwh": row["expected_kwh"],
        "expected_yuan": row["expected_yuan"],
        "colour": row["colour"],
        "is_new": is_new,
        "is_random": is_random,
        "state": SuspicionState.OPEN.value,
        "main_reason": next((reason.code for reason in reasons if reason.is_for), ""),
        "card": {
            "reasons": [_reason(reason) for reason in reasons],
            "layers": layers,
            "missing_layers": [layer.value for layer in Layer if layer.value not in layers],
            "worth": {layer: round(added, 3) for layer, added in worth.items() if layer in layers},
            "checks": [code for code in row["checks"].split(";") if code],
            "data_depth": row["data_depth"] or Depth.ARCHIVE.value,
            "model_version": row["model_version"],
        },
    }


def _reason(reason: CardReason) -> Row:
    return {
        "code": reason.code,
        "layer": reason.layer,
        "is_for": reason.is_for,
        "strength": round(reason.strength, 3),
        "added": round(reason.added, 3),
        "value": reason.value,
        "expected": reason.expected,
        "unit": reason.unit,
        "first_on": None if reason.first_on is None else reason.first_on.isoformat(),
        "last_on": None if reason.last_on is None else reason.last_on.isoformat(),
    }


def suspicion_totals(rows: Sequence[Mapping[str, Any]], archives: Archives) -> list[Row]:
    """Return rows of ``SuspicionTotal``: the coloured of each unit and everything below it."""
    totals: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row["colour"] not in COLOURED:
            continue
        # A unit that repeats itself at levels that are missing counts a row once.
        for unit in {row[f"{level}_id"] for level in Level} & set(archives.levels):
            empty = {"count": 0, "new_count": 0, "expected_kwh": 0.0, "expected_yuan": 0.0}
            total = totals.setdefault((unit, row["colour"]), {"unit_id": unit, "colour": row["colour"], **empty})
            total["count"] += 1
            total["new_count"] += int(row["is_new"])
            total["expected_kwh"] += row["expected_kwh"] or 0.0
            total["expected_yuan"] += row["expected_yuan"]
    return list(totals.values())
