"""A settled ticket scored by its rubric: what the record says against what it should."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from lamplighter.business.service_desk.figures import figures_in
from lamplighter.business.service_desk.quality.checks.finding import Findings
from lamplighter.business.service_desk.quality.known import Known
from lamplighter.business.service_desk.quality.record_rubric import TICKET, RecordRubric, record_rubric
from lamplighter.business.service_desk.quality.records import Dialogue, Score, Turn
from lamplighter.business.service_desk.quality.scoring import score_of

_Found = Findings[RecordRubric]


@dataclass(frozen=True, slots=True)
class FirstContact:
    """The first contact with the customer that the process wants: where it is on record, when, until when due."""

    turn: int
    made_at: dt.datetime
    due_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecord:
    """A ticket that came to its end, as its rubric looks at it. Instants stand on the company's clock.

    Attributes:
        dialogue: the ticket as turns: the customer's words, then what was written down, in order.
        class_code: class it was taken down in; ``registrar`` who did.
        words: number of the turn with the customer's words; None without any.
        intent, share: what the words mean, and how sure that is; empty and 0 without words.
        has_subject, has_place, has_result: what is on record.
        wants_contact: the process has a step for a first contact; ``contact`` what came of it.
        promise_due_at, answered_at: until when the customer was to have the answer, and when he had it.
        answered: number of the turn in which he had it; None where he never had, or a program told him.
        reply: number of the turn with the reply; ``reply_text`` its words, empty where the process has none.
        sources: words on record in which a figure of the reply may stand.
        returned: turns in which it was sent to another team again.
        is_completed: it was worked to the end of its process; one that was ended before was not.
        wants_call_back, is_called_back: whether the process and the customer want one, and whether it was made.
    """

    dialogue: Dialogue
    class_code: str
    registrar: str
    words: int | None
    intent: str
    share: float
    has_subject: bool
    has_place: bool
    has_result: bool
    wants_contact: bool
    contact: FirstContact | None
    promise_due_at: dt.datetime | None
    answered_at: dt.datetime | None
    answered: int | None
    reply: int | None
    reply_text: str
    sources: str
    returned: tuple[int, ...]
    is_completed: bool
    wants_call_back: bool
    is_called_back: bool


def score_ticket(record: TicketRecord, *, known: Known, rubric: RecordRubric | None = None) -> Score:
    """Return the score of a ticket, with the record each point was lost at and what cannot be judged.

    Args:
        record: the ticket.
        known: what service knew when the customer had his reply.
        rubric: what it is held to; the package's when absent.
    """
    held_to = rubric or record_rubric(TICKET)
    found: _Found = Findings(record.dialogue, held_to)
    for check in (_check_class, _check_contact, _check_promise, _check_record, _check_loops, _check_end):
        check(found, record)
    _check_reply(found, record, known)
    return score_of(found, rubric=held_to.version, items=held_to.items)


def _turn(found: _Found, number: int | None) -> Turn | None:
    return next((turn for turn in found.dialogue.turns if turn.i == number), None)


def _check_class(found: _Found, record: TicketRecord) -> None:
    """The class is one of those the customer's words may be taken down in, where the words are sure."""
    if record.words is None or not record.intent:
        found.cannot_judge("ticket_class", "no_words")
        return
    allowed = found.rubric.intents.get(record.intent)
    if record.share < found.rubric.limits["sure_share"] or allowed is None:
        found.cannot_judge("ticket_class", "words_unsure")
        return
    if record.class_code not in allowed:
        found.deduct(
            "ticket_class.chosen",
            _turn(found, record.words),
            said=record.class_code,
            intent=record.intent,
            classes=" / ".join(sorted(allowed)),
            by=record.registrar,
        )


def _check_contact(found: _Found, record: TicketRecord) -> None:
    if not record.wants_contact:
        found.cannot_judge("ticket_contact", "no_contact_step")
    elif record.contact is None:
        found.cannot_judge("ticket_contact", "ended_before")
    elif record.contact.due_at is None:
        found.cannot_judge("ticket_contact", "no_limit")
    elif record.contact.made_at > record.contact.due_at:
        turn = _turn(found, record.contact.turn)
        found.deduct(
            "ticket_contact.late", turn, due=_clock(record.contact.due_at), done=_clock(record.contact.made_at)
        )


def _check_promise(found: _Found, record: TicketRecord) -> None:
    if record.promise_due_at is None:
        found.cannot_judge("ticket_promise", "no_promise")
    elif record.answered_at is None:
        found.cannot_judge("ticket_promise", "never_answered")
    elif record.answered_at > record.promise_due_at:
        due, done = _clock(record.promise_due_at), _clock(record.answered_at)
        found.deduct("ticket_promise.late", _turn(found, record.answered), due=due, done=done)


def _check_reply(found: _Found, record: TicketRecord, known: Known) -> None:
    """The reply says something of the matter, and every figure in it stands on record or in a rule."""
    turn = _turn(found, record.reply)
    if turn is None:
        found.cannot_judge("ticket_reply", "no_reply")
        return
    own = found.rubric.words["formula"].sub("", record.reply_text)
    if len(own) < found.rubric.limits["reply_signs"]:
        found.deduct("ticket_reply.empty", turn, found=_at(turn, record.reply_text))
        return
    sourced = {(said.value, said.unit) for said in figures_in(record.sources)} | known.figures
    for said in figures_in(record.reply_text):
        if (said.value, said.unit) not in sourced:
            found.deduct("ticket_reply.unsupported", turn, found=_at(turn, said.written))
            return


def _at(turn: Turn, written: str) -> re.Match[str] | None:
    return re.search(re.escape(written), turn.plain) if written else None


def _check_record(found: _Found, record: TicketRecord) -> None:
    for check, is_there in (
        ("subject", record.has_subject),
        ("place", record.has_place),
        ("result", record.has_result or not record.is_completed),
    ):
        if not is_there:
            found.deduct(f"ticket_record.{check}", None)
    if not record.is_completed and not record.has_result:
        found.cannot_judge("ticket_record", "ended_before")


def _check_loops(found: _Found, record: TicketRecord) -> None:
    for number in record.returned:
        found.deduct("ticket_loops.returned", _turn(found, number))


def _check_end(found: _Found, record: TicketRecord) -> None:
    """It is closed once the customer has his answer, and has been called where process and customer want it."""
    if not record.is_completed:
        found.cannot_judge("ticket_closing", "ended_before")
    elif record.answered_at is None:
        found.deduct("ticket_closing.unanswered", found.dialogue.turns[-1])
    elif record.wants_call_back and not record.is_called_back:
        found.deduct("ticket_closing.no_call_back", found.dialogue.turns[-1])


def _clock(at: dt.datetime) -> str:
    return f"{at:%m-%d %H:%M}"
