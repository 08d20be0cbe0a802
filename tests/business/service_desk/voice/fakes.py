"""Ears that hear what they are told to, in order."""

from collections.abc import Iterable

import numpy as np

from lamplighter.base.messages import Language
from lamplighter.business.service_desk.voice.detection import Loudness
from lamplighter.business.service_desk.voice.hearing import Ears, Heard
from lamplighter.business.service_desk.voice.numbers import write_spoken
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.sound import Samples
from tests.business.service_desk.voice.sounds import silence, tone


class Told:
    """A recogniser for whom each utterance is the next of the words he was given; whoever gives none gets none."""

    def __init__(self, said: Iterable[str | tuple[str, float]]) -> None:
        self.left = [each if isinstance(each, tuple) else (each, 0.9) for each in said]
        self.seconds: list[float] = []

    def hear(self, samples: Samples, *, language: Language) -> Heard:
        self.seconds.append(len(samples) / 16000)
        words, confidence = self.left.pop(0)
        return Heard(write_spoken(words), confidence)


def ears(*said: str | tuple[str, float]) -> Ears:
    return Ears(Told(said), lambda: Loudness(voice_rules().loudness))


def utterances(count: int, *, seconds: float = 1.0) -> Samples:
    """So many tones of a second, a second of silence before each and after the last."""
    return np.concatenate([*(part for _ in range(count) for part in (silence(1), tone(seconds))), silence(1)])
