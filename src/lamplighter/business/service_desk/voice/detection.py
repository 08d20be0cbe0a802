"""When somebody speaks: a stream of sound cut into utterances, each with its beginning and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from lamplighter.business.service_desk.voice.rules import LoudnessRules, SpeechRules, voice_rules
from lamplighter.business.service_desk.voice.sound import RATE, Samples

FRAME: Final = 512
"""Samples that are judged together: 32 ms."""
_CONTEXT: Final = 64
_SILENCE_DB: Final = -120.0


class SpeechScorer(Protocol):
    """Judges frames of one stream in their order; it may remember what came before."""

    def score(self, frame: Samples) -> float:
        """Return the share of speech in a frame of `FRAME` samples, 0 to 1."""
        ...


@dataclass
class Loudness:
    """Takes for speech what is clearly louder than the noise before it: for a quiet line, without anything learned.

    Example:
        >>> scorer = Loudness(voice_rules().loudness)
        >>> quiet, loud = np.zeros(FRAME, np.float32), np.full(FRAME, 0.1, np.float32)
        >>> [scorer.score(quiet), scorer.score(loud)]
        [0.0, 1.0]
    """

    rules: LoudnessRules
    _floor: float | None = None

    def score(self, frame: Samples) -> float:
        """Return 1 for a loud frame, 0 for another."""
        rules = self.rules
        power = float(np.mean(np.square(frame, dtype=np.float64)))
        level = max(_SILENCE_DB, 10 * np.log10(power)) if power else _SILENCE_DB
        if self._floor is None:
            self._floor = min(level, rules.highest_first_floor_dbfs)
        is_loud = level > max(self._floor + rules.over_floor_db, rules.quietest_dbfs)
        # A noise that stays becomes the floor; somebody who speaks pauses before it does.
        risen = self._floor + rules.floor_rises_db_a_second * FRAME / RATE
        self._floor = min(level, risen)
        return float(is_loud)


class Silero:
    """Asks the network that comes with faster-whisper (Silero VAD), frame by frame, as sound arrives."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._session = get_vad_model().session
        self._memory = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
        self._before = np.zeros(_CONTEXT, np.float32)

    def score(self, frame: Samples) -> float:
        """Return the share of speech the network sees."""
        given = np.concatenate([self._before, frame])[None, :]
        self._before = frame[-_CONTEXT:]
        share, self._memory["h"], self._memory["c"] = self._session.run(None, {"input": given, **self._memory})
        return float(share.reshape(-1)[0])


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody began to speak at ``start``, seconds from the beginning of the stream."""

    start: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said between two pauses.

    Attributes:
        start, end: of the speech itself, seconds from the beginning of the stream.
        samples: it, with a little silence on either side.
    """

    start: float
    end: float
    samples: Samples


@dataclass
class Cutter:
    """Cuts a stream into utterances while it arrives.

    Args:
        scorer: judges its frames.
        rules: when speech begins and ends.
    """

    scorer: SpeechScorer
    rules: SpeechRules = field(default_factory=lambda: voice_rules().speech)
    _kept: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    _kept_from: int = 0
    _scored: int = 0
    _since: int | None = None
    _last: int = 0
    _is_told: bool = False

    @property
    def seconds(self) -> float:
        """How much of the stream arrived."""
        return (self._kept_from + len(self._kept)) / RATE

    @property
    def is_speaking(self) -> bool:
        """Whether somebody is in the middle of an utterance."""
        return self._since is not None

    def feed(self, samples: Samples) -> list[Began | Utterance]:
        """Take what arrived and return what it brought, in order: that speech began, that an utterance is over."""
        self._kept = np.concatenate([self._kept, samples])
        told: list[Began | Utterance] = []
        while self._scored + FRAME <= self._kept_from + len(self._kept):
            at = self._scored - self._kept_from
            share = self.scorer.score(self._kept[at : at + FRAME])
            self._scored += FRAME
            told.extend(self._step(share))
        self._forget()
        return told

    def finish(self) -> list[Utterance]:
        """Return the utterance the end of the stream cuts off, if there is one."""
        return list(self._close(min(self._last, self._kept_from + len(self._kept)))) if self._since is not None else []

    def _step(self, share: float) -> Iterator[Began | Utterance]:
        rules, begin = self.rules, self._scored - FRAME
        if self._since is None:
            if share < rules.start_share:
                return
            self._since, self._last, self._is_told = begin, self._scored, False
        elif share >= rules.stop_share:
            self._last = self._scored
        if not self._is_told and self._last - self._since >= _samples(rules.least_ms):
            self._is_told = True
            yield Began(self._since / RATE)
        if self._scored - self._last >= _samples(rules.pause_ms):
            yield from self._close(self._last)
        elif self._scored - self._since >= rules.longest_seconds * RATE:
            yield from self._close(self._scored)

    def _close(self, end: int) -> Iterator[Utterance]:
        start, self._since = self._since or 0, None
        if end - start >= _samples(self.rules.least_ms):
            pad = _samples(self.rules.pad_ms)
            first = max(0, start - pad - self._kept_from)
            samples = self._kept[first : end + pad - self._kept_from].copy()
            yield Utterance(start / RATE, end / RATE, samples)

    def _forget(self) -> None:
        """Let go of what no utterance can need any more."""
        needed = (self._scored if self._since is None else self._since) - _samples(self.rules.pad_ms)
        if needed > self._kept_from:
            self._kept = self._kept[needed - self._kept_from :].copy()
            self._kept_from = needed


def _samples(milliseconds: int) -> int:
    return milliseconds * RATE // 1000


def cut(samples: Samples, *, scorer: SpeechScorer, rules: SpeechRules | None = None) -> tuple[Utterance, ...]:
    """Return the utterances of a whole recording.

    Example:
        A second of silence, half a second of a tone, a second of silence:

        >>> tone = np.sin(np.arange(8000) * 0.2).astype(np.float32)
        >>> quiet = np.zeros(16000, np.float32)
        >>> found = cut(np.concatenate([quiet, tone, quiet]), scorer=Loudness(voice_rules().loudness))
        >>> [(each.start, each.end) for each in found]
        [(0.992, 1.504)]
    """
    cutter = Cutter(scorer, rules or voice_rules().speech)
    # Frame by frame nothing is kept twice: what `feed` keeps grows with the longest utterance alone.
    told = [each for at in range(0, len(samples), RATE) for each in cutter.feed(samples[at : at + RATE])]
    return tuple(each for each in [*told, *cutter.finish()] if isinstance(each, Utterance))
