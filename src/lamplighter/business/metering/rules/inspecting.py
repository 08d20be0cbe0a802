"""Proposing a mapping for a file nobody has described: what its columns may be, and what is doubtful about that."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa

from lamplighter.business.metering.records import CHANNELS
from lamplighter.business.metering.rules.words import read_numbers

_CLOCK: Final = re.compile(r"^\D{0,6}?(\d{1,2}):(\d{2})(?::00)?$")
_NUMBERED: Final = re.compile(r"^(\D{0,8}?)(\d{1,3})$")
_SLASHED: Final = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_OBIS: Final = re.compile(r"^(?:\d+-\d+:)?(\d+)\.(\d+)\.\d+")
_DAY_SLOTS: Final = (24, 48, 96)
_DIALS: Final = frozenset({"total_kwh", "sharp_kwh", "peak_kwh", "flat_kwh", "valley_kwh"})
# OBIS C and D of a channel: 1.8 is import, 2.8 export of active energy; 32, 52, 72 voltages; 31, 51, 71, 91 currents.
_OBIS_CHANNELS: Final = {
    ("1", "8"): "energy_kwh",
    ("1", "29"): "energy_kwh",
    ("2", "8"): "reverse_kwh",
    ("2", "29"): "reverse_kwh",
    ("1", "7"): "power_kw",
    ("13", "7"): "power_factor",
    ("32", "7"): "voltage_a_v",
    ("52", "7"): "voltage_b_v",
    ("72", "7"): "voltage_c_v",
    ("31", "7"): "current_a_a",
    ("51", "7"): "current_b_a",
    ("71", "7"): "current_c_a",
    ("91", "7"): "current_n_a",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about a proposal a person should look at.

    Args:
        code: message ``metering.doubt.<code>``.
        fields: what its placeholders say.
    """

    code: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Proposal:
    """A mapping for one file, and its doubts.

    Args:
        subject: file of the company folder it seems to be.
        layout: wide or long, empty for rows.
        columns: our name -> their heading.
        slots: their headings of the slots.
        channel_columns: channel -> their heading.
        constants: our column -> value.
        channels: their word of a channel -> ours.
        date_format: of dates that do not name the year first.
        stamps: start or end.
        encoding: of the text.
        doubts: what to look at.
    """

    subject: str = "interval"
    layout: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    slots: list[str] = field(default_factory=list)
    channel_columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    date_format: str = ""
    stamps: str = "start"
    encoding: str = "utf-8"
    doubts: list[Doubt] = field(default_factory=list)

    def to_toml(self, *, match: str, comments: Sequence[str]) -> str:
        """Return the proposal as a mapping file, its doubts as comments.

        Args:
            match: pattern of the files.
            comments: the doubts in words.
        """
        lines = [*(f"# ? {comment}" for comment in comments), "[[file]]", f"match = {_quote(match)}"]
        lines.append(f"subject = {_quote(self.subject)}")
        for name in ("layout", "encoding", "date_format", "stamps"):
            value = getattr(self, name)
            if value and (name, value) not in (("encoding", "utf-8"), ("stamps", "start")):
                lines.append(f"{name} = {_quote(value)}")
        if self.slots:
            lines.append(f"slots = [{', '.join(_quote(slot) for slot in self.slots)}]")
        for name, table in (
            ("columns", self.columns),
            ("channel_columns", self.channel_columns),
            ("constants", self.constants),
            ("values.channel", self.channels),
        ):
            if table:
                lines += ["", f"[file.{name}]", *(f"{_quote(k)} = {_quote(v)}" for k, v in table.items())]
        return "\n".join(lines) + "\n"


def _quote(word: str) -> str:
    # A JSON string is a TOML string, as long as nothing but quotes and control characters is escaped.
    return json.dumps(word, ensure_ascii=False)


