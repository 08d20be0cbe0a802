"""What a case knows of its messages: by which key its notice is queued, and what proves that it was served."""

from __future__ import annotations

from typing import Final

from lamplighter.base.outbox.models import Proof
from lamplighter.base.outbox.queries import messages_about
from lamplighter.base.outbox.records import MessageRow, ProofKind, Subject
from lamplighter.business.inspection.models import Case, Notice

SUBJECT: Final = "inspection.case"
"""Kind of what messages about a case are about."""

SERVED_BY: Final = {
    ProofKind.SIGNATURE: "HAND",
    ProofKind.REFUSAL: "HAND",
    ProofKind.POSTAL: "MAIL",
    ProofKind.POSTED_UP: "POSTED",
}
"""Proof -> how the chain says a notice was served."""


def notice_key(notice: Notice) -> str:
    """Return the key under which a notice is queued."""
    return f"notice:{notice.number}"


def newest_proof(notice: Notice) -> Proof | None:
    """Return the newest proof that a notice was served; None where there is none."""
    found: Proof | None = Proof.objects.filter(message__key=notice_key(notice)).order_by("-pk").first()
    return found


def messages_of(case: Case) -> list[MessageRow]:
    """Return the messages about a case the caller's actor was found to see, newest first."""
    return messages_about(Subject(SUBJECT, str(case.pk)))
