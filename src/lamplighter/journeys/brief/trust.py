"""Ask whether the night's figures can be trusted: coverage, silence, freshness, what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.metering.tables import SOURCE_FILE
from lamplighter.business.trusted_energy.tables import METER_FLAG, TRUSTED_DAY
from lamplighter.journeys.brief.records import Area, Check, FlagCount, Grade, Trust
from lamplighter.journeys.brief.settings import BriefSettings

_ORDER = (Grade.UNKNOWN, Grade.GOOD, Grade.ATTENTION, Grade.BAD)


def ask_trust(
    snapshot: Snapshot,
    *,
    areas: Sequence[Area],
    on_date: date,
    timezone: str,
    worked_at: datetime | None,
    now: datetime,
    settings: BriefSettings,
) -> Trust:
    """Return the checks of the night with their verdict.

    Args:
        snapshot: state of the lake.
        areas: every area of the night.
        on_date: the night.
        timezone: IANA zone of the company.
        worked_at: when the losses were computed, UTC-naive.
        now: UTC-naive.
        settings: the limits.
    """
    received_at, counts = _intake(snapshot)
    checks = (
        _computable(areas, settings),
        *_measured(snapshot, on_date=on_date, settings=settings),
        _fresh(on_date=on_date, timezone=timezone, now=now, settings=settings),
        _late(received_at, worked_at),
        _set_aside(counts, settings),
    )
    answered = [check.grade for check in checks if check.grade is not Grade.UNKNOWN]
    return Trust(
        verdict=max(answered, key=_ORDER.index, default=Grade.UNKNOWN),
        checks=checks,
        flags=_flags(snapshot, on_date=on_date),
        worked_at=worked_at,
        received_at=received_at,
    )


def grade_share(*, share: float, limit: float, bad_factor: float) -> Grade:
    """Return the grade of a share that should reach a limit; bad when it falls short by ``bad_factor`` as much.

    Example:
        With a limit of 0.98, two hundredths may be missing; six are bad at a factor of 3:

        >>> [grade_share(share=share, limit=0.98, bad_factor=3.0).value for share in (0.985, 0.95, 0.93)]
        ['good', 'attention', 'bad']
    """
    if share >= limit:
        return Grade.GOOD
    return Grade.BAD if 1 - share > bad_factor * (1 - limit) else Grade.ATTENTION


def _computable(areas: Sequence[Area], settings: BriefSettings) -> Check:
    limit = settings.setting("computable_share")
    if not areas:
        return Check("computable", Grade.UNKNOWN, None)
    count = sum(area.is_computable for area in areas)
    share = count / len(areas)
    return Check(
        "computable",
        grade_share(share=share, limit=limit.value, bad_factor=settings.number("bad_factor")),
        share,
        limit.value,
        limit.needs_confirmation,
        {"count": count, "of": len(areas)},
    )


def _measured(snapshot: Snapshot, *, on_date: date, settings: BriefSettings) -> tuple[Check, Check]:
    measured, silent = settings.setting("measured_share"), settings.setting("silent_meter_share")
    days = snapshot.read(
        TRUSTED_DAY,
        columns=["source", "actual_share", "estimated_share"],
        months=[f"{on_date:%Y-%m}"],
        where=pc.field("on_date") == pa.scalar(on_date),
    )
    if not days.num_rows:
        return Check("measured", Grade.UNKNOWN, None), Check("silent", Grade.UNKNOWN, None)
    factor = settings.number("bad_factor")
    share = float(pc.mean(days["actual_share"]).as_py())
    estimated = float(pc.mean(days["estimated_share"]).as_py())
    without = int(pc.sum(pc.equal(days["source"], "none").cast(pa.int64())).as_py())
    quiet = without / days.num_rows
    return (
        Check(
            "measured",
            grade_share(share=share, limit=measured.value, bad_factor=factor),
            share,
            measured.value,
            measured.needs_confirmation,
            {"estimated": estimated},
        ),
        Check(
            "silent",
            grade_share(share=1 - quiet, limit=1 - silent.value, bad_factor=factor),
            quiet,
            silent.value,
            silent.needs_confirmation,
            {"count": without, "of": days.num_rows},
        ),
    )


def _fresh(*, on_date: date, timezone: str, now: datetime, settings: BriefSettings) -> Check:
    """Hours from the end of the night, midnight of the company's own clock, to the writing of the brief."""
    limit = settings.setting("freshness_hours")
    ended = datetime.combine(on_date + timedelta(days=1), time(), ZoneInfo(timezone))
    hours = (now.replace(tzinfo=UTC) - ended).total_seconds() / 3600
    grade = Grade.GOOD if hours <= limit.value else Grade.ATTENTION
    return Check("fresh", grade, hours, limit.value, limit.needs_confirmation)


def _late(received_at: datetime | None, worked_at: datetime | None) -> Check:
    if received_at is None or worked_at is None:
        return Check("late", Grade.UNKNOWN, None)
    return Check("late", Grade.ATTENTION if received_at > worked_at else Grade.GOOD, None)


def _set_aside(counts: dict[str, int], settings: BriefSettings) -> Check:
    limit = settings.setting("quarantined_share")
    if not counts.get("read_count"):
        return Check("set_aside", Grade.UNKNOWN, None)
    share = counts["quarantined_count"] / counts["read_count"]
    return Check(
        "set_aside",
        grade_share(share=1 - share, limit=1 - limit.value, bad_factor=settings.number("bad_factor")),
        share,
        limit.value,
        limit.needs_confirmation,
        {"count": counts["quarantined_count"], "of": counts["read_count"]},
    )


def _intake(snapshot: Snapshot) -> tuple[datetime | None, dict[str, int]]:
    files = snapshot.read(SOURCE_FILE, columns=["taken_at", "read_count", "quarantined_count"])
    if not files.num_rows:
        return None, {}
    counts = {name: int(pc.sum(files[name]).as_py()) for name in ("read_count", "quarantined_count")}
    newest: Any = pc.max(files["taken_at"]).as_py()
    return newest, counts


def _flags(snapshot: Snapshot, *, on_date: date) -> tuple[FlagCount, ...]:
    flags = snapshot.read(
        METER_FLAG,
        columns=["meter_id", "rule_id", "severity"],
        months=[f"{on_date:%Y-%m}"],
        where=pc.field("on_date") == pa.scalar(on_date),
    )
    if not flags.num_rows:
        return ()
    grouped = flags.group_by(["rule_id", "severity"]).aggregate([("meter_id", "count_distinct")]).to_pylist()
    counts = [FlagCount(row["rule_id"], row["severity"], row["meter_id_count_distinct"]) for row in grouped]
    return tuple(sorted(counts, key=lambda flag: (-flag.meters, flag.rule_id)))
