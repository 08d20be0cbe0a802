"""Hand-over: energy that vanished at a meter and appeared in the area's loss.

For every day τ: ``hand(τ) = min(mean e after − mean e before, mean x before − mean x after)``, kWh a day, e the
area's unexplained energy, x the customer's (fashion of its class taken out). The best τ by ``hand`` over its
standard error is kept, and the two changes are compared hour by hour: a real hand-over has one daily profile (cosine
near 1). The other way round, a customer that fell while the loss did not rise has counter-evidence: nobody took what
it no longer used.

Source: docs/explanation/the-list.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import DAYS_A_MONTH, Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings

BINS = 24


SCORES: Mapping[str, int] = MappingProxyType(
    {
        "handover_match": +1,
        "handover_profile": 0,
        "handover_rise": 0,
        "handover_z": +1,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the hand-over says of each candidate.

    Scores: ``handover_z``, ``handover_kwh`` (kWh a day handed over at the best split), ``handover_match`` (lesser
        over greater of the
    two changes), ``handover_profile`` (cosine of their hourly profiles), ``handover_rise`` (share of the customer's
    own greatest drop that the loss rose by on the same day; 1 = all of it).
    """
    window, changes, number = material.window, material.changes, settings.number
    residual_days = daily_residual(window.residual_kwh, known_share=number("handover.known_share"))
    # A company that reads days only has no slots to add up; its area's day is known all the same.
    residual_days = np.where(
        np.isfinite(residual_days), residual_days, window.losses.unexplained_kwh[:, window.first :]
    )
    margin = int(number("change.margin_days"))
    z, kwh, match, split = best_handovers(changes.adjusted_kwh, residual_days, window.area, margin)
    profile = _profile_match(window.kwh, window.residual_kwh, window.area, split, BINS)
    rise, rise_error = _rises(residual_days, window.area, changes.split, margin)
    dropped = changes.before_kwh - changes.after_kwh
    with np.errstate(divide="ignore", invalid="ignore"):
        rise_share = np.where(dropped > 0.0, rise / dropped, np.nan)
        rise_most = np.where(dropped > 0.0, (rise + 2.0 * rise_error) / dropped, np.nan)
    day_of = window.days[np.maximum(split, 0)]
    strength = ramp(z, start=number("handover.z_start"), end=number("handover.z_end"))
    strength *= ramp(match, start=number("handover.match_start"), end=number("handover.match_end"))
    alike = ramp(profile, start=number("handover.profile_start"), end=number("handover.profile_end"))
    strength *= np.where(np.isfinite(profile), alike, number("handover.without_profile"))
    fell = ramp(changes.t, start=number("change.t_start"), end=number("change.t_end"))
    fell *= ramp(changes.drop_share, start=number("change.drop_start"), end=number("change.drop_end"))
    stayed = fell * ramp(rise_most, start=number("handover.rise_end"), end=number("handover.rise_start"))
    return LayerResult(
        layer=Layer.HANDOVER,
        is_available=np.isfinite(z),
        scores={
            "handover_z": z,
            "handover_kwh": kwh,
            "handover_month_kwh": kwh * DAYS_A_MONTH,
            "handover_match": match,
            "handover_profile": profile,
            "handover_rise": rise_share,
        },
        findings=(
            found_where(
                code="loss_took_over",
                strength=strength,
                value=kwh,
                expected=0.0,
                unit="kWh/d",
                first_on=day_of,
                last_on=window.last_day,
            ),
            found_where(
                code="loss_did_not_rise",
                strength=stayed,
                value=rise,
                expected=dropped,
                unit="kWh/d",
                first_on=window.days[np.maximum(changes.split, 0)],
                last_on=window.last_day,
            ),
        ),
    )


def daily_residual(residual: Floats, *, known_share: float) -> Floats:
    """Return the unexplained energy of each area's day, unknown slots taken as the day's mean; shape (A, W).

    A day with fewer known slots than ``known_share`` is NaN.

    Example:
        >>> daily_residual(np.array([[[1.0, np.nan, 1.0, 1.0], [np.nan, np.nan, 2.0, 0.0]]]), known_share=0.7).tolist()
        [[4.0, nan]]
    """
    known = np.isfinite(residual)
    counts = known.sum(axis=2)
    slots = residual.shape[2]
    total = np.where(known, residual, 0.0).sum(axis=2)
    days: Floats = np.where(counts >= known_share * slots, total * slots / np.maximum(counts, 1), np.nan)
    return days


