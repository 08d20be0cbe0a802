"""Sound as telephones and browsers send it, made into samples of one rate; what cannot be used is refused by name."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.service_desk.voice.rules import SoundRules, voice_rules

Samples = npt.NDArray[np.float32]
"""Sound between -1 and 1, shape (samples,)."""

RATE: Final = 16_000
"""Samples a second of all sound inside."""
_TAPS: Final = 63
_EXTENSIBLE: Final = 0xFFFE
_PCM, _ALAW, _ULAW = 1, 6, 7


class Encoding(StrEnum):
    """How samples are written: 16 bit little-endian, or G.711."""

    PCM16 = "pcm16"
    ALAW = "alaw"
    ULAW = "ulaw"


_TAGS: Final[Mapping[int, tuple[Encoding, int]]] = MappingProxyType(
    {_PCM: (Encoding.PCM16, 16), _ALAW: (Encoding.ALAW, 8), _ULAW: (Encoding.ULAW, 8)}
)


class SoundRefused(LamplighterError):
    """Sound cannot be used: which, why, and what to do.

    Args:
        name: of the file or stream.
        why: code under ``voice.sound``.
        fields: what the sentence says besides.
    """

    def __init__(self, name: str, why: str, **fields: Any) -> None:
        self.name, self.why = name, why
        super().__init__(text(f"voice.sound.{why}", name=name, **fields))


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How a line writes sound: its encoding, and samples a second."""

    encoding: Encoding = Encoding.PCM16
    rate: int = RATE

    @property
    def bytes_a_second(self) -> int:
        """Size of a second of it."""
        return self.rate * (2 if self.encoding is Encoding.PCM16 else 1)


@dataclass
class Decoder:
    """Makes samples of what a line sends; chunks may be cut anywhere.

    Args:
        form: how the line writes.
        name: of the line, for what is refused.

    Raises:
        SoundRefused: a rate that is not taken.
    """

    form: SoundFormat
    name: str = ""
    _rest: bytes = b""
    _state: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(_TAPS - 1))

    def __post_init__(self) -> None:
        rates = voice_rules().sound.rates
        if self.form.rate not in rates:
            raise SoundRefused(self.name, "rate", rate=self.form.rate)

    def decode(self, content: bytes) -> Samples:
        """Return the samples of a chunk, 16,000 a second."""
        if self.form.encoding is Encoding.PCM16:
            content = self._rest + content
            whole = len(content) - len(content) % 2
            self._rest, content = content[whole:], content[:whole]
            samples: Samples = (np.frombuffer(content, "<i2") / 32768).astype(np.float32)
        else:
            samples = _table(self.form.encoding)[np.frombuffer(content, np.uint8)]
        return samples if self.form.rate == RATE else self._double(samples)

    def _double(self, samples: Samples) -> Samples:
        """Return twice as many samples, the mirror above the old band taken away."""
        spread = np.zeros(2 * len(samples))
        spread[::2] = samples
        whole = np.concatenate([self._state, spread])
        self._state = whole[len(whole) - (_TAPS - 1) :]
        doubled = np.convolve(whole, _low_pass(), "valid") if len(spread) else spread
        return doubled.astype(np.float32)


@cache
def _low_pass() -> npt.NDArray[np.float64]:
    """Return the half-band filter: a sinc under a Hamming window; every second tap but the middle one is zero."""
    taps: npt.NDArray[np.float64] = np.sinc((np.arange(_TAPS) - _TAPS // 2) / 2) * np.hamming(_TAPS)
    return taps


@cache
def _table(encoding: Encoding) -> Samples:
    """Return the sample of each of the 256 codes of G.711."""
    read: Callable[[int], int] = _alaw if encoding is Encoding.ALAW else _ulaw
    return (np.array([read(code) for code in range(256)]) / 32768).astype(np.float32)


def _alaw(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if code & 0x80 else -size


def _ulaw(code: int) -> int:
    code = ~code & 0xFF
    size = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return -size if code & 0x80 else size


def read_wav(content: bytes, *, name: str, rules: SoundRules | None = None) -> Samples:
    """Return the samples of a WAV file of one channel, 16,000 a second.

    Args:
        content: of the file: PCM of 16 bit, or G.711 A-law or µ-law, at 8 or 16 kHz.
        name: of the file, for what is refused.
        rules: its greatest length and size.

    Raises:
        SoundRefused: it is no such file, too long, or broken.

    Example:
        >>> read_wav(write_wav(np.zeros(1600, np.float32)), name="a.wav").shape
        (1600,)
    """
    limits = rules or voice_rules().sound
    if len(content) > limits.largest_bytes:
        raise SoundRefused(name, "large", size=len(content) / 1e6, most=limits.largest_bytes / 1e6)
    form, data = _parse(content, name)
    seconds = len(data) / form.bytes_a_second
    if seconds > limits.longest_seconds:
        raise SoundRefused(name, "long", seconds=seconds, most=limits.longest_seconds)
    if not data:
        raise SoundRefused(name, "empty")
    return Decoder(form, name).decode(data)


def _parse(content: bytes, name: str) -> tuple[SoundFormat, bytes]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise SoundRefused(name, "no_wav")
    form: SoundFormat | None = None
    for kind, body in _chunks(content):
        if kind == b"fmt ":
            form = _format_of(body, name)
        elif kind == b"data":
            if form is None:
                raise SoundRefused(name, "broken")
            return form, body
    raise SoundRefused(name, "broken")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        # Whoever writes a stream does not know the size before its end, and leaves 0 or the greatest there is.
        body = content[at + 8 :] if size == 0xFFFFFFFF else content[at + 8 : at + 8 + size]
        yield content[at : at + 4], body
        at += 8 + size + size % 2


def _format_of(body: bytes, name: str) -> SoundFormat:
    if len(body) < 16:
        raise SoundRefused(name, "broken")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = int.from_bytes(body[24:26], "little")
    if channels != 1:
        raise SoundRefused(name, "channels", channels=channels)
    if tag not in _TAGS or bits != _TAGS[tag][1]:
        raise SoundRefused(name, "encoding", tag=tag, bits=bits)
    if rate not in voice_rules().sound.rates:
        raise SoundRefused(name, "rate", rate=rate)
    return SoundFormat(_TAGS[tag][0], rate)


def write_wav(samples: Samples) -> bytes:
    """Return samples as a WAV file: PCM of 16 bit, 16,000 a second, one channel.

    Example:
        >>> len(write_wav(np.zeros(16000, np.float32)))
        32044
    """
    data = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, *_PCM16, b"data", len(data))
    return head + data


_PCM16: Final = (_PCM, 1, RATE, 2 * RATE, 2, 16)


def read_sound(path: Path) -> Samples:
    """Return the samples of a WAV file on disk, see `read_wav`.

    Raises:
        SoundRefused: it cannot be used.
    """
    limits = voice_rules().sound
    with path.open("rb") as file:
        # One byte more than may be: a larger file is refused without being read whole.
        return read_wav(file.read(limits.largest_bytes + 1), name=path.name)


def seconds_of(samples: Samples) -> float:
    """Return how long samples last.

    Example:
        >>> seconds_of(np.zeros(8000, np.float32))
        0.5
    """
    return len(samples) / RATE
