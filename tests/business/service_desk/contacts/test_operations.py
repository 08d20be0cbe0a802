"""A contact is taken once; an agent appeals once and in time; somebody else decides, and the points follow."""

import datetime as dt
import json
from collections.abc import Callable

import pytest

from lamplighter.base.security.actor import Actor, RightMissing, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.service_desk.contacts.judging import judge_promises
from lamplighter.business.service_desk.contacts.models import Appeal, Contact, Deduction
from lamplighter.business.service_desk.contacts.operations import (
    AppealRefused,
    DecisionRefused,
    DeductionUnknown,
    NothingToDraw,
    RatingRefused,
    WordsMissing,
    appeal,
    decide_appeal,
    draw_sample,
    rate_contact,
    take_contact,
)
from lamplighter.business.service_desk.contacts.queries import ContactUnknown
from lamplighter.business.service_desk.contacts.records import Occasion, Taken
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.tickets.models import Ticket
from tests.business.service_desk.contacts.conftest import NOW, RUDE, document

pytestmark = pytest.mark.django_db

Take = Callable[..., Contact]
FINE = dict.fromkeys(packaged_rubric().items, "fine")


def taboo(contact: Contact) -> int:
    return Deduction.objects.get(contact=contact, item="polite.forbidden_words").pk


class TestAContact:
    def test_keeps_what_the_scoring_found(self, agent: Actor, take: Take) -> None:
        contact = take(agent, "c-1", RUDE)

        lost = contact.deductions.order_by("pk").values_list("item", "turn", "points", "state")
        assert list(lost) == [
            ("polite.forbidden_words", 2, 7.0, "stands"),
            ("closing.farewell", 4, 5.0, "stands"),
        ]
        assert (contact.total, contact.is_vetoed, contact.station_id, contact.agent_name) == (88.0, False, "S1", "li")
        assert {"item": "pace", "why": "acoustic"} in contact.unjudged

    def test_is_taken_once_however_often_it_is_handed_in(self, agent: Actor, take: Take) -> None:
        contact = take(agent, "c-1", RUDE)

        same = Occasion(read_dialogue(json.dumps(document("c-1", RUDE))), None, contact.path, NOW)
        other = Occasion(read_dialogue(json.dumps(document("c-1"))), None, contact.path, NOW)

        assert take_contact(same, now=NOW) is Taken.KNOWN
        assert take_contact(other, now=NOW) is Taken.DIFFERS
        assert Contact.objects.get().total == 88.0


class TestAnAppeal:
    def test_is_the_agents_alone_and_once(self, agent: Actor, supervisor: Actor, take: Take) -> None:
        contact = take(agent, "c-1", RUDE)

        appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason=" 我给了办法 ", now=NOW)

        assert Appeal.objects.get().reason == "我给了办法"
        with pytest.raises(AppealRefused) as again:
            appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason="再来", now=NOW)
        assert again.value.why == "once"
        with pytest.raises(AppealRefused) as not_own:
            appeal(actor=supervisor, number=contact.pk, deduction=taboo(contact), reason="x", now=NOW)
        assert not_own.value.why == "not_own"

    def test_can_be_made_until_the_end_of_the_fifth_working_day(self, agent: Actor, take: Take) -> None:
        contact = take(agent, "c-1", RUDE)
        # Taken on Monday 2 March: the fifth working day after it is Monday 9 March, which ends at 16:00 UTC.
        end = dt.datetime(2026, 3, 9, 16, tzinfo=dt.UTC)

        with pytest.raises(AppealRefused) as late:
            appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason="x", now=end)
        assert late.value.why == "too_late"
        appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason="x", now=end - dt.timedelta(seconds=1))

    def test_needs_a_reason_and_a_deduction_of_this_contact(self, agent: Actor, take: Take) -> None:
        contact, other = take(agent, "c-1", RUDE), take(agent, "c-2", RUDE)

        with pytest.raises(WordsMissing):
            appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason="  ", now=NOW)
        with pytest.raises(DeductionUnknown):
            appeal(actor=agent, number=contact.pk, deduction=taboo(other), reason="x", now=NOW)

    def test_of_somebody_elses_contact_is_about_nothing_the_agent_sees(
        self, agent: Actor, take: Take, make_actor: Callable[..., Actor]
    ) -> None:
        contact = take(agent, "c-1", RUDE)
        colleague = make_actor("wang", Role.SERVICE_AGENT, "S1")

        with pytest.raises(ContactUnknown):
            appeal(actor=colleague, number=contact.pk, deduction=taboo(contact), reason="x", now=NOW)