@cache
def known_headings() -> Mapping[str, str]:
    """Return their heading, without case, blanks and underscores -> our column."""
    found = tomllib.loads(resources.files(__package__).joinpath("headings.toml").read_text(encoding="utf-8"))
    return {_bare(alias): name for name, aliases in found.items() for alias in aliases}


def _bare(heading: str) -> str:
    return re.sub(r"[\s_]+", "", heading).lower()


def propose_mapping(sample: pa.Table, *, encoding: str = "utf-8", interval_minutes: int = 15) -> Proposal:
    """Return a mapping for a file like this sample.

    Args:
        sample: some rows in words, columns by their own headings.
        encoding: the sample could be read with.
        interval_minutes: the company's interval.

    Example:
        >>> sample = pa.table({"household_id": ["H1"], "started_at": ["2013-01-01 00:30:00"], "energy_kwh": ["0.2"]})
        >>> found = propose_mapping(sample, interval_minutes=30)
        >>> found.layout, found.columns, found.channel_columns
        ('long', {'meter_id': 'household_id'}, {'energy_kwh': 'energy_kwh'})
    """
    found = Proposal(encoding=encoding)
    headings = list(sample.column_names)
    if encoding != "utf-8":
        found.doubts.append(Doubt("encoding", {"encoding": encoding}))
    named = {h: known_headings()[_bare(h)] for h in headings if _bare(h) in known_headings()}
    ours: dict[str, str] = {}
    for heading, name in named.items():
        ours.setdefault(name, heading)
    found.slots = _slots(headings)
    if found.slots:
        _propose_wide(found, sample, ours, interval_minutes)
    elif "started_at" in ours or ("on_date" in ours and not _DIALS & ours.keys()):
        _propose_long(found, ours)
    elif _DIALS & ours.keys():
        _propose_registers(found, ours)
    else:
        found.doubts.append(Doubt("no_time"))
    if "meter_id" in ours:
        _name(found, "meter_id", ours)
    elif "account_id" in ours:
        found.columns["meter_id"] = ours["account_id"]
        found.doubts.append(Doubt("no_meter"))
    else:
        found.doubts.append(Doubt("no_meter"))
    _look_at_channels(found, sample, ours)
    _look_at_dates(found, sample, ours)
    _look_at_values(found, sample, interval_minutes)
    used = {
        *found.columns.values(),
        *found.slots,
        *found.channel_columns.values(),
        *(ours.get(n, "") for n in ("channel",)),
    }
    unused = [h for h in headings if h not in used and named.get(h) != h]
    if unused:
        found.doubts.append(Doubt("unused", {"columns": ", ".join(unused[:12])}))
    return found


def _name(found: Proposal, name: str, ours: Mapping[str, str]) -> None:
    if name in ours and ours[name] != name:
        found.columns[name] = ours[name]


def _slots(headings: Sequence[str]) -> list[str]:
    clocks = [h for h in headings if _CLOCK.match(h.strip())]
    if len(clocks) in _DAY_SLOTS:
        return clocks
    by_word: dict[str, list[str]] = {}
    for heading in headings:
        if match := _NUMBERED.match(heading.strip()):
            by_word.setdefault(match[1], []).append(heading)
    return next((run for run in by_word.values() if len(run) in _DAY_SLOTS), [])


def _propose_wide(found: Proposal, sample: pa.Table, ours: Mapping[str, str], interval_minutes: int) -> None:
    found.layout = "wide"
    minutes = 24 * 60 // len(found.slots)
    found.doubts.append(Doubt("slots", {"count": len(found.slots), "minutes": minutes}))
    first = found.slots[0].strip()
    clock = _CLOCK.match(first)
    if clock and (int(clock[1]), int(clock[2])) != (0, 0):
        found.stamps = "end"
        found.doubts.append(Doubt("stamps", {"first": first}))
    if "on_date" in ours:
        _name(found, "on_date", ours)
    elif "started_at" in ours:
        found.columns["on_date"] = ours["started_at"]
    else:
        found.doubts.append(Doubt("no_time"))
    if [f"v{i:02d}" for i in range(len(found.slots))] == found.slots:
        found.slots = []


