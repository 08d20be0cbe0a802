"""Contacts from a file: the format of scoring, and who spoke for the company, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lamplighter.business.service_desk.contacts.records import NUMBER_LENGTH
from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.records import Dialogue


class _About(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str = Field(min_length=1, max_length=NUMBER_LENGTH)
    at: AwareDatetime
    agent: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A line of the file.

    Attributes:
        number: of the line, from 1.
        dialogue: the conversation.
        at: when it began.
        agent: name of the staff account; empty where a program spoke.
        unit: unit it belongs to; empty for that of the agent.
    """

    number: int
    dialogue: Dialogue
    at: dt.datetime
    agent: str
    unit: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken: its number, the contact where it names one, and why."""

    number: int
    contact_no: str
    why: str


def read_lines(path: Path) -> Iterator[ContactLine | BadLine]:
    """Yield every line of a file, the bad ones with their reason; empty lines are left out."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield _read(number, raw)


def _read(number: int, raw: bytes) -> ContactLine | BadLine:
    try:
        line = raw.decode("utf-8-sig")
        dialogue = read_dialogue(line)
        about = _About.model_validate_json(line)
    except UnicodeDecodeError as broken:
        return BadLine(number, "", str(broken))
    except ValidationError as broken:
        first = broken.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        return BadLine(number, "", f"{where}: {first['msg']}" if where else first["msg"])
    return ContactLine(number, dialogue, about.at, about.agent, about.unit)
