"""What people make of a proposal for the archive. Nothing here changes the archive: that is handed in as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.detection.archive_repair.desk_queries import ProposalRow, find_proposal
from lamplighter.business.detection.archive_repair.records import ProposalState
from lamplighter.business.detection.desk_operations import ReasonMissing
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision

KIND: Final = "detection.archiveproposal"
"""What the audit trail calls a proposal."""

GROUNDS: Final[Mapping[ProposalState, tuple[str, ...]]] = MappingProxyType(
    {
        ProposalState.ACCEPTED: ("seen_on_site", "papers", "evidence"),
        ProposalState.REFUSED: ("archive_right_on_site", "archive_right_papers", "cannot_be_told", "other"),
    }
)
"""What a decision may rest on, company practice; texts stand under ``detection.ground``."""


class ProposalUnknown(LamplighterError):
    """There is no such proposal among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("detection.error.proposal_unknown"))


class ProposalDecided(LamplighterError):
    """Somebody else decided the same meanwhile."""

    def __init__(self, state: ProposalState) -> None:
        self.state = state
        super().__init__(text("detection.error.proposal_decided", state=text(f"detection.proposal_state.{state}")))


def decide_proposal(
    *, actor: Actor, number: int, to: ProposalState, reason: str, note: str, now: dt.datetime
) -> ProposalRow:
    """Keep whether a proposal is right, who says so and on what ground, and return it as it is now.

    Args:
        actor: who decides.
        number: of the proposal.
        to: accepted or refused; a decision may be taken back by the other one.
        reason: one of :data:`GROUNDS` of that state.
        note: where he looked; needed for another ground.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor may not decide about the archive.
        ProposalUnknown: he sees none of this number.
        ReasonMissing: no ground of the list, or nothing said.
        ProposalDecided: somebody decided the same meanwhile.
    """
    actor.require(Right.DECIDE_PROPOSALS)
    said = note.strip()
    if reason not in GROUNDS.get(to, ()):
        raise ReasonMissing("reason")
    if not said and reason == "other":
        raise ReasonMissing("note")
    with transaction.atomic():
        before = find_proposal(actor=actor, number=number)
        if before is None:
            raise ProposalUnknown(number)
        # One statement: of two people who decide at once, the second finds it decided.
        others = [state.value for state in ProposalState if state is not to]
        if not ArchiveProposal.objects.filter(pk=number, state__in=others).update(state=to.value):
            raise ProposalDecided(to)
        ProposalDecision.objects.create(
            proposal_id=number,
            at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
            state=to.value,
            reason=reason,
            note=said,
        )
        record(
            act=Act.CHANGED,
            by=actor,
            now=now,
            kind=KIND,
            subject=number,
            before={"state": before.state.value},
            after={
                "state": to.value,
                "meter": before.meter_id,
                "recorded": before.recorded,
                "proposed": before.proposed,
                "reason": reason,
            },
            note=said,
        )
        after = find_proposal(actor=actor, number=number)
    if after is None:
        raise ProposalUnknown(number)
    return after
