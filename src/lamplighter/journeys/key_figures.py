"""Counting the key figures: what lies on the desk and what lies in the lake, as a job of the worker, every hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils import timezone

from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.queries import is_open
from lamplighter.base.jobs.registry import add_chore, job_kind
from lamplighter.base.jobs.running import JobRun
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, UnitPath
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.customers.tables import BILLED_MONTH, CALL_LEG, PAYMENT
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.records import Count
from lamplighter.business.kpi.rules.adding import add_up
from lamplighter.business.kpi.rules.calls import count_calls, fold_legs
from lamplighter.business.kpi.rules.definitions import KpiSettings, read_kpi_settings
from lamplighter.business.kpi.rules.money import count_money
from lamplighter.business.workflow.company_days import day_of

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
    settings = read_kpi_settings(on=day_of(now), folder=read_settings().home.settings)
    with Lake.open(read_settings().home.lake).snapshot() as state:
        more = list(read_lake_counts(state, settings))
    counted = count_figures(settings=settings, now=now, more=more, progress=run, fence=run.fence)
    return {"tickets": counted.tickets, "counts": counted.counts}


def read_lake_counts(state: Snapshot, settings: KpiSettings) -> Iterator[Count]:
    """Yield what lies in the lake: money by bill and payment, calls of the exchange."""
    yield from _money(state)
    yield from _calls(state, settings)


def _money(state: Snapshot) -> Iterator[Count]:
    """Yield what was billed and paid, added up by station."""
    rows = CustomerEntry.objects.values_list("account_id", *UNIT_COLUMNS)
    paths = {account: UnitPath(*path) for account, *path in rows.iterator(chunk_size=10_000)}
    yield from add_up(count_money(state.read(BILLED_MONTH), state.read(PAYMENT), paths=paths))


def _calls(state: Snapshot, settings: KpiSettings) -> Iterator[Count]:
    """Yield what the telephone exchange told of calls, added up by unit and queue."""
    calls = fold_legs(state.read(CALL_LEG))
    paths = {unit.unit_id: unit.path for unit in Unit.objects.all()}
    yield from count_calls(calls, paths=paths, definitions=settings.definitions, by_person=bool(settings.person_basis))
