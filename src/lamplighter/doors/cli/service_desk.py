"""``lamplighter service_desk``: ask a question, score conversations."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogues
from lamplighter.business.service_desk.quality.scoring import score_dialogue
from lamplighter.business.service_desk.understanding.model import open_classifier
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, json_ready, write_json

app = App("service_desk")


@app.command("ask", help=text("service_desk.help.ask"))
def ask(
    question: Annotated[str, typer.Argument(metavar="TEXT", help=text("service_desk.argument.text"))] = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, readable=True, help=text("service_desk.option.file")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    reader = Reader(open_classifier(read_settings().home.models))
    today = dt.datetime.now(dt.UTC).date()
    if file is not None:
        for line in file.read_text(encoding="utf-8-sig").splitlines():
            if line.strip():
                typer.echo(json.dumps(json_ready(reader.understand(line, today=today)), ensure_ascii=False))
        return
    if as_json:
        write_json(reader.understand(question, today=today))


@app.command("score", help=text("service_desk.help.score"))
def score(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help=text("service_desk.argument.score_file")
        ),
    ],
    as_json: AsJson = False,
) -> None:
    for dialogue in read_dialogues(file):
        found = score_dialogue(dialogue)
        if as_json:
            typer.echo(json.dumps(json_ready(found), ensure_ascii=False))
            continue
        typer.echo(text("service_desk.score.line", id=found.id, total=found.total))
        for each in found.deductions:
            typer.echo(
                text(
                    "service_desk.score.deduction",
                    turn="-" if each.turn is None else each.turn,
                    points=each.points,
                    item=each.item,
                    reason=each.reason,
                )
            )
