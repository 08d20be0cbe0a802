"""Messages as the desk shows them; what a message is about decides who sees it besides the unit."""

from __future__ import annotations

from typing import Any, Final

from lamplighter.base.desk.listing import Ask, Listing, Part, equals, one_of
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.addresses import words_of
from lamplighter.base.outbox.models import Message, Proof
from lamplighter.base.outbox.records import (
    Channel,
    EventRow,
    MessageRow,
    ProofKind,
    ProofRow,
    Recipient,
    State,
    Subject,
)
from lamplighter.base.security.actor import Actor, Right

_RIGHTS: Final[dict[str, Right]] = {}


class MessageUnknown(LamplighterError):
    """There is no such message among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("outbox.error.unknown"))


def add_subject(kind: str, right: Right) -> None:
    """Say which right it takes to see messages about a kind of record; of a kind nobody named, none is seen."""
    _RIGHTS[kind] = right


def _seen(actor: Actor) -> Any:
    actor.require(Right.SEE_MESSAGES)
    kinds = [kind for kind, right in _RIGHTS.items() if actor.may(right)]
    return Message.objects.seen_by(actor).filter(subject_kind__in=kinds)


def seen_message(actor: Actor, number: int) -> Message:
    """Return the row of a message the actor sees, for the operations of the outbox.

    Raises:
        RightMissing: the actor may not see messages.
        MessageUnknown: he sees none of this number.
    """
    found: Message | None = _seen(actor).filter(pk=number).first()
    if found is None:
        raise MessageUnknown(number)
    return found


def list_messages(*, actor: Actor, ask: Ask) -> Part[MessageRow]:
    """Return a page of the messages the actor sees, newest first.

    Raises:
        RightMissing: the actor may not see messages.
    """
    listing: Listing[MessageRow] = Listing(
        record=row_of,
        order=("-id",),
        sorts={"queued": "queued_at", "state": "state", "channel": "channel"},
        filters={
            "state": one_of("state", list(State)),
            "channel": one_of("channel", list(Channel)),
            "template": equals("template"),
        },
        searched=("subject_words", "title"),
    )
    return listing.answer(_seen(actor), ask)


def find_message(*, actor: Actor, number: int) -> MessageRow | None:
    """Return a message the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see messages.
    """
    found = _seen(actor).filter(pk=number).first()
    return None if found is None else row_of(found)


def messages_about(subject: Subject) -> list[MessageRow]:
    """Return the messages about a record the caller's actor was found to see, newest first."""
    rows = Message.objects.filter(subject_kind=subject.kind, subject_ref=subject.ref).order_by("-pk")
    return [row_of(row) for row in rows]


def history_of(number: int) -> list[EventRow]:
    """Return what happened to a message the caller's actor was found to see, newest first."""
    rows = Message.objects.get(pk=number).events.order_by("-pk")
    return [EventRow(row.made_at, row.by_name, row.kind, row.words, row.data) for row in rows]


def proofs_of(number: int) -> list[ProofRow]:
    """Return the proofs of a message the caller's actor was found to see, newest first."""
    return [_proof(row) for row in Proof.objects.filter(message_id=number).order_by("-pk")]


def find_proof(*, actor: Actor, number: int, proof: int) -> ProofRow | None:
    """Return a proof of a message the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see messages.
    """
    found = Proof.objects.filter(pk=proof, message__in=_seen(actor).filter(pk=number)).first()
    return None if found is None else _proof(found)


def row_of(row: Message) -> MessageRow:
    """Return a message as pages show it."""
    recipient = Recipient(row.recipient_kind, row.recipient_ref)
    return MessageRow(
        number=row.pk,
        key=row.key,
        channel=Channel(row.channel),
        state=State(row.state),
        recipient=recipient,
        recipient_words=words_of(recipient),
        subject=Subject(row.subject_kind, row.subject_ref),
        subject_words=row.subject_words,
        template=row.template,
        template_version=row.template_version,
        needs_confirmation=row.needs_confirmation,
        language=row.language,
        title=row.title,
        body=row.body,
        body_sha256=row.body_sha256,
        attachment=row.attachment,
        attempt=row.attempt,
        failure=row.failure,
        reference=row.reference,
        queued_at=row.queued_at,
        queued_by=row.queued_by,
        next_at=row.next_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        path=row.path,
    )


def _proof(row: Proof) -> ProofRow:
    return ProofRow(
        number=row.pk,
        kind=ProofKind(row.kind),
        served_on=row.served_on,
        receiver=row.receiver,
        witness=row.witness,
        postal_no=row.postal_no,
        note=row.note,
        sha256=row.sha256,
        media_type=row.media_type,
        made_at=row.made_at,
        by=row.by_name,
    )
