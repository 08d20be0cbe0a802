import datetime as dt
from decimal import Decimal

import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.service_desk.answers.phrasing import phrase_safely
from lamplighter.business.service_desk.answers.plans import plans
from lamplighter.business.service_desk.figures import figures_in, unsupported_figures
from lamplighter.business.service_desk.identity import AttemptsInMemory, CodesInMemory, Identity
from lamplighter.business.service_desk.knowledge.graph import Edge, Relation, check_edges, packaged_edges
from lamplighter.business.service_desk.records import Figure
from lamplighter.business.service_desk.understanding.corpus import utterances
from lamplighter.business.service_desk.understanding.intents import intents
from tests.business.service_desk.conftest import NOW, ON_FILE, Directory, OneBill

LIMIT = Figure(Decimal("24"), "小时", "clause", "limit")


class TestFigures:
    @pytest.mark.parametrize(
        "text",
        [
            "48小时",
            "24天",
            "两天内",
            "百分之五",
            "免费",
            "打八折",
            "3月5日前",
            "2025年8月",
            "约三块五",
            "一万元",
            "半价",
            "five days",
            "半小时",
        ],
    )
    def test_that_nobody_gave_are_found_in_any_writing(self, text):
        assert unsupported_figures(text, allowed=[LIMIT])

    @pytest.mark.parametrize("text", ["24小时内恢复", "二十四个小时", "请稍等一下,一定转告", "24 hours"])
    def test_that_were_given_may_be_said_in_any_writing(self, text):
        assert unsupported_figures(text, allowed=[LIMIT]) == ()

    def test_do_not_pass_with_another_unit(self):
        assert [said.written for said in figures_in("千分之一")] == ["千分之一"]
        assert unsupported_figures("24元", allowed=[LIMIT])


