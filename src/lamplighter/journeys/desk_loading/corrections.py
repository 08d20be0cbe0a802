"""What the night proposes to correct in the archive, and how suspects' curves run beside their peers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lamplighter.base.lake import Snapshot
from lamplighter.business.detection.archive_repair import ProposalState
from lamplighter.business.detection.queries import ProposalsMissing, read_proposals
from lamplighter.journeys.brief.curves import read_curves
from lamplighter.journeys.brief.settings import default_settings
from lamplighter.journeys.desk_loading.archives import Archives, Row, columns_of

COMPARED: Final = 500
"""Suspicions whose curves are drawn beside their peers, the first of the list: each may lie in a bucket of its own."""


def proposal_rows(state: Snapshot, archives: Archives) -> list[Row]:
    """Return rows of ``ArchiveProposal`` of the newest night; none where no night looked at the archive."""
    try:
        rows = read_proposals(state).to_pylist()
    except ProposalsMissing:
        return []
    return [
        {
            **columns_of(archives.area_paths[row["area_id"]]),
            **{
                name: row[name]
                for name in (
                    "meter_id",
                    "kind",
                    "area_id",
                    "recorded",
                    "as_of_on",
                    "confidence",
                    "status",
                    "basis",
                    "since_on",
                    "moved_kwh",
                    "home_mended_kwh",
                    "away_mended_kwh",
                )
            },
            "account_id": row["account_id"] or "",
            "proposed": row["proposed"] or "",
            "is_listed": True,
            "state": ProposalState.OPEN.value,
        }
        for row in rows
        if row["area_id"] in archives.area_paths
    ]


def peer_rows(
    state: Snapshot, suspicions: Sequence[Mapping[str, Any]], *, first_on: dt.date, end_on: dt.date
) -> list[Row]:
    """Return rows of ``PeerShape`` of the first of the list.

    Args:
        state: state of the lake.
        suspicions: rows of ``Suspicion``.
        first_on: first day of the window.
        end_on: the day after its last.
    """
    first = sorted((row for row in suspicions if row["colour"] != "none"), key=lambda row: row["rank"])[:COMPARED]
    fewest = default_settings().count("peer_count")
    curves = read_curves(
        state, meters=[row["meter_id"] for row in first], first_on=first_on, end_on=end_on, fewest_peers=fewest
    )
    return [
        {
            "account_id": row["account_id"],
            "meter_id": row["meter_id"],
            "first_on": first_on,
            "peer_count": curve.peer_count,
            "own": _short(curve.energy_kwh),
            "low": _short(curve.peer_low_kwh),
            "mid": _short(curve.peer_mid_kwh),
            "high": _short(curve.peer_high_kwh),
        }
        for row in first
        if (curve := curves.get(row["meter_id"])) is not None
    ]


def _short(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 2) for value in values]
