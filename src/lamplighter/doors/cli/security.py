"""``lamplighter security``: the audit trail from the command line."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Role
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.web import starting

app = App("security")


class TrailNotWhole(LamplighterError):
    """The audit trail is not what was recorded."""

    def __init__(self, fault: str, number: int) -> None:
        self.fault, self.number = fault, number
        super().__init__(text("audit.command.not_whole", fault=text(f"audit.fault.{fault}", number=number)))


@app.command("verify_audit", help=text("audit.command.verify_help"))
def verify_audit(as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.base.security.audit.verifying import verify_trail
    from lamplighter.doors.web.views.trail import say_verdict

    verdict = verify_trail(starting.seals_of_home())
    if as_json:
        write_json(verdict)
    else:
        typer.echo(say_verdict(verdict))
    if verdict.fault is not None and verdict.first_broken is not None:
        raise TrailNotWhole(verdict.fault, verdict.first_broken)


@app.command("seal_audit", help=text("audit.command.seal_help"))
def seal_audit(as_json: AsJson = False) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.base.security.audit.sealing import seal

    seals = starting.seals_of_home()
    head = seal(seals, now=dt.datetime.now(dt.UTC))
    if as_json:
        write_json(head)
    elif head is None:
        typer.echo(text("audit.command.nothing"))
    else:
        folders = ", ".join(map(str, seals.folders))
        typer.echo(text("audit.command.sealed", number=head.number, folders=folders))


@app.command("add_staff", help=text("security.staffing.help"))
def add_staff(
    username: Annotated[str, typer.Argument(help=text("security.staffing.username_help"))],
    role: Annotated[list[Role], typer.Option(help=text("security.staffing.role_help"))],
    unit: Annotated[str | None, typer.Option(help=text("security.staffing.unit_help"))] = None,
) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.base.security import staffing

    phrase = staffing.add_staff(username=username, roles=role, unit_id=unit)
    typer.echo(text("security.staffing.made", username=username, phrase=phrase))
