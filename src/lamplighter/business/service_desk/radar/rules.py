"""The tests of the radar: how rare a count is where nothing is the matter, and which of many counts stand out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, variance

from scipy.stats import hypergeom, nbinom, poisson

from lamplighter.business.service_desk.radar.records import Counted, Measured

_HOURS = 24


def upper_tail(count: int, *, mean: float, spread: float) -> float:
    """Return the probability of a count or more.

    Args:
        count: what was counted.
        mean: what is to be expected.
        spread: variance of the count; where it is no greater than the mean the count is Poisson's, else negative
            binomial.

    Example:
        1 − e⁻²·(1 + 2 + 2 + 4/3 + 2/3), and of the negative binomial with mean 2 and variance 4 the terms 1/4, 2/8,
        3/16, 4/32 and 5/64 taken from 1:

        >>> round(upper_tail(5, mean=2.0, spread=2.0), 4), upper_tail(5, mean=2.0, spread=4.0)
        (0.0527, 0.109375)
    """
    if count <= 0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if spread <= mean:
        return float(poisson.sf(count - 1, mean))
    size = mean * mean / (spread - mean)
    return float(nbinom.sf(count - 1, size, mean / spread))


def stand_out(chances: Sequence[float], *, rate: float) -> list[bool]:
    """Return which of many tests stand out, the expected share of false ones among them at most ``rate``.

    Source:
        Benjamini and Hochberg (1995): the greatest k with p(k) ≤ k · rate / m, and all before it.

    Example:
        Of four, 0.01 ≤ 1/4·0.05 and 0.02 ≤ 2/4·0.05 hold, 0.04 ≤ 3/4·0.05 does not:

        >>> stand_out([0.02, 0.04, 0.01, 0.9], rate=0.05)
        [True, False, True, False]
    """
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    last = max((k for k, at in enumerate(order, start=1) if chances[at] <= k * rate / len(chances)), default=0)
    chosen = set(order[:last])
    return [at in chosen for at in range(len(chances))]


def hour_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Return how much of a usual day each hour of it is worth; on average 1.

    Args:
        counts: matters by hour of the day over many days, 24 of them; each hour is given one more, so that none is
            worth nothing.

    Example:
        >>> weights = hour_weights([23 if hour == 20 else 0 for hour in range(24)])
        >>> round(weights[20], 3), round(weights[3], 3), sum(weights)
        (12.255, 0.511, 24.0)
    """
    whole = sum(counts) + _HOURS
    return tuple(_HOURS * (count + 1) / whole for count in counts)


def exposure(*, begin_hour: float, hours: float, weights: Sequence[float]) -> float:
    """Return how many average hours a stretch of time is worth.

    Args:
        begin_hour: hour of the day at which it begins, with its fraction.
        hours: how long it is.
        weights: of each hour of the day, see `hour_weights`.

    Example:
        Half an hour of an hour worth 1, and half of one worth 3:

        >>> exposure(begin_hour=19.5, hours=1.0, weights=[3.0 if hour == 20 else 1.0 for hour in range(24)])
        2.0
    """
    whole_days, rest = divmod(hours, _HOURS)
    worth, at = whole_days * sum(weights), begin_hour % _HOURS
    while rest > 1e-9:
        step = min(rest, math.floor(at) + 1 - at)
        worth += step * weights[int(at) % _HOURS]
        at, rest = at + step, rest - step
    return worth


def area_alarms(
    counted: Mapping[str, Counted], *, window: float, usual: float, prior: float, fewest: int, rate: float
) -> list[Measured]:
    """Hold each area against its own rate, which leans on that of all areas as far as little is known of it.

    The rate of an area is gamma distributed: before anything is known of it around the company's rate a customer with
    the weight of ``prior`` matters, after its own past more narrowly around its own. What is to be expected within the
    window is then negative binomial, the wider the less is known of the area.

    Args:
        counted: by area; all areas, those without a question as well.
        window, usual: average hours of the window and of the time before.
        prior: weight of the company's rate, in matters.
        fewest: fewer different customers are no alarm.
        rate: share of false alarms among the alarms of this look.

    Returns:
        Areas somebody asked from, the rarest first.

    Example:
        Two areas of 50 customers, 10 matters in 100 hours from each; three customers within an hour from one. Its share
        of the company's rate is 20.5 / 100 / 2 = 0.1025, its own rate (1 + 10) / (1 / 0.1025 + 100) = 0.1002:

        >>> found = area_alarms({"A": Counted(3, 10, 50), "B": Counted(0, 10, 50)}, window=1.0, usual=100.0, prior=1.0,
        ...     fewest=3, rate=0.05)
        >>> [(each.key, each.count, round(each.expected, 4), each.is_alarm) for each in found]
        [('A', 3, 0.1002, True)]
    """
    customers = sum(each.customers for each in counted.values())
    if not customers or usual <= 0.0:
        return []
    # Half a matter more, so that a company nobody ever asked still has a rate.
    by_customer = (sum(each.usual for each in counted.values()) + 0.5) / (customers * usual)
    asked = []
    for area, each in counted.items():
        if not each.now:
            asked.append(Measured(area, 0, 0.0, 1.0, False))
            continue
        company = by_customer * max(1, each.customers)
        shape, known = prior + each.usual, prior / company + usual
        mean = window * shape / known
        asked.append(
            Measured(area, each.now, mean, upper_tail(each.now, mean=mean, spread=mean + mean**2 / shape), False)
        )
    return _judge(asked, rate=rate, fewest=fewest)


