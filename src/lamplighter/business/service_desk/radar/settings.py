"""The radar's rules as they hold on a day."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from lamplighter.business.service_desk.radar.records import RadarRules, Watch


def radar_rules(*, on: dt.date) -> RadarRules:
    """Return when the radar speaks, as it holds on a day.

    Example:
        >>> radar_rules(on=dt.date(2026, 3, 1)).repeat_days
        7
    """
    rows = [row for row in _read()["rules"] if row["valid_from"] <= on]
    row = max(rows, key=lambda each: each["valid_from"])
    return RadarRules(**row | {"misread_reasons": tuple(row["misread_reasons"])})


def watches(*, on: dt.date) -> Mapping[str, Watch]:
    """Return what is watched for in each area on a day, by kind.

    Example:
        >>> [(each.kind, each.window_hours) for each in watches(on=dt.date(2026, 3, 1)).values()]
        [('outage', 2), ('voltage', 72)]
    """
    rows = sorted((row for row in _read()["watch"] if row["valid_from"] <= on), key=lambda row: row["valid_from"])
    return {row["kind"]: Watch(**row | {"topics": tuple(row["topics"])}) for row in rows}


def topic_of_class(code: str) -> str:
    """Return what a class of tickets is about where its words say nothing; empty where it may be anything.

    Example:
        >>> topic_of_class("TK-5"), topic_of_class("TK-4")
        ('outage_now', '')
    """
    return str(_read()["class_topics"].get(code, ""))


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("radar.toml").read_text(encoding="utf-8"))
