"""``lamplighter company``: the company's own files on their way in."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, ExitCode, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.company_import import ImportReport, import_company

app = App("company")


@app.command("import", help=text("company.cli.import_help"))
def import_folder(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help=text("company.cli.folder_argument"))],
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help=text("company.cli.mapping_option"))
    ] = None,
    as_json: AsJson = False,
) -> None:
    home = read_settings().home
    report = import_company(
        folder=folder,
        lake=Lake.open(home.lake),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        mapping=mapping,
        outlines=home.outlines,
        prices=home.tariffs,
        progress=terminal_progress(as_json=as_json),
    )
    if as_json:
        write_json(_as_document(report))
    else:
        say_import(report)
    if report.refused:
        raise typer.Exit(ExitCode.FAILED)
    if report.count.quarantined:
        raise typer.Exit(ExitCode.QUARANTINED)


def _as_document(report: ImportReport) -> dict[str, object]:
    return {
        "company": report.company.name,
        "count": report.count,
        "files": report.files,
        "missing": report.missing,
        "unused": report.unused,
        "reasons": [
            {"subject": subject, "reason": reason, "count": count}
            for (subject, reason), count in report.reasons.items()
        ],
    }


def say_import(report: ImportReport) -> None:
    """Tell a person what came of an import."""
    count = report.count
    typer.echo(
        text(
            "company.cli.done",
            files=len(report.files) - report.known_count - len(report.refused),
            read=f"{count.read:,}",
            accepted=f"{count.accepted:,}",
            versioned=f"{count.versioned:,}",
            repeated=f"{count.repeated:,}",
            quarantined=f"{count.quarantined:,}",
            blank=f"{count.blank:,}",
        )
    )
    if report.known_count:
        typer.echo(text("company.cli.known", count=report.known_count))
    for file in report.refused:
        typer.echo(text("company.cli.refused", sentence=file.refusal), err=True)
    if report.missing:
        typer.echo(text("company.cli.missing", subjects=", ".join(report.missing)))
        for name in report.missing:
            typer.echo("- " + text(f"company.without.{name}"))
    if report.unused:
        typer.echo(text("company.cli.unused", files=", ".join(report.unused[:8])))
    if report.reasons:
        typer.echo(text("company.cli.aside"))
        table = Table(box=None, pad_edge=False)
        for column in ("subject", "reason", "count"):
            table.add_column(text(f"company.cli.column_{column}"), justify="right" if column == "count" else "left")
        for (subject, reason), number in report.reasons.items():
            table.add_row(subject, f"{reason}: {text(f'metering.reason.{reason}')}", f"{number:,}")
        Console(highlight=False).print(table)
