"""The brief as plain data for the page and the PDF: rounded, cut to length, with the words of its codes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from lamplighter.journeys.brief.areas import certain_kwh_per_day
from lamplighter.journeys.brief.records import Area, Balance, Brief, Curve, Suspicion, SuspicionList
from lamplighter.journeys.brief.settings import BriefSettings
from lamplighter.journeys.brief.wording import say_code, say_evidence, say_list_depths, say_site_check, vocabulary

_DIGITS = 5
"""Significant digits the page carries: more than any meter's class tells, few enough to keep the page small."""


def significant(value: float | None, digits: int = _DIGITS) -> float | None:
    """Return a number rounded to some significant digits; NaN and infinity become None, as JSON has neither.

    Example:
        >>> significant(123456.789), significant(0.0123456789), significant(float("nan"))
        (123460, 0.012346, None)
    """
    if value is None or not math.isfinite(value):
        return None
    if value == 0:
        return 0
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return int(rounded) if rounded == int(rounded) else rounded


def numbers(values: Iterable[float | None], digits: int = _DIGITS) -> list[float | None]:
    """Return a series for the page."""
    return [significant(value, digits) for value in values]


def build_payload(brief: Brief, settings: BriefSettings) -> dict[str, Any]:
    """Return the brief as JSON-able data; instants in the company's own time."""
    areas = carried_areas(brief.areas, count=settings.count("area_row_count"))
    return {
        "meta": _meta(brief, settings),
        "trust": {
            "verdict": brief.trust.verdict,
            "checks": [
                {
                    "code": check.code,
                    "grade": check.grade,
                    "value": significant(check.value),
                    "limit": check.limit,
                    "confirm": check.needs_confirmation,
                    "fields": dict(check.fields or {}),
                }
                for check in brief.trust.checks
            ],
            "flags": [[flag.rule_id, flag.severity, flag.meters] for flag in brief.trust.flags],
        },
        "night": _balance(brief.night),
        "surplus": significant(brief.surplus_kwh),
        "deficit": significant(brief.deficit_kwh),
        "all_supplied": significant(brief.all_supplied_kwh),
        "days": {
            "dates": [day.on_date.isoformat() for day in brief.days],
            "areas": [day.area_count for day in brief.days],
            "computable": [day.computable_count for day in brief.days],
            "coverage": numbers(day.coverage for day in brief.days),
            **{name: numbers(getattr(day.balance, f"{name}_kwh") for day in brief.days) for name in _ENERGIES},
        },
        "areas": [_area(area) for area in areas],
        "area_count": len(brief.areas),
        "computable_count": sum(area.is_computable for area in brief.areas),
        "class_counts": _class_counts(brief.areas),
        "area_days": {
            area: {
                "rate": numbers(days.loss_rate, 3),
                "unexplained": numbers(days.unexplained_kwh, 4),
                "share": numbers(days.unexplained_rate, 3),
            }
            for area, days in brief.area_days.items()
        },
        "units": [
            {
                "station": unit.station,
                "county": unit.county,
                "areas": unit.area_count,
                "computable": unit.computable_count,
                "suspicions": unit.suspicion_count,
                **_balance(unit.balance),
            }
            for unit in brief.units
        ],
        "feeders": [
            {
                "id": feeder.feeder_id,
                "name": feeder.name,
                "coverage": significant(feeder.coverage),
                "computable": feeder.is_computable,
                "why": list(feeder.why_not),
                "class": feeder.loss_class,
                **_balance(feeder.balance),
            }
            for feeder in brief.feeders
        ],
        "list": _list(brief.suspicions),
        "outlines": brief.outlines,
        "vocabulary": vocabulary(brief),
    }


