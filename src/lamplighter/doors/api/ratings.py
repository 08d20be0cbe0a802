"""Contacts rated by hand: samples, how far two persons agree, how groups compare, and the card of an agent."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.service_desk.contacts import operations
from lamplighter.business.service_desk.contacts.agreement import Agreement, Compared
from lamplighter.business.service_desk.contacts.figures import (
    list_samples,
    list_to_rate,
    read_agreement,
    read_coaching,
    read_groups,
)
from lamplighter.business.service_desk.contacts.records import Verdict, practice
from lamplighter.business.service_desk.contacts.view import read_transcript
from lamplighter.business.service_desk.quality.record_rubric import every_item
from lamplighter.doors.api.contacts import SpokenTurn
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Word, Words, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of

router = Router(tags=["ratings"])


class AgreementOut(Schema):
    """Agreement of two judges on one item beyond chance (Cohen's kappa), 95 % interval."""

    pairs: int
    breaches: list[int]
    observed: float | None
    kappa: float | None
    low: float | None
    high: float | None
    is_too_few: bool = Field(description="Too few pairs for a figure.")


class ItemAgreementOut(Schema):
    """Agreement on an item: of two persons, and of the rubric with what both said."""

    item: str
    name: str
    persons: AgreementOut
    rubric: AgreementOut


class SampleOut(Schema):
    """A draw, and how far it is rated."""

    first_on: dt.date
    last_on: dt.date
    per_agent: int
    seed: int
    drawn_by: str
    drawn_at: Instant
    contacts: int
    ratings: int


class ToRateOut(Schema):
    """A contact that waits for one's own rating."""

    number: int
    contact_no: str
    channel: str
    begun_at: Instant
    ratings: int


class ComparedOut(Schema):
    """Points of a group against all others, 95 % interval of the difference."""

    count: int
    mean: float
    difference: float | None
    low: float | None
    high: float | None
    is_apart: bool


class GroupOut(Schema):
    """A group of contacts: its points, how they changed, vetoes and appeals."""

    value: str
    name: str
    compared: ComparedOut
    change: ComparedOut | None
    vetoed: int
    appeals: int
    withdrawn: int


class ExampleOut(Schema):
    """An example of the agent's own."""

    number: int
    contact_no: str
    begun_at: Instant
    turn: int | None
    before: str
    words: str
    reason: str


class LostOut(Schema):
    """What an agent loses most."""

    item: str
    count: int
    points: float
    examples: list[ExampleOut]


class CardOut(Schema):
    """The coaching card of an agent."""

    agent_id: int
    agent_name: str
    first_on: Instant
    last_on: Instant
    contacts: int
    mean: float
    lost: list[LostOut]


class Draw(Schema):
    """Which contacts are drawn at random; the same seed draws the same from the same."""

    first_on: dt.date
    last_on: dt.date
    per_agent: Annotated[int, Field(ge=1, le=operations.MOST_OF_EACH)] = Field(practice().sample_per_agent)
    seed: Annotated[int, Field(ge=0, lt=2**62)]


class Drawn(Schema):
    """How many contacts were drawn."""

    contacts: int


class Rating(Schema):
    """What a person says of a contact: every item of the rubric."""

    verdicts: dict[Word, Verdict]
    note: Words = ""


@router.get("/contact-agreement", auth=opened(Right.INSPECT_CONTACTS), response=answers(list[ItemAgreementOut]))
def agreement(request: HttpRequest) -> Any:
    """How far two persons agree on each item, and the rubric with both."""
    return [
        {
            "item": row.item,
            "name": every_item()[row.item].name,
            "persons": _agreement(row.persons, is_too_few=row.is_too_few(row.persons)),
            "rubric": _agreement(row.rubric, is_too_few=row.is_too_few(row.rubric)),
        }
        for row in read_agreement(actor=actor_of(request))
    ]


@router.get("/contact-samples", auth=opened(Right.INSPECT_CONTACTS), response=answers(list[SampleOut]))
def samples(request: HttpRequest) -> Any:
    """What was drawn to be rated, and how far it is."""
    return list_samples(actor=actor_of(request))


@router.post("/contact-samples", auth=opened(Right.INSPECT_CONTACTS), response=answers(Drawn, status=201))
def draw(request: HttpRequest, given: Draw) -> Any:
    """Draw contacts of each agent that are in no sample yet; the same again finds none left."""
    drawn = operations.draw_sample(
        actor=actor_of(request),
        first_on=given.first_on,
        last_on=given.last_on,
        per_agent=given.per_agent,
        seed=given.seed,
        now=timezone.now(),
    )
    return Status(201, {"contacts": drawn})


@router.get("/contacts-to-rate", auth=opened(Right.INSPECT_CONTACTS), response=answers(list[ToRateOut]))
def to_rate(request: HttpRequest) -> Any:
    """Sampled contacts that wait for a rating of one's own."""
    return list_to_rate(actor=actor_of(request))


@router.get("/contacts/{number}/transcript", auth=opened(Right.INSPECT_CONTACTS), response=answers(list[SpokenTurn]))
def transcript(request: HttpRequest, number: NumberInPath) -> Any:
    """What was said and nothing of the score, for a rating by hand."""
    turns = read_transcript(actor=actor_of(request), number=number)
    if turns is None:
        raise Http404
    return turns


@router.post("/contacts/{number}/ratings", auth=opened(Right.INSPECT_CONTACTS), response=answers(None, status=204))
def rate(request: HttpRequest, number: NumberInPath, given: Rating) -> Any:
    """Keep what a person says of a sampled contact, item by item; not twice, and no third person."""
    verdicts = {item: verdict.value for item, verdict in given.verdicts.items()}
    operations.rate_contact(
        actor=actor_of(request), number=number, verdicts=verdicts, note=given.note, now=timezone.now()
    )
    return Status(204, None)


@router.get("/contact-groups", auth=opened(Right.INSPECT_CONTACTS), response=answers(list[GroupOut]))
def groups(request: HttpRequest, by: Literal["station", "channel", "agent"] = "station") -> Any:
    """How stations, channels or agents compare, and where there are too few contacts to compare."""
    return [
        {name: getattr(row, name) for name in GroupOut.model_fields if name not in ("compared", "change")}
        | {"compared": _compared(row.compared), "change": _compared(row.change) if row.change else None}
        for row in read_groups(actor=actor_of(request), by=by)
    ]


@router.get("/agents/{number}/coaching", auth=opened(Right.SEE_CONTACTS), response=answers(CardOut))
def coaching(request: HttpRequest, number: NumberInPath) -> Any:
    """What an agent loses most, with examples of his own; one's own card, or of one's unit for who inspects."""
    card = read_coaching(actor=actor_of(request), agent_id=number)
    if card is None:
        raise Http404
    return card


def _agreement(found: Agreement, *, is_too_few: bool) -> dict[str, Any]:
    return {name: getattr(found, name) for name in AgreementOut.model_fields if name != "is_too_few"} | {
        "is_too_few": is_too_few
    }


def _compared(found: Compared) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ComparedOut.model_fields}
