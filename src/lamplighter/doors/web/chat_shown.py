"""Turns of a conversation as its pages show them, and as a stream tells them to a page that is open."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from lamplighter.base.desk.models import newest_load
from lamplighter.base.messages import Language, language, speaking, text
from lamplighter.business.service_desk.chats.records import ChatTurn, chat_rules
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import Figure, UseCurve
from lamplighter.journeys.service_tools import say_source

EVENTS: Final = "text/event-stream"
_SENTENCE: Final = re.compile(r"[^。！？!?;；]*[。！？!?;；]?\s*")
_LOOK_SECONDS: Final = 1.0
_WIDTH, _HEIGHT = 320, 96

Event = tuple[str, dict[str, Any]]
"""Name and data of what a stream tells."""


@dataclass(frozen=True, slots=True)
class Source:
    """A figure with what it is and where it comes from, as it stands below an answer."""

    name: str
    figure: str
    source: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of a curve: where its bar stands, how high, and what is read out of it."""

    x: float
    y: float
    width: float
    height: float
    is_before: bool
    words: str


@dataclass(frozen=True, slots=True)
class ShownCurve:
    """Days of use, drawn without a script."""

    month: str
    before: str
    most: str
    source: str
    bars: tuple[Bar, ...]
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn with what stands below it; ``at`` on the company's own clock."""

    turn: ChatTurn
    at: str
    sources: tuple[Source, ...]
    curve: ShownCurve | None

    @property
    def is_customer(self) -> bool:
        """Whether the customer speaks."""
        return self.turn.who is Who.CUSTOMER


def show_turns(turns: Sequence[ChatTurn]) -> list[ShownTurn]:
    """Return turns as the template takes them."""
    load = newest_load()
    zone = ZoneInfo(load.timezone if load else "UTC")
    return [
        ShownTurn(
            turn,
            f"{turn.said_at.astimezone(zone):%Y-%m-%d %H:%M}",
            show_sources(turn.figures),
            _show_curve(turn.curve) if turn.curve else None,
        )
        for turn in turns
    ]


def show_sources(figures: Sequence[Figure]) -> tuple[Source, ...]:
    """Return the figures of an answer with what they are and where they come from, those in labels left out."""
    return tuple(
        Source(
            figure.label or text(f"service_desk.figure.{figure.name}"),
            spell_figure(figure),
            say_source(figure.source) + (text("chat.confirm") if figure.grade in ("M-L", "P") else ""),
        )
        for figure in figures
        if figure.name != "label"
    )


def _show_curve(curve: UseCurve) -> ShownCurve:
    known = [value for value in (*curve.days, *curve.days_before) if value is not None]
    most = max(known, default=0.0) or 1.0
    step = _WIDTH / 31
    bars = tuple(_bars(curve.days_before, curve.before, most, step, is_before=True))
    bars += tuple(_bars(curve.days, curve.month, most, step, is_before=False))
    return ShownCurve(curve.month, curve.before, f"{most:.1f}", say_source(curve.source), bars)


def _bars(days: Sequence[float | None], month: str, most: float, step: float, *, is_before: bool) -> Iterator[Bar]:
    width, shift = step * 0.4, 0.0 if is_before else step * 0.42
    for at, value in enumerate(days):
        if value is None:
            continue
        height = max(1.0, (_HEIGHT - 4) * max(0.0, value) / most)
        words = text("chat.page.day", day=f"{month}-{at + 1:02d}", energy=f"{value:.1f}")
        x, y = round(at * step + shift, 1), round(_HEIGHT - height, 1)
        yield Bar(x, y, round(width, 1), round(height, 1), is_before, words)


def turn_event(shown: ShownTurn, **more: Any) -> Event:
    """Return what a stream tells of a turn: its place, who speaks, and how the page shows it, escaped."""
    html = render_to_string("parts/chat_turn.html", {"shown": shown, "is_staff": more.pop("is_staff", False)})
    return "turn", {"number": shown.turn.number, "who": shown.turn.who.value, "html": html, **more}


def sentence_events(said: str) -> list[Event]:
    """Return an answer sentence by sentence."""
    return [("words", {"words": part}) for part in _SENTENCE.findall(said) if part]


def stream_answer(events: Sequence[Event]) -> StreamingHttpResponse:
    """Return an answer as a stream; not a word of it leaves before every figure of it was checked."""

    async def send() -> AsyncIterator[bytes]:
        for event in events:
            yield _write(event)

    return _respond(send())


_room = threading.BoundedSemaphore(chat_rules().streams)


def stream_news(look: Callable[[int], tuple[list[Event], bool]], *, after: int) -> HttpResponseBase:
    """Return a stream that tells what comes after a turn; it ends after a while, and the page opens it again.

    Args:
        look: gives what came after a turn, and whether the conversation is over; called once a second.
        after: number of the last turn the page shows.

    Returns:
        503 where too many are open already: the page asks again later.
    """
    if not _room.acquire(blocking=False):
        return HttpResponse(status=503, headers={"Retry-After": "15"})
    spoken = language()

    async def send() -> AsyncIterator[bytes]:
        try:
            yield b"retry: 1000\n\n"
            at, until = after, time.monotonic() + chat_rules().stream_seconds
            while time.monotonic() < until:
                events, is_over = await sync_to_async(_look)(look, at, spoken)
                for event in events:
                    at = max(at, event[1]["number"])
                    yield _write(event)
                if is_over:
                    yield _write(("over", {}))
                    return
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            _room.release()

    return _respond(send())


def _look(look: Callable[[int], tuple[list[Event], bool]], at: int, spoken: Language) -> tuple[list[Event], bool]:
    """Look once, in the reader's language; no connection is held between two looks."""
    try:
        with speaking(spoken):
            return look(at)
    finally:
        connections.close_all()


def _write(event: Event) -> bytes:
    name, data = event
    number = f"id: {data['number']}\n" if "number" in data else ""
    return f"{number}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _respond(content: AsyncIterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=EVENTS)
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    return response
