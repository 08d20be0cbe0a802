"""What a later night says otherwise of an open case: the case keeps what it was opened with, and shows both.

A figure changes because readings of its days came late, because more days were looked at, or because another model
made the list. A change nobody would see in the figures as they are shown is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.business.detection.model_queries import newest_list_on
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import SUSPICION
from lamplighter.business.inspection.models import Case, FigureChange
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.business.workflow.instances import Status

LATE, MORE_DAYS, MODEL, UNLISTED, OTHER = "late_data", "more_days", "model", "unlisted", "other"
_EPOCH: Final = dt.datetime(1970, 1, 1)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is not what it was; see ``FigureChange``."""

    name: str
    was: str
    is_now: str
    because: tuple[str, ...]
    first_on: dt.date | None = None
    last_on: dt.date | None = None


def note_figure_changes(*, lake: Lake, now: dt.datetime) -> int:
    """Hold every open case against the newest night, and return how many figures it now says otherwise.

    Args:
        lake: the newest list and losses.
        now: the instant, with its zone.
    """
    cases = list(Case.objects.filter(status__in=(Status.RUNNING.value, Status.SUSPENDED.value)))
    with lake.snapshot() as state:
        list_on = newest_list_on(state)
        if list_on is None or not cases:
            return 0
        listed = _read_listed(state, [case.account_id for case in cases], list_on)
        worked = _read_worked(state)
        buckets = _read_buckets(state, [case.meter_id for case in cases])
        losses = _read_losses(state, cases)
    count = 0
    for case in cases:
        late = late_days(worked.get(buckets.get(case.meter_id, -1), {}), case)
        found = [
            *list_changes(case.evidence, listed.get(case.account_id), late=late),
            *area_changes(case.evidence, losses, area_id=case.area_id, late=late),
        ]
        _keep(case, found, since_on=list_on, now=now)
        count += len(found)
    return count


def late_days(worked: Mapping[dt.date, dt.datetime], case: Case) -> list[dt.date]:
    """Return the days of a case's window that were worked again after it was opened: their readings came late.

    Args:
        worked: day -> when it was worked last, UTC-naive.
        case: the case.
    """
    as_of = _as_of(case.evidence)
    if as_of is None:
        return []
    first = as_of - dt.timedelta(days=int(default_settings().number("window.days")) - 1)
    opened = case.opened_at.astimezone(dt.UTC).replace(tzinfo=None)
    return sorted(day for day, at in worked.items() if first <= day <= as_of and at > opened)


def list_changes(evidence: Mapping[str, Any], row: Row | None, *, late: list[dt.date]) -> Iterator[Change]:
    """Yield what the newest list says otherwise than the one a case was opened with.

    Args:
        evidence: what the case keeps.
        row: the account's row of the newest list; None where it stands in none.
        late: days whose readings came late.

    Example:
        >>> kept = {"as_of_on": "2025-03-31", "expected_kwh": 120.2, "theft_probability": 0.6, "colour": "red"}
        >>> row = {"as_of_on": dt.date(2025, 3, 31), "expected_kwh": 95.0, "theft_probability": 0.6, "colour": "red"}
        >>> [change] = list_changes(kept, row, late=[dt.date(2025, 3, 9)])
        >>> change.name, change.was, change.is_now, change.because
        ('expected_kwh', '120', '95', ('late_data',))
    """
    as_of = _as_of(evidence)
    if as_of is None:
        return
    if row is None:
        yield Change("listed", "yes", "no", (UNLISTED,))
        return
    version = str((evidence.get("card") or {}).get("model_version", ""))
    because = (
        *((LATE,) if late else ()),
        *((MODEL,) if version and row.get("model_version", version) != version else ()),
        *((MORE_DAYS,) if row["as_of_on"] > as_of else ()),
    ) or (OTHER,)
    days = (late[0], late[-1]) if late else (None, None)
    for name, digits in (("expected_kwh", 0), ("theft_probability", 2)):
        was, is_now = _shown(evidence.get(name), digits), _shown(row[name], digits)
        if was != is_now:
            yield Change(name, was, is_now, because, *days)
    if evidence.get("colour", "") != row["colour"]:
        yield Change("colour", str(evidence.get("colour", "")), row["colour"], because, *days)


