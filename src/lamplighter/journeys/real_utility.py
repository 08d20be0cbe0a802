"""A real utility from its regulator's file to the losses of its lines: convert, import by the ordinary door, roll up,
compare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from lamplighter.base.engine import Engine, LocalEngine
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.settings import Home
from lamplighter.business.line_loss.operations import roll_up_losses
from lamplighter.business.line_loss.queries import read_company_network, read_feeder_losses
from lamplighter.business.line_loss.rules import load_thresholds
from lamplighter.business.network.readers.geodatabase import Conversion, convert_bdgd
from lamplighter.journeys.company_import import ImportReport, import_company

NETWORK_KINDS = ("medium_voltage_technical_kwh", "transformer_technical_kwh")


@dataclass(frozen=True, slots=True)
class LineYear:
    """The year of one line beside what the regulator's file declares; kWh.

    Attributes:
        feeder_id: the line.
        supplied_kwh: input and measured generation.
        sold_kwh: customers of both voltages, street lighting included.
        loss_kwh: supplied - sold.
        technical_kwh: loss of the 10 kV conductors and of the transformers, from the network; NaN where a month has
            none.
        loss_rate: loss / supplied; a finding only where ``is_finding``.
        months: computable months, and how many there are.
        is_finding: every month could be computed.
        reasons: codes of why not, joined by ``;``.
        boundary: customers: no transformer is metered, so the line is followed down to them.
        unmeasured_plants: generators the archive knows without measured export.
        unmeasured_kw: their installed power; NaN where unknown.
        declared_input_kwh: input by the regulator's file.
        declared_technical_kwh: technical loss by the regulator's own calculation, by kind.
        declared_non_technical_kwh: its non-technical loss.
    """

    feeder_id: str
    supplied_kwh: float
    sold_kwh: float
    loss_kwh: float
    technical_kwh: float
    loss_rate: float
    months: tuple[int, int]
    is_finding: bool
    reasons: str | None
    boundary: str
    unmeasured_plants: int
    unmeasured_kw: float
    declared_input_kwh: float
    declared_technical_kwh: Mapping[str, float]
    declared_non_technical_kwh: float

    @property
    def declared_network_kwh(self) -> float:
        """Declared technical loss of the medium-voltage lines and of the transformers: what ``technical_kwh`` stands
        beside.
        """
        return sum(self.declared_technical_kwh[kind] for kind in NETWORK_KINDS)

    @property
    def declared_loss_kwh(self) -> float:
        """Technical and non-technical loss as declared."""
        return sum(self.declared_technical_kwh.values()) + self.declared_non_technical_kwh


@dataclass(frozen=True, slots=True)
class RealUtility:
    """What came of the file.

    Attributes:
        conversion: the company folder that was written.
        imported: counts of the import.
        lines: the year of each line.
        with_solar: whether generation was imported.
    """

    conversion: Conversion
    imported: ImportReport
    lines: tuple[LineYear, ...]
    with_solar: bool


def run_real_utility(
    *,
    data: Path,
    home: Home,
    now: dt.datetime,
    with_solar: bool = True,
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> RealUtility:
    """Take a regulator's geodatabase to the losses of its lines, by the doors any company's data take.

    Args:
        data: the geodatabase, or a zip with one.
        home: an own home: the folder is written and imported there.
        now: instant of the run, UTC-naive.
        with_solar: false leaves the generation out; the run then says that it is missing instead of calling the rate
            a finding.
        engine: runs the relations; this machine when None.
        progress: told about the import.

    Raises:
        GeodatabaseUnreadable: no geodatabase of this profile.
    """
    conversion = convert_bdgd(archive=data, folder=home.path / "utility", with_solar=with_solar)
    lake = Lake.open(home.lake)
    imported = import_company(folder=conversion.folder, lake=lake, now=now, progress=progress)
    own = home.settings / "line_loss.toml"
    thresholds = load_thresholds(on=dt.date(conversion.year, 12, 31), file=own if own.exists() else None)
    with lake.transaction() as change:
        roll_up_losses(
            lake=lake,
            change=change,
            engine=engine or LocalEngine(processes=1),
            thresholds=thresholds,
            days=[],
            now=now,
        )
    with lake.snapshot() as state:
        lines = _lines_of_year(state, conversion)
    return RealUtility(conversion=conversion, imported=imported, lines=lines, with_solar=with_solar)


def _lines_of_year(state: Snapshot, conversion: Conversion) -> tuple[LineYear, ...]:
    rows = read_feeder_losses(state)
    rows = rows.filter(pc.equal(pc.year(rows.column("on_date")), conversion.year))
    gaps = read_company_network(state).solar_gaps
    found = []
    for declared in conversion.declared:
        own = rows.filter(pc.equal(rows.column("feeder_id"), declared.feeder_id)).to_pylist()
        supplied = sum(row["supplied_kwh"] or 0.0 for row in own)
        loss = sum(row["loss_kwh"] or 0.0 for row in own)
        computable = sum(row["is_computable"] for row in own)
        gap = gaps.get(declared.feeder_id)
        reasons = sorted({code for row in own for code in (row["not_computable_reason"] or "").split(";") if code})
        found.append(
            LineYear(
                feeder_id=declared.feeder_id,
                supplied_kwh=supplied,
                sold_kwh=supplied - loss,
                loss_kwh=loss,
                technical_kwh=sum(
                    float("nan") if row["technical_kwh"] is None else row["technical_kwh"] for row in own
                ),
                loss_rate=loss / supplied if supplied else float("nan"),
                months=(computable, len(own)),
                is_finding=bool(own) and computable == len(own),
                reasons=";".join(reasons) or None,
                boundary=own[0]["boundary"] if own else "customers",
                unmeasured_plants=gap.missing if gap else 0,
                unmeasured_kw=gap.installed_kw if gap else float("nan"),
                declared_input_kwh=declared.input_kwh,
                declared_technical_kwh=declared.technical_kwh,
                declared_non_technical_kwh=declared.non_technical_kwh,
            )
        )
    return tuple(found)
