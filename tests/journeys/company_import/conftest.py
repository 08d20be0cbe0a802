"""A small company drawn in words: one station, two areas, three meters, hourly readings."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from lamplighter.base.governance import Contract
from lamplighter.base.lake import Lake
from lamplighter.business.metering.operations import IntakeSettings
from lamplighter.business.metering.queries import read_curve, read_quarantine
from lamplighter.journeys.company_import import ImportReport, import_company

NOW = dt.datetime(2025, 3, 1, 12)
DAY = dt.date(2025, 1, 2)


class Company:
    """A company folder and the lake it goes into."""

    def __init__(self, place: Path, *, zone: str = "Asia/Shanghai", minutes: int = 60) -> None:
        self.folder, self.lake = place / "company", Lake.open(place / "lake")
        self.write("company.toml", f'name = "Demo"\ntimezone = "{zone}"\ninterval_minutes = {minutes}\n')
        self.write("units.csv", "unit_id,parent_id,level,name\nP,,province,P\nS,P,station,S\n")
        self.write("feeders.csv", "feeder_id,station_id\nF,S\n")
        self.write("areas.csv", "area_id,station_id,feeder_id\nA1,S,F\nA2,S,F\n")
        self.write("customers.csv", "account_id,class,name\nC1,residential,王小明\nC2,residential,李雷\n")
        self.write(
            "meters.csv",
            "meter_id,account_id,area_id,role,rated_voltage_v,max_current_a,wiring\n"
            "M1,C1,A1,customer,220,60,1P\nM2,C2,A2,customer,220,60,1P\nT1,,A1,supply,220,600,3P4W\n",
        )

    def write(self, name: str, content: str | bytes, *, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        words = content if isinstance(content, bytes) else content.encode(encoding)
        path.write_bytes(gzip.compress(words) if name.endswith(".gz") else words)
        return path

    def take(
        self, *, now: dt.datetime = NOW, settings: IntakeSettings | None = None, mapping: Path | None = None
    ) -> ImportReport:
        return import_company(folder=self.folder, lake=self.lake, now=now, settings=settings, mapping=mapping)

    def rows(self, contract: Contract) -> list[dict[str, object]]:
        with self.lake.snapshot() as state:
            found: list[dict[str, object]] = state.read(contract).to_pylist()
        return found

    def curve(
        self,
        meter: str = "M1",
        *,
        on: dt.date = DAY,
        channel: str = "energy_kwh",
        as_known_at: dt.datetime | None = None,
    ) -> list[float | None]:
        """One day of a meter, None where missing; empty when there is no row."""
        with self.lake.snapshot() as state:
            found = read_curve(
                state,
                meter_id=meter,
                first_on=on,
                end_on=on + dt.timedelta(days=1),
                channel=channel,
                as_known_at=as_known_at,
            )
        return [None if value != value else round(float(value), 4) for value in found.values[0]]

    def aside(self, *, is_released: bool | None = False) -> list[tuple[str, int, str, int]]:
        """What is in quarantine: path, row, reason, readings."""
        with self.lake.snapshot() as state:
            found = read_quarantine(state, is_released=is_released).to_pylist()
        return [(row["path"], row["row_number"], row["reason"], row["reading_count"]) for row in found]

    @property
    def generation(self) -> int:
        with self.lake.snapshot() as state:
            return state.generation


def wide(*rows: tuple[str, str, Sequence[object]], channel: str = "energy_kwh", slots: int = 24, more: str = "") -> str:
    """A wide file: rows of meter, day and the first values of the day; the rest is empty."""
    lines = [f"meter_id,on_date,channel,{','.join(f'v{i:02d}' for i in range(slots))}" + (f",{more}" if more else "")]
    for meter, day, values in rows:
        cells = [str(value) for value in values]
        own = cells[:slots] + [""] * (slots - len(cells))
        lines.append(",".join([meter, day, channel, *own, *cells[slots:]]))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def archives(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("archives")
    Company(place).take(now=dt.datetime(2024, 12, 1))
    return place


@pytest.fixture
def company(archives: Path, tmp_path: Path) -> Company:
    """A company whose archives are in the lake since 1 December 2024."""
    for name in ("company", "lake"):
        shutil.copytree(archives / name, tmp_path / name)
    return Company(tmp_path)


@pytest.fixture
def new_company(tmp_path: Path) -> Company:
    """A company nothing of which was taken in."""
    return Company(tmp_path)


@pytest.fixture
def make_company(tmp_path: Path):
    return lambda **settings: Company(tmp_path, **settings)


@pytest.fixture
def draw():
    return wide
