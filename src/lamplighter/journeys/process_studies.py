"""Studies of processes as jobs of the worker: they read whole logs, and play them again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.registry import job_kind
from lamplighter.base.jobs.running import JobRun
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.studies import check_change, keep_log, study_change, study_map, write_log
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.mining.what_if import Change

MAP: Final = "process_map"
WHAT_IF: Final = "process_what_if"
LOG: Final = "process_log"


def register() -> None:
    """Make the kinds of job known to workers."""
    job_kind(MAP)(run_map)
    job_kind(WHAT_IF)(run_what_if)
    job_kind(LOG)(run_log)


def ask_map(*, by: Actor, unit_id: str, process: str, since: dt.date, now: dt.datetime) -> int:
    """Ask for the map of a process, and return the number of the job."""
    return start_job(kind=MAP, given=_given(unit_id, process, since), by=by, now=now)


def ask_what_if(
    *,
    by: Actor,
    unit_id: str,
    process: str,
    since: dt.date,
    change: Change,
    is_round_the_clock: bool,
    now: dt.datetime,
) -> int:
    """Ask what a change would do, and return the number of the job.

    Raises:
        ProcessUnknown, StepUnknown: it is no change of this process.
    """
    check_change(change, process=process, on=day_of(now))
    given = _given(unit_id, process, since) | {
        "staff": dict(change.staff),
        "removed": sorted(change.removed),
        "limits": dict(change.limits),
        "is_round_the_clock": is_round_the_clock,
    }
    return start_job(kind=WHAT_IF, given=given, by=by, now=now)


def ask_log(*, by: Actor, unit_id: str, process: str, since: dt.date, why: str, now: dt.datetime) -> int:
    """Ask for a log as a file, record it, and return the number of the job."""
    number = start_job(kind=LOG, given=_given(unit_id, process, since) | {"why": why}, by=by, now=now)
    after = {"list": f"process {process}", "format": "xes"}
    record(act=Act.EXPORT_ASKED, by=by, now=now, kind="jobs.job", subject=number, after=after, note=why)
    return number


def run_map(run: JobRun) -> Mapping[str, Any]:
    """Discover a map."""
    with run.step(text("process.log.step")):
        study = study_map(**_asked(run), now=timezone.now())
    return {"study": study.pk, "matters": study.result["matters"]}


def run_what_if(run: JobRun) -> Mapping[str, Any]:
    """Play a log again with a change."""
    given = run.given
    change = Change(staff=given["staff"], removed=frozenset(given["removed"]), limits=given["limits"])
    with run.step(text("process.log.step")):
        study = study_change(
            **_asked(run), change=change, is_round_the_clock=given["is_round_the_clock"], now=timezone.now()
        )
    return {"study": study.pk, "matters": study.result["matters"]}


def run_log(run: JobRun) -> Mapping[str, Any]:
    """Write a log to a file that waits to be downloaded, beside the exports of lists, and goes with them."""
    with run.step(text("process.log.step")):
        content, matters = write_log(**_asked(run), now=timezone.now())
    folder = read_settings().home.exports
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"process-{run.number}-{run.attempt}.xes"
    path.write_bytes(content)
    file = {"file": path.name, "matters": matters, "sha256": hashlib.sha256(content).hexdigest()}
    study = keep_log(**_asked(run), why=run.given["why"], file=file, now=timezone.now())
    return {"study": study.pk, "matters": matters}


def _given(unit_id: str, process: str, since: dt.date) -> dict[str, Any]:
    return {"unit_id": unit_id, "process": process, "since": since.isoformat()}


def _asked(run: JobRun) -> dict[str, Any]:
    given = run.given
    since = dt.date.fromisoformat(given["since"])
    return {"actor": run.actor, "unit_id": given["unit_id"], "process": given["process"], "since": since}
