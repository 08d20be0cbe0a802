"""Calibration: scores turned into shares that come true, and how far they are from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_SHARE, MOST_SHARE = 1e-4, 0.995
"""What a calibrated share is held within: no finite set of examples makes anything impossible or certain."""


@dataclass(frozen=True, slots=True)
class BetaCalibration:
    """``logit p = a·ln s − b·ln(1 − s) + c`` with s the uncalibrated share; a, b ≥ 0 keep the order.

    Source: Kull, Silva Filho and Flach, Beta calibration, AISTATS 2017.
    """

    a: float
    b: float
    c: float

    def apply(self, raw: Floats) -> Floats:
        """Return the calibrated share of each log-odds, shape (N,)."""
        # ln s and ln(1 − s) of s = 1/(1+e^−x), without losing the tails.
        log_odds = -self.a * np.logaddexp(0.0, -raw) + self.b * np.logaddexp(0.0, raw) + self.c
        return np.clip(1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0))), LEAST_SHARE, MOST_SHARE)


@dataclass(frozen=True, slots=True)
class IsotonicCalibration:
    """A rising line through knots, flat outside them; ``knots`` of the log-odds, ``shares`` there."""

    knots: tuple[float, ...]
    shares: tuple[float, ...]

    def apply(self, raw: Floats) -> Floats:
        """Return the calibrated share of each log-odds, shape (N,)."""
        return np.clip(np.interp(raw, self.knots, self.shares), LEAST_SHARE, MOST_SHARE)


Calibration = BetaCalibration | IsotonicCalibration


def fit_beta(*, raw: Floats, is_hit: npt.NDArray[np.bool_], weight: Floats | None = None) -> BetaCalibration:
    """Return the beta calibration of greatest likelihood.

    Args:
        raw: log-odds before calibration, shape (N,).
        is_hit: what came true, shape (N,); on rows the score was not learned from.
        weight: how much each row counts, shape (N,); all the same when absent.

    Example:
        Scores that are right already stay as they are:

        >>> rng = np.random.default_rng(3)
        >>> raw = rng.normal(-2.0, 1.5, size=20_000)
        >>> hits = rng.uniform(size=20_000) < 1 / (1 + np.exp(-raw))
        >>> found = fit_beta(raw=raw, is_hit=hits)
        >>> bool(np.abs(found.apply(raw) - 1 / (1 + np.exp(-raw))).max() < 0.03)
        True
    """
    # Only learning needs it, and it takes long to import.
    from scipy.optimize import minimize

    rising, falling = -np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw)
    hit = is_hit.astype(np.float64)
    each = np.ones(len(hit)) if weight is None else weight

    def cost(terms: Floats) -> tuple[float, Floats]:
        log_odds = terms[0] * rising + terms[1] * falling + terms[2]
        share = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
        loss = float(each @ (np.logaddexp(0.0, log_odds) - hit * log_odds)) + 0.5 * float(
            ((terms[:2] - 1.0) ** 2).sum()
        )
        rest = each * (share - hit)
        slope = np.array([rest @ rising + terms[0] - 1.0, rest @ falling + terms[1] - 1.0, rest.sum()])
        return loss, slope

    found = minimize(cost, np.array([1.0, 1.0, 0.0]), jac=True, bounds=[(0.0, None), (0.0, None), (None, None)])
    a, b, c = (float(term) for term in found.x)
    return BetaCalibration(a=a, b=b, c=c)


def fit_isotonic(*, raw: Floats, is_hit: npt.NDArray[np.bool_]) -> IsotonicCalibration:
    """Return the rising step line nearest to what came true, joined at its corners.

    Example:
        >>> line = fit_isotonic(raw=np.array([-2.0, -1.0, 1.0, 2.0]), is_hit=np.array([False, False, True, True]))
        >>> line.apply(np.array([-3.0, 3.0])).round(3).tolist()
        [0.0, 0.995]
    """
    # Seconds to import, and only learning needs it.
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(out_of_bounds="clip").fit(raw, is_hit.astype(np.float64))
    return IsotonicCalibration(
        knots=tuple(fitted.X_thresholds_.astype(float).tolist()),
        shares=tuple(fitted.y_thresholds_.astype(float).tolist()),
    )


def calibration_error(*, share: Floats, is_hit: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """Return the expected calibration error: mean distance between told and come-true shares over bins of equal
    counts.

    Example:
        >>> calibration_error(share=np.full(10, 0.5), is_hit=np.arange(10) < 5, bins=1)
        0.0
    """
    order = np.argsort(share, kind="stable")
    parts = np.array_split(order, min(bins, max(len(order), 1)))
    gaps = [len(part) * abs(float(share[part].mean()) - float(is_hit[part].mean())) for part in parts if len(part)]
    return float(sum(gaps) / max(len(order), 1))


def shift_prior(share: Floats, *, learned: float, wanted: float) -> Floats:
    """Return shares for a population in which ``wanted`` of all are hits, learned where ``learned`` were.

    Source: Bayes' rule; what a row looks like given a hit is taken to be the same in both.

    Example:
        >>> shift_prior(np.array([0.5]), learned=0.5, wanted=0.02).round(3).tolist()
        [0.02]
    """
    odds = share / (1.0 - share) * (wanted / (1.0 - wanted)) / (learned / (1.0 - learned))
    shifted: Floats = np.clip(odds / (1.0 + odds), LEAST_SHARE, MOST_SHARE)
    return shifted


def estimate_prior(share: Floats, *, learned: float, least: float, most: float, rounds: int = 100) -> float:
    """Return the share of hits in an unlabelled population that makes its mean share agree with itself.

    Args:
        share: calibrated where ``learned`` of all were hits, shape (N,).
        learned: that share.
        least: lower bound of what is believed.
        most: upper bound.

    Source: Saerens, Latinne and Decaestecker, Neural Computation 14 (2002): EM under a shift of the prior.

    Example:
        >>> rng = np.random.default_rng(2)
        >>> x = np.concatenate([rng.normal(2, 1, 300), rng.normal(0, 1, 9700)])
        >>> told = 1 / (1 + np.exp(-(2 * x - 2 + np.log(0.1 / 0.9))))
        >>> round(estimate_prior(told, learned=0.1, least=0.001, most=0.5), 2)
        0.03
    """
    prior = learned
    for _ in range(rounds):
        prior = float(np.clip(shift_prior(share, learned=learned, wanted=prior).mean(), least, most))
    return prior


def to_record(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration in JSON's own types."""
    kind = "beta" if isinstance(calibration, BetaCalibration) else "isotonic"
    return {"kind": kind, **asdict(calibration)}


def from_record(record: dict[str, Any]) -> Calibration:
    """Return the calibration of a record.

    Example:
        >>> from_record(to_record(BetaCalibration(a=1.0, b=1.0, c=0.0)))
        BetaCalibration(a=1.0, b=1.0, c=0.0)
    """
    if record["kind"] == "beta":
        return BetaCalibration(a=record["a"], b=record["b"], c=record["c"])
    return IsotonicCalibration(knots=tuple(record["knots"]), shares=tuple(record["shares"]))
