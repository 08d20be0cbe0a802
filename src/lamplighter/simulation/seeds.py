"""Chance, by name: every part of the company draws from a stream of its own, so that none disturbs another."""

from __future__ import annotations

import zlib

import numpy as np


def open_stream(*, seed: int, purpose: str, number: int = 0) -> np.random.Generator:
    """Return the random stream of one purpose and one thing (an area, a feeder, a county).

    Example:
        >>> a, b = (open_stream(seed=1, purpose="loads", number=7).uniform() for _ in range(2))
        >>> bool(a == b)
        True
        >>> bool(a == open_stream(seed=1, purpose="loads", number=8).uniform())
        False
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), number])))
