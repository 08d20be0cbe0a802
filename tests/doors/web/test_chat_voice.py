"""A question that is spoken into the web chat: heard, looked over, and sent like any other."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.business.service_desk.conftest import reader  # noqa: F401  # the packaged reader, learned once
from tests.business.service_desk.voice.fakes import ears, utterances
from tests.business.service_desk.voice.sounds import silence
from tests.doors.web.test_chat import lake

from lamplighter.base.lake import Lake
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.chats.records import chat_rules
from lamplighter.business.service_desk.voice.engines import EngineFailed
from lamplighter.business.service_desk.voice.sound import write_wav
from lamplighter.doors.web.views import chat as views

__all__ = ["lake"]


@pytest.fixture
def hear(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def told(*said: str | tuple[str, float]) -> None:
        found = ears(*said)
        monkeypatch.setattr(views, "can_hear", lambda home: True)
        monkeypatch.setattr(views, "open_ears", lambda home: found)

    return told


def speak(content: bytes) -> Any:
    return Client().post("/chat/hear/", {"sound": SimpleUploadedFile("question.wav", content)})


class TestASpokenQuestion:
    def test_comes_back_as_words_and_nothing_is_said_or_kept(self, hear):
        hear("我家停电了。", "什么时候来电")

        answer = speak(write_wav(utterances(2)))

        assert answer.json() == {"words": "我家停电了，什么时候来电", "is_clear": True}
        assert Chat.objects.count() == 0

    def test_that_was_hardly_heard_says_so(self, hear):
        hear(("电费", 0.2))

        assert speak(write_wav(utterances(1))).json() == {"words": "电费", "is_clear": False}

    def test_without_anybody_speaking_has_no_words(self, hear):
        hear()

        assert speak(write_wav(silence(2))).json() == {"words": "", "is_clear": False}

    @pytest.mark.parametrize(
        ("content", "said"), [(b"", "不是 WAV"), (b"nothing", "不是 WAV"), (write_wav(silence(31)), "最多 30 秒")]
    )
    def test_that_cannot_be_used_is_refused_with_a_sentence(self, content: bytes, said: str, hear: Any) -> None:
        hear()

        answer = speak(content)

        assert answer.status_code == 422
        assert said in answer.content.decode()

    def test_is_not_heard_without_end_within_a_minute(self, hear, monkeypatch):
        hear()
        at = views.timezone.now()
        monkeypatch.setattr(views.timezone, "now", lambda: at)

        found = [speak(write_wav(silence(0.1))).status_code for _ in range(chat_rules().session_per_minute + 1)]

        assert found == [200] * chat_rules().session_per_minute + [429]

    def test_that_the_companys_engine_does_not_take_can_be_written(self, hear, monkeypatch):
        hear()

        def broken(*given: Any, **more: Any) -> Any:
            raise EngineFailed("http://127.0.0.1:9", "URLError")

        monkeypatch.setattr(views, "hear_recording", broken)
        answer = speak(write_wav(silence(1)))

        assert (answer.status_code, "127.0.0.1" in answer.content.decode()) == (503, False)


class TestTheButton:
    def test_stands_there_where_the_company_can_hear(self, hear):
        hear()

        page = Client().get("/chat/").content.decode()

        assert 'id="microphone"' in page
        assert 'data-longest="30.0"' in page

    def test_is_missing_where_it_cannot(self, lake, monkeypatch):
        monkeypatch.setattr(views, "can_hear", lambda home: False)

        assert 'id="microphone"' not in Client().get("/chat/").content.decode()
        assert speak(write_wav(silence(1))).status_code == 404
