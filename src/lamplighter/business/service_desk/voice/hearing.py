"""What was said: a recogniser makes words of an utterance and says how sure it is."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from lamplighter.base.messages import Language
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.voice.detection import Loudness, Silero, SpeechScorer, cut
from lamplighter.business.service_desk.voice.engines import EngineFailed, ask_engine
from lamplighter.business.service_desk.voice.numbers import write_spoken
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.settings import VoiceSettings, read_voice_settings
from lamplighter.business.service_desk.voice.sound import Samples, write_wav
from lamplighter.business.service_desk.voice.weights import (
    VoiceNeedsExtra,
    ensure_weights,
    has_extra,
    has_packaged_weights,
)
from lamplighter.methods.language.writing import plain_writing

_REPEATED: Final = re.compile(r"(.{2,12}?)(?:[,，、。\s]*\1){2,}")
_ECHOED_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of an utterance.

    Attributes:
        text: simplified characters, numbers as figures; empty where nothing was said.
        confidence: 0 to 1, of the whole.
    """

    text: str
    confidence: float

    @property
    def is_clear(self) -> bool:
        """Whether it may be acted on; see `HearingRules.clear_share`."""
        return bool(self.text) and self.confidence >= voice_rules().hearing.clear_share


class Recogniser(Protocol):
    """Makes words of sound."""

    def hear(self, samples: Samples, *, language: Language) -> Heard:
        """Return what was said in an utterance of 16,000 samples a second.

        Raises:
            EngineFailed: the company's own engine did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ears:
    """What a company hears with: a recogniser, and what tells speech from noise, made anew for each stream."""

    recogniser: Recogniser
    new_scorer: Callable[[], SpeechScorer]


@dataclass(frozen=True, slots=True)
class SaidByVoice:
    """An utterance and what was heard of it; ``start`` and ``end`` in seconds of the recording or the call."""

    start: float
    end: float
    heard: Heard


class Whisper:
    """faster-whisper on this machine, with weights from a folder and nothing from a network.

    Args:
        folder: of the weights.
        threads: of one utterance.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        # One utterance after the other: two at a time take as long together, and twice the memory.
        self._turn = threading.Lock()

    def hear(self, samples: Samples, *, language: Language) -> Heard:
        """Return what was said."""
        rules = voice_rules().hearing
        prompt = rules.prompt_zh if language == "zh" else rules.prompt_en
        with self._turn:
            segments, _ = self._model.transcribe(
                np.asarray(samples, np.float32),
                language=language,
                initial_prompt=prompt,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
            )
            parts = list(segments)
        return weigh_segments([(part.text, part.avg_logprob) for part in parts], prompt=prompt)


def tidy_words(heard: str) -> str:
    """Return words in simplified characters and one way of writing, their numbers as figures.

    Example:
        >>> tidy_words("戶號一零零零零零零二四八")
        '户号1000000248'
    """
    # Digits first: one way of writing makes fewer of 零零零零, and as figures they stay as many as they are.
    return write_spoken(plain_writing(write_spoken(heard)))


def weigh_segments(parts: Sequence[tuple[str, float]], *, prompt: str) -> Heard:
    """Return the words of segments and how sure they are, by the mean log probability of their tokens.

    What only echoes the prompt, or says the same again and again, is what such models make of noise: nobody said it.

    Example:
        >>> weigh_segments([("我家停電了", -0.1)], prompt="")
        Heard(text='我家停电了', confidence=0.905)
        >>> weigh_segments([("电价,电价,电价,电价,电价", -0.1)], prompt="").confidence
        0.0
    """
    size = sum(len(said) for said, _ in parts)
    if not size:
        return Heard("", 0.0)
    share = math.exp(sum(logprob * len(said) for said, logprob in parts) / size)
    words = tidy_words("".join(said for said, _ in parts))
    is_made_up = _REPEATED.search(words) is not None or _is_echo(words, prompt)
    return Heard(words, 0.0 if is_made_up else round(min(1.0, share), 3))


def _is_echo(words: str, prompt: str) -> bool:
    known = plain_writing(prompt)
    parts = [part for part in re.split(r"[,，、。.;；\s]+", words) if part]
    return (
        bool(parts)
        and len("".join(parts)) >= 4
        and (
            "".join(parts) in re.sub(r"\W", "", known)
            or (len(parts) >= _ECHOED_PARTS and all(p in known for p in parts))
        )
    )


@dataclass(frozen=True, slots=True)
class EngineRecogniser:
    """The company's own recogniser: it gets a WAV file and answers ``{"text": "...", "confidence": 0.93}``."""

    address: str
    seconds: float

    def hear(self, samples: Samples, *, language: Language) -> Heard:
        """Return what the engine heard.

        Raises:
            EngineFailed: it was not reached, or answered something else.
        """
        headers = {"Content-Language": language}
        content = ask_engine(self.address, write_wav(samples), kind="audio/wav", seconds=self.seconds, headers=headers)
        try:
            read: Any = json.loads(content)
            words, confidence = str(read["text"]), float(read["confidence"])
        except (ValueError, KeyError, TypeError):
            raise EngineFailed(self.address, "JSON") from None
        if not 0 <= confidence <= 1:
            raise EngineFailed(self.address, f"confidence {confidence}")
        return Heard(tidy_words(words), confidence)


def can_hear(home: Home) -> bool:
    """Say whether a company has something to hear with; nothing is loaded for that."""
    settings = read_voice_settings(home)
    return bool(settings.hearing_engine) or (has_extra() and (settings.weights is not None or has_packaged_weights()))


def open_ears(home: Home) -> Ears:
    """Return what a company hears with, loaded once a process.

    Raises:
        VoiceNeedsExtra: the extra ``asr`` is not installed, and no engine of its own is named.
        WeightsBroken: the weights are not those that were pinned.
        VoiceSettingsInvalid: its file cannot be used.
    """
    return _ears(read_voice_settings(home), home.models)


@cache
def _ears(settings: VoiceSettings, models: Path) -> Ears:
    # Without the extra a company's own engine still hears; its line is told from noise by loudness.
    new_scorer: Callable[[], SpeechScorer] = Silero if has_extra() else _by_loudness
    if settings.hearing_engine:
        return Ears(EngineRecogniser(settings.hearing_engine, settings.hearing_seconds), new_scorer)
    if not has_extra():
        raise VoiceNeedsExtra
    return Ears(Whisper(settings.weights or ensure_weights(models)), new_scorer)


def hear_recording(samples: Samples, *, ears: Ears, language: Language) -> tuple[SaidByVoice, ...]:
    """Return what is said in a recording, utterance by utterance; where only noise was, nothing."""
    said = (
        SaidByVoice(each.start, each.end, ears.recogniser.hear(each.samples, language=language))
        for each in cut(samples, scorer=ears.new_scorer())
    )
    return tuple(each for each in said if each.heard.text)


def _by_loudness() -> SpeechScorer:
    return Loudness(voice_rules().loudness)
