"""Read the list of suspicions with its evidence, and the curves that go beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.queries import count_depths, read_layer_worth
from lamplighter.business.detection.records import Depth
from lamplighter.business.detection.tables import EVIDENCE, SUSPICION
from lamplighter.journeys.brief.areas import split_codes
from lamplighter.journeys.brief.curves import read_curves
from lamplighter.journeys.brief.records import DetectionState, Evidence, Suspicion, SuspicionList
from lamplighter.journeys.brief.settings import BriefSettings

COLOURS = ("red", "orange", "yellow")
_SEVERITY = {"red": 3, "orange": 2, "yellow": 1}


def read_suspicions(
    snapshot: Snapshot, *, on_date: date, first_on: date, settings: BriefSettings
) -> tuple[SuspicionList, Mapping[str, int]]:
    """Return the list as of the night, or the newest before it, and how many coloured suspicions each area has.

    Args:
        snapshot: state of the lake.
        on_date: the night.
        first_on: first day of the window of curves.
        settings: how many suspicions carry evidence and curves.
    """
    nights = _nights(snapshot, first_on=first_on, on_date=on_date)
    if not nights:
        return _not_run(), {}
    as_of, previous = nights[0], nights[1] if len(nights) > 1 else None
    coloured = _read_coloured(snapshot, as_of).sort_by("rank")
    before = _colours(_read_coloured(snapshot, previous)) if previous else {}
    is_new = [
        _SEVERITY[colour] > _SEVERITY.get(before.get(account, "none"), 0)
        for account, colour in zip(coloured["account_id"].to_pylist(), coloured["colour"].to_pylist(), strict=True)
    ]
    first = coloured.slice(0, settings.count("card_count"))
    energy = coloured["expected_kwh"]
    depths = _count_depths(snapshot, as_of)
    summary = SuspicionList(
        state=DetectionState.FOUND if coloured.num_rows else DetectionState.NONE_FOUND,
        as_of_on=as_of,
        previous_on=previous,
        account_count=sum(depths.values()),
        depths=depths,
        counts=_count(coloured["colour"].to_pylist()),
        new_counts=_count(c for c, new in zip(coloured["colour"].to_pylist(), is_new, strict=True) if new),
        expected_kwh=float(pc.sum(energy).as_py() or 0.0),
        unknown_kwh_count=energy.null_count,
        expected_yuan=float(pc.sum(coloured["expected_yuan"]).as_py() or 0.0),
        rows=_rows(snapshot, first, is_new, as_of=as_of, first_on=first_on, on_date=on_date, settings=settings),
        model_version=_model_version(snapshot, as_of),
    )
    return summary, _count(area for area in coloured["area_id"].to_pylist() if area)


def _not_run() -> SuspicionList:
    return SuspicionList(
        state=DetectionState.NOT_RUN,
        as_of_on=None,
        previous_on=None,
        account_count=0,
        depths={},
        counts={},
        new_counts={},
        expected_kwh=0.0,
        unknown_kwh_count=0,
        expected_yuan=0.0,
        rows=(),
        model_version="",
    )


def _nights(snapshot: Snapshot, *, first_on: date, on_date: date) -> list[date]:
    """Return the nights that have a list, newest first."""
    found = snapshot.read(
        SUSPICION, columns=["as_of_on"], months=months_between(first_on, on_date + timedelta(days=1))
    )["as_of_on"]
    return sorted((day for day in found.unique().to_pylist() if day <= on_date), reverse=True)


def _of_night(as_of: date) -> pc.Expression:
    return pc.field("as_of_on") == pa.scalar(as_of)


def _read_coloured(snapshot: Snapshot, as_of: date) -> pa.Table:
    """Return the coloured part of a list: the rest of it is as long as the company has accounts."""
    where = _of_night(as_of) & pc.field("colour").isin(pa.array(COLOURS))
    return snapshot.read(SUSPICION, months=[f"{as_of:%Y-%m}"], where=where)


def _count_depths(snapshot: Snapshot, as_of: date) -> dict[str, int]:
    return count_depths(
        snapshot.read(SUSPICION, columns=["data_depth"], months=[f"{as_of:%Y-%m}"], where=_of_night(as_of))
    )


def _model_version(snapshot: Snapshot, as_of: date) -> str:
    where = _of_night(as_of) & (pc.field("rank") == 1)
    first = snapshot.read(SUSPICION, columns=["model_version"], months=[f"{as_of:%Y-%m}"], where=where)
    return str(first["model_version"][0].as_py()) if first.num_rows else ""


def _colours(listed: pa.Table) -> dict[str, str]:
    return dict(zip(listed["account_id"].to_pylist(), listed["colour"].to_pylist(), strict=True))


def _count(words: Any) -> dict[str, int]:
    return dict(Counter(words))


def _rows(
    snapshot: Snapshot,
    first: pa.Table,
    is_new: list[bool],
    *,
    as_of: date,
    first_on: date,
    on_date: date,
    settings: BriefSettings,
) -> tuple[Suspicion, ...]:
    rows = first.to_pylist()
    meters = [row["meter_id"] for row in rows]
    evidence = _read_evidence(snapshot, meters=meters, as_of=as_of)
    worth = read_layer_worth(
        snapshot, meters=meters, as_of=as_of, model_version=rows[0]["model_version"] if rows else ""
    )
    customers = _read_customers(snapshot, accounts=[row["account_id"] for row in rows])
    curves = read_curves(
        snapshot,
        meters=meters,
        first_on=first_on,
        # To the night of the brief, whichever night the list is of: all curves of the page share one axis.
        end_on=on_date + timedelta(days=1),
        fewest_peers=settings.count("peer_count"),
    )
    return tuple(
        Suspicion(
            rank=row["rank"],
            masked_account=mask_word(row["account_id"], column="account_id"),
            meter_id=row["meter_id"],
            area_id=row["area_id"],
            customer_class=customers.get(row["account_id"], {}).get("class"),
            is_protected=bool(customers.get(row["account_id"], {}).get("is_protected")),
            theft_probability=row["theft_probability"],
            expected_kwh=row["expected_kwh"],
            expected_yuan=row["expected_yuan"],
            colour=row["colour"],
            is_new=new,
            layers=split_codes(row["layers"]),
            data_depth=row["data_depth"] or Depth.ARCHIVE.value,
            layer_worth=worth.get(row["meter_id"], {}),
            evidence=evidence.get(row["meter_id"], ()),
            checks=split_codes(row["checks"]),
            curve=curves.get(row["meter_id"]),
        )
        for row, new in zip(rows, is_new, strict=False)
    )


def _read_evidence(snapshot: Snapshot, *, meters: list[str], as_of: date) -> dict[str, tuple[Evidence, ...]]:
    """Return the evidence of each meter, the strongest first."""
    where = (pc.field("as_of_on") == pa.scalar(as_of)) & pc.field("meter_id").isin(pa.array(meters, pa.string()))
    found: dict[str, list[Evidence]] = {}
    for row in snapshot.read(EVIDENCE, months=[f"{as_of:%Y-%m}"], where=where).to_pylist():
        found.setdefault(row["meter_id"], []).append(
            Evidence(
                layer=row["layer"],
                code=row["code"],
                is_for=row["is_for"],
                strength=row["strength"],
                value=row["value"],
                expected=row["expected"],
                unit=row["unit"] or "",
                first_on=row["first_on"],
                last_on=row["last_on"],
            )
        )
    return {meter: tuple(sorted(own, key=lambda piece: (-piece.strength, piece.code))) for meter, own in found.items()}


def _read_customers(snapshot: Snapshot, *, accounts: list[str]) -> dict[str, dict[str, Any]]:
    rows = snapshot.read(
        CUSTOMER,
        columns=["account_id", "class", "is_protected"],
        where=pc.field("account_id").isin(pa.array(accounts, pa.string())),
    ).to_pylist()
    return {row["account_id"]: row for row in rows}
