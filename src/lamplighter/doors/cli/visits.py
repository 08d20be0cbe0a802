"""``lamplighter detection choose`` and ``rate``: whom to visit, and what the visits say of the whole company."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.documents import write_table
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.operations import plan_visits
from lamplighter.business.detection.outcome_queries import read_true_rate
from lamplighter.business.detection.settings import default_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json


def add_visit_commands(app: App) -> None:
    """Add the two commands to the group ``detection``."""
    app.command("choose", help=text("visits.help.choose"))(choose)
    app.command("rate", help=text("visits.help.rate"))(rate)


def choose(
    visits: Annotated[int, typer.Option("--visits", min=1, help=text("visits.option.visits"))],
    random_share: Annotated[
        float | None, typer.Option("--random-share", min=0.0, max=1.0, help=text("visits.option.random_share"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help=text("visits.option.seed"))] = None,
    on: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help=text("detection.option.on"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.out"))] = None,
    as_json: AsJson = False,
) -> None:
    chosen = plan_visits(
        lake=Lake.open(read_settings().home.lake),
        visits=visits,
        settings=default_settings(),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        as_of=on.date() if on else None,
        random_share=random_share,
        seed=seed,
    )
    drawn = sum(chosen["is_random"].to_pylist())
    if out is not None:
        write_table(chosen, out)
    if as_json:
        write_json(
            {"as_of": chosen["as_of_on"][0], "count": chosen.num_rows, "drawn": drawn, "path": out, "rows": chosen}
        )
        return
    if out is not None:
        typer.echo(text("visits.chosen.written", count=chosen.num_rows, path=out))
        return
    typer.echo(text("visits.chosen.title", as_of=chosen["as_of_on"][0], count=chosen.num_rows, drawn=drawn))
    table = Table(box=None)
    for name in ("slot", "account", "area", "probability", "way", "propensity"):
        is_number = name in ("slot", "probability", "propensity")
        table.add_column(text(f"visits.column.{name}"), justify="right" if is_number else "left", overflow="fold")
    for row in chosen.to_pylist():
        table.add_row(
            str(row["slot"]),
            row["account_id"],
            row["area_id"] or "",
            f"{row['theft_probability']:.1%}",
            text("visits.chosen.by_chance" if row["is_random"] else "visits.chosen.by_rank"),
            f"{row['propensity']:.2%}",
        )
    Console(highlight=False).print(table)


def rate(as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_true_rate(state)
    if as_json:
        write_json(found)
        return
    typer.echo(text("visits.rate.rate", rate=f"{found.rate:.2%}", low=f"{found.low:.2%}", high=f"{found.high:.2%}"))
    typer.echo(
        text(
            "visits.rate.hits",
            hit_rate=f"{found.hit_rate:.1%}",
            visits=found.visits,
            drawn=found.drawn,
            no_access=found.no_access,
        )
    )
    typer.echo(text("visits.rate.note"))
