"""An area as its page shows it: day by day, and what its loss consists of.

Read from the lake one area at a time: the desk says where its rows lie, so that nothing else is opened.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.periods import months_between
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
    "unexplained_low_kwh",
    "unexplained_high_kwh",
    "is_computable",
    "coverage",
    "loss_class",
    "not_computable_reason",
    "cause_hints",
)


@dataclass(frozen=True, slots=True)
class AreaDayRow:
    """An area on one day, kWh; a day nobody worked has no values and no class.

    Attributes:
        not_computable_reason, cause_hints: codes joined by ``;``; None without one.
    """

    on_date: dt.date
    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None
    is_computable: bool
    coverage: float | None
    loss_class: str
    not_computable_reason: str | None
    cause_hints: str | None

    @property
    def is_worked(self) -> bool:
        """A night has worked this day."""
        return bool(self.loss_class)

    @property
    def loss_rate(self) -> float | None:
        """Loss over supply; None where either is not known."""
        return self.loss_kwh / self.supplied_kwh if self.loss_kwh is not None and self.supplied_kwh else None

    @property
    def codes(self) -> tuple[str, ...]:
        """Why it cannot be computed, else what its signature points to."""
        joined = self.cause_hints if self.is_computable else self.not_computable_reason
        return tuple(code for code in (joined or "").split(";") if code)

    @property
    def unexplained_rate(self) -> float | None:
        """Unexplained over supplied; None where the day is not computable."""
        if not self.is_computable or self.unexplained_kwh is None or not self.supplied_kwh:
            return None
        return self.unexplained_kwh / self.supplied_kwh


@dataclass(frozen=True, slots=True)
class AreaView:
    """What the page of an area shows besides its newest night.

    Attributes:
        days: the window, oldest first, one row a day.
        explained_on: night the explanation is of.
        explanation: what the loss of the window consists of; None where it could not be explained.
    """

    days: tuple[AreaDayRow, ...]
    explained_on: dt.date | None
    explanation: AreaExplanation | None


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
        )


def read_area_day(lake: Lake, *, area_id: str, bucket: int, on_date: dt.date) -> AreaDayRow:
    """Return an area on any day, however long ago; one nobody worked has no values."""
    with lake.snapshot() as state:
        return _days(state, area_id=area_id, bucket=bucket, first_on=on_date, last_on=on_date)[0]


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
    return tuple(by_day.get(day) or _unknown(day) for day in days)


def _unknown(day: dt.date) -> AreaDayRow:
    return AreaDayRow(
        **dict.fromkeys(_COLUMNS) | {"on_date": day, "is_computable": False, "loss_class": ""}  # type: ignore[arg-type]
    )
