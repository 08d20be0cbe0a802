"""``lamplighter workflow``: versions of processes: hand one out, hold a file against what runs, propose, release."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.base.security.policy import read_policy
from lamplighter.base.settings import read_settings
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.comparing import Difference, compare_decisions, compare_processes
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.business.workflow.rehearsing import rehearse
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.web import starting

if TYPE_CHECKING:
    from lamplighter.base.security.actor import Actor

Name = Annotated[str, typer.Argument(help=text("workflow.argument.name"))]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=text("workflow.argument.changed"))
]
Number = Annotated[int, typer.Argument(help=text("workflow.argument.change"))]
Reason = Annotated[str, typer.Option("--reason", help=text("workflow.option.reason"))]
By = Annotated[str, typer.Option("--by", help=text("workflow.option.by"))]


def versions(name: Name, as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.business.workflow.versions.queries import read_versions

    found = read_versions(name)
    if as_json:
        write_json({"versions": found})
        return
    table = Table(box=None)
    for column in ("version", "runs", "released", "proposed_by", "approved_by", "reason"):
        table.add_column(text(f"workflow.column.{column}"), overflow="fold")
    for each in found:
        released = f"{each.released_at:%Y-%m-%d %H:%M}" if each.released_at else ""
        runs = text("processes.version.runs") if each.is_running else ""
        table.add_row(str(each.version), runs, released, each.proposed_by, each.approved_by, each.reason)
    Console(highlight=False).print(table)


def export(
    name: Name,
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help=text("workflow.option.to"))],
    version: Annotated[int | None, typer.Option("--version", help=text("workflow.option.version"))] = None,
) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.business.workflow.versions.queries import read_file, running_version

    chosen = running_version(name).version if version is None else version
    content = read_file(name, chosen)
    to.write_bytes(content)
    typer.echo(text("workflow.exported", name=name, version=chosen, file=to))


def compare(file: File, as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.business.workflow.versions.operations import draft_change

    found: list[tuple[Definition | Decision, tuple[Difference, ...]]] = []
    for each in draft_change(file.read_bytes(), file=file.name):
        if isinstance(each.after, Definition) and isinstance(each.before, Definition):
            found.append((each.after, compare_processes(each.before, each.after)))
        elif isinstance(each.after, Decision) and isinstance(each.before, Decision):
            found.append((each.after, compare_decisions(each.before, each.after)))
    if as_json:
        write_json({after.name: [each.sentence() for each in said] for after, said in found})
        return
    for after, said in found:
        typer.echo(f"{after.label.spoken()} ({after.name})")
        for difference in said:
            typer.echo(f"- {difference.sentence()}")
        if not said:
            typer.echo(text("processes.change.no_differences"))


def try_out(file: File, as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.business.workflow.versions.operations import draft_change

    for each in draft_change(file.read_bytes(), file=file.name):
        if not isinstance(each.after, Definition):
            continue
        found, labels = rehearse(each.after, calendar=AROUND.calendar, now=dt.datetime.now(dt.UTC)), each.after.labels
        if as_json:
            write_json(asdict(found))
            continue
        typer.echo(text("processes.change.rehearsed", walks=found.walks))
        for end in found.ends:
            way = " → ".join(labels[step].spoken() for step in end.way)
            said = text("processes.change.end", step=labels[end.element].spoken(), count=end.count)
            typer.echo(f"- {said}: {way}")
        for sentence, steps in (("missed_ends", found.missed_ends), ("missed_steps", found.missed_steps)):
            if steps:
                listed = text("workflow.desk.join").join(labels[step].spoken() for step in steps)
                typer.echo(text(f"processes.change.{sentence}", steps=listed))
        for stood, count in found.unfinished.items():
            typer.echo(text("processes.change.stuck", steps=stood, count=count))


def propose(file: File, reason: Reason, by: By) -> None:
    actor, persons = _open(by)
    from lamplighter.business.workflow.versions.operations import propose_change

    now = dt.datetime.now(dt.UTC)
    content = file.read_bytes()
    made = propose_change(actor=actor, content=content, file=file.name, reason=reason, persons=persons, now=now)
    typer.echo(text("workflow.proposed", number=made.pk, state=text(f"processes.change.state_{made.state}")))


def release(number: Number, reason: Reason, by: By) -> None:
    _decide(number, reason, by, is_approved=True)


def refuse(number: Number, reason: Reason, by: By) -> None:
    _decide(number, reason, by, is_approved=False)


def rollback(
    name: Name,
    reason: Reason,
    by: By,
    to: Annotated[int, typer.Option("--to", help=text("workflow.option.back_to"))],
) -> None:
    actor, _ = _open(by)
    from lamplighter.business.workflow.versions.operations import choose_version

    choose_version(actor=actor, name=name, version=to, reason=reason, now=dt.datetime.now(dt.UTC))
    typer.echo(text("processes.version.chosen", version=to))


def _decide(number: int, reason: str, by: str, *, is_approved: bool) -> None:
    actor, persons = _open(by)
    from lamplighter.business.workflow.versions.operations import decide_change

    now = dt.datetime.now(dt.UTC)
    decide_change(actor=actor, number=number, is_approved=is_approved, answer=reason, persons=persons, now=now)
    typer.echo(text("processes.change.released_done" if is_approved else "processes.change.refused_done"))


def _open(username: str) -> tuple[Actor, int]:
    """Return whoever an account is, and how many people a release takes; who may use the machine is trusted."""
    home = read_settings().home
    starting.start_django(home)
    from lamplighter.base.security.models import Staff
    from lamplighter.business.workflow.versions.operations import ChangeRefused

    staff = Staff.objects.filter(username=username, is_active=True).first()
    if staff is None:
        raise ChangeRefused("staff_unknown", name=username)
    policy = read_policy(on=dt.datetime.now(dt.UTC).date(), folder=home.settings)
    return staff.as_actor(), policy.limits["process_release_persons"].value
