"""Models that make the lists: cards, training as a job, a release or roll-back with its reason and two persons."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.outcome_desk import find_model, find_waiting, list_models, list_releases
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of, policy_today
from lamplighter.journeys.model_release import ask_training, decide_release, propose_release
from lamplighter.journeys.model_training import Source

router = Router(tags=["models"])

Because = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class ModelOut(Schema):
    """A model that could make lists; that in use is `released`."""

    number: int
    version: str
    state: str
    is_packaged: bool
    kind: str = Field(description="What it was trained on: simulated, outcomes, injections.")
    made_at: Instant | None
    trained_on: dt.date | None
    released_at: Instant | None
    outcomes: int
    thefts: int


class ModelDetail(ModelOut):
    """A model with its card: what it learned from, how well it does, what it cannot see, how the data have moved."""

    card: dict[str, Any]
    drift: dict[str, Any] = Field(description="Day -> stability index of each figure the model looks at.")


class ReleaseOut(Schema):
    """A model put to use."""

    released_at: Instant
    version: str
    replaced: str
    reason: str
    proposed_by: str
    approved_by: str


class WaitingOut(Schema):
    """A release that waits for a second person."""

    number: int
    version: str
    reason: str
    proposed_by: str
    proposed_at: Instant


class ModelsOut(Schema):
    """Every model, that in use first; which were put to use, newest first; what waits; how many a release takes."""

    models: list[ModelOut]
    releases: list[ReleaseOut]
    waiting: WaitingOut | None
    persons: int


class Training(Schema):
    """What a candidate is trained on."""

    on: Source


class TrainingAsked(Schema):
    """The job that trains."""

    job: int


class ReleaseProposed(Schema):
    """Why a model is to be put to use; a roll-back is the release of the one before."""

    reason: Because


class ProposalDecided(Schema):
    """Whether one agrees; an answer is needed to refuse."""

    is_approved: bool
    answer: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = ""


@router.get("/models", auth=opened(Right.SEE_OUTCOMES), response=answers(ModelsOut))
def models(request: HttpRequest) -> Any:
    """The models behind the lists; they are the whole company's."""
    return _models(request)


@router.get("/models/{number}", auth=opened(Right.SEE_OUTCOMES), response=answers(ModelDetail))
def model(request: HttpRequest, number: NumberInPath) -> Any:
    """One model with its card."""
    found = find_model(actor=actor_of(request), number=number)
    if found is None:
        raise Http404
    return found


@router.post("/model-trainings", auth=opened(Right.RELEASE_MODELS), response=answers(TrainingAsked, status=202))
def train(request: HttpRequest, given: Training) -> Any:
    """Have a candidate trained as a job; only for whom the whole company is his. It makes no list by itself."""
    return Status(202, {"job": ask_training(actor=actor_of(request), on=given.on, now=timezone.now())})


@router.post("/models/{number}/propose", auth=opened(Right.RELEASE_MODELS), response=answers(ModelsOut))
def propose(request: HttpRequest, number: NumberInPath, given: ReleaseProposed) -> Any:
    """Ask for a model to be put to use, or back to use; it `waits` for a second person where a release takes two."""
    actor = actor_of(request)
    found = find_model(actor=actor, number=number)
    if found is None:
        raise Http404
    propose_release(
        actor=actor, lake=_lake(), version=found.version, reason=given.reason, persons=_persons(), now=timezone.now()
    )
    return _models(request)


@router.post("/model-proposals/{number}/decide", auth=opened(Right.RELEASE_MODELS), response=answers(ModelsOut))
def decide(request: HttpRequest, number: NumberInPath, given: ProposalDecided) -> Any:
    """Agree to a release that waits, or refuse it; whoever proposed it may only take it back."""
    decide_release(
        actor=actor_of(request),
        lake=_lake(),
        number=number,
        is_approved=given.is_approved,
        answer=given.answer,
        persons=_persons(),
        now=timezone.now(),
    )
    return _models(request)


def _models(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "models": list_models(actor=actor),
        "releases": list_releases(actor=actor),
        "waiting": find_waiting(actor=actor),
        "persons": _persons(),
    }


def _lake() -> Lake:
    return Lake.open(read_settings().home.lake)


def _persons() -> int:
    return policy_today().limits["model_release_persons"].value
