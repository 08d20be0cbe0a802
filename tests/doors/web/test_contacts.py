"""Contacts in the browser: who sees which, the transcript with what cost points, appeals, samples, groups, cards."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from tests.doors.web.conftest import units_of

from lamplighter.base.security.actor import Role, UnitPath
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.service_desk.contacts.models import Contact, JudgingRelease, LessonWish, Rating, Sample
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.rubric import packaged_rubric

RUDE = (
    ("agent", "您好，供电公司，工号1023，请讲。"),
    ("customer", "户号1000002358，户主刘芳，第二档电价多少"),
    ("agent", "第二档是每度0.688元，24小时内会有专人联系您。"),
    ("customer", "怎么过户"),
    ("agent", "这不归我管。感谢您的来电，再见。"),
)
"""25 points for a wrong price and 7 for the taboo: 68."""
TRUTH = [{"words": ["第二档"], "value": 0.588, "unit": "元", "source": "tariff 2026-01"}]


def take(
    agent: str, contact_no: str, lines: Sequence[tuple[str, str]] = RUDE, *, days: int = 0, **more: Any
) -> Contact:
    turns = [{"i": at, "who": who, "text": words} for at, (who, words) in enumerate(lines)]
    document = {"id": contact_no, "channel": "call", "ended_by": "customer", "turns": turns, "truth": TRUTH, **more}
    staff = Staff.objects.get(username=agent)
    now = dt.datetime.now(dt.UTC)
    path = UnitPath(**units_of(str(staff.unit_id)))
    dialogue = read_dialogue(json.dumps(document))
    take_contact(Occasion(dialogue, Agent(staff.pk, agent), path, now - dt.timedelta(days=days)), now=now)
    found: Contact = Contact.objects.get(contact_no=contact_no)
    return found


@pytest.fixture
def agent(company: None, log_in: Callable[..., Client]) -> Client:
    return log_in(Role.SERVICE_AGENT, unit="S1", name="sun")


@pytest.fixture
def boss(company: None, log_in: Callable[..., Client]) -> Client:
    return log_in(Role.SERVICE_SUPERVISOR, unit="N", name="gao")


def shown(client: Client, query: str = "") -> list[str]:
    return [row.contact_no for row in client.get(f"/contacts/{query}").context["part"].rows]


class TestTheList:
    def test_shows_an_agent_his_own_and_who_inspects_those_of_the_unit(
        self, agent: Client, boss: Client, log_in: Callable[..., Client]
    ) -> None:
        colleague = log_in(Role.SERVICE_AGENT, unit="S1", name="li")
        take("sun", "c-1", days=2)
        other = take("li", "c-2", days=1)

        assert (shown(agent), shown(colleague), shown(boss)) == (["c-1"], ["c-2"], ["c-2", "c-1"])
        assert agent.get(f"/contacts/{other.pk}/").status_code == 404
        assert agent.get(f"/contacts/coaching/{other.agent_id}/").status_code == 404

    def test_is_filtered_and_sorted(self, agent: Client, boss: Client) -> None:
        take("sun", "bad", days=1)
        take("sun", "good", [*RUDE[:1], ("agent", "感谢您的来电，再见。")], channel="web")

        assert shown(boss, "?item=business") == ["bad"]
        assert shown(boss, "?item=polite&score=poor") == ["bad"]
        assert shown(boss, "?score=full") == ["good"]
        assert shown(boss, "?channel=chat") == ["good"]
        assert shown(boss, "?veto=yes") == []
        assert shown(boss, "?unjudged=pace&sort=total") == ["bad", "good"]
        assert shown(boss, f"?agent={Staff.objects.get(username='sun').pk}&sort=-total") == ["good", "bad"]
        assert shown(boss, "?station=S2") == []
        month = f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=8):%Y-%m}"
        assert "good" in shown(boss, f"?month={month}")
        assert shown(boss, "?month=1999-12") == []


class TestAContact:
    def test_marks_the_words_that_cost_points_and_says_what_they_cost(self, agent: Client) -> None:
        contact = take("sun", "c-1")

        page = agent.get(f"/contacts/{contact.pk}/")

        pieces = [piece for turn in page.context["view"].turns for piece in turn.pieces if piece.is_marked]
        assert [piece.words for piece in pieces] == ["0.688元", "不归我管"]
        assert contact.total == 68.0
        html = page.content.decode()
        assert "不归我管" in html
        assert "0.588元" in html
        assert "tariff 2026-01" in html
        assert "cannot be judged" in html

    def test_says_that_a_promise_without_a_ticket_cannot_be_judged(self, agent: Client) -> None:
        contact = take("sun", "c-1")

        (promise,) = agent.get(f"/contacts/{contact.pk}/").context["view"].promises

        assert (promise.state, promise.turn) == ("no_ticket", 2)
        assert promise.due_at == contact.begun_at + dt.timedelta(hours=24)

    def test_masks_personal_data_until_they_are_asked_for_with_a_purpose(self, boss: Client, agent: Client) -> None:
        contact = take("sun", "c-1")

        assert "1000002358" not in boss.get(f"/contacts/{contact.pk}/").content.decode()
        assert "刘芳" not in boss.get(f"/contacts/{contact.pk}/").content.decode()
        assert boss.post(f"/contacts/{contact.pk}/clear/", {"purpose": "complaint", "note": ""}).status_code == 422
        clear = boss.post(f"/contacts/{contact.pk}/clear/", {"purpose": "complaint", "note": "GD-1"})

        assert "1000002358" in clear.content.decode()
        entry = Entry.objects.latest("number")
        assert (entry.act, entry.kind, entry.subject, entry.note) == (
            "unmasked",
            "contacts.contact",
            str(contact.pk),
            "GD-1",
        )


class TestAnAppeal:
    def test_goes_from_the_agent_to_somebody_else_and_the_score_follows(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")
        lost = contact.deductions.get(item="polite.forbidden_words").pk

        assert agent.post(f"/contacts/{contact.pk}/{lost}/appeal/", {"reason": "已给办法"}).status_code == 302
        assert agent.post(f"/contacts/{contact.pk}/{lost}/appeal/", {"reason": "再申诉"}).status_code == 422
        assert shown(boss, "?appeal=appealed") == ["c-1"]
        assert "1 appeals to decide" in boss.get("/contacts/").content.decode()
        sent = {"decision": "withdrawn", "reason": "确有办法"}
        assert agent.post(f"/contacts/{contact.pk}/{lost}/decide/", sent).status_code == 403
        assert boss.post(f"/contacts/{contact.pk}/{lost}/decide/", sent).status_code == 302

        page = agent.get(f"/contacts/{contact.pk}/").content.decode()
        assert "68 → 75 points" in page
        assert "确有办法" in page
        contact.refresh_from_db()
        assert contact.total == 75.0


class TestASample:
    ITEMS = tuple(packaged_rubric().items)

    def test_is_drawn_with_a_seed_and_rated_without_seeing_the_score(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")
        day = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date().isoformat()
        drawing = {"first_on": day, "last_on": day, "per_agent": "1", "seed": "42"}

        assert boss.post("/contacts/agreement/draw/", drawing | {"per_agent": "0"}).status_code == 422
        assert boss.post("/contacts/agreement/draw/", drawing).status_code == 302
        assert (Sample.objects.get().seed, Sample.objects.get().contacts.get().contact_id) == (42, contact.pk)
        form = boss.get(f"/contacts/{contact.pk}/rate/").content.decode()
        assert "<mark>" not in form
        assert "68" not in form.split('<ol class="transcript">')[1].split("</ol>")[0].replace("0.688", "")

        said = dict.fromkeys(self.ITEMS, "fine")
        assert boss.post(f"/contacts/{contact.pk}/rate/", said | {"closing": ""}).status_code == 422
        assert boss.post(f"/contacts/{contact.pk}/rate/", said | {"polite": "breach"}).status_code == 302
        assert Rating.objects.get().verdicts["polite"] == "breach"
        assert list(boss.get("/contacts/agreement/").context["to_rate"]) == []

    def test_keeps_its_score_from_whoever_may_still_rate_it(
        self, agent: Client, boss: Client, log_in: Callable[..., Client]
    ) -> None:
        contact, other = take("sun", "c-1", days=1), take("sun", "c-2")
        sample = Sample.objects.create(
            seed=1,
            first_on=dt.date(2026, 1, 1),
            last_on=dt.date(2026, 1, 2),
            per_agent=1,
            drawn_by_id=1,
            drawn_by_name="x",
            drawn_at=dt.datetime.now(dt.UTC),
            **units_of("S1"),
        )
        sample.contacts.create(contact=contact)

        assert boss.get(f"/contacts/{contact.pk}/").url == f"/contacts/{contact.pk}/rate/"
        assert [row.total for row in boss.get("/contacts/").context["part"].rows] == [68.0, None]
        assert shown(boss, "?item=business") == ["c-2"]
        card = boss.get(f"/contacts/coaching/{contact.agent_id}/").context["card"]
        assert {each.contact_no for lost in card.lost for each in lost.examples} == {"c-2"}
        # The agent it belongs to, and whoever is only asked about another, see theirs.
        assert agent.get(f"/contacts/{contact.pk}/").status_code == 200
        assert boss.get(f"/contacts/{other.pk}/").status_code == 200

        boss.post(f"/contacts/{contact.pk}/rate/", dict.fromkeys(self.ITEMS, "fine"))

        assert boss.get(f"/contacts/{contact.pk}/").context["contact"].total == 68.0
        second = log_in(Role.SERVICE_SUPERVISOR, unit="N", name="he")
        assert second.get(f"/contacts/{contact.pk}/").status_code == 302

    def test_takes_no_rating_once_there_is_an_appeal_for_whoever_decides_sees_the_score(
        self, agent: Client, boss: Client
    ) -> None:
        contact = take("sun", "c-1")
        day = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date().isoformat()
        boss.post("/contacts/agreement/draw/", {"first_on": day, "last_on": day, "per_agent": "1", "seed": "1"})
        deduction = contact.deductions.get(item="polite.forbidden_words")

        agent.post(f"/contacts/{contact.pk}/{deduction.pk}/appeal/", {"reason": "我给了办法"})

        assert boss.get(f"/contacts/{contact.pk}/").status_code == 200
        assert boss.get(f"/contacts/{contact.pk}/rate/").context["why_not"]
        assert boss.post(f"/contacts/{contact.pk}/rate/", dict.fromkeys(self.ITEMS, "fine")).status_code == 422
        assert not Rating.objects.exists()

    def test_shows_agreement_only_from_enough_pairs_on(self, agent: Client, boss: Client) -> None:
        # 20 contacts, both persons find 5 taboos in the same ones: complete agreement, chance would have had 0.625.
        for number in range(20):
            contact = take("sun", f"c-{number:02d}")
            for rater in (901, 902):
                verdicts = dict.fromkeys(self.ITEMS, "fine") | {"polite": "breach" if number < 5 else "fine"}
                Rating.objects.create(
                    contact=contact,
                    by_id=rater,
                    by_name="r",
                    verdicts=verdicts | {"pace": "unsure"},
                    made_at=contact.taken_at,
                )

        rows = {row["item"]: row["sides"] for row in boss.get("/contacts/agreement/").context["rows"]}

        persons, rubric = rows["polite"]
        assert (persons["found"].kappa, persons["found"].pairs, persons["is_too_few"]) == (1.0, 20, False)
        # The rubric finds a taboo in all 20: it agrees on 5, as chance would: kappa 0.
        assert (rubric["found"].observed, rubric["found"].kappa) == (0.25, 0.0)
        assert rows["opening"][0]["found"].kappa is None
        assert (rows["pace"][0]["found"].pairs, rows["pace"][0]["is_too_few"]) == (0, True)


class TestGroups:
    def test_are_compared_from_thirty_contacts_on(
        self, agent: Client, boss: Client, log_in: Callable[..., Client]
    ) -> None:
        log_in(Role.SERVICE_AGENT, unit="S2", name="li")
        for number in range(3):
            take("sun", f"a-{number}")
        take("li", "b-0", RUDE[:1])

        rows = {row["name"]: row["row"] for row in boss.get("/contacts/fairness/").context["rows"]}
        assert {name: row.compared.difference for name, row in rows.items()} == {"S1所": None, "S2所": None}
        assert (rows["S1所"].compared.count, rows["S1所"].compared.mean) == (3, 68.0)
        assert "too few, not compared" in boss.get("/contacts/fairness/?by=agent").content.decode()

    def test_compare_only_what_is_held_to_the_same_rubric(self, agent: Client, boss: Client) -> None:
        take("sun", "talk")
        ticket = take("sun", "written")
        Contact.objects.filter(pk=ticket.pk).update(channel="ticket", total=90.0)

        def mean(kind: str) -> float:
            [row] = boss.get(f"/contacts/fairness/?kind={kind}").context["rows"]
            return float(row["row"].compared.mean)

        assert (mean("talk"), mean("ticket")) == (68.0, 90.0)
        assert list(boss.get("/contacts/fairness/?kind=site_record").context["rows"]) == []

    def test_show_what_lies_apart(self, agent: Client, boss: Client, log_in: Callable[..., Client]) -> None:
        log_in(Role.SERVICE_AGENT, unit="S2", name="li")
        for number in range(30):
            take("sun", f"a-{number:02d}")
            take("li", f"b-{number:02d}", [*RUDE[:1], ("agent", "感谢您的来电，再见。")])

        rows = {row["name"]: row["row"].compared for row in boss.get("/contacts/fairness/").context["rows"]}

        # 68 against 100, without any spread.
        assert (rows["S1所"].difference, rows["S1所"].is_apart) == (-32.0, True)
        assert (rows["S2所"].difference, rows["S2所"].low) == (32.0, 32.0)


class TestACard:
    def test_has_what_cost_most_with_own_examples_and_what_good_looks_like(self, agent: Client, boss: Client) -> None:
        first, second = take("sun", "c-1", days=1), take("sun", "c-2")

        page = agent.get(f"/contacts/coaching/{first.agent_id}/")

        lost = [each["lost"] for each in page.context["lost"]]
        assert [(each.item, each.count, each.points) for each in lost] == [
            ("business.wrong_fact", 2, 50.0),
            ("polite.forbidden_words", 2, 14.0),
        ]
        assert [example.contact_no for example in lost[0].examples] == ["c-2", "c-1"]
        assert "怎么过户" in lost[1].examples[0].before
        assert page.context["card"].mean == 68.0
        assert "Read figures from the system" in page.content.decode()
        assert boss.get(f"/contacts/coaching/{second.agent_id}/").status_code == 200


class TestWhoJudges:
    def test_is_released_from_the_page_of_agreement_and_taken_back(
        self, agent: Client, boss: Client, log_in: Callable[..., Client]
    ) -> None:
        head = log_in(Role.SERVICE_SUPERVISOR, unit="P", name="head")

        head.post("/contacts/agreement/release/", {"by_people": ["polite"], "reason": "两人看法不一"})
        followed = take("sun", "c-1")
        number = JudgingRelease.objects.get().pk
        page = head.get("/contacts/agreement/")
        head.post("/contacts/agreement/back/", {"number": "0", "reason": "重新抽样后一致"})

        # 25 points for the price stay, 7 for the taboo are people's.
        assert followed.total == 75.0
        assert page.context["release"].number == number
        assert "两人看法不一" in page.content.decode()
        assert take("sun", "c-2").total == 68.0
        assert "people alone judge it" in boss.get(f"/contacts/{followed.pk}/").content.decode()

    def test_is_shown_to_who_inspects_a_county_and_not_changed_by_him(self, agent: Client, boss: Client) -> None:
        page = boss.get("/contacts/agreement/")
        boss.post("/contacts/agreement/release/", {"by_people": ["polite"], "reason": "x"})
        boss.post("/contacts/agreement/back/", {"number": "x", "reason": "x"})

        assert page.context["may_release"] is False
        assert not JudgingRelease.objects.exists()


class TestALesson:
    def test_is_asked_for_on_a_card_listed_and_withdrawn(self, agent: Client, boss: Client) -> None:
        contact = take("sun", "c-1")

        boss.post(
            f"/contacts/coaching/{contact.agent_id}/lesson/", {"item": "polite.forbidden_words", "note": "练习婉拒"}
        )

        card = boss.get(f"/contacts/coaching/{contact.agent_id}/")
        assert [each["is_asked"] for each in card.context["lost"]] == [False, True]
        listed = agent.get("/contacts/lessons/").content.decode()
        assert "练习婉拒" in listed
        assert "There is no training room yet" in listed
        wish = LessonWish.objects.get()
        agent.post(f"/contacts/lessons/{wish.pk}/withdraw/")
        wish.refresh_from_db()
        # Somebody else asked for it.
        assert wish.state == "asked"
        boss.post(f"/contacts/lessons/{wish.pk}/withdraw/")
        wish.refresh_from_db()
        assert wish.state == "withdrawn"