class TestIdentity:
    def check(self, identity, facts, account="1000000248", asker="one", now=NOW):
        return identity.check_facts(account_id=account, facts=facts, asker=asker, now=now)

    def test_takes_two_facts_on_file(self):
        identity = Identity(Directory(), AttemptsInMemory())

        assert self.check(identity, {"name": "张建国", "telephone": "5678"})
        assert self.check(identity, {"address": "幸福路12号", "meter": "8765"})

    def test_does_not_take_one_fact_nor_a_piece_of_one(self):
        identity = Identity(Directory(), AttemptsInMemory())

        assert not self.check(identity, {"name": "张建国"})
        assert not self.check(identity, {"name": "张", "telephone": "78", "address": "路"}, asker="two")

    def test_fails_the_same_way_for_an_account_that_does_not_exist(self):
        identity = Identity(Directory(), AttemptsInMemory())

        assert not self.check(identity, {"name": "张建国", "telephone": "5678"}, account="9999999999")
        assert identity.attempts.failures("account:9999999999", since=NOW) == 1

    def test_is_not_closed_to_the_customer_by_a_stranger_who_tries_elsewhere(self):
        attempts = AttemptsInMemory()
        stranger = Identity(Directory(), attempts, place="an address")
        for number in range(5):
            self.check(stranger, {"name": "李四", "telephone": "0000"}, asker=f"session {number}")
        right = {"name": "张建国", "telephone": "5678"}

        # He is stopped after three, also with the right facts and in another session; the customer is not.
        assert not self.check(stranger, right, asker="session 6")
        assert self.check(Identity(Directory(), attempts, place="home"), right, asker="customer")

    def test_is_closed_on_an_account_after_twelve_failures_from_all_places_together(self):
        attempts = AttemptsInMemory()
        for number in range(12):
            elsewhere = Identity(Directory(), attempts, place=f"address {number}")
            self.check(elsewhere, {"name": "李四", "telephone": "0000"}, asker=f"session {number}")

        home = Identity(Directory(), attempts, place="home")
        assert not self.check(home, {"name": "张建国", "telephone": "5678"}, asker="customer")

    def test_code_is_still_open_when_strangers_used_the_facts_up(self):
        class Outbox:
            sent: str = ""

            def send_code(self, account_id: str, code: str) -> None:
                self.sent = code

        attempts, outbox = AttemptsInMemory(), Outbox()
        for number in range(12):
            elsewhere = Identity(Directory(), attempts, place=f"address {number}")
            self.check(elsewhere, {"name": "李四", "telephone": "0000"}, asker=f"session {number}")
        home = Identity(Directory(), attempts, outbox, place="home")

        home.send_code(account_id="1000000248", asker="customer", now=NOW)

        assert home.check_code(account_id="1000000248", code=outbox.sent, asker="customer", now=NOW)

    def test_code_cannot_be_guessed_more_than_three_times_from_a_place_nor_twelve_times_at_all(self):
        class Outbox:
            sent: str = ""

            def send_code(self, account_id: str, code: str) -> None:
                self.sent = code

        attempts, codes, outbox = AttemptsInMemory(), CodesInMemory(), Outbox()
        Identity(Directory(), attempts, outbox, codes, "home").send_code(
            account_id="1000000248", asker="customer", now=NOW
        )

        def guess(place, asker, code):
            guesser = Identity(Directory(), attempts, outbox, codes, place)
            return guesser.check_code(account_id="1000000248", code=code, asker=asker, now=NOW)

        wrong = "000000" if outbox.sent != "000000" else "111111"
        for number in range(3):
            guess("one address", f"session {number}", wrong)
        assert not guess("one address", "session 4", outbox.sent)
        for number in range(9):
            guess(f"address {number}", f"other {number}", wrong)
        assert not guess("home", "customer", outbox.sent)

    def test_is_closed_after_three_failures_even_for_the_right_facts_and_opens_a_day_later(self):
        identity = Identity(Directory(), AttemptsInMemory())
        for _ in range(3):
            self.check(identity, {"name": "李四", "telephone": "0000"})

        assert not self.check(identity, {"name": "张建国", "telephone": "5678"})
        assert not self.check(identity, {"name": "张建国", "telephone": "5678"}, asker="another")
        assert self.check(identity, {"name": "张建国", "telephone": "5678"}, now=NOW + dt.timedelta(hours=25))

    def test_counts_an_attempt_before_it_is_judged_so_that_many_at_once_are_no_more_than_three(self):
        class Together(AttemptsInMemory):
            """Ten others noted their attempts before any of them was judged."""

            def note(self, key, *, at):
                number = super().note(key, at=at)
                for _ in range(10):
                    super().note(key, at=at)
                return number

        assert not self.check(Identity(Directory(), Together()), {"name": "张建国", "telephone": "5678"})

    def test_is_closed_to_a_place_from_which_thirty_accounts_were_tried(self):
        identity = Identity(Directory(), AttemptsInMemory(), place="an address")
        for number in range(30):
            self.check(identity, {"name": "李四"}, account=f"90000000{number:02d}", asker=f"session {number}")

        assert not self.check(identity, {"name": "张建国", "telephone": "5678"}, asker="yet another")

    def test_code_works_once_within_five_minutes(self):
        class Outbox:
            sent: str = ""

            def send_code(self, account_id: str, code: str) -> None:
                self.sent = code

        outbox = Outbox()
        identity = Identity(Directory(), AttemptsInMemory(), outbox)
        identity.send_code(account_id="1000000248", asker="one", now=NOW)
        given = {"account_id": "1000000248", "code": outbox.sent, "asker": "one"}

        assert len(outbox.sent) == 6
        assert identity.check_code(**given, now=NOW + dt.timedelta(minutes=4))
        assert not identity.check_code(**given, now=NOW + dt.timedelta(minutes=4))