def carried_areas(areas: Sequence[Area], *, count: int) -> list[Area]:
    """Return the areas the page carries, in their order: those that cannot be computed have a quarter of it.

    Without their own part the worst would push them out, and nobody would mend their data.
    """
    blocked = [area for area in areas if not area.is_computable]
    computable = [area for area in areas if area.is_computable]
    for_blocked = min(len(blocked), max(count // 4, count - len(computable)))
    return [*computable[: count - for_blocked], *blocked[:for_blocked]]


_ENERGIES = (
    "supplied",
    "sold",
    "loss",
    "technical",
    "unexplained",
    "unexplained_low",
    "unexplained_high",
)


def _meta(brief: Brief, settings: BriefSettings) -> dict[str, Any]:
    zone = ZoneInfo(brief.company.timezone)
    return {
        "company": brief.company.name,
        "timezone": brief.company.timezone,
        "on": brief.on_date.isoformat(),
        "written": _local(brief.written_at, zone),
        "worked": _local(brief.trust.worked_at, zone),
        "received": _local(brief.trust.received_at, zone),
        "generation": brief.generation,
        "policy": brief.policy_version,
        "model": brief.suspicions.model_version,
        "version": version("lamplighter"),
        "worst_count": settings.count("worst_count"),
        "missing": list(brief.missing),
        "is_sketch": "is_sketch" in brief.outlines,
    }


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    if instant is None:
        return None
    return f"{instant.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def _balance(balance: Balance) -> dict[str, float | None]:
    found = {name: significant(getattr(balance, f"{name}_kwh")) for name in _ENERGIES}
    return {**found, "rate": significant(balance.loss_rate), "unexplained_rate": significant(balance.unexplained_rate)}


def _area(area: Area) -> dict[str, Any]:
    period = area.period
    return {
        "id": area.area_id,
        "name": area.name,
        "station": area.place.station,
        "county": area.place.county,
        "feeder": area.place.feeder or "",
        "place": None
        if area.place.longitude is None or area.place.latitude is None
        else [round(area.place.longitude, 5), round(area.place.latitude, 5)],
        **_balance(area.balance),
        "source": area.technical_source,
        "coverage": significant(area.coverage),
        "estimated": significant(area.estimated_share),
        "computable": area.is_computable,
        "why": list(area.why_not),
        "class": area.loss_class,
        "hints": list(area.hints),
        "certain": significant(certain_kwh_per_day(area)),
        "suspicions": area.suspicion_count,
        "period": None
        if period is None
        else {
            "days": period.day_count,
            "rate": significant(period.loss_rate),
            "unexplained": significant(period.unexplained_kwh),
            "low": significant(period.unexplained_low_kwh),
            "high": significant(period.unexplained_high_kwh),
            "change_on": _day(period.change_on),
            "change": significant(period.change_kwh_per_day),
        },
        "explained": _explained(area),
    }


_CHECKS_SHOWN = 2
"""Who opens an area wants to know what to do next, not everything that could be done."""


def _explained(area: Area) -> dict[str, Any] | None:
    found = area.explanation
    if found is None:
        return None
    # What rounds to nothing beside the loss is left out: eight rows of noughts explain nothing.
    least = 0.002 * found.supplied_kwh
    shares = sorted(found.shares, key=lambda share: -abs(share.kwh))
    return {
        "target": significant(found.target_rate, 3),
        "rate": significant(found.loss_rate, 3),
        "causes": [
            {
                "code": share.cause.value,
                "unexplained": significant(share.kwh, 3),
                "unexplained_low": significant(share.low_kwh, 3),
                "unexplained_high": significant(share.high_kwh, 3),
            }
            for share in shares
            if max(abs(share.kwh), abs(share.low_kwh), abs(share.high_kwh)) >= least
        ],
        "next": [dict(say_site_check(check)) for check in found.checks[:_CHECKS_SHOWN]],
    }


def _class_counts(areas: Iterable[Area]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for area in areas:
        counts[area.loss_class] = counts.get(area.loss_class, 0) + 1
    return counts


def _list(suspicions: SuspicionList) -> dict[str, Any]:
    return {
        "state": suspicions.state,
        "as_of": _day(suspicions.as_of_on),
        "previous": _day(suspicions.previous_on),
        "accounts": suspicions.account_count,
        "depth_words": dict(say_list_depths(suspicions)),
        "counts": dict(suspicions.counts),
        "new": dict(suspicions.new_counts),
        "kwh": significant(suspicions.expected_kwh),
        "unknown": suspicions.unknown_kwh_count,
        "yuan": significant(suspicions.expected_yuan),
        "rows": [_suspicion(row) for row in suspicions.rows],
    }


def _suspicion(row: Suspicion) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "account": row.masked_account,
        "meter": row.meter_id,
        "area": row.area_id,
        "customer": row.customer_class,
        "protected": row.is_protected,
        "probability": significant(row.theft_probability, 3),
        "kwh": significant(row.expected_kwh),
        "yuan": significant(row.expected_yuan),
        "colour": row.colour,
        "new": row.is_new,
        "layers": list(row.layers),
        "depth_words": dict(say_code("depth", row.data_depth)),
        "worth": {layer: significant(added, 3) for layer, added in row.layer_worth.items() if layer in row.layers},
        "evidence": [
            {
                "layer": piece.layer,
                "for": piece.is_for,
                "strength": significant(piece.strength, 2),
                "value": significant(piece.value, 4),
                "expected": significant(piece.expected, 4),
                "unit": piece.unit,
                "first": _day(piece.first_on),
                "last": _day(piece.last_on),
                "words": dict(say_evidence(piece)),
            }
            for piece in row.evidence
        ],
        "checks": list(row.checks),
        "onset": _day(row.onset),
        "curve": _curve(row.curve),
    }


def _curve(curve: Curve | None) -> Mapping[str, Any] | None:
    if curve is None:
        return None
    return {
        "kwh": numbers(curve.energy_kwh, 4),
        "estimated": [number for number, is_estimated in enumerate(curve.is_estimated) if is_estimated],
        "low": numbers(curve.peer_low_kwh, 3),
        "mid": numbers(curve.peer_mid_kwh, 3),
        "high": numbers(curve.peer_high_kwh, 3),
        "peers": curve.peer_count,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