class TestADecision:
    @pytest.fixture
    def contact(self, agent: Actor, take: Take) -> Contact:
        contact = take(agent, "c-1", RUDE)
        appeal(actor=agent, number=contact.pk, deduction=taboo(contact), reason="我给了办法", now=NOW)
        return contact

    def decide(
        self, actor: Actor, contact: Contact, *, is_upheld: bool, reason: str = "听过录音"
    ) -> tuple[float, float]:
        return decide_appeal(
            actor=actor,
            number=contact.pk,
            deduction=taboo(contact),
            is_upheld=is_upheld,
            reason=reason,
            now=NOW + dt.timedelta(hours=1),
        )

    def test_gives_the_points_back_and_keeps_what_was(self, contact: Contact, supervisor: Actor) -> None:
        assert self.decide(supervisor, contact, is_upheld=False) == (88.0, 95.0)

        contact.refresh_from_db()
        made = Appeal.objects.get()
        assert (contact.total_first, contact.total) == (88.0, 95.0)
        assert (made.reason, made.decision, made.decided_by_name) == ("我给了办法", "withdrawn", "boss")
        assert (made.total_before, made.total_after) == (88.0, 95.0)
        entry = Entry.objects.latest("number")
        assert (entry.kind, entry.staff_name) == ("contacts.contact", "boss")
        assert json.loads(entry.after)["total"] == 95.0

    def test_leaves_the_points_where_it_upholds(self, contact: Contact, supervisor: Actor) -> None:
        assert self.decide(supervisor, contact, is_upheld=True) == (88.0, 88.0)
        with pytest.raises(DecisionRefused) as again:
            self.decide(supervisor, contact, is_upheld=False)
        assert again.value.why == "not_open"

    def test_takes_a_veto_back_with_its_deduction(self, agent: Actor, supervisor: Actor, take: Take) -> None:
        insult = (RUDE[0], RUDE[1], ("agent", "你这个白痴，感谢您的来电，再见"))
        contact = take(agent, "c-9", insult)
        assert (contact.total, contact.is_vetoed) == (0.0, True)
        veto = contact.deductions.get(item="veto.insult").pk
        left = 100.0 - sum(row.points for row in contact.deductions.exclude(pk=veto))

        appeal(actor=agent, number=contact.pk, deduction=veto, reason="引用客户的话", now=NOW)
        decide_appeal(actor=supervisor, number=contact.pk, deduction=veto, is_upheld=False, reason="是引用", now=NOW)

        contact.refresh_from_db()
        assert (contact.total, contact.is_vetoed) == (left, False)

    def test_is_nobodys_about_himself(self, supervisor: Actor, take: Take) -> None:
        own = take(supervisor, "c-2", RUDE)
        appeal(actor=supervisor, number=own.pk, deduction=taboo(own), reason="x", now=NOW)

        with pytest.raises(DecisionRefused) as refused:
            self.decide(supervisor, own, is_upheld=False)
        assert refused.value.why == "own"

    def test_is_not_his_who_rated_the_contact_by_hand(self, agent: Actor, take: Take, supervisor: Actor) -> None:
        rated, day = take(agent, "c-2", RUDE), dt.date(2026, 3, 2)
        draw_sample(actor=supervisor, first_on=day, last_on=day, per_agent=1, seed=1, now=NOW)
        rate_contact(actor=supervisor, number=rated.pk, verdicts=FINE, now=NOW)
        appeal(actor=agent, number=rated.pk, deduction=taboo(rated), reason="我给了办法", now=NOW)

        with pytest.raises(DecisionRefused) as refused:
            self.decide(supervisor, rated, is_upheld=False)
        assert refused.value.why == "rated"

    def test_is_not_an_agents(self, contact: Contact, agent: Actor) -> None:
        with pytest.raises(RightMissing):
            self.decide(agent, contact, is_upheld=False)

    def test_needs_a_reason(self, contact: Contact, supervisor: Actor) -> None:
        with pytest.raises(WordsMissing):
            self.decide(supervisor, contact, is_upheld=False, reason=" ")


