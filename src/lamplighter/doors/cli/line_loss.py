"""``lamplighter line_loss``: losses of areas, lines and units, and one area's day taken apart."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from lamplighter.base.documents import write_table
from lamplighter.base.engine import LocalEngine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.line_loss.explanations import explanation_tables
from lamplighter.business.line_loss.operations import roll_up_losses
from lamplighter.business.line_loss.queries import (
    EXPORTED,
    AreaUnexplained,
    FeederUnexplained,
    explain_area_day,
    newest_worked_day,
    read_area_losses,
    read_area_months,
    read_explanations,
    read_feeder_explanations,
    read_feeder_losses,
    read_unit_losses,
)
from lamplighter.business.line_loss.rules import load_thresholds, read_thresholds
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.line_loss_words import (
    open_console,
    say_area_day,
    say_explained,
    say_explained_lines,
    say_kwh,
)
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.journeys.real_utility import RealUtility

app = App("line_loss")

SHOWN = 30
"""Rows a person reads at a glance; the rest is for files."""
_DAY = ["%Y-%m-%d"]


class Division(StrEnum):
    """What losses are listed by."""

    AREA = "area"
    FEEDER = "feeder"
    UNIT = "unit"


class NothingWorked(LamplighterError):
    """No night has found any loss yet."""

    def __init__(self) -> None:
        super().__init__(text("line_loss.error.nothing_worked"))


@app.command("show", help=text("line_loss.cli.show_help"))
def show(
    area: Annotated[str | None, typer.Option(help=text("line_loss.cli.area_help"))] = None,
    on: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help=text("line_loss.cli.on_help"))] = None,
    month: Annotated[str | None, typer.Option(help=text("line_loss.cli.month_help"))] = None,
    by: Annotated[Division, typer.Option(help=text("line_loss.cli.division_help"))] = Division.AREA,
    out: Annotated[Path | None, typer.Option(help=text("line_loss.cli.out_help"))] = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        day = None if month else (on.date() if on else newest_worked_day(state))
        if day is None and month is None:
            raise NothingWorked
        rows = _read(state, by, day=day, month=month, area=area)
    if out is not None:
        count = write_table(rows, out)
        if as_json:
            write_json({"file": out, "rows": count})
        else:
            typer.echo(text("line_loss.cli.written", path=out, rows=count))
    elif as_json:
        write_json(rows)
    else:
        _say_rows(rows, period=month or str(day))


@app.command("explain", help=text("line_loss.cli.explain_help"))
def explain(
    area: Annotated[str | None, typer.Argument(help=text("line_loss.cli.explain_what_help"))] = None,
    day: Annotated[dt.datetime | None, typer.Argument(formats=_DAY, help=text("line_loss.cli.day_help"))] = None,
    out: Annotated[Path | None, typer.Option(help=text("line_loss.cli.explain_out_help"))] = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        if area is not None and day is not None:
            say_area_day(explain_area_day(state, area_id=area, on=day.date()), as_json=as_json)
            return
        found = read_explanations(state, area_id=area)
    if found.as_of_on is None or not found.areas:
        raise AreaUnexplained(area or "") if area is not None else NothingWorked
    if out is not None:
        tables = explanation_tables(found.areas, as_of=found.as_of_on, policy_version="")
        count = write_table(tables["out_area_explanation"].drop_columns(["policy_version"]), out)
        typer.echo(text("line_loss.cli.written", path=out, rows=count))
    elif as_json:
        write_json({"as_of_on": found.as_of_on, "areas": found.areas})
    else:
        say_explained(found, one=area is not None)


@app.command("explain_lines", help=text("line_loss.cli.explain_lines_help"))
def explain_lines(
    feeder: Annotated[str | None, typer.Argument(help=text("line_loss.cli.explain_line_help"))] = None,
    out: Annotated[Path | None, typer.Option(help=text("line_loss.cli.explain_out_help"))] = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        shares, targets = read_feeder_explanations(state)
    if feeder is not None:
        shares, targets = (table.filter(pc.equal(table["feeder_id"], feeder)) for table in (shares, targets))
    if not targets.num_rows:
        raise FeederUnexplained(feeder) if feeder is not None else NothingWorked
    if out is not None:
        count = write_table(shares, out)
        typer.echo(text("line_loss.cli.written", path=out, rows=count))
    elif as_json:
        write_json({"targets": targets.to_pylist(), "shares": shares.to_pylist()})
    else:
        say_explained_lines(shares, targets)


@app.command("roll_up", help=text("line_loss.cli.roll_up_help"))
def roll_up(as_json: AsJson = False) -> None:
    settings = read_settings()
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    own = settings.home.settings / "line_loss.toml"
    lake = Lake.open(settings.home.lake)
    with lake.transaction() as change:
        written = roll_up_losses(
            lake=lake,
            change=change,
            engine=LocalEngine(processes=1),
            thresholds=load_thresholds(on=now.date(), file=own if own.exists() else None),
            days=[],
            now=now,
        )
    if as_json:
        write_json(written)
    else:
        typer.echo(text("line_loss.cli.rolled_up", months=written.months, lines=written.feeder_rows))


@app.command("rules", help=text("line_loss.cli.rules_help"))
def rules(as_json: AsJson = False) -> None:
    own = read_settings().home.settings / "line_loss.toml"
    version, entries = read_thresholds(file=own if own.exists() else None)
    if as_json:
        write_json({"version": version, "thresholds": entries})
        return
    table = Table(title=version)
    for column in ("rule_id", "name", "value", "evidence", "unit"):
        justify: Literal["left", "right"] = "right" if column == "value" else "left"
        table.add_column(text(f"line_loss.column.{column}"), justify=justify, no_wrap=column != "unit")
    for entry in entries:
        confirm = f"{entry.evidence} · {text('line_loss.cli.confirm')}" if entry.needs_confirmation else entry.evidence
        table.add_row(entry.rule_id, entry.name, f"{entry.value:g}", confirm, entry.unit)
    open_console().print(table)


def _read(state: Snapshot, by: Division, *, day: dt.date | None, month: str | None, area: str | None) -> pa.Table:
    """Return the rows asked for; areas with exactly the columns other systems read, the month's first day as their
    day.
    """
    if by is Division.FEEDER:
        return read_feeder_losses(state, on=day, month=month).drop_columns(["known_at"])
    if by is Division.UNIT:
        return read_unit_losses(state, on=day, month=month).drop_columns(["known_at"])
    if day is not None:
        return read_area_losses(state, on=day, area_id=area).select(list(EXPORTED))
    assert month is not None
    rows = read_area_months(state, month=month, area_id=area)
    return rows.rename_columns(["on_date" if name == "month" else name for name in rows.column_names]).select(
        list(EXPORTED)
    )


def _say_rows(rows: pa.Table, *, period: str) -> None:
    columns = [name for name in _COLUMNS if name in rows.column_names]
    table = Table(
        title=text("line_loss.cli.title", period=period, count=rows.num_rows), box=SIMPLE_HEAD, pad_edge=False
    )
    for name in columns:
        is_word = name in _WORDS
        table.add_column(text(f"line_loss.column.{name}"), justify="left" if is_word else "right", no_wrap=True)
    for row in rows.slice(0, SHOWN).to_pylist():
        table.add_row(*(_cell(name, row) for name in columns))
    console = open_console()
    console.print(table)
    if rows.num_rows > SHOWN:
        console.print(text("line_loss.cli.more_rows", count=rows.num_rows - SHOWN))
    if "not_computable_reason" in rows.column_names:
        joined = {reason for reason in rows.column("not_computable_reason").to_pylist() if reason}
        for code in sorted({code for reasons in joined for code in reasons.split(";")}):
            console.print(text("line_loss.cli.reason_line", reason=text(f"line_loss.reason.{code}")), markup=False)
            console.print(text("line_loss.cli.next_line", action=text(f"line_loss.next.{code}")), markup=False)


_WORDS = ("area_id", "feeder_id", "unit_id", "level", "loss_class")
# The day stands in the title, and both ends of the interval in one column: a terminal is narrow.
_COLUMNS = (
    "area_id", "feeder_id", "unit_id", "level", "loss_class", "loss_rate", "supplied_kwh", "loss_kwh",
    "unexplained_kwh", "unexplained_low_kwh", "coverage",
)  # fmt: skip


def _cell(name: str, row: dict[str, Any]) -> str:
    value = row[name]
    if value is None:
        return text("line_loss.cli.unknown")
    if name == "loss_class":
        return text(f"line_loss.class.{value}")
    if name in ("loss_rate", "coverage"):
        return f"{value:.2%}" if name == "loss_rate" else f"{value:.0%}"
    if name == "unexplained_low_kwh":
        return f"{say_kwh(value)} … {say_kwh(row['unexplained_high_kwh'])}"
    return say_kwh(value) if isinstance(value, float) else str(value)


def show_utility(found: RealUtility, *, as_json: bool) -> None:
    """Say what a real utility's lines lose, beside what its regulator's file declares."""
    if as_json:
        write_json(found)
        return
    console = open_console()
    table = Table(title=text("line_loss.utility.title", year=found.conversion.year))
    for name in ("feeder", "supplied", "sold", "loss", "declared", "technical", "declared_technical", "rate", "months"):
        table.add_column(text(f"line_loss.utility.{name}"), justify="left" if name == "feeder" else "right")
    for line in found.lines:
        table.add_row(
            line.feeder_id,
            f"{line.supplied_kwh / 1e6:,.2f}",
            f"{line.sold_kwh / 1e6:,.2f}",
            f"{line.loss_kwh / 1e6:,.2f}",
            f"{line.declared_loss_kwh / 1e6:,.2f}",
            f"{line.technical_kwh / 1e6:,.2f}",
            f"{line.declared_network_kwh / 1e6:,.2f}",
            f"{line.loss_rate:.2%}" if line.is_finding else text("line_loss.class.not_computable"),
            f"{line.months[0]}/{line.months[1]}",
        )
    console.print(table)
    console.print(text("line_loss.utility.boundary"), markup=False)
    for line in found.lines:
        if not line.is_finding:
            for code in (line.reasons or "").split(";"):
                reason, action = text(f"line_loss.reason.{code}"), text(f"line_loss.next.{code}")
                console.print(
                    text("line_loss.utility.no_finding", feeder=line.feeder_id, reason=reason, action=action),
                    markup=False,
                )
        if line.unmeasured_plants and not line.is_finding:
            console.print(
                text(
                    "line_loss.utility.plants",
                    feeder=line.feeder_id,
                    plants=line.unmeasured_plants,
                    kw=line.unmeasured_kw,
                    rate=line.loss_rate,
                ),
                markup=False,
            )
