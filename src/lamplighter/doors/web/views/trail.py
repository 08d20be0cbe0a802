"""*Audit trail* for the audit administrator, and *Security* for the security administrator."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from lamplighter.base.messages import catalogue, language, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.queries import (
    TrailRow,
    list_security,
    list_trail,
    stream_security,
    stream_trail,
)
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import SECURITY_ACTS, Act, Outcome, Verdict
from lamplighter.base.security.audit.verifying import verify_trail
from lamplighter.doors.web.cells import Seen
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    instant_column,
    show_list,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.starting import seals_of_home


def _filters(acts: Sequence[Act]) -> tuple[Filter, ...]:
    return (
        Filter("act", lambda: [(act.value, text(f"audit.act.{act}")) for act in acts]),
        Filter("outcome", lambda: [(each.value, text(f"audit.outcome.{each}")) for each in Outcome]),
    )


def _columns(*, with_changes: bool) -> tuple[Column, ...]:
    changes = (Column("changes", is_sorted=False, value=say_changes, look="wrap"),) if with_changes else ()
    chain = (Column("hash", is_sorted=False, value=lambda row: row.hash, cell=_hash),) if with_changes else ()
    return (
        Column("number", is_number=True, value=lambda row: row.number),
        instant_column("at", lambda row: row.at, value=lambda row: row.at.isoformat(timespec="seconds")),
        Column("who", value=say_who),
        Column("origin", value=lambda row: row.origin, cell=lambda row, _: row.origin),
        Column("act", value=lambda row: text(f"audit.act.{row.act}")),
        Column("record", is_sorted=False, value=say_record),
        *changes,
        Column("reason", is_sorted=False, value=say_reason, look="wrap"),
        Column("outcome", is_sorted=False, value=lambda row: text(f"audit.outcome.{row.outcome}")),
        *chain,
    )


def _hash(row: TrailRow, _: Seen) -> str:
    return format_html('<code title="{}">{}</code>', row.hash, row.hash[:8])


def _trail_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="trail",
        words="audit.trail",
        columns=_columns(with_changes=True),
        filters=_filters(tuple(Act)),
        stream=lambda ask: stream_trail(actor=actor, ask=ask),
    )


def _security_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="security",
        words="audit.security",
        columns=_columns(with_changes=False),
        filters=_filters(SECURITY_ACTS),
        stream=lambda ask: stream_security(actor=actor, ask=ask),
    )


LISTS["trail"] = Listed(Right.SEE_AUDIT, _trail_page)
LISTS["security"] = Listed(Right.SEE_SECURITY, _security_page)


@page(Right.SEE_AUDIT)
def trail(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the audit trail of one's unit, newest first."""
    return _show_trail(request, actor)


@page(Right.SEE_AUDIT)
@require_POST
def verify(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Read the whole trail again, record that it was, and show what came of it above the list."""
    verdict = verify_trail(seals_of_home())
    after = {"entries": verdict.entries, "fault": verdict.fault, "first_broken": verdict.first_broken}
    record(act=Act.VERIFIED, by=actor, now=timezone.now(), kind="audit.entry", after=after)
    return _show_trail(request, actor, verdict=verdict, verdict_words=say_verdict(verdict))


@page(Right.SEE_SECURITY)
def security(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List who had personal data shown, exported what, was locked out."""
    listed = _security_page(actor)
    return show_list(request, listed, list_security(actor=actor, ask=ask_of(request, listed)))


def _show_trail(request: HttpRequest, actor: Actor, **more: object) -> HttpResponse:
    listed = _trail_page(actor)
    part = list_trail(actor=actor, ask=ask_of(request, listed))
    return show_list(request, listed, part, above="parts/verify.html", **more)


def say_verdict(verdict: Verdict) -> str:
    """Return a verdict in a sentence."""
    if verdict.fault is not None:
        fault = text(f"audit.fault.{verdict.fault}", number=verdict.first_broken)
        return text("audit.verdict.broken", entries=verdict.entries, fault=fault)
    if verdict.sealed_at is None:
        return text("audit.verdict.unsealed", entries=verdict.entries)
    return text(
        "audit.verdict.whole",
        entries=verdict.entries,
        heads=verdict.heads,
        sealed=verdict.sealed_up_to,
        at=verdict.sealed_at.isoformat(timespec="minutes"),
    )


def say_who(row: TrailRow) -> str:
    """Return who did it; a stranger or a program where nobody was logged in."""
    if row.staff_name:
        return row.staff_name
    return text("audit.trail.nobody") if row.outcome == Outcome.REFUSED else text("audit.trail.program")


def say_record(row: TrailRow) -> str:
    """Return kind and number of the record."""
    kind = catalogue(language()).get(f"audit.kind.{row.kind.replace('.', '_')}", row.kind)
    return f"{kind} {row.subject}".strip()


def say_reason(row: TrailRow) -> str:
    """Return purpose and reason."""
    purpose = catalogue(language()).get(f"security.purpose.{row.purpose}", row.purpose) if row.purpose else ""
    return " · ".join(filter(None, (purpose, row.note)))


def say_changes(row: TrailRow) -> str:
    """Return the fields as they were and as they are."""
    return "; ".join(f"{change.name}: {_shown(change.before)} → {_shown(change.after)}" for change in row.changes)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return "—" if value in (None, "") else str(value)
