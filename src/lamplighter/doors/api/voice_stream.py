"""A call as a stream: sound comes in over a WebSocket in chunks, answers go out as soon as a pause ends what was said.

``/api/v1/voice/stream?encoding=alaw&rate=8000&language=zh`` with ``Authorization: Bearer CALL``, the name of a call
that was begun with a token. Binary messages are sound, the text ``end`` ends it. Messages back are JSON: ``ready``,
``interrupted`` (the customer speaks: stop playing), ``replied`` (see `AnsweredTurn`, and ``call``), ``refused``,
``over``.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, speaking
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import ChatOver, TooMuch
from lamplighter.business.service_desk.voice.hearing import open_ears
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.sound import Decoder, Encoding, SoundFormat, SoundRefused
from lamplighter.business.service_desk.voice.speaking import open_voice
from lamplighter.doors.api.voice import turn_of
from lamplighter.journeys.customer_chat import ChatDesk
from lamplighter.journeys.customer_voice import Interrupted, Replied, VoiceCall

PATH: Final = "/api/v1/voice/stream"
_NORMAL, _REFUSED, _TOO_LARGE, _TRY_LATER = 1000, 1008, 1009, 1013

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_room = threading.BoundedSemaphore(voice_rules().stream.calls)


async def stream_call(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Serve one call (ASGI, ``websocket``) from its connection to its end."""
    await receive()
    if scope["path"] != PATH:
        await send({"type": "websocket.close", "code": _REFUSED})
        return
    if not _room.acquire(blocking=False):
        await send({"type": "websocket.close", "code": _TRY_LATER})
        return
    try:
        await send({"type": "websocket.accept"})
        asked = {name: values[0] for name, values in parse_qs(scope.get("query_string", b"").decode("ascii")).items()}
        spoken: Language = "en" if asked.get("language") == "en" else "zh"
        code = await _serve(_bearer(scope), asked, spoken, receive, send)
        await send({"type": "websocket.close", "code": code})
    except _Gone:
        return
    finally:
        _room.release()


class _Gone(Exception):
    """The other side hung up."""


async def _serve(secret: str, asked: Mapping[str, str], spoken: Language, receive: Receive, send: Send) -> int:
    try:
        call, decoder = await sync_to_async(_open)(secret, asked, spoken)
    except LamplighterError as refused:
        await _tell(send, {"event": "refused", "detail": str(refused)})
        return _REFUSED
    await _tell(send, {"event": "ready"})
    most = voice_rules().stream.longest_chunk_seconds * decoder.form.bytes_a_second
    is_over = False
    while not is_over:
        chunk = await _next_chunk(receive)
        if chunk is not None and len(chunk) > most:
            return _TOO_LARGE
        is_over = chunk is None
        try:
            for event in await sync_to_async(_take)(call, decoder, chunk, spoken):
                await _tell(send, event)
        except LamplighterError as refused:
            await _tell(send, {"event": "refused", "detail": str(refused)})
            if not isinstance(refused, TooMuch):
                return _REFUSED
    await _tell(send, {"event": "over"})
    return _NORMAL


def _open(secret: str, asked: Mapping[str, str], spoken: Language) -> tuple[VoiceCall, Decoder]:
    with speaking(spoken):
        try:
            home, encoding, rate = read_settings().home, asked.get("encoding", "pcm16"), asked.get("rate", "16000")
            if encoding not in list(Encoding):
                raise SoundRefused(PATH, "encoding", tag=encoding[:20], bits="?")
            decoder = Decoder(SoundFormat(Encoding(encoding), int(rate) if rate.isdecimal() else 0), PATH)
            if not secret or ChatDesk(home, timezone.now()).find(secret) is None:
                raise ChatOver
            return VoiceCall(home, open_ears(home), open_voice(home), secret, timezone.now), decoder
        finally:
            connections.close_all()


def _take(call: VoiceCall, decoder: Decoder, chunk: bytes | None, spoken: Language) -> list[dict[str, Any]]:
    """Take a chunk, or the end where there is none; no connection is held until the next."""
    try:
        with speaking(spoken):
            found: Iterable[Replied | Interrupted] = (
                call.finish() if chunk is None else call.feed(decoder.decode(chunk))
            )
            return [_event(each, call) for each in found]
    finally:
        connections.close_all()


def _event(told: Replied | Interrupted, call: VoiceCall) -> dict[str, Any]:
    if isinstance(told, Interrupted):
        return {"event": "interrupted", "at": round(told.at, 3)}
    return {"event": "replied", "call": call.secret, **turn_of(told)}


async def _next_chunk(receive: Receive) -> bytes | None:
    """Return the next chunk; None where the call ends, by word or by silence."""
    try:
        message = await asyncio.wait_for(receive(), voice_rules().stream.silent_seconds)
    except TimeoutError:
        return None
    if message["type"] == "websocket.disconnect":
        raise _Gone
    return message.get("bytes") or (None if message.get("text") == "end" else b"")


async def _tell(send: Send, event: Mapping[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(event, ensure_ascii=False)})


def _bearer(scope: Mapping[str, Any]) -> str:
    given = dict(scope.get("headers", ())).get(b"authorization", b"").decode("latin-1")
    kind, _, secret = given.partition(" ")
    return secret.strip()[:100] if kind.lower() == "bearer" else ""
