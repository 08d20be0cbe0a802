"""``lamplighter detection models``, ``release`` and ``rollback``: which model makes the lists, since when and why."""

import datetime as dt
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.policy import read_policy
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.model_operations import release_model, version_before
from lamplighter.business.detection.model_queries import KeptModel, Release, read_models, read_releases
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.web import starting

Reason = Annotated[str, typer.Option("--reason", help=text("models.option.reason"))]
By = Annotated[str, typer.Option("--by", help=text("models.option.by"))]
ApprovedBy = Annotated[str, typer.Option("--approved-by", help=text("models.option.approved_by"))]


def models(as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        kept, releases = read_models(state), read_releases(state)
    if as_json:
        write_json({"models": [_told(each) for each in kept], "releases": releases})
        return
    table = Table(box=None)
    for name in ("version", "state", "made", "outcomes", "thefts", "average_precision"):
        table.add_column(text(f"models.column.{name}"), overflow="fold")
    for each in kept:
        table.add_row(
            each.model.version,
            text(f"models.state.{each.state}"),
            f"{each.made_at:%Y-%m-%d}" if each.made_at else "",
            str(each.outcomes) if not each.is_packaged else "",
            str(each.thefts) if not each.is_packaged else "",
            " / ".join(f"{found['average_precision'][0]:.2f}" for found in each.model.card["measures"].values()),
        )
    Console(highlight=False).print(table)
    for each_release in releases:
        typer.echo(text("models.release_line", **_words(each_release)))


def release(
    version: Annotated[str, typer.Argument(help=text("models.argument.version"))],
    reason: Reason,
    by: By,
    approved_by: ApprovedBy = "",
    as_json: AsJson = False,
) -> None:
    _release(version, reason=reason, by=by, approved_by=approved_by, as_json=as_json)


def rollback(
    reason: Reason,
    by: By,
    approved_by: ApprovedBy = "",
    to: Annotated[str, typer.Option("--to", help=text("models.option.to"))] = "",
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        version = to or version_before(state)
    _release(version, reason=reason, by=by, approved_by=approved_by, as_json=as_json)


def _release(version: str, *, reason: str, by: str, approved_by: str, as_json: bool) -> None:
    home, now = read_settings().home, dt.datetime.now(dt.UTC)
    persons = read_policy(on=now.date(), folder=home.settings).limits["model_release_persons"].value
    lake = Lake.open(home.lake)
    done = release_model(
        lake=lake,
        version=version,
        reason=reason,
        proposed_by=by,
        approved_by=approved_by,
        persons=persons,
        now=now.replace(tzinfo=None),
    )
    if starting.is_desk_there(home):
        starting.start_django(home)
        from lamplighter.journeys.model_release import record_release

        record_release(done, lake=lake, by=None, now=now)
    if as_json:
        write_json(done)
    else:
        typer.echo(text("models.released", **_words(done)))


def _told(each: KeptModel) -> dict[str, object]:
    return {
        "version": each.model.version,
        "state": each.state,
        "made_at": each.made_at,
        "released_at": each.released_at,
        "outcomes": each.outcomes,
        "thefts": each.thefts,
    }


def _words(each: Release) -> dict[str, Any]:
    return {
        "version": each.version,
        "at": f"{each.released_at:%Y-%m-%d %H:%M}",
        "reason": each.reason,
        "by": each.proposed_by,
        "approved": each.approved_by,
        "replaced": each.replaced,
    }
