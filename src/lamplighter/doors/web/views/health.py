"""Whether the desk lives, is ready, and how fresh it is: for a monitor, without a log-in and about nobody."""

from __future__ import annotations

import datetime as dt
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from lamplighter.base.desk.models import newest_load
from lamplighter.base.jobs.queries import oldest_waiting_since
from lamplighter.doors.web.starting import has_open_migrations


class _NotYet(Exception):
    """The tables are not those of this release."""


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer: the process answers. Nothing else is looked at, so that a broken database does not restart the desk."""
    return _answer({"status": "live"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say with 200 that the database answers and its tables are this release's, with 503 that they do not."""
    try:
        _require_tables()
        newest_load()
    except DatabaseError:
        return _answer({"status": "no database"}, status=503)
    except _NotYet:
        return _answer({"status": "tables of another release"}, status=503)
    return _answer({"status": "ready"})


@login_not_required
@require_safe
def fresh(request: HttpRequest) -> JsonResponse:
    """Say how old the newest night and loading are, and how long the oldest job has waited.

    ``?hours=36&minutes=15`` sets the limits a monitor wants to be told of by 503: hours since the desk was loaded, and
    minutes a job has waited for a worker.
    """
    now = dt.datetime.now(dt.UTC)
    try:
        load, since = newest_load(), oldest_waiting_since()
    except DatabaseError:
        return _answer({"status": "no database"}, status=503)
    loaded_hours = None if load is None else (now - load.loaded_at).total_seconds() / 3600
    waited_minutes = 0.0 if since is None else max(0.0, (now - since).total_seconds() / 60)
    hours, minutes = _limit(request, "hours"), _limit(request, "minutes")
    is_stale = hours is not None and (loaded_hours is None or loaded_hours > hours)
    is_stuck = minutes is not None and waited_minutes > minutes
    found: dict[str, object] = {
        "status": "stale" if is_stale else "stuck" if is_stuck else "fresh",
        "night_on": load.night_on.isoformat() if load and load.night_on else None,
        "loaded_hours_ago": None if loaded_hours is None else round(loaded_hours, 1),
        "oldest_job_waits_minutes": round(waited_minutes, 1),
    }
    return _answer(found, status=503 if is_stale or is_stuck else 200)


@cache
def _require_tables() -> None:
    # What is so once stays so while this process runs: a failure is not remembered, a success is.
    if has_open_migrations():
        raise _NotYet


def _limit(request: HttpRequest, name: str) -> float | None:
    given = request.GET.get(name, "")
    return float(given) if given.isdecimal() and len(given) < 6 else None


def _answer(found: dict[str, object], *, status: int = 200) -> JsonResponse:
    return JsonResponse(found, status=status, headers={"Cache-Control": "no-store"})
