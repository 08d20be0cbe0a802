"""Calls through the API: recordings and a stream, answered like the web chat."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from tests.business.service_desk.conftest import reader  # noqa: F401  # the packaged reader, learned once
from tests.business.service_desk.voice.fakes import ears, utterances
from tests.business.service_desk.voice.sounds import pcm, silence, tone
from tests.doors.web.test_chat import ACCOUNT, lake

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.voice.sound import read_wav, write_wav
from lamplighter.business.service_desk.voice.weights import VoiceNeedsExtra
from lamplighter.doors.api import voice, voice_stream

__all__ = ["lake"]

SAID = utterances(1)


@pytest.fixture
def hear(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the desk hear these words, one an utterance."""
    home = Home(tmp_path / "home")

    def told(*said: str | tuple[str, float]) -> None:
        found = ears(*said)
        for door in (voice, voice_stream):
            monkeypatch.setattr(door, "read_settings", lambda: SimpleNamespace(home=home))
            monkeypatch.setattr(door, "open_ears", lambda home: found)

    return told


@pytest.fixture
def line(program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_AGENT, language="zh")


def begin(line: Client) -> str:
    answer = line.post("/api/v1/voice/calls", {"caller": "13900000000"}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["call"])


def record(line: Client, call: str, samples: Any = SAID) -> Any:
    file = SimpleUploadedFile("said.wav", samples if isinstance(samples, bytes) else write_wav(samples))
    return line.post("/api/v1/voice/calls/recordings", {"call": call, "file": file})


class TestARecording:
    def test_is_answered_with_times_intent_and_figures_that_have_a_source(self, line, hear):
        hear("违约金怎么算")

        [turn] = record(line, begin(line)).json()["turns"]

        assert turn["said"]["text"] == "违约金怎么算"
        assert (turn["said"]["start"], turn["said"]["end"]) == pytest.approx((1.0, 2.0), abs=0.032)
        assert turn["intent"] == "late_fee"
        assert turn["figures"]
        assert all(figure["source"] for figure in turn["figures"])
        assert turn["sound"] is None

    def test_is_only_written_down_where_that_is_all_that_is_asked(self, line, hear):
        hear("我家停电了")

        answer = line.post("/api/v1/voice/transcripts", {"file": SimpleUploadedFile("a.wav", write_wav(SAID))})

        assert [each["text"] for each in answer.json()] == ["我家停电了"]
        assert Chat.objects.count() == 0

    def test_that_is_no_sound_is_refused_by_name(self, line, hear):
        hear()

        answer = record(line, begin(line), b"MThd")

        assert (answer.status_code, answer.json()["code"]) == (422, "sound_refused")
        assert "said.wav" in answer.json()["detail"]

    def test_tells_the_bill_once_the_keys_proved_who_calls(self, line, hear):
        hear("我家2025年2月电费多少", "我家2025年2月电费多少")
        call = begin(line)
        assert "229.63" not in record(line, call).json()["turns"][0]["answer"]

        proof = {"call": call, "account": ACCOUNT, "facts": {"name": "王建国", "telephone": "5678"}}
        proven = line.post("/api/v1/voice/calls/identify", proof, content_type="application/json").json()

        assert proven["is_proven"]
        assert proven["call"] != call
        assert "229.63" in record(line, proven["call"]).json()["turns"][0]["answer"]
        assert record(line, call).json()["code"] == "chat_over"

    def test_of_a_call_that_ended_is_refused(self, line, hear):
        hear()
        call = begin(line)

        assert line.post("/api/v1/voice/calls/end", {"call": call}, content_type="application/json").status_code == 204
        assert record(line, call).status_code == 409

    def test_needs_the_right_to_register_tickets(self, program, hear):
        hear()
        answer = program(Role.INSPECTOR).post("/api/v1/voice/calls", {"caller": "1"}, content_type="application/json")

        assert answer.status_code == 403

    def test_without_anything_that_hears_is_answered_in_words(self, line, hear, monkeypatch):
        hear()

        def nothing(home: Home) -> Any:
            raise VoiceNeedsExtra

        monkeypatch.setattr(voice, "open_ears", nothing)
        answer = line.post("/api/v1/voice/calls", {"caller": "1"}, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (409, "voice_needs_extra")
        assert "./run voice" in answer.json()["detail"]


def stream(call: str, chunks: list[bytes], *, query: bytes = b"") -> tuple[list[dict[str, Any]], int]:
    """Send chunks over a WebSocket and return what came back, and the code it was closed with."""
    scope = {
        "type": "websocket",
        "path": voice_stream.PATH,
        "query_string": query,
        "headers": [(b"authorization", f"Bearer {call}".encode())],
    }

    async def talk() -> tuple[list[dict[str, Any]], int]:
        line = ApplicationCommunicator(voice_stream.stream_call, scope)
        await line.send_input({"type": "websocket.connect"})
        for chunk in chunks:
            await line.send_input({"type": "websocket.receive", "bytes": chunk})
        await line.send_input({"type": "websocket.receive", "text": "end"})
        told: list[dict[str, Any]] = []
        while True:
            message = await line.receive_output(timeout=30)
            if message["type"] == "websocket.close":
                return told, int(message["code"])
            if message["type"] == "websocket.send":
                told.append(json.loads(message["text"]))

    # A browser of another test may keep a loop of its own on this thread; it is not running now. A thread has other
    # connections beside a loop than in one: what the test wrote is seen through its own alone.
    kept, own = asyncio.events._get_running_loop(), connections["default"]
    asyncio.events._set_running_loop(None)
    beside = connections["default"]
    connections["default"] = own
    try:
        return async_to_sync(talk)()
    finally:
        connections["default"] = beside
        asyncio.events._set_running_loop(kept)


def chunked(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


class TestAStream:
    def test_is_answered_at_each_pause_whatever_its_chunks(self, line, hear):
        hear("违约金怎么算", "转人工")
        sound = np.concatenate([silence(1, 8000), tone(1, rate=8000), silence(1, 8000), tone(1, rate=8000)])

        told, code = stream(begin(line), chunked(pcm(sound), 321), query=b"rate=8000")

        assert [each["event"] for each in told] == ["ready", "replied", "replied", "over"]
        assert [each["intent"] for each in told[1:3]] == ["late_fee", "human_agent"]
        assert told[2]["hand_over"] == "asked"
        assert code == 1000

    def test_of_nobodys_call_is_refused(self, line, hear):
        hear()

        told, code = stream("x" * 40, [])

        assert ([each["event"] for each in told], code) == (["refused"], 1008)

    @pytest.mark.parametrize("query", [b"rate=44100", b"encoding=mp3", b"rate=x"])
    def test_in_a_form_nobody_takes_is_refused(self, line: Client, hear: Any, query: bytes) -> None:
        hear()

        told, code = stream(begin(line), [], query=query)

        assert ([each["event"] for each in told], code) == (["refused"], 1008)

    def test_in_chunks_that_are_too_long_is_closed(self, line, hear):
        hear()

        assert stream(begin(line), [pcm(silence(3))])[1] == 1009


def test_sound_that_is_given_back_is_a_file(line: Client, hear: Any) -> None:
    assert voice.encode_sound(None) is None
    assert len(read_wav(base64.b64decode(voice.encode_sound(silence(0.5)) or ""), name="a")) == 8000
