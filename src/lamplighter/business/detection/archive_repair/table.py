"""Proposals as rows of ``out_archive_proposal``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lamplighter.business.detection.archive_repair.records import Proposals
from lamplighter.business.detection.window import Window


def proposal_table(*, proposals: Proposals, window: Window) -> pa.Table:
    """Return the rows of ``out_archive_proposal`` without ``known_at``, sorted by meter and kind.

    Args:
        proposals: of one block.
        window: the window they were found in.
    """
    block, who = window.block, window.meters[proposals.candidate]
    areas = block.area_ids[block.area_of[who, -1]]
    count = len(who)

    def words(values: object) -> pa.Array:
        return pa.array(list(values), pa.string())  # type: ignore[call-overload]  # an object array of words

    since = proposals.since_on
    return pa.table(
        {
            "meter_id": words(block.meter_ids[who]),
            "as_of_on": pa.array(np.full(count, window.last_day), pa.date32()),
            "kind": words(proposals.kind),
            "account_id": words(block.strings("account_id")[who]),
            "area_id": words(areas),
            "recorded": words(proposals.recorded),
            "proposed": words(proposals.proposed),
            "confidence": pa.array(proposals.confidence, pa.float64()),
            "status": words(proposals.status),
            "basis": words(proposals.basis),
            "since_on": pa.array(since, pa.date32(), mask=np.isnat(since)),
            "day_count": pa.array(np.full(count, len(window.days), np.int32)),
            **{
                name: pa.array(values, pa.float64(), mask=~np.isfinite(values))
                for name, values in proposals.figures.items()
            },
        }
    )