def _propose_long(found: Proposal, ours: Mapping[str, str]) -> None:
    found.layout = "long"
    if "started_at" in ours:
        _name(found, "started_at", ours)
    else:
        found.columns["started_at"] = ours["on_date"]
    found.doubts.append(Doubt("zone_assumed"))
    if "value" in ours:
        _name(found, "value", ours)
        return
    found.channel_columns = {name: ours[name] for name in CHANNELS if name in ours}
    if not found.channel_columns:
        found.doubts.append(Doubt("no_values"))
    for name, heading in found.channel_columns.items():
        if heading != name:
            unit = name.rpartition("_")[2]
            found.doubts.append(Doubt("unit_assumed", {"column": heading, "unit": unit}))


def _propose_registers(found: Proposal, ours: Mapping[str, str]) -> None:
    found.subject = "registers"
    for name in ("on_date", *sorted(_DIALS), "reverse_kwh", "max_demand_kw"):
        _name(found, name, ours)
    if "on_date" not in ours:
        found.doubts.append(Doubt("no_time"))


def _look_at_channels(found: Proposal, sample: pa.Table, ours: Mapping[str, str]) -> None:
    if found.subject != "interval" or found.channel_columns:
        return
    if "channel" not in ours:
        found.constants["channel"] = "energy_kwh"
        found.doubts.append(Doubt("channel_assumed", {"channel": "energy_kwh"}))
        return
    _name(found, "channel", ours)
    for word in sample.column(ours["channel"]).unique().to_pylist():
        if not word or word in CHANNELS:
            continue
        obis = _OBIS.match(word)
        channel = _OBIS_CHANNELS.get((obis[1], obis[2])) if obis else known_headings().get(_bare(word))
        if channel in CHANNELS:
            found.channels[word] = channel
        else:
            found.channels[word] = "?"
            found.doubts.append(Doubt("channel_assumed", {"channel": f"{word} = ?"}))


def _look_at_dates(found: Proposal, sample: pa.Table, ours: Mapping[str, str]) -> None:
    heading = ours.get("on_date") or ours.get("started_at")
    if heading is None:
        return
    matches = [m for w in sample.column(heading).to_pylist() if w and (m := _SLASHED.match(w.strip()))]
    if not matches:
        return
    first, second = max(int(m[1]) for m in matches), max(int(m[3]) for m in matches)
    mark = matches[0][2]
    day_first = first > 12 or second <= 12
    date = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    rest = next(w for w in sample.column(heading).to_pylist() if w).strip()[10:]
    clock = "" if not rest.strip() else " %H:%M:%S" if rest.count(":") == 2 else " %H:%M"
    found.date_format = date + clock
    if first <= 12 and second <= 12:
        found.doubts.append(Doubt("day_month", {"example": matches[0][0], "chosen": found.date_format}))


def _look_at_values(found: Proposal, sample: pa.Table, interval_minutes: int) -> None:
    headings = found.slots or list(found.channel_columns.values())
    is_energy = found.constants.get("channel") == "energy_kwh" or "energy_kwh" in found.channel_columns
    if not headings or not is_energy or found.subject != "interval":
        return
    heading = found.channel_columns.get("energy_kwh")
    columns = [heading] if heading else headings
    values = np.concatenate([read_numbers(sample.column(name))[0] for name in columns])
    values = values[~np.isnan(values)]
    if len(values) and float(np.median(values)) > 20 * interval_minutes / 60:
        median = float(np.median(values))
        found.doubts.append(Doubt("unit_guess", {"minutes": interval_minutes, "median": median}))
    if heading is None and len(columns) > 2:
        matrix = np.stack([read_numbers(sample.column(name))[0] for name in columns], axis=1)
        rising = np.diff(matrix, axis=1)
        if np.nanmin(rising) >= 0 and np.nanmax(rising) > 0:
            found.doubts.append(Doubt("cumulative"))
