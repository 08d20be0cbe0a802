"""Classes of tickets and their escalation as they hold on a day: the company's own file goes before the package's."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.tickets.records import EscalationRule, TicketClass
from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.durations import DurationUnreadable, read_duration

FILE: Final = "tickets.toml"
"""Name of a company's own file in the settings of its home."""
_GRADES: Final = ("R", "M-H", "M-M", "M-L", "P")


class ClassUnknown(LamplighterError):
    """There is no such class of tickets on a day."""

    def __init__(self, code: str, *, on: dt.date) -> None:
        self.code = code
        super().__init__(text("tickets.error.class_unknown", code=code, known=", ".join(ticket_classes(on=on))))


class TicketSettingsInvalid(LamplighterError):
    """The company's file of classes and escalation cannot be read as such."""

    def __init__(self, file: Path, fault: str) -> None:
        self.file, self.fault = file, fault
        super().__init__(text("tickets.error.settings_invalid", file=file, fault=fault))


def ticket_classes(*, on: dt.date) -> Mapping[str, TicketClass]:
    """Return the classes that hold on a day, by code: of each the newest version that has begun.

    Args:
        on: the day, on the company's own calendar.

    Raises:
        TicketSettingsInvalid: the company's own file cannot be read.

    Example:
        >>> ticket_classes(on=dt.date(2026, 3, 2))["TK-1"].process
        'ticket_complaint'
    """
    entries = _read()[0]
    held = {each.code: each for each in _holding(entries, on=on)}
    # In the order they are written in, whenever each began.
    return {code: held[code] for code in dict.fromkeys(each.code for each in entries) if code in held}


def ticket_class(code: str, *, on: dt.date) -> TicketClass:
    """Return a class as it holds on a day.

    Raises:
        ClassUnknown: there is none of this code.
        TicketSettingsInvalid: the company's own file cannot be read.
    """
    try:
        return ticket_classes(on=on)[code]
    except KeyError:
        raise ClassUnknown(code, on=on) from None


def escalation_rule(*, on: dt.date) -> EscalationRule:
    """Return when somebody above hears of a ticket, as it holds on a day.

    Raises:
        TicketSettingsInvalid: the company's own file cannot be read.
    """
    return _holding(_read()[1], on=on)[-1]


def own_file() -> Path:
    """Return where a company keeps classes and escalation of its own."""
    return read_settings().home.settings / FILE


_Entries = tuple[Sequence[TicketClass], Sequence[EscalationRule]]


_T = TypeVar("_T", TicketClass, EscalationRule)


def _holding(entries: Iterable[_T], *, on: dt.date) -> list[_T]:
    # Sorting is stable: of two entries of one day the company's, which stands later, wins.
    return sorted((each for each in entries if each.valid_from <= on), key=lambda each: each.valid_from)


def _read() -> _Entries:
    file = own_file()
    try:
        changed_ns = file.stat().st_mtime_ns
    except OSError:
        return _packaged()
    return _with_own(file, changed_ns)


@cache
def _packaged() -> _Entries:
    def rows(name: str) -> Mapping[str, Any]:
        return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))

    return _entries(rows("classes.toml") | rows("escalation.toml"))


@cache
def _with_own(file: Path, changed_ns: int) -> _Entries:
    # Read again only when it changed: a desk that runs for months takes up a new limit without a restart.
    try:
        own = _entries(tomllib.loads(file.read_text(encoding="utf-8")))
    except KeyError as missing:
        raise TicketSettingsInvalid(file, text("tickets.settings.missing", name=missing.args[0])) from missing
    except DurationUnreadable as problem:
        raise TicketSettingsInvalid(file, text("tickets.settings.promise", value=problem)) from problem
    except (OSError, ValueError, TypeError) as problem:
        raise TicketSettingsInvalid(file, str(problem)) from problem
    packaged = _packaged()
    return (*packaged[0], *own[0]), (*packaged[1], *own[1])


def _entries(content: Mapping[str, Any]) -> _Entries:
    _refuse_strange(content, ("class", "escalation"))
    return [_class(row) for row in content.get("class", [])], [_rule(row) for row in content.get("escalation", [])]


def _class(row: Mapping[str, Any]) -> TicketClass:
    _refuse_strange(row, [field.name for field in fields(TicketClass)])
    if row["process"] not in packaged_library().names():
        raise ValueError(text("tickets.settings.process", process=row["process"]))
    return TicketClass(
        code=str(row["code"]),
        process=row["process"],
        promise=read_duration(row["promise"]) if row["promise"] else None,
        valid_from=_day(row),
        source=str(row["source"]),
        evidence=_grade(row),
    )


def _rule(row: Mapping[str, Any]) -> EscalationRule:
    _refuse_strange(row, [field.name for field in fields(EscalationRule)])
    owner, manager = float(row["owner_share"]), float(row["manager_share"])
    if not 0 < owner <= manager <= 1:
        raise ValueError(text("tickets.settings.shares", owner=owner, manager=manager))
    return EscalationRule(
        valid_from=_day(row),
        owner_share=owner,
        manager_share=manager,
        repeat_calls=int(row["repeat_calls"]),
        repeat_hours=int(row["repeat_hours"]),
        words=tuple(str(word) for word in row["words"]),
        source=str(row["source"]),
        evidence=_grade(row),
    )


def _day(row: Mapping[str, Any]) -> dt.date:
    day = row["valid_from"]
    if type(day) is not dt.date:
        raise TypeError(text("tickets.settings.day", value=day))
    return day


def _grade(row: Mapping[str, Any]) -> str:
    if row["evidence"] not in _GRADES:
        raise ValueError(text("tickets.settings.grade", value=row["evidence"], known=", ".join(_GRADES)))
    return str(row["evidence"])


def _refuse_strange(row: Mapping[str, Any], known: Sequence[str]) -> None:
    strange = sorted(set(row) - set(known))
    if strange:
        raise ValueError(text("tickets.settings.strange", names=", ".join(strange)))
