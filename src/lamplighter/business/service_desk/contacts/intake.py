"""A file of contacts, line by line: what was taken, what was known, and what was not taken and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from lamplighter.base.messages import text
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.service_desk.contacts.contact_file import BadLine, ContactLine, read_lines
from lamplighter.business.service_desk.contacts.operations import KIND, take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion, Taken


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file: ``read`` = ``taken`` + ``known`` + the lines in ``refused``.

    Attributes:
        refused: number of the line, contact where it names one, and why.
    """

    read: int
    taken: int
    known: int
    refused: tuple[BadLine, ...]


def take_file(path: Path, *, now: dt.datetime) -> Intake:
    """Score and keep the contacts of a file; a second time nothing is doubled.

    Args:
        path: one conversation a line.
        now: the instant, with its zone.
    """
    read, counts, refused = 0, dict.fromkeys(Taken, 0), []
    for line in read_lines(path):
        read += 1
        bad = line if isinstance(line, BadLine) else _take(line, now=now, counts=counts)
        if bad is not None:
            refused.append(bad)
    found = Intake(read, counts[Taken.NEW], counts[Taken.KNOWN], tuple(refused))
    after = {"file": path.name, "read": read, "taken": found.taken, "known": found.known, "refused": len(refused)}
    record(act=Act.CREATED, by=None, now=now, kind=KIND, after=after)
    return found


def _take(line: ContactLine, *, now: dt.datetime, counts: dict[Taken, int]) -> BadLine | None:
    def bad(why: str, **fields: str) -> BadLine:
        return BadLine(line.number, line.dialogue.id, text(f"contacts.bad.{why}", **fields))

    staff = Staff.objects.select_related("unit").filter(username=line.agent).first() if line.agent else None
    if line.agent and staff is None:
        return bad("agent_unknown", agent=line.agent)
    unit = Unit.objects.filter(pk=line.unit).first() if line.unit else staff.unit if staff else None
    if unit is None:
        return bad("unit_unknown", unit=line.unit) if line.unit else bad("unit_missing")
    if not line.dialogue.turns:
        return bad("no_turns")
    if line.at > now:
        return bad("in_future")
    agent = Agent(staff.pk, staff.as_actor().name) if staff else None
    became = take_contact(Occasion(line.dialogue, agent, unit.path, line.at), now=now)
    if became is Taken.DIFFERS:
        return bad("differs")
    counts[became] += 1
    return None
