"""K-1 to K-3: calls as the telephone exchange tells them, and how long people wait for a person and are handled.

A call may have several legs: it is put through, and each queue it comes to is one. It counts once, with the first
request and the first answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.kpi.records import Count, Definition
from lamplighter.business.kpi.rules.measures import CHINA, month_of
from lamplighter.business.service_desk.chats.records import HandOverFact
from lamplighter.business.service_desk.contacts.records import TalkFact

EXCHANGE: Final = "exchange"
"""Group of what the company's exchange tells."""
RECORDED: Final = "recorded"
"""Group of what is only known because the conversation was handed in: answered calls alone."""
_BY: Final = ("month", "unit_id", "queue", "agent")


def fold_legs(legs: pa.Table) -> pa.Table:
    """Return one row for each call of a table of legs.

    Args:
        legs: ``core_call_leg``, in any order.

    Returns:
        ``call_id, unit_id, queue, agent, offered_at, answered_at, ended_at, waited_s, handled_s, legs``: unit and queue
        of the first leg, agent of the first that was answered, ``waited_s`` from the first request to the first answer
        (to the end where nobody answered), ``handled_s`` talk, hold and wrap-up of all legs, null where nobody did.

    Example:
        A call that waited 8 s, spoke for a minute, was put through, waited 5 s and spoke for another two:

        >>> import datetime as dt
        >>> at = lambda s: dt.datetime(2026, 3, 2, 2) + dt.timedelta(seconds=s)
        >>> legs = pa.table({"call_id": ["a", "a"], "leg": [1, 2], "unit_id": ["S1"] * 2, "queue": ["q", "r"],
        ...     "agent": ["1", "2"], "offered_at": [at(0), at(68)], "answered_at": [at(8), at(73)],
        ...     "ended_at": [at(68), at(193)], "wrap_seconds": [None, 30.0]})
        >>> [(row["waited_s"], row["handled_s"], row["agent"]) for row in fold_legs(legs).to_pylist()]
        [(8.0, 210.0, '1')]
    """
    legs = legs.sort_by([("call_id", "ascending"), ("leg", "ascending")])
    spoke = pc.add(
        _seconds(legs["answered_at"], legs["ended_at"]),
        pc.fill_null(pc.cast(legs["wrap_seconds"], pa.float64()), 0.0),
    )
    who = pc.if_else(pc.is_valid(legs["answered_at"]), legs["agent"], pa.scalar(None, pa.string()))
    legs = legs.append_column("handled_s", spoke).append_column("who", who)
    found = legs.group_by("call_id", use_threads=False).aggregate(
        [
            ("unit_id", "first"),
            ("queue", "first", pc.ScalarAggregateOptions(skip_nulls=False)),
            ("who", "first"),
            ("offered_at", "min"),
            ("answered_at", "min"),
            ("ended_at", "max"),
            ("handled_s", "sum", pc.ScalarAggregateOptions(min_count=1)),
            ("leg", "count"),
        ]
    )
    until = pc.coalesce(found["answered_at_min"], found["ended_at_max"])
    return pa.table(
        {
            "call_id": found["call_id"],
            "unit_id": found["unit_id_first"],
            "queue": found["queue_first"],
            "agent": found["who_first"],
            "offered_at": found["offered_at_min"],
            "answered_at": found["answered_at_min"],
            "ended_at": found["ended_at_max"],
            "waited_s": _seconds(found["offered_at_min"], until),
            "handled_s": found["handled_s_sum"],
            "legs": found["leg_count"],
        }
    )


