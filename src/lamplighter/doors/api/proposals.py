"""Corrections of the archive that nights propose for an area: the list with what people said, and a decision."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.archive_repair import ProposalKind, ProposalState
from lamplighter.business.detection.archive_repair.desk_queries import list_proposals
from lamplighter.business.network.desk_queries import find_area
from lamplighter.doors.api.figures import AreaId
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Word, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.archive_decisions import settle_proposal

router = Router(tags=["proposals"])


class ProposalLine(Schema):
    """What somebody decided."""

    at: Instant
    by: str
    state: ProposalState
    reason: str
    note: str


class ProposalOut(Schema):
    """A meter that seems to be recorded wrongly; `proposed` is empty where it hangs on no area looked at."""

    number: int
    meter_id: str
    kind: ProposalKind
    masked_account: str
    area_id: str
    recorded: str
    proposed: str
    as_of_on: dt.date
    confidence: float
    status: str
    basis: list[str]
    since_on: dt.date | None
    moved_kwh: float | None
    is_listed: bool
    state: ProposalState
    decisions: list[ProposalLine]


class ProposalSettled(Schema):
    """Whether a proposal is right, and on what ground; a note is needed for another ground."""

    state: Literal["accepted", "refused"]
    reason: Literal[
        "seen_on_site", "papers", "evidence", "archive_right_on_site", "archive_right_papers", "cannot_be_told", "other"
    ]
    note: Word = ""


@router.get("/areas/{area_id}/proposals", auth=opened(Right.SEE_FIGURES), response=answers(list[ProposalOut]))
def proposals(request: HttpRequest, area_id: AreaId) -> Any:
    """Corrections proposed for meters of an area, or that seem to hang on it; it takes the right to customers too."""
    return _listed(request, area_id)


@router.post(
    "/areas/{area_id}/proposals/{number}/decide",
    auth=opened(Right.DECIDE_PROPOSALS),
    response=answers(list[ProposalOut]),
)
def decide(request: HttpRequest, area_id: AreaId, number: NumberInPath, given: ProposalSettled) -> Any:
    """Accept or refuse a correction; nothing is changed in the archive by it, and the other decision takes it back."""
    _require_area(request, area_id)
    settle_proposal(
        actor=actor_of(request),
        number=number,
        to=ProposalState(given.state),
        reason=given.reason,
        note=given.note,
        lake=Lake.open(read_settings().home.lake),
        now=timezone.now(),
    )
    return _listed(request, area_id)


def _listed(request: HttpRequest, area_id: str) -> Any:
    _require_area(request, area_id)
    return list_proposals(actor=actor_of(request), area_id=area_id)


def _require_area(request: HttpRequest, area_id: str) -> None:
    if find_area(actor=actor_of(request), area_id=area_id) is None:
        raise Http404
