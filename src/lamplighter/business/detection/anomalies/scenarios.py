"""Anomalies combined: the theft score of a meter, and the stories that several anomalies together tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lamplighter.business.detection.anomalies.rulebook import Judged
from lamplighter.business.detection.anomalies.seen import Bools, Indices
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.rule_pack import Scenario
from lamplighter.business.detection.settings import DetectionSettings

FALL = "FALL"
"""A lasting fall of the use, in the groups of a scenario."""


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario found at one meter.

    Attributes:
        scenario: which.
        at: which meter.
        first: index of the first day of its anomalies; ``last`` of the last.
        last: see above.
        codes: the anomalies it rests on, in order.
    """

    scenario: Scenario
    at: int
    first: int
    last: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sign:
    code: str
    first: int
    last: int


def noisy_or(weights: Floats) -> Floats:
    """Return ``1 - Π(1 - w)`` over the last axis: the chance that at least one of several signs is right, were they
    independent.

    Example:
        >>> float(noisy_or(np.array([0.45, 0.40])).round(2))
        0.67
    """
    either: Floats = 1.0 - np.prod(1.0 - np.clip(weights, 0.0, 1.0), axis=-1)
    return either


def rule_weights(judged: Sequence[Judged], *, count: int, settings: DetectionSettings) -> Floats:
    """Return what each rule adds at each meter, shape (N, rules): its weight, the greatest share of it where it was
    found more than once.

    Args:
        judged: what the rules found.
        count: how many meters.
        settings: ``<code>.weight``, the default or what outcomes say.
    """
    weights = np.zeros((count, len(judged)))
    for column, each in enumerate(judged):
        if each.found is not None and each.rule.weight > 0.0:
            added = settings.number(f"{each.rule.code}.weight") * each.found.weight_share
            np.maximum.at(weights[:, column], each.found.at, added)
    return weights


def theft_scores(
    weights: Floats, *, moves_with_loss: Bools, stole_before: Bools, settings: DetectionSettings
) -> Floats:
    """Return the theft score of each meter, 0 to 100, shape (N,).

    Args:
        weights: of the rules, shape (N, rules).
        moves_with_loss: the use moves with the area's unexplained loss, shape (N,).
        stole_before: a theft is on record, shape (N,).
        settings: ``anomalies.area_loss_weight``, ``anomalies.prior_theft_weight``.
    """
    beside = np.stack(
        [
            settings.number("anomalies.area_loss_weight") * moves_with_loss,
            settings.number("anomalies.prior_theft_weight") * stole_before,
        ],
        axis=1,
    )
    return 100.0 * noisy_or(np.concatenate([weights, beside], axis=1))


def tell_stories(judged: Sequence[Judged], *, fall_day: Indices, settings: DetectionSettings) -> tuple[Story, ...]:
    """Return the scenarios found, by meter and scenario.

    Args:
        judged: what the rules found.
        fall_day: first day after a lasting fall of each meter's use, -1 where there is none.
        settings: the scenarios.
    """
    signs: dict[int, dict[str, list[_Sign]]] = defaultdict(lambda: defaultdict(list))
    for each in judged:
        if each.found is not None:
            for at, first, last in zip(each.found.at, each.found.first, each.found.last, strict=True):
                signs[int(at)][each.rule.code].append(_Sign(each.rule.code, int(first), int(last)))
    for at in signs:
        if fall_day[at] >= 0:
            signs[at][FALL].append(_Sign(FALL, int(fall_day[at]), int(fall_day[at])))
    stories = []
    for at in sorted(signs):
        told = {
            code: story
            for code, scenario in sorted(settings.pack.scenarios.items())
            if (story := _tell(scenario, at, signs[at])) is not None
        }
        stories += [story for story in told.values() if not set(story.scenario.unless) & set(told)]
    return tuple(stories)


def _tell(scenario: Scenario, at: int, signs: Mapping[str, Sequence[_Sign]]) -> Story | None:
    """Return the scenario at a meter: a sign of the first group with the nearest of every other one near enough."""
    groups = [[sign for code in group for sign in signs.get(code, ())] for group in scenario.all_of]
    for anchor in sorted(groups[0], key=lambda sign: (-sign.last, sign.code)):
        chosen = [anchor]
        for group in groups[1:]:
            near = [sign for sign in group if _apart(anchor, sign) <= scenario.within_days]
            if not near:
                break
            chosen.append(min(near, key=lambda sign: (_apart(anchor, sign), sign.code, sign.first)))
        if len(chosen) == len(groups):
            # Every anomaly of the first group belongs to the story, also where one would do.
            codes = {sign.code for sign in [*chosen, *groups[0]]}
            return Story(
                scenario=scenario,
                at=at,
                first=min(sign.first for sign in chosen),
                last=max(sign.last for sign in chosen),
                codes=tuple(sorted(codes)),
            )
    return None


def _apart(one: _Sign, other: _Sign) -> int:
    """Return the days between two periods, 0 where they touch or overlap."""
    return max(other.first - one.last, one.first - other.last, 0)
