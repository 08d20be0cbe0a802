"""The table of rules, which of them can be judged on which meters, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lamplighter.business.detection.anomalies import archive, current, events, power, registers, use, voltage
from lamplighter.business.detection.anomalies.seen import Bools, Found, Limit, RuleFunction, Seen
from lamplighter.business.detection.rule_pack import AnomalyRule
from lamplighter.business.detection.settings import DetectionSettings

RULES: Mapping[str, RuleFunction] = MappingProxyType(
    {
        "AN-01": registers.rates_do_not_add_up,
        "AN-02": registers.runs_away,
        "AN-03": registers.went_back,
        "AN-04": use.stands_still,
        "AN-05": registers.demand_does_not_fit,
        "AN-07": registers.gives_energy_back,
        "AN-08": voltage.lost_under_current,
        "AN-09": voltage.phase_lost,
        "AN-10": voltage.too_high,
        "AN-11": voltage.too_low,
        "AN-12": voltage.unlike,
        "AN-13": voltage.middle_phase,
        "AN-14": current.lost,
        "AN-15": current.unlike,
        "AN-16": current.too_high,
        "AN-17": current.flows_back,
        "AN-18": power.factor_odd,
        "AN-19": power.disagrees,
        "AN-20": current.neutral_differs,
        "AN-21": events.cover_opened,
        "AN-22": events.box_opened,
        "AN-23": events.magnetic_field,
        "AN-25": power.above_contract,
        "AN-26": registers.demand_above_contract,
        "AN-27": current.always_small,
        "AN-28": events.clock_off,
        "AN-29": use.not_read,
        "AN-30": use.no_use,
        "AN-31": use.use_changed,
        "AN-32": events.relay_did_not_act,
        "AN-33": events.reports_fault,
        "AN-34": archive.ratio_doubtful,
        "AN-35": archive.area_doubtful,
        "AN-36": events.periods_doubtful,
        "AN-37": events.interruption_impossible,
        "AN-38": events.unknown_meter,
    }
)
"""Rule -> its function."""

UNREAD = frozenset({"real_time_reads", "check_device"})
"""Data the company folder has no place for: rules that need them are never judged, and say so."""

_SHARED = {"AN-14": {"loaded_share": "AN-08.current_share"}, "AN-22": {}, "AN-23": {}}
_GENERAL = ("anomalies", "AN-21", "meter")


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one rule.

    Attributes:
        rule: the rule.
        in_scope: it is about this meter, shape (N,).
        is_judged: and the data it needs are there, shape (N,).
        lacks: data that some meter in scope lacks.
        found: what it found.
    """

    rule: AnomalyRule
    in_scope: Bools
    is_judged: Bools
    lacks: tuple[str, ...]
    found: Found | None


def limits_of(code: str, settings: DetectionSettings) -> Limit:
    """Return a rule's thresholds by their short names: its own, else those it shares with others.

    Example:
        >>> from lamplighter.business.detection.settings import default_settings
        >>> limit = limits_of("AN-14", default_settings())
        >>> limit("current_share"), limit("loaded_share"), limit("gap_days")
        (0.005, 0.05, 2.0)
    """
    shared = _SHARED.get(code, {})

    def limit(name: str) -> float:
        for full in (f"{code}.{name}", shared.get(name, ""), *(f"{group}.{name}" for group in _GENERAL)):
            if full in settings.thresholds:
                return settings.number(full)
        return settings.number(f"{code}.{name}")

    return limit


def judge(seen: Seen, settings: DetectionSettings) -> tuple[Judged, ...]:
    """Return what every rule of the pack says, in order of code.

    A rule is carried out on all meters at once; what it found on a meter it is not about, or whose data do not
    suffice, is left out.
    """
    judged = []
    for code, rule in sorted(settings.pack.rules.items()):
        in_scope = seen.in_scope(rule.applies_to)
        missing = {name: in_scope & ~_has(seen, name) for name in rule.needs}
        is_judged = in_scope & ~np.any([*missing.values(), np.zeros(len(in_scope), bool)], axis=0)
        lacks = tuple(name for name, where in missing.items() if where.any())
        result = None
        if is_judged.any():
            result = RULES[code](seen, limits_of(code, settings))
            kept = is_judged[result.at]
            result = Found(**{name: getattr(result, name)[kept] for name in Found.__slots__})
            result.severity[result.severity == 0] = rule.severity
        judged.append(Judged(rule, in_scope, is_judged, lacks, result))
    return tuple(judged)


def _has(seen: Seen, name: str) -> Bools:
    return seen.has.get(name, np.zeros(len(seen.wiring), bool))
