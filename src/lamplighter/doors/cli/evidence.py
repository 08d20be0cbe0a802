"""``lamplighter inspection verify-evidence``: what came from the field, read again from the first byte."""

from __future__ import annotations

import typer

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.web import starting


class EvidenceNotWhole(LamplighterError):
    """Evidence of some cases is not what arrived."""

    def __init__(self, cases: list[str]) -> None:
        self.cases = cases
        super().__init__(text("field.command.not_whole", count=len(cases), cases=", ".join(cases[:20])))


def add_evidence_commands(app: App) -> None:
    """Add the command to the group ``inspection``."""
    app.command("verify-evidence", help=text("field.command.verify_help"))(verify_evidence)


def verify_evidence(as_json: AsJson = False) -> None:
    home = read_settings().home
    starting.start_django(home)
    from lamplighter.business.inspection.field.verifying import verify_every_case
    from lamplighter.doors.web.views.field import say_verdict

    verdicts = verify_every_case(home=home)
    if as_json:
        write_json(verdicts)
    else:
        for verdict in verdicts:
            typer.echo(say_verdict(verdict))
        if not verdicts:
            typer.echo(text("field.command.nothing"))
    broken = [verdict.case_no for verdict in verdicts if verdict.state.fault is not None]
    if broken:
        raise EvidenceNotWhole(broken)
