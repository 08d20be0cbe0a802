"""Sounds a person can check by hand: silence, a tone, noise, and files of them in any writing."""

import struct

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


def silence(seconds: float, rate: int = 16000) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def tone(seconds: float, *, rate: int = 16000, hertz: float = 440.0, level: float = 0.5) -> Samples:
    at = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def noise(seconds: float, *, level: float) -> Samples:
    return (level * np.random.default_rng(7).standard_normal(round(seconds * 16000))).astype(np.float32)


def pcm(samples: Samples) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def wav(data: bytes, *, tag: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    width = channels * bits // 8
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * width, width, bits)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
