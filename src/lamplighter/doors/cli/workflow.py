"""``lamplighter workflow``: check a process file, and show who may do what in a process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.queries import (
    DeadlineLine,
    StepLine,
    check_file,
    describe_decision,
    describe_process,
)
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.doors.cli import process_versions
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json

app = App("workflow")
app.command("versions", help=text("workflow.help.versions"))(process_versions.versions)
app.command("export", help=text("workflow.help.export"))(process_versions.export)
app.command("compare", help=text("workflow.help.compare"))(process_versions.compare)
app.command("rehearse", help=text("workflow.help.rehearse"))(process_versions.try_out)
app.command("propose", help=text("workflow.help.propose"))(process_versions.propose)
app.command("release", help=text("workflow.help.release"))(process_versions.release)
app.command("refuse", help=text("workflow.help.refuse"))(process_versions.refuse)
app.command("rollback", help=text("workflow.help.rollback"))(process_versions.rollback)


@app.command("check", help=text("workflow.help.check"))
def check(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=text("workflow.argument.file"))
    ],
    service: Annotated[list[str] | None, typer.Option("--service", help=text("workflow.option.service"))] = None,
    as_json: AsJson = False,
) -> None:
    found = check_file(file, services=service or ())
    if isinstance(found, Decision):
        summary = describe_decision(found)
        if as_json:
            write_json(summary)
            return
        typer.echo(text("workflow.check.decision", name=summary.name, version=summary.version, rules=summary.rules))
        typer.echo(text("workflow.check.digest", digest=summary.digest))
        typer.echo(text("workflow.source", source=_with_grade(summary.source, summary.evidence)))
        return
    process = describe_process(found)
    if as_json:
        write_json(process)
        return
    typer.echo(
        text(
            "workflow.check.process",
            name=process.name,
            version=process.version,
            tasks=sum(step.kind == "userTask" for step in process.steps),
            timers=sum(step.kind == "timer" for step in process.steps),
            messages=sum(step.kind == "message" for step in process.steps),
            machines=sum(step.kind in ("serviceTask", "businessRuleTask") for step in process.steps),
            states=len(process.states),
        )
    )
    typer.echo(text("workflow.check.digest", digest=process.digest))
    _print_steps(process.steps)


@app.command("show", help=text("workflow.help.show"))
def show(
    name: Annotated[str, typer.Argument(help=text("workflow.argument.name"))],
    as_json: AsJson = False,
) -> None:
    definition: Definition = packaged_library().latest(name)
    process = describe_process(definition)
    if as_json:
        write_json(process)
        return
    typer.echo(text("workflow.show.title", label=definition.label.spoken(), name=name, version=process.version))
    typer.echo(text("workflow.show.start", roles=", ".join(process.start_roles)))
    typer.echo(text("workflow.show.states", states=" ".join(process.states)))
    _print_steps(process.steps)
    for separation in definition.separations:
        source = _with_grade(separation.source, separation.evidence)
        typer.echo(text("workflow.show.separation", duties=", ".join(separation.duties), source=source))
    for suspension in definition.suspensions.values():
        roles = ", ".join(suspension.roles)
        typer.echo(text("workflow.show.suspension", label=suspension.label.spoken(), name=suspension.name, roles=roles))
    if definition.cancel_roles:
        typer.echo(text("workflow.show.cancel", roles=", ".join(definition.cancel_roles)))
    for decision in definition.decisions.values():
        line = describe_decision(decision)
        source = _with_grade(line.source, line.evidence)
        typer.echo(text("workflow.show.decision", label=decision.label.spoken(), version=line.version, source=source))


def _print_steps(steps: tuple[StepLine, ...]) -> None:
    table = Table(box=None)
    for column in ("id", "label", "roles", "duty", "state", "deadline"):
        table.add_column(text(f"workflow.column.{column}"), overflow="fold")
    for step in steps:
        deadlines = "\n".join(_spell(deadline) for deadline in step.deadlines)
        row: list[Any] = [step.id, step.label, " ".join(step.roles), step.duty, step.state, deadlines]
        table.add_row(*row)
    Console(highlight=False).print(table)


def _spell(deadline: DeadlineLine) -> str:
    length = text(f"workflow.duration.{deadline.unit}", amount=deadline.amount)
    return text("workflow.deadline", length=length, grade=_grade(deadline.evidence))


def _grade(evidence: str) -> str:
    return text("workflow.confirm", grade=evidence) if evidence in ("M-L", "P") else evidence


def _with_grade(source: str, evidence: str) -> str:
    return text("workflow.graded", source=source, grade=_grade(evidence))