def count_calls(
    calls: pa.Table, *, paths: Mapping[str, UnitPath], definitions: Mapping[str, Definition], by_person: bool
) -> Iterator[Count]:
    """Yield what the calls of the exchange add, by month, unit and queue; calls of units nobody knows are left out.

    K-1: answered, of those who asked for an agent and did not give up within the seconds of the definition. K-2:
    answered within its seconds, of those answered. K-3: minutes of talk, hold and wrap-up of those answered.

    Args:
        calls: as `fold_legs` returns them.
        paths: unit -> its units.
        definitions: by code.
        by_person: figures by person may be made here.
    """
    if not calls.num_rows:
        return
    marked = mark_calls(calls, definitions=definitions)
    agent = pc.fill_null(calls["agent"], "") if by_person else pa.array([""] * calls.num_rows)
    counted = pa.table(
        {
            "month": marked["month"],
            "unit_id": calls["unit_id"],
            "queue": pc.fill_null(calls["queue"], ""),
            "agent": agent,
            **{name: pc.cast(marked[name], pa.float64()) for name in ("answered", "asked", "quick")},
            "minutes": pc.divide(pc.fill_null(calls["handled_s"], 0.0), 60.0),
        }
    )
    summed = counted.group_by(list(_BY)).aggregate([(n, "sum") for n in ("answered", "asked", "quick", "minutes")])
    for row in summed.sort_by([(name, "ascending") for name in _BY]).to_pylist():
        if row["unit_id"] not in paths:
            continue
        of: dict[str, Any] = {
            "month": row["month"],
            "path": paths[row["unit_id"]],
            "group": EXCHANGE,
            "team": row["queue"],
        }
        of["person"] = row["agent"]
        for code, hits, total in (
            ("K-1", row["answered_sum"], row["asked_sum"]),
            ("K-2", row["quick_sum"], row["answered_sum"]),
            ("K-3", row["minutes_sum"], row["answered_sum"]),
        ):
            if total:
                yield Count(code=code, hits=hits, total=total, **of)


def mark_calls(calls: pa.Table, *, definitions: Mapping[str, Definition]) -> pa.Table:
    """Return the calls with what counts of each.

    Args:
        calls: as `fold_legs` returns them.
        definitions: by code.

    Returns:
        The calls with ``month`` (its first day, by the company's calendar), ``answered``, ``asked`` (K-1 counts it)
        and ``quick`` (in time for K-2).
    """
    answered, waited = pc.is_valid(calls["answered_at"]), calls["waited_s"]
    gave_up = pc.and_(pc.invert(answered), pc.less(waited, definitions["K-1"].parameters["seconds"]))
    quick = pc.and_(answered, pc.less_equal(waited, definitions["K-2"].parameters["seconds"]))
    local = calls["offered_at"].cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", CHINA.key))
    month = pc.floor_temporal(pc.local_timestamp(local), unit="month").cast(pa.date32())
    marked = calls.append_column("month", month).append_column("answered", answered)
    return marked.append_column("asked", pc.invert(gave_up)).append_column("quick", quick)


def count_talks(talks: Iterable[TalkFact], *, by_person: bool) -> Iterator[Count]:
    """Yield K-3 of conversations that were handed in: minutes from the first word to the last.

    Neither how long somebody waited nor who was lost is known of them, so they add to nothing else.
    """
    for talk in talks:
        person = talk.agent_name if by_person else ""
        yield Count("K-3", month_of(talk.begun_at), talk.path, talk.seconds / 60, 1.0, RECORDED, person=person)


def count_hand_overs(
    facts: Iterable[HandOverFact], *, definitions: Mapping[str, Definition], by_person: bool
) -> Iterator[Count]:
    """Yield what conversations handed over by the assistant add, by channel, once a person answered or they ended.

    K-1.1: answered by a person, of those handed over and not left within the seconds of the definition. K-2.1: minutes
    until he answered.
    """
    seconds = definitions["K-1.1"].parameters["seconds"]
    for fact in facts:
        until = fact.taken_at or fact.ended_at
        if until is None:
            continue
        waited = max(0.0, (until - fact.wanted_at).total_seconds())
        month, person = month_of(fact.wanted_at), fact.agent_name if by_person else ""
        if fact.taken_at is not None:
            yield Count("K-2.1", month, fact.path, waited / 60, 1.0, fact.channel, person=person)
        if fact.taken_at is not None or waited >= seconds:
            yield Count("K-1.1", month, fact.path, float(fact.taken_at is not None), 1.0, fact.channel, person=person)


def _seconds(begin: pa.ChunkedArray, end: pa.ChunkedArray) -> pa.ChunkedArray:
    gone = pc.subtract(
        pc.cast(end, pa.timestamp("us")).cast(pa.int64()), pc.cast(begin, pa.timestamp("us")).cast(pa.int64())
    )
    return pc.divide(pc.cast(gone, pa.float64()), 1_000_000.0)
