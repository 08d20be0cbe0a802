"""Lists as files: asked for on a list's page, written by a worker, downloaded by who asked, gone when they expire."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lamplighter.base.desk.listing import Ask
from lamplighter.base.documents.sheets import FORMATS, Sheet, write_sheet
from lamplighter.base.errors import LamplighterError
from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.records import JobRow, JobState
from lamplighter.base.jobs.registry import job_kind
from lamplighter.base.jobs.running import JobRun
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.settings import read_settings
from lamplighter.doors.web.lists import LISTS, ListPage, parameters_of, read_ask
from lamplighter.doors.web.pages import policy_today

KIND: Final = "list_export"
_TOLD_EVERY: Final = 500
"""Rows between two looks at whether the export is still wanted."""


class ExportRefused(LamplighterError):
    """No reason was given, or a format we do not write."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(text(f"exports.{reason}"))


class ExportClosed(LamplighterError):
    """Whoever asked may not see the list any more."""

    def __init__(self) -> None:
        super().__init__(text("exports.closed"))


def register() -> None:
    """Make the kind of job known to workers."""
    job_kind(KIND)(write_export)


def ask_export(
    *, by: Actor, listed: str, parameters: Mapping[str, Any], ending: str, why: str, now: dt.datetime
) -> int:
    """Ask for a list as a file, record it, and return the number of the job.

    Args:
        by: who asks; the file has what he sees now.
        listed: name in `lists.LISTS`.
        parameters: what his address asks of the list.
        ending: ``xlsx`` or ``csv``.
        why: what the file is for.
        now: when.

    Raises:
        RightMissing: he may not see the list.
        ExportRefused: ``why`` is empty, or no such format.
    """
    entry = LISTS[listed]
    by.require(entry.right)
    reason = " ".join(why.split())[:500]
    if not reason:
        raise ExportRefused("why_missing")
    if ending not in FORMATS:
        raise ExportRefused("format_unknown")
    ask = read_ask(parameters, entry.page(by))
    asked = parameters_of(ask)
    with transaction.atomic():
        given = {"listed": listed, "asked": asked, "ending": ending, "why": reason, "asked_at": now.isoformat()}
        number = start_job(kind=KIND, given=given, by=by, now=now)
        # Words looked for may be a meter's number: that words narrowed the list is enough.
        told = {name: "***" if name == "q" else value for name, value in asked.items()}
        after = {"list": listed, "format": ending, **told}
        record(act=Act.EXPORT_ASKED, by=by, now=now, kind="jobs.job", subject=number, after=after, note=reason)
    return number


def write_export(run: JobRun) -> dict[str, Any]:
    """Write the file of one export; a second attempt writes another file, so the first cannot spoil it."""
    # A worker answers no request, so nobody has imported the pages yet, which name their lists.
    import_module(settings.ROOT_URLCONF)
    given, entry = run.given, LISTS[run.given["listed"]]
    actor = _still_open(run.actor)
    if not actor.may(entry.right):
        raise ExportClosed
    page = entry.page(actor)
    if page.stream is None:
        raise ExportClosed
    ask = read_ask(given["asked"], page)
    columns = [column for column in page.columns if column.value is not None]
    sheet = Sheet(
        head=_head(page, ask, actor, given),
        columns=[text(f"{page.words}.column.{column.name}") for column in columns],
        about=text("exports.head.sheet"),
        name_sheet=lambda number: text("exports.head.rows_sheet", number=number),
    )
    path = folder() / f"{run.number}-{run.attempt}.{given['ending']}"
    with run.step(text("exports.step")) as advance:

        def rows() -> Any:
            assert page.stream is not None
            for number, row in enumerate(page.stream(ask), 1):
                yield [column.value(row) for column in columns if column.value is not None]
                if number % _TOLD_EVERY == 0:
                    advance(_TOLD_EVERY)

        count = write_sheet(sheet, rows(), path)
        advance(count % _TOLD_EVERY)
    hours = policy_today().limits["export_kept_hours"].value
    return {
        "file": path.name,
        "rows": count,
        "sha256": _sha256(path),
        "expires_at": (timezone.now() + dt.timedelta(hours=hours)).isoformat(),
    }


def file_of(job: JobRow, *, now: dt.datetime) -> Path | None:
    """Return the file of an export that is done; None where it is not, or has expired."""
    if job.kind != KIND or job.state is not JobState.DONE or is_expired(job, now=now):
        return None
    path = folder() / Path(job.result["file"]).name
    return path if path.exists() else None


def hand_out(job: JobRow, *, by: Actor, now: dt.datetime) -> tuple[Path, str] | None:
    """Return the file of an export and the name it gets, and record that it was handed out; None where there is none.

    Args:
        job: one of the actor's own.
        by: who asked for it; he must still be allowed to see the list.
        now: when.

    Raises:
        RightMissing: the list is closed to him by now.
    """
    path = file_of(job, now=now)
    if path is None:
        return None
    listed = job.given["listed"]
    by.require(LISTS[listed].right)
    after = {"list": listed, "rows": job.result["rows"], "sha256": job.result["sha256"]}
    record(act=Act.EXPORT_DOWNLOADED, by=by, now=now, kind="jobs.job", subject=job.number, after=after)
    return path, f"{listed}-{job.asked_at:%Y%m%d-%H%M}{path.suffix}"


def is_expired(job: JobRow, *, now: dt.datetime) -> bool:
    """Say whether the time a file is kept is over."""
    until = str(job.result.get("expires_at", ""))
    return bool(until) and dt.datetime.fromisoformat(until) <= now


def remove_expired(now: dt.datetime) -> int:
    """Remove files older than a file may be kept, those of overtaken attempts too, and return how many."""
    oldest = (now - dt.timedelta(hours=policy_today().limits["export_kept_hours"].value)).timestamp()
    old = [path for path in folder().glob("*") if path.is_file() and path.stat().st_mtime <= oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def folder() -> Path:
    """Return where files wait to be downloaded."""
    return read_settings().home.exports


def _still_open(asked_by: Actor) -> Actor:
    """Return who asked, with what he had then and still has."""
    staff = Staff.objects.filter(pk=asked_by.staff_id, is_active=True).first()
    now = staff.as_actor() if staff else None
    if now is None or (now.unit_id, now.level) != (asked_by.unit_id, asked_by.level):
        raise ExportClosed
    return replace(asked_by, rights=asked_by.rights & now.rights)


def _head(page: ListPage, ask: Ask, actor: Actor, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    unit = Unit.objects.filter(pk=actor.unit_id).first()
    options = {each.name: dict(each.choices(ask.filters.get(each.name, ""))) for each in page.filters}
    narrowed = [
        f"{text(f'{page.words}.filter.{name}')}: {options[name].get(value, value)}"
        for name, value in ask.filters.items()
    ]
    narrowed += [f"{text('desk.list.search')}: {ask.words}"] if ask.words else []
    sort = f"{text(f'{page.words}.column.{ask.sort}')} {'↓' if ask.is_descending else '↑'}" if ask.sort else ""
    return [
        (text("exports.head.list"), text(f"{page.words}.title")),
        (text("exports.head.who"), actor.name),
        (text("exports.head.unit"), str(unit) if unit else "—"),
        (text("exports.head.asked_at"), dt.datetime.fromisoformat(given["asked_at"]).isoformat(timespec="seconds")),
        (text("exports.head.why"), given["why"]),
        (text("exports.head.filters"), "; ".join(narrowed) or text("exports.head.everything")),
        (text("exports.head.sort"), sort or text("exports.head.own_order")),
        ("", text("exports.head.foot")),
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