@numba.njit(cache=True, nogil=True)
def best_handovers(
    use: Floats, residual: Floats, area: npt.NDArray[np.int32], margin: int
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """Return z, kWh a day, match and split of the best hand-over of each candidate.

    Args:
        use: adjusted daily kWh, shape (N, W); NaN = unknown.
        residual: daily unexplained kWh, shape (A, W); NaN = unknown.
        area: area of each candidate, shape (N,); -1 = none.
        margin: fewest days, known on both sides, before and after a split.
    """
    count, width = use.shape
    z, kwh, match = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    split = np.full(count, -1, np.int64)
    for i in range(count):
        a = area[i]
        if a < 0:
            continue
        n, sx, se, qx, qe = 0, 0.0, 0.0, 0.0, 0.0
        for d in range(width):
            x, e = use[i, d], residual[a, d]
            if np.isnan(x) or np.isnan(e):
                continue
            n += 1
            sx += x
            se += e
            qx += x * x
            qe += e * e
        if n < 2 * margin:
            continue
        n1, sx1, se1, qx1, qe1 = 0, 0.0, 0.0, 0.0, 0.0
        best = -np.inf
        for d in range(1, width):
            x, e = use[i, d - 1], residual[a, d - 1]
            if not (np.isnan(x) or np.isnan(e)):
                n1 += 1
                sx1 += x
                se1 += e
                qx1 += x * x
                qe1 += e * e
            n2 = n - n1
            if n1 < margin:
                continue
            if n2 < margin:
                break
            drop = sx1 / n1 - (sx - sx1) / n2
            rise = (se - se1) / n2 - se1 / n1
            vx = max(qx - sx1 * sx1 / n1 - (sx - sx1) ** 2 / n2, 0.0) / (n - 2)
            ve = max(qe - se1 * se1 / n1 - (se - se1) ** 2 / n2, 0.0) / (n - 2)
            hand = min(drop, rise)
            error = np.sqrt((vx + ve + (0.01 * (sx / n)) ** 2 + 1e-9) * (1.0 / n1 + 1.0 / n2))
            if hand / error > best:
                best = hand / error
                z[i], kwh[i], split[i] = best, hand, d
                greater = max(drop, rise)
                match[i] = max(hand, 0.0) / greater if greater > 0.0 else 0.0
    return z, kwh, match, split


@numba.njit(cache=True, nogil=True)
def _profile_match(
    kwh: npt.NDArray[np.float32], residual: Floats, area: npt.NDArray[np.int32], split: npt.NDArray[np.int64], bins: int
) -> Floats:
    count, width, slots = kwh.shape
    found = np.full(count, np.nan)
    change = np.zeros((2, bins))
    total = np.zeros((2, 2, bins))
    known = np.zeros((2, bins))
    for i in range(count):
        a = area[i]
        if a < 0 or split[i] < 0:
            continue
        total[:], known[:] = 0.0, 0.0
        for d in range(width):
            side = 1 if d >= split[i] else 0
            for s in range(slots):
                x, e = kwh[i, d, s], residual[a, d, s]
                if np.isnan(x) or np.isnan(e):
                    continue
                b = s * bins // slots
                known[side, b] += 1.0
                total[0, side, b] += x
                total[1, side, b] += e
        dot, xx, ee = 0.0, 0.0, 0.0
        for b in range(bins):
            if known[0, b] == 0.0 or known[1, b] == 0.0:
                continue
            change[0, b] = total[0, 0, b] / known[0, b] - total[0, 1, b] / known[1, b]
            change[1, b] = total[1, 1, b] / known[1, b] - total[1, 0, b] / known[0, b]
            dot += change[0, b] * change[1, b]
            xx += change[0, b] ** 2
            ee += change[1, b] ** 2
        if xx > 0.0 and ee > 0.0:
            found[i] = dot / np.sqrt(xx * ee)
    return found


@numba.njit(cache=True, nogil=True)
def _rises(
    residual: Floats, area: npt.NDArray[np.int32], split: npt.NDArray[np.int64], margin: int
) -> tuple[Floats, Floats]:
    count, width = len(area), residual.shape[1]
    rise, error = np.full(count, np.nan), np.full(count, np.nan)
    for i in range(count):
        a = area[i]
        if a < 0 or split[i] < 0:
            continue
        n, total, squares = np.zeros(2), np.zeros(2), np.zeros(2)
        for d in range(width):
            e = residual[a, d]
            if np.isnan(e):
                continue
            side = 1 if d >= split[i] else 0
            n[side] += 1.0
            total[side] += e
            squares[side] += e * e
        if n[0] < margin or n[1] < margin:
            continue
        within = squares[0] + squares[1] - total[0] ** 2 / n[0] - total[1] ** 2 / n[1]
        rise[i] = total[1] / n[1] - total[0] / n[0]
        error[i] = np.sqrt(max(within, 0.0) / max(n[0] + n[1] - 2.0, 1.0) * (1.0 / n[0] + 1.0 / n[1]))
    return rise, error
