"""Queue a message, take it back, send it again, say what became of it, prove that it was served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction

from lamplighter.base.documents import replaced
from lamplighter.base.documents.attachments import Attachment
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text
from lamplighter.base.outbox.models import Message, MessageEvent, Proof
from lamplighter.base.outbox.queries import MessageUnknown, seen_message
from lamplighter.base.outbox.records import Channel, ProofKind, Recipient, State, Subject
from lamplighter.base.outbox.rules import may_become, proof_faults
from lamplighter.base.outbox.templates import TemplateUnknown, draw, read_templates
from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.settings import Home

KIND: Final = "outbox.message"
_WORDS: Final = 500


class NotPossible(LamplighterError):
    """A message stands where it cannot be taken back, sent again or proven any more."""

    def __init__(self, state: State) -> None:
        self.state = state
        super().__init__(text("outbox.error.not_possible", state=text(f"outbox.state.{state}")))


class ReasonMissing(LamplighterError):
    """A message was taken back or sent again without a word why."""

    def __init__(self) -> None:
        super().__init__(text("outbox.error.reason_missing"))


class ProofInsufficient(LamplighterError):
    """Proof of service lacks what makes it proof; ``faults`` are names of ``outbox.proof_fault``."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(" ".join(text(f"outbox.proof_fault.{fault}") for fault in faults))


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits, by number; ``is_new`` is False where one of this key waited or went already."""

    number: int
    is_new: bool


def queue_message(
    *,
    key: str,
    channel: Channel,
    recipient: Recipient,
    subject: Subject,
    subject_words: str,
    path: UnitPath,
    template: str,
    fields: Mapping[str, str],
    language: Language,
    by: Actor | None,
    now: dt.datetime,
    home: Home,
    attachment: Path | None = None,
) -> Queued:
    """Queue a message; the transaction around it decides whether it was ever said.

    Args:
        key: what makes it this message: queued again with the same key, it is the one that is there.
        channel: how it goes.
        recipient: to whom, by reference.
        subject: what it is about; ``subject_words`` what names that to people.
        path: the four units it belongs to.
        template: name of the template; ``fields`` a value for each of its fields, no personal data among them.
        language: in which the recipient reads.
        by: who causes it; None = a program.
        now: the instant, with its zone.
        home: for the company's own wording, and where the attachment lies.
        attachment: a file below the home that goes with it.

    Raises:
        TemplateUnknown, TemplatesInvalid: what the names say.
    """
    found = read_templates(on=now.date(), folder=home.settings).get(template)
    if found is None:
        raise TemplateUnknown(template)
    drawn = draw(found, fields, language=language)
    there = Message.objects.filter(key=key).first()
    if there is not None:
        return Queued(there.pk, is_new=False)
    try:
        with transaction.atomic():
            made = Message.objects.create(
                key=key,
                channel=channel.value,
                recipient_kind=recipient.kind,
                recipient_ref=recipient.ref,
                subject_kind=subject.kind,
                subject_ref=subject.ref,
                subject_words=subject_words[:200],
                template=found.name,
                template_version=found.version,
                needs_confirmation=found.needs_confirmation,
                language=language,
                title=drawn.title,
                body=drawn.body,
                body_sha256=drawn.sha256,
                attachment=attachment.relative_to(home.path).as_posix() if attachment else "",
                queued_at=now,
                queued_by=by.name if by else "",
                # What a person hands over waits for nobody's clock.
                next_at=None if channel is Channel.HAND else now,
                **{f"{level}_id": path.at(level) for level in Level},
            )
            add_event(made, kind=State.QUEUED.value, by=by, now=now, data={"sha256": drawn.sha256})
            _audit(made, Act.CREATED, by, now, after={"channel": channel.value, "template": found.name})
    except IntegrityError:
        # Of two who queue at once the database lets one through.
        there = Message.objects.filter(key=key).first()
        if there is None:
            raise
        return Queued(there.pk, is_new=False)
    return Queued(made.pk, is_new=True)


def cancel_message(*, actor: Actor, number: int, reason: str, now: dt.datetime) -> None:
    """Take a message back that has not gone.

    Raises:
        RightMissing, MessageUnknown, ReasonMissing: what the names say.
        NotPossible: it has gone, or a worker has it in its hands.
    """
    message = _handled(actor, number, reason)
    with transaction.atomic():
        _move(message, State.CANCELLED, next_at=None)
        add_event(message, kind=State.CANCELLED.value, by=actor, now=now, words=reason.strip())
        _audit(message, Act.CHANGED, actor, now, after={"state": State.CANCELLED.value}, note=reason.strip())


def resend_message(*, actor: Actor, number: int, reason: str, now: dt.datetime) -> None:
    """Have a message that failed sent again: under a new key, since the channel must not take it for the old one.

    Raises:
        RightMissing, MessageUnknown, ReasonMissing: what the names say.
        NotPossible: it did not fail.
    """
    message = _handled(actor, number, reason)
    if message.state != State.FAILED.value:
        raise NotPossible(State(message.state))
    with transaction.atomic():
        _move(message, State.QUEUED, attempt=0, round=message.round + 1, failure="", next_at=now, claim="")
        add_event(message, kind="resent", by=actor, now=now, words=reason.strip())
        _audit(message, Act.CHANGED, actor, now, after={"state": State.QUEUED.value}, note=reason.strip())


def take_answer(*, key: str, channel: Channel, state: State, why: str, now: dt.datetime) -> bool:
    """Take what a channel says of a message, once; False where there is nothing to take: said before, or too late.

    Args:
        key: as the adapter was given it.
        channel: who says it.
        state: delivered or failed.
        why: reason of a failure.
        now: the instant, with its zone.

    Raises:
        MessageUnknown: no message of this key went over this channel.
    """
    name, _, round_no = key.rpartition("#")
    rows = Message.objects.filter(key=name, channel=channel.value)
    message = rows.filter(round=int(round_no)).first() if round_no.isdecimal() and len(round_no) < 6 else None
    if message is None:
        raise MessageUnknown(0)
    if not may_become(State(message.state), state):
        return False
    with transaction.atomic():
        changed = {"delivered_at": now} if state is State.DELIVERED else {"failure": why[:_WORDS]}
        _move(message, state, next_at=None, claim="", **changed)
        add_event(message, kind=state.value, by=None, now=now, words=why, data={"said_by": channel.value})
    return True


def prove_service(
    *,
    actor: Actor,
    number: int,
    kind: ProofKind,
    served_on: dt.date | None,
    receiver: str,
    witness: str,
    postal_no: str,
    note: str,
    file: Attachment | None,
    home: Home,
    now: dt.datetime,
    today: dt.date,
) -> int:
    """Keep proof that a message was served, and return its number; the message is delivered by it.

    Args:
        actor: who keeps it.
        number: of the message.
        kind: what proves it.
        served_on: day of service.
        receiver: who took it.
        witness: who saw that nobody did.
        postal_no: number of the registered letter.
        note: what else is to be said.
        file: scan or photo.
        home: where the file is kept.
        now: the instant, with its zone; ``today`` its day where the company is.

    Raises:
        RightMissing, MessageUnknown: what the names say.
        ProofInsufficient: it lacks what makes it proof.
        NotPossible: the message was taken back.
    """
    actor.require(Right.HANDLE_MESSAGES)
    message = seen_message(actor, number)
    faults = proof_faults(
        kind=kind,
        served_on=served_on,
        today=today,
        receiver=receiver.strip(),
        witness=witness.strip(),
        postal_no=postal_no.strip(),
        has_file=file is not None,
    )
    if faults or served_on is None:
        raise ProofInsufficient(faults)
    if message.state == State.CANCELLED.value:
        raise NotPossible(State.CANCELLED)
    if file is not None:
        path = proof_file(home, message.pk, file.sha256)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with replaced(path) as staged:
                staged.write_bytes(file.content)
    with transaction.atomic():
        kept = Proof.objects.create(
            message=message,
            kind=kind.value,
            served_on=served_on,
            receiver=receiver.strip()[:100],
            witness=witness.strip()[:100],
            postal_no=postal_no.strip()[:64],
            note=note.strip()[:_WORDS],
            sha256=file.sha256 if file else "",
            media_type=file.media_type if file else "",
            size=len(file.content) if file else 0,
            made_at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
        )
        said = {"kind": kind.value, "served_on": served_on.isoformat(), "sha256": kept.sha256}
        add_event(message, kind="proof", by=actor, now=now, data=said)
        if message.state != State.DELIVERED.value:
            _move(message, State.DELIVERED, delivered_at=now, next_at=None, claim="")
            add_event(message, kind=State.DELIVERED.value, by=actor, now=now)
        _audit(message, Act.CHANGED, actor, now, after=said)
    return int(kept.pk)


def proof_file(home: Home, number: int, sha256: str) -> Path:
    """Return where the scan or photo of a proof lies: below the desk's folder, which no web server looks into."""
    return home.desk / "outbox" / str(number) / sha256


