"""Processes and their versions as the desk shows them: what runs, what waits, and what a change would change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.reach import is_over_all
from lamplighter.business.workflow.comparing import Difference, compare_decisions, compare_processes
from lamplighter.business.workflow.definitions.library import (
    DefinitionUnknown,
    packaged_decisions,
    packaged_library,
)
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.business.workflow.versions.library import (
    DECISION,
    LIBRARY,
    PROCESS,
    read_own_decision,
    read_own_process,
)
from lamplighter.business.workflow.versions.models import Beginning, Change, VersionFile


@dataclass(frozen=True, slots=True)
class ListedProcess:
    """A process or decision table in the list.

    Attributes:
        kind: process or decision.
        version: the one new instances begin with, or that is asked now.
        is_own: the company made it; otherwise it came with Lamplighter.
        since, by: when it was released and by whom; None and empty for a packaged one nobody chose.
        versions: how many there are.
        waiting: number of the change that waits; None.
    """

    kind: str
    name: str
    label: str
    version: int
    is_own: bool
    since: dt.datetime | None
    by: str
    versions: int
    waiting: int | None


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version of a process or table.

    Attributes:
        digest: SHA-256 of its file; names it for the download.
        released_at: None for a packaged one.
        proposed_by, approved_by, reason: of the change that brought it.
        change: number of that change; None for a packaged one.
        is_running: new instances begin with it.
    """

    version: int
    digest: str
    is_own: bool
    released_at: dt.datetime | None
    proposed_by: str
    approved_by: str
    reason: str
    change: int | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class BegunWith:
    """A moment from which new instances began with another version."""

    made_at: dt.datetime
    by: str
    version: int
    replaced: int
    reason: str
    is_choice: bool


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """One process or table that a change touches: what would run, what runs, and what is different."""

    kind: str
    name: str
    after: Definition | Decision
    before: Definition | Decision
    differences: tuple[Difference, ...]
    rehearsal: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FoundChange:
    """A change with everything one needs to decide on it."""

    number: int
    name: str
    file_name: str
    reason: str
    proposed_by_id: int
    proposed_by: str
    proposed_at: dt.datetime
    state: str
    decided_by: str
    decided_at: dt.datetime | None
    answer: str
    parts: tuple[ChangedPart, ...]


def list_definitions(*, actor: Actor) -> list[ListedProcess]:
    """Return every process, then every decision table.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    own: dict[tuple[str, str], int] = {}
    for kind, name in VersionFile.objects.filter(is_released=True).values_list("kind", "name"):
        own[kind, name] = own.get((kind, name), 0) + 1
    waiting = {
        (kind, name): number
        for kind, name, number in VersionFile.objects.filter(is_waiting=True).values_list("kind", "name", "change_id")
    }
    begun = {each.name: each for each in Beginning.objects.order_by("pk")}
    found = []
    for name in packaged_library().names():
        running, since = LIBRARY.latest(name), begun.get(name)
        found.append(
            ListedProcess(
                kind=PROCESS,
                name=name,
                label=running.label.spoken(),
                version=running.version,
                is_own=running.version not in packaged_library().versions(name),
                since=since.made_at if since else None,
                by=since.by_name if since else "",
                versions=len(packaged_library().versions(name)) + own.get((PROCESS, name), 0),
                waiting=waiting.get((PROCESS, name)),
            )
        )
    for table in {each.name: each for each in LIBRARY.decisions()}.values():
        newest = _released(table.name, DECISION).last()
        found.append(
            ListedProcess(
                kind=DECISION,
                name=table.name,
                label=table.label.spoken(),
                version=table.version,
                is_own=newest is not None,
                since=newest.change.decided_at if newest else None,
                by=newest.change.decided_by if newest else "",
                versions=sum(each.name == table.name for each in packaged_decisions())
                + own.get((DECISION, table.name), 0),
                waiting=waiting.get((DECISION, table.name)),
            )
        )
    return found


def list_versions(*, actor: Actor, name: str) -> list[ListedVersion]:
    """Return the versions of a process or table, the newest first; empty where there is none of this name.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return read_versions(name) if kind_of(name) else []


