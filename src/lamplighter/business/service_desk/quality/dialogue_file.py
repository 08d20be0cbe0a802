"""Conversations from a file: one JSON document a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.methods.language.writing import plain_writing


class DialogueBroken(LamplighterError):
    """A line of the file is no conversation."""

    def __init__(self, path: Path, *, line: int, why: str) -> None:
        self.path, self.line, self.why = path, line, why
        super().__init__(text("service_desk.quality.dialogue_broken", path=path, line=line, why=why))


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    i: int | None = None
    who: Who
    start: float | None = None
    end: float | None = None
    text: str


class _Dialogue(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str
    channel: str = ""
    ended_by: str | None = None
    turns: list[_Turn]
    ticket: dict[str, Any] | None = None
    truth: list[dict[str, Any]] | None = None
    about: dict[str, Any] | None = None


class _When(BaseModel):
    model_config = ConfigDict(extra="ignore")
    at: dt.datetime | None = None


def _on_company_clock(at: dt.datetime) -> dt.datetime:
    return at if at.tzinfo else at.replace(tzinfo=AROUND.calendar.zone)


def read_dialogue(line: str) -> Dialogue:
    """Return the conversation of one JSON document.

    Raises:
        pydantic.ValidationError: it is none.

    Example:
        >>> read_dialogue('{"id": 7, "turns": [{"i": 1, "who": "agent", "text": "您好"}]}').turns[0].plain
        '您好'
    """
    return _dialogue(_Dialogue.model_validate_json(line))


def parse_dialogue(document: Mapping[str, Any]) -> Dialogue:
    """Return the conversation of a document that was read before, see `read_dialogue`."""
    return _dialogue(_Dialogue.model_validate(document))


def _dialogue(read: _Dialogue) -> Dialogue:
    return Dialogue(
        id=read.id,
        channel=read.channel,
        ended_by=(read.ended_by or "").lower(),
        turns=tuple(
            Turn(at if each.i is None else each.i, each.who, each.start, each.end, each.text, plain_writing(each.text))
            for at, each in enumerate(read.turns)
        ),
        ticket=read.ticket,
        truth=read.truth,
        about=read.about,
    )


def write_dialogue(dialogue: Dialogue) -> dict[str, Any]:
    """Return the document `read_dialogue` reads a conversation from.

    Example:
        >>> talk = read_dialogue('{"id": "7", "channel": "call", "turns": [{"i": 1, "who": "agent", "text": "您好"}]}')
        >>> parse_dialogue(write_dialogue(talk)) == talk
        True
    """
    document: dict[str, Any] = {
        "id": dialogue.id,
        "channel": dialogue.channel,
        "ended_by": dialogue.ended_by,
        "turns": [
            {"i": turn.i, "who": turn.who.value, "start": turn.start, "end": turn.end, "text": turn.text}
            for turn in dialogue.turns
        ],
    }
    if dialogue.ticket is not None:
        document["ticket"] = dict(dialogue.ticket)
    if dialogue.truth is not None:
        document["truth"] = [dict(fact) for fact in dialogue.truth]
    if dialogue.about is not None:
        document["about"] = dict(dialogue.about)
    return document


def read_dialogues(path: Path) -> Iterator[tuple[Dialogue, dt.datetime | None]]:
    """Yield the conversations of a file, each with when it began where the line has ``at``; empty lines are left out.

    Raises:
        DialogueBroken: a line is none, with its number.
    """
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                at = _When.model_validate_json(line).at
                yield read_dialogue(line), _on_company_clock(at) if at else None
            except ValidationError as broken:
                first = broken.errors()[0]
                where = ".".join(str(each) for each in first["loc"])
                raise DialogueBroken(path, line=number, why=f"{where}: {first['msg']}") from None
