"""Proposals for the archive as the desk shows them, with what people decided about each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.detection.archive_repair.records import ProposalKind, ProposalState
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """What somebody decided about a proposal."""

    at: dt.datetime
    by: str
    state: ProposalState
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A correction of the archive the night proposes, see ``ArchiveProposal``.

    Attributes:
        number: names it in addresses.
        account_id: account, for looking the customer up; never shown as it is.
        proposed: empty where the meter hangs on no area looked at.
        basis: codes of what it rests on and lacks.
        is_listed: among the newest night's proposals; one that is not is shown for what people decided.
        decisions: newest first.
    """

    number: int
    meter_id: str
    kind: ProposalKind
    account_id: str
    masked_account: str
    area_id: str
    recorded: str
    proposed: str
    as_of_on: dt.date
    confidence: float
    status: str
    basis: tuple[str, ...]
    since_on: dt.date | None
    moved_kwh: float | None
    home_mended_kwh: float | None
    away_mended_kwh: float | None
    is_listed: bool
    state: ProposalState
    decisions: tuple[ProposalLine, ...]


def list_proposals(*, actor: Actor, area_id: str) -> list[ProposalRow]:
    """Return the proposals about meters recorded on an area, or that seem to hang on it, of units the actor sees.

    Of those the newest night proposes no more, the ones somebody decided about are kept in sight. The surest come
    first.

    Raises:
        RightMissing: the actor may not see customers.
    """
    actor.require(Right.SEE_CUSTOMERS)
    comes_here = Q(kind=ProposalKind.WRONG_AREA.value, proposed=area_id)
    in_sight = Q(is_listed=True) | ~Q(state=ProposalState.OPEN.value)
    rows = ArchiveProposal.objects.seen_by(actor).filter(in_sight, Q(area_id=area_id) | comes_here)
    return _rows(list(rows.order_by("-is_listed", "kind", "-confidence", "meter_id")))


def find_proposal(*, actor: Actor, number: int) -> ProposalRow | None:
    """Return a proposal the actor sees; None where there is none, or it is another unit's.

    Raises:
        RightMissing: the actor may not see customers.
    """
    actor.require(Right.SEE_CUSTOMERS)
    return next(iter(_rows(list(ArchiveProposal.objects.seen_by(actor).filter(pk=number)))), None)


def _rows(rows: Sequence[ArchiveProposal]) -> list[ProposalRow]:
    decisions: dict[int, list[ProposalLine]] = {}
    for each in ProposalDecision.objects.filter(proposal__in=[row.pk for row in rows]).order_by("-pk"):
        line = ProposalLine(each.at, each.by_name, ProposalState(each.state), each.reason, each.note)
        decisions.setdefault(each.proposal_id, []).append(line)
    plain = (
        "meter_id", "account_id", "area_id", "recorded", "proposed", "as_of_on", "confidence", "status", "since_on",
        "moved_kwh", "home_mended_kwh", "away_mended_kwh", "is_listed",
    )  # fmt: skip
    return [
        ProposalRow(
            number=row.pk,
            kind=ProposalKind(row.kind),
            masked_account=mask_word(row.account_id, column="account_id"),
            basis=tuple(code for code in row.basis.split(";") if code),
            state=ProposalState(row.state),
            decisions=tuple(decisions.get(row.pk, ())),
            **{name: getattr(row, name) for name in plain},
        )
        for row in rows
    ]