def area_changes(
    evidence: Mapping[str, Any],
    losses: Mapping[tuple[str, dt.date], float | None],
    *,
    area_id: str,
    late: list[dt.date],
) -> Iterator[Change]:
    """Yield that the loss of the case's area *on the same day* is now said to be another: only late data do that.

    Args:
        evidence: what the case keeps.
        losses: area and day -> unexplained energy, kWh.
        area_id: area of the case.
        late: days whose readings came late.
    """
    night = evidence.get("area_night")
    if not night:
        return
    on = dt.date.fromisoformat(night["on_date"])
    was, is_now = _shown(night["unexplained_kwh"], 1), _shown(losses.get((area_id, on)), 1)
    if was != is_now:
        yield Change("area_unexplained_kwh", was, is_now, (LATE if on in late else OTHER,), on, on)


def _keep(case: Case, changes: Iterable[Change], *, since_on: dt.date, now: dt.datetime) -> None:
    names = []
    for change in changes:
        names.append(change.name)
        told = {
            "was": change.was,
            "is_now": change.is_now,
            "because": ";".join(change.because),
            "first_on": change.first_on,
            "last_on": change.last_on,
        }
        row = FigureChange.objects.filter(case=case, name=change.name).first()
        if row is not None and row.is_now == change.is_now:
            continue
        FigureChange.objects.update_or_create(
            case=case, name=change.name, defaults={**told, "since_on": since_on, "noted_at": now}
        )
    # A figure that is again what it was is no change any more.
    FigureChange.objects.filter(case=case).exclude(name__in=names).delete()


def _as_of(evidence: Mapping[str, Any]) -> dt.date | None:
    kept = evidence.get("as_of_on")
    return dt.date.fromisoformat(kept) if kept else None


def _shown(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _read_listed(state: Snapshot, accounts: list[str], on: dt.date) -> dict[str, Row]:
    rows = state.read(
        SUSPICION,
        columns=["account_id", "as_of_on", "expected_kwh", "theft_probability", "colour", "model_version"],
        months=[f"{on:%Y-%m}"],
        where=(pc.field("as_of_on") == pa.scalar(on)) & pc.field("account_id").isin(pa.array(accounts, pa.string())),
    )
    return {row["account_id"]: row for row in rows.to_pylist()}


def _read_worked(state: Snapshot) -> dict[int, dict[dt.date, dt.datetime]]:
    found: dict[int, dict[dt.date, dt.datetime]] = {}
    for part in state.parts(TRUSTED_DAY):
        days = found.setdefault(part.bucket, {})
        for day, (known, _) in part.covers.items():
            on, at = dt.date.fromisoformat(day), _EPOCH + dt.timedelta(microseconds=known)
            days[on] = max(days.get(on, at), at)
    return found


def _read_buckets(state: Snapshot, meters: list[str]) -> dict[str, int]:
    is_wanted = pc.field("meter_id").isin(pa.array(meters, pa.string()))
    rows = state.read(METER, columns=["meter_id", "bucket"], where=is_wanted).to_pylist()
    return {row["meter_id"]: row["bucket"] for row in rows}


def _read_losses(state: Snapshot, cases: list[Case]) -> dict[tuple[str, dt.date], float | None]:
    wanted = {
        (case.area_id, dt.date.fromisoformat(night["on_date"]))
        for case in cases
        if (night := case.evidence.get("area_night"))
    }
    if not wanted:
        return {}
    rows = state.read(
        AREA_LOSS_DAILY,
        columns=["area_id", "on_date", "unexplained_kwh"],
        months=sorted({f"{on:%Y-%m}" for _, on in wanted}),
        where=pc.field("area_id").isin(pa.array(sorted({area for area, _ in wanted}), pa.string())),
    )
    return {(row["area_id"], row["on_date"]): row["unexplained_kwh"] for row in rows.to_pylist()}
