"""The first fusion: findings added up in log-odds with published weights. Not calibrated; nothing in it was learned
from outcomes.

``logit p = logit prior + Σ_for w·strength − Σ_against w·strength``. Findings of one group tell of one physical fact,
so in each group the greatest contribution counts fully and every other by ``fusion.repeat_share``. What a person
reads on the evidence card is thus exactly what made the probability. A trained fusion takes this place and reads the
same scores.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings


def contributions(
    *, meter: npt.NDArray[np.int64], code: npt.NDArray[np.object_], strength: Floats, settings: DetectionSettings
) -> Floats:
    """Return what each finding adds to the log-odds of its meter, shape (K,); below zero where it speaks against.

    Args:
        meter: index of the meter of each finding, shape (K,).
        code: its reason, shape (K,).
        strength: 0 to 1, shape (K,).
        settings: weights and ``fusion.repeat_share``.
    """
    codes, which = np.unique(code.astype(str), return_inverse=True)
    reasons = [settings.reason(word) for word in codes]
    weight = np.array([reason.weight if reason.is_for else -reason.weight for reason in reasons] or [0.0])
    groups = {name: at for at, name in enumerate(sorted({(r.group, r.is_for) for r in reasons}))}
    group = np.array([groups[reason.group, reason.is_for] for reason in reasons] or [0], np.int64)
    added = weight[which] * strength
    order = np.lexsort((codes[which] if len(codes) else which, -np.abs(added), group[which], meter))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (meter[order][1:] != meter[order][:-1]) | (group[which][order][1:] != group[which][order][:-1])
    counted = added.copy()
    counted[order[~is_first]] *= settings.number("fusion.repeat_share")
    return counted


def fuse(*, meter: npt.NDArray[np.int64], added: Floats, count: int, settings: DetectionSettings) -> Floats:
    """Return the probability of theft of each of ``count`` meters from what its findings add, shape (count,).

    Example:
        >>> from lamplighter.business.detection.settings import default_settings
        >>> fuse(meter=np.array([0]), added=np.array([0.0]), count=1, settings=default_settings()).round(3).tolist()
        [0.02]
    """
    prior = settings.number("fusion.prior_share")
    # Sums in the order of the findings would differ in the last bit with the order of rows.
    order = np.lexsort((added, meter))
    log_odds = np.log(prior / (1.0 - prior)) + np.bincount(meter[order], weights=added[order], minlength=count)
    probability: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return probability
