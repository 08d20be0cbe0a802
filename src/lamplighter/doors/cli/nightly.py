"""``lamplighter nightly``: the night, by hand or from a scheduler."""

import datetime as dt
from typing import Annotated

import typer

from lamplighter.base.engine import open_engine
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.desk_loading import load_prepared_desk, say_loaded
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.nightly_run import NightReport, read_rules, run_nightly
from lamplighter.journeys.nightly_run.plan import plan_night

app = App("nightly")


@app.command("run", help=text("nightly_run.run.help"))
def run(
    on: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help=text("nightly_run.option.on"))] = None,
    each_day: Annotated[bool, typer.Option("--each-day", help=text("nightly_run.option.each_day"))] = False,
    engine: Annotated[str | None, typer.Option(help=text("nightly_run.option.engine"))] = None,
    processes: Annotated[int | None, typer.Option(min=1, help=text("nightly_run.option.processes"))] = None,
    as_json: AsJson = False,
) -> None:
    settings = read_settings()
    home = settings.home
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with open_engine(engine or settings.engine, processes=processes) as runs_it:
        report = run_nightly(
            lake=Lake.open(home.lake),
            engine=runs_it,
            rules=read_rules(home.settings, on=now.date()),
            now=now,
            on=on.date() if on else None,
            each_day=each_day,
            progress=terminal_progress(as_json=as_json),
        )
    # Where a desk is, its pages show this night from now on.
    loaded = load_prepared_desk(home, now=now, progress=terminal_progress(as_json=as_json))
    if as_json:
        write_json(report)
        return
    say_night(report)
    if loaded is not None:
        say_loaded(loaded)


@app.command("plan", help=text("nightly_run.plan.help"))
def plan(as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = plan_night(state)
    works = [work for work_round in found.rounds for work in work_round]
    if as_json:
        write_json({"newest_on": found.newest_on, "owed": works})
        return
    if found.newest_on is None:
        typer.echo(text("nightly_run.lake_empty"))
    elif not works:
        typer.echo(text("nightly_run.nothing_owed", newest=found.newest_on))
    for work in works:
        typer.echo(
            text(
                "nightly_run.plan.line",
                bucket=work.bucket,
                first=work.first_on,
                last=work.last_on,
                days=len(work.days),
            )
        )


def say_night(report: NightReport) -> None:
    """Say in two or three sentences what a night did."""
    newest = report.newest_on
    if report.first_on is None:
        typer.echo(text("nightly_run.nothing_owed", newest=newest))
    else:
        typer.echo(
            text(
                "nightly_run.done",
                first=report.first_on,
                last=report.last_on,
                meter_days=report.meter_days,
                readings=report.reading_count,
            )
        )
    if not report.computable_count:
        # Bills and monthly dials give no loss of a day; "0 of 60 can be trusted" would sound like a fault.
        typer.echo(text("nightly_run.no_area", areas=report.area_count, newest=newest, month=f"{newest:%Y-%m}"))
    else:
        typer.echo(
            text("nightly_run.areas", computable=report.computable_count, areas=report.area_count, newest=newest)
        )
    typer.echo(text("nightly_run.suspicions", suspicions=report.suspicion_count, newest=newest))
