"""``lamplighter detection train``, ``model``, ``drift`` and their releases: the model behind the list."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.model_queries import read_drift, read_theft_model
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.model_releases import models, release, rollback
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.model_training import Source, train_candidate
from lamplighter.journeys.nightly_run import read_rules

WATCH, ACT = 0.1, 0.25
"""Customary bounds of the stability index: worth a look from the first on, out of place from the second."""


def add_model_commands(app: App) -> None:
    """Add the commands about models to the group ``detection``."""
    app.command("train", help=text("models.help.train"))(train)
    app.command("model", help=text("models.help.model"))(model)
    app.command("drift", help=text("models.help.drift"))(drift)
    app.command("models", help=text("models.help.models"))(models)
    app.command("release", help=text("models.help.release"))(release)
    app.command("rollback", help=text("models.help.rollback"))(rollback)


def train(
    on: Annotated[Source, typer.Option("--on", help=text("models.option.on"))] = Source.OUTCOMES,
    as_json: AsJson = False,
) -> None:
    settings, now = read_settings(), dt.datetime.now(dt.UTC).replace(tzinfo=None)
    found = train_candidate(
        on=on,
        lake=Lake.open(settings.home.lake),
        open_engine=LocalEngine,
        rules=lambda: read_rules(settings.home.settings, on=now.date()),
        now=now,
        progress=terminal_progress(as_json=as_json),
    )
    learned, trained = found.learned, found.trained
    if as_json:
        counts = {"outcomes": trained.outcomes, "thefts": trained.thefts} if trained else {}
        counts |= {"meters": learned.meters, "injected": learned.injected} if learned else {}
        write_json({"version": found.version, **counts})
        return
    if learned is not None:
        typer.echo(
            text(
                "models.learned",
                version=learned.model.version,
                as_of=learned.as_of_on,
                meters=learned.meters,
                injected=learned.injected,
            )
        )
        _show_measures(learned.model.card)
    if trained is not None:
        typer.echo(
            text(
                "models.trained",
                version=trained.model.version,
                outcomes=trained.outcomes,
                thefts=trained.thefts,
                without_list=trained.without_list,
            )
        )
        _show_measures(trained.model.card)
    typer.echo(text("models.candidate", version=found.version))


def model(as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        used = read_theft_model(state)
    card = {name: value for name, value in used.card.items() if name != "reference"}
    if as_json:
        write_json({"version": used.version, "features": used.names, "card": card})
        return
    typer.echo(text("models.card.title", version=used.version))
    typer.echo(text(f"models.card.trained_on.{_kind(card)}", **_counts(card)))
    _show_measures(card)
    typer.echo(f"\n{text('models.card.cannot_see')}")
    for word in card.get("cannot_see", []):
        typer.echo(f"- {text(f'models.blind.{word}')}")


def drift(
    months: Annotated[int, typer.Option("--months", min=1, help=text("models.option.months"))] = 3,
    top: Annotated[int, typer.Option("--top", min=1, help=text("models.option.top"))] = 15,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        version, found = read_drift(state, months=months)
    if as_json:
        write_json({"version": version, "months": {day.isoformat(): rows for day, rows in found.items()}})
        return
    for day, rows in found.items():
        moved = [row for row in rows if row.index >= WATCH]
        typer.echo(
            text(
                "models.drift.title",
                as_of=day,
                version=version,
                act=sum(row.index >= ACT for row in rows),
                watch=len(moved),
                count=len(rows),
            )
        )
        table = Table(box=None)
        for name in ("feature", "index", "missing_then", "missing_now", "middle_then", "middle_now"):
            table.add_column(text(f"models.column.{name}"), justify="left" if name == "feature" else "right")
        for row in rows[:top]:
            table.add_row(
                row.name,
                f"{row.index:.2f}",
                f"{row.missing_then:.0%}",
                f"{row.missing_now:.0%}",
                f"{row.middle_then:.3g}",
                f"{row.middle_now:.3g}",
            )
        Console(highlight=False).print(table)
    typer.echo(text("models.drift.reading"))


def _kind(card: Mapping[str, Any]) -> str:
    return "simulated" if "base" not in card else str(card["trained_on"])


def _counts(card: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rows": card["rows"],
        "thieves": card["thieves"],
        "companies": card.get("companies", 0),
        "base": card.get("base", ""),
        "newest": card.get("newest_outcome_on", card.get("newest_on", "")),
    }


def _show_measures(card: Mapping[str, Any]) -> None:
    table = Table(box=None)
    table.add_column(text("models.column.depth"))
    names = ("average_precision", "precision_at_1_percent", "precision_at_5_percent", "auc", "calibration_error")
    for name in names:
        table.add_column(text(f"models.measure.{name}"), justify="right")
    for depth, measures in card["measures"].items():
        table.add_row(
            text(f"detection.depth.{depth}"),
            *("{:.2f} ({:.2f}-{:.2f})".format(*measures[name]) for name in names),
        )
    Console(highlight=False).print(table)
