"""``lamplighter lake``: what it holds, and keeping it in order."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.lake import Lake, compact
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.nightly_run.contracts import CONTRACTS

app = App("lake")


@app.command("status", help=text("lake.status.help"))
def status(as_json: AsJson = False) -> None:
    rows: list[dict[str, Any]] = []
    with Lake.open(read_settings().home.lake).snapshot() as state:
        generation = state.generation
        for contract in CONTRACTS.values():
            parts = state.parts(contract)
            if parts:
                rows.append(
                    {
                        "table": contract.name,
                        "months": len({part.month for part in parts}),
                        "buckets": len({part.bucket for part in parts}),
                        "parts": len(parts),
                        "rows": sum(part.rows for part in parts),
                        "size": sum(part.byte_count for part in parts),
                    }
                )
    if as_json:
        write_json({"generation": generation, "tables": rows})
        return
    if not rows:
        typer.echo(text("lake.empty"))
        return
    table = Table(box=None)
    for column in ("table", "months", "buckets", "parts", "rows", "size"):
        table.add_column(text(f"lake.column.{column}"), justify="left" if column == "table" else "right")
    for row in rows:
        counts = [f"{row[key]:,}" for key in ("months", "buckets", "parts", "rows")]
        table.add_row(row["table"], *counts, f"{row['size'] / 1e6:,.1f}")
    Console(highlight=False).print(table)
    totals = {key: sum(row[key] for row in rows) for key in ("parts", "rows", "size")}
    typer.echo(
        text(
            "lake.total",
            parts=totals["parts"],
            rows=totals["rows"],
            gigabytes=totals["size"] / 1e9,
            generation=generation,
        )
    )


@app.command("compact", help=text("lake.compact.help"))
def compact_lake(
    least_parts: Annotated[int, typer.Option(min=2, help=text("lake.compact.least_parts"))] = 4,
    as_json: AsJson = False,
) -> None:
    lake = Lake.open(read_settings().home.lake)
    progress = terminal_progress(as_json=as_json)
    merged = compact(
        lake,
        CONTRACTS.values(),
        least_parts=least_parts,
        progress=progress,
        step=text("lake.compact.step"),
        unit=text("lake.compact.unit"),
    )
    removed = lake.vacuum()
    if as_json:
        write_json({"merged_parts": merged, "removed_files": removed})
    else:
        typer.echo(text("lake.compacted", parts=merged, files=removed))


@app.command("clean", help=text("lake.clean.help"))
def clean(as_json: AsJson = False) -> None:
    removed = Lake.open(read_settings().home.lake).vacuum()
    if as_json:
        write_json({"removed_files": removed})
    else:
        typer.echo(text("lake.cleaned", files=removed))
