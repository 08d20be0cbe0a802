"""How much greater the resistance of an area's lines is than the archive says: read off the voltages its meters show.

Joints, clamps and corroded splices stand in no archive, and recorded lengths are rough. The drop between transformer
and customer goes through exactly these lines: ``V_0 − V_i = b_i + λ_i·m_i(t)``, m_i the drop by resistance and
reactance that the archive's lines and the meters' currents imply, b_i the difference of two voltmeters. λ_i is a slope
over time, so that a voltmeter's own error does not enter; it also holds the current that others draw from the same
lines past their meters. The loss of a current over a drop is their product, so the area's factor is the mean of λ_i
weighted by what each meter loses.

Source: TLL-5 (voltage-loss method) with the drop taken from every meter instead of the farthest one; R cos φ + X sin φ
of each piece, neutral included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.business.line_loss.rules.regression import rolling_sum

Floats = npt.NDArray[np.float64]

SUMS = 6
"""Per phase of a meter and day: slots, drop, modelled drop, its square, product of both, loss (drop x current)."""
SLOTS_ALIKE = 4
"""Neighbouring slots of one load say the same thing: so many of them count as one in the standard error."""


@dataclass(frozen=True, slots=True)
class ResistanceFactor:
    """True over recorded resistance of an area's lines as of each day, shape (A, D).

    Attributes:
        factor: 1 where no voltage tells.
        error: its standard deviation, a share of the technical loss; as before any voltage was seen where none was.
    """

    factor: Floats
    error: Floats


def resistance_factor(
    *,
    sums: Floats,
    area_of: npt.NDArray[np.int32],
    areas: int,
    window_days: int,
    prior_error: float,
    floor_error: float,
    spread: float,
) -> ResistanceFactor:
    """Return the factor of each area and day over the window that ends with the day.

    Args:
        sums: products of each meter, phase and day, shape (M, 3, D, SUMS).
        area_of: area of each meter and day, shape (M, D).
        areas: how many areas.
        window_days: days of the window.
        prior_error: spread of true over recorded loss between areas before any voltage is seen.
        floor_error: what the method misses even with the best of voltages.
        spread: spread of λ_i between the customers of one area.

    Example:
        Ten slots a day of a drop 1.2 times the modelled one, three days: most of it is believed.

        >>> one = np.zeros((1, 3, 3, SUMS))
        >>> one[0, 0, :] = [10.0, 60.0, 50.0, 500.0, 600.0, 5.0]
        >>> found = resistance_factor(sums=one, area_of=np.zeros((1, 3), np.int32), areas=1, window_days=3,
        ...                           prior_error=0.1, floor_error=0.01, spread=0.01)
        >>> round(float(found.factor[0, -1]), 2)
        1.13
    """
    meters, phases, days, _ = sums.shape
    rolled = rolling_sum(sums.transpose(0, 1, 3, 2).reshape(-1, days), window=window_days)
    n, y, x, xx, xy, lost = np.moveaxis(rolled.reshape(meters, phases, SUMS, days), 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        vx = xx - x * x / n
        slope = (xy - x * y / n) / vx
        # One volt of noise, snapshots and register steps together, is the most that quarter hours scatter.
        error = np.sqrt(SLOTS_ALIKE / vx)
    # A slope far from the archive's is a meter on another phase or area, not a bad joint.
    good = (n > 0) & (error < 0.5) & (slope > 0.3) & (slope < 3.0)
    weight = np.where(good, np.maximum(lost, 0.0), 0.0)
    slope, variance = np.where(good, slope, 0.0), np.where(good, error**2 + spread**2, 0.0)
    place = area_of.astype(np.int64) * days + np.arange(days)[None, :]

    def summed(values: Floats) -> Floats:
        of_meter = values.sum(axis=1)
        inside = area_of >= 0
        found = np.bincount(place[inside], weights=of_meter[inside], minlength=areas * days)
        return np.asarray(found.reshape(areas, days))

    total = summed(weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = summed(weight * slope) / total
        own = summed(weight**2 * variance) / total**2 + floor_error**2
        gain = np.where(total > 0, prior_error**2 / (prior_error**2 + own), 0.0)
    factor = 1.0 + gain * (np.where(total > 0, mean, 1.0) - 1.0)
    return ResistanceFactor(factor=factor, error=np.sqrt((1.0 - gain) * prior_error**2))


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def add_drops(  # type: ignore[no-untyped-def]
    active, lagging, first, nodes, parents, ohm, reactance, neutral, resistive, reactive
):  # fmt: skip
    """Fill the volts each node of an area lies below its root by resistance and by reactance, shape (nodes, 3, slots).

    ``active`` and ``lagging`` are the parts of each phase's current in phase with its voltage and a quarter behind it.
    The neutral carries their vector sum and drops its part on every phase. The two are kept apart because only the
    drop by resistance loses energy.
    """
    slots = active.shape[2]
    half_root = np.float32(0.5 * 3.0**0.5)
    half = np.float32(0.5)
    resistive[0] = 0.0
    reactive[0] = 0.0
    for k in range(1, nodes):
        up = parents[first + k] - first
        r, x, n = np.float32(ohm[first + k]), np.float32(reactance[first + k]), np.float32(neutral)
        for p in range(3):
            b, a = (p + 1) % 3, (p + 2) % 3
            for s in range(slots):
                # Seen from phase p the next phase lags by 120 degrees and the one after leads by as much.
                in_phase = active[k, p, s] - half * (active[k, b, s] + active[k, a, s])
                in_phase += half_root * (lagging[k, a, s] - lagging[k, b, s])
                behind = lagging[k, p, s] - half * (lagging[k, b, s] + lagging[k, a, s])
                behind += half_root * (active[k, b, s] - active[k, a, s])
                resistive[k, p, s] = resistive[up, p, s] + r * (active[k, p, s] + n * in_phase)
                reactive[k, p, s] = reactive[up, p, s] + x * (lagging[k, p, s] + n * behind)