class TestASample:
    DAY = dt.date(2026, 3, 2)

    def drawn(self, actor: Actor, *, per_agent: int = 2, seed: int = 7) -> int:
        return draw_sample(actor=actor, first_on=self.DAY, last_on=self.DAY, per_agent=per_agent, seed=seed, now=NOW)

    def test_has_so_many_of_each_agent_and_none_of_a_program(
        self, agent: Actor, supervisor: Actor, take: Take, make_actor: Callable[..., Actor]
    ) -> None:
        other = make_actor("wang", Role.SERVICE_AGENT, "S2")
        for number in range(5):
            take(agent, f"a-{number}")
        take(other, "b-1")
        take(None, "p-1")

        assert self.drawn(supervisor) == 3
        assert Contact.objects.filter(agent_id=agent.staff_id, sampled__isnull=False).count() == 2
        assert not Contact.objects.get(contact_no="p-1").sampled.exists()

    def test_draws_nothing_twice_and_nothing_of_other_days(self, agent: Actor, supervisor: Actor, take: Take) -> None:
        take(agent, "a-1")
        take(agent, "a-2", at=NOW - dt.timedelta(days=1))

        assert self.drawn(supervisor) == 1
        with pytest.raises(NothingToDraw):
            self.drawn(supervisor, seed=8)

    def test_is_rated_by_two_others_once_each_item_by_item(
        self, agent: Actor, supervisor: Actor, take: Take, make_actor: Callable[..., Actor]
    ) -> None:
        contact = take(agent, "a-1")
        second, third = (make_actor(name, Role.SERVICE_SUPERVISOR, "S1") for name in ("zhao", "qian"))

        def why(actor: Actor, verdicts: dict[str, str] = FINE) -> str:
            try:
                rate_contact(actor=actor, number=contact.pk, verdicts=verdicts, now=NOW)
            except RatingRefused as refused:
                return refused.why
            return ""

        assert why(supervisor) == "not_sampled"
        self.drawn(supervisor)
        assert why(supervisor, FINE | {"opening": "perhaps"}) == "item_left_out"
        assert [why(supervisor), why(supervisor), why(second), why(third)] == ["", "rated_already", "", "rated_enough"]


class TestAPromise:
    LINES = (
        ("agent", "您好，供电公司，工号1023，请讲。"),
        ("customer", "我要投诉"),
        ("agent", "非常抱歉，24小时内会有专人联系您。感谢您的来电，再见。"),
    )

    def taken(self, agent: Actor, take: Take, replied_at: dt.datetime | None) -> Contact:
        paths = {"province_id": "P", "city_id": "P", "county_id": "N", "station_id": "S1"}
        kept = {"process_version": 1, "instance": "", "registered_at": NOW, "replied_at": replied_at}
        Ticket.objects.create(ticket_no="GD-1", **kept, **paths)
        return take(agent, "c-1", self.LINES, ticket={"no": "GD-1"})

    def test_costs_nothing_while_it_can_be_kept(self, agent: Actor, take: Take) -> None:
        contact = self.taken(agent, take, None)

        assert judge_promises(now=NOW + dt.timedelta(hours=24)) == 0
        contact.refresh_from_db()
        assert (contact.total, contact.is_promise_open) == (100.0, True)

    def test_costs_its_points_once_when_nobody_answered_in_time(self, agent: Actor, take: Take) -> None:
        contact = self.taken(agent, take, None)
        late = NOW + dt.timedelta(hours=25)

        assert (judge_promises(now=late), judge_promises(now=late)) == (1, 0)
        contact.refresh_from_db()
        lost = contact.deductions.get()
        assert (lost.item, lost.turn, contact.total, contact.total_first) == ("promise.kept", 2, 95.0, 100.0)
        # He learns of it later than of the rest, and may appeal from then on.
        appeal(actor=agent, number=contact.pk, deduction=lost.pk, reason="已打电话", now=late + dt.timedelta(days=6))

    def test_is_kept_by_an_answer_in_time(self, agent: Actor, take: Take) -> None:
        contact = self.taken(agent, take, NOW + dt.timedelta(hours=23))

        assert judge_promises(now=NOW + dt.timedelta(days=3)) == 0
        contact.refresh_from_db()
        assert (contact.total, contact.is_promise_open) == (100.0, False)
