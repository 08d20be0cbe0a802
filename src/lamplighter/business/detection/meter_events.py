"""What meters report, cleaned: names of one list, without repeats, impossible times and storms."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa

from lamplighter.business.detection.records import Days


@dataclass(frozen=True, slots=True)
class CleanEvents:
    """Events that may be evidence. Arrays of shape (K,), sorted by meter and day.

    Attributes:
        meter_ids: str objects.
        names: name of Lamplighter's list.
        on: day it occurred (UTC day: a shift of hours does not matter to evidence counted by days).
        set_aside: how many were left out, by why: repeat, impossible_time, storm, unknown_code.
    """

    meter_ids: np.ndarray
    names: np.ndarray
    on: Days
    set_aside: Mapping[str, int]


@cache
def _code_list() -> tuple[tuple[str, str], ...]:
    table = tomllib.loads(
        files("lamplighter.business.detection").joinpath("event_codes.toml").read_text(encoding="utf-8")
    )
    pairs = [(_bare(code), row["name"]) for row in table["event"] for code in row["codes"]]
    # The longest beginning decides: `terminal_cover` before `t`.
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _bare(code: str) -> str:
    return code.strip().lower().replace(" ", "_").replace(".", "").replace("-", "_")


@cache
def event_name(code: str) -> str | None:
    """Return Lamplighter's name of an event code, None for one that no list has.

    Example:
        >>> event_name("645:03300D01"), event_name("Cover-Open"), event_name("weather")
        ('cover_open', 'cover_open', None)
    """
    bare = _bare(code)
    for known, name in _code_list():
        # Codes of a protocol carry record numbers behind; words do not.
        if bare == known or (":" in known and bare.startswith(known)):
            return name
    return None


def clean_events(
    *,
    events: pa.Table | None,
    installed_on: Mapping[str, np.datetime64],
    area_of: Mapping[str, str | None],
    last_day: np.datetime64,
    storm_share: float,
    storm_least: int,
) -> CleanEvents:
    """Return the events that may be evidence.

    Set aside: codes no list has; a repeat of the same event of the same meter on one day; times before the meter was
    installed or after ``last_day``; storms: the same event on one day at ``storm_share`` of an area's meters or
    more, as after an interruption.

    Args:
        events: rows of ``core_meter_event`` or None.
        installed_on: meter -> day it was installed; NaT where unknown.
        area_of: meter -> area, for storms.
        last_day: last day of the window.
        storm_share: share of an area's meters.
        storm_least: fewest meters that make a storm.
    """
    aside: Counter[str] = Counter()
    kept: dict[tuple[str, str, np.datetime64], None] = {}
    if events is not None and events.num_rows:
        days = (
            events.column("occurred_at").cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[D]")
        )
        rows = zip(events.column("meter_id").to_pylist(), events.column("code").to_pylist(), days, strict=True)
        for meter, code, day in rows:
            name = event_name(code)
            if meter not in area_of:
                continue
            if name is None:
                aside["unknown_code"] += 1
            elif day > last_day or day < installed_on.get(meter, np.datetime64("NaT")):
                aside["impossible_time"] += 1
            elif (meter, name, day) in kept:
                aside["repeat"] += 1
            else:
                kept[meter, name, day] = None
    meters_of_area = Counter(area_of.values())
    together = Counter((area_of[meter], name, day) for meter, name, day in kept)
    stormy = {
        key
        for key, count in together.items()
        if count >= max(storm_least, storm_share * meters_of_area[key[0]]) and key[0] is not None
    }
    quiet = sorted(key for key in kept if (area_of[key[0]], key[1], key[2]) not in stormy)
    aside["storm"] = len(kept) - len(quiet)
    return CleanEvents(
        meter_ids=np.array([key[0] for key in quiet], dtype=object),
        names=np.array([key[1] for key in quiet], dtype=object),
        on=np.array([key[2] for key in quiet], dtype="datetime64[D]"),
        set_aside={why: count for why, count in sorted(aside.items()) if count},
    )
