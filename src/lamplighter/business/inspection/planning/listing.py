"""A plan as a table: every stop in order, then every suspicion without one and its reason."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from lamplighter.base.messages import text
from lamplighter.business.inspection.planning.records import Plan, Suspicion
from lamplighter.methods.optimisation import TimedStop

SCHEMA = pa.schema(
    [
        ("on_date", pa.date32()),
        ("crew", pa.string()),
        ("stop", pa.int32()),
        ("account_id", pa.string()),
        ("area_id", pa.string()),
        ("arrive", pa.string()),
        ("begin", pa.string()),
        ("leave", pa.string()),
        ("drive_minutes", pa.float64()),
        ("drive_km", pa.float64()),
        ("rank", pa.int32()),
        ("colour", pa.string()),
        ("theft_probability", pa.float64()),
        ("expected_kwh", pa.float64()),
        ("expected_yuan", pa.float64()),
        ("is_random", pa.bool_()),
        ("propensity", pa.float64()),
        ("is_locked", pa.bool_()),
        ("checks", pa.list_(pa.string())),
        ("why", pa.string()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
    ]
)
"""``why`` is empty where there is a stop; times are HH:MM of the day."""


def plan_table(plan: Plan) -> pa.Table:
    """Return a plan in the order of crews and stops, then of rank.

    Args:
        plan: the plan.

    Returns:
        Table of `SCHEMA`, one row of each suspicion of the list.
    """
    rows = [
        _row(plan, plan.draft.suspicions[stop.key], crew=route.crew, number=number, stop=stop)
        for route in plan.routes
        for number, stop in enumerate(route.stops, start=1)
    ]
    rows += [{**_row(plan, each.suspicion), "why": str(each.why)} for each in plan.unplanned]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def say_time(minutes: float) -> str:
    """Return minutes after midnight as HH:MM.

    Example:
        >>> say_time(510.4), say_time(1505.0)
        ('08:30', '25:05')
    """
    whole = round(minutes)
    return f"{whole // 60:02d}:{whole % 60:02d}"


def say_breaches(plan: Plan) -> list[str]:
    """Return what a plan changed by hand breaks, a sentence each, in order of crews; empty = it can be driven.

    Args:
        plan: the plan.
    """
    return [
        text(f"planning.breach.{breach.kind}", crew=route.crew, account=breach.key, amount=breach.amount)
        for route in plan.routes
        for breach in route.breaches
    ]


def _row(
    plan: Plan, each: Suspicion, *, crew: str | None = None, number: int | None = None, stop: TimedStop | None = None
) -> dict[str, Any]:
    return {
        "on_date": plan.draft.on,
        "crew": crew,
        "stop": number,
        "account_id": each.account_id,
        "area_id": each.area_id or None,
        "arrive": say_time(stop.arrive) if stop else None,
        "begin": say_time(stop.begin) if stop else None,
        "leave": say_time(stop.leave) if stop else None,
        "drive_minutes": stop.drive_minutes if stop else None,
        "drive_km": stop.km if stop else None,
        "rank": each.rank,
        "colour": each.colour,
        "theft_probability": each.theft_probability,
        "expected_kwh": each.expected_kwh,
        "expected_yuan": each.expected_yuan,
        "is_random": each.is_random,
        "propensity": each.propensity,
        "is_locked": each.account_id in plan.locked,
        "checks": list(each.checks),
        "longitude": each.longitude,
        "latitude": each.latitude,
    }
