"""The worker's side: claimed once, tried again, given up, taken up when its worker is gone; and what people do."""

import datetime as dt
import logging
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.outbox.addresses import add_address_book
from lamplighter.base.outbox.models import Message, MessageEvent, Proof
from lamplighter.base.outbox.operations import (
    NotPossible,
    ReasonMissing,
    cancel_message,
    prove_service,
    queue_message,
    resend_message,
    take_answer,
)
from lamplighter.base.outbox.queries import MessageUnknown, add_subject, find_message, history_of
from lamplighter.base.outbox.records import (
    Channel,
    Handed,
    Outgoing,
    ProofKind,
    Recipient,
    SendingFailed,
    State,
    Subject,
)
from lamplighter.base.outbox.sending import Turn, send_due
from lamplighter.base.security.actor import Actor, Level, Right, RightMissing, UnitPath
from lamplighter.base.settings import Home

NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
PATH = UnitPath("P", "C", "N", "S1")
RIGHTS = frozenset({Right.SEE_MESSAGES, Right.HANDLE_MESSAGES, Right.SEE_CASES})
LI = Actor(1, "Li", "S1", Level.STATION, frozenset(), RIGHTS)
TELEPHONE = "13812345678"

pytestmark = pytest.mark.django_db


class Taker:
    """A channel that knows keys: it delivers each once, fails as it is told, and may take its worker with it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.delivered: dict[str, Outgoing] = {}
        self.failure: SendingFailed | None = None
        self.dies_after_taking = False

    def send(self, outgoing: Outgoing) -> Handed:
        self.asked.append(outgoing.key)
        if self.failure is not None:
            raise self.failure
        self.delivered.setdefault(outgoing.key, outgoing)
        if self.dies_after_taking:
            raise SystemExit  # as a kill: nothing after it is run
        return Handed(reference=f"R-{len(self.delivered)}")


@pytest.fixture(autouse=True)
def books() -> None:
    add_address_book("test", lambda ref, channel: TELEPHONE if ref == "known" else "", lambda ref: f"**{ref[-2:]}")
    add_subject("inspection.case", Right.SEE_CASES)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def taker() -> Taker:
    return Taker()


def queue(home: Home, *, key: str = "k", channel: Channel = Channel.SMS, ref: str = "known", **more: Any) -> int:
    return queue_message(
        key=key,
        channel=channel,
        recipient=Recipient("test", ref),
        subject=Subject("inspection.case", "7"),
        subject_words="AJ-7",
        path=PATH,
        template="deadline_reminder",
        fields={"case": "AJ-7", "task": "t", "due": "2026-12-01", "provisional": ""},
        language="en",
        by=LI,
        now=NOON,
        home=home,
        **more,
    ).number


def turn(home: Home, taker: Any, *, at: dt.datetime = NOON) -> Turn:
    return send_due(home=home, clock=lambda: at, adapter=taker)


def state_of(number: int) -> str:
    return Message.objects.get(pk=number).state


def kinds_of(number: int) -> list[str]:
    return list(MessageEvent.objects.filter(message_id=number).order_by("pk").values_list("kind", flat=True))


class TestAMessage:
    def test_is_queued_once_a_key(self, home: Home) -> None:
        assert queue(home) == queue(home)
        assert Message.objects.count() == 1

    def test_is_sent_with_the_address_of_that_moment_which_is_kept_nowhere(
        self, home: Home, taker: Taker, caplog: pytest.LogCaptureFixture
    ) -> None:
        number = queue(home)

        with caplog.at_level(logging.DEBUG):
            assert turn(home, taker).sent == 1

        assert taker.delivered["k#0"].address == TELEPHONE
        assert (state_of(number), kinds_of(number)) == ("sent", ["queued", "sending", "sent"])
        kept = [repr(row) for model in (Message, MessageEvent) for row in model.objects.values()]
        assert TELEPHONE not in "".join([*kept, *(repr(vars(each)) for each in caplog.records)])

    def test_is_not_sent_a_second_time(self, home: Home, taker: Taker) -> None:
        queue(home)
        turn(home, taker)

        assert turn(home, taker, at=NOON + 60 * MINUTE) == Turn(0, 0, 0, 0)
        assert taker.asked == ["k#0"]

    def test_waits_for_people_where_they_hand_it_over(self, home: Home, taker: Taker) -> None:
        number = queue(home, channel=Channel.HAND)

        turn(home, taker)

        assert (taker.asked, state_of(number)) == ([], "queued")

    def test_is_tried_again_after_growing_pauses_and_then_given_up(self, home: Home, taker: Taker) -> None:
        # Pauses of 1, 5, 30, 120 and 720 minutes: six attempts, and every one under the same key.
        number, at = queue(home), NOON
        taker.failure = SendingFailed("HTTP 503")
        waited = []
        for _ in range(5):
            turn(home, taker, at=at)
            next_at = Message.objects.get(pk=number).next_at
            assert next_at is not None
            waited.append((next_at - at) // MINUTE)
            turn(home, taker, at=next_at - MINUTE / 2)  # too early: nothing happens
            at = next_at
        turn(home, taker, at=at)

        assert waited == [1, 5, 30, 120, 720]
        assert (state_of(number), taker.asked) == ("failed", ["k#0"] * 6)
        assert history_of(number)[0].words == "HTTP 503"

    def test_that_can_never_arrive_is_given_up_at_once(self, home: Home, taker: Taker) -> None:
        number = queue(home, ref="unknown")

        turn(home, taker)

        assert (state_of(number), taker.asked) == ("failed", [])
        assert "no address" in Message.objects.get(pk=number).failure

    def test_does_not_hold_up_those_behind_it_when_an_adapter_breaks(self, home: Home, taker: Taker) -> None:
        class Broken(Taker):
            def send(self, outgoing: Outgoing) -> Handed:
                if outgoing.key == "first#0":
                    raise ZeroDivisionError
                return super().send(outgoing)

        first, second = queue(home, key="first"), queue(home, key="second")
        turn(home, Broken())

        assert (state_of(first), state_of(second)) == ("queued", "sent")

    def test_goes_into_the_home_where_the_company_set_nothing_else(self, home: Home) -> None:
        queue(home)

        send_due(home=home, clock=lambda: NOON)

        assert [path.name for path in (home.outbox / "sms").iterdir()] == ["k_0.json"]


class TestAWorkerKilledInMidSend:
    def test_leaves_a_message_that_reaches_its_recipient_once(self, home: Home, taker: Taker) -> None:
        number = queue(home)
        taker.dies_after_taking = True
        with pytest.raises(SystemExit):
            turn(home, taker)
        assert state_of(number) == "sending"

        taker.dies_after_taking = False
        assert turn(home, taker, at=NOON + 4 * MINUTE) == Turn(0, 0, 0, 0)  # it may still be at work
        assert turn(home, taker, at=NOON + 6 * MINUTE) == Turn(1, 0, 0, 1)

        assert taker.asked == ["k#0", "k#0"]
        assert list(taker.delivered) == ["k#0"]
        assert kinds_of(number) == ["queued", "sending", "lost", "sending", "sent"]

    def test_counts_no_more_once_another_has_taken_it_up(self, home: Home, taker: Taker) -> None:
        number = queue(home)

        class Slow(Taker):
            def send(self, outgoing: Outgoing) -> Handed:
                turn(home, taker, at=NOON + 6 * MINUTE)  # another worker, while this one sleeps
                raise SendingFailed("timeout")

        turn(home, Slow())

        assert (state_of(number), kinds_of(number)[-1]) == ("sent", "sent")


class TestWhatAChannelSays:
    def test_is_taken_once(self, home: Home, taker: Taker) -> None:
        number = queue(home)
        turn(home, taker)
        said = {"key": "k#0", "channel": Channel.SMS, "state": State.DELIVERED, "why": "", "now": NOON}

        assert [take_answer(**said), take_answer(**said)] == [True, False]
        assert state_of(number) == "delivered"

    def test_of_an_earlier_round_or_another_channel_is_of_no_message(self, home: Home, taker: Taker) -> None:
        queue(home)
        turn(home, taker)

        for key, channel in (("k#1", Channel.SMS), ("k#0", Channel.EMAIL), ("k", Channel.SMS), ("#", Channel.SMS)):
            with pytest.raises(MessageUnknown):
                take_answer(key=key, channel=channel, state=State.FAILED, why="", now=NOON)

    def test_may_come_before_the_worker_has_written_that_it_was_sent(self, home: Home) -> None:
        number = queue(home)

        class Fast(Taker):
            def send(self, outgoing: Outgoing) -> Handed:
                take_answer(key=outgoing.key, channel=Channel.SMS, state=State.DELIVERED, why="", now=NOON)
                return Handed("R")

        turn(home, Fast())

        assert state_of(number) == "delivered"


class TestPeople:
    def test_take_back_what_waits_with_a_reason(self, home: Home, taker: Taker) -> None:
        number = queue(home)
        with pytest.raises(ReasonMissing):
            cancel_message(actor=LI, number=number, reason=" ", now=NOON)

        cancel_message(actor=LI, number=number, reason="wrong case", now=NOON)

        turn(home, taker)
        assert (state_of(number), taker.asked) == ("cancelled", [])
        assert history_of(number)[0].words == "wrong case"

    def test_do_not_take_back_what_has_gone(self, home: Home, taker: Taker) -> None:
        number = queue(home)
        turn(home, taker)

        with pytest.raises(NotPossible):
            cancel_message(actor=LI, number=number, reason="too late", now=NOON)

    def test_send_again_under_a_new_key(self, home: Home, taker: Taker) -> None:
        number = queue(home)
        taker.failure = SendingFailed("HTTP 400", is_final=True)
        turn(home, taker)
        taker.failure = None

        resend_message(actor=LI, number=number, reason="number mended", now=NOON)
        turn(home, taker)

        assert (taker.asked, state_of(number)) == (["k#0", "k#1"], "sent")

    def test_prove_that_it_was_served(self, home: Home) -> None:
        number = queue(home, channel=Channel.HAND)

        prove_service(
            actor=LI,
            number=number,
            kind=ProofKind.REFUSAL,
            served_on=NOON.date(),
            receiver="",
            witness="Wang",
            postal_no="",
            note="",
            file=None,
            home=home,
            now=NOON,
            today=NOON.date(),
        )

        assert (state_of(number), kinds_of(number)) == ("delivered", ["queued", "proof", "delivered"])
        with pytest.raises(TypeError, match="only ever added to"):
            Proof.objects.get().delete()

    def test_of_a_sibling_unit_or_without_the_right_to_what_it_is_about_see_none(self, home: Home) -> None:
        number = queue(home)
        beside = Actor(2, "Wang", "S2", Level.STATION, frozenset(), RIGHTS)
        without = Actor(3, "Zhao", "S1", Level.STATION, frozenset(), frozenset({Right.SEE_MESSAGES}))
        closed = Actor(4, "Sun", "S1", Level.STATION, frozenset(), frozenset())

        assert find_message(actor=beside, number=number) is None
        assert find_message(actor=without, number=number) is None
        with pytest.raises(RightMissing):
            find_message(actor=closed, number=number)
        with pytest.raises(RightMissing):
            cancel_message(actor=without, number=number, reason="x", now=NOON)
