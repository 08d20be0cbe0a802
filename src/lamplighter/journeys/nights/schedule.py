"""When a night is due, when it is begun again, and when it was missed; without a clock of its own."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

FILE: Final = "nightly.toml"
"""Name of a company's own file in the settings of its home."""
_DAY: Final = dt.timedelta(days=1)


class ScheduleInvalid(LamplighterError):
    """The company's file of the schedule cannot be read as such."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("night.error.schedule_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When nights are due.

    Attributes:
        rule_id: published id, kept for ever.
        valid_from: first day it holds.
        is_on: the worker begins nights by itself.
        run_at: when, on the company's own clock.
        alarm_at: a night not closed by then was missed; an hour before ``run_at`` is the next day's.
        retry_minutes: how long after it failed a night is begun again.
        most_attempts: how often it is begun.
        import_folder: company folder taken in first; empty = none.
        source: who says so.
        evidence: grade; M-L and P are shown as "company default, confirm".
    """

    rule_id: str
    valid_from: dt.date
    is_on: bool
    run_at: dt.time
    alarm_at: dt.time
    retry_minutes: int
    most_attempts: int
    import_folder: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """The company has to confirm it."""
        return self.evidence in ("M-L", "P")

    def run_instant(self, due_on: dt.date, *, zone: str) -> dt.datetime:
        """Return when the night of a day is due."""
        return dt.datetime.combine(due_on, self.run_at, ZoneInfo(zone))

    def alarm_instant(self, due_on: dt.date, *, zone: str) -> dt.datetime:
        """Return when the night of a day was missed unless it is closed."""
        day = due_on if self.alarm_at > self.run_at else due_on + _DAY
        return dt.datetime.combine(day, self.alarm_at, ZoneInfo(zone))

    def newest_due(self, now: dt.datetime, *, zone: str) -> dt.date:
        """Return the day whose night was due last.

        Example:
            At 01:30 in Shanghai it is still yesterday's night that was due last:

            >>> schedule = read_schedule(on=dt.date(2026, 11, 26))
            >>> schedule.newest_due(dt.datetime(2026, 11, 25, 17, 30, tzinfo=dt.UTC), zone="Asia/Shanghai")
            datetime.date(2026, 11, 25)
            >>> schedule.newest_due(dt.datetime(2026, 11, 25, 18, 0, tzinfo=dt.UTC), zone="Asia/Shanghai")
            datetime.date(2026, 11, 26)
        """
        today = now.astimezone(ZoneInfo(zone)).date()
        return today if now >= self.run_instant(today, zone=zone) else today - _DAY


def read_schedule(*, on: dt.date, folder: Path | None = None) -> Schedule:
    """Return the schedule that holds on a day.

    Args:
        on: the day.
        folder: the company's settings; ``nightly.toml`` in it, where there is one, is laid over the package's own.

    Raises:
        ScheduleInvalid: the company's file has an unknown or missing field.
    """
    packaged = tomllib.loads(resources.files(__package__).joinpath("schedule.toml").read_text(encoding="utf-8"))
    entries = _entries(packaged["schedule"])
    file = folder / FILE if folder else None
    if file is not None and file.exists():
        try:
            entries += _entries(tomllib.loads(file.read_text(encoding="utf-8")).get("schedule", []))
        except (ValueError, TypeError) as failure:
            raise ScheduleInvalid(file, str(failure)) from failure
    # Sorting is stable: of two entries of one day the company's, which stands later, wins.
    return [entry for entry in sorted(entries, key=lambda entry: entry.valid_from) if entry.valid_from <= on][-1]


def _entries(rows: Sequence[Mapping[str, Any]]) -> list[Schedule]:
    found = []
    for row in rows:
        strange = set(row) - {field.name for field in fields(Schedule)}
        if strange:
            raise ValueError(", ".join(sorted(strange)))
        hours = {name: dt.time.fromisoformat(row[name]) for name in ("run_at", "alarm_at")}
        found.append(Schedule(**{**row, **hours}))
    return found
