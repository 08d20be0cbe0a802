"""Knowledge: what service knows on a day, as a list and as a file; a changed file proposed, a change decided on."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.knowledge.changes import ChangeKind
from lamplighter.business.service_desk.knowledge.exchange import LARGEST_BYTES
from lamplighter.business.service_desk.knowledge.graph import Edge, Relation
from lamplighter.business.service_desk.knowledge.operations import decide_change, propose_file, take_file
from lamplighter.business.service_desk.knowledge.queries import ChangeRow, list_changes, read_edges
from lamplighter.business.workflow.company_days import day_of
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Words, answers, refuse_unknown
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.sending_files import send_text

router = Router(tags=["knowledge"])

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)
Reason = Annotated[Words, Field(min_length=1, max_length=500)]


class EdgeOut(Schema):
    """One thing service knows; ``said`` in the reader's language with its figures."""

    id: str
    business: str
    relation: Relation
    said: str
    zh: str
    en: str
    figures: list[str]
    clause: str
    source: str
    grade: str
    valid_from: dt.date
    valid_to: dt.date | None


class KnownAsked(Schema):
    """Of which day; today's where none is named."""

    on: Annotated[dt.date, Field(ge=EARLIEST, lt=LATEST)] | None = None


class KnowledgeChangeOut(Schema):
    """A change of one edge, with what it would make wrong while nobody decided."""

    number: int
    kind: ChangeKind
    edge: str
    zh: str
    en: str
    valid_from: dt.date
    reason: str
    proposed_by: str
    proposed_at: Instant
    decision: str
    decided_reason: str
    decided_by: str
    decided_at: Instant | None
    faults: list[str]


class KnowledgeChanges(Schema):
    """Changes that wait, the oldest first, and the newest decided ones."""

    waiting: list[KnowledgeChangeOut]
    decided: list[KnowledgeChangeOut]


class FileBrought(Schema):
    """Why a changed file is brought."""

    reason: Reason


class FileTaken(Schema):
    """How many edges a file held, and the changes that were proposed of it."""

    read: int
    proposed: list[int]
    faults: list[str]


class KnowledgeSettled(Schema):
    """What is decided on a change, and why."""

    is_approved: bool
    reason: Reason


@router.get("/knowledge", auth=opened(Right.SEE_TICKETS), response=answers(list[EdgeOut]))
def knowledge(request: HttpRequest, asked: Query[KnownAsked]) -> Any:
    """What service knows on a day, each edge with its clause, source and grade."""
    refuse_unknown(request, KnownAsked)
    on = asked.on or day_of(timezone.now())
    return [_edge(edge) for edge in read_edges() if edge.holds_on(on)]


@router.get(
    "/knowledge/file",
    auth=opened(Right.SEE_TICKETS),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"text/plain": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def knowledge_file(request: HttpRequest, asked: Query[KnownAsked]) -> HttpResponse:
    """What service knows on a day as a file to be changed and brought back; handing it out is recorded."""
    refuse_unknown(request, KnownAsked)
    on, now = asked.on or day_of(timezone.now()), timezone.now()
    written = take_file(actor=actor_of(request), on_date=on, now=now)
    return send_text(written, name=f"knowledge-{on.isoformat()}.toml")


@router.post("/knowledge/file", auth=opened(Right.SUPERVISE_TICKETS), response=answers(FileTaken, status=201))
def bring_file(request: HttpRequest, given: Form[FileBrought], file: File[UploadedFile]) -> Any:
    """Bring a changed file: each difference is proposed; of a faulty one nothing is, and every line is named."""
    done = propose_file(
        actor=actor_of(request),
        # One byte more than is allowed is enough to say so.
        content=file.read(LARGEST_BYTES + 1),
        reason=given.reason,
        now=timezone.now(),
    )
    proposed = [number for number, _ in done.differences]
    return Status(201, {"read": done.read, "proposed": proposed, "faults": [each.sentence for each in done.faults]})


@router.get("/knowledge-changes", auth=opened(Right.SEE_TICKETS), response=answers(KnowledgeChanges))
def changes(request: HttpRequest) -> Any:
    """Changes that wait for somebody's decision, and what was decided lately."""
    return _changes(request)


@router.post(
    "/knowledge-changes/{number}/decide", auth=opened(Right.SUPERVISE_TICKETS), response=answers(KnowledgeChanges)
)
def decide(request: HttpRequest, number: NumberInPath, given: KnowledgeSettled) -> Any:
    """Approve a change, or refuse it; nobody decides on his own. An approved one holds from its day on."""
    decide_change(
        actor=actor_of(request),
        number=number,
        is_approved=given.is_approved,
        reason=given.reason,
        now=timezone.now(),
    )
    return _changes(request)


def _changes(request: HttpRequest) -> dict[str, Any]:
    waiting, decided = list_changes(actor=actor_of(request))
    return {"waiting": [_change(row) for row in waiting], "decided": [_change(row) for row in decided]}


def _change(row: ChangeRow) -> dict[str, Any]:
    edge = row.change.edge
    said = {"kind": row.change.kind, "edge": edge.id, "zh": edge.zh, "en": edge.en}
    faults = [fault.sentence for fault in row.faults]
    own = set(KnowledgeChangeOut.model_fields) - set(said) - {"faults"}
    return {**said, "faults": faults, **{name: getattr(row, name) for name in own}}


def _edge(edge: Edge) -> dict[str, Any]:
    own = set(EdgeOut.model_fields) - {"said", "figures"}
    figures = [spell_figure(figure) for figure in edge.values]
    return {"said": edge.sentence(), "figures": figures, **{name: getattr(edge, name) for name in own}}
