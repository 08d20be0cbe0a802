"""A lesson asked for from a coaching card: for a person, on an item, kept for staff training, once while it waits."""

from collections.abc import Callable

import pytest

from lamplighter.base.security.actor import Actor, Role
from lamplighter.business.service_desk.contacts.lessons import (
    LessonRefused,
    ask_lesson,
    list_lessons,
    withdraw_lesson,
)
from lamplighter.business.service_desk.contacts.models import Contact
from tests.business.service_desk.contacts.conftest import NOW, RUDE

pytestmark = pytest.mark.django_db
TABOO = "polite.forbidden_words"


@pytest.fixture
def contact(agent: Actor, take: Callable[..., Contact]) -> Contact:
    """7 points for the taboo, 5 for the farewell that is missing."""
    return take(agent, "c-1", RUDE)


class TestALesson:
    def test_holds_whom_it_is_for_on_what_and_the_examples_it_came_from(
        self, contact: Contact, agent: Actor, supervisor: Actor
    ) -> None:
        number = ask_lesson(actor=supervisor, agent_id=agent.staff_id, item=TABOO, note="忌语", now=NOW)

        (asked,) = list_lessons(actor=supervisor)
        assert (asked.number, asked.agent_name, asked.item, asked.count, asked.points) == (number, "li", TABOO, 1, 7.0)
        assert (asked.contacts, asked.note, asked.state, asked.asked_by) == ((contact.pk,), "忌语", "asked", "boss")

    def test_is_seen_by_whom_it_is_for_and_not_by_a_colleague_or_another_station(
        self, contact: Contact, agent: Actor, supervisor: Actor, make_actor: Callable[..., Actor]
    ) -> None:
        ask_lesson(actor=agent, agent_id=agent.staff_id, item=TABOO, now=NOW)
        colleague = make_actor("sun", Role.SERVICE_AGENT, "S1")
        elsewhere = make_actor("he", Role.SERVICE_SUPERVISOR, "S2")

        assert [len(list_lessons(actor=each)) for each in (agent, supervisor, colleague, elsewhere)] == [1, 1, 0, 0]
        with pytest.raises(LessonRefused) as refused:
            ask_lesson(actor=colleague, agent_id=agent.staff_id, item=TABOO, now=NOW)
        assert refused.value.why == "no_card"

    def test_is_asked_for_once_while_it_waits_and_again_after_it_was_withdrawn(
        self, contact: Contact, agent: Actor, supervisor: Actor
    ) -> None:
        number = ask_lesson(actor=agent, agent_id=agent.staff_id, item=TABOO, now=NOW)
        with pytest.raises(LessonRefused) as refused:
            ask_lesson(actor=supervisor, agent_id=agent.staff_id, item=TABOO, now=NOW)
        assert refused.value.why == "asked_already"

        withdraw_lesson(actor=supervisor, number=number, now=NOW)
        ask_lesson(actor=supervisor, agent_id=agent.staff_id, item=TABOO, now=NOW)

        assert [each.state for each in list_lessons(actor=agent)] == ["asked", "withdrawn"]

    def test_is_about_something_on_the_card(self, contact: Contact, agent: Actor, supervisor: Actor) -> None:
        with pytest.raises(LessonRefused) as refused:
            ask_lesson(actor=supervisor, agent_id=agent.staff_id, item="empathy.soothing", now=NOW)

        assert refused.value.why == "not_on_card"
