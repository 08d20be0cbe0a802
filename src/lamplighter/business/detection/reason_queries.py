"""Reads of the reasons for and against a suspicion, of one meter or of many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.detection import fusion
from lamplighter.business.detection.cards import CardReason
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.business.detection.tables import EVIDENCE


def read_reasons(
    snapshot: Snapshot, *, meters: Sequence[str], as_of: date, settings: DetectionSettings | None = None
) -> dict[str, list[CardReason]]:
    """Return the reasons for and against of several meters, of each the weightiest first.

    Args:
        snapshot: state of the lake.
        meters: meters asked for; those nothing is said of are left out.
        as_of: day of the list.
        settings: weights by which reasons are ordered; the package's newest when absent.
    """
    found = snapshot.read(
        EVIDENCE,
        months=[f"{as_of:%Y-%m}"],
        where=(pc.field("as_of_on") == as_of) & pc.field("meter_id").isin(pa.array(meters, pa.string())),
    )
    return _reasons_by_meter(found, settings or default_settings())


def order_reasons(evidence: pa.Table, settings: DetectionSettings) -> list[CardReason]:
    """Return the reasons of one meter, the weightiest first.

    Args:
        evidence: its rows of ``out_evidence``.
        settings: the published weights.
    """
    return next(iter(_reasons_by_meter(evidence, settings).values()), [])


def _reasons_by_meter(evidence: pa.Table, settings: DetectionSettings) -> dict[str, list[CardReason]]:
    rows = evidence.to_pylist()
    places = {meter: place for place, meter in enumerate(sorted({row["meter_id"] for row in rows}))}
    added = fusion.contributions(
        meter=np.array([places[row["meter_id"]] for row in rows], np.int64),
        code=np.array([row["code"] for row in rows], dtype=object),
        strength=np.array([row["strength"] for row in rows], np.float64),
        settings=settings,
    )
    found: dict[str, list[CardReason]] = {}
    for row, part in zip(rows, added, strict=True):
        reason = CardReason(
            code=row["code"],
            layer=row["layer"],
            is_for=row["is_for"],
            strength=row["strength"],
            added=float(part),
            value=row["value"],
            expected=row["expected"],
            unit=row["unit"] or "",
            first_on=row["first_on"],
            last_on=row["last_on"],
        )
        found.setdefault(row["meter_id"], []).append(reason)
    return {meter: sorted(own, key=lambda reason: (-abs(reason.added), reason.code)) for meter, own in found.items()}
