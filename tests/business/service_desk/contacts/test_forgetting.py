"""Words of contacts go when they were kept long enough; what a contact came to stays."""

import datetime as dt
import json
from collections.abc import Callable

import pytest

from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.service_desk.contacts.forgetting import forget_words
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import NothingToDraw, draw_sample, take_contact
from lamplighter.business.service_desk.contacts.records import Occasion, Taken
from lamplighter.business.service_desk.contacts.view import find_contact
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.tickets.models import Ticket
from tests.business.service_desk.contacts.conftest import NOW, RUDE, document

pytestmark = pytest.mark.django_db
TWO_YEARS = dt.timedelta(days=730)
SECOND = dt.timedelta(seconds=1)


def complaint(make: Callable[..., Contact], agent: Actor) -> Contact:
    Ticket.objects.create(
        ticket_no="GD-1",
        class_code="TK-1",
        channel="phone",
        subject="s",
        process="p",
        process_version=1,
        instance="",
        state="",
        status="",
        registered_at=NOW,
        province_id="P",
        city_id="P",
        county_id="N",
        station_id="S1",
    )
    return make(agent, "c-9", RUDE, ticket={"no": "GD-1"})


class TestWords:
    def test_are_kept_to_the_very_end_of_two_years(self, agent: Actor, take: Callable[..., Contact]) -> None:
        take(agent, "c-1", RUDE)

        assert forget_words(now=NOW + TWO_YEARS) == 0
        assert forget_words(now=NOW + TWO_YEARS + SECOND) == 1
        assert forget_words(now=NOW + TWO_YEARS + SECOND) == 0

    def test_go_with_everything_that_quotes_them_and_leave_the_points(
        self, agent: Actor, take: Callable[..., Contact]
    ) -> None:
        contact = take(agent, "c-1", RUDE, truth=[{"words": ["电费"], "value": 1, "unit": "元"}])
        later = NOW + TWO_YEARS + SECOND
        lost = list(contact.deductions.order_by("pk").values_list("item", "turn", "points"))

        forget_words(now=later)

        contact.refresh_from_db()
        kept = str(contact.dialogue) + str(list(contact.deductions.values_list("fields", flat=True)))
        assert "归我管" not in kept
        assert "1000002358" not in kept
        assert "truth" not in contact.dialogue
        assert (contact.total, contact.forgotten_at) == (88.0, later)
        assert list(contact.deductions.order_by("pk").values_list("item", "turn", "points")) == lost
        view = find_contact(actor=agent, number=contact.pk, now=later)
        assert view is not None
        assert [turn.i for turn in view.turns if turn.deductions] == [2, 4]
        assert Entry.objects.filter(kind="contacts.contact").exists()

    def test_of_a_complaint_are_kept_five_years(self, agent: Actor, take: Callable[..., Contact]) -> None:
        complaint(take, agent)

        assert forget_words(now=NOW + TWO_YEARS + SECOND) == 0
        assert forget_words(now=NOW + dt.timedelta(days=1825) + SECOND) == 1

    def test_that_are_gone_are_not_taken_again_nor_drawn(
        self, agent: Actor, supervisor: Actor, take: Callable[..., Contact]
    ) -> None:
        contact = take(agent, "c-1", RUDE)
        forget_words(now=NOW + TWO_YEARS + SECOND)

        again = Occasion(read_dialogue(json.dumps(document("c-1", RUDE))), None, contact.path, NOW)
        assert take_contact(again, now=NOW) is Taken.KNOWN
        day = dt.date(2026, 3, 2)
        with pytest.raises(NothingToDraw):
            draw_sample(actor=supervisor, first_on=day, last_on=day, per_agent=1, seed=1, now=NOW)
