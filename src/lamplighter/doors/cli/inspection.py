"""``lamplighter inspection``: tomorrow's plan, amounts, deadlines, guards of a stop, and the papers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.documents import replaced
from lamplighter.base.messages import text
from lamplighter.business.inspection.notices import check_fingerprint, fingerprint, print_document
from lamplighter.business.inspection.reading import read_document, read_json, read_record
from lamplighter.business.inspection.records.notices import ViolationNotice
from lamplighter.business.inspection.records.stopping import StopPlan
from lamplighter.business.inspection.rules import load_law
from lamplighter.business.inspection.rules.deadlines import CHINA, DEADLINES, Deadline, day_in_china, deadline
from lamplighter.business.inspection.rules.sheet import check_switches
from lamplighter.business.inspection.rules.stopping import check_stop
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.evidence import add_evidence_commands
from lamplighter.doors.cli.inspection_amounts import app as amounts
from lamplighter.doors.cli.inspection_amounts import law_file, say_unit
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.visit_plan import add_plan_commands

app = App("inspection")
add_plan_commands(app)
add_evidence_commands(app)
app.add_typer(amounts, name="amount", help=text("inspection.help.amount"))

Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=text("inspection.option.on"))]
Case = Annotated[Path, typer.Option("--case", help=text("inspection.option.case"))]


@app.command("deadline", help=text("inspection.help.deadline"))
def show_deadline(
    name: Annotated[str | None, typer.Argument(help=text("inspection.option.deadline"))] = None,
    start: Annotated[str | None, typer.Option("--start", help=text("inspection.option.start"))] = None,
    as_json: AsJson = False,
) -> None:
    begins = _start(start)
    held = load_law(on=day_in_china(begins, name="--start"), file=law_file())
    if name is None:
        rules = [held.rule(each) for each in DEADLINES]
        if as_json:
            write_json([{"name": r.rule_id, "count": str(r.value), "unit": r.unit, "words": r.say()} for r in rules])
            return
        table = Table(box=None)
        for column in ("name", "span", "meaning", "clause", "evidence"):
            table.add_column(text(f"inspection.column.{column}"), overflow="fold")
        for rule in rules:
            span = f"{rule.value} {say_unit(rule.unit)}"
            table.add_row(rule.rule_id, span, rule.say(), rule.clause.say(), rule.evidence)
        Console(highlight=False).print(table)
        return
    found = deadline(name, start=begins, law=held)
    if as_json:
        write_json(
            {
                "name": name,
                "due_at": found.due_at,
                "last_on": found.last_on,
                "is_moved": found.is_moved,
                "is_provisional": found.is_provisional,
                "clause": found.rule.clause.say(),
                "evidence": found.rule.evidence,
                "needs_confirmation": found.rule.needs_confirmation,
            }
        )
        return
    _say_deadline(found)


def _say_deadline(found: Deadline) -> None:
    rule = found.rule
    typer.echo(
        text(
            "inspection.deadline.due",
            meaning=rule.say(),
            start=found.start.isoformat(),
            count=rule.value,
            unit=say_unit(rule.unit),
            due=found.due_at.isoformat(timespec="minutes"),
            clause=rule.clause.say(),
        )
    )
    if rule.unit not in ("hour", "minute"):
        typer.echo(text("inspection.deadline.start_not_counted"))
    if found.is_moved:
        typer.echo(text("inspection.deadline.moved"))
    if found.is_provisional:
        typer.echo(text("inspection.deadline.provisional"))
    if rule.needs_confirmation:
        typer.echo(text("inspection.deadline.confirm"))


def _start(written: str | None) -> date | datetime:
    if written is None:
        return datetime.now(UTC)
    try:
        return date.fromisoformat(written) if len(written) <= len("2025-03-03") else datetime.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter(text("inspection.option.start"), param_hint="--start") from error


@app.command("stop", help=text("inspection.help.stop"))
def stop(case: Case, as_json: AsJson = False) -> None:
    plan = read_record(StopPlan, read_json(case), source=str(case))
    found = check_stop(plan, law=load_law(on=plan.stop_at.astimezone(CHINA).date(), file=law_file()))
    if as_json:
        guards = [
            {
                "name": guard.name,
                "state": guard.state,
                "why": guard.why.say(),
                "clause": guard.rule.clause.say(),
                "evidence": guard.rule.evidence,
            }
            for guard in found.guards
        ]
        spot = found.on_the_spot_rule
        write_json(
            {
                "may_stop": found.may_stop,
                "is_on_the_spot": found.is_on_the_spot,
                "is_on_the_spot_to_confirm": spot is not None and spot.needs_confirmation,
                "guards": guards,
            }
        )
        return
    table = Table(box=None)
    for column in ("guard", "state", "why", "clause", "evidence"):
        table.add_column(text(f"inspection.column.{column}"), overflow="fold")
    for guard in found.guards:
        table.add_row(
            text(f"inspection.guard.{guard.name}"),
            text(f"inspection.guard_state.{guard.state}"),
            guard.why.say(),
            guard.rule.clause.say(),
            guard.rule.evidence,
        )
    Console(highlight=False).print(table)
    if found.is_on_the_spot:
        typer.echo(text("inspection.stop.on_the_spot"))
    elif found.on_the_spot_rule is not None:
        typer.echo(text("inspection.stop.by_procedure"))
    if found.on_the_spot_rule is not None and found.on_the_spot_rule.needs_confirmation:
        typer.echo(text("inspection.deadline.confirm"))
    said = text("inspection.stop.may") if found.may_stop else ""
    typer.echo(said or text("inspection.stop.may_not", count=len(found.missing)))


@app.command("notice", help=text("inspection.help.notice"))
def notice(
    case: Case,
    pdf: Annotated[Path | None, typer.Option("--pdf", help=text("inspection.option.pdf"))] = None,
    language: Annotated[str | None, typer.Option("--languages", help=text("inspection.option.language"))] = None,
    verify_url: Annotated[str, typer.Option("--verify-url", help=text("inspection.option.verify_url"))] = "",
    check: Annotated[str | None, typer.Option("--check", help=text("inspection.option.check"))] = None,
    as_json: AsJson = False,
) -> None:
    document = read_document(read_json(case), source=str(case))
    if check is not None:
        check_fingerprint(document, given=check)
    at = document.found_at if isinstance(document, ViolationNotice) else document.made_at
    held = load_law(on=at.astimezone(CHINA).date(), file=law_file())
    languages = language or held.switches["documents_language"].default
    check_switches({"documents_language": languages}, held)
    if pdf is not None:
        content = print_document(document, law=held, languages=languages, verify_url=verify_url)
        pdf.parent.mkdir(parents=True, exist_ok=True)
        with replaced(pdf) as staged:
            staged.write_bytes(content)
    if as_json:
        write_json({"number": document.number, "sha256": fingerprint(document), "path": pdf})
        return
    typer.echo(text("inspection.notice.number", number=document.number, sha256=fingerprint(document)))
    if check is not None:
        typer.echo(text("inspection.notice.same"))
    if pdf is not None:
        typer.echo(text("inspection.notice.written", path=pdf))


@app.command("law", help=text("inspection.help.law"))
def show_law(on: Day = None, as_json: AsJson = False) -> None:
    held = load_law(on=on.date() if on else datetime.now(CHINA).date(), file=law_file())
    if as_json:
        rules = [
            {
                "rule_id": rule.rule_id,
                "version": rule.version,
                "value": str(rule.value),
                "unit": rule.unit,
                "words": rule.say(),
                "clause": rule.clause.say(),
                "source": rule.source,
                "evidence": rule.evidence,
                "needs_confirmation": rule.needs_confirmation,
            }
            for rule in held.rules.values()
        ]
        write_json({"on": held.on, "version": held.version, "rules": rules, "switches": list(held.switches.values())})
        return
    table = Table(box=None)
    for column in ("name", "value", "meaning", "clause", "evidence"):
        table.add_column(text(f"inspection.column.{column}"), overflow="fold")
    for rule in held.rules.values():
        grade = text("inspection.law.confirm", grade=rule.evidence) if rule.needs_confirmation else rule.evidence
        value = f"{rule.value} {rule.unit}" if not isinstance(rule.value, bool) else text(_YES_NO[rule.value])
        table.add_row(rule.rule_id, value.strip(), rule.say(), rule.clause.say(), grade)
    for switch in held.switches.values():
        grade = text("inspection.law.confirm", grade=switch.evidence) if switch.needs_confirmation else switch.evidence
        options = [f"{option}: {text(f'inspection.choice.{switch.name}.{option}')}" for option in switch.options]
        table.add_row(switch.name, switch.default, switch.say(), "\n".join(options), grade)
    Console(highlight=False).print(table)


_YES_NO = {True: "house.yes", False: "house.no"}
