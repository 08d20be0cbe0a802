"""The assistant asked one question: what it understood, what it answers, where each figure comes from."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.records import Alert, Slot
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.doors.api.customer_chat import Question
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import answers
from lamplighter.doors.api.spoken import FigureOut, figures_of
from lamplighter.journeys.customer_chat import answer_stranger

router = Router(tags=["assistant"])


class Asks(Schema):
    """One question."""

    words: Question


class CandidateOut(Schema):
    """An intent, and the share of texts like this that mean it."""

    intent: str
    confidence: float


class SlotOut(Schema):
    """What was named: its kind, its value in one form, and as it was written."""

    kind: str
    value: str
    written: str


class AlertOut(Schema):
    """Words that make it urgent; not certain where they are denied or a figure of speech."""

    kind: str
    written: str
    is_certain: bool


class Answered(Schema):
    """What was understood and what is answered."""

    intent: str
    name: str
    confidence: float
    is_unsure: bool
    is_complaint: bool
    candidates: list[CandidateOut]
    more: list[str] = Field(description="Further intents of a text with several questions.")
    slots: list[SlotOut]
    dangers: list[AlertOut]
    vulnerable: list[AlertOut]
    answer: str
    figures: list[FigureOut]
    clauses: list[str]
    is_handed_over: bool = Field(
        description="In a conversation a person would be asked for; here nothing is set going."
    )
    hand_over_reason: str
    is_urgent: bool


@router.post("/assistant/ask", auth=opened(Right.REGISTER_TICKETS), response=answers(Answered))
def ask(request: HttpRequest, given: Asks) -> Any:
    """Answer one question of nobody in particular: nothing is kept, no account's facts are told, no ticket is made.

    Whoever wants those holds a conversation (`POST /chat`).
    """
    found = answer_stranger(given.words, home=read_settings().home, now=timezone.now())
    meant = found.understanding
    return {
        "intent": meant.intent,
        "name": intents()[meant.intent].name,
        "confidence": meant.confidence,
        "is_unsure": meant.is_unsure,
        "is_complaint": meant.is_complaint,
        "candidates": meant.candidates,
        "more": meant.more,
        "slots": [_slot(each) for each in meant.slots],
        "dangers": [_alert(each) for each in meant.dangers],
        "vulnerable": [_alert(each) for each in meant.vulnerable],
        "answer": found.text,
        "figures": figures_of(found.figures),
        "clauses": found.clauses,
        "is_handed_over": found.hand_over is not None,
        "hand_over_reason": found.hand_over.reason if found.hand_over else "",
        "is_urgent": bool(found.hand_over and found.hand_over.is_urgent),
    }


def _slot(slot: Slot) -> dict[str, str]:
    return {"kind": slot.kind.value, "value": slot.value, "written": slot.written}


def _alert(alert: Alert) -> dict[str, Any]:
    return {"kind": alert.kind, "written": alert.written, "is_certain": alert.is_certain}
