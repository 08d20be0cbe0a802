"""What people make of a suspicion: taken up, dismissed with a reason, put back for more data."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.detection.desk_queries import SuspicionCard, find_suspicion
from lamplighter.business.detection.models import Suspicion, SuspicionDecision
from lamplighter.business.detection.records import SuspicionState

DECIDABLE: Final = (SuspicionState.OPEN, SuspicionState.NEEDS_DATA, SuspicionState.DISMISSED)
"""States in which a suspicion may still be decided about; one in a case is the case's."""


DISMISSALS: Final = ("explained", "visited_lately", "data_fault", "archive_fault", "too_weak", "other")
"""Reasons for dismissing, company practice; texts stand under ``detection.dismissal``."""


class ReasonMissing(LamplighterError):
    """A decision lacks what makes it understandable later; ``field`` is the one to fill in."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(text(f"detection.error.{field}_missing"))


class SuspicionUnknown(LamplighterError):
    """There is no such suspicion among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("detection.error.suspicion_unknown"))


class SuspicionTaken(LamplighterError):
    """Somebody else decided meanwhile."""

    def __init__(self, state: SuspicionState) -> None:
        self.state = state
        super().__init__(text("detection.error.suspicion_taken", state=text(f"detection.state.{state}")))


def decide_suspicion(
    *, actor: Actor, number: int, to: SuspicionState, now: dt.datetime, reason: str = "", note: str = ""
) -> SuspicionCard:
    """Set what people made of a suspicion, keep who did it and why, and return it as it was before.

    Args:
        actor: who decides.
        number: of the suspicion.
        to: the new state.
        now: the instant, with its zone.
        reason: one of :data:`DISMISSALS`, needed to dismiss.
        note: needed to dismiss for another reason, and to ask for more data.

    Raises:
        RightMissing: the actor may not decide about suspicions.
        SuspicionUnknown: he sees none of this number.
        ReasonMissing: a reason or a note is missing.
        SuspicionTaken: it is in a case, or somebody decided the same meanwhile.
    """
    actor.require(Right.DECIDE_SUSPICIONS)
    note = note.strip()
    if to is SuspicionState.DISMISSED and reason not in DISMISSALS:
        raise ReasonMissing("reason")
    if not note and (to is SuspicionState.NEEDS_DATA or reason == "other"):
        raise ReasonMissing("note")
    with transaction.atomic():
        card = find_suspicion(actor=actor, number=number)
        if card is None:
            raise SuspicionUnknown(number)
        allowed = [state.value for state in DECIDABLE if state is not to]
        # One statement: of two people who decide at once, the second finds it decided.
        if not Suspicion.objects.filter(pk=number, state__in=allowed).update(state=to.value):
            raise SuspicionTaken(SuspicionState(Suspicion.objects.get(pk=number).state))
        SuspicionDecision.objects.create(
            suspicion_id=number,
            at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
            state=to.value,
            reason=reason if to is SuspicionState.DISMISSED else "",
            note=note,
        )
        return card


def free_suspicion(*, account_id: str, to: SuspicionState) -> None:
    """Hand a suspicion back when its case is closed. The case's own operation has asked for the right.

    Args:
        account_id: of the case.
        to: ``dismissed`` once it was cleared up: the night lists it anew if it shows again.
    """
    Suspicion.objects.filter(account_id=account_id, state=SuspicionState.IN_CASE.value).update(state=to.value)
