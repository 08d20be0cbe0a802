"""``lamplighter calendars``: which years are announced, which provisional; count deadlines again after adding one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.calendars import HolidayYear, Standing, china_holidays, own_file
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.web import starting

app = App("calendars")


@app.command("show", help=text("calendars.show.help"))
def show(
    year: Annotated[int | None, typer.Option("--year", help=text("calendars.show.year"))] = None,
    as_json: AsJson = False,
) -> None:
    known = china_holidays()
    if year is not None and year not in known:
        first, last = min(known), max(known)
        raise typer.BadParameter(text("calendars.show.unknown", year=year, first=first, last=last), param_hint="--year")
    wanted = [known[year]] if year is not None else list(known.values())
    if as_json:
        write_json([_answer(each) for each in wanted])
        return
    Console(highlight=False).print(_days(wanted[0]) if year is not None else _years(wanted))
    if any(each.standing is Standing.PROVISIONAL for each in wanted):
        typer.echo(text("calendars.show.provisional_note", file=own_file()))


@app.command("recount", help=text("calendars.recount.help"))
def recount(as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    if starting.has_open_migrations():
        raise starting.DeskNotPrepared
    from lamplighter.business.inspection.operations.chain import recount_deadlines

    found = recount_deadlines(now=dt.datetime.now(dt.UTC))
    if as_json:
        write_json(found)
    else:
        typer.echo(text("calendars.recount.done", looked=found.looked, moved=found.moved, still=found.still))


def _answer(year: HolidayYear) -> dict[str, object]:
    return {
        "year": year.year,
        "standing": year.standing,
        "holidays": sorted(year.holidays),
        "worked": sorted(year.worked),
        "source": year.source,
        "evidence": year.evidence,
    }


def _years(years: list[HolidayYear]) -> Table:
    table = Table(box=None)
    for column in ("year", "standing", "rest", "worked", "evidence", "source"):
        table.add_column(text(f"calendars.column.{column}"), overflow="fold")
    for each in years:
        standing = text(f"calendars.standing.{each.standing}")
        rest, worked = str(len(each.holidays)), str(len(each.worked))
        table.add_row(str(each.year), standing, rest, worked, each.evidence, each.source)
    return table


def _days(year: HolidayYear) -> Table:
    table = Table(box=None)
    for column in ("day", "kind"):
        table.add_column(text(f"calendars.column.{column}"))
    for day in sorted(year.holidays | year.worked):
        table.add_row(day.isoformat(), text(f"calendars.kind.{'worked' if day in year.worked else 'rest'}"))
    return table
