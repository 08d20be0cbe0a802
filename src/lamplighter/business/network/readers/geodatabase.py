"""Esri file geodatabase of a Brazilian distribution utility (BDGD), turned into a company folder.

The regulator publishes for each utility its network, its customers with twelve monthly energies, generation connected
to it, and the input of each feeder. It holds no interval data and no meters at the transformers: losses can be told
by feeder and month, not by area.

Source:
    ANEEL, PRODIST module 10, Base de Dados Geográfica da Distribuidora.
"""

from __future__ import annotations

import calendar
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.network.readers.bdgd_lines import read_lines

MONTHS = tuple(range(1, 13))
NEEDED = ("CTMT", "UNTRMT", "UCBT_tab", "UCMT_tab", "UGBT_tab", "UGMT_tab")
VOLTAGE_KV = {"10": 0.22, "15": 0.38, "49": 13.8}
"""Codes of nominal voltage met in practice; others leave the voltage empty."""
CLASSES = {"RE": "residential", "CO": "commercial", "IN": "industrial", "RU": "agricultural"}
"""First two letters of CLAS_SUB; public power, public services, lighting and own use are ``public``."""
DECLARED = {
    "PERD_A4": "medium_voltage_technical_kwh",
    "PERD_B": "low_voltage_technical_kwh",
    "PERD_A4_B": "transformer_technical_kwh",
    "PERD_MED": "meter_technical_kwh",
}
"""Technical losses of a feeder by the regulator's own calculation, over the year."""


class GeodatabaseUnreadable(LamplighterError):
    """A file is no geodatabase of this profile: layers are missing, or it cannot be opened at all."""

    def __init__(self, path: Path, *, missing: Iterable[str], because: str = "") -> None:
        self.path, self.missing = path, tuple(missing)
        super().__init__(
            text("line_loss.error.geodatabase_unreadable", path=path, missing=", ".join(self.missing) or because)
        )


