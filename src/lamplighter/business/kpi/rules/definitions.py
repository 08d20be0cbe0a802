"""The figures as they are defined on a day: the package's, with the company's own targets."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.kpi.records import Better, Definition, Kind

FILE: Final = "kpi.toml"
"""Name of a company's own file in the settings of its home."""
_KNOWN: Final = frozenset({"target", "by_person"})


class KpiSettingsInvalid(LamplighterError):
    """The company's file of its figures cannot be used."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("kpi.error.settings_invalid", file=file, fault=fault))


@dataclass(frozen=True, slots=True)
class KpiSettings:
    """How a company counts.

    Attributes:
        definitions: by code.
        person_basis: why figures by person are lawful here (agreement, regulation); empty = they are not made at all.
    """

    definitions: Mapping[str, Definition]
    person_basis: str


def read_kpi_settings(*, on: dt.date, folder: Path | None = None) -> KpiSettings:
    """Return the figures that hold on a day, and whether they may be made by person.

    Args:
        on: the day.
        folder: the company's settings; ``kpi.toml`` in it may give ``[target]`` by code, and ``[by_person]`` with
            ``basis``, the legal ground in words.

    Raises:
        KpiSettingsInvalid: an unknown section or code, a target that is no number, or a basis without words.

    Example:
        >>> read_kpi_settings(on=dt.date(2026, 1, 1)).definitions["K-4"].parameters["days"]
        7
    """
    definitions = {each.code: each for each in _packaged() if each.valid_from <= on}
    file = folder / FILE if folder is not None else None
    if file is None or not file.exists():
        return KpiSettings(MappingProxyType(definitions), "")
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as unreadable:
        raise KpiSettingsInvalid(file, str(unreadable)) from unreadable
    if strange := sorted(set(own) - _KNOWN):
        raise KpiSettingsInvalid(file, strange[0])
    for code, target in own.get("target", {}).items():
        if code not in definitions or isinstance(target, bool) or not isinstance(target, int | float):
            raise KpiSettingsInvalid(file, f"target {code}")
        definitions[code] = replace(definitions[code], target=float(target), target_evidence="company")
    basis = own.get("by_person", {}).get("basis", "")
    if "by_person" in own and not (isinstance(basis, str) and basis.strip()):
        raise KpiSettingsInvalid(file, "by_person.basis")
    return KpiSettings(MappingProxyType(definitions), basis.strip())


@cache
def _packaged() -> tuple[Definition, ...]:
    content = resources.files("lamplighter.business.kpi").joinpath("definitions.toml").read_text(encoding="utf-8")
    rows = sorted(tomllib.loads(content)["figure"], key=lambda row: row["valid_from"])
    return tuple(_definition(row) for row in rows)


def _definition(row: Mapping[str, Any]) -> Definition:
    return Definition(
        code=row["code"],
        kind=Kind(row["kind"]),
        better=Better(row["better"]),
        target=row.get("target"),
        target_evidence=row.get("target_evidence", ""),
        owner=row["owner"],
        origin=row["origin"],
        source=row["source"],
        evidence=row["evidence"],
        parameters=MappingProxyType(dict(row.get("parameters", {}))),
        guards=tuple(row.get("guards", ())),
        no_data=row.get("no_data", ""),
        freshness_hours=row.get("freshness_hours", 24),
        valid_from=row["valid_from"],
    )
