"""The night where a desk is: worked to the desk and closed, and what the schedule says. Django is set up only here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import Progress
from lamplighter.base.settings import Home
from lamplighter.business.customers.queries import CompanyUnknown, read_company
from lamplighter.doors.web import starting
from lamplighter.journeys.nightly_run import NightRules
from lamplighter.journeys.nights.schedule import Schedule, read_schedule

if TYPE_CHECKING:
    from lamplighter.journeys.nights.working import NightDone

SHOWN = 10
"""Nights shown."""


class NightMissed(LamplighterError):
    """A night was not closed by the hour of the alarm."""

    def __init__(self, due_on: dt.date, *, alarm_at: dt.time) -> None:
        self.due_on = due_on
        super().__init__(text("night.error.missed", due_on=due_on, alarm=f"{alarm_at:%H:%M}"))


@dataclass(frozen=True, slots=True)
class NightLine:
    """A night as a command shows it; instants on the company's clock."""

    due_on: dt.date
    state: str
    attempt: int
    begun_at: dt.datetime
    closed_at: dt.datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class MissedLine:
    """A night that was missed; ``closed_at`` once it was made up for."""

    due_on: dt.date
    noticed_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """What the schedule says, and how the last nights went."""

    schedule: Schedule
    next_at: dt.datetime
    nights: tuple[NightLine, ...]
    missed: tuple[MissedLine, ...]

    @property
    def missed_open(self) -> tuple[dt.date, ...]:
        """Nights that were missed and not made up for."""
        return tuple(line.due_on for line in self.missed if line.closed_at is None)


def work_on_desk(
    home: Home,
    *,
    lake: Lake,
    engine: Engine,
    rules: NightRules,
    on: dt.date | None,
    each_day: bool,
    progress: Progress,
) -> NightDone:
    """Work the night to the desk and close it.

    Raises:
        DeskNotPrepared: the desk's tables are those of an earlier version; nothing was worked.
        LamplighterError: whatever a step refused.
    """
    _start(home)
    from lamplighter.journeys.nights.book import begin_night
    from lamplighter.journeys.nights.working import work_night

    now = _clock()
    schedule = read_schedule(on=now.date(), folder=home.settings)
    return work_night(
        night=begin_night(schedule, now=now, zone=_zone(lake)),
        lake=lake,
        engine=lambda: engine,
        rules=rules,
        clock=_clock,
        on=on,
        each_day=each_day,
        progress=progress,
    )


def read_schedule_of_home(home: Home) -> ScheduleView | None:
    """Return what the schedule says; None on a desk that was never loaded. A night missed by now is put on record.

    Raises:
        DeskNotPrepared: there is no desk, or its tables are those of an earlier version.
    """
    _start(home)
    from lamplighter.base.desk.models import MissedNight, Night, newest_load
    from lamplighter.journeys.nights.book import note_missed, read_nights

    now = _clock()
    schedule = read_schedule(on=now.date(), folder=home.settings)
    note_missed(schedule, now=now)
    state, load = read_nights(schedule, now=now), newest_load()
    if state is None or load is None:
        return None
    zone = ZoneInfo(load.timezone)

    def local(at: dt.datetime | None) -> dt.datetime | None:
        return None if at is None else at.astimezone(zone)

    return ScheduleView(
        schedule=schedule,
        next_at=state.next_at,
        nights=tuple(
            NightLine(
                row.due_on, row.state, row.attempt, row.begun_at.astimezone(zone), local(row.closed_at), row.failure
            )
            for row in Night.objects.order_by("-due_on")[:SHOWN]
        ),
        missed=tuple(
            MissedLine(row.due_on, row.noticed_at.astimezone(zone), local(row.closed_at))
            for row in MissedNight.objects.order_by("-due_on")[:SHOWN]
        ),
    )


def say_schedule(found: ScheduleView | None) -> list[str]:
    """Return what the schedule says, line by line."""
    if found is None:
        return [text("night.say.never")]
    schedule = found.schedule
    hours: dict[str, Any] = {"run": f"{schedule.run_at:%H:%M}", "alarm": f"{schedule.alarm_at:%H:%M}"}
    lines = [text("night.say.on", **hours) if schedule.is_on else text("night.say.off", **hours)]
    lines += [text("night.say.confirm")] if schedule.needs_confirmation else []
    lines.append(text("night.say.next", at=f"{found.next_at:%Y-%m-%d %H:%M}"))
    lines += [
        text(
            "night.say.line",
            due_on=line.due_on,
            state=text(f"night.state.{line.state}"),
            attempt=line.attempt,
            begun=f"{line.begun_at:%H:%M}",
            closed=f"{line.closed_at:%H:%M}" if line.closed_at else "—",
            failure=line.failure,
        ).rstrip()
        for line in found.nights
    ]
    for missed in found.missed:
        noticed = f"{missed.noticed_at:%Y-%m-%d %H:%M}"
        if missed.closed_at is None:
            lines.append(text("night.say.missed", due_on=missed.due_on, noticed=noticed))
        else:
            closed = f"{missed.closed_at:%Y-%m-%d %H:%M}"
            lines.append(text("night.say.missed_made_up", due_on=missed.due_on, noticed=noticed, closed=closed))
    return lines


def _start(home: Home) -> None:
    starting.start_django(home)
    if starting.has_open_migrations():
        raise starting.DeskNotPrepared


def _zone(lake: Lake) -> str:
    with lake.snapshot() as state:
        try:
            return read_company(state).timezone
        except CompanyUnknown:
            # The night refuses an empty lake by itself, in words that say what next.
            return "UTC"


def _clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
