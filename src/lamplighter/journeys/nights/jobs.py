"""Nights and trainings as jobs of the worker, and the chores that begin nights, miss them, and let deadlines pass."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from lamplighter.base.desk.models import Night
from lamplighter.base.engine import LocalEngine, open_engine
from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.records import JobState
from lamplighter.base.jobs.registry import add_chore, job_kind
from lamplighter.base.jobs.running import JobRun
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.operations.chain import advance_cases
from lamplighter.business.service_desk.tickets.operations import advance_tickets
from lamplighter.journeys.desk_loading.models import load_models
from lamplighter.journeys.model_training import Source, train_candidate
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.nights.book import RUNNING, claim_night, fail_night, note_missed
from lamplighter.journeys.nights.schedule import Schedule, read_schedule
from lamplighter.journeys.nights.working import work_night

log = logging.getLogger(__name__)

NIGHTLY: Final = "nightly"
TRAINING: Final = "model_training"
LOOK: Final = dt.timedelta(minutes=1)
ADVANCE: Final = dt.timedelta(minutes=15)
ADVANCE_TICKETS: Final = dt.timedelta(minutes=5)
"""Shorter than the cases': a repair crew is to call within five minutes."""


def register() -> None:
    """Make the kinds of job and the chores known to workers."""
    job_kind(NIGHTLY)(run_night)
    job_kind(TRAINING)(run_training)
    add_chore("nights", every=LOOK, work=look_after_nights)
    add_chore("advance_cases", every=ADVANCE, work=lambda now: advance_cases(now=now))
    add_chore("advance_tickets", every=ADVANCE_TICKETS, work=lambda now: advance_tickets(now=now))


def schedule_today(now: dt.datetime) -> Schedule:
    """Return the schedule of the home that holds now."""
    return read_schedule(on=now.date(), folder=read_settings().home.settings)


def look_after_nights(now: dt.datetime) -> None:
    """Begin the night that is due, and put one that was not closed in time on record."""
    schedule = schedule_today(now)
    _fail_lost()
    with transaction.atomic():
        night = claim_night(schedule, now=now)
        if night is not None:
            given = {"due_on": night.due_on.isoformat()}
            start_job(kind=NIGHTLY, given=given, by=_nobody(), now=now)
    missed = note_missed(schedule, now=now)
    if missed is not None:
        log.error("night.missed", extra={"due_on": str(missed.due_on)})


def run_night(run: JobRun) -> Mapping[str, Any]:
    """Work the night the schedule claimed; a second attempt goes on where the first was stopped."""
    settings = read_settings()
    night = Night.objects.get(due_on=run.given["due_on"])
    night.state = RUNNING
    night.save(update_fields=["state"])
    now = timezone.now()
    with open_engine(settings.engine) as engine:
        done = work_night(
            night=night,
            lake=Lake.open(settings.home.lake),
            engine=lambda: engine,
            rules=read_rules(settings.home.settings, on=now.date()),
            clock=timezone.now,
            import_folder=schedule_today(now).import_folder,
            progress=run,
        )
    return {"due_on": run.given["due_on"], "cases_moved": done.cases_moved, "figures_changed": done.figures_changed}


def run_training(run: JobRun) -> Mapping[str, Any]:
    """Train a candidate; begun twice, it keeps the same model once."""
    settings = read_settings()
    lake, now = Lake.open(settings.home.lake), timezone.now()
    found = train_candidate(
        on=Source(run.given["on"]),
        lake=lake,
        open_engine=LocalEngine,
        rules=lambda: read_rules(settings.home.settings, on=now.date()),
        now=now.replace(tzinfo=None),
        progress=run,
    )
    with run.fence(), lake.snapshot() as state:
        load_models(state)
    return {"model": found.version}


def _fail_lost() -> None:
    """Fail nights of the schedule whose job has ended without closing them, so that they are begun again."""
    for night in Night.objects.filter(state=RUNNING, by="schedule"):
        job = Job.objects.filter(kind=NIGHTLY, given__due_on=night.due_on.isoformat()).order_by("-pk").first()
        if job is not None and not JobState(job.state).is_open:
            fail_night(night, job.failure)


def _nobody() -> Actor:
    return Actor(0, text("night.schedule_name"), "", Level.STATION, frozenset(), frozenset())
