"""One pass over a matrix of readings: how many there are and between which values they lie."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True, nogil=True)
def scan_rows(
    values: npt.NDArray[np.float32],
    given: npt.NDArray[np.int32],
    low: npt.NDArray[np.float32],
    high: npt.NDArray[np.float32],
) -> None:
    """Count the values of each row and find the least and the greatest, NaN left out.

    Args:
        values: shape (N, S), float32.
        given: filled with the count, shape (N,), int32.
        low: filled with the least value, +inf where there is none.
        high: filled with the greatest value, -inf where there is none.
    """
    for row in range(values.shape[0]):
        count = 0
        least = np.float32(np.inf)
        most = np.float32(-np.inf)
        for slot in range(values.shape[1]):
            value = values[row, slot]
            if value == value:
                count += 1
            least = min(least, value) if value == value else least
            most = max(most, value) if value == value else most
        given[row] = count
        low[row] = least
        high[row] = most
