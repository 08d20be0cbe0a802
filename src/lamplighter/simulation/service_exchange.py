"""What the simulated company's telephone exchange tells: each leg of a call, among them those nobody answered.

The conversations its agents hand in (`service_calls`) are among the answered ones, to the second. Waiting, patience
and wrap-up are drawn from plain distributions: assumptions, no measurement of anybody's hotline.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.service_calls import simulate_calls

_FIRST_AGENT: Final = 1001
_OPEN: Final = (8 * 3600, 20 * 3600)

Leg = dict[str, object]
Talk = tuple[dt.datetime, float]


@dataclass(frozen=True, slots=True)
class Post:
    """An agent's place: the unit his queue answers for, and the queue."""

    unit_id: str
    queue: str


@cache
def _book() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/exchange.toml").read_text(encoding="utf-8"))


def simulate_legs(
    *, posts: Sequence[Post], start_on: dt.date, days: int, a_day: float, zone: dt.tzinfo, seed: int
) -> Iterator[Leg]:
    """Yield the legs of every call, agent by agent in order of time; instants are local, without a zone.

    Args:
        posts: of the agents, in the order in which `simulate_calls` has them.
        start_on: first day.
        days: how many.
        a_day: conversations of an agent that are handed in on an average day, as `simulate_calls` takes it.
        zone: of the company's clock.
        seed: the same seed gives the same legs.

    Example:
        >>> when = dict(start_on=dt.date(2025, 1, 1), days=10, a_day=1.5, zone=dt.UTC, seed=1)
        >>> legs = list(simulate_legs(posts=[Post("U4", "95598")], **when))
        >>> legs == list(simulate_legs(posts=[Post("U4", "95598")], **when)), legs[0]["agent"]
        (True, '1001')
    """
    agents = [str(_FIRST_AGENT + place) for place in range(len(posts))]
    handed_in: dict[str, list[Talk]] = {agent: [] for agent in agents}
    for made in simulate_calls(agents=agents, start_on=start_on, days=days, a_day=a_day, zone=zone, seed=seed):
        if made["channel"] == "call":
            at = dt.datetime.fromisoformat(made["at"]).replace(tzinfo=None)
            handed_in[made["agent"]].append((at, made["turns"][-1]["end"]))
    number = 0
    for place, (agent, post) in enumerate(zip(agents, posts, strict=True)):
        rng = open_stream(seed=seed, purpose="service_exchange", number=place)
        more = [
            (at, float(rng.gamma(2.0, _book()["talk_seconds"] / 2.0)))
            for at in _instants(rng, start_on=start_on, days=days, a_day=_book()["more_a_day"])
        ]
        lost = _instants(rng, start_on=start_on, days=days, a_day=_book()["lost_a_day"])
        made_here = [_answered(rng, talk, agent) for talk in _one_at_a_time(handed_in[agent], more)]
        made_here += [_lost(rng, at) for at in lost]
        for leg in sorted(made_here, key=lambda each: str(each["offered_at"])):
            number += 1
            yield {"call_id": f"T{number:07d}", "leg": 1, "unit_id": post.unit_id, "queue": post.queue} | leg


def _instants(rng: np.random.Generator, *, start_on: dt.date, days: int, a_day: float) -> list[dt.datetime]:
    return [
        dt.datetime.combine(start_on + dt.timedelta(days=day), dt.time()) + dt.timedelta(seconds=int(second))
        for day in range(days)
        for second in rng.integers(*_OPEN, size=int(rng.poisson(a_day)))
    ]


def _one_at_a_time(kept: Sequence[Talk], more: Sequence[Talk]) -> list[Talk]:
    """Return what was kept, and of the others those that do not begin while the agent speaks or before he is free."""
    pause = dt.timedelta(seconds=_book()["pause_seconds"])
    busy = list(kept)
    for at, length in more:
        until = at + dt.timedelta(seconds=length) + pause
        if all(until <= begun or at >= begun + dt.timedelta(seconds=spoken) + pause for begun, spoken in busy):
            busy.append((at, length))
    return busy


def _answered(rng: np.random.Generator, talk: Talk, agent: str) -> Leg:
    at, length = talk
    waited = min(float(rng.lognormal(np.log(_book()["wait_median_seconds"]), _book()["wait_spread"])), 300.0)
    return {
        "offered_at": at - dt.timedelta(seconds=round(waited)),
        "answered_at": at,
        "ended_at": at + dt.timedelta(seconds=round(length)),
        "agent": agent,
        "wrap_seconds": float(round(rng.gamma(2.0, _book()["wrap_seconds"] / 2.0))),
    }


def _lost(rng: np.random.Generator, at: dt.datetime) -> Leg:
    patience = max(1, round(float(rng.exponential(_book()["patience_seconds"]))))
    return {"offered_at": at, "ended_at": at + dt.timedelta(seconds=patience)}
