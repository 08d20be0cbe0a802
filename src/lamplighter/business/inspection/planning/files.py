"""The two files a leader hands in: who works on the day, and what is known of single visits."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.sources import FileMapping, SourceFile, SourceLimits, column_names, read_batches
from lamplighter.base.sources.folder import format_of
from lamplighter.business.inspection.planning.records import Crew, Danger, Level, Person, Window, Wish

Row = Mapping[str, str]
Read = TypeVar("Read")
YES = frozenset({"true", "yes", "1", "是"})
NO = frozenset({"false", "no", "0", "否", ""})
SEPARATOR = ";"
CREWS_NEEDED = ("crew", "person", "from", "to")
WISHES_NEEDED = ("account_id",)


class PlanFileMissing(LamplighterError):
    """There is no such file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(text("planning.error.file_missing", path=path))


class PlanFileFaulty(LamplighterError):
    """Rows or headings of a file of planning cannot be used; none of it is."""

    def __init__(self, path: Path, *, faults: Sequence[str]) -> None:
        self.path, self.faults = path, tuple(faults)
        first = text("planning.list.join").join(faults[:5])
        super().__init__(text("planning.error.file_faulty", path=path, count=len(faults), first=first))


class _Cell(ValueError):
    """A value cannot be read; the sentence says which and why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def read_crews(path: Path, *, base_of: Callable[[str], tuple[float, float] | None]) -> tuple[Crew, ...]:
    """Return the crews of a file with one row a person.

    Columns: ``crew, person, from, to`` (working time, HH:MM), and where known ``level`` (1, 2, 3), ``valid_to`` (last
    day of the certificate), ``skills`` and ``barred`` (joined by ;), ``lunch_from, lunch_to, lunch_minutes``, and where
    the crew sets out: ``longitude, latitude`` or ``station``. Headings may be Chinese.

    Args:
        path: csv or xlsx.
        base_of: position of a station, None = unknown.

    Raises:
        PlanFileMissing, PlanFileFaulty, SourceUnreadable: as they say.
    """
    people = _rows(path, "crews", needed=CREWS_NEEDED, read=_person)
    names = list(dict.fromkeys(crew for crew, _, _ in people))
    if not names:
        raise PlanFileFaulty(path, faults=[text("planning.file.no_row")])
    return tuple(_crew(name, [each for each in people if each[0] == name], base_of=base_of) for name in names)


def read_wishes(path: Path) -> tuple[Wish, ...]:
    """Return appointments, orders and dangers of a file with one row an account.

    Columns: ``account_id``, and where known ``from, to`` (HH:MM), ``is_required`` (yes or no), ``danger`` (third_person
    or police), ``needs`` (skills joined by ;). Headings may be Chinese.

    Raises:
        PlanFileMissing, PlanFileFaulty, SourceUnreadable: as they say.
    """
    wishes = _rows(path, "wishes", needed=WISHES_NEEDED, read=_wish)
    accounts = [wish.account_id for wish in wishes]
    twice = sorted({account for account in accounts if accounts.count(account) > 1})
    if twice:
        raise PlanFileFaulty(path, faults=[text("planning.file.twice", account=account) for account in twice])
    return tuple(wishes)


def _rows(path: Path, kind: str, *, needed: Iterable[str], read: Callable[[Row], Read]) -> list[Read]:
    if not path.is_file():
        raise PlanFileMissing(path)
    table = files("lamplighter.business.inspection.planning").joinpath("headings.toml").read_text(encoding="utf-8")
    ours = {chinese: english for english, chinese in tomllib.loads(table)[kind].items()}
    file = SourceFile(path, path.name, format_of(path.name))
    limits = SourceLimits()
    found = {ours.get(name, name) for name in column_names(file, mapping=FileMapping(), limits=limits)}
    missing = [name for name in needed if name not in found]
    if missing:
        raise PlanFileFaulty(path, faults=[text("planning.file.no_column", column=name) for name in missing])
    taken: list[Read] = []
    faults: list[tuple[int, str]] = []
    for batch in read_batches(file, mapping=FileMapping(), types=lambda _: {}, limits=limits):
        faults += [(misfit.row, text("planning.file.misfit")) for misfit in batch.misfits]
        for number, cells in zip(batch.rows.tolist(), batch.table.to_pylist(), strict=True):
            row = {ours.get(name, name): str(cell or "").strip() for name, cell in cells.items()}
            try:
                taken.append(read(row))
            except _Cell as fault:
                faults.append((number, fault.sentence))
    if faults:
        raise PlanFileFaulty(
            path, faults=[text("planning.file.row", row=row, fault=fault) for row, fault in sorted(faults)]
        )
    return taken


def _person(row: Row) -> tuple[str, Person, Row]:
    for column in ("crew", "person"):
        if not row[column]:
            raise _Cell(text("planning.file.empty", column=column))
    shift = _window(row, "from", "to")
    if shift is None:
        raise _Cell(text("planning.file.empty", column="from"))
    # Read here, so that a fault names its row.
    _window(row, "lunch_from", "lunch_to")
    for column in ("lunch_minutes", "longitude", "latitude"):
        _number(row, column)
    level = _word(row, "level", tuple(Level))
    person = Person(
        person_id=row["person"],
        shift=shift,
        level=Level(level) if level else None,
        valid_to=_day(row, "valid_to"),
        skills=_words(row, "skills"),
        barred=_words(row, "barred"),
    )
    return row["crew"], person, row


def _crew(
    name: str,
    people: Sequence[tuple[str, Person, Row]],
    *,
    base_of: Callable[[str], tuple[float, float] | None],
) -> Crew:
    rows = [row for _, _, row in people]
    said = partial(_first_said, rows)
    lunch = next((found for row in rows if (found := _window(row, "lunch_from", "lunch_to")) is not None), None)
    base = (said("longitude"), said("latitude"))
    station = next((row["station"] for row in rows if row.get("station")), "")
    longitude, latitude = base if None not in base else (base_of(station) if station else None) or (None, None)
    return Crew(
        crew_id=name,
        persons=tuple(person for _, person, _ in people),
        lunch=lunch,
        lunch_minutes=said("lunch_minutes") or 0.0,
        longitude=longitude,
        latitude=latitude,
    )


def _first_said(rows: Sequence[Row], column: str) -> float | None:
    return next((found for row in rows if (found := _number(row, column)) is not None), None)


def _wish(row: Row) -> Wish:
    if not row["account_id"]:
        raise _Cell(text("planning.file.empty", column="account_id"))
    is_required = _word(row, "is_required", tuple(YES | NO))
    danger = _word(row, "danger", tuple(Danger))
    return Wish(
        account_id=row["account_id"],
        window=_window(row, "from", "to"),
        is_required=is_required in YES,
        danger=Danger(danger) if danger else None,
        needs=_words(row, "needs"),
    )


def _window(row: Row, start: str, end: str) -> Window | None:
    if not row.get(start) and not row.get(end):
        return None
    found = _minutes(row, start), _minutes(row, end)
    if found[0] > found[1]:
        raise _Cell(text("planning.file.ends_early", start=start, end=end))
    return found


def _minutes(row: Row, column: str) -> float:
    hours, _, minutes = row.get(column, "").partition(":")
    minutes = minutes.removesuffix(":00") if minutes.count(":") else minutes
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise _Cell(text("planning.file.no_time", column=column, value=row.get(column, "")))
    return int(hours) * 60.0 + int(minutes)


def _number(row: Row, column: str) -> float | None:
    if not row.get(column):
        return None
    try:
        return float(row[column])
    except ValueError:
        raise _Cell(text("planning.file.no_number", column=column, value=row[column])) from None


def _day(row: Row, column: str) -> date | None:
    if not row.get(column):
        return None
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise _Cell(text("planning.file.no_day", column=column, value=row[column])) from None


def _word(row: Row, column: str, allowed: Sequence[str]) -> str:
    word = row.get(column, "").lower()
    if word and word not in allowed:
        some = ", ".join(sorted(each for each in allowed if each))
        raise _Cell(text("planning.file.no_word", column=column, value=word, allowed=some))
    return word


def _words(row: Row, column: str) -> frozenset[str]:
    return frozenset(word.strip() for word in row.get(column, "").split(SEPARATOR) if word.strip())
