"""What the rule pack hands on: anomalies, scenarios, theft scores and coverage of a block as lake tables, and the
scores a trained fusion reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lamplighter.business.detection.anomalies.rulebook import Judged, judge
from lamplighter.business.detection.anomalies.scenarios import (
    Story,
    noisy_or,
    rule_weights,
    tell_stories,
    theft_scores,
)
from lamplighter.business.detection.anomalies.seen import Bools, Seen
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings

_PHASES = np.array(["A", "B", "C", ""])
_MILDEST = 4


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """What the rule pack says of a block.

    Attributes:
        scores: name -> score of each candidate, shape (N,): ``meter_anomaly_score`` (noisy-or of the rules' weights, 0
            to 1), ``meter_anomaly_worst`` (5 - gravest severity, 0 = none), ``meter_anomaly_rules`` (rules found).
        tables: ``out_meter_anomaly``, ``out_meter_scenario``, ``out_anomaly_score``, ``out_anomaly_coverage``.
    """

    scores: Mapping[str, Floats]
    tables: Mapping[str, pa.Table]


def carry_out_pack(
    *, material: Material, seen: Seen, set_aside: Mapping[str, int], settings: DetectionSettings
) -> AnomalyResult:
    """Return what the rules, the scenarios and the score say.

    Args:
        material: whose candidates the meters are.
        seen: what the rules look at.
        set_aside: rows set aside before, by why.
        settings: the pack with the weights that hold.
    """
    judged = judge(seen, settings)
    count = len(seen.wiring)
    weights = rule_weights(judged, count=count, settings=settings)
    fell = seen.fall_share >= settings.number("AN-21.fall_share")
    stories = tell_stories(judged, fall_day=np.where(fell, seen.fall_day, -1), settings=settings)
    moves, stole = _moves_with_loss(material, settings), _stole_before(material, settings)
    theft = theft_scores(weights, moves_with_loss=moves, stole_before=stole, settings=settings)
    worst, number = np.full(count, _MILDEST + 1, np.int64), np.zeros(count)
    for each in judged:
        if each.found is not None:
            np.minimum.at(worst, each.found.at, each.found.severity)
            number[np.unique(each.found.at)] += 1.0
    return AnomalyResult(
        scores={
            "meter_anomaly_score": noisy_or(weights),
            "meter_anomaly_worst": (_MILDEST + 1 - worst).astype(np.float64),
            "meter_anomaly_rules": number,
        },
        tables={
            "out_meter_anomaly": _anomaly_table(material, seen, judged, settings),
            "out_meter_scenario": _scenario_table(material, seen, stories, settings),
            "out_anomaly_score": _score_table(material, judged, stories, theft, worst, moves, stole, settings),
            "out_anomaly_coverage": _coverage_table(material, judged, set_aside),
        },
    )


def decision_of(score: float, settings: DetectionSettings) -> str:
    """Return what a theft score asks for.

    Example:
        >>> from lamplighter.business.detection.settings import default_settings
        >>> [decision_of(score, default_settings()) for score in (60.0, 59.9, 40.0, 39.9)]
        ['work_order', 'desk_check', 'desk_check', 'none']
    """
    if score >= settings.number("anomalies.work_order_score"):
        return "work_order"
    return "desk_check" if score >= settings.number("anomalies.desk_check_score") else "none"


def _moves_with_loss(material: Material, settings: DetectionSettings) -> Bools:
    """Return where the high-pass balance says that the area's loss moves with the meter, shape (N,)."""
    moves = np.zeros(len(material.window.meters), bool)
    for fit in material.balance.fits.values():
        above = fit.coefficients - fit.centre
        z = above / np.hypot(fit.errors, fit.spread)
        moves[fit.candidates] = (z > settings.number("anomalies.area_loss_z")) & (
            above > settings.number("anomalies.area_loss_coefficient")
        )
    return moves


def _stole_before(material: Material, settings: DetectionSettings) -> Bools:
    """Return at whom a theft was found up to the window's last day, shape (N,)."""
    table = material.window.block.tables.get("core_outcome")
    if table is None or not table.num_rows:
        return np.zeros(len(material.accounts), bool)
    last = material.window.as_of
    days = settings.number("anomalies.prior_theft_days")
    thieves = {
        row["account_id"]
        for row in table.select(["account_id", "inspected_on", "outcome"]).to_pylist()
        if row["outcome"] == "theft" and 0 <= (last - row["inspected_on"]).days <= days
    }
    return np.array([account in thieves for account in material.accounts], bool)


def _identity(material: Material, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, pa.Array]:
    window = material.window
    return {
        "account_id": pa.array(material.accounts[at], pa.string()),
        "meter_id": pa.array(window.block.meter_ids[window.meters][at], pa.string()),
        "as_of_on": pa.array(np.full(len(at), window.last_day), pa.date32()),
    }


