"""Which of many possible causes act, and how much: linear models with and without each, weighed by what they explain.

``y = A·θ + Σ f_j·φ_j + ε``. The columns A always act, with Gaussian priors; each candidate column f_j acts or does not,
with prior odds and, when it acts, a Gaussian prior. The evidence of every visited set of candidates is exact, and what
is reported is the mixture over the sets: two causes that explain the same share the weight, and their intervals say so.

Source: Bayesian model averaging in the linear model with conjugate priors (Hoeting et al. 1999, Occam's window).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]

_WINDOW = 7.0
"""Sets this many nats below the best are left out: together they weigh about a thousandth."""
_MOST_SETS = 40
_BEAM = 3
_MOST_STEPS = 24


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns with Gaussian priors. Shapes (n, K) and (K,).

    Attributes:
        design: one column a component.
        mean, deviation: prior of each coefficient.
    """

    design: Floats
    mean: Floats
    deviation: Floats


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Posterior of all coefficients under one set: always-acting ones first, then every candidate (0 where it is off).

    Attributes:
        weight: of the set, sum 1.
        acting: indices of the candidates that act.
        mean: shape (K + J,).
        covariance: shape (K + J, K + J).
    """

    weight: float
    acting: tuple[int, ...]
    mean: Floats
    covariance: Floats


def average_models(
    *,
    target: Floats,
    noise: Floats,
    always: Columns,
    candidates: Columns,
    log_odds: Floats,
    groups: Sequence[int],
    is_positive: npt.NDArray[np.bool_],
) -> list[Gaussian]:
    """Return the posterior of each set of candidates worth keeping, best first.

    Args:
        target: what is to be explained, shape (n,).
        noise: standard deviation of each entry, shape (n,).
        always: components that always act.
        candidates: components that act or do not.
        log_odds: prior log-odds that each acts, shape (J,).
        groups: candidates of one group exclude one another, shape (J,); -1 = of no group.
        is_positive: candidates that only ever add, shape (J,): a set in which one would take away is no explanation.

    Example:
        One column explains the target and one does not:

        >>> y = np.array([1.0, 2.0, 3.0, 4.0])
        >>> none = Columns(np.zeros((4, 0)), np.zeros(0), np.zeros(0))
        >>> two = Columns(np.array([[1.0, 1.0], [2.0, -1.0], [3.0, 1.0], [4.0, -1.0]]), np.zeros(2), np.ones(2) * 3)
        >>> best = average_models(target=y, noise=np.full(4, 0.1), always=none, candidates=two,
        ...                       log_odds=np.full(2, -2.0), groups=[-1, -1], is_positive=np.zeros(2, bool))[0]
        >>> best.acting, round(float(best.mean[0]), 2)
        ((0,), 1.0)
    """
    core = (always.design * always.deviation**2) @ always.design.T + np.diag(noise**2)
    root = np.linalg.cholesky(core)
    rest = np.linalg.solve(root, target - always.design @ always.mean)
    columns = np.linalg.solve(root, candidates.design) if candidates.design.shape[1] else np.zeros((len(target), 0))
    gram, moment, size = columns.T @ columns, columns.T @ rest, float(rest @ rest)
    known: dict[frozenset[int], tuple[float, Floats, Floats]] = {}

    def score(acting: frozenset[int]) -> float:
        if acting not in known:
            chosen = sorted(acting)
            found = _evidence(chosen, gram, moment, size, candidates, log_odds)
            takes_away = bool((found[1] < 0.0)[is_positive[chosen]].any())
            known[acting] = (-np.inf, found[1], found[2]) if takes_away else found
        return known[acting][0]

    beam: list[frozenset[int]] = [frozenset()]
    score(beam[0])
    for _ in range(_MOST_STEPS):
        tried = {other for acting in beam for other in _neighbours(acting, len(log_odds), groups)}
        # Sorted by place, so that equal scores are settled by the order of the candidates and by nothing else.
        ranked = sorted(tried | set(beam), key=lambda acting: (-score(acting), sorted(acting)))
        if ranked[:_BEAM] == beam:
            break
        beam = ranked[:_BEAM]
    best = max(found[0] for found in known.values())
    kept = [(acting, found) for acting, found in known.items() if found[0] > best - _WINDOW]
    kept = sorted(kept, key=lambda pair: (-pair[1][0], sorted(pair[0])))[:_MOST_SETS]
    weights = np.exp([found[0] - best for _, found in kept])
    weights /= weights.sum()
    whitened = np.linalg.solve(root, always.design)
    gain = (always.deviation**2)[:, None] * whitened.T
    return [
        _posterior(float(weight), sorted(acting), found, always, gain, whitened, rest, columns)
        for weight, (acting, found) in zip(weights, kept, strict=True)
    ]


def _neighbours(acting: frozenset[int], count: int, groups: Sequence[int]) -> Iterable[frozenset[int]]:
    for j in range(count):
        if j in acting:
            yield acting - {j}
        else:
            yield frozenset(k for k in acting if groups[j] < 0 or groups[k] != groups[j]) | {j}


def _evidence(
    chosen: list[int], gram: Floats, moment: Floats, size: float, candidates: Columns, log_odds: Floats
) -> tuple[float, Floats, Floats]:
    """Return the log posterior of a set up to a constant, and mean and covariance of its coefficients."""
    if not chosen:
        return -0.5 * size, np.zeros(0), np.zeros((0, 0))
    g, b = gram[np.ix_(chosen, chosen)], moment[chosen]
    mean, precision = candidates.mean[chosen], candidates.deviation[chosen] ** -2.0
    covariance = np.linalg.inv(np.diag(precision) + g)
    pull = b - g @ mean
    left = size - 2.0 * float(b @ mean) + float(mean @ g @ mean) - float(pull @ covariance @ pull)
    determinant = np.linalg.slogdet(covariance)[1] + float(np.log(precision).sum())
    log_posterior = -0.5 * left + 0.5 * determinant + float(log_odds[chosen].sum())
    return float(log_posterior), np.asarray(mean + covariance @ pull), np.asarray(covariance, np.float64)


def _posterior(
    weight: float,
    chosen: list[int],
    found: tuple[float, Floats, Floats],
    always: Columns,
    gain: Floats,
    whitened: Floats,
    rest: Floats,
    columns: Floats,
) -> Gaussian:
    count, total = len(always.mean), len(always.mean) + columns.shape[1]
    mean, covariance = np.zeros(total), np.zeros((total, total))
    own = [count + j for j in chosen]
    _, phi, spread = found
    used = columns[:, chosen]
    mean[:count] = always.mean + gain @ (rest - used @ phi)
    mean[own] = phi
    through = -(gain @ used)
    base = np.diag(always.deviation**2) - gain @ (whitened * always.deviation**2)
    covariance[:count, :count] = base + through @ spread @ through.T
    covariance[:count, own] = through @ spread
    covariance[np.ix_(own, range(count))] = covariance[:count, own].T
    covariance[np.ix_(own, own)] = spread
    return Gaussian(weight=weight, acting=tuple(chosen), mean=mean, covariance=covariance)


def mixture_quantile(*, weights: Floats, means: Floats, deviations: Floats, share: float) -> float:
    """Return the quantile of a mixture of Gaussians, by halving.

    Example:
        >>> one = np.array([1.0])
        >>> round(mixture_quantile(weights=one, means=one * 10, deviations=one * 2, share=0.95), 2)
        13.29
    """
    low = float((means - 8.0 * deviations).min())
    high = float((means + 8.0 * deviations).max())
    scale = np.maximum(deviations, 1e-12)
    # Forty halvings are finer than a millionth of the widest distance.
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(weights @ ndtr((middle - means) / scale)) < share else (low, middle)
    return 0.5 * (low + high)
