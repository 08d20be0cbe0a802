"""Versions of processes and tables: which runs, its file, a changed one brought, released by another person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Path, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.workflow.definitions.markup import MOST_BYTES
from lamplighter.business.workflow.versions.operations import choose_version, decide_change, propose_change
from lamplighter.business.workflow.versions.queries import (
    FoundChange,
    find_change,
    kind_of,
    list_beginnings,
    list_changes,
    list_definitions,
    list_versions,
)
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Words, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of, policy_today
from lamplighter.doors.web.views.processes import hand_out_version

router = Router(tags=["process versions"])

NameInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class DefinitionOut(Schema):
    """A process or decision table, and the version new matters begin with or that is asked now."""

    kind: Literal["process", "decision"]
    name: str
    label: str
    version: int
    is_own: bool = Field(description="The company made it; otherwise it came with Lamplighter.")
    since: Instant | None
    by: str
    versions: int
    waiting: int | None = Field(description="Number of the change that waits.")


class VersionOut(Schema):
    """A version; ``change`` brought it, null for a packaged one."""

    version: int
    digest: str
    is_own: bool
    released_at: Instant | None
    proposed_by: str
    approved_by: str
    reason: str
    change: int | None
    is_running: bool


class BeginningOut(Schema):
    """Since when new matters began with which version."""

    made_at: Instant
    by: str
    version: int
    replaced: int
    reason: str
    is_choice: bool


class ChangeRowOut(Schema):
    """A change that was brought."""

    number: int
    name: str
    file_name: str
    reason: str
    proposed_by: str
    proposed_at: Instant
    state: str
    decided_by: str
    decided_at: Instant | None
    answer: str


class VersionsOut(Schema):
    """The versions of a process or table, when each ran, and the changes brought to it; newest first."""

    versions: list[VersionOut]
    beginnings: list[BeginningOut]
    changes: list[ChangeRowOut]


class DefinitionPart(Schema):
    """What a change does to one process or table, in sentences, and what came of trying it out."""

    kind: str
    name: str
    version: int
    based_on: int
    differences: list[str]
    rehearsal: dict[str, Any] | None


class DefinitionChange(Schema):
    """A change with everything one needs to decide on it."""

    change: ChangeRowOut
    parts: list[DefinitionPart]


class BroughtWith(Schema):
    """Why a changed file is brought."""

    reason: Annotated[Words, Field(min_length=1, max_length=2_000)]


class ChangeSettled(Schema):
    """What is decided on a change, and why."""

    is_approved: bool
    answer: Annotated[Words, Field(min_length=1, max_length=2_000)]


class VersionChosen(Schema):
    """Why new matters begin with another version."""

    reason: Annotated[Words, Field(min_length=1, max_length=2_000)]


@router.get("/definitions", auth=opened(Right.SEE_FIGURES), response=answers(list[DefinitionOut]))
def definitions(request: HttpRequest) -> Any:
    """Every process, then every decision table."""
    return list_definitions(actor=actor_of(request))


@router.get("/definitions/{name}", auth=opened(Right.SEE_FIGURES), response=answers(VersionsOut))
def versions(request: HttpRequest, name: NameInPath) -> Any:
    """The versions of a process or table, and how they came to run."""
    _require(name)
    actor = actor_of(request)
    return {
        "versions": list_versions(actor=actor, name=name),
        "beginnings": list_beginnings(actor=actor, name=name),
        "changes": list_changes(actor=actor, name=name),
    }


@router.get(
    "/definitions/{name}/versions/{version}/file",
    auth=opened(Right.SEE_FIGURES),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def version_file(request: HttpRequest, name: NameInPath, version: NumberInPath) -> HttpResponse:
    """The file of a version, BPMN 2.0 or DMN 1.3, byte by byte; handing it out is recorded."""
    return hand_out_version(name, version, actor=actor_of(request))


@router.post(
    "/definitions/{name}/changes",
    auth=opened(Right.CHANGE_PROCESSES),
    response=answers(DefinitionChange, status=201),
)
def propose(request: HttpRequest, name: NameInPath, given: Form[BroughtWith], file: File[UploadedFile]) -> Any:
    """Bring a changed file; all that is wrong with it is said at once, and nothing runs before another released it."""
    _require(name)
    change = propose_change(
        actor=actor_of(request),
        # One byte more than is allowed is enough to say so.
        content=file.read(MOST_BYTES + 1),
        file=file.name or "",
        reason=given.reason,
        persons=_persons(),
        now=timezone.now(),
    )
    return Status(201, _change(_found(request, change.pk)))


@router.post(
    "/definitions/{name}/versions/{version}/choose",
    auth=opened(Right.CHANGE_PROCESSES),
    response=answers(VersionsOut),
)
def choose(request: HttpRequest, name: NameInPath, version: NumberInPath, given: VersionChosen) -> Any:
    """Let new matters begin with a version that was released before: the way back."""
    if kind_of(name) != "process":
        raise Http404
    choose_version(actor=actor_of(request), name=name, version=version, reason=given.reason, now=timezone.now())
    return versions(request, name)


@router.get("/definition-changes/{number}", auth=opened(Right.SEE_FIGURES), response=answers(DefinitionChange))
def change(request: HttpRequest, number: NumberInPath) -> Any:
    """What a change would do otherwise, in sentences, and what came of trying it out."""
    return _change(_found(request, number))


@router.post(
    "/definition-changes/{number}/decide", auth=opened(Right.CHANGE_PROCESSES), response=answers(DefinitionChange)
)
def decide(request: HttpRequest, number: NumberInPath, given: ChangeSettled) -> Any:
    """Release a change, or refuse it; whoever brought it may only take it back."""
    _found(request, number)
    decide_change(
        actor=actor_of(request),
        number=number,
        is_approved=given.is_approved,
        answer=given.answer,
        persons=_persons(),
        now=timezone.now(),
    )
    return _change(_found(request, number))


def _require(name: str) -> None:
    if kind_of(name) is None:
        raise Http404


def _persons() -> int:
    return int(policy_today().limits["process_release_persons"].value)


def _found(request: HttpRequest, number: int) -> FoundChange:
    found = find_change(actor=actor_of(request), number=number)
    if found is None:
        raise Http404
    return found


def _change(found: FoundChange) -> dict[str, Any]:
    return {
        "change": found,
        "parts": [
            {
                "kind": part.kind,
                "name": part.name,
                "version": part.after.version,
                "based_on": part.before.version,
                "differences": [each.sentence() for each in part.differences],
                "rehearsal": part.rehearsal,
            }
            for part in found.parts
        ],
    }