def add_event(
    message: Message,
    *,
    kind: str,
    by: Actor | None,
    now: dt.datetime,
    words: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add something to the history of a message."""
    MessageEvent.objects.create(
        message=message,
        kind=kind,
        words=words[:_WORDS],
        data=dict(data or {}),
        made_at=now,
        by_id=str(by.staff_id) if by else "",
        by_name=by.name if by else "",
    )


def _handled(actor: Actor, number: int, reason: str) -> Message:
    actor.require(Right.HANDLE_MESSAGES)
    message = seen_message(actor, number)
    if not reason.strip():
        raise ReasonMissing
    return message


def _move(message: Message, to: State, **changed: Any) -> None:
    """Bring a message to a state, as long as it still stands where it was read.

    Raises:
        NotPossible: it cannot go there, or somebody was faster.
    """
    at = State(message.state)
    is_moved = may_become(at, to) and Message.objects.filter(pk=message.pk, state=at.value).update(
        state=to.value, **changed
    )
    if not is_moved:
        raise NotPossible(State(Message.objects.values_list("state", flat=True).get(pk=message.pk)))


def _audit(
    message: Message, act: Act, by: Actor | None, now: dt.datetime, *, after: Mapping[str, Any], note: str = ""
) -> None:
    # A program's own messages stand in their history; the trail is about people.
    if by is not None:
        record(act=act, by=by, now=now, kind=KIND, subject=message.pk, after=after, note=note)
