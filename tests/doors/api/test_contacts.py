"""Contacts through the API: what they lost, appeals by the agent and their decision, ratings by hand, groups, cards."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.web.test_contacts import take

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.service_desk.contacts.models import Contact, Deduction, Rating, Sample
from lamplighter.business.service_desk.quality.rubric import packaged_rubric


@pytest.fixture
def agent(log_in: Callable[..., Client]) -> Client:
    """The agent himself, with the session of the pages: an appeal is his own."""
    return log_in(Role.SERVICE_AGENT, unit="S1", name="sun")


@pytest.fixture
def boss(program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_SUPERVISOR, unit="N")


def read(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def taboo(contact: Contact) -> int:
    return int(contact.deductions.get(item="polite.forbidden_words").pk)


class TestTheList:
    def test_holds_ones_own_and_for_who_inspects_those_of_the_unit(
        self, agent: Client, boss: Client, program: Callable[..., Client]
    ) -> None:
        take("sun", "c-1")

        assert [row["contact_no"] for row in read(agent, "/contacts")["rows"]] == ["c-1"]
        assert [row["contact_no"] for row in read(boss, "/contacts?item=business&score=poor")["rows"]] == ["c-1"]
        assert read(program(Role.SERVICE_SUPERVISOR, unit="S2"), "/contacts")["count"] == 0

    def test_refuses_what_it_does_not_know(self, boss: Client) -> None:
        for asked in ("item=colour", "month=1999-12", "agent=sun", "unjudged=x"):
            assert boss.get(f"/api/v1/contacts?{asked}").status_code == 422


class TestAContact:
    def test_marks_the_words_that_cost_points_and_says_what_they_cost(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")

        told = read(boss, f"/contacts/{contact.pk}")

        marked = [piece["words"] for turn in told["turns"] for piece in turn["pieces"] if piece["is_marked"]]
        assert marked == ["0.688元", "不归我管"]
        # 100 less 25 for a wrong price and 7 for the taboo.
        assert (told["contact"]["total"], [each["points"] for each in told["deductions"]]) == (68.0, [25.0, 7.0])
        assert told["promises"][0]["state"] == "no_ticket"
        assert told["checked_against"][0]["source"] == "tariff 2026-01"

    def test_masks_personal_data(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")

        said = boss.get(f"/api/v1/contacts/{contact.pk}").content.decode()
        said += boss.get(f"/api/v1/contacts/{contact.pk}/transcript").content.decode()

        assert "1000002358" not in said
        assert "刘芳" not in said


class TestAnAppeal:
    def test_goes_from_the_agent_to_somebody_else_and_the_score_follows(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")
        path = f"/contacts/{contact.pk}/deductions/{taboo(contact)}"
        sent = {"decision": "withdrawn", "reason": "确有办法"}

        early = post(boss, f"{path}/decide", sent)
        made = post(agent, f"{path}/appeal", {"reason": "已给办法"})
        again = post(agent, f"{path}/appeal", {"reason": "已给办法"})
        own = post(agent, f"{path}/decide", sent)
        decided = post(boss, f"{path}/decide", sent)
        twice = post(boss, f"{path}/decide", sent)

        assert (early.status_code, early.json()["code"]) == (422, "decision_refused")
        assert (made.status_code, own.status_code, decided.status_code) == (200, 403, 200)
        assert (again.status_code, again.json()["code"]) == (422, "appeal_refused")
        assert (twice.status_code, twice.json()["code"]) == (422, "decision_refused")
        # The 7 points of the taboo come back.
        assert decided.json()["contact"]["total"] == 75.0
        contact.refresh_from_db()
        assert contact.total == 75.0
        after = Entry.objects.filter(kind="contacts.contact").order_by("pk").values_list("staff_name", "act")
        assert list(after) == [("sun", "changed"), ("master station", "changed")]

    def test_is_the_agents_own_and_no_programs(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")

        answer = post(boss, f"/contacts/{contact.pk}/deductions/{taboo(contact)}/appeal", {"reason": "?"})

        assert (answer.status_code, answer.json()["code"]) == (422, "appeal_refused")
        assert Deduction.objects.filter(state="appealed").count() == 0

    def test_is_about_a_deduction_that_is_there(self, agent: Client) -> None:
        contact = take("sun", "c-1")

        assert post(agent, f"/contacts/{contact.pk}/deductions/999/appeal", {"reason": "?"}).status_code == 404


class TestASample:
    def drawing(self) -> dict[str, Any]:
        day = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date().isoformat()
        return {"first_on": day, "last_on": day, "per_agent": 1, "seed": 42}

    def test_is_drawn_once_and_kept_with_its_seed(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")

        drawn, again = (post(boss, "/contact-samples", self.drawing()) for _ in range(2))

        assert (drawn.status_code, drawn.json()) == (201, {"contacts": 1})
        assert (again.status_code, again.json()["code"]) == (422, "nothing_to_draw")
        assert (Sample.objects.get().seed, Sample.objects.get().contacts.get().contact_id) == (42, contact.pk)
        assert Entry.objects.get(kind="contacts.sample").act == "created"
        assert read(boss, "/contact-samples")[0]["contacts"] == 1
        assert [row["number"] for row in read(boss, "/contacts-to-rate")] == [contact.pk]

    def test_is_of_days_in_their_order(self, boss: Client) -> None:
        answer = post(boss, "/contact-samples", self.drawing() | {"last_on": "2020-01-01"})

        assert (answer.status_code, answer.json()["code"]) == (422, "draw_unreadable")

    def test_is_rated_item_by_item_and_once(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")
        post(boss, "/contact-samples", self.drawing())
        said = dict.fromkeys(packaged_rubric().items, "fine") | {"polite": "breach"}

        part = post(boss, f"/contacts/{contact.pk}/ratings", {"verdicts": {"polite": "breach"}})
        whole = post(boss, f"/contacts/{contact.pk}/ratings", {"verdicts": said})
        again = post(boss, f"/contacts/{contact.pk}/ratings", {"verdicts": said})

        assert (part.status_code, part.json()["code"]) == (422, "rating_refused")
        assert (whole.status_code, again.status_code) == (204, 422)
        assert Rating.objects.get().verdicts["polite"] == "breach"
        assert Entry.objects.filter(kind="contacts.rating").count() == 1

    def test_agrees_item_by_item_from_enough_pairs_on(self, agent: Client, boss: Client) -> None:
        # 20 contacts, both persons find the taboo in the same 5: complete agreement.
        for number in range(20):
            contact = take("sun", f"c-{number:02d}")
            for rater in (901, 902):
                verdicts = dict.fromkeys(packaged_rubric().items, "fine")
                verdicts["polite"] = "breach" if number < 5 else "fine"
                Rating.objects.create(
                    contact=contact, by_id=rater, by_name="r", verdicts=verdicts, made_at=contact.taken_at
                )

        found = {row["item"]: row["persons"] for row in read(boss, "/contact-agreement")}

        assert (found["polite"]["kappa"], found["polite"]["pairs"], found["polite"]["breaches"]) == (1.0, 20, [5, 5])
        assert found["polite"]["is_too_few"] is False


class TestGroupsAndCards:
    def test_too_few_are_not_compared(self, agent: Client, boss: Client) -> None:
        for number in range(3):
            take("sun", f"a-{number}")

        (row,) = read(boss, "/contact-groups?by=agent")

        assert (row["name"], row["compared"]["count"], row["compared"]["mean"]) == ("sun", 3, 68.0)
        assert (row["compared"]["difference"], row["compared"]["is_apart"]) == (None, False)

    def test_a_card_has_what_cost_most(self, agent: Client, boss: Client, log_in: Callable[..., Client]) -> None:
        contact = take("sun", "c-1")
        card = read(boss, f"/agents/{contact.agent_id}/coaching")

        assert [(each["item"], each["points"]) for each in card["lost"]] == [
            ("business.wrong_fact", 25.0),
            ("polite.forbidden_words", 7.0),
        ]
        assert card["mean"] == 68.0
        colleague = log_in(Role.SERVICE_AGENT, unit="S1", name="li")
        assert colleague.get(f"/api/v1/agents/{contact.agent_id}/coaching").status_code == 404
