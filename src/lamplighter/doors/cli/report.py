"""``lamplighter report``: the brief of a night, written to files and opened."""

import datetime as dt
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.brief import newest_page, write_brief

app = App("report")


class NothingToOpen(LamplighterError):
    """No brief was written yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(text("report.command.nothing_to_open", folder=folder))


@app.command("write", help=text("report.command.write_help"))
def write(
    on: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help=text("report.command.on_help"))] = None,
    out: Annotated[Path | None, typer.Option(help=text("report.command.out_help"), file_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    settings = read_settings()
    written = write_brief(
        lake=Lake.open(settings.home.lake),
        folder=out or settings.home.reports,
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        on_date=on.date() if on else None,
        outlines=settings.home.outlines,
        first_language=settings.language,
        progress=terminal_progress(as_json=as_json),
    )
    if as_json:
        write_json(written)
        return
    typer.echo(text("report.command.wrote", on=written.on_date))
    for file in (written.html, *written.pdf.values()):
        typer.echo(f"  {file}")


@app.command("open", help=text("report.command.open_help"))
def open_page(as_json: AsJson = False) -> None:
    folder = read_settings().home.reports
    page = newest_page(folder)
    if page is None:
        raise NothingToOpen(folder)
    is_open = not as_json and webbrowser.open(page.resolve().as_uri())
    if as_json:
        write_json({"html": page})
    elif not is_open:
        typer.echo(text("report.command.no_browser", path=page))
