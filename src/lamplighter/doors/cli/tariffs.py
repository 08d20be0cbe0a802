"""``lamplighter tariffs``: price lists, hours and rules on record, each with where it stands."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.tariffs.records import BillRule, Origin, Scheme, Tariff
from lamplighter.business.tariffs.rules.book import Book, TariffUnknown, load_book
from lamplighter.business.tariffs.wording import say_prices, say_seasons, say_unit
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

app = App("tariffs")

_DAY = ["%Y-%m-%d"]


@app.command("list", help=text("tariffs.cli.list_help"))
def list_tariffs(
    on: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help=text("tariffs.cli.on_option"))] = None,
    as_json: AsJson = False,
) -> None:
    book = open_book()
    rows = [row for row in book.tariffs if on is None or _holds(row.origin, on.date())]
    if as_json:
        write_json({"version": book.version, "tariffs": rows})
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("code", "name", "version", "valid_from", "offered", "grade"):
        table.add_column(text(f"tariffs.column.{name}"))
    for row in rows:
        offered = text("tariffs.words.reference" if row.is_reference else "tariffs.words.offered")
        origin = row.origin
        table.add_row(row.code, row.say(), origin.version, str(origin.valid_from), offered, say_grade(origin))
    Console(highlight=False).print(table)


@app.command("show", help=text("tariffs.cli.show_help"))
def show(
    code: Annotated[str, typer.Argument(help=text("tariffs.cli.code_argument"))],
    on: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help=text("tariffs.cli.on_option"))] = None,
    as_json: AsJson = False,
) -> None:
    book = open_book()
    every: list[Tariff | Scheme | BillRule] = [*book.tariffs, *book.schemes, *book.rules]
    found = [r for r in every if r.origin.code == code and (on is None or _holds(r.origin, on.date()))]
    if not found:
        raise TariffUnknown(code, on=on.date() if on else dt.datetime.now(dt.UTC).date())
    if as_json:
        write_json(found)
        return
    console = Console(highlight=False)
    for row in found:
        origin = row.origin
        until = f" … {origin.valid_to}" if origin.valid_to else ""
        console.print(f"{row.say()}  {origin.code} {origin.version}  {origin.valid_from}{until}", markup=False)
        if isinstance(row, Tariff):
            lines = say_prices(row)
        elif isinstance(row, Scheme):
            lines = say_seasons(row)
        else:
            lines = [f"{row.value} {say_unit(row.unit)}".rstrip()]
        for line in [*lines, f"{origin.say_source()} · {say_grade(origin)}"]:
            console.print(f"  {line}", markup=False)


def open_book() -> Book:
    """Return the prices of this home."""
    return load_book(file=read_settings().home.tariffs)


def say_grade(origin: Origin) -> str:
    """Return how well something is known, in words."""
    grade = text(f"tariffs.grade.{origin.evidence}")
    return f"{grade} · {text('tariffs.words.confirm')}" if origin.needs_confirmation else grade


def _holds(origin: Origin, on: dt.date) -> bool:
    return origin.valid_from <= on and (origin.valid_to is None or on < origin.valid_to)
