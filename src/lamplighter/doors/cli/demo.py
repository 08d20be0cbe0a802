"""``lamplighter demo``: the main job from end to end, on a company one may look at freely."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from lamplighter.base.engine import LocalEngine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.queries import read_suspicions
from lamplighter.doors.cli.line_loss import show_utility
from lamplighter.doors.cli.nightly import say_night
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.brief import Brief, collect_brief
from lamplighter.journeys.brief.wording import say_code, say_evidence
from lamplighter.journeys.demo import run_demo
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.real_utility import run_real_utility
from lamplighter.simulation import SimulationSettings
from lamplighter.simulation.scoring import score_list

HOMES_FILE = "lcl_households_2013.parquet"
UTILITY_FILE = "bdgd_mux_energia_2024.gdb.zip"
EXPLAINED = 3
"""How many of the first accounts are explained on the terminal; the brief explains the rest, with pictures."""
SCORED = 20
"""How many of the list's first accounts are held against the simulated truth."""


class Kind(StrEnum):
    """What the demo runs on."""

    COMPANY = "company"
    HOMES = "homes"
    UTILITY = "utility"


class DataMissing(LamplighterError):
    """The real data a demo reads were not named, or are not there."""


def app(
    kind: Annotated[Kind, typer.Argument(help=text("demo.option.kind"))] = Kind.COMPANY,
    data: Annotated[Path | None, typer.Option(help=text("demo.option.data"))] = None,
    areas: Annotated[int, typer.Option(min=1, help=text("demo.option.areas"))] = 60,
    days: Annotated[int, typer.Option(min=7, help=text("demo.option.days"))] = 90,
    seed: Annotated[int, typer.Option(help=text("demo.option.seed"))] = 1,
    top: Annotated[int, typer.Option(min=1, help=text("demo.option.top"))] = 10,
    as_json: AsJson = False,
) -> None:
    home = read_settings().home
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    progress = terminal_progress(as_json=as_json)
    rules = read_rules(home.settings, on=now.date())
    if kind is Kind.UTILITY:
        file = _data_file(kind, data, UTILITY_FILE)
        show_utility(run_real_utility(data=file, home=home, now=now, progress=progress), as_json=as_json)
        return
    profiles = None if kind is Kind.COMPANY else _data_file(kind, data, HOMES_FILE)
    simulation = SimulationSettings(
        seed=seed,
        areas=areas,
        days=days,
        profiles=profiles,
        # Real homes are few and their year is 2013: the calendar follows them.
        start_on=dt.date(2025, 1, 1) if profiles is None else dt.date(2013, 1, 1),
    )
    # It is the morning after the simulated days, in the simulated company: 08:00 in its zone.
    now = dt.datetime.combine(simulation.start_on + dt.timedelta(days=simulation.days), dt.time())
    demo = run_demo(home=home, simulation=simulation, engine=LocalEngine(), rules=rules, now=now, progress=progress)
    with Lake.open(home.lake).snapshot() as state:
        brief = collect_brief(state, now=now)
        listed = read_suspicions(state)
    accounts = listed.column("account_id").to_pylist()
    found = score_list(accounts, truth=demo.truth, first=SCORED)
    if as_json:
        write_json({"demo": demo, "truth_of_the_first": found})
        return
    console = Console(highlight=False)
    say_night(demo.night)
    console.print(areas_table(brief, top=top))
    console.print(list_lines(brief, top=top))
    say_reasons(console, brief, top=min(top, EXPLAINED))
    typer.echo(text("demo.found", first=found.first, thefts=found.thefts, faults=found.faults, all=found.thefts_in_all))
    typer.echo(text("demo.brief", html=demo.brief.html))
    for pdf in demo.brief.pdf.values():
        typer.echo(text("demo.brief_pdf", pdf=pdf))
    if accounts:
        typer.echo(text("demo.next", home=home.path))


def areas_table(brief: Brief, *, top: int) -> Table:
    """Return the areas that lose most, with what physics explains and whether the figure can be trusted."""
    table = Table(title=text("demo.areas.title", on=brief.on_date), box=None)
    days = max((area.period.day_count for area in brief.areas if area.period), default=0)
    table.add_column(text("demo.areas.area"))
    for name in ("loss", "technical", "unexplained", "trust", "class"):
        table.add_column(text(f"demo.areas.{name}", days=days), justify="right")
    for area in brief.areas[:top]:
        period, balance = area.period, area.balance
        technical = None
        if balance.technical_kwh is not None and balance.supplied_kwh:
            technical = balance.technical_kwh / balance.supplied_kwh
        table.add_row(
            area.name,
            _percent(balance.loss_rate),
            _percent(technical),
            _interval(period.unexplained_kwh, period.unexplained_low_kwh, period.unexplained_high_kwh)
            if period
            else "",
            _percent(area.coverage) if area.is_computable else "; ".join(_say("why", c) for c in area.why_not),
            _say("class", area.loss_class),
        )
    return table


def list_lines(brief: Brief, *, top: int) -> Table:
    """Return the accounts to visit first, each with what speaks for and against below its figures."""
    table = Table(title=text("demo.list.title"), box=None, title_justify="left")
    for name in ("rank", "account", "area", "probability", "kwh", "yuan"):
        table.add_column(text(f"demo.list.{name}"), justify="left" if name in ("account", "area") else "right")
    for row in brief.suspicions.rows[:top]:
        kwh = text("demo.list.unknown") if row.expected_kwh is None else f"{row.expected_kwh:,.0f}"
        table.add_row(
            str(row.rank),
            row.masked_account,
            row.area_id or "",
            f"{row.theft_probability:.0%}",
            kwh,
            f"{row.expected_yuan:,.0f}",
            style="bold",
        )
    return table


def say_reasons(console: Console, brief: Brief, *, top: int) -> None:
    """Say of each of the first accounts why it stands there, and what speaks against."""
    for row in brief.suspicions.rows[:top]:
        console.print(f"{row.rank}  {row.masked_account}", style="bold")
        for is_for in (True, False):
            told = [say_evidence(piece)[language()] for piece in row.evidence if piece.is_for is is_for]
            if told:
                line = text(
                    f"demo.list.told_{'for' if is_for else 'against'}", told=text("detection.list.join").join(told)
                )
                console.print(Padding(line, (0, 0, 0, 3)), markup=False)


def _say(kind: str, code: str) -> str:
    return say_code(kind, code)[language()]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _interval(middle: float | None, low: float | None, high: float | None) -> str:
    if middle is None:
        return ""
    return f"{middle:,.0f}" if low is None or high is None else f"{middle:,.0f} ({low:,.0f} … {high:,.0f})"


def _data_file(kind: Kind, data: Path | None, name: str) -> Path:
    if data is None:
        raise DataMissing(text("demo.needs_data", kind=kind.value))
    if not (data / name).exists():
        page = "real-utility.md" if kind is Kind.UTILITY else "real-homes.md"
        raise DataMissing(text("demo.file_missing", path=data / name, kind=kind.value, page=page))
    return data / name
