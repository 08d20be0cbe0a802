"""Findings added up in log-odds by the published weights: the order in which a person reads them, and one score more
for the trained fusion, which is held to rise with it.

``Σ_for w·strength − Σ_against w·strength``. Findings of one group tell of one physical fact, so in each group the
greatest contribution counts fully and every other by ``fusion.repeat_share``. Nothing in it was learned from outcomes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings

PUBLISHED = "published"
"""End of the name of each layer's score that adds its findings up."""


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
