"""The part of context that rests on bills, payments and visits: all there is where no meter is read by the day.

The newest months against the same a year before and against those before them, the fall that lasts, months of nothing,
the place among peers of class, contract, price and area, arrears, and how far the account's season is its class's.
Source: Lamplighter's own; months are held against the class's as days are (``changes.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.depth import LEVELS
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.peer_level import contract_of, level_among
from lamplighter.business.detection.records import Depth, Finding, Floats, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings

_SIGNS = (
    "drop",
    "drop_months",
    "drop_t",
    "falls",
    "known_share",
    "last_log",
    "low_share",
    "noise",
    "quarter_log",
    "season",
    "slope",
    "spread",
    "total_log",
    "year_log",
    "zero_run",
    "zero_share",
)

SCORES: Mapping[str, int] = MappingProxyType(
    {f"context_month_{name}": 0 for name in _SIGNS}
    | {
        "context_month_area_log": 0,
        "context_month_level": -1,
        "context_month_price_level": 0,
        "context_pay_delay": 0,
        "context_pay_delay_change": 0,
        "context_pay_unpaid": 0,
        "context_visits": 0,
    }
)
"""What a trained fusion reads of bills, payments and visits, and the direction in which it may count."""


def bill_scores(material: Material, settings: DetectionSettings) -> dict[str, Floats]:
    """Return what the bills say: the figures of `MonthSigns`, and the place of the newest three months among peers.

    ``context_month_level``: robust z of log kWh a month and contract kW within the class; ``_price_level`` within the
    price class; ``_area_log``: log of kWh a month over the middle one of its class in its area; ``context_pay_unpaid``
    (bills), ``_delay`` and ``_delay_change`` (days), ``context_visits`` (within two years).
    """
    signs, desk = material.month_signs, material.desk_signs
    size = np.array([contract_of(material.customers.get(a, {}), absent=1.0) for a in material.accounts])
    prices = np.array(
        [str(material.customers.get(a, {}).get("price_class") or "") for a in material.accounts], dtype=object
    )
    level, _ = level_among(use=signs.recent_kwh, size=size, classes=material.classes, settings=settings)
    of_price, _ = level_among(use=signs.recent_kwh, size=size, classes=prices, settings=settings)
    return {
        "context_month_level": level,
        "context_month_price_level": np.where(prices == "", np.nan, of_price),
        "context_month_area_log": _beside_area(material, least=int(settings.number("peers.smallest_class"))),
        "context_pay_unpaid": desk.unpaid,
        "context_pay_delay": desk.delay,
        "context_pay_delay_change": desk.delay_change,
        "context_visits": desk.visits,
    } | {f"context_month_{name}": getattr(signs, name) for name in _SIGNS}


def bill_findings(material: Material, settings: DetectionSettings) -> tuple[Finding, ...]:
    """Return the reasons a person reads of bills and payments."""
    number, signs, desk = settings.number, material.month_signs, material.desk_signs
    last = material.window.last_day
    # An account without bills of the year before is held against its own nine months before, its class's season out.
    change = np.where(np.isfinite(signs.year_log), signs.year_log, signs.quarter_log)
    fell = ramp(-change, start=number("context.bills_fell_start"), end=number("context.bills_fell_end"))
    fell *= ramp(signs.drop_t, start=number("change.t_start"), end=number("change.t_end"))
    nothing = ramp(signs.zero_share, start=number("context.bills_zero_start"), end=1.0)
    steady = ramp(np.abs(change), start=number("context.bills_steady_end"), end=0.0)
    # Where days are read, the days say it better.
    steady *= ramp(signs.known_share, start=0.5, end=1.0) * (material.depth <= LEVELS[Depth.MONTHLY])
    # What the newest three months would be, had the account gone with its class since then.
    expected = signs.recent_kwh * np.exp(-change)
    return (
        found_where(
            code="bills_fell",
            strength=fell,
            value=signs.recent_kwh,
            expected=expected,
            unit="kWh/month",
            first_on=signs.split_on,
            last_on=last,
        ),
        found_where(
            code="bills_nothing", strength=nothing, value=signs.zero_share, expected=0.0, unit="share", last_on=last
        ),
        found_where(
            code="bills_steady",
            strength=steady,
            value=signs.recent_kwh,
            expected=expected,
            unit="kWh/month",
            last_on=last,
        ),
        found_where(
            code="bills_unpaid",
            strength=ramp(desk.unpaid, start=number("context.unpaid_start"), end=number("context.unpaid_end")),
            value=desk.unpaid,
            expected=0.0,
            unit="month",
            last_on=last,
        ),
    )


def _beside_area(material: Material, *, least: int) -> Floats:
    recent, area = material.month_signs.recent_kwh, material.window.area
    beside = np.full(len(recent), np.nan)
    for place in np.unique(area[area >= 0]):
        for word in sorted(set(material.classes[area == place].tolist())):
            members = np.flatnonzero((area == place) & (material.classes == word) & (recent > 0.0))
            if len(members) >= least:
                beside[members] = np.log(recent[members] / float(nan_median(recent[members][None, :])[0]))
    return beside