def topic_alarms(weeks: Mapping[str, Sequence[int]], *, fewest: int, rate: float) -> list[Measured]:
    """Hold the last week of each topic against its weeks before.

    The weeks before give mean and spread; that they are few makes the expected count less certain by as much as one
    week's share of them.

    Args:
        weeks: matters by week, the last one at the end; at least two weeks before it.
        fewest: a topic with fewer in the last week is no alarm.
        rate: share of false alarms among the alarms.

    Returns:
        Topics somebody asked about, the rarest first.

    Example:
        Four weeks of 2, then 9; expected (8 + 0.5) / 4:

        >>> found = topic_alarms({"voltage": [2, 2, 2, 2, 9], "tou": [3, 1, 2, 2, 2]}, fewest=5, rate=0.05)
        >>> [(each.key, each.count, each.expected, each.is_alarm) for each in found]
        [('voltage', 9, 2.125, True), ('tou', 2, 2.125, False)]
    """
    tested = []
    for topic, counts in weeks.items():
        *past, now = counts
        mean = (sum(past) + 0.5) / len(past)
        # A week that is more uneven than chance alone makes it has a wider spread; never a narrower one.
        unevenness = max(1.0, variance(past) / fmean(past)) if sum(past) else 1.0
        chance = upper_tail(now, mean=mean, spread=mean * (unevenness + 1.0 / len(past))) if now >= fewest else 1.0
        tested.append(Measured(topic, now, mean, chance, False))
    return _judge(tested, rate=rate, fewest=fewest)


def clause_alarms(cited: Mapping[str, tuple[int, int]], *, fewest: int, rate: float) -> list[Measured]:
    """Hold the share of conversations that a clause left in trouble against that of all others.

    Args:
        cited: conversations told of a clause, and those of them with trouble after it.
        fewest: a clause in fewer conversations is not tested.
        rate: share of false alarms among the alarms.

    Returns:
        Clauses that were tested, the rarest first.

    Example:
        4 of 5 against 1 of 15. Of the 15504 ways to place 5 troubled ones among 20 there are 5·15 + 1 with 4 or more
        of them among the first 5, and all but one leave one or more among the other 15:

        >>> found = clause_alarms({"tier": (5, 4), "tou": (15, 1)}, fewest=5, rate=0.05)
        >>> [(each.key, each.count, each.expected, round(each.chance * 15504), each.is_alarm) for each in found]
        [('tier', 4, 1.25, 76, True), ('tou', 1, 3.75, 15503, False)]
    """
    whole, troubled = (sum(each[at] for each in cited.values()) for at in (0, 1))
    tested = []
    for edge, (told, after) in cited.items():
        if told < fewest:
            continue
        chance = float(hypergeom.sf(after - 1, whole, troubled, told)) if after else 1.0
        tested.append(Measured(edge, after, told * troubled / whole, min(1.0, chance), False))
    return _judge(tested, rate=rate, fewest=1)


def _judge(tested: Sequence[Measured], *, rate: float, fewest: int) -> list[Measured]:
    """Say which stand out; the share of false alarms is kept over everything that was looked at."""
    alarms = stand_out([each.chance for each in tested], rate=rate)
    judged = [
        Measured(each.key, each.count, each.expected, each.chance, alarm and each.count >= fewest)
        for each, alarm in zip(tested, alarms, strict=True)
        if each.count > 0
    ]
    return sorted(judged, key=lambda each: (each.chance, each.key))
