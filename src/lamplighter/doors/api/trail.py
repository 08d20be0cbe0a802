"""The audit trail for the audit administrator, and what the security administrator follows."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.base.security.audit.queries import list_security, list_trail
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Page, answers, page_of
from lamplighter.doors.web.pages import actor_of

router = Router(tags=["audit"])


class FieldChange(Schema):
    """A field as it was and as it is."""

    name: str
    before: Any
    after: Any


class EntryOut(Schema):
    """An entry of the trail; each carries the hash of the one before."""

    number: int
    at: Instant
    staff_id: int | None
    staff_name: str
    unit_id: str
    origin: str
    act: str
    outcome: str
    kind: str
    subject: str
    changes: list[FieldChange]
    purpose: str
    note: str
    hash: str


class SecurityEntry(Schema):
    """An entry as the security administrator sees it: without the fields that were changed."""

    number: int
    at: Instant
    staff_name: str
    origin: str
    act: str
    outcome: str
    kind: str
    subject: str
    purpose: str
    note: str


class TrailAsked(Asked):
    """What of the trail is wanted; days are UTC."""

    sort: Literal[
        "", "number", "-number", "at", "-at", "who", "-who", "act", "-act", "origin", "-origin"
    ] = ""  # fmt: skip
    act: Act | None = None
    outcome: Outcome | None = None
    from_: dt.date | None = Field(None, alias="from")
    until: dt.date | None = None


@router.get("/trail", auth=opened(Right.SEE_AUDIT), response=answers(Page[EntryOut]))
def trail(request: HttpRequest, asked: Query[TrailAsked]) -> Any:
    """The audit trail of one's unit, newest first."""
    return page_of(list_trail(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/security", auth=opened(Right.SEE_SECURITY), response=answers(Page[SecurityEntry]))
def security(request: HttpRequest, asked: Query[TrailAsked]) -> Any:
    """Unmaskings, exports, tokens, failed log-ins, lock-outs and refusals of one's unit, newest first."""
    return page_of(list_security(actor=actor_of(request), ask=asked.as_ask(request)))
