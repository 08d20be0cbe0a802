"""Files and papers of cases as they are handed out, and whether a paper in a hand is what was printed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from lamplighter.base.documents.attachments import ENDINGS
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.inspection.models import Case, Evidence, Notice

_ENDINGS: Final = {**ENDINGS, "application/json": "json"}
"""Attachments, and the sealed record of a visit."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a case as it is handed out: name it gets, what it is."""

    name: str
    stored_as: str
    media_type: str


def find_file(*, actor: Actor, number: int, file: int) -> KeptFile | None:
    """Return a file of evidence of a case the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    found = Evidence.objects.filter(pk=file, case__in=Case.objects.seen_by(actor).filter(pk=number)).first()
    if found is None:
        return None
    ending = _ENDINGS[found.media_type]
    return KeptFile(f"{found.sha256[:12]}.{ending}", found.sha256, found.media_type)


def find_notice(*, actor: Actor, number: int, notice: int) -> KeptFile | None:
    """Return a printed paper of a case the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    found = Notice.objects.filter(pk=notice, case__in=Case.objects.seen_by(actor).filter(pk=number)).first()
    return None if found is None else KeptFile(f"{found.number}.pdf", f"{found.number}.pdf", "application/pdf")


@dataclass(frozen=True, slots=True)
class Verified:
    """A paper somebody holds in his hand: whether a paper of this number was printed, and says the same."""

    number: str
    is_known: bool
    is_same: bool
    case_number: int | None
    made_at: dt.datetime | None


def verify_notice(*, actor: Actor, number: str, sha256: str) -> Verified:
    """Compare number and fingerprint of a paper with what was printed in the actor's unit.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    found = Notice.objects.filter(number=number.strip(), case__in=Case.objects.seen_by(actor)).first()
    if found is None:
        return Verified(number, False, False, None, None)
    return Verified(number, True, found.sha256 == sha256.strip().lower(), found.case_id, found.made_at)
