"""``lamplighter inspection plan`` and ``plan-settings``: who goes where tomorrow, and what that rests on."""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.documents import write_table
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.planning.files import read_crews, read_wishes
from lamplighter.business.inspection.planning.listing import plan_table, say_time
from lamplighter.business.inspection.planning.queries import Listed, plan_day, read_bases
from lamplighter.business.inspection.planning.records import CrewWhy, Plan, Why
from lamplighter.business.inspection.planning.settings import default_plan_settings, read_plan_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.methods.optimisation import Route

APART = (Why.THIRD_PERSON, Why.POLICE)
"""Shown one by one: somebody has to act on them."""


def add_plan_commands(app: App) -> None:
    """Add the two commands to the group ``inspection``."""
    app.command("plan", help=text("planning.help.plan"))(plan)
    app.command("plan-settings", help=text("planning.help.settings"))(plan_settings)


def plan(
    on: Annotated[dt.datetime, typer.Option("--on", formats=["%Y-%m-%d"], help=text("planning.option.on"))],
    crews: Annotated[Path, typer.Option("--crews", help=text("planning.option.crews"))],
    wishes: Annotated[Path | None, typer.Option("--wishes", help=text("planning.option.wishes"))] = None,
    unit: Annotated[str, typer.Option("--unit", help=text("planning.option.unit"))] = "",
    out: Annotated[Path | None, typer.Option("--out", help=text("detection.option.out"))] = None,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        made, listed = plan_day(
            state,
            on=on.date(),
            crews=read_crews(crews, base_of=read_bases(state).get),
            wishes=read_wishes(wishes) if wishes else (),
            settings=read_plan_settings(on=on.date()),
            detection=default_settings(),
            unit_id=unit,
        )
    if out is not None:
        write_table(plan_table(made), out)
    if as_json:
        write_json(_answer(made, listed, out))
        return
    for line in _head(made, listed):
        typer.echo(line)
    console = Console(highlight=False)
    for route in made.routes:
        typer.echo("")
        typer.echo(_crew_line(route))
        if route.stops:
            console.print(_stops(made, route))
    typer.echo("")
    for line in _rest(made):
        typer.echo(line)
    if out is not None:
        typer.echo(text("planning.written", path=out))


def plan_settings(as_json: AsJson = False) -> None:
    held = default_plan_settings()
    if as_json:
        write_json({"version": held.version, "settings": list(held.figures.values())})
        return
    table = Table(box=None)
    for name in ("setting", "value", "unit", "meaning", "source", "evidence"):
        table.add_column(text(f"detection.column.{name}"), justify="right" if name == "value" else "left")
    for row in held.figures.values():
        grade = f"{row.evidence} ({text('detection.confirm')})" if row.needs_confirmation else row.evidence
        meaning = row.meaning_zh if language() == "zh" else row.meaning
        table.add_row(row.name, f"{row.value:g}", row.unit, meaning, row.source, grade)
    Console(highlight=False).print(table)


def _head(made: Plan, listed: Listed) -> list[str]:
    stops = [made.draft.suspicions[account] for route in made.routes for account in route.keys]
    lines = [
        text(
            "planning.title",
            on=made.draft.on,
            as_of=made.draft.as_of,
            crews=len(made.routes),
            stops=len(stops),
            drawn=sum(each.is_random for each in stops),
            yuan=made.value_yuan,
        )
    ]
    if not listed.has_slots:
        lines.append(text("planning.no_slots"))
    if made.is_cut_short:
        lines.append(text("planning.cut_short"))
    for idle in made.draft.idle:
        who = text("planning.list.join").join(idle.persons)
        lines.append(text(f"planning.idle.{idle.why}", crew=idle.crew_id, who=who))
    if any(idle.why is CrewWhy.NO_CERTIFICATE for idle in made.draft.idle):
        lines.append(text("planning.certificate_is_practice"))
    return lines


def _crew_line(route: Route) -> str:
    if not route.stops:
        return text("planning.crew.nothing", crew=route.crew)
    lunch = text("planning.crew.lunch", at=say_time(route.pause_at)) if route.pause_at is not None else ""
    return text(
        "planning.crew.line",
        crew=route.crew,
        start=say_time(route.start),
        end=say_time(route.end),
        lunch=lunch,
        drive=route.drive_minutes,
        km=route.km,
        yuan=route.value,
    )


def _stops(made: Plan, route: Route) -> Table:
    table = Table(box=None)
    columns = ("stop", "account", "area", "arrive", "leave", "drive", "probability", "yuan", "way", "checks")
    for name in columns:
        is_number = name in ("stop", "drive", "probability", "yuan")
        table.add_column(text(f"planning.column.{name}"), justify="right" if is_number else "left", overflow="fold")
    for number, stop in enumerate(route.stops, start=1):
        each = made.draft.suspicions[stop.key]
        visit = made.draft.problem.visit_of[stop.key]
        way = "random" if each.is_random else "required" if visit.is_required else "rank"
        table.add_row(
            str(number),
            each.account_id,
            each.area_id,
            say_time(stop.begin),
            say_time(stop.leave),
            f"{stop.drive_minutes:.0f}",
            f"{each.theft_probability:.1%}",
            f"{each.expected_yuan:,.0f}",
            text(f"planning.way.{way}"),
            text("planning.list.join").join(text(f"detection.check.{code}") for code in each.checks),
        )
    return table


def _rest(made: Plan) -> list[str]:
    lines = []
    for why in APART:
        accounts = [each.suspicion.account_id for each in made.unplanned if each.why is why]
        if accounts:
            joined = text("planning.list.join").join(accounts)
            lines.append(text(f"planning.apart.{why}", count=len(accounts), accounts=joined))
    must = made.draft.problem.visit_of
    missed = [
        each
        for each in made.unplanned
        if each.suspicion.is_random or ((visit := must.get(each.suspicion.account_id)) and visit.is_required)
    ]
    lines += [
        text(
            "planning.missed_random" if each.suspicion.is_random else "planning.missed",
            account=each.suspicion.account_id,
            why=text(f"planning.why.{each.why}"),
        )
        for each in missed
    ]
    counts = Counter(each.why for each in made.unplanned)
    lines.append(text("planning.unplanned", count=sum(counts.values())))
    lines += [f"  {text(f'planning.why.{why}')}: {counts[why]}" for why in Why if counts[why]]
    lines.append(text("planning.confirm"))
    return lines


def _answer(made: Plan, listed: Listed, out: Path | None) -> dict[str, Any]:
    return {
        "on": made.draft.on,
        "as_of": made.draft.as_of,
        "value_yuan": made.value_yuan,
        "has_random_slots": listed.has_slots,
        "is_cut_short": made.is_cut_short,
        "settings": made.draft.settings_version,
        "crews": made.routes,
        "idle_crews": made.draft.idle,
        "unplanned": Counter(str(each.why) for each in made.unplanned),
        "path": out,
        "rows": plan_table(made),
    }
