"""How often an anomaly is what it looks like, learned from outcomes: a beta prior and the visits that followed.

Of each visit with a result only anomalies count that were on record before it. With ``h`` of ``n`` visits confirming,
the share has the distribution Beta(m·k + h, (1 - m)·k + n - h): ``m`` the published prior, ``k`` the visits it is
worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scipy.special import betaincinv

from lamplighter.business.detection.settings import DetectionSettings

NO_ACCESS = "no_access"
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Precision:
    """What is known of one rule or scenario.

    Attributes:
        code: rule or scenario.
        visits: visits with a result at an account that had it on record before.
        hits: of these, confirmed.
        prior: share taken before there were outcomes.
        mean: share now; ``low`` and ``high`` hold nine tenths of what it may be.
        low: see above.
        high: see above.
    """

    code: str
    visits: int
    hits: int
    prior: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """An anomaly or scenario as a night recorded it: ``code`` at ``account``, as of the day ``on``."""

    account: str
    code: str
    on: date


@dataclass(frozen=True, slots=True)
class Visited:
    """What a visit found: ``outcome`` at ``account`` on the day ``on``."""

    account: str
    outcome: str
    on: date


def posterior(*, prior: float, worth: float, hits: int, visits: int) -> tuple[float, float, float]:
    """Return mean and the ends of the 90 % interval of a share.

    Args:
        prior: share taken before, 0 to 1.
        worth: visits it is worth, above 0.
        hits: visits that confirmed it.
        visits: visits in all.

    Example:
        A weight of 0.4 worth 10 visits is Beta(4, 6); 8 of 10 visits confirm: Beta(12, 8), mean 12/20:

        >>> [round(share, 2) for share in posterior(prior=0.4, worth=10.0, hits=8, visits=10)]
        [0.6, 0.42, 0.77]
    """
    # A prior of 0 or 1 would never learn.
    share = min(max(prior, 0.01), 0.99)
    a, b = share * worth + hits, (1.0 - share) * worth + visits - hits
    return a / (a + b), float(betaincinv(a, b, LOW)), float(betaincinv(a, b, HIGH))


def learn_precision(
    *, recorded: Iterable[Recorded], visited: Iterable[Visited], as_of: date, settings: DetectionSettings
) -> tuple[Precision, ...]:
    """Return the precision of every rule and scenario of the pack, in order of code, rules first.

    Args:
        recorded: anomalies and scenarios of earlier nights.
        visited: outcomes of visits.
        as_of: outcomes after this day are not known yet.
        settings: the pack, ``anomalies.prior_visits``, ``anomalies.outcome_days``.
    """
    pack = settings.pack
    priors = {
        code: settings.number(f"{code}.weight") if rule.weight > 0.0 else rule.prior
        for code, rule in pack.rules.items()
    }
    priors |= {code: settings.number(f"{code}.prior") for code in pack.scenarios}
    confirmed_by = {code: rule.confirmed_by for code, rule in pack.rules.items()}
    confirmed_by |= {code: scenario.confirmed_by for code, scenario in pack.scenarios.items()}
    seen: dict[str, dict[str, set[date]]] = {}
    for row in recorded:
        seen.setdefault(row.account, {}).setdefault(row.code, set()).add(row.on)
    within = timedelta(days=settings.number("anomalies.outcome_days"))
    visits, hits = dict.fromkeys(priors, 0), dict.fromkeys(priors, 0)
    for visit in visited:
        if visit.outcome == NO_ACCESS or visit.on > as_of:
            continue
        for code, days in seen.get(visit.account, {}).items():
            # What was recorded on the day of the visit or later may be its doing.
            if code in visits and any(visit.on - within <= day < visit.on for day in days):
                visits[code] += 1
                hits[code] += visit.outcome in confirmed_by[code]
    worth = settings.number("anomalies.prior_visits")
    return tuple(
        Precision(
            code,
            visits[code],
            hits[code],
            priors[code],
            *posterior(prior=priors[code], worth=worth, hits=hits[code], visits=visits[code]),
        )
        for code in priors
    )


def learned_values(known: Iterable[Precision], settings: DetectionSettings) -> Mapping[str, float]:
    """Return the settings that outcomes replace: weights of rules and priors of scenarios visited at least once."""
    values = {}
    for each in known:
        if each.visits == 0:
            continue
        if each.code in settings.pack.scenarios:
            values[f"{each.code}.prior"] = each.mean
        elif settings.pack.rules[each.code].weight > 0.0:
            values[f"{each.code}.weight"] = each.mean
    return values
