"""``lamplighter network``: the organisation, feeders and areas."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.network.queries import read_areas, read_lines, read_units
from lamplighter.business.network.readers.geodatabase import convert_bdgd
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

app = App("network")

Limit = Annotated[int, typer.Option(min=1, help=text("network.cli.limit_option"))]


class AreaUnknown(LamplighterError):
    """Somebody asks for an area the archive does not have."""

    def __init__(self, area_id: str) -> None:
        self.area_id = area_id
        super().__init__(text("network.cli.area_unknown", area_id=area_id))


@app.command("units", help=text("network.cli.units_help"))
def units(as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_units(state).drop_columns(["known_at"])
    if as_json:
        write_json(found.to_pylist())
        return
    _print(found, {"unit_id": "unit", "name": "name", "level": "level", "parent_id": "parent"})


@app.command("areas", help=text("network.cli.areas_help"))
def areas(
    unit: Annotated[str, typer.Option(help=text("network.cli.unit_option"))] = "",
    feeder: Annotated[str, typer.Option(help=text("network.cli.feeder_option"))] = "",
    limit: Limit = 40,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_areas(state, unit_id=unit, feeder_id=feeder)
        counted = Counter(read_meters(state).column("area_id").to_pylist())
    meters = pa.array([counted[area] for area in found.column("area_id").to_pylist()], pa.int64())
    found = found.drop_columns(["known_at"]).append_column("meter_count", meters)
    if as_json:
        write_json(found.to_pylist())
        return
    shown = ("area", "name", "feeder", "station", "kva", "meters")
    names = ("area_id", "name", "feeder_id", "station_id", "rated_kva", "meter_count")
    _print(found.slice(0, limit), dict(zip(names, shown, strict=True)))


@app.command("area", help=text("network.cli.area_help"))
def area(
    area_id: Annotated[str, typer.Argument(help=text("network.cli.area_argument"))], as_json: AsJson = False
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        rows = [row for row in read_areas(state).to_pylist() if row["area_id"] == area_id]
        if not rows:
            raise AreaUnknown(area_id)
        own = read_meters(state, area_id=area_id).select(["meter_id", "role", "phase", "multiplier", "node_id"])
        lines = read_lines(state, area_id=area_id).drop_columns(["known_at", "attributes"])
    write = {**rows[0], "known_at": None, "meters": own.to_pylist(), "lines": lines.to_pylist()}
    if as_json:
        write_json(write)
        return
    for name, value in rows[0].items():
        if value is not None and name != "known_at":
            typer.echo(f"{name:18} {value}")
    roles = Counter(own.column("role").to_pylist())
    typer.echo(f"{text('network.cli.column_meters'):18} " + ", ".join(f"{n} {role}" for role, n in roles.items()))


def _print(rows: pa.Table, columns: dict[str, str]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns.values():
        table.add_column(text(f"network.cli.column_{column}"))
    for row in rows.select(list(columns)).to_pylist():
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    Console(highlight=False).print(table)


@app.command("convert_bdgd", help=text("line_loss.cli.convert_help"))
def convert(
    archive: Annotated[Path, typer.Argument(exists=True, help=text("line_loss.cli.archive_help"))],
    folder: Annotated[Path, typer.Argument(help=text("line_loss.cli.folder_help"))],
    without_solar: Annotated[
        bool, typer.Option("--without-solar", help=text("line_loss.cli.without_solar_help"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    found = convert_bdgd(archive=archive, folder=folder, with_solar=not without_solar)
    if as_json:
        write_json(found)
        return
    for stem, rows in found.rows.items():
        typer.echo(text("line_loss.cli.converted_file", file=f"{stem}.parquet", rows=rows))
    typer.echo(text("line_loss.cli.converted", lines=found.unoriented_lines, accounts=found.renamed_accounts))
    typer.echo(text("line_loss.cli.import_next", folder=folder))