def _anomaly_table(material: Material, seen: Seen, judged: Sequence[Judged], settings: DetectionSettings) -> pa.Table:
    held = [(each.rule, each.found) for each in judged if each.found is not None]

    def stacked(name: str, kind: type) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
        return np.concatenate([np.zeros(0, kind), *(getattr(found, name) for _, found in held)])

    def words(of_rule: str) -> list[str]:
        return [getattr(rule, of_rule) for rule, found in held for _ in found.at]

    def figures(name: str) -> pa.Array:
        values = stacked(name, float).astype(np.float64)
        return pa.array(values, mask=~np.isfinite(values))

    at = stacked("at", int).astype(np.int64)
    base = [
        settings.number(f"{rule.code}.weight") if rule.weight > 0.0 else 0.0 for rule, found in held for _ in found.at
    ]
    own = [action or rule.action for rule, found in held for action in found.action.tolist()]
    table = pa.table(
        {
            **_identity(material, at),
            "code": pa.array(words("code"), pa.string()),
            "phase": pa.array(_PHASES[stacked("phase", int).astype(np.int64)], pa.string()),
            "first_on": pa.array(seen.days[stacked("first", int).astype(np.int64)], pa.date32()),
            "last_on": pa.array(seen.days[stacked("last", int).astype(np.int64)], pa.date32()),
            "severity": pa.array(stacked("severity", int).astype(np.int8), pa.int8()),
            "day_count": pa.array(stacked("days", int).astype(np.int32), pa.int32()),
            "value": figures("value"),
            "expected": figures("expected"),
            "unit": pa.array(words("unit"), pa.string()),
            "action": pa.array(own, pa.string()),
            "weight": pa.array(np.array(base) * stacked("weight_share", float).astype(np.float64), pa.float64()),
        }
    )
    return table.sort_by([(name, "ascending") for name in ("meter_id", "code", "phase", "first_on", "severity")])


def _scenario_table(material: Material, seen: Seen, stories: Sequence[Story], settings: DetectionSettings) -> pa.Table:
    at = np.array([story.at for story in stories], np.int64)
    table = pa.table(
        {
            **_identity(material, at),
            "scenario": pa.array([story.scenario.code for story in stories], pa.string()),
            "first_on": pa.array(seen.days[[story.first for story in stories]] if stories else [], pa.date32()),
            "last_on": pa.array(seen.days[[story.last for story in stories]] if stories else [], pa.date32()),
            "codes": pa.array([";".join(story.codes) for story in stories], pa.string()),
            "chance": pa.array([settings.number(f"{story.scenario.code}.prior") for story in stories], pa.float64()),
            "checks": pa.array([";".join(story.scenario.checks) for story in stories], pa.string()),
        }
    )
    return table.sort_by([("meter_id", "ascending"), ("scenario", "ascending")])


def _score_table(
    material: Material,
    judged: Sequence[Judged],
    stories: Sequence[Story],
    theft: Floats,
    worst: np.ndarray[tuple[int], np.dtype[np.int64]],
    moves: Bools,
    stole: Bools,
    settings: DetectionSettings,
) -> pa.Table:
    codes: dict[int, list[str]] = {}
    for each in judged:
        for meter in np.unique(each.found.at).tolist() if each.found is not None else ():
            codes.setdefault(meter, []).append(each.rule.code)
    told: dict[int, list[str]] = {}
    for story in stories:
        told.setdefault(story.at, []).append(story.scenario.code)
    at = np.array(sorted(codes), np.int64)
    table = pa.table(
        {
            **_identity(material, at),
            "theft_score": pa.array(theft[at], pa.float64()),
            "decision": pa.array([decision_of(float(theft[meter]), settings) for meter in at], pa.string()),
            "worst_severity": pa.array(worst[at].astype(np.int8), pa.int8()),
            "codes": pa.array([";".join(codes[meter]) for meter in at.tolist()], pa.string()),
            "scenarios": pa.array([";".join(sorted(told.get(meter, []))) for meter in at.tolist()], pa.string()),
            "moves_with_loss": pa.array(moves[at], pa.bool_()),
            "stole_before": pa.array(stole[at], pa.bool_()),
        }
    )
    return table.sort_by("meter_id")


def _coverage_table(material: Material, judged: Sequence[Judged], set_aside: Mapping[str, int]) -> pa.Table:
    window = material.window
    # A guest is judged, and counted, by its own bucket.
    home = window.block.is_home[window.meters]
    rows = [
        {
            "subject": each.rule.code,
            "kind": "rule",
            "scope_count": int((each.in_scope & home).sum()),
            "judged_count": int((each.is_judged & home).sum()),
            "found_count": 0 if each.found is None else int(home[np.unique(each.found.at)].sum()),
            "lacks": ";".join(each.lacks),
        }
        for each in judged
    ] + [
        {"subject": why, "kind": "set_aside", "scope_count": count, "judged_count": 0, "found_count": 0, "lacks": ""}
        for why, count in sorted(set_aside.items())
        if count
    ]
    counts = ("scope_count", "judged_count", "found_count")
    return pa.table(
        {
            "bucket_number": pa.array([window.block.bucket] * len(rows), pa.int32()),
            "as_of_on": pa.array([window.as_of] * len(rows), pa.date32()),
            "subject": pa.array([row["subject"] for row in rows], pa.string()),
            "kind": pa.array([row["kind"] for row in rows], pa.string()),
            **{name: pa.array([row[name] for row in rows], pa.int32()) for name in counts},
            "lacks": pa.array([row["lacks"] for row in rows], pa.string()),
        }
    )
