"""Which way a message may go, when it is tried again, and what proof of service must say."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from lamplighter.base.outbox.records import ProofKind, State

MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.SENDING, State.CANCELLED, State.DELIVERED, State.FAILED}),
        State.SENDING: frozenset({State.SENT, State.DELIVERED, State.QUEUED, State.FAILED}),
        State.SENT: frozenset({State.DELIVERED, State.FAILED}),
        # The channel gave up and then says it arrived; or a person tries again.
        State.FAILED: frozenset({State.QUEUED, State.DELIVERED, State.CANCELLED}),
        State.DELIVERED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)
"""State -> the states that may follow."""


def may_become(state: State, then: State) -> bool:
    """Say whether a message may go from one state to another.

    Example:
        >>> may_become(State.SENT, State.DELIVERED), may_become(State.DELIVERED, State.QUEUED)
        (True, False)
    """
    return then in MOVES[state]


def next_try_at(*, now: dt.datetime, attempt: int, pauses_minutes: Sequence[int]) -> dt.datetime | None:
    """Return when a message is tried again that was not taken; None = it is given up.

    Args:
        now: when it was not taken.
        attempt: how often it was tried, from 1.
        pauses_minutes: pause after the first, the second, … attempt.

    Example:
        >>> noon = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
        >>> next_try_at(now=noon, attempt=2, pauses_minutes=(1, 5)).minute
        5
        >>> next_try_at(now=noon, attempt=3, pauses_minutes=(1, 5)) is None
        True
    """
    if attempt > len(pauses_minutes):
        return None
    return now + dt.timedelta(minutes=pauses_minutes[attempt - 1])


def proof_faults(
    *,
    kind: ProofKind,
    served_on: dt.date | None,
    today: dt.date,
    receiver: str,
    witness: str,
    postal_no: str,
    has_file: bool,
) -> tuple[str, ...]:
    """Return what proof lacks to be proof, names of ``outbox.proof_fault``; empty where it is enough.

    Example:
        A refusal without anybody who saw it:

        >>> day = dt.date(2026, 11, 26)
        >>> said = {"receiver": "", "witness": "", "postal_no": "", "has_file": False}
        >>> proof_faults(kind=ProofKind.REFUSAL, served_on=day, today=day, **said)
        ('witness',)
    """
    faults = []
    if served_on is None:
        faults.append("served_on")
    elif served_on > today:
        faults.append("future")
    needs = {
        ProofKind.SIGNATURE: (("receiver", bool(receiver)), ("file", has_file)),
        ProofKind.REFUSAL: (("witness", bool(witness)),),
        ProofKind.POSTAL: (("postal_no", bool(postal_no)),),
        ProofKind.POSTED_UP: (("file", has_file),),
    }
    faults += [name for name, is_there in needs[kind] if not is_there]
    return tuple(faults)


def sign(*, secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature of what a channel and we send each other: HMAC-SHA256 over stamp, a dot, and the body.

    Example:
        >>> sign(secret=b"k", stamp="1790000000", body=b"{}")[:12]
        'd60b033fc370'
    """
    return hmac.new(secret, stamp.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()


def is_signed(*, secret: bytes, stamp: str, body: bytes, signature: str, now: dt.datetime, most_seconds: int) -> bool:
    """Say whether a body was signed with the secret, and lately: an old one may be somebody's recording."""
    if not stamp.isdecimal() or len(stamp) > 12 or abs(now.timestamp() - int(stamp)) > most_seconds:
        return False
    given = signature.encode("utf-8", "replace")
    return hmac.compare_digest(sign(secret=secret, stamp=stamp, body=body).encode("ascii"), given)
