"""Counting the key figures: what lies on the desk and what lies in the lake, as a job of the worker, every hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.queries import is_open
from lamplighter.base.jobs.registry import add_chore, job_kind
from lamplighter.base.jobs.running import JobRun
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.rules.definitions import read_kpi_settings

COUNTING: Final = "kpi_count"
EVERY: Final = dt.timedelta(hours=1)


def register() -> None:
    """Make the kind of job and the chore known to workers."""
    job_kind(COUNTING)(run_counting)
    add_chore("kpi_count", every=EVERY, work=ask_counting)


def ask_counting(now: dt.datetime, *, by: Actor | None = None) -> int | None:
    """Ask for a counting; None where one is under way."""
    if is_open(COUNTING):
        return None
    nobody = Actor(0, text("kpi.counter_name"), "", Level.STATION, frozenset(), frozenset())
    return start_job(kind=COUNTING, given={}, by=by or nobody, now=now)


def run_counting(run: JobRun) -> Mapping[str, Any]:
    """Count; begun twice, it comes to the same."""
    now = timezone.now()
    settings = read_kpi_settings(on=now.date(), folder=read_settings().home.settings)
    counted = count_figures(settings=settings, now=now, progress=run, fence=run.fence)
    return {"tickets": counted.tickets, "counts": counted.counts}
