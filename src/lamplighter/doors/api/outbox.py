"""Messages to customers and staff: what was sent and what came of it, taken back, sent again, proof of service."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.outbox.operations import cancel_message, proof_file, prove_service, resend_message
from lamplighter.base.outbox.queries import find_message, find_proof, history_of, list_messages, proofs_of
from lamplighter.base.outbox.records import Channel, MessageRow, ProofKind, State
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.case_serving import SUBJECT
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Page, Word, Words, answers, page_of, spelled
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.sending_files import hand_out
from lamplighter.doors.web.views.outbox import read_scan, today_of

router = Router(tags=["messages"])


class MessageOut(Schema):
    """A message in a list; of its recipient only what may be shown."""

    number: int
    channel: Annotated[Channel, spelled(Channel)]
    state: State
    recipient_words: str
    subject_words: str
    case_number: int | None
    template: str
    template_version: int
    needs_confirmation: bool = Field(description="Its wording is a company default to confirm.")
    language: str
    title: str
    attempt: int
    failure: str
    queued_at: Instant
    queued_by: str
    next_at: Instant | None
    sent_at: Instant | None
    delivered_at: Instant | None

    @staticmethod
    def resolve_case_number(row: MessageRow) -> int | None:
        """Return the case it is about; null where it is about none."""
        return int(row.subject.ref) if row.subject.kind == SUBJECT else None


class HistoryLine(Schema):
    """Something that happened to a message; `by` is empty for the worker or the channel."""

    at: Instant
    by: str
    kind: str
    words: str


class ProofOut(Schema):
    """Proof that a message was served."""

    number: int
    kind: ProofKind
    served_on: dt.date
    receiver: str
    witness: str
    postal_no: str
    note: str
    sha256: str = Field(description="Of the scan or photo; empty without one.")
    media_type: str
    made_at: Instant
    by: str


class MessageDetail(Schema):
    """A message with its words, its history and its proofs."""

    message: MessageOut
    body: str
    body_sha256: str
    reference: str = Field(description="How the channel names it.")
    history: list[HistoryLine]
    proofs: list[ProofOut]


class MessagesAsked(Asked):
    """What of the messages is wanted."""

    sort: Literal["", "channel", "-channel", "state", "-state", "queued", "-queued"] = ""
    state: State | None = None
    channel: Annotated[Channel, spelled(Channel)] | None = None


class Handled(Schema):
    """Why it is done."""

    reason: Annotated[Words, Field(min_length=1)]


class ProofGiven(Schema):
    """What proves that a message was served."""

    kind: ProofKind
    served_on: dt.date
    receiver: Word = ""
    witness: Word = ""
    postal_no: Word = ""
    note: Words = ""


@router.get("/messages", auth=opened(Right.SEE_MESSAGES), response=answers(Page[MessageOut]))
def messages(request: HttpRequest, asked: Query[MessagesAsked]) -> Any:
    """Messages of one's unit about what one may see, newest first."""
    return page_of(list_messages(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/messages/{number}", auth=opened(Right.SEE_MESSAGES), response=answers(MessageDetail))
def message(request: HttpRequest, number: NumberInPath) -> Any:
    """One message with its history and its proofs."""
    return _detail(request, number)


@router.post("/messages/{number}/cancel", auth=opened(Right.HANDLE_MESSAGES), response=answers(MessageDetail))
def cancel(request: HttpRequest, number: NumberInPath, given: Handled) -> Any:
    """Take a message back that has not left; once."""
    cancel_message(actor=actor_of(request), number=number, reason=given.reason, now=timezone.now())
    return _detail(request, number)


@router.post("/messages/{number}/resend", auth=opened(Right.HANDLE_MESSAGES), response=answers(MessageDetail))
def resend(request: HttpRequest, number: NumberInPath, given: Handled) -> Any:
    """Have a message sent again that failed."""
    resend_message(actor=actor_of(request), number=number, reason=given.reason, now=timezone.now())
    return _detail(request, number)


@router.post(
    "/messages/{number}/proofs", auth=opened(Right.HANDLE_MESSAGES), response=answers(MessageDetail, status=201)
)
def prove(
    request: HttpRequest,
    number: NumberInPath,
    given: Form[ProofGiven],
    file: File[UploadedFile | None] = None,
) -> Any:
    """Keep proof of service: which of its fields it takes, and whether a scan or photo, its kind says."""
    prove_service(
        actor=actor_of(request),
        number=number,
        kind=given.kind,
        served_on=given.served_on,
        receiver=given.receiver,
        witness=given.witness,
        postal_no=given.postal_no,
        note=given.note,
        file=read_scan(file),
        home=read_settings().home,
        now=timezone.now(),
        today=today_of(request),
    )
    return Status(201, _detail(request, number))


@router.get(
    "/messages/{number}/proofs/{proof}",
    auth=opened(Right.SEE_MESSAGES),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def proof(request: HttpRequest, number: NumberInPath, proof: NumberInPath) -> HttpResponse:
    """The scan or photo of a proof."""
    found = find_proof(actor=actor_of(request), number=number, proof=proof)
    if found is None or not found.sha256:
        raise Http404
    path = proof_file(read_settings().home, number, found.sha256)
    return hand_out(path, name=found.sha256[:12], media_type=found.media_type)


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    row = find_message(actor=actor_of(request), number=number)
    if row is None:
        raise Http404
    return {
        "message": row,
        "body": row.body,
        "body_sha256": row.body_sha256,
        "reference": row.reference,
        "history": history_of(number),
        "proofs": proofs_of(number),
    }
