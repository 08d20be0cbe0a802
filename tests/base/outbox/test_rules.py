"""Ways a message may go, proof that is proof, and signatures."""

import datetime as dt

import pytest

from lamplighter.base.outbox.records import ProofKind, State
from lamplighter.base.outbox.rules import MOVES, is_signed, may_become, next_try_at, proof_faults, sign

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
STAMP = str(int(NOON.timestamp()))


class TestTheWayOfAMessage:
    def test_names_every_state(self):
        assert set(MOVES) == set(State)

    @pytest.mark.parametrize("end", [State.DELIVERED, State.CANCELLED])
    def test_ends(self, end):
        assert not MOVES[end]

    def test_never_takes_back_what_has_gone(self):
        assert [state for state in State if may_become(state, State.CANCELLED)] == [State.QUEUED, State.FAILED]

    def test_lets_a_channel_say_late_that_it_arrived(self):
        assert may_become(State.FAILED, State.DELIVERED)


class TestTheNextTry:
    def test_waits_longer_each_time_and_then_gives_up(self):
        pauses = [next_try_at(now=NOON, attempt=each, pauses_minutes=(1, 5, 30)) for each in (1, 2, 3, 4)]

        assert [each and (each - NOON).seconds // 60 for each in pauses] == [1, 5, 30, None]


class TestProof:
    @pytest.mark.parametrize(
        ("kind", "lacks"),
        [
            (ProofKind.SIGNATURE, ("receiver", "file")),
            (ProofKind.REFUSAL, ("witness",)),
            (ProofKind.POSTAL, ("postal_no",)),
            (ProofKind.POSTED_UP, ("file",)),
        ],
    )
    def test_of_each_kind_needs_what_makes_it_proof(self, kind, lacks):
        said = {"receiver": "", "witness": "", "postal_no": "", "has_file": False}
        assert proof_faults(kind=kind, served_on=NOON.date(), today=NOON.date(), **said) == lacks

        said = {"receiver": "Wang", "witness": "Li", "postal_no": "XA1", "has_file": True}
        assert proof_faults(kind=kind, served_on=NOON.date(), today=NOON.date(), **said) == ()

    def test_is_of_no_day_to_come(self):
        said = {"receiver": "", "witness": "Li", "postal_no": "", "has_file": False}
        tomorrow = NOON.date() + dt.timedelta(days=1)

        assert proof_faults(kind=ProofKind.REFUSAL, served_on=tomorrow, today=NOON.date(), **said) == ("future",)
        assert proof_faults(kind=ProofKind.REFUSAL, served_on=None, today=NOON.date(), **said) == ("served_on",)


class TestASignature:
    def holds(self, *, body=b"{}", signed=b"{}", secret=b"k", stamp=STAMP, now=NOON):
        signature = sign(secret=b"k", stamp=stamp, body=signed)
        return is_signed(secret=secret, stamp=stamp, body=body, signature=signature, now=now, most_seconds=300)

    def test_holds_for_what_was_signed_lately(self):
        assert self.holds()
        assert self.holds(now=NOON + dt.timedelta(seconds=300))

    def test_holds_for_nothing_else(self):
        assert not self.holds(body=b"[]")
        assert not self.holds(secret=b"other")
        assert not self.holds(now=NOON + dt.timedelta(seconds=301))
        assert not self.holds(now=NOON - dt.timedelta(seconds=301))

    @pytest.mark.parametrize("stamp", ["", "soon", "-5", "9" * 40])
    def test_needs_a_readable_time(self, stamp):
        assert not is_signed(secret=b"k", stamp=stamp, body=b"", signature="é", now=NOON, most_seconds=300)
