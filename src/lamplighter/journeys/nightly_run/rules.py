"""The versioned rules a night works by: the package's own, with what the company laid over them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from lamplighter.base.lake import Snapshot
from lamplighter.business.detection.anomalies.precision import Precision, learned_values
from lamplighter.business.detection.anomaly_queries import read_outcome_precision
from lamplighter.business.detection.settings import DetectionSettings, read_settings
from lamplighter.business.line_loss.rules import Thresholds, load_thresholds
from lamplighter.business.trusted_energy.policy import Policy, load_policy


@dataclass(frozen=True, slots=True)
class NightRules:
    """Every versioned rule a night works by."""

    policy: Policy
    thresholds: Thresholds
    detection: DetectionSettings


def read_rules(folder: Path, *, on: dt.date) -> NightRules:
    """Return the rules in force on a day.

    Args:
        folder: the company's settings; ``trusted_energy.toml``, ``line_loss.toml`` and ``detection.toml`` in it, where
            they exist, are laid over the package's own.
        on: the day.
    """
    policy, thresholds, detection = (folder / f"{room}.toml" for room in ("trusted_energy", "line_loss", "detection"))
    return NightRules(
        policy=load_policy(on=on, override=policy if policy.exists() else None),
        thresholds=load_thresholds(on=on, file=thresholds if thresholds.exists() else None),
        detection=read_settings(on=on, file=detection if detection.exists() else None),
    )


def learn_from_outcomes(
    state: Snapshot, rules: NightRules, *, as_of_on: dt.date
) -> tuple[NightRules, tuple[Precision, ...]]:
    """Return the rules with the weights of anomalies that outcomes up to a day speak for, and what they were learned
    from; the rules as they are where no visit at an anomaly has a result yet."""
    known = read_outcome_precision(state, settings=rules.detection, as_of=as_of_on)
    values = learned_values(known, rules.detection)
    if not values:
        return rules, known
    return replace(rules, detection=rules.detection.with_values(values)), known
