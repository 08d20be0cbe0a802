"""What people decided about the archive goes back to the lake, and comes out as files somebody hands in.

A decision changes nothing by itself. What was accepted is written as a company folder of assignments and meters; the
archive changes when somebody imports it, like any other change, and the next night works the days again.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake, LakeBusy, Snapshot
from lamplighter.base.security.actor import Actor
from lamplighter.business.detection.archive_repair import ProposalKind, ProposalState
from lamplighter.business.detection.tables import ARCHIVE_DECISION
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.tables import ASSIGNMENT

_OURS: Final = ("bucket", "attributes", "known_at")
"""Columns of a meter that the company never hands in."""


def settle_proposal(
    *, actor: Actor, number: int, to: ProposalState, reason: str, note: str, lake: Lake, now: dt.datetime
) -> str:
    """Keep whether a proposal is right, hand it back to the lake, and return the meter it is about.

    While the night holds the lake the decision waits on the desk; the next one, or the next loading, takes it along.

    Raises:
        RightMissing, ProposalUnknown, ReasonMissing, ProposalDecided: see `decide_proposal`.
    """
    from lamplighter.business.detection.archive_repair.desk_operations import decide_proposal

    decided = decide_proposal(actor=actor, number=number, to=to, reason=reason, note=note[:500], now=now)
    with suppress(LakeBusy):
        hand_back(lake=lake, now=now)
    return decided.meter_id


def hand_back(*, lake: Lake, now: dt.datetime) -> int:
    """Write every decision that is not in the lake yet, and return how many.

    A decision is marked after its row is published: whoever is interrupted in between writes the same row once more,
    and the lake keeps one row a proposal.

    Args:
        lake: where proposals came from.
        now: the instant, with its zone.

    Raises:
        LakeBusy: another writer is at work; nothing was written, and the next call writes it.
    """
    # Django's tables only when there is a desk: the commands that read decisions work without one.
    from lamplighter.business.detection.models import ProposalDecision

    waiting = list(ProposalDecision.objects.filter(told_at=None).select_related("proposal").order_by("pk"))
    # Of several about one proposal the last counts.
    rows = {each.proposal_id: each for each in waiting}
    if rows:
        told = [
            {
                "meter_id": each.proposal.meter_id,
                "kind": each.proposal.kind,
                "recorded": each.proposal.recorded,
                "proposed": each.proposal.proposed,
                "decided_on": each.at.date(),
                "decision": each.state,
                "reason": each.reason,
                "since_on": each.proposal.since_on,
            }
            for each in rows.values()
        ]
        with lake.transaction() as change:
            table = pa.Table.from_pylist(told, schema=_schema())
            change.append(ARCHIVE_DECISION, table, known_at=now.astimezone(dt.UTC).replace(tzinfo=None))
            change.publish()
    ProposalDecision.objects.filter(pk__in=[each.pk for each in waiting]).update(told_at=now)
    return len(rows)


def _schema() -> pa.Schema:
    return pa.schema([(column.name, column.type) for column in ARCHIVE_DECISION.columns])


@dataclass(frozen=True, slots=True)
class Change:
    """A correction that was accepted and that the archive does not show yet.

    Attributes:
        valid_from: day it holds from: the first day the proposal names, else the day the archive has now.
    """

    meter_id: str
    kind: ProposalKind
    recorded: str
    proposed: str
    valid_from: dt.date | None
    decided_on: dt.date


def read_decisions(state: Snapshot) -> pa.Table:
    """Return ``core_archive_decision``, the newest first."""
    return state.read(ARCHIVE_DECISION).sort_by([("decided_on", "descending"), ("meter_id", "ascending")])


def list_changes(state: Snapshot) -> list[Change]:
    """Return what was accepted and is not in the archive yet, by meter.

    A proposal without a value changes nothing: where the meter hangs has still to be found.
    """
    decided = [
        row
        for row in read_decisions(state).to_pylist()
        if row["decision"] == ProposalState.ACCEPTED.value and row["proposed"]
    ]
    meters = _meters(state, [row["meter_id"] for row in decided])
    hung_from = _hung_from(state, [row["meter_id"] for row in decided])
    changes = []
    for row in sorted(decided, key=lambda row: (row["meter_id"], row["kind"])):
        meter = meters.get(row["meter_id"])
        column = "area_id" if row["kind"] == ProposalKind.WRONG_AREA.value else "phase"
        # The archive may say something else by now: what is accepted is a change of what it said then.
        if meter is None or meter[column] != row["recorded"]:
            continue
        since = row["since_on"] or hung_from.get(row["meter_id"]) or meter["installed_on"]
        changes.append(
            Change(
                row["meter_id"],
                ProposalKind(row["kind"]),
                row["recorded"],
                row["proposed"],
                since,
                row["decided_on"],
            )
        )
    return changes


def write_changes(state: Snapshot, changes: Sequence[Change], *, folder: Path) -> list[Path]:
    """Write changes as a company folder, ready to be looked at and imported; return the files.

    Args:
        state: state of the lake the changes were read from.
        changes: see :func:`list_changes`.
        folder: made when absent; files of the same names are replaced.
    """
    if not changes:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    meters = _meters(state, [change.meter_id for change in changes])
    moves = [change for change in changes if change.kind is ProposalKind.WRONG_AREA]
    for change in changes:
        column = "area_id" if change.kind is ProposalKind.WRONG_AREA else "phase"
        meters[change.meter_id][column] = change.proposed
    rows = [_handed_in(meters[meter]) for meter in sorted(meters)]
    files = [_write(folder / "meters.csv", rows)]
    if moves:
        told = [
            {"meter_id": move.meter_id, "parent_id": move.proposed, "valid_from": move.valid_from} for move in moves
        ]
        files.append(_write(folder / "assignments.csv", told))
    return files


def _meters(state: Snapshot, meters: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = state.read(METER, where=pc.field("meter_id").isin(pa.array(list(meters), pa.string())))
    return {row["meter_id"]: row for row in found.to_pylist()}


def _hung_from(state: Snapshot, meters: Sequence[str]) -> dict[str, dt.date]:
    """Return meter -> first day of where the archive has it now."""
    found = state.read(ASSIGNMENT, where=pc.field("child_id").isin(pa.array(list(meters), pa.string())))
    begun: dict[str, dt.date] = {}
    for row in found.to_pylist():
        if row["valid_to"] is None:
            begun[row["child_id"]] = max(row["valid_from"], begun.get(row["child_id"], row["valid_from"]))
    return begun


def _handed_in(meter: Mapping[str, Any]) -> dict[str, Any]:
    """Return a meter as the company's file has it: what the contract does not know is a column of its own again."""
    known = {name: value for name, value in meter.items() if name not in _OURS}
    return known | (json.loads(meter["attributes"]) if meter["attributes"] else {})


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path
