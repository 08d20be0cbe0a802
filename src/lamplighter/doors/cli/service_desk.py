"""``lamplighter service_desk``: ask a question, score conversations, check what service knows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.settings import Home, read_settings
from lamplighter.business.service_desk.answers.conversation import Conversation
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.identity import AttemptsInMemory, Identity
from lamplighter.business.service_desk.knowledge.graph import Edge, check_edges, packaged_edges
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogues
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.records import Score
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.quality.scoring import score_dialogue
from lamplighter.business.service_desk.records import Answer, Figure
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.business.service_desk.understanding.model import open_classifier
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.business.service_desk.voice.hearing import SaidByVoice, hear_recording, open_ears
from lamplighter.business.service_desk.voice.sound import read_sound
from lamplighter.business.service_desk.voice.speaking import list_prompts
from lamplighter.business.workflow.company_days import AROUND, day_of
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, ExitCode, json_ready, write_json
from lamplighter.doors.web import starting
from lamplighter.journeys.service_tools import LakeDirectory, LakeTools

app = App("service_desk")


class NothingAsked(LamplighterError):
    """Neither a question nor a file of questions was given."""

    def __init__(self) -> None:
        super().__init__(text("service_desk.ask.nothing"))


@app.command("ask", help=text("service_desk.help.ask"))
def ask(
    question: Annotated[str, typer.Argument(metavar="TEXT", help=text("service_desk.argument.text"))] = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, readable=True, help=text("service_desk.option.file")),
    ] = None,
    account: Annotated[str, typer.Option("--account", help=text("service_desk.option.account"))] = "",
    fact: Annotated[list[str] | None, typer.Option("--fact", help=text("service_desk.option.fact"))] = None,
    as_json: AsJson = False,
) -> None:
    home = read_settings().home
    now, begin = dt.datetime.now(AROUND.calendar.zone), _beginner(home, account, fact)

    def answer(words: str) -> Answer:
        # Each line of a file is somebody of his own.
        return begin().reply(words, now=now)

    if file is not None:
        for line in file.read_text(encoding="utf-8-sig").splitlines():
            if line.strip():
                typer.echo(json.dumps(json_ready(_as_document(answer(line), line)), ensure_ascii=False))
        return
    if not question.strip():
        raise NothingAsked
    found = answer(question)
    if as_json:
        write_json(_as_document(found, question))
        return
    _say_answer(found)


def _beginner(home: Home, account: str, fact: list[str] | None) -> Callable[[], Conversation]:
    """Return what begins conversations at a terminal, each of somebody who proves who he is if he can."""
    reader, lake = Reader(open_classifier(home.models)), Lake.open(home.lake)
    tools, identity = LakeTools(lake, home.tariffs), Identity(LakeDirectory(lake), AttemptsInMemory())
    known = _read_knowledge(home)

    def begin() -> Conversation:
        conversation = Conversation(reader, tools, identity, asker="terminal", knowledge=known)
        if account:
            facts = dict(each.partition("=")[::2] for each in fact or ())
            conversation.identify(account_id=account, facts=facts, now=dt.datetime.now(dt.UTC))
        return conversation

    return begin


def _read_knowledge(home: Home) -> tuple[Edge, ...]:
    """Return what service knows of all days: the package, and where the home has a desk what was approved there.

    Raises:
        DeskNotPrepared: the desk is of another version.
    """
    if not starting.is_desk_there(home):
        return packaged_edges()
    starting.start_django(home)
    if starting.has_open_migrations():
        raise starting.DeskNotPrepared
    from lamplighter.business.service_desk.knowledge.queries import read_edges

    return read_edges()


def _say_answer(found: Answer) -> None:
    meant = found.understanding
    name = intents()[meant.intent].name
    typer.echo(text("service_desk.ask.intent", name=name, code=meant.intent, confidence=meant.confidence))
    alerts = [alert.written for alert in (*meant.dangers, *meant.vulnerable)]
    if alerts:
        typer.echo(text("service_desk.ask.alert", words=" ".join(alerts)))
    typer.echo(found.text)
    for figure in found.figures:
        typer.echo(text("service_desk.ask.figure", figure=spell_figure(figure), source=figure.source))
    if found.hand_over:
        typer.echo(text("service_desk.ask.hand_over", reason=found.hand_over.reason))


def _as_document(answer: Answer, question: str) -> Mapping[str, Any]:
    meant = answer.understanding
    return {
        "text": question,
        "intent": meant.intent,
        "name": intents()[meant.intent].name,
        "confidence": meant.confidence,
        "candidates": meant.candidates,
        "more": meant.more,
        "slots": meant.slots,
        "dangers": meant.dangers,
        "vulnerable": meant.vulnerable,
        "is_complaint": meant.is_complaint,
        "is_unsure": meant.is_unsure,
        "answer": answer.text,
        "figures": _figures(answer.figures),
        "clauses": answer.clauses,
        "is_handed_over": answer.hand_over is not None,
        "hand_over": None
        if answer.hand_over is None
        else {**asdict(answer.hand_over), "looked_up": _figures(answer.hand_over.looked_up)},
        "written_by": answer.written_by,
    }


def _figures(figures: Sequence[Figure]) -> list[Mapping[str, str]]:
    return [
        {
            "name": figure.name,
            "said": spell_figure(figure),
            "value": str(figure.value),
            "unit": figure.unit,
            "source": figure.source,
            "grade": figure.grade,
        }
        for figure in figures
    ]


@app.command("listen", help=text("voice.listen.help"))
def listen(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help=text("voice.listen.file")),
    ],
    account: Annotated[str, typer.Option("--account", help=text("service_desk.option.account"))] = "",
    fact: Annotated[list[str] | None, typer.Option("--fact", help=text("service_desk.option.fact"))] = None,
    as_json: AsJson = False,
) -> None:
    home = read_settings().home
    said = hear_recording(read_sound(file), ears=open_ears(home), language=language())
    now, conversation = dt.datetime.now(AROUND.calendar.zone), _beginner(home, account, fact)()
    answers = [(each, conversation.reply(each.heard.text, now=now, is_clear=each.heard.is_clear)) for each in said]
    if as_json:
        write_json([_as_utterance(each, answer) for each, answer in answers])
        return
    if not answers:
        typer.echo(text("voice.listen.nobody"))
    for each, answer in answers:
        said_at: dict[str, Any] = {"start": each.start, "end": each.end}
        typer.echo(text("voice.listen.utterance", **said_at, text=each.heard.text, confidence=each.heard.confidence))
        _say_answer(answer)


@app.command("prompts", help=text("voice.prompts.help"))
def prompts(as_json: AsJson = False) -> None:
    found = list_prompts(read_settings().home)
    missing = [each for each in found if not each.is_recorded]
    if as_json:
        write_json(found)
        return
    if not missing:
        typer.echo(text("voice.prompts.complete", all=len(found)))
        return
    typer.echo(text("voice.prompts.missing", count=len(missing), all=len(found)))
    for each in missing:
        typer.echo(text("voice.prompts.line", file=each.file, words=each.words))


def _as_utterance(said: SaidByVoice, answer: Answer) -> Mapping[str, Any]:
    times = {"start": round(said.start, 3), "end": round(said.end, 3), "heard": said.heard.confidence}
    return {**times, "is_clear": said.heard.is_clear, **_as_document(answer, said.heard.text)}


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
    home, now = read_settings().home, dt.datetime.now().astimezone()
    edges, by_people = _company(home, now=now)
    for dialogue, at in read_dialogues(file):
        found = by_people(score_dialogue(dialogue, known=known_on(day_of(at or now), edges)))
        if as_json:
            typer.echo(json.dumps(json_ready(found), ensure_ascii=False))
            continue
        typer.echo(text("service_desk.score.line", id=found.id, total=found.total))
        for each in found.deductions:
            turn = "-" if each.turn is None else each.turn
            fields: dict[str, Any] = {"turn": turn, "points": each.points, "item": each.item, "reason": each.reason}
            typer.echo(text("service_desk.score.deduction", **fields))


def _company(home: Home, *, now: dt.datetime) -> tuple[tuple[Edge, ...], Callable[[Score], Score]]:
    """Return what the company's service knows of all days, and how it leaves items to people.

    Where the home has no desk it is what the package knows, and the rubric judges all it can.
    """
    if not starting.is_desk_there(home):
        return packaged_edges(), lambda score: score
    starting.start_django(home)
    from lamplighter.business.service_desk.contacts.releases import follow, release_at
    from lamplighter.business.service_desk.knowledge.queries import read_edges

    released, items = release_at(now), packaged_rubric().items
    return read_edges(), lambda score: follow(score, released, items=items)


@app.command("contacts", help=text("contacts.command.help"))
def contacts(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help=text("service_desk.argument.score_file")
        ),
    ],
    as_json: AsJson = False,
) -> None:
    starting.start_django(read_settings().home)
    from lamplighter.business.service_desk.contacts.intake import take_file

    found = take_file(file, now=dt.datetime.now(dt.UTC))
    if as_json:
        write_json(found)
    else:
        refused = len(found.refused)
        typer.echo(
            text("contacts.command.done", read=found.read, taken=found.taken, known=found.known, refused=refused)
        )
        for each in found.refused:
            typer.echo(text("contacts.command.refused", line=each.number, contact=each.contact_no, why=each.why))
    if found.refused:
        raise typer.Exit(ExitCode.FAILED)


@app.command("knowledge", help=text("service_desk.help.knowledge"))
def knowledge(as_json: AsJson = False) -> None:
    edges = _read_knowledge(read_settings().home)
    faults = check_edges(edges, on_date=dt.datetime.now(AROUND.calendar.zone).date())
    if as_json:
        write_json({"edges": edges, "faults": faults})
    else:
        for fault in faults:
            typer.echo(fault.sentence)
        if not faults:
            typer.echo(text("service_desk.knowledge.sound", count=len(edges)))
    if faults:
        raise typer.Exit(ExitCode.FAILED)
