"""What is said aloud: prompts the company recorded, and its own engine for the rest; figures are spelled in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from lamplighter.base.messages import LANGUAGES, Language, catalogue, placeholders
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.voice.engines import ask_engine
from lamplighter.business.service_desk.voice.numbers import spell_spoken
from lamplighter.business.service_desk.voice.settings import VoiceSettings, read_voice_settings
from lamplighter.business.service_desk.voice.sound import Samples, read_sound, read_wav

_PROMPTS: Final = (
    "service_desk.answer.",
    "service_desk.hand_over.say.",
    "chat.turn.",
    "chat.page.hello",
    "chat.page.bye",
)
"""Messages an assistant says whole; those with a gap cannot be recorded."""


class Speaker(Protocol):
    """Makes sound of words."""

    def speak(self, words: str, *, language: Language) -> Samples | None:
        """Return words spoken, 16,000 samples a second; None where it cannot speak them.

        Raises:
            EngineFailed: the company's own engine did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineSpeaker:
    """The company's own engine: it gets ``text/plain`` in words and answers a WAV file."""

    address: str
    seconds: float

    def speak(self, words: str, *, language: Language) -> Samples | None:
        """Return what the engine spoke.

        Raises:
            EngineFailed: it was not reached, or refused.
            SoundRefused: it answered no WAV file that can be used.
        """
        content = ask_engine(
            self.address,
            words.encode(),
            kind="text/plain; charset=utf-8",
            seconds=self.seconds,
            headers={"Content-Language": language, "Accept": "audio/wav"},
        )
        return read_wav(content, name=self.address)


@dataclass(frozen=True, slots=True)
class Silent:
    """Speaks nothing: without an engine only what is recorded can be heard."""

    def speak(self, words: str, *, language: Language) -> Samples | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer: ``message_id`` of a prompt, empty of words that no prompt says; ``words`` as spoken."""

    message_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt to record: its message, its words, the file it is looked for in, and whether that is there."""

    message_id: str
    language: Language
    words: str
    file: Path
    is_recorded: bool


@cache
def _prompts_of(spoken: Language) -> Mapping[str, str]:
    """Return words -> message id of what can be recorded, longest first."""
    found = {
        words: message_id
        for message_id, words in catalogue(spoken).items()
        if message_id.startswith(_PROMPTS) and len(words) > 3 and not placeholders(words)
    }
    return dict(sorted(found.items(), key=lambda each: -len(each[0])))


def plan_speech(answer: str, *, spoken: Language) -> tuple[Part, ...]:
    """Return an answer in parts: prompts that can be recorded, and the words between them as they are spoken.

    Example:
        >>> parts = plan_speech("好的，正在为您转接人工。电费12.50元。", spoken="zh")
        >>> [(part.message_id, part.words) for part in parts]
        [('service_desk.hand_over.say.asked', '好的，正在为您转接人工。'), ('', '电费十二元五角。')]
    """
    parts: list[Part] = []
    rest, between = answer, ""
    while rest:
        found = next((words for words in _prompts_of(spoken) if rest.startswith(words)), "")
        if not found:
            between, rest = between + rest[0], rest[1:]
            continue
        parts.extend(_between(between, spoken))
        parts.append(Part(_prompts_of(spoken)[found], found))
        between, rest = "", rest[len(found) :]
    return (*parts, *_between(between, spoken))


def _between(words: str, spoken: Language) -> list[Part]:
    if not words.strip():
        return []
    return [Part("", spell_spoken(words.strip()) if spoken == "zh" else words.strip())]


@dataclass(frozen=True, slots=True)
class Voice:
    """What a company speaks with.

    Args:
        prompts: folder of recorded prompts, ``<language>/<message id>.wav``.
        speaker: speaks what is not recorded.
    """

    prompts: Path
    speaker: Speaker

    def speak(self, answer: str, *, spoken: Language) -> Samples | None:
        """Return an answer spoken; None where any part of it cannot be: half an answer is none.

        Raises:
            EngineFailed, SoundRefused: the engine, or a recorded prompt, is not as it should be.
        """
        sounds: list[Samples] = []
        for part in plan_speech(answer, spoken=spoken):
            file = self.prompts / spoken / f"{part.message_id}.wav"
            is_recorded = bool(part.message_id) and file.is_file()
            sound = read_sound(file) if is_recorded else self.speaker.speak(part.words, language=spoken)
            if sound is None:
                return None
            sounds.append(sound)
        return np.concatenate(sounds) if sounds else None


def open_voice(home: Home) -> Voice:
    """Return what a company speaks with.

    Raises:
        VoiceSettingsInvalid: its file cannot be used.
    """
    settings = read_voice_settings(home)
    return Voice(settings.prompts, _speaker(settings))


def _speaker(settings: VoiceSettings) -> Speaker:
    if settings.speaking_engine:
        return EngineSpeaker(settings.speaking_engine, settings.speaking_seconds)
    return Silent()


def list_prompts(home: Home, *, spoken: Language | None = None) -> tuple[Prompt, ...]:
    """Return every prompt that can be recorded, in one language or in all, and whether it is."""
    folder = read_voice_settings(home).prompts
    return tuple(
        Prompt(message_id, each, words, file, file.is_file())
        for each in ((spoken,) if spoken else LANGUAGES)
        for words, message_id in sorted(_prompts_of(each).items(), key=lambda one: one[1])
        for file in (folder / each / f"{message_id}.wav",)
    )
