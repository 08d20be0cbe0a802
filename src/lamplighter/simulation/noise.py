"""Noise with memory, made at once for a whole series."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def draw_lasting_noise(*, size: int, gain: float, memory: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a stationary series: x_t = memory · x_{t−1} + gain · ε_t.

    The series is closed to a ring, so that it has no beginning that is quieter than the rest.

    Args:
        size: number of values.
        gain: standard deviation of what is new at each step.
        memory: share that is kept, 0 … 1 (not included).
        rng: the only source of chance.

    Returns:
        Shape (size,), mean about 0, variance gain² / (1 − memory²).

    Example:
        >>> noise = draw_lasting_noise(size=20_000, gain=0.6, memory=0.8, rng=np.random.default_rng(1))
        >>> round(float(noise.std()), 1), round(float(np.corrcoef(noise[1:], noise[:-1])[0, 1]), 1)
        (1.0, 0.8)
    """
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * (gain / (1.0 - memory * turn))
    return np.asarray(np.fft.irfft(spectrum, n=size), dtype=np.float64)
