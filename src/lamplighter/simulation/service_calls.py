"""Conversations of the simulated company's service, with faults as agents make them: calls and some written ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from lamplighter.simulation.seeds import open_stream

_SURNAMES: Final = "王李张刘陈杨黄赵周吴"
_GIVEN: Final = ("建国", "芳", "敏", "志强", "秀英", "伟", "丽", "军")
_STREETS: Final = ("幸福路", "建设路", "新村街", "阳光花园", "和平里")
CALLS_A_DAY: Final = 1.5
"""Conversations of a sample agent a day: enough to look at, made in a few seconds."""
_CHAT_SHARE: Final = 0.2
_SKILL: Final = (0.4, 0.8, 1.2, 2.0)
"""How much more or less often than on average an agent errs: an assumption."""

Dialogue = dict[str, Any]


@cache
def _book() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/calls.toml").read_text(encoding="utf-8"))


def simulate_calls(
    *, agents: Sequence[str], start_on: dt.date, days: int, a_day: float, zone: dt.tzinfo, seed: int
) -> Iterator[Dialogue]:
    """Yield conversations, one document each as quality inspection reads them, with ``at`` and ``agent``.

    What was done wrong in one stands in ``faults``, as items of the rubric: no analysis reads it, whoever plays a
    person who listens does.

    Args:
        agents: names of their accounts; each errs more or less often by his place in the list.
        start_on: first day.
        days: how many.
        a_day: conversations of an agent on an average day.
        zone: of the company's clock.
        seed: the same seed gives the same conversations.

    Example:
        >>> when = dict(start_on=dt.date(2025, 1, 1), days=10, zone=dt.UTC)
        >>> made = list(simulate_calls(agents=["li"], a_day=2.0, seed=1, **when))
        >>> made == list(simulate_calls(agents=["li"], a_day=2.0, seed=1, **when)), made[0]["agent"]
        (True, 'li')
    """
    for place, agent in enumerate(agents):
        rng = open_stream(seed=seed, purpose="service_calls", number=place)
        for day in range(days):
            on = start_on + dt.timedelta(days=day)
            for number in range(int(rng.poisson(a_day))):
                second = int(rng.integers(8 * 3600, 20 * 3600))
                at = dt.datetime.combine(on, dt.time(), tzinfo=zone) + dt.timedelta(seconds=second)
                talk = _converse(rng, skill=_SKILL[place % len(_SKILL)], number=1001 + place)
                yield {"id": f"{agent}-{on:%Y%m%d}-{number + 1:02d}", "at": at.isoformat(), "agent": agent} | talk


def _converse(rng: np.random.Generator, *, skill: float, number: int) -> Dialogue:
    book = _book()
    shares = np.array([matter["share"] for matter in book["matter"]])
    matter = book["matter"][int(rng.choice(len(shares), p=shares / shares.sum()))]
    made = [
        fault
        for fault in book["fault"]
        if rng.uniform() < min(1.0, fault["share"] * skill) and matter["name"] in fault.get("matters", [matter["name"]])
    ]
    is_chat = bool(rng.uniform() < _CHAT_SHARE)
    amount = int(rng.integers(80, 460))
    said = amount + int(rng.integers(5, 60)) if any(fault.get("wrong_amount") for fault in made) else amount
    words = {
        "account": f"10000{rng.integers(10_000, 99_999)}",
        "name": _SURNAMES[int(rng.integers(len(_SURNAMES)))] + _GIVEN[int(rng.integers(len(_GIVEN)))],
        "address": f"{_STREETS[int(rng.integers(len(_STREETS)))]}{rng.integers(1, 90)}号{rng.integers(1, 12)}栋",
        "amount": said,
        "number": number,
    }
    lines = [
        (who, _one_of(rng, spoken).format(**words))
        for kind, who, spoken in matter["lines"]
        if kind not in {dropped for fault in made for dropped in fault.get("drop", ())}
    ]
    lines = [("agent", fault["say_first"]) for fault in made if "say_first" in fault] + lines
    for fault in made:
        if "say" in fault:
            lines.insert(_after_second(lines), ("agent", fault["say"]))
    wait = max((fault.get("wait", 0.0) for fault in made), default=0.0)
    kinds = {kind for kind, _, _ in matter["lines"]}
    found: Dialogue = {
        # What a matter has no words for cannot be left out.
        "faults": sorted({each["item"] for each in made if not kinds.isdisjoint(each.get("drop", kinds))}),
        "channel": "chat" if is_chat else "call",
        "ended_by": next((fault["ended_by"] for fault in made if "ended_by" in fault), "customer"),
        "turns": list(_timed(rng, lines, wait=wait, is_chat=is_chat)),
    }
    if matter.get("has_amount"):
        found["truth"] = [{"words": ["电费"], "value": amount, "unit": "元", "source": "账单（模拟）"}]
    return found


def simulate_verdicts(made: Dialogue, *, rater: int, items: Sequence[str], seed: int) -> dict[str, str]:
    """Return what a person who listens says of each item: fine, breach or unsure, with the errors people make.

    Args:
        made: a conversation of `simulate_calls`.
        rater: number of the person; each errs by himself.
        items: of the rubric.
        seed: the same seed gives the same verdicts.

    Example:
        >>> when = dict(start_on=dt.date(2025, 1, 1), days=3, zone=dt.UTC, a_day=2.0, seed=1)
        >>> made = next(simulate_calls(agents=["li"], **when))
        >>> simulate_verdicts(made, rater=1, items=["pace"], seed=1)
        {'pace': 'unsure'}
    """
    # By the conversation's name: one more or less changes nothing in the others.
    number = int.from_bytes(hashlib.sha256(str(made["id"]).encode()).digest()[:6], "big") * 10 + rater
    rng, way = open_stream(seed=seed, purpose="service_ratings", number=number), _book()["rater"]
    said = {}
    for item in items:
        chance, is_there = float(rng.uniform()), item in made["faults"]
        if item in way["never"] or chance > 1 - way["unsure"]:
            said[item] = "unsure"
        elif is_there:
            said[item] = "fine" if chance < way["overlooks"] else "breach"
        else:
            said[item] = "breach" if chance < way["invents"] else "fine"
    return said


def _one_of(rng: np.random.Generator, spoken: str) -> str:
    ways = spoken.split("|")
    return ways[int(rng.integers(len(ways)))]


def _after_second(lines: Sequence[tuple[str, str]]) -> int:
    places = [place for place, (who, _) in enumerate(lines) if who == "customer"]
    return places[1] + 1


def _timed(
    rng: np.random.Generator, lines: Sequence[tuple[str, str]], *, wait: float, is_chat: bool
) -> Iterator[dict[str, Any]]:
    clock, is_waited = 0.0, False
    for at, (who, words) in enumerate(lines):
        gap = float(rng.uniform(2.0, 12.0)) if is_chat else float(rng.uniform(0.4, 2.0))
        if wait and not is_waited and at >= 2 and who == "agent" and lines[at - 1][0] == "customer":
            gap, is_waited = (wait * 3 if is_chat else wait), True
        start = clock + gap
        clock = start + (1.0 if is_chat else max(1.2, len(words) / 3.5))
        yield {"i": at, "who": who, "start": round(start, 1), "end": round(clock, 1), "text": words}
