"""A settled ticket against its rubric: what costs points, at which place on record, and what cannot be judged."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.record_rubric import TICKET, every_item, record_rubric, rubric_of
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.quality.tickets import FirstContact, TicketRecord, score_ticket

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HOUR = dt.timedelta(hours=1)
KNOWN = known_on(NOON.date())
WRITTEN = (
    "电表走得快，家里没人灯还在闪",
    "派单 li：承办班组 计量班",
    "现场核查 wang：处理说明 校验误差0.3%，表计正常",
    "答复客户 li：答复内容 现场校验误差0.3%，表计正常",
)


def ticket(**known: Any) -> TicketRecord:
    """A ticket with nothing to lose, told otherwise where a test says so."""
    turns = tuple(
        Turn(at, Who.AGENT if at else Who.CUSTOMER, 0.0, 0.0, words, words) for at, words in enumerate(WRITTEN)
    )
    sound = TicketRecord(
        dialogue=Dialogue("ticket-1", TICKET, "", turns),
        class_code="TK-8",
        registrar="li",
        words=0,
        intent="meter_doubt",
        share=0.95,
        has_subject=True,
        has_place=True,
        has_result=True,
        wants_contact=True,
        contact=FirstContact(turn=1, made_at=NOON, due_at=NOON + HOUR),
        promise_due_at=NOON + 24 * HOUR,
        answered_at=NOON + 20 * HOUR,
        answered=3,
        reply=3,
        reply_text="现场校验误差0.3%，表计正常",
        sources="\n".join(WRITTEN[:3]),
        returned=(),
        is_completed=True,
        wants_call_back=True,
        is_called_back=True,
    )
    return replace(sound, **known)


def lost(**known: Any) -> list[tuple[str, int | None, float]]:
    return [(each.item, each.turn, each.points) for each in score_ticket(ticket(**known), known=KNOWN).deductions]


def unjudged(**known: Any) -> list[tuple[str, str]]:
    return [(each.item, each.why) for each in score_ticket(ticket(**known), known=KNOWN).unjudged]


class TestTheRubric:
    def test_adds_up_to_a_hundred_and_names_a_source_and_a_grade_for_each_item(self) -> None:
        rubric = record_rubric(TICKET)

        assert sum(item.weight for item in rubric.items.values()) == 100
        assert all(item.source and item.evidence in ("R", "M-H", "M-M", "M-L", "P") for item in rubric.items.values())

    def test_shares_no_code_with_the_conversations(self) -> None:
        assert len(every_item()) >= len(packaged_rubric().items) + len(record_rubric(TICKET).items)
        assert not set(packaged_rubric().items) & set(record_rubric(TICKET).items)
        assert rubric_of("chat") is packaged_rubric()


class TestATicket:
    def test_without_a_fault_loses_nothing(self) -> None:
        found = score_ticket(ticket(), known=KNOWN)

        assert (found.total, found.deductions, found.unjudged) == (100.0, (), ())

    def test_loses_points_for_everything_at_once_down_to_what_is_left(self) -> None:
        faults = {
            "class_code": "TK-2",
            "contact": FirstContact(turn=1, made_at=NOON + 2 * HOUR, due_at=NOON + HOUR),
            "answered_at": NOON + 25 * HOUR,
            "returned": (2,),
        }

        # 15 for the class, 10 for the contact, 20 for the promise, 5 for the loop.
        assert score_ticket(ticket(**faults), known=KNOWN).total == 100 - 15 - 10 - 20 - 5


class TestTheClass:
    def test_is_held_against_the_customers_words_where_they_are_sure(self) -> None:
        assert lost(class_code="TK-2") == [("ticket_class.chosen", 0, 15.0)]
        assert lost(class_code="MT") == []

    @pytest.mark.parametrize(
        ("known", "why"),
        [
            ({"share": 0.84}, "words_unsure"),
            ({"intent": "other"}, "words_unsure"),
            ({"intent": "hazard"}, "words_unsure"),
            ({"words": None, "intent": ""}, "no_words"),
        ],
    )
    def test_cannot_be_judged_otherwise(self, known: dict[str, Any], why: str) -> None:
        assert lost(class_code="TK-2", **known) == []
        assert ("ticket_class", why) in unjudged(class_code="TK-2", **known)


class TestTimes:
    def test_of_first_contact_and_of_the_answer_are_met_on_the_very_instant(self) -> None:
        assert lost(contact=FirstContact(1, NOON + HOUR, NOON + HOUR), answered_at=NOON + 24 * HOUR) == []
        second = dt.timedelta(seconds=1)
        assert lost(contact=FirstContact(1, NOON + HOUR + second, NOON + HOUR)) == [("ticket_contact.late", 1, 10.0)]
        assert lost(answered_at=NOON + 24 * HOUR + second) == [("ticket_promise.late", 3, 20.0)]

    def test_say_why_they_cannot_be_judged(self) -> None:
        assert unjudged(wants_contact=False) == [("ticket_contact", "no_contact_step")]
        assert unjudged(contact=None) == [("ticket_contact", "ended_before")]
        assert unjudged(promise_due_at=None) == [("ticket_promise", "no_promise")]


class TestTheReply:
    @pytest.mark.parametrize("formula", ["已处理。", "已联系客户，客户满意", "情况属实，按规定办理", "ok"])
    def test_that_says_nothing_costs_its_points(self, formula: str) -> None:
        assert lost(reply_text=formula)[0] == ("ticket_reply.empty", 3, 20.0)

    def test_may_hold_figures_that_stand_on_record_or_in_a_rule(self) -> None:
        assert lost(reply_text="校验误差0.3%，交清电费后24小时内恢复供电") == []

    def test_shows_the_figure_that_stands_nowhere(self) -> None:
        found = score_ticket(ticket(reply_text="现场校验误差0.3%，表计正常", sources=WRITTEN[0]), known=KNOWN)

        assert [(each.item, each.span.words) for each in found.deductions] == [("ticket_reply.unsupported", "0.3%")]

    def test_is_not_judged_where_the_process_has_none(self) -> None:
        assert unjudged(reply=None, reply_text="") == [("ticket_reply", "no_reply")]


class TestTheRecord:
    def test_lacks_subject_place_and_result_each_for_itself(self) -> None:
        assert lost(has_place=False) == [("ticket_record.place", None, 5.0)]
        missing = {"has_subject": False, "has_place": False, "has_result": False}
        assert score_ticket(ticket(**missing), known=KNOWN).total == 85.0


class TestTheEnd:
    def test_comes_after_the_answer_and_the_call_back_that_was_agreed(self) -> None:
        assert lost(answered_at=None) == [("ticket_closing.unanswered", 3, 10.0)]
        assert lost(is_called_back=False) == [("ticket_closing.no_call_back", 3, 5.0)]
        assert lost(is_called_back=False, wants_call_back=False) == []

    def test_before_its_time_costs_nothing_and_is_not_judged(self) -> None:
        ended = {"is_completed": False, "answered_at": None, "has_result": False}

        assert lost(**ended) == []
        assert {item for item, _ in unjudged(**ended)} == {"ticket_promise", "ticket_record", "ticket_closing"}
