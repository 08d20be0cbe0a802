"""An area as its page shows it: day by day, what its loss consists of, and which meters seem to hang elsewhere.

Read from the lake one area at a time: the desk says where its rows lie, so that nothing else is opened.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.detection.queries import ProposalsMissing, read_proposals
from lamplighter.business.line_loss.explanations import AreaExplanation
from lamplighter.business.line_loss.queries import read_explanations
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY

WINDOW_DAYS = 90
"""Days the page of an area shows."""
_COLUMNS = (
    "on_date",
    "supplied_kwh",
    "sold_kwh",
    "loss_kwh",
    "technical_kwh",
    "unexplained_kwh",
    "is_computable",
    "coverage",
)


@dataclass(frozen=True, slots=True)
class AreaDayRow:
    """An area on one day, kWh; a day nobody worked has no values."""

    on_date: dt.date
    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    is_computable: bool
    coverage: float | None

    @property
    def unexplained_rate(self) -> float | None:
        """Unexplained over supplied; None where the day is not computable."""
        if not self.is_computable or self.unexplained_kwh is None or not self.supplied_kwh:
            return None
        return self.unexplained_kwh / self.supplied_kwh


@dataclass(frozen=True, slots=True)
class MoveProposal:
    """A meter that seems to be recorded wrongly.

    Attributes:
        kind: wrong_area or wrong_phase.
        account_id: account, for looking the customer up; never shown as it is.
        proposed: what it seems to be; None = on no area nearby.
        moved_kwh: energy that changes sides over the window.
    """

    meter_id: str
    account_id: str
    masked_account: str
    kind: str
    recorded: str
    proposed: str | None
    confidence: float
    status: str
    moved_kwh: float | None


@dataclass(frozen=True, slots=True)
class AreaView:
    """What the page of an area shows besides its newest night.

    Attributes:
        days: the window, oldest first, one row a day.
        explained_on: night the explanation is of.
        explanation: what the loss of the window consists of; None where it could not be explained.
        proposals: meters that seem to be recorded wrongly, the surest first.
    """

    days: tuple[AreaDayRow, ...]
    explained_on: dt.date | None
    explanation: AreaExplanation | None
    proposals: tuple[MoveProposal, ...]


def read_area_view(lake: Lake, *, area_id: str, bucket: int, first_on: dt.date, last_on: dt.date) -> AreaView:
    """Return what the lake knows of an area.

    Args:
        lake: where the night's results are.
        area_id: an area whoever asks was found to see.
        bucket: where its rows lie.
        first_on: first day of the window.
        last_on: last day.
    """
    with lake.snapshot() as state:
        found = read_explanations(state, area_id=area_id)
        return AreaView(
            days=_days(state, area_id=area_id, bucket=bucket, first_on=first_on, last_on=last_on),
            explained_on=found.as_of_on,
            explanation=found.areas[0] if found.areas else None,
            proposals=_proposals(state, area_id),
        )


def _days(state: Snapshot, *, area_id: str, bucket: int, first_on: dt.date, last_on: dt.date) -> tuple[AreaDayRow, ...]:
    between = (pc.field("on_date") >= pa.scalar(first_on)) & (pc.field("on_date") <= pa.scalar(last_on))
    rows = state.read(
        AREA_LOSS_DAILY,
        columns=list(_COLUMNS),
        months=months_between(first_on, last_on + dt.timedelta(days=1)),
        buckets=[bucket],
        where=between & (pc.field("area_id") == area_id),
    ).to_pylist()
    by_day = {row["on_date"]: AreaDayRow(**{name: row[name] for name in _COLUMNS}) for row in rows}
    days = [first_on + dt.timedelta(days=number) for number in range((last_on - first_on).days + 1)]
    return tuple(by_day.get(day, AreaDayRow(day, None, None, None, None, None, False, None)) for day in days)


def _proposals(state: Snapshot, area_id: str) -> tuple[MoveProposal, ...]:
    try:
        rows = read_proposals(state, area_id=area_id).to_pylist()
    except ProposalsMissing:
        # No night has looked at the archive: nothing is proposed.
        return ()
    return tuple(
        MoveProposal(
            meter_id=row["meter_id"],
            account_id=row["account_id"],
            masked_account=mask_word(row["account_id"], column="account_id"),
            kind=row["kind"],
            recorded=row["recorded"],
            proposed=row["proposed"],
            confidence=row["confidence"],
            status=row["status"],
            moved_kwh=row["moved_kwh"],
        )
        for row in rows
    )
