"""The models behind the list as the desk keeps them: cards, releases, and how far evidence has drifted from each."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from lamplighter.base.desk.bulk import replace_rows
from lamplighter.base.lake import Snapshot
from lamplighter.business.detection.learning.drift import FeatureDrift
from lamplighter.business.detection.model_queries import (
    KeptModel,
    ListMissing,
    read_drift,
    read_models,
    read_releases,
)
from lamplighter.business.detection.models import ModelEntry, ReleaseEntry
from lamplighter.journeys.desk_loading.archives import Row

DRIFT_MONTHS: Final = 3
DRIFT_SHOWN: Final = 20
"""Features shown a month: those that moved most."""


def load_models(state: Snapshot) -> int:
    """Write models and releases to the desk, and return how many models there are.

    Args:
        state: state of the lake.
    """
    rows = [_row(state, each) for each in read_models(state)]
    count = replace_rows(ModelEntry, rows, key=["version"])
    releases = [
        {
            "released_at": each.released_at.replace(tzinfo=dt.UTC),
            "version": each.version,
            "replaced": each.replaced,
            "reason": each.reason,
            "proposed_by": each.proposed_by,
            "approved_by": each.approved_by,
        }
        for each in read_releases(state)
    ]
    replace_rows(ReleaseEntry, releases, key=["released_at"])
    return count


def _row(state: Snapshot, each: KeptModel) -> Row:
    # What drift is measured against is as long as the model; nobody reads it.
    card = {name: value for name, value in each.model.card.items() if name != "reference"}
    return {
        "version": each.model.version,
        "is_packaged": each.is_packaged,
        "state": each.state,
        "made_at": None if each.made_at is None else each.made_at.replace(tzinfo=dt.UTC),
        "trained_on": each.trained_on,
        "released_at": None if each.released_at is None else each.released_at.replace(tzinfo=dt.UTC),
        "outcomes": each.outcomes,
        "thefts": each.thefts,
        "card": card,
        "drift": _drift(state, each),
    }


def _drift(state: Snapshot, each: KeptModel) -> dict[str, list[Row]]:
    try:
        _, found = read_drift(state, months=DRIFT_MONTHS, model=each.model)
    except ListMissing:
        return {}
    return {day.isoformat(): [_line(row) for row in rows[:DRIFT_SHOWN]] for day, rows in found.items()}


def _line(row: FeatureDrift) -> Row:
    def known(value: float) -> float | None:
        return round(value, 4) if math.isfinite(value) else None

    return {
        "name": row.name,
        "index": round(row.index, 3),
        "missing_then": round(row.missing_then, 4),
        "missing_now": round(row.missing_now, 4),
        "middle_then": known(row.middle_then),
        "middle_now": known(row.middle_now),
    }
