"""``company.toml``: who the company is, and how its clocks and intervals run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.base.sources.mapping import is_time_zone
from lamplighter.business.customers.queries import CompanyUnknown, read_company
from lamplighter.business.customers.records import Company

_INTERVALS = (5, 10, 15, 30, 60)


class CompanyFileFaulty(LamplighterError):
    """``company.toml`` cannot be used; every fault is named."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(text("company.file_faulty", faults="; ".join(faults)))


class CompanyFileMissing(LamplighterError):
    """There is no ``company.toml`` and no company yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(text("company.file_missing", folder=folder))


class CompanyChanged(LamplighterError):
    """A folder of one company is to be put into the lake of another."""

    def __init__(self, *, known: Company, found: Company) -> None:
        self.known, self.found = known, found
        super().__init__(text("company.changed", known=_told(known), found=_told(found)))


class ArchiveRefused(LamplighterError):
    """An archive file could not be read: without it nothing else can be placed."""

    def __init__(self, refusals: Sequence[str]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(text("company.archive_refused", count=len(refusals), sentences=" ".join(refusals)))


class ArchiveMissing(LamplighterError):
    """A folder for an empty lake has no units, areas, customers or meters."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(text("company.archive_missing", missing=", ".join(missing)))


def _told(company: Company) -> str:
    return f"{company.name} ({company.timezone}, {company.interval_minutes} min)"


def settle_company(folder: Path, snapshot: Snapshot) -> tuple[Company, bool]:
    """Return the company a folder is of, and whether the lake does not know it as such yet.

    Raises:
        CompanyFileFaulty, CompanyFileMissing, CompanyChanged: as they say.
    """
    file = folder / "company.toml"
    try:
        known: Company | None = read_company(snapshot)
    except CompanyUnknown:
        known = None
    if not file.exists():
        if known is None:
            raise CompanyFileMissing(folder)
        return known, False
    found = parse_company(file.read_bytes())
    if known is None:
        return found, True
    if (known.name, known.timezone, known.interval_minutes) != (found.name, found.timezone, found.interval_minutes):
        raise CompanyChanged(known=known, found=found)
    return found, found != known


def parse_company(content: bytes) -> Company:
    """Return the company a ``company.toml`` describes.

    Raises:
        CompanyFileFaulty: with every fault.

    Example:
        >>> parse_company(b'name = "Demo"\\ntimezone = "Asia/Shanghai"').interval_minutes
        15
    """
    try:
        found = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise CompanyFileFaulty([str(fault)]) from fault
    faults = [f"{key} is missing" for key in ("name", "timezone") if not isinstance(found.get(key), str)]
    minutes = found.get("interval_minutes", 15)
    if minutes not in _INTERVALS:
        faults.append(f"interval_minutes {minutes!r} is none of {', '.join(map(str, _INTERVALS))}")
    zone = found.get("timezone")
    if isinstance(zone, str) and not is_time_zone(zone):
        faults.append(f"unknown time zone {zone}")
    faults += _price_faults(found.get("price_yuan_per_kwh", {}))
    if faults:
        raise CompanyFileFaulty(faults)
    prices = {name: float(price) for name, price in found.get("price_yuan_per_kwh", {}).items()}
    return Company(found["name"], found["timezone"], int(minutes), prices)


def _price_faults(prices: Any) -> list[str]:
    if not isinstance(prices, dict):
        return ["price_yuan_per_kwh must be a table of class = price"]
    return [
        f"price_yuan_per_kwh.{name} is no price"
        for name, price in prices.items()
        if isinstance(price, bool) or not isinstance(price, int | float) or price < 0
    ]


def company_row(company: Company) -> pa.Table:
    """Return the company as a row of ``core_company``."""
    return pa.table(
        {
            "name": [company.name],
            "timezone": [company.timezone],
            "interval_minutes": pa.array([company.interval_minutes], pa.int32()),
            "price_yuan_per_kwh": [json.dumps(company.price_yuan_per_kwh, ensure_ascii=False, sort_keys=True)],
        }
    )
