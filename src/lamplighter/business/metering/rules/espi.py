"""Green Button (ESPI, NAESB REQ.21) as rows of the long layout, read in a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from lamplighter.base.messages import text
from lamplighter.base.sources import SourceBatch, SourceUnreadable, TruncatedFile

_BATCH_ROWS: Final = 100_000
_WATT_HOURS: Final = "72"
_REVERSE: Final = "19"


class EspiUnfit(SourceUnreadable):
    """A Green Button file has intervals of another length, or another quantity than energy only."""

    def __init__(self, name: str, *, cause: str) -> None:
        self.cause = cause
        super().__init__(text("metering.espi_unfit", name=name, cause=cause), name=name)


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def _child(node: Any, name: str) -> str:
    for found in node.iter():
        if _plain(found.tag) == name:
            return (found.text or "").strip()
    return ""


def _links(entry: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in entry.iter():
        if _plain(link.tag) == "link":
            found.setdefault(link.get("rel") or "", []).append(link.get("href") or "")
    return found


class _Feed:
    """What a feed has said so far: its usage point, reading types and meter readings by their addresses."""

    def __init__(self, meter_id: str) -> None:
        self.meter_id = meter_id
        self.types: dict[str, tuple[str, float]] = {}
        self.type_of: dict[str, str] = {}

    def learn(self, entry: Any) -> None:
        links = _links(entry)
        own = (links.get("self") or [""])[0]
        kinds = {_plain(node.tag): node for node in entry.iter()}
        if "UsagePoint" in kinds and not self.meter_id:
            self.meter_id = own.rstrip("/").rpartition("/")[2]
        if "ReadingType" in kinds:
            node = kinds["ReadingType"]
            channel = "reverse_kwh" if _child(node, "flowDirection") == _REVERSE else "energy_kwh"
            if _child(node, "uom") in ("", _WATT_HOURS):
                self.types[own] = (channel, 10.0 ** int(_child(node, "powerOfTenMultiplier") or 0) / 1000)
        if "MeterReading" in kinds:
            for target in links.get("related", []):
                if "ReadingType" in target:
                    self.type_of[own] = target

    def type_for(self, entry: Any) -> tuple[str, float] | None:
        ups = [
            link.get("href") or "" for link in entry.iter() if _plain(link.tag) == "link" and link.get("rel") == "up"
        ]
        for up in ups:
            reading = up.removesuffix("/IntervalBlock")
            if reading in self.type_of:
                return self.types.get(self.type_of[reading])
        return next(iter(self.types.values())) if len(self.types) == 1 else None


def read_espi(stream: IO[bytes], *, name: str, meter_id: str, interval_minutes: int) -> Iterator[SourceBatch]:
    """Yield the readings of a Green Button file as batches of the long layout, in kWh, instants with their offset.

    Args:
        stream: the file.
        name: what errors call it.
        meter_id: the meter it is of; empty = the last word of the usage point's address.
        interval_minutes: length of the company's slots.

    Raises:
        TruncatedFile: no XML, or cut off, or with entities that would make it grow.
        EspiUnfit: readings over another interval, or none of energy.
    """
    feed = _Feed(meter_id)
    rows: list[tuple[str, str, str, str]] = []
    done = 0
    try:
        for _, node in iterparse(stream, events=("end",)):
            if _plain(node.tag) != "entry":
                continue
            feed.learn(node)
            rows += _readings(node, feed, name, interval_minutes)
            node.clear()
            if len(rows) >= _BATCH_ROWS:
                yield _batch(rows, done)
                done, rows = done + len(rows), []
    except (ParseError, DefusedXmlException) as fault:
        raise TruncatedFile(name, cause=str(fault)) from fault
    if not done and not rows:
        raise EspiUnfit(name, cause="no IntervalReading of energy")
    yield _batch(rows, done)


def _readings(entry: Any, feed: _Feed, name: str, interval_minutes: int) -> Iterator[tuple[str, str, str, str]]:
    kind = None
    for node in entry.iter():
        if _plain(node.tag) != "IntervalReading":
            continue
        kind = kind or feed.type_for(entry)
        if kind is None:
            raise EspiUnfit(name, cause="a reading without a ReadingType in Wh")
        seconds = int(_child(node, "duration") or interval_minutes * 60)
        if seconds != interval_minutes * 60:
            raise EspiUnfit(name, cause=f"{seconds} s")
        start = np.datetime64(int(_child(node, "start")), "s")
        value = _child(node, "value")
        yield feed.meter_id, f"{start}+00:00", kind[0], repr(float(value) * kind[1]) if value else ""


def _batch(rows: list[tuple[str, str, str, str]], before: int) -> SourceBatch:
    columns = ["meter_id", "started_at", "channel", "value"]
    table = pa.table({c: pa.array([row[i] or None for row in rows], pa.string()) for i, c in enumerate(columns)})
    return SourceBatch(table, np.arange(before + 1, before + 1 + len(rows), dtype=np.int64), is_typed=False)
