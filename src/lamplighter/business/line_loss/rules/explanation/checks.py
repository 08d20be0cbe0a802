"""Which check on site would narrow the explanation of a loss most, for the minutes it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.line_loss.explanations import CAUSES, Cause, Check, CheckCode
from lamplighter.business.line_loss.rules.explanation.hypotheses import Part
from lamplighter.business.line_loss.rules.explanation.shares import Contributions
from lamplighter.business.line_loss.rules.thresholds import Thresholds

Floats = npt.NDArray[np.float64]

MOST_CHECKS = 5
ANY_HOUR = -1
NIGHT_HOUR = 2
"""Hour at which loads are least and lamps burn."""


@dataclass(frozen=True, slots=True)
class Places:
    """What a check's place and hour are read from. M meters of the block, 24 hours.

    Attributes:
        area_id: the area.
        supply_meter: its own meter.
        meter_ids, boxes: by meter of the block; a box is "" where the archive has none.
        supply_kw: mean supply of each hour, shape (24,).
        rest_kw: mean loss of each hour, shape (24,).
        meter_kw: meter -> mean power of each hour, shape (24,).
    """

    area_id: str
    supply_meter: str
    meter_ids: npt.NDArray[np.object_]
    boxes: npt.NDArray[np.object_]
    supply_kw: Floats
    rest_kw: Floats
    meter_kw: dict[int, Floats]


def rank_checks(
    *, parts: Sequence[Part], found: Contributions, places: Places, thresholds: Thresholds
) -> tuple[Check, ...]:
    """Return the checks worth most, most telling by the minute first.

    A check shows the energy of some parts, all but for its own error. What it tells of every cause follows from how
    they hang together: Cov(cause, shown)² / Var(shown) of each cause's variance goes, so that reading the supply meter
    also settles what had been laid at the customers' door.

    Args:
        parts: parts of the explanation.
        found: their contributions.
        places: where and when.
        thresholds: ``visit_minutes_*``, ``check_least_kwh``.
    """
    of_cause = np.array([[part.cause is cause for part in parts] for cause in CAUSES], float)
    of_cause[CAUSES.index(Cause.UNKNOWN)] = -of_cause[[c is not Cause.UNKNOWN for c in CAUSES]].sum(axis=0)
    # No balance is proof: what the model is sure of may still be something else, and somebody has to go and see.
    doubt = thresholds.finding_doubt * (1.0 - thresholds.finding_doubt)
    is_claim = np.array([bool(part.group) for part in parts])
    covariance = found.covariance + np.diag(np.where(is_claim, doubt * found.mean**2, 0.0))
    total = float(np.einsum("cp,pq,cq->", of_cause, covariance, of_cause))
    checks = []
    for code, place, hour, minutes, shown in _possible(parts, places, thresholds):
        with_all = covariance @ shown
        variance = float(shown @ with_all)
        if variance <= 0.0:
            continue
        # A check on site errs too: a reference meter over an hour is good to some percent of what it finds.
        error = thresholds.check_error * abs(float(shown @ found.mean)) + 1.0
        gone = float(((of_cause @ with_all) ** 2).sum()) / (variance + error**2)
        left = max(total - gone, 0.0)
        reduction = total**0.5 - left**0.5
        chance = float(1.0 - np.prod(1.0 - found.chance[shown > 0.0][_may_act(parts, shown)]))
        if reduction >= thresholds.check_least_kwh:
            checks.append(Check(code, place, hour, minutes, reduction, chance))
    checks.sort(key=lambda check: (-check.reduction_kwh / check.minutes, check.code.value, check.place))
    return tuple(checks[:MOST_CHECKS])


def _may_act(parts: Sequence[Part], shown: Floats) -> npt.NDArray[np.bool_]:
    """Return which of the shown parts are candidates, that act or do not."""
    return np.array([bool(part.group) for part, one in zip(parts, shown, strict=True) if one > 0.0], bool)


def _possible(
    parts: Sequence[Part], places: Places, thresholds: Thresholds
) -> list[tuple[CheckCode, str, int, float, Floats]]:
    """Return code, place, hour, minutes and the parts each possible check shows."""

    def showing(*, cause: Cause | None, group: str | None = None, meter: int | None = None) -> Floats:
        return np.array(
            [
                float(
                    (cause is None or part.cause is cause)
                    and (group is None or part.group == group)
                    and (meter is None or part.meter == meter)
                )
                for part in parts
            ]
        )

    loudest = int(np.argmax(places.supply_kw))
    found: list[tuple[CheckCode, str, int, float, Floats]] = [
        (
            CheckCode.READ_SUPPLY, places.supply_meter, loudest, thresholds.visit_minutes_supply,
            showing(cause=Cause.SUPPLY_METER),
        ),
        (
            CheckCode.READ_MISSING, places.area_id, ANY_HOUR, thresholds.visit_minutes_missing,
            showing(cause=Cause.MISSING),
        ),
        (
            CheckCode.FIND_UNMETERED, places.area_id, NIGHT_HOUR, thresholds.visit_minutes_walk,
            showing(cause=Cause.UNMETERED),
        ),
        (
            CheckCode.CLAMP_BOXES, places.area_id, int(np.argmax(places.rest_kw)), thresholds.visit_minutes_clamp,
            showing(cause=Cause.THEFT, group="hidden"),
        ),
    ]  # fmt: skip
    per_meter = (
        (Cause.WRONG_AREA, CheckCode.FIND_AREA, thresholds.visit_minutes_area),
        (Cause.CUSTOMER_METER, CheckCode.TEST_METER, thresholds.visit_minutes_meter),
        (Cause.THEFT, CheckCode.LOOK_AT_CUSTOMER, thresholds.visit_minutes_customer),
    )
    for meter in sorted({part.meter for part in parts if part.meter >= 0}):
        usual = places.meter_kw.get(meter)
        hour = ANY_HOUR if usual is None else int(np.argmax(usual))
        for cause, code, minutes in per_meter:
            shown = showing(cause=cause, meter=meter)
            if shown.any():
                at = ANY_HOUR if code is CheckCode.FIND_AREA else hour
                found.append((code, str(places.meter_ids[meter]), at, minutes, shown))
    return found
