"""Customers who speak, for a company's telephone system: a call begins, what is said is answered, it ends."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.messages import language, text
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import ChatOver, end_chat
from lamplighter.business.service_desk.voice.hearing import hear_recording, open_ears
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.sound import Samples, SoundRefused, read_wav, write_wav
from lamplighter.business.service_desk.voice.speaking import open_voice
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Word, answers
from lamplighter.journeys.customer_chat import ChatDesk, digest_origin
from lamplighter.journeys.customer_voice import Replied, VoiceCall

router = Router(tags=["voice"])

_RIGHT = Right.REGISTER_TICKETS
Secret = Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
"""What names a call to whoever began it; the desk keeps only its digest."""


class UtteranceOut(Schema):
    """What was said between two pauses; seconds from the beginning, confidence and clarity of the hearing."""

    start: float
    end: float
    text: str
    confidence: float
    is_clear: bool


class CallFigure(Schema):
    """A figure of an answer, with its source."""

    name: str
    value: str
    unit: str
    source: str


class AnsweredTurn(Schema):
    """An utterance and what is answered to it; ``sound`` is a WAV file in base64 where the answer can be spoken."""

    said: UtteranceOut
    is_barge_in: bool
    intent: str | None
    answer: str
    figures: list[CallFigure]
    hand_over: str | None
    is_urgent: bool
    sound: str | None


class CallBegun(Schema):
    """A call: ``call`` names it from now on, ``greeting`` is to be said first."""

    call: str
    greeting: str
    sound: str | None


class CallTurns(Schema):
    """What came of a recording; ``call`` names the call from now on: another one once identity is proven."""

    call: str
    turns: list[AnsweredTurn]


class Caller(Schema):
    """Who calls: the number that is shown, or whatever tells lines apart; only its digest is kept, for limits."""

    caller: Annotated[Word, Field(min_length=1)]


class HeldCall(Schema):
    """A call that goes on."""

    call: Secret


class Proof(HeldCall):
    """What was entered by the keys of a telephone, or asked for by a person."""

    account: Annotated[Word, Field(min_length=1)]
    facts: dict[Literal["name", "telephone", "address", "meter"], Word] = Field(default_factory=dict)
    code: Word = ""


class Proven(Schema):
    """Whether identity is proven; ``call`` names the call from now on."""

    call: str
    is_proven: bool


@router.post("/voice/transcripts", auth=opened(_RIGHT), response=answers(list[UtteranceOut]))
def transcribe(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """What is said in a recording (WAV, one channel, 8 or 16 kHz, PCM or G.711); nothing is answered or kept."""
    samples, home = read_upload(file), read_settings().home
    found = hear_recording(samples, ears=open_ears(home), language=language())
    return [utterance_of(each.start, each.end, each.heard) for each in found]


@router.post("/voice/calls", auth=opened(_RIGHT), response=answers(CallBegun, status=201))
def begin(request: HttpRequest, given: Caller) -> Any:
    """Begin a call; it goes on by recordings, or by a WebSocket at ``/api/v1/voice/stream``."""
    home = read_settings().home
    call = VoiceCall.begin(
        home=home,
        ears=open_ears(home),
        voice=open_voice(home),
        origin=digest_origin(f"line:{given.caller}"),
        clock=timezone.now,
    )
    sound = call.greet()
    return Status(201, {"call": call.secret, "greeting": text("chat.page.hello"), "sound": encode_sound(sound)})


@router.post("/voice/calls/recordings", auth=opened(_RIGHT), response=answers(CallTurns))
def take_recording(request: HttpRequest, given: Form[HeldCall], file: File[UploadedFile]) -> Any:
    """Answer what is said in a recording, utterance by utterance, as the web chat would."""
    home = read_settings().home
    _require_open(given.call)
    call = VoiceCall(home, open_ears(home), open_voice(home), given.call, timezone.now)
    turns = [turn_of(each) for each in call.take_recording(read_upload(file))]
    return {"call": call.secret, "turns": turns}


@router.post("/voice/calls/identify", auth=opened(_RIGHT), response=answers(Proven))
def identify(request: HttpRequest, given: Proof) -> Any:
    """Check who calls by what he entered: two facts on file, or a code; attempts are limited as in the web chat."""
    desk = ChatDesk(read_settings().home, timezone.now())
    chat = desk.find(given.call)
    if chat is None or chat.account_id:
        # One account a call: of another one is told in another.
        raise ChatOver
    facts = {str(kind): said for kind, said in given.facts.items()}
    secret = desk.identify(chat, account_id=given.account, facts=facts, code=given.code)
    return {"call": secret or given.call, "is_proven": bool(secret)}


@router.post("/voice/calls/end", auth=opened(_RIGHT), response=answers(None, status=204))
def end(request: HttpRequest, given: HeldCall) -> Any:
    """End a call; soon after it is scored like every contact."""
    end_chat(given.call, now=timezone.now())
    return Status(204, None)


def read_upload(file: UploadedFile) -> Samples:
    """Return the sound of an uploaded file.

    Raises:
        SoundRefused: it cannot be used.
    """
    name, most = file.name or "sound", voice_rules().sound.largest_bytes
    if (file.size or 0) > most:
        raise SoundRefused(name, "large", size=(file.size or 0) / 1e6, most=most / 1e6)
    return read_wav(file.read(), name=name)


def utterance_of(start: float, end: float, heard: Any) -> dict[str, Any]:
    """Return an utterance as it is answered."""
    times = {"start": round(start, 3), "end": round(end, 3)}
    return {**times, "text": heard.text, "confidence": heard.confidence, "is_clear": heard.is_clear}


def turn_of(replied: Replied) -> dict[str, Any]:
    """Return what came of an utterance as it is answered."""
    answer = replied.answer
    hand_over = answer.hand_over if answer else None
    figures = answer.figures if answer else ()
    return {
        "said": utterance_of(replied.said.start, replied.said.end, replied.said.heard),
        "is_barge_in": replied.is_barge_in,
        "intent": answer.understanding.intent if answer else None,
        "answer": str(replied.words),
        "figures": [
            {"name": each.name, "value": str(each.value), "unit": each.unit, "source": each.source} for each in figures
        ],
        "hand_over": hand_over.reason if hand_over else None,
        "is_urgent": bool(hand_over and hand_over.is_urgent),
        "sound": encode_sound(replied.spoken),
    }


def encode_sound(samples: Samples | None) -> str | None:
    """Return sound as a WAV file in base64; None without."""
    return None if samples is None else base64.b64encode(write_wav(samples)).decode("ascii")


def _require_open(call: str) -> None:
    if ChatDesk(read_settings().home, timezone.now()).find(call) is None:
        raise ChatOver
