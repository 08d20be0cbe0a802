"""What customers of the simulated company bring to the service desk, and how its staff take it: drawn, not played.

Everything is drawn from one stream before anything happens, so the same seed gives the same three months. What is
drawn here is played through the desk's own operations elsewhere.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from lamplighter.simulation.seeds import open_stream

_CHINA = dt.timezone(dt.timedelta(hours=8))
_STEPS = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a matter comes from: an account and its area."""

    account_id: str
    area_id: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A matter as a customer brings it, and how it will go.

    Attributes:
        at: when, with its zone.
        class_code, channel, place, subject, words, contact, is_vulnerable: as it is taken down.
        start: what the form of its class asks for.
        team, done: who works on it, and what they note; ``fault_kind`` what a repair found, empty for others.
        shares: how much of the time each step may take it takes; above 1 is late.
        is_wrong_team: whether it is sent to the wrong team first.
        satisfaction: what the customer says when called back; empty = does not want to be called.
        is_sent_back: whether an unsatisfied customer's matter is unsolved and worked again.
        reminders: hours after which the customer asks again.
        is_supervised: whether it is watched from above.
        merged_into: which matter of the list it goes on in, by place in the list; None for none.
    """

    at: dt.datetime
    class_code: str
    channel: str
    place: Place
    subject: str
    words: str
    contact: str
    is_vulnerable: bool
    start: Mapping[str, str]
    team: str
    done: str
    fault_kind: str
    shares: tuple[float, ...]
    is_wrong_team: bool
    satisfaction: str
    is_sent_back: bool
    reminders: tuple[float, ...]
    is_supervised: bool
    merged_into: int | None = None


def draw_matters(
    places: Sequence[Place], *, until: dt.datetime, days: int = 91, count: int = 300, seed: int = 1
) -> tuple[Brought, ...]:
    """Return what comes in during the days before an instant, in order of time.

    Args:
        places: accounts of the company with their areas.
        until: the end, with its zone.
        days: how long before it the first comes in.
        count: how many matters, those of outages included; repeats come on top.
        seed: same seed, same matters.

    Raises:
        ValueError: there are no places.

    Example:
        >>> homes = [Place(f"{n:03}", f"A{n % 4}") for n in range(40)]
        >>> drawn = draw_matters(homes, until=dt.datetime(2025, 4, 1, tzinfo=dt.UTC), count=50)
        >>> len(drawn) >= 50, drawn == draw_matters(homes, until=dt.datetime(2025, 4, 1, tzinfo=dt.UTC), count=50)
        (True, True)
    """
    if not places:
        raise ValueError("a matter needs a place")
    data, stream = _data(), open_stream(seed=seed, purpose="service")
    since = until - dt.timedelta(days=days)
    outages = [each for _ in range(data["outage"]["count"]) for each in _outage(places, since, days, stream)]
    kinds = [_pick_kind(stream) for _ in range(max(0, count - len(outages)))]
    single = [_draw(kind, _one(places, stream), _time(since, days, kind, stream), stream) for kind in kinds]
    again = [_repeat(each, stream) for each in single if stream.uniform() < data["repeat_share"]]
    drawn = [*single, *again, *(each for each, _ in outages)]
    order = sorted((n for n in range(len(drawn)) if drawn[n].at < until), key=lambda n: (drawn[n].at, n))
    place_of = {n: at for at, n in enumerate(order)}
    offset = len(single) + len(again)
    # Of an outage's calls every third, the first among them, goes on by itself; the others go on in the first.
    into = {offset + n: offset + n - number for n, (_, number) in enumerate(outages) if number % 3}
    return tuple(replace(drawn[n], merged_into=place_of.get(into[n]) if n in into else None) for n in order)


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("lamplighter.simulation.data").joinpath("service.toml").read_text("utf-8"))


def _pick_kind(stream: np.random.Generator) -> Mapping[str, Any]:
    kinds = _data()["matter"]
    weights = np.array([kind["share"] for kind in kinds], dtype=float)
    kind: Mapping[str, Any] = kinds[int(stream.choice(len(kinds), p=weights / weights.sum()))]
    return kind


def _one(these: Sequence[Any], stream: np.random.Generator) -> Any:
    return these[int(stream.integers(len(these)))]


def _weighted(weights: Mapping[str, float], stream: np.random.Generator) -> str:
    names = list(weights)
    values = np.array([weights[name] for name in names])
    return names[int(stream.choice(len(names), p=values / values.sum()))]


def _time(since: dt.datetime, days: int, kind: Mapping[str, Any], stream: np.random.Generator) -> dt.datetime:
    hours = np.array(kind.get("hours", _data()["hours"]), dtype=float)
    day = since.astimezone(_CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    hour = int(stream.choice(24, p=hours / hours.sum()))
    at = day + dt.timedelta(days=int(stream.integers(days + 1)), hours=hour, seconds=int(stream.integers(3600)))
    return max(at, since).astimezone(dt.UTC)


def _draw(kind: Mapping[str, Any], place: Place, at: dt.datetime, stream: np.random.Generator) -> Brought:
    data = _data()
    said = _one(kind["said"], stream)
    shares = stream.beta(2.0, 4.5, size=_STEPS)
    if stream.uniform() < data["late_share"]:
        shares[int(stream.integers(1, 4))] = stream.uniform(1.1, 2.2)
    satisfaction = "" if stream.uniform() < data["no_call_back_share"] else _weighted(data["satisfaction"], stream)
    asked_again = stream.uniform() < data["reminder_share"]
    patience = float(kind.get("patience_hours", data["patience_hours"]))
    channel = kind.get("channel") or _weighted(data["channel"], stream)
    if channel in data["by_day"] and at.astimezone(_CHINA).hour not in range(9, 17):
        channel = "phone"
    return Brought(
        at=at,
        class_code=kind["class"],
        channel=channel,
        place=place,
        subject=said["subject"],
        words=said["words"],
        contact=f"1{_one(('38', '39', '56', '77', '89'), stream)}{int(stream.integers(10**8)):08}",
        is_vulnerable=bool(stream.uniform() < data["vulnerable_share"]),
        start={name: _one(values, stream) for name, values in kind["start"].items()},
        team=_one(kind["team"], stream),
        done=said["done"],
        fault_kind=said.get("fault_kind", ""),
        shares=tuple(float(round(share, 4)) for share in shares),
        is_wrong_team=bool(kind["class"] != "TK-5" and stream.uniform() < data["wrong_team_share"]),
        satisfaction=satisfaction,
        is_sent_back=bool(satisfaction == "UNSATISFIED" and stream.uniform() < 0.5),
        reminders=tuple(float(round(h, 2)) for h in patience * stream.uniform(0.1, 1.0, size=2)) if asked_again else (),
        is_supervised=bool(stream.uniform() < data["supervised_share"]),
    )


def _repeat(first: Brought, stream: np.random.Generator) -> Brought:
    """The same customer with the same matter within a week, about the same time of day, in a matter of its own."""
    later = first.at + dt.timedelta(days=int(stream.integers(1, 7)), seconds=int(stream.integers(-1800, 3600)))
    return replace(first, at=later, words=f"还是上次的事。{first.words}", reminders=(), is_wrong_team=False)


def _outage(
    places: Sequence[Place], since: dt.datetime, days: int, stream: np.random.Generator
) -> list[tuple[Brought, int]]:
    """One area without supply: calls of several of its customers within an hour and a half, numbered from 0."""
    area = _one(places, stream).area_id
    inside = [place for place in places if place.area_id == area]
    outage = _data()["outage"]
    fewest, most = outage["calls"]
    number = min(len(inside), int(stream.integers(fewest, most + 1)))
    kind = next(each for each in _data()["matter"] if each["class"] == "TK-5")
    begins = _time(since, days - 1, kind, stream)
    done = _one(outage["done"], stream)
    minutes = np.sort(stream.uniform(2.0, 90.0, size=number))
    calls = []
    for at, chosen in enumerate(stream.choice(len(inside), size=number, replace=False)):
        seconds = int(60 * minutes[at])
        call = _draw(kind, inside[int(chosen)], begins + dt.timedelta(seconds=seconds), stream)
        subject = _one(outage["said"], stream)
        call = replace(call, subject=subject, words=f"{subject}，{outage['words']}")
        calls.append((replace(call, done=done["note"], fault_kind=done["fault_kind"]), at))
    return calls