@dataclass(frozen=True, slots=True)
class DeclaredLoss:
    """What the regulator's file itself says of a feeder's year, kWh."""

    feeder_id: str
    input_kwh: float
    technical_kwh: Mapping[str, float]
    non_technical_kwh: float

    @property
    def total_kwh(self) -> float:
        """Technical and non-technical, over the year."""
        return sum(self.technical_kwh.values()) + self.non_technical_kwh


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written.

    Attributes:
        folder: the company folder.
        rows: rows by file of the folder.
        unoriented_lines: pieces of line that no path leads to from their source, left out.
        renamed_accounts: customers whose number stood twice in the file and got a suffix.
        declared: the regulator's own losses, by feeder.
        year: year of the energies.
    """

    folder: Path
    rows: Mapping[str, int]
    unoriented_lines: int
    renamed_accounts: int
    declared: tuple[DeclaredLoss, ...]
    year: int


def convert_bdgd(*, archive: Path, folder: Path, with_solar: bool = True) -> Conversion:
    """Write a geodatabase as a company folder.

    Args:
        archive: ``.gdb`` folder, or a zip with one in it; read inside the zip, nothing is unpacked.
        folder: made when absent; files of an earlier conversion are replaced.
        with_solar: false leaves the generation's meters and energies out, to see what their absence does. Customers
            keep their mark ``has_generation``: the archive knows them either way.

    Returns:
        What was written.

    Raises:
        GeodatabaseUnreadable: no geodatabase, or one without the layers of the profile.
    """
    source = _Source(archive)
    folder.mkdir(parents=True, exist_ok=True)
    feeders, transformers = source.rows("CTMT"), source.rows("UNTRMT", geometry=True)
    bases = source.rows("BASE") if "BASE" in source.layers else []
    year = max((_date(base["DAT_FNL"]) or date(1970, 1, 1)).year for base in bases) if bases else 1970
    plants = [*source.rows("UGBT_tab"), *source.rows("UGMT_tab")]
    generating = {str(row["CEG_GD"]): _number(row["POT_INST"]) for row in plants if _word(row["CEG_GD"])}
    accounts = _accounts(source, generating)
    lines, unoriented = read_lines(
        layers=source.layers, rows_of=source.rows, feeders=feeders, transformers=transformers
    )
    meters, monthly = _meters(accounts.rows, feeders, plants if with_solar else [], year)
    tables = {
        "units": _units(source, feeders),
        "feeders": [_feeder(row) for row in feeders],
        "areas": [_area(row) for row in transformers],
        "lines": lines,
        "customers": [row.customer for row in accounts.rows],
        "meters": meters,
        "monthly": monthly,
    }
    name = str(bases[0]["DIST"]) if bases else archive.stem
    (folder / "company.toml").write_text(
        f'name = {json.dumps(f"BDGD {name}")}\ntimezone = "America/Sao_Paulo"\ninterval_minutes = 15\n',
        encoding="utf-8",
    )
    for stem, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{stem}.parquet")
    return Conversion(
        folder=folder,
        rows={stem: len(rows) for stem, rows in tables.items()},
        unoriented_lines=unoriented,
        renamed_accounts=accounts.renamed,
        declared=tuple(_declared(row) for row in feeders),
        year=year,
    )


class _Source:
    """The layers of a geodatabase, read inside its zip."""

    def __init__(self, archive: Path) -> None:
        self.path = f"/vsizip/{archive.resolve()}" if archive.suffix == ".zip" else str(archive)
        try:
            self.layers = {str(name) for name, _ in pyogrio.list_layers(self.path)}
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise GeodatabaseUnreadable(archive, missing=(), because=str(error)) from error
        missing = [layer for layer in NEEDED if layer not in self.layers]
        if missing:
            raise GeodatabaseUnreadable(archive, missing=missing)

    def rows(self, layer: str, *, geometry: bool = False) -> list[dict[str, Any]]:
        """Return a layer as records; points gain ``longitude`` and ``latitude``."""
        meta, table = pyogrio.read_arrow(self.path, layer=layer, read_geometry=geometry)
        if geometry:
            column = meta["geometry_name"] or "wkb_geometry"
            # A WKB point ends with its two little-endian coordinates.
            points = [np.frombuffer(value[5:21], "<f8") for value in table.column(column).to_pylist()]
            table = table.drop_columns([column])
            for place, axis in enumerate(("longitude", "latitude")):
                table = table.append_column(axis, pa.array([float(point[place]) for point in points]))
        found: list[dict[str, Any]] = table.to_pylist()
        return found


@dataclass(frozen=True, slots=True)
class _Account:
    """A customer as the folder writes it, where it hangs, and its twelve energies."""

    customer: dict[str, Any]
    area_id: str | None
    feeder_id: str | None
    phase: str | None
    wiring: str | None
    node_id: str | None
    energies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Accounts:
    rows: list[_Account]
    renamed: int


def _accounts(source: _Source, generating: Mapping[str, float | None]) -> _Accounts:
    seen: Counter[str] = Counter()
    marked: set[str] = set()
    found: list[_Account] = []
    layers = [("UCBT_tab", "B"), ("UCMT_tab", "M")] + ([("PIP", "L")] if "PIP" in source.layers else [])
    for layer, letter in layers:
        for row in source.rows(layer):
            number = f"{letter}-{str(row['COD_ID'])[:16]}"
            seen[number] += 1
            account = number if seen[number] == 1 else f"{number}-{seen[number]}"
            kind = str(row["CLAS_SUB"])[:2]
            is_medium = letter == "M"
            plant = _word(row.get("CEG_GD"))
            # A customer that stands twice in the file has its plant once.
            generates = plant is not None and plant in generating and plant not in marked
            marked |= {plant} if generates and plant else set()
            customer = {
                "account_id": account,
                "class": "public" if letter == "L" else CLASSES.get(kind, "public"),
                "contract_kw": _number(row.get("DEM_CONT") if is_medium else row["CAR_INST"]),
                "voltage_kv": VOLTAGE_KV.get(str(row["TEN_FORN"])),
                "price_class": _word(row["GRU_TAR"]),
                "opened_on": _date(row["DAT_CON"]),
                "has_generation": generates,
                "generation_id": plant if generates else None,
                "generation_kw": generating.get(plant) if generates and plant else None,
            }
            phases = _word(row["FAS_CON"]) or ""
            found.append(
                _Account(
                    customer=customer,
                    area_id=None if is_medium else str(row["UNI_TR_MT"]),
                    feeder_id=str(row["CTMT"]) if is_medium else None,
                    phase=_phase(phases),
                    wiring="3P3W" if is_medium else "3P4W" if _phase(phases) == "ABC" else "1P",
                    node_id=_word(row["PAC"]),
                    energies=_energies(row),
                )
            )
    return _Accounts(found, sum(count - 1 for count in seen.values()))


def _meters(
    accounts: list[_Account], feeders: list[dict[str, Any]], plants: list[dict[str, Any]], year: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    meters: list[dict[str, Any]] = []
    monthly: list[dict[str, Any]] = []

    def add(meter: dict[str, Any], channel: str, energies: tuple[float, ...]) -> None:
        meters.append(meter)
        for month, energy in zip(MONTHS, energies, strict=True):
            monthly.append(
                {"meter_id": meter["meter_id"], "month": date(year, month, 1), "channel": channel, "value": energy}
            )

    for row in feeders:
        feeder = str(row["COD_ID"])
        add(_meter(f"F-{feeder}", None, None, feeder, "feeder", "ABC", "3P3W", None), "energy_kwh", _energies(row))
    by_generation: dict[str, str] = {}
    for account in accounts:
        number = str(account.customer["account_id"])
        if account.customer["has_generation"]:
            by_generation[str(account.customer["generation_id"])] = number
        meter = _meter(
            number,
            number,
            account.area_id,
            account.feeder_id,
            "customer",
            account.phase,
            account.wiring,
            account.node_id,
        )
        add(meter, "energy_kwh", account.energies)
    for number_of_plant, row in enumerate(plants):
        area = _word(row.get("UNI_TR_MT"))
        phase = _phase(_word(row["FAS_CON"]) or "")
        meter = _meter(
            f"G-{number_of_plant:05d}-{_word(row['CEG_GD']) or ''}",
            by_generation.get(str(row["CEG_GD"])),
            area,
            None if area else str(row["CTMT"]),
            "solar",
            phase,
            "3P4W" if phase == "ABC" else "1P",
            _word(row["PAC"]),
        )
        add(meter, "reverse_kwh", _energies(row))
    return meters, monthly


def _meter(
    meter_id: str,
    account_id: str | None,
    area_id: str | None,
    feeder_id: str | None,
    role: str,
    phase: str | None,
    wiring: str | None,
    node_id: str | None,
) -> dict[str, Any]:
    return {
        "meter_id": meter_id,
        "account_id": account_id,
        "area_id": area_id,
        "feeder_id": feeder_id,
        "role": role,
        "phase": phase,
        "wiring": wiring,
        "node_id": node_id,
        "multiplier": 1.0,
    }


def _units(source: _Source, feeders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    company = str(feeders[0]["DIST"])
    names = {str(row["COD_ID"]): str(row["NOME"]) for row in source.rows("SUB")} if "SUB" in source.layers else {}
    rows: list[dict[str, Any]] = [{"unit_id": company, "parent_id": None, "level": "province", "name": company}]
    for station in sorted({str(row["SUB"]) for row in feeders}):
        name = names.get(station, station)
        rows.append({"unit_id": station, "parent_id": company, "level": "station", "name": name})
    return rows


def _feeder(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "feeder_id": str(row["COD_ID"]),
        "name": _word(row["NOME"]),
        "station_id": str(row["SUB"]),
        "substation_id": str(row["SUB"]),
        "voltage_kv": VOLTAGE_KV.get(str(row["TEN_NOM"])),
        "supply_meter_id": f"F-{row['COD_ID']}",
    }


def _area(row: dict[str, Any]) -> dict[str, Any]:
    no_load_w, total_w = float(row["PER_FER"]), float(row["PER_TOT"])
    return {
        "area_id": str(row["COD_ID"]),
        "feeder_id": str(row["CTMT"]),
        "station_id": str(row["SUB"]),
        "kind": "dedicated" if row["POS"] == "CS" else "public",
        "rated_kva": float(row["POT_NOM"]),
        "no_load_loss_kw": no_load_w / 1000,
        "load_loss_kw": (total_w - no_load_w) / 1000,
        "longitude": row["longitude"],
        "latitude": row["latitude"],
    }


def _declared(row: dict[str, Any]) -> DeclaredLoss:
    other = sum(float(row[f"PNT{level}_{month:02d}"] or 0) for level in ("MT", "BT") for month in MONTHS)
    return DeclaredLoss(
        feeder_id=str(row["COD_ID"]),
        input_kwh=float(sum(_energies(row))),
        technical_kwh={name: float(row[column] or 0) for column, name in DECLARED.items()},
        non_technical_kwh=other,
    )


def _energies(row: dict[str, Any]) -> tuple[float, ...]:
    return tuple(float(row[f"ENE_{month:02d}"] or 0.0) for month in MONTHS)


def _phase(phases: str) -> str | None:
    letters = [letter for letter in "ABC" if letter in phases]
    return letters[0] if len(letters) == 1 else "ABC" if len(letters) == 3 else None


def _word(value: object) -> str | None:
    stripped = "" if value is None else str(value).strip()
    return stripped or None


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _date(value: object) -> date | None:
    """Return the day of a ``31/12/2024``; the files have days that do not exist, and these stay empty."""
    if isinstance(value, datetime):
        return value.date()
    parts = str(value or "").split("/")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    day, month, year = (int(part) for part in parts)
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)
