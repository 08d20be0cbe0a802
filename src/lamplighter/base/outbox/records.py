"""What is known of a message to somebody; without Django."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text
from lamplighter.base.security.actor import UnitPath


class Channel(StrEnum):
    """How a message reaches somebody. Texts stand under ``outbox.channel``."""

    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    HAND = "hand"
    """Handed over by a person: no machine sends it, and it is delivered once there is proof."""


class State(StrEnum):
    """Where a message stands. Texts stand under ``outbox.state``."""

    QUEUED = "queued"
    SENDING = "sending"
    """A worker has it in its hands."""
    SENT = "sent"
    """The channel took it."""
    DELIVERED = "delivered"
    """It reached its recipient: the channel said so, or there is proof of service."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProofKind(StrEnum):
    """What proves that a message was served. Texts stand under ``outbox.proof``."""

    SIGNATURE = "signature"
    """A scan of the receipt that was signed."""
    REFUSAL = "refusal"
    """Taken or signed by nobody, before a witness."""
    POSTAL = "postal"
    """The number of the registered letter, with the post's receipt where there is one."""
    POSTED_UP = "posted_up"
    """Put up at the place, with a photo."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom, by reference: ``kind`` names the address book, ``ref`` an entry of it."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about: kind and number of a record, such as ``inspection.case`` and ``12``."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as an adapter gets it.

    Attributes:
        key: idempotency key; the same one means the same message, however often it is handed over.
        channel: its channel.
        address: number or address on that channel; never logged.
        title, body: what it says.
        language: in which language.
        attachment: a file that goes with it, None without one.
        callback_url: where the channel may say later what became of it; empty where it cannot.
    """

    key: str
    channel: Channel
    address: str
    title: str
    body: str
    language: Language
    attachment: Path | None = None
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """The channel took a message.

    Attributes:
        reference: how the channel names it.
        is_delivered: it is known to have arrived already.
    """

    reference: str
    is_delivered: bool = False


class SendingFailed(LamplighterError):
    """A message was not taken; ``is_final`` = trying again cannot help.

    The reason says nothing of the address.
    """

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        self.why, self.is_final = why, is_final
        super().__init__(why)


class AddressMissing(SendingFailed):
    """The recipient has no address on this channel."""

    def __init__(self) -> None:
        super().__init__(text("outbox.failure.no_address"), is_final=True)


class Adapter(Protocol):
    """Takes messages of a channel."""

    def send(self, outgoing: Outgoing) -> Handed:
        """Hand a message over; the same key twice must not reach the recipient twice, as far as the channel allows.

        Raises:
            SendingFailed: it was not taken.
        """


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as pages show it.

    Attributes:
        number: names it in addresses.
        recipient: by reference; ``recipient_words`` what may be shown of it.
        subject: what it is about; ``subject_words`` what names that to people.
        template, template_version: what it was drawn from; ``needs_confirmation``: wording is a company default.
        failure: why it failed or was put off; empty.
        next_at: when it is tried next; None where it is not.
    """

    number: int
    key: str
    channel: Channel
    state: State
    recipient: Recipient
    recipient_words: str
    subject: Subject
    subject_words: str
    template: str
    template_version: int
    needs_confirmation: bool
    language: str
    title: str
    body: str
    body_sha256: str
    attachment: str
    attempt: int
    failure: str
    reference: str
    queued_at: dt.datetime
    queued_by: str
    next_at: dt.datetime | None
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    path: UnitPath

    @property
    def is_automatic(self) -> bool:
        """A worker sends it, not a person."""
        return self.channel is not Channel.HAND


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to a message: when, by whom (empty: worker or channel), what, in which words."""

    at: dt.datetime
    by: str
    kind: str
    words: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProofRow:
    """Proof that a message was served.

    Attributes:
        number: names its file in addresses.
        served_on: day of service.
        receiver: who took it; ``witness`` who saw that nobody did.
        postal_no: number of the registered letter.
        sha256: of the scan or photo; empty without one.
    """

    number: int
    kind: ProofKind
    served_on: dt.date
    receiver: str
    witness: str
    postal_no: str
    note: str
    sha256: str
    media_type: str
    made_at: dt.datetime
    by: str
