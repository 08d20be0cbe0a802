"""How a customer's voltage drops: with its own current, with its neighbours', and with what no meter shows.

``V_0 − V_i = c0 + R_i·I_i + k_i·n_i + β_i·u + ε`` slot by slot: V_0 the transformer's voltage on the customer's phase,
I_i the current its meter shows, n_i the mean drop of the other customers on that phase (what the common wire does), u
the area's unexplained current. R_i is the resistance of the customer's own service wire; current that passes beside the
meter makes it look greater, and β_i is greatest where unexplained current is drawn.

Sums of products are kept for each part of the window, so that every beginning and end of it is fitted from one pass
over the readings.
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


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def sum_products(drop: npt.NDArray[np.float32], current: npt.NDArray[np.float32], rest: Floats, parts: int) -> Floats:
    """Return sums of products of (1, I, n, u, drop) of each part of the window, shape (N, P, 5, 5), upper half.

    Args:
        drop: V_0 − V_i of the members of a phase, shape (N, W, S), NaN = unknown.
        current: amperes the meter shows, likewise.
        rest: unexplained current of the area, A, shape (W, S).
        parts: the window is cut into so many.
    """
    count, days, slots = drop.shape
    total, known = np.zeros((days, slots)), np.zeros((days, slots))
    for i in range(count):
        for d in range(days):
            for s in range(slots):
                if not np.isnan(drop[i, d, s]):
                    total[d, s] += drop[i, d, s]
                    known[d, s] += 1.0
    # A member alone has no neighbours to be held against.
    share = np.where(known > 1.5, 1.0 / np.maximum(known - 1.0, 1.0), np.nan)
    out = np.zeros((count, parts, 5, 5))
    z = np.zeros((5, slots))
    for i in range(count):
        for part in range(parts):
            for d in range(days * part // parts, days * (part + 1) // parts):
                for s in range(slots):
                    y, a, u = np.float64(drop[i, d, s]), np.float64(current[i, d, s]), rest[d, s]
                    is_told = not (np.isnan(y) or np.isnan(a) or np.isnan(u) or np.isnan(share[d, s]))
                    z[0, s] = 1.0 if is_told else 0.0
                    z[1, s] = a if is_told else 0.0
                    z[2, s] = (total[d, s] - y) * share[d, s] if is_told else 0.0
                    z[3, s] = u if is_told else 0.0
                    z[4, s] = y if is_told else 0.0
                for p in range(5):
                    for q in range(p, 5):
                        dot = 0.0
                        for s in range(slots):
                            dot += z[p, s] * z[q, s]
                        out[i, part, p, q] += dot
    return out


def most_alike(drop: npt.NDArray[np.float32], *, count: int) -> npt.NDArray[np.int64]:
    """Return the members of a phase whose drop goes most like each member's own: those near it on the wire.

    Args:
        drop: V_0 − V_i, shape (N, T), NaN = unknown.
        count: how many of them.

    Returns:
        Indices of members, shape (N, count); −1 where there are fewer.

    Example:
        >>> t = np.linspace(0, 9, 50)
        >>> drop = np.stack([np.sin(t), np.sin(t) + 0.1, np.cos(t)]).astype(np.float32)
        >>> most_alike(drop, count=1).ravel().tolist()
        [1, 0, 1]
    """
    known = np.isfinite(drop)
    middle = np.where(known, drop, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    centred = np.where(known, drop - middle[:, None], 0.0).astype(np.float32)
    alike = (centred @ centred.T).astype(np.float64)
    size = np.sqrt(np.maximum(np.diag(alike), 1e-12))
    alike /= size[:, None] * size[None, :]
    np.fill_diagonal(alike, -np.inf)
    order = np.argsort(-alike, axis=1, kind="stable")[:, : min(count, len(drop) - 1)]
    found = np.full((len(drop), count), -1, np.int64)
    found[:, : order.shape[1]] = order
    return found


@numba.njit(cache=True, nogil=True)
def sum_steps(
    drop: npt.NDArray[np.float32],
    current: npt.NDArray[np.float32],
    near: npt.NDArray[np.int64],
    rest: Floats,
    parts: int,
) -> Floats:
    """Return sums of products of the steps from slot to slot of (1, I, m, u, drop), shape (N, P, 5, 5), upper half.

    Steps leave out season, lighting and everything else that moves slowly; m is the mean drop of the customers near by
    on the wire.

    Args:
        drop: V_0 − V_i of the members of a phase, shape (N, W, S), NaN = unknown.
        current: amperes the meter shows, likewise.
        near: of `most_alike`, shape (N, K).
        rest: unexplained current of the area, A, shape (W, S).
        parts: the window is cut into so many.
    """
    count, days, slots = drop.shape
    out = np.zeros((count, parts, 5, 5))
    z = np.zeros((5, slots))
    for i in range(count):
        for part in range(parts):
            for d in range(days * part // parts, days * (part + 1) // parts):
                y0, a0, m0, u0 = np.nan, np.nan, np.nan, np.nan
                for s in range(slots):
                    m, known = 0.0, 0
                    for k in near[i]:
                        if k >= 0 and not np.isnan(drop[k, d, s]):
                            m += drop[k, d, s]
                            known += 1
                    m = m / known if known else np.nan
                    y, a, u = np.float64(drop[i, d, s]), np.float64(current[i, d, s]), rest[d, s]
                    is_told = not np.isnan((y - y0) + (a - a0) + (m - m0) + (u - u0))
                    z[0, s] = 1.0 if is_told else 0.0
                    z[1, s] = a - a0 if is_told else 0.0
                    z[2, s] = m - m0 if is_told else 0.0
                    z[3, s] = u - u0 if is_told else 0.0
                    z[4, s] = y - y0 if is_told else 0.0
                    y0, a0, m0, u0 = y, a, m, u
                for p in range(5):
                    for q in range(p, 5):
                        dot = 0.0
                        for s in range(slots):
                            dot += z[p, s] * z[q, s]
                        out[i, part, p, q] += dot
    return out


def fit_service(products: Floats, *, least_slots: int) -> ServiceFit:
    """Return the fits of the whole window and of its ends and beginnings.

    Args:
        products: of `sum_products` or `sum_steps`, shape (N, P, 5, 5).
        least_slots: fewest slots a fit rests on.

    Returns:
        Of ``P − 1`` cuts between the parts: rows 0 … P−2 of the part figures are the time before each cut, the rest
        the time after.
    """
    count, parts = products.shape[:2]
    whole = np.full((5, count), np.nan)
    pieces = np.full((5, 2 * (parts - 1), count), np.nan)
    # Most meters have one phase: what has no readings on this one is not solved.
    at = np.flatnonzero(products[:, :, 0, 0].sum(axis=1) >= least_slots)
    if len(at):
        before = np.cumsum(products[at], axis=1)
        after = np.cumsum(products[at, ::-1], axis=1)[:, ::-1]
        sums = np.concatenate([before[:, -1:], before[:, :-1], after[:, 1:]], axis=1)
        found = np.stack(_solve(sums.reshape(-1, 5, 5), least_slots)).reshape(5, len(at), -1)
        whole[:, at] = found[:, :, 0]
        pieces[:, :, at] = found[:, :, 1:].transpose(0, 2, 1)
    return ServiceFit(*whole, *pieces[:4])


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
    return _match(np.ascontiguousarray(volts), np.ascontiguousarray(transformer))


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _match(volts: npt.NDArray[np.float32], transformer: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    best = np.full(len(volts), -1, np.int64)
    moves = np.empty(volts.shape[1] - 1)
    of_phase = np.diff(transformer)
    for phase in range(len(of_phase)):
        for k in range(len(moves)):
            if np.isnan(of_phase[phase, k]):
                of_phase[phase, k] = 0.0
    for i in range(len(volts)):
        energy, strength = 0.0, 0.0
        for k in range(len(moves)):
            move = np.float64(volts[i, k + 1] - volts[i, k])
            moves[k] = 0.0 if np.isnan(move) else move
            energy += moves[k] * moves[k]
        for phase in range(len(of_phase)):
            common, own = 0.0, 0.0
            for k in range(len(moves)):
                step = np.float64(of_phase[phase, k])
                common += moves[k] * step
                own += step * step
            likeness = common / np.sqrt(max(energy * own, 1e-12))
            if likeness > strength:
                best[i], strength = phase, likeness
    return best


@numba.njit(cache=True, nogil=True)
def has_values(values: npt.NDArray[np.float32], meters: npt.NDArray[np.int64], first: int) -> npt.NDArray[np.bool_]:
    """Return which meters have any value from day ``first`` on, shape (N,).

    Args:
        values: shape (M, D, S), NaN = unknown.
        meters: which rows, shape (N,).
        first: index of the first day looked at.

    Example:
        >>> values = np.array([[[np.nan], [1.0]], [[1.0], [np.nan]]], np.float32)
        >>> has_values(values, np.array([0, 1]), 1).tolist()
        [True, False]
    """
    found = np.zeros(len(meters), np.bool_)
    for i in range(len(meters)):
        for d in range(first, values.shape[1]):
            for s in range(values.shape[2]):
                if not np.isnan(values[meters[i], d, s]):
                    found[i] = True
                    break
            if found[i]:
                break
    return found