def read_versions(name: str) -> list[ListedVersion]:
    """Return the versions of a process or table for whoever may use the machine itself, the newest first.

    Raises:
        DefinitionUnknown: there is none of this name.
    """
    kind = _known_kind(name)
    running = running_version(name).version
    packaged = [
        (each.version, each.digest)
        for each in (
            [packaged_library().version(name, number) for number in packaged_library().versions(name)]
            if kind == PROCESS
            else [each for each in packaged_decisions() if each.name == name]
        )
    ]
    own = [
        ListedVersion(
            version=file.version,
            digest=file.digest,
            is_own=True,
            released_at=file.change.decided_at,
            proposed_by=file.change.proposed_by,
            approved_by=file.change.decided_by,
            reason=file.change.reason,
            change=file.change_id,
            is_running=file.version == running,
        )
        for file in _released(name, kind)
    ]
    return [
        *reversed(own),
        *(
            ListedVersion(version, digest, False, None, "", "", "", None, version == running)
            for version, digest in reversed(packaged)
        ),
    ]


def list_beginnings(*, actor: Actor, name: str) -> list[BegunWith]:
    """Return since when new instances of a process began with which version, the newest first.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return [
        BegunWith(row.made_at, row.by_name, row.version, row.replaced, row.reason, row.change_id is None)
        for row in Beginning.objects.filter(name=name).order_by("-pk")
    ]


def list_changes(*, actor: Actor, name: str) -> list[FoundChange]:
    """Return the changes brought to a process or table, without their parts, the newest first.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return [_change(row, ()) for row in Change.objects.filter(files__name=name).distinct().order_by("-pk")]


def find_change(*, actor: Actor, number: int) -> FoundChange | None:
    """Return a change with what it would change; None where there is none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    row = Change.objects.filter(pk=number).first()
    if row is None:
        return None
    return _change(row, tuple(_part(row, file) for file in row.files.all()))


def kind_of(name: str) -> str | None:
    """Say whether a name is that of a process or of a decision table; None for neither."""
    if name in packaged_library().names():
        return PROCESS
    return DECISION if any(each.name == name for each in packaged_decisions()) else None


def _known_kind(name: str) -> str:
    kind = kind_of(name)
    if kind is None:
        tables = [each.name for each in packaged_decisions()]
        raise DefinitionUnknown(name, known=[*packaged_library().names(), *tables])
    return kind


def running_version(name: str) -> Definition | Decision:
    """Return what new instances begin with, or the table that is asked now.

    Raises:
        DefinitionUnknown: there is no process or table of this name.
    """
    if _known_kind(name) == DECISION:
        return [each for each in LIBRARY.decisions() if each.name == name][-1]
    return LIBRARY.latest(name)


def version_file(*, actor: Actor, name: str, version: int) -> tuple[bytes, str] | None:
    """Return the file of a version, also of one that waits, and the ending of its name; None where there is none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    try:
        return read_file(name, version), "bpmn" if kind_of(name) == PROCESS else "dmn"
    except DefinitionUnknown:
        return None


def read_file(name: str, version: int) -> bytes:
    """Return the file of a version, also of one that waits, for whoever may use the machine itself.

    Raises:
        DefinitionUnknown: there is none.
    """
    kind = _known_kind(name)
    own = VersionFile.objects.filter(kind=kind, name=name, version=version).first()
    digests = {each.version: each.digest for each in read_versions(name)}
    if own is None and version not in digests:
        raise DefinitionUnknown(f"{name} {version}", known=[str(each) for each in digests])
    return LIBRARY.content(own.digest if own else digests[version])


def may_release(actor: Actor) -> bool:
    """Say whether the actor may decide how the whole company works."""
    return actor.may(Right.CHANGE_PROCESSES) and is_over_all(actor)


def _released(name: str, kind: str) -> Any:
    rows = VersionFile.objects.filter(kind=kind, name=name, is_released=True)
    return rows.select_related("change").order_by("pk")


def _part(change: Change, file: VersionFile) -> ChangedPart:
    based_on = change.based_on[file.name]
    own = VersionFile.objects.filter(kind=file.kind, name=file.name, version=based_on).first()
    if file.kind == DECISION:
        table = read_own_decision(file.digest)
        known = [read_own_decision(own.digest)] if own else packaged_decisions()
        old = next(each for each in known if each.name == file.name and each.version == based_on)
        return ChangedPart(DECISION, file.name, table, old, compare_decisions(old, table), None)
    after = read_own_process(file.digest)
    before = read_own_process(own.digest) if own else packaged_library().version(file.name, based_on)
    rehearsal = change.rehearsals.get(file.name)
    return ChangedPart(PROCESS, file.name, after, before, compare_processes(before, after), rehearsal)


def _change(row: Change, parts: tuple[ChangedPart, ...]) -> FoundChange:
    return FoundChange(
        number=row.pk,
        name=row.name,
        file_name=row.file_name,
        reason=row.reason,
        proposed_by_id=row.proposed_by_id,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        answer=row.answer,
        parts=parts,
    )
