"""A customer who speaks: the same dialogue as in the web chat, with times, doubts and barge-in."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lamplighter.base.lake import Lake
from lamplighter.base.messages import Language, speaking
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.chats.operations import ChatOver, end_chat
from lamplighter.business.service_desk.chats.queries import dialogue_of
from lamplighter.business.service_desk.quality.dialogue_file import parse_dialogue
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.scoring import score_dialogue
from lamplighter.business.service_desk.voice.speaking import Silent, Speaker, Voice
from lamplighter.journeys.customer_voice import Interrupted, Replied, VoiceCall
from tests.business.service_desk.conftest import reader  # noqa: F401  # the packaged reader, learned once
from tests.business.service_desk.voice.fakes import ears, utterances
from tests.business.service_desk.voice.sounds import Samples, silence, tone
from tests.doors.web.conftest import company, make_staff, no_failures_remembered
from tests.doors.web.test_chat import lake

__all__ = ["company", "lake", "make_staff", "no_failures_remembered"]

NOW = dt.datetime(2026, 3, 9, 2, tzinfo=dt.UTC)
FRAME = 0.032


class ThreeSeconds:
    """An engine that speaks any words in three seconds."""

    def speak(self, words: str, *, language: Language) -> Samples | None:
        return tone(3.0)


@pytest.fixture
def call(lake: Lake) -> Callable[..., VoiceCall]:
    """Begin a call in which so much is said: ``call("我家停电了", ("嗯", 0.1))``."""
    home = Home(lake.root.parent)

    def begin(*said: str | tuple[str, float], speaker: Speaker | None = None) -> VoiceCall:
        voice = Voice(home.settings / "prompts", speaker or Silent())
        return VoiceCall.begin(home=home, ears=ears(*said), voice=voice, origin="line", clock=lambda: NOW)

    return begin


@pytest.fixture(autouse=True)
def chinese() -> Any:
    with speaking("zh"):
        yield


def record(held: VoiceCall, count: int) -> list[Replied]:
    return list(held.take_recording(utterances(count)))


def customer_turns() -> list[str]:
    return list(Turn.objects.filter(who="customer").order_by("pk").values_list("words", flat=True))


class TestARecording:
    def test_is_told_the_bill_once_identity_is_proven_by_what_was_said(self, call):
        held = call(
            "我家二零二五年二月电费多少",
            "户号零零幺二三四五六七幺,户名王建国,手机尾号五六七八",
            "我家二零二五年二月电费多少",
        )

        before, proven, after = record(held, 3)

        assert "229.63" not in before.words
        assert "身份已核实" in proven.words
        assert "229.63" in after.words
        assert after.answer is not None
        assert after.answer.figures

    def test_proves_nobody_by_facts_that_are_wrong_and_keeps_none_of_them(self, call):
        held = call("户号零零幺二三四五六七幺,户名王建军,手机尾号五六七九")

        [refused] = record(held, 1)

        assert "没有核实" in refused.words
        assert Chat.objects.get().account_id == ""
        assert "王建军" not in "".join(customer_turns())
        assert "5679" not in "".join(customer_turns())

    def test_asks_for_another_fact_where_one_is_not_enough(self, call):
        held = call("户号零零幺二三四五六七幺", "手机尾号五六七八", "户名是王建国")

        _, more, proven = record(held, 3)

        assert "再说一项" in more.words
        assert "身份已核实" in proven.words

    def test_that_is_hardly_heard_is_asked_for_once_and_then_a_person_is_wanted(self, call):
        held = call(("电费多少", 0.2), ("电费多少", 0.2))

        first, second = record(held, 2)

        assert first.words == "抱歉，我没有听清，请再说一遍。"
        assert first.answer is not None
        assert first.answer.hand_over is None
        assert second.answer is not None
        assert second.answer.hand_over is not None
        assert second.answer.hand_over.reason == "unheard"
        assert Chat.objects.get().reason == "unheard"

    def test_that_is_heard_at_last_is_answered_and_counted_anew(self, call):
        held = call(("电费多少", 0.2), "违约金怎么算", ("电费多少", 0.2))

        _, clear, again = record(held, 3)

        assert clear.answer is not None
        assert clear.answer.understanding.intent == "late_fee"
        assert again.words == "抱歉，我没有听清，请再说一遍。"

    def test_of_danger_escalates_at_once_however_badly_it_was_heard(self, call):
        held = call(("电表箱冒烟了", 0.05))

        [urgent] = record(held, 1)

        assert urgent.answer is not None
        assert urgent.answer.hand_over is not None
        assert urgent.answer.hand_over.is_urgent
        assert Chat.objects.get().is_urgent

    def test_is_kept_with_its_times_and_scored_as_a_call(self, call):
        record(call("违约金怎么算"), 1)

        said = dialogue_of(Chat.objects.get())

        assert said["channel"] == "call"
        greeting, asked, answered = said["turns"]
        assert (asked["start"], asked["end"]) == pytest.approx((1.0, 2.0), abs=FRAME)
        assert answered["start"] == asked["end"]
        # 0.22 s a sign, as long as nothing speaks it.
        assert answered["end"] - answered["start"] == pytest.approx(0.22 * len(answered["text"]), abs=0.01)
        assert greeting["who"] == "agent"
        assert 0 < score_dialogue(parse_dialogue(said), known=known_on(dt.date(2026, 3, 2))).total <= 100
        assert Turn.objects.get(who="customer").confidence == 0.9

    def test_goes_on_where_the_one_before_ended(self, call):
        held = call("违约金怎么算", "转人工")
        [first] = record(held, 1)
        again = VoiceCall(held.home, held.ears, held.voice, held.secret, held.clock)

        [second] = record(again, 1)

        assert second.said.start == pytest.approx(first.timing.end + 1.0, abs=FRAME)
        assert not second.is_barge_in

    def test_masks_long_numbers_in_what_is_kept_and_given_back(self, call):
        [told] = record(call("我的电话是幺三八幺二三四五六七八"), 1)

        assert "13812345678" not in told.said.heard.text
        assert "1381234" not in customer_turns()[0]

    def test_of_a_call_that_is_over_is_refused(self, call):
        held = call("电费多少")
        end_chat(held.secret, now=NOW)

        with pytest.raises(ChatOver):
            record(held, 1)


class TestALine:
    def test_answers_when_a_pause_ends_what_was_said(self, call):
        held, told = call("违约金怎么算"), []
        sound = np.concatenate([silence(1), tone(1), silence(0.6)])
        for at in range(0, len(sound), 1600):
            told += held.feed(sound[at : at + 1600])
        assert told == []

        [reply] = held.feed(silence(0.2))

        assert isinstance(reply, Replied)
        assert reply.spoken is None
        assert not reply.is_barge_in

    def test_lets_the_customer_break_in_while_an_answer_is_spoken(self, call):
        held = call("违约金怎么算", "转人工", speaker=ThreeSeconds())
        [reply] = held.feed(np.concatenate([silence(1), tone(1), silence(0.8)]))
        # The answer is spoken from 2.0 s to 5.0 s; he begins at 3.8 s.
        interrupted, again = held.feed(np.concatenate([silence(1), tone(1), silence(0.8)]))

        assert isinstance(interrupted, Interrupted)
        assert interrupted.at == pytest.approx(3.8, abs=2 * FRAME)
        assert (reply.is_barge_in, again.is_barge_in) == (False, True)
        assert again.answer.hand_over.reason == "asked"

    def test_answers_what_its_end_cuts_off(self, call):
        held = call("我要投诉")
        assert list(held.feed(np.concatenate([silence(1), tone(1)]))) == []

        [reply] = held.finish()

        assert reply.answer is not None
        assert reply.answer.hand_over is not None
        assert Chat.objects.get().reason == "complaint"


class TestABrokenEngine:
    def test_leaves_the_words_of_the_answer(self, call):
        from lamplighter.business.service_desk.voice.engines import EngineFailed

        class Broken:
            def speak(self, words: str, *, language: Language) -> Samples | None:
                raise EngineFailed("http://127.0.0.1:9", "URLError")

        [reply] = record(call("违约金怎么算", speaker=Broken()), 1)

        assert reply.words
        assert reply.spoken is None
