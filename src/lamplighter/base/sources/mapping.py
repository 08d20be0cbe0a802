"""The mapping file: how files that are not laid out as documented are to be read."""

from __future__ import annotations

import codecs
import fnmatch
import hashlib
import json
import tomllib
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

LAYOUTS: Final = ("", "wide", "long", "espi")
STAMPS: Final = ("start", "end")


class MappingFaulty(LamplighterError):
    """A mapping file says things we do not understand; every fault is named."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.name, self.faults = name, tuple(faults)
        super().__init__(text("sources.mapping_faulty", name=name, count=len(faults), faults="; ".join(faults[:8])))


@dataclass(frozen=True, kw_only=True)
class FileMapping:
    """How files whose name matches are read. The empty mapping reads the documented layout.

    Args:
        match: pattern of the path inside the folder, ``curves/*.csv``.
        subject: file of the company folder they stand for; empty = what their name says.
        encoding: of text files.
        delimiter: between columns of text files; empty = found out from the headings.
        sheet: of a workbook; empty = the first.
        header_row: number of the row of headings, the first row of the file being 1.
        layout: wide (a day in a row), long (a reading in a row), espi (Green Button); empty = by the columns.
        timezone: zone of instants without offset; empty = the company's.
        stamps: whether an instant, or the heading of a slot, is the start or the end of its interval.
        date_format: of dates and instants, as for strptime; empty = ISO 8601.
        thousands: mark that groups digits, to be taken out of numbers.
        decimal: mark before the fraction.
        columns: our name -> theirs.
        slots: their headings of the slots of a day in order; empty = v00, v01 ...
        channel_columns: channel -> their column of its readings (several readings in a row).
        constants: our column -> the value it has in every row.
        values: our column -> (their word -> our word), for channels, roles, classes.
        units: channel or column -> unit of the file (Wh, MWh, W, kW, V, kV, A, mA ...).
        factors: channel or column -> number its values are multiplied by, besides the unit.

    Example:
        >>> FileMapping(columns={"meter_id": "表号"}).ours("表号")
        'meter_id'
    """

    match: str = "*"
    subject: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1
    layout: str = ""
    timezone: str = ""
    stamps: str = "start"
    date_format: str = ""
    thousands: str = ""
    decimal: str = "."
    columns: Mapping[str, str] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    channel_columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)

    def ours(self, theirs: str) -> str:
        """Return our name of one of their columns; unmapped ones keep their name."""
        heading = theirs.strip()
        for name, called in self.columns.items():
            if called == heading:
                return name
        if heading in self.slots:
            return f"v{self.slots.index(heading):02d}"
        return heading

    def to_json(self) -> str:
        """Return the mapping as JSON that `from_json` takes."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, words: str) -> FileMapping:
        """Return the mapping `to_json` wrote."""
        found = json.loads(words)
        return cls(**{**found, "slots": tuple(found["slots"])})

    @property
    def digest(self) -> str:
        """A fingerprint of everything that changes what is read."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


_TEXTS: Final = frozenset(
    ["match", "subject", "encoding", "delimiter", "sheet", "layout", "timezone", "stamps", "date_format", "thousands"]
) | {"decimal"}
_TABLES: Final = frozenset(["columns", "channel_columns", "constants", "values", "units", "factors"])


def read_mapping(path: Path) -> list[FileMapping]:
    """Return the mappings of a TOML file: its ``[[file]]`` tables in order.

    Raises:
        MappingFaulty: unknown words, wrong kinds, unknown encodings or zones: all of them at once.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MappingFaulty(path.name, [str(fault)]) from fault
    return parse_mapping(found, name=path.name)


def parse_mapping(found: Mapping[str, Any], *, name: str) -> list[FileMapping]:
    """Return the mappings of a parsed TOML document.

    Raises:
        MappingFaulty: see `read_mapping`.

    Example:
        >>> [m.subject for m in parse_mapping({"file": [{"match": "a.csv", "subject": "interval"}]}, name="m.toml")]
        ['interval']
    """
    faults = [f"unknown table {key}" for key in found if key != "file"]
    mappings: list[FileMapping] = []
    for number, table in enumerate(found.get("file", []), start=1):
        wrong = _faults_of(table)
        faults += [f"file {number}: {fault}" for fault in wrong]
        if not wrong:
            mappings.append(FileMapping(**{**table, "slots": tuple(table.get("slots", ()))}))
    if faults:
        raise MappingFaulty(name, faults)
    return mappings


def _faults_of(table: Mapping[str, Any]) -> list[str]:
    known = {f.name for f in fields(FileMapping)}
    faults = [f"unknown key {key}" for key in table if key not in known]
    faults += [f"{key} must be a text" for key in _TEXTS & table.keys() if not isinstance(table[key], str)]
    faults += [f"{key} must be a table" for key in _TABLES & table.keys() if not isinstance(table[key], dict)]
    if not isinstance(table.get("header_row", 1), int) or table.get("header_row", 1) < 1:
        faults.append("header_row must be a whole number from 1")
    if faults:
        return faults
    faults += [f"factors.{k} must be a number" for k, v in table.get("factors", {}).items() if _is_no_number(v)]
    if table.get("layout", "") not in LAYOUTS:
        faults.append(f"layout must be one of {', '.join(LAYOUTS[1:])}")
    if table.get("stamps", "start") not in STAMPS:
        faults.append(f"stamps must be one of {', '.join(STAMPS)}")
    if zone := table.get("timezone", ""):
        faults += [] if is_time_zone(zone) else [f"unknown time zone {zone}"]
    try:
        codecs.lookup(table.get("encoding", "utf-8"))
    except LookupError:
        faults.append(f"unknown encoding {table['encoding']}")
    return faults


def is_time_zone(name: str) -> bool:
    """Say whether the time zone database has a zone of that name.

    Example:
        >>> is_time_zone("Asia/Shanghai"), is_time_zone("Peking"), is_time_zone("../etc")
        (True, False, False)
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_no_number(value: object) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float)


def mapping_for(name: str, mappings: Sequence[FileMapping]) -> FileMapping:
    """Return the first mapping that matches a path inside the folder, the empty one when none does.

    Example:
        >>> mapping_for("curves/a.csv", [FileMapping(match="curves/*", subject="interval")]).subject
        'interval'
    """
    return next((m for m in mappings if fnmatch.fnmatchcase(name, m.match)), FileMapping())
