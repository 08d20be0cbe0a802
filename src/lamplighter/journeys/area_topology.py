"""An area as it is wired: transformer, phases, boxes, meters, each with its suspicion and what is proposed for it.

Read from the archive in the lake, one area at a time; what the night found of its meters comes from the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.desk.listing import Ask
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.detection.archive_repair import ProposalKind, ProposalState
from lamplighter.business.detection.archive_repair.desk_queries import ProposalRow, list_proposals
from lamplighter.business.detection.desk_queries import list_suspicions
from lamplighter.business.metering.desk_queries import list_meters_on
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.desk_queries import FoundArea

PHASES: Final = ("A", "B", "C")
MOST_SUSPICIONS: Final = 2000
"""More meters than any transformer carries."""


@dataclass(frozen=True, slots=True)
class WiredMeter:
    """A meter of an area.

    Attributes:
        customer_number: names its customer in addresses; None where it bills nobody the reader sees.
        masked_account: empty where it bills nobody.
        phase: A, B, C, or ABC for a three-phase meter; empty where the archive does not say.
        box_id: empty where the archive does not say.
        colour: of its suspicion; ``none`` without one, and where suspicions are closed to the reader.
        wrong_phase, wrong_area: open or accepted proposals; None without one.
    """

    meter_id: str
    customer_number: int | None
    masked_account: str
    role: str
    phase: str
    box_id: str
    colour: str
    suspicion_number: int | None
    wrong_phase: ProposalRow | None
    wrong_area: ProposalRow | None


@dataclass(frozen=True, slots=True)
class Box:
    """A meter box with its meters; ``box_id`` is empty for those that stand in none."""

    box_id: str
    meters: tuple[WiredMeter, ...]


@dataclass(frozen=True, slots=True)
class AreaTopology:
    """An area as it is wired.

    Attributes:
        supply: the transformer's own meters.
        boxes: by number, those without one last.
        incoming: meters recorded on another area that seem to hang here.
    """

    supply: tuple[WiredMeter, ...]
    boxes: tuple[Box, ...]
    incoming: tuple[ProposalRow, ...]

    @property
    def meter_count(self) -> int:
        """Meters of customers and their generation."""
        return sum(len(box.meters) for box in self.boxes)


def read_area_topology(lake: Lake, *, actor: Actor, area: FoundArea) -> AreaTopology:
    """Return how an area is wired, as the archive has it today.

    Args:
        lake: where the archive is.
        actor: who asks.
        area: an area he was found to see.

    Raises:
        RightMissing: the actor may not see customers.
    """
    actor.require(Right.SEE_CUSTOMERS)
    hanging = [meter.meter_id for meter in list_meters_on(actor=actor, area_id=area.area_id)]
    with lake.snapshot() as state:
        rows = state.read(
            METER,
            columns=["meter_id", "account_id", "role", "phase", "box_id", "removed_on"],
            # By number: where a meter hangs may have changed, and its rows of before must not speak for it.
            where=pc.field("meter_id").isin(pa.array(hanging, pa.string())),
        ).to_pylist()
    rows = [row for row in rows if row["removed_on"] is None]
    numbers = numbers_of(actor=actor, accounts=[row["account_id"] for row in rows if row["account_id"]])
    coloured = _suspicions(actor, area.area_id)
    proposals = [row for row in list_proposals(actor=actor, area_id=area.area_id) if _is_drawn(row)]
    wrong: dict[tuple[str, ProposalKind], ProposalRow] = {(row.meter_id, row.kind): row for row in proposals}
    meters = [
        WiredMeter(
            meter_id=row["meter_id"],
            customer_number=numbers.get(row["account_id"] or ""),
            masked_account=mask_word(row["account_id"], column="account_id") if row["account_id"] else "",
            role=row["role"],
            phase=row["phase"] or "",
            box_id=row["box_id"] or "",
            colour=coloured.get(row["meter_id"], ("none", None))[0],
            suspicion_number=coloured.get(row["meter_id"], ("none", None))[1],
            wrong_phase=wrong.get((row["meter_id"], ProposalKind.WRONG_PHASE)),
            wrong_area=wrong.get((row["meter_id"], ProposalKind.WRONG_AREA)),
        )
        for row in sorted(rows, key=lambda row: (row["phase"] or "", row["meter_id"]))
    ]
    boxes: dict[str, list[WiredMeter]] = {}
    for meter in meters:
        if meter.role != "supply":
            boxes.setdefault(meter.box_id, []).append(meter)
    return AreaTopology(
        supply=tuple(meter for meter in meters if meter.role == "supply"),
        boxes=tuple(
            Box(box, tuple(own)) for box, own in sorted(boxes.items(), key=lambda each: (not each[0], each[0]))
        ),
        incoming=tuple(row for row in proposals if row.area_id != area.area_id),
    )


def _is_drawn(row: ProposalRow) -> bool:
    """Say whether a proposal is drawn: one that was refused says nothing of how the area is wired."""
    return row.is_listed and row.state is not ProposalState.REFUSED


def _suspicions(actor: Actor, area_id: str) -> Mapping[str, tuple[str, int]]:
    if not actor.may(Right.SEE_SUSPICIONS):
        return {}
    part = list_suspicions(actor=actor, ask=Ask(filters={"area": area_id}, size=MOST_SUSPICIONS))
    return {row.meter_id: (row.colour, row.number) for row in part.rows}
