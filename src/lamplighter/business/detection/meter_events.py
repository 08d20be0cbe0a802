"""What meters report, cleaned: names of one list, without repeats, impossible times and storms."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.business.detection.records import Days


@dataclass(frozen=True, slots=True)
class CleanEvents:
    """Events that may be evidence. Arrays of shape (K,), sorted by meter and day.

    Attributes:
        meter_ids: str objects.
        names: name of Lamplighter's list.
        on: day it occurred (UTC day: a shift of hours does not matter to evidence counted by days).
        at: instant it occurred, UTC; of repeats on one day the first that came.
        ended: instant it ended, NaT where unknown.
        figure: the number its detail is, NaN where it is none.
        set_aside: how many were left out, by why: garbled, repeat, impossible_time, storm, unknown_code.
    """

    meter_ids: np.ndarray
    names: np.ndarray
    on: Days
    at: Days
    ended: Days
    figure: npt.NDArray[np.float64]
    set_aside: Mapping[str, int]


_NEVER_A_STORM = frozenset({"power_off"})
"""An interruption is told by every meter it touches."""


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

    Set aside: rows without a code (garbled); codes no list has; a repeat of the same event of the same meter on one
    day; times before the meter was installed or after ``last_day``; storms: the same event on one day at
    ``storm_share`` of an area's meters or more, as after an interruption (power-off itself is told by everybody).

    Args:
        events: rows of ``core_meter_event`` or None.
        installed_on: meter -> day it was installed; NaT where unknown.
        area_of: meter -> area, for storms.
        last_day: last day of the window.
        storm_share: share of an area's meters.
        storm_least: fewest meters that make a storm.
    """
    aside: Counter[str] = Counter()
    kept: dict[tuple[str, str, np.datetime64], tuple[np.datetime64, np.datetime64, float]] = {}
    for meter, code, at, ended, detail in _rows(events):
        day = at.astype("datetime64[D]")
        if meter not in area_of:
            continue
        name = event_name(code or "")
        if not code or not code.strip() or np.isnat(at):
            aside["garbled"] += 1
        elif name is None:
            aside["unknown_code"] += 1
        elif day > last_day or day < installed_on.get(meter, np.datetime64("NaT")):
            aside["impossible_time"] += 1
        elif (meter, name, day) in kept:
            aside["repeat"] += 1
        else:
            kept[meter, name, day] = (at, ended, _number(detail))
    meters_of_area = Counter(area_of.values())
    together = Counter((area_of[meter], name, day) for meter, name, day in kept if name not in _NEVER_A_STORM)
    stormy = {
        key
        for key, count in together.items()
        if count >= max(storm_least, storm_share * meters_of_area[key[0]]) and key[0] is not None
    }
    quiet = sorted(key for key in kept if (area_of[key[0]], key[1], key[2]) not in stormy)
    aside["storm"] = len(kept) - len(quiet)
    told = [kept[key] for key in quiet]
    return CleanEvents(
        meter_ids=np.array([key[0] for key in quiet], dtype=object),
        names=np.array([key[1] for key in quiet], dtype=object),
        on=np.array([key[2] for key in quiet], dtype="datetime64[D]"),
        at=np.array([row[0] for row in told], dtype="datetime64[us]"),
        ended=np.array([row[1] for row in told], dtype="datetime64[us]"),
        figure=np.array([row[2] for row in told], dtype=np.float64),
        set_aside={why: count for why, count in sorted(aside.items()) if count},
    )


def _rows(events: pa.Table | None) -> Iterator[tuple[str, str | None, np.datetime64, np.datetime64, str | None]]:
    """Yield the rows in order of meter, instant and code: which of two repeats stays does not hang on the file."""
    if events is None or not events.num_rows:
        return
    nothing = pa.nulls(events.num_rows)
    columns = {name: events.column(name) for name in events.column_names}
    at = columns["occurred_at"].cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    ended = columns.get("ended_at", nothing).cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    details = columns.get("detail", nothing).to_pylist()
    meters, codes = columns["meter_id"].to_pylist(), columns["code"].to_pylist()
    rows = list(zip(meters, codes, at.astype("datetime64[us]"), ended.astype("datetime64[us]"), details, strict=True))
    yield from sorted(rows, key=lambda row: (row[0], str(row[2]), row[1] or "", str(row[3]), row[4] or ""))


def _number(detail: str | None) -> float:
    try:
        return float(detail) if detail else float("nan")
    except ValueError:
        return float("nan")
