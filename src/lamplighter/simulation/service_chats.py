"""What customers of the simulated company write in the web chat: drawn, not answered; the company's chat answers."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.service import Place

_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_AWAKE: Final = (8, 22)
_PERSON: Final = "转人工"


@dataclass(frozen=True, slots=True)
class Written:
    """A conversation as a customer brings it.

    Attributes:
        at: when it begins, with its zone.
        place: the account that writes, with its area.
        is_proven: whether he proves the account first.
        words: what he writes, in order.
        wants_person: the last of it asks for a person.
        satisfaction, is_solved: what he says at the end; empty and None where he says nothing.
        is_outage: he is without supply; nobody has answered him yet.
    """

    at: dt.datetime
    place: Place
    is_proven: bool
    words: tuple[str, ...]
    wants_person: bool
    satisfaction: str
    is_solved: bool | None
    is_outage: bool = False


def draw_chats(
    places: Sequence[Place], *, until: dt.datetime, days: int = 84, count: int = 60, seed: int = 1
) -> tuple[Written, ...]:
    """Return what is written during the days before an instant, in order of time.

    Within the last hour one area is without supply, and several of its customers write.

    Args:
        places: accounts of the company with their areas.
        until: the end, with its zone.
        days: how long before it the first writes.
        count: conversations of every day; those of the rising subject and of the outage come on top.
        seed: same seed, same conversations.

    Raises:
        ValueError: there are no places.

    Example:
        >>> homes = [Place(f"{n:03}", f"A{n % 4}") for n in range(40)]
        >>> drawn = draw_chats(homes, until=dt.datetime(2025, 4, 1, tzinfo=dt.UTC), count=20)
        >>> len(drawn), len({each.place.area_id for each in drawn if each.is_outage})
        (34, 1)
    """
    if not places:
        raise ValueError("a conversation needs a place")
    data, stream = _data(), open_stream(seed=seed, purpose="service_chats")
    shares = np.array([each["share"] for each in data["talk"]], dtype=float)
    kinds = [data["talk"][int(stream.choice(len(shares), p=shares / shares.sum()))] for _ in range(count)]
    daily = [_everyday(kind, _one(places, stream), _time(until, days, stream), stream) for kind in kinds]
    rising = [
        _everyday(data["rising"], _one(places, stream), _time(until, data["rising"]["days"], stream), stream)
        for _ in range(data["rising"]["count"])
    ]
    return tuple(sorted([*daily, *rising, *_outage(places, until, stream)], key=lambda each: each.at))


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("lamplighter.simulation.data").joinpath("chats.toml").read_text("utf-8"))


def _one(these: Sequence[Any], stream: np.random.Generator) -> Any:
    return these[int(stream.integers(len(these)))]


def _time(until: dt.datetime, days: int, stream: np.random.Generator) -> dt.datetime:
    """Return an instant of the days before the last one, when people are awake."""
    day = until.astimezone(_CHINA).date() - dt.timedelta(days=int(stream.integers(1, days)))
    at = dt.datetime.combine(day, dt.time(int(stream.integers(*_AWAKE))), tzinfo=_CHINA)
    return (at + dt.timedelta(seconds=int(stream.integers(3600)))).astimezone(dt.UTC)


def _everyday(kind: Mapping[str, Any], place: Place, at: dt.datetime, stream: np.random.Generator) -> Written:
    data = _data()
    words, is_unclear = [_one(kind["first"], stream)], stream.uniform() < kind.get("unclear", 0.0)
    wants_person = bool(is_unclear and stream.uniform() < data["ask_person_share"])
    if is_unclear:
        words.append(_one(kind["again"], stream))
    if wants_person:
        words.append(_PERSON)
    is_rated = stream.uniform() < data["rated_share"]
    return Written(
        at=at,
        place=place,
        is_proven=bool(stream.uniform() < data["proven_share"]),
        words=tuple(words),
        wants_person=wants_person,
        satisfaction=("NEUTRAL" if is_unclear else "SATISFIED") if is_rated else "",
        is_solved=not is_unclear if is_rated else None,
    )


def _outage(places: Sequence[Place], until: dt.datetime, stream: np.random.Generator) -> list[Written]:
    """One of the larger areas is without supply: several customers write, each from his own account."""
    data = _data()["outage"]
    sizes = Counter(place.area_id for place in places)
    large = [area for area, size in sorted(sizes.items()) if size >= data["writers"]] or [places[0].area_id]
    area = _one(large, stream)
    inside = [place for place in places if place.area_id == area]
    number = min(len(inside), data["writers"])
    latest, earliest = data["minutes"]
    minutes = np.sort(stream.uniform(latest, earliest, size=number))[::-1]
    return [
        Written(
            at=(until - dt.timedelta(minutes=float(minutes[at]))).replace(microsecond=0),
            place=inside[int(chosen)],
            is_proven=True,
            words=(data["first"][at % len(data["first"])],),
            wants_person=False,
            satisfaction="",
            is_solved=None,
            is_outage=True,
        )
        for at, chosen in enumerate(stream.choice(len(inside), size=number, replace=False))
    ]
