"""The versioned rules of how speech is taken in and heard."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class SoundRules:
    """What sound is taken: ``rates`` in samples a second, its greatest length and size.

    Attributes:
        longest_question_seconds: of what is spoken into the web chat.
    """

    rates: tuple[int, ...]
    longest_seconds: float
    longest_question_seconds: float
    largest_bytes: int


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """When speech begins and ends.

    Attributes:
        start_share, stop_share: of speech in a frame, from which an utterance begins and below which it pauses.
        least_ms: shorter sounds are no speech.
        pause_ms: a pause as long ends an utterance.
        pad_ms: silence kept on either side of one.
        longest_seconds: an utterance is cut there, and goes on as another.
    """

    start_share: float
    stop_share: float
    least_ms: int
    pause_ms: int
    pad_ms: int
    longest_seconds: float


@dataclass(frozen=True, slots=True)
class LoudnessRules:
    """When a frame counts as speech by its loudness alone; dB over the floor of the noise, dB below full scale."""

    over_floor_db: float
    quietest_dbfs: float
    highest_first_floor_dbfs: float
    floor_rises_db_a_second: float


@dataclass(frozen=True, slots=True)
class HearingRules:
    """When something was heard clearly enough.

    Attributes:
        clear_share: confidence from which words are acted on.
        asked_again: how often the customer is asked to say it again before a person is wanted.
        prompt_zh, prompt_en: words the recogniser is led to.
        seconds_a_sign: how long a sign takes to say.
    """

    clear_share: float
    asked_again: int
    prompt_zh: str
    prompt_en: str
    seconds_a_sign: float


@dataclass(frozen=True, slots=True)
class StreamRules:
    """How many calls are heard at once, how long a chunk of sound may be, and after how long a silent line ends."""

    calls: int
    longest_chunk_seconds: float
    silent_seconds: float


@dataclass(frozen=True, slots=True)
class VoiceRules:
    """The rules that hold from ``valid_from`` on; ``source`` and ``evidence`` of them."""

    valid_from: date
    source: str
    evidence: str
    sound: SoundRules
    speech: SpeechRules
    loudness: LoudnessRules
    hearing: HearingRules
    stream: StreamRules


@cache
def voice_rules() -> VoiceRules:
    """Return the packaged rules.

    Example:
        >>> voice_rules().sound.rates, voice_rules().evidence
        ((8000, 16000), 'P')
    """
    row = tomllib.loads(resources.files(__package__).joinpath("voice.toml").read_text(encoding="utf-8"))
    return VoiceRules(
        valid_from=row["valid_from"],
        source=row["source"],
        evidence=row["evidence"],
        sound=SoundRules(**{**row["sound"], "rates": tuple(row["sound"]["rates"])}),
        speech=SpeechRules(**row["speech"]),
        loudness=LoudnessRules(**row["loudness"]),
        hearing=HearingRules(**row["hearing"]),
        stream=StreamRules(**row["stream"]),
    )
