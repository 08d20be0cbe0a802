"""How a customer's voltage drops: with its own current, with its neighbours', and with what no meter shows.

``V_0 − V_i = c0 + R_i·I_i + k_i·n_i + β_i·u + ε`` slot by slot: V_0 the transformer's voltage on the customer's phase,
I_i the current its meter shows, n_i the mean drop of the other customers on that phase (what the common wire does), u
the area's unexplained current. R_i is the resistance of the customer's own service wire; current that passes beside the
meter makes it look greater, and β_i is greatest where unexplained current is drawn.

Sums of products are kept a day, so that every part of the window is fitted from one pass over the readings.
Source: the service model of distribution voltage analysis, reference notes of the field; least squares with a small
ridge.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

TERMS = 4
"""Constant, own current, neighbours' drop, unexplained current."""


class ServiceFit(NamedTuple):
    """Fits of one phase of each candidate. Shapes (N,) or, for parts of the window, (P, N); NaN where not told.

    Attributes:
        ohm: R_i of the whole window.
        ohm_error: its standard error.
        rest: β_i, ohm.
        rest_error: its standard error.
        noise_v: standard deviation of what is left, V.
        part_ohm: R_i of each part.
        part_ohm_error: its standard error.
        part_rest: β_i of each part.
        part_rest_error: its standard error.
    """

    ohm: Floats
    ohm_error: Floats
    rest: Floats
    rest_error: Floats
    noise_v: Floats
    part_ohm: Floats
    part_ohm_error: Floats
    part_rest: Floats
    part_rest_error: Floats


@numba.njit(cache=True, nogil=True)
def sum_products(
    drop: npt.NDArray[np.float32],
    current: npt.NDArray[np.float32],
    total: Floats,
    members: npt.NDArray[np.int64],
    rest: Floats,
) -> Floats:
    """Return sums of products of (1, I, n, u, drop) of each day, shape (N, W, 5, 5), upper half.

    Args:
        drop: V_0 − V_i, shape (N, W, S), NaN = unknown.
        current: amperes the meter shows, likewise.
        total: sum of the drops of all members of the phase, shape (W, S).
        members: how many drops are in it, shape (W, S).
        rest: unexplained current of the area, A, shape (W, S).
    """
    count, days, slots = drop.shape
    out = np.zeros((count, days, 5, 5))
    z = np.zeros(5)
    z[0] = 1.0
    for i in range(count):
        for d in range(days):
            for s in range(slots):
                y, a, u = drop[i, d, s], current[i, d, s], rest[d, s]
                if np.isnan(y) or np.isnan(a) or np.isnan(u) or members[d, s] < 2:
                    continue
                z[1], z[3], z[4] = a, u, y
                z[2] = (total[d, s] - y) / (members[d, s] - 1)
                for p in range(5):
                    for q in range(p, 5):
                        out[i, d, p, q] += z[p] * z[q]
    return out


def fit_service(products: Floats, *, parts: int, least_slots: int) -> ServiceFit:
    """Return the fits of the whole window and of its ends and beginnings.

    Args:
        products: of `sum_products`.
        parts: the window is cut at ``parts − 1`` places; rows 0 … parts−2 of the part figures are the time before
            each cut, the rest the time after.
        least_slots: fewest slots a fit rests on.
    """
    days = products.shape[1]
    running = np.concatenate([np.zeros_like(products[:, :1]), np.cumsum(products, axis=1)], axis=1)
    cuts = [days * cut // parts for cut in range(1, parts)]
    whole = _solve(running[:, -1], least_slots)
    before = [_solve(running[:, cut], least_slots) for cut in cuts]
    after = [_solve(running[:, -1] - running[:, cut], least_slots) for cut in cuts]
    pieces = [*before, *after]

    def stacked(at: int) -> Floats:
        return np.stack([piece[at] for piece in pieces])

    return ServiceFit(*whole, stacked(0), stacked(1), stacked(2), stacked(3))


def _solve(sums: Floats, least_slots: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return R, its error, β, its error and the noise from sums of products, shape (N, 5, 5)."""
    full = sums + np.triu(sums, 1).transpose(0, 2, 1)
    number = full[:, 0, 0]
    is_told = number >= least_slots
    gram = full[:, :TERMS, :TERMS].copy()
    # A small ridge in each term's own unit: an idle customer's current does not vary, and then says nothing.
    scale = np.sqrt(np.maximum(np.einsum("nii->ni", gram), 1e-9))
    gram /= scale[:, :, None] * scale[:, None, :]
    gram += 1e-9 * np.eye(TERMS)
    gram[~is_told] = np.eye(TERMS)
    inverse = np.linalg.inv(gram)
    moment = full[:, :TERMS, TERMS] / scale
    found = np.einsum("nij,nj->ni", inverse, moment)
    left = np.maximum(full[:, TERMS, TERMS] - np.einsum("ni,ni->n", found, moment), 0.0)
    variance = left / np.maximum(number - TERMS, 1.0)
    errors = np.sqrt(variance[:, None] * np.einsum("nii->ni", inverse)) / scale
    found = found / scale
    unknown = np.where(is_told, 0.0, np.nan)
    return (
        found[:, 1] + unknown,
        errors[:, 1] + unknown,
        found[:, 3] + unknown,
        errors[:, 3] + unknown,
        np.sqrt(variance) + unknown,
    )


def match_phase(volts: npt.NDArray[np.float32], transformer: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return the transformer phase each voltage moves with, shape (N,); −1 where nothing is known.

    Args:
        volts: shape (N, T).
        transformer: shape (P, T).

    Example:
        >>> t = np.linspace(0, 20, 200)
        >>> phases = np.stack([np.sin(t), np.cos(2 * t)]).astype(np.float32)
        >>> match_phase((0.5 * phases[1:] + 1).astype(np.float32), phases).tolist()
        [1]
    """
    moves, of_phase = np.diff(volts, axis=1), np.diff(transformer, axis=1)
    known = np.isfinite(moves)
    best = np.full(len(volts), -1, np.int64)
    strength = np.zeros(len(volts))
    filled = np.where(known, moves, 0.0).astype(np.float64)
    energy = (filled**2).sum(axis=1)
    for phase, own in enumerate(of_phase):
        told = np.isfinite(own)
        target = np.where(told, own, 0.0).astype(np.float64)
        likeness = filled @ target / np.sqrt(np.maximum(energy * float(target @ target), 1e-12))
        better = likeness > strength
        best[better], strength[better] = phase, likeness[better]
    return best