class TestConversation:
    def test_tells_a_stranger_nothing_whether_the_account_exists_or_not(self, talk):
        known = talk().reply("户号1000000248电费怎么这么高", now=NOW)
        unknown = talk().reply("户号9999999999电费怎么这么高", now=NOW)

        assert known.text == unknown.text
        assert "235.4" not in known.text

    @pytest.mark.parametrize("yuan", ["235.40", "1.07", "99999.99"])
    def test_says_whatever_the_tool_gave_with_its_source(self, talk, yuan):
        conversation = talk(OneBill(yuan))
        assert conversation.identify(account_id="1000000248", facts=ON_FILE, now=NOW)

        answer = conversation.reply("我家电费怎么突然这么高", now=NOW)

        assert yuan in answer.text
        assert "bill 2026-02" in [figure.source for figure in answer.figures]
        assert answer.hand_over is None

    def test_gives_a_failing_tool_to_a_person_with_what_is_known(self, talk):
        conversation = talk()
        conversation.identify(account_id="1000000248", facts=ON_FILE, now=NOW)
        conversation.reply("我家电费怎么突然这么高", now=NOW)

        answer = conversation.reply("查一下这个月电费", now=NOW)

        assert answer.hand_over is not None
        assert answer.hand_over.reason == "tool_failed"
        assert answer.hand_over.missing == ("bill_breakdown",)
        assert [figure.value for figure in answer.hand_over.looked_up] == [Decimal("235.40")]
        assert answer.hand_over.promised

    def test_escalates_danger_at_once_and_does_not_let_anybody_rephrase_it(self, talk):
        class Phraser:
            def phrase(self, draft: str) -> str:
                raise AssertionError("never asked")

        answer = talk(phraser=Phraser()).reply("电表箱冒烟了", now=NOW)

        assert answer.hand_over is not None
        assert (answer.hand_over.reason, answer.hand_over.is_urgent) == ("danger", True)
        assert {"119", "120"} <= {figure.value for figure in answer.figures}

    def test_escalates_a_danger_that_is_denied_and_asks(self, talk):
        answer = talk().reply("没有冒烟,就是停电了", now=NOW)

        assert answer.hand_over is not None
        assert (answer.hand_over.reason, answer.hand_over.is_urgent) == ("danger_asked", True)

    def test_escalates_somebody_on_a_ventilator(self, talk):
        answer = talk().reply("停电了,我妈用呼吸机", now=NOW)

        assert answer.hand_over is not None
        assert answer.hand_over.reason == "vulnerable"

    def test_gives_a_second_misunderstanding_to_a_person(self, talk):
        conversation = talk()
        first = conversation.reply("今天天气怎么样", now=NOW)
        second = conversation.reply("讲个笑话", now=NOW)

        assert first.hand_over is None
        assert second.hand_over is not None
        assert second.hand_over.reason == "misunderstood"

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_answers_every_intent_with_supported_figures_alone(self, talk, language):
        said = {}
        for each in utterances():
            said.setdefault(each.intent, each.text)
        with speaking(language):
            refused = [
                intent
                for intent, text in said.items()
                if (given := talk().reply(text, now=NOW)).hand_over and given.hand_over.reason == "unsupported_figure"
            ]

        assert refused == []

    def test_masks_long_numbers_in_the_dossier(self, talk):
        answer = talk().reply("转人工,户号1000000248", now=NOW)

        assert answer.hand_over is not None
        assert "1000000248" not in "".join((*answer.hand_over.said, answer.hand_over.summary))


class TestPhrasing:
    @pytest.mark.parametrize("words", ["48小时内恢复", "很快恢复", "24小时内恢复,免费", "24小时内恢复,最多两天", ""])
    def test_throws_away_what_changes_drops_or_adds_a_figure(self, words):
        class Phraser:
            def phrase(self, draft: str) -> str:
                return words

        assert phrase_safely("24小时内恢复。", figures=[LIMIT], phraser=Phraser()) == ("24小时内恢复。", "templates")

    def test_takes_other_words_with_the_same_figures(self):
        class Phraser:
            def phrase(self, draft: str) -> str:
                return "您好，二十四小时内就会恢复。"

        assert phrase_safely("24小时内恢复。", figures=[LIMIT], phraser=Phraser())[1] == "endpoint"

    def test_says_the_draft_when_the_endpoint_fails(self):
        class Phraser:
            def phrase(self, draft: str) -> str:
                raise OSError("refused")

        assert phrase_safely("好的。", figures=[], phraser=Phraser()) == ("好的。", "templates")


def edge(name: str, since: dt.date, until: dt.date | None = None, business: str = "late_fee") -> Edge:
    return Edge(name, business, Relation.PRICE, "一条", "one", (), "clause", "source", "P", since, until, ())


class TestKnowledge:
    def test_of_the_package_is_sound(self):
        assert check_edges(packaged_edges(), on_date=NOW.date()) == ()

    def test_finds_two_versions_that_overlap(self):
        edges = [*packaged_edges(), edge("x", dt.date(2024, 1, 1)), edge("x", dt.date(2025, 1, 1))]

        assert ("contradiction", ("x",)) in [(each.kind, each.edges) for each in check_edges(edges, on_date=NOW.date())]

    def test_finds_what_expired_and_what_belongs_to_nothing(self):
        edges = [
            *packaged_edges(),
            edge("old", dt.date(2020, 1, 1), dt.date(2021, 1, 1)),
            edge("lost", dt.date(2020, 1, 1), business="no_such"),
        ]

        faults = [(each.kind, each.edges) for each in check_edges(edges, on_date=NOW.date())]

        assert ("expired", ("old",)) in faults
        assert ("orphan", ("lost",)) in faults

    def test_plans_are_of_intents_that_exist(self):
        assert plans().keys() <= intents().keys()
