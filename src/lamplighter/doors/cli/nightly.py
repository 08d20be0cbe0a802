"""``lamplighter nightly``: the night, by hand or from a scheduler."""

import datetime as dt
from typing import Annotated

import typer

from lamplighter.base.engine import open_engine
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.queries import count_outcomes
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.desk_loading import say_loaded
from lamplighter.doors.cli.desk_nights import NightMissed, read_schedule_of_home, say_schedule, work_on_desk
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.doors.web import starting
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
    home, now, progress = settings.home, dt.datetime.now(dt.UTC), terminal_progress(as_json=as_json)
    lake, rules = Lake.open(home.lake), read_rules(home.settings, on=now.date())
    with open_engine(engine or settings.engine, processes=processes) as runs_it:
        if starting.is_desk_there(home):
            # Where a desk is, its pages show this night from now on.
            done = work_on_desk(
                home, lake=lake, engine=runs_it, rules=rules, on=_day(on), each_day=each_day, progress=progress
            )
            report, loaded, outcomes = done.report, done.loaded, done.outcome_count
        else:
            known_at, done, loaded = now.replace(tzinfo=None), None, None
            report = run_nightly(
                lake=lake, engine=runs_it, rules=rules, now=known_at, on=_day(on), each_day=each_day, progress=progress
            )
            with lake.snapshot() as state:
                outcomes = count_outcomes(state)
    if as_json:
        write_json(report)
        return
    if report is not None:
        say_night(report)
    if loaded is not None:
        say_loaded(loaded)
    if done is not None:
        typer.echo(
            text("night.say.closed", outcomes=done.outcomes, cases=done.cases_moved, figures=done.figures_changed)
        )
    if not outcomes:
        typer.echo(text("night.say.first"))


def _day(on: dt.datetime | None) -> dt.date | None:
    return on.date() if on else None


@app.command("schedule", help=text("night.help.schedule"))
def schedule(
    check: Annotated[bool, typer.Option("--check", help=text("night.option.check"))] = False,
    as_json: AsJson = False,
) -> None:
    found = read_schedule_of_home(read_settings().home)
    if as_json:
        write_json(found)
    else:
        for line in say_schedule(found):
            typer.echo(line)
    if check and found is not None and found.missed_open:
        raise NightMissed(found.missed_open[0], alarm_at=found.schedule.alarm_at)


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
