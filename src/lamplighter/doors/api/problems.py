"""What goes wrong, as problem details (RFC 9457): a status, a code that stays, and the sentence in either language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled, ValidationError

from lamplighter.base.disk import DiskFull
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake.locks import LakeBusy
from lamplighter.base.messages import text
from lamplighter.base.outbox.operations import NotPossible, ProofInsufficient
from lamplighter.base.outbox.queries import MessageUnknown
from lamplighter.base.security.actor import RightMissing
from lamplighter.base.security.tokens.operations import TokenUnknown
from lamplighter.business.detection.archive_repair.desk_operations import ProposalDecided, ProposalUnknown
from lamplighter.business.detection.desk_operations import ReasonMissing, SuspicionTaken, SuspicionUnknown
from lamplighter.business.inspection.desk_queries import CaseUnknown
from lamplighter.business.inspection.operations.chain import CaseOpenAlready
from lamplighter.business.inspection.operations.papers import CaseClosed
from lamplighter.business.inspection.planning.desk_operations import PlanChangedMeanwhile, PlanNotFound
from lamplighter.business.inspection.planning.files import PlanFileFaulty
from lamplighter.business.inspection.reading import FactsInvalid
from lamplighter.business.inspection.rules.sheet import FactMissing, FactUnusable
from lamplighter.business.kpi.appraisals import AppraisalUnknown, DecidedAlready
from lamplighter.business.service_desk.chats.operations import ChatOver, ChatTaken, TooMuch
from lamplighter.business.service_desk.chats.queries import ChatUnknown
from lamplighter.business.service_desk.contacts.operations import DeductionUnknown
from lamplighter.business.service_desk.contacts.queries import ContactUnknown, RatingDue
from lamplighter.business.service_desk.knowledge.exchange import KnowledgeFileFaulty
from lamplighter.business.service_desk.knowledge.operations import ChangeUnknown
from lamplighter.business.service_desk.tickets.operations import RequestKeyTaken
from lamplighter.business.service_desk.tickets.queries import TicketUnknown
from lamplighter.business.service_desk.voice.engines import EngineFailed
from lamplighter.business.service_desk.voice.weights import VoiceNeedsExtra
from lamplighter.business.workflow.definitions.faults import DefinitionRefused
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.refusals import NotRunning, StaleInstance, TaskNotOpen
from lamplighter.doors.web.middleware import note_refused
from lamplighter.doors.web.problems import problem
from lamplighter.journeys.customer_chat import ProvenAlready
from lamplighter.journeys.figure_view import PeriodUnreadable

log = logging.getLogger(__name__)

STATUSES: Final[Mapping[type[LamplighterError], int]] = {
    RightMissing: 403,
    AppraisalUnknown: 404,
    CaseUnknown: 404,
    ChangeUnknown: 404,
    ChatUnknown: 404,
    ContactUnknown: 404,
    DeductionUnknown: 404,
    MessageUnknown: 404,
    PlanNotFound: 404,
    ProposalUnknown: 404,
    SuspicionUnknown: 404,
    TicketUnknown: 404,
    TokenUnknown: 404,
    CaseClosed: 409,
    CaseOpenAlready: 409,
    DiskFull: 507,
    ChatOver: 409,
    ChatTaken: 409,
    DecidedAlready: 409,
    NotPossible: 409,
    NotRunning: 409,
    PlanChangedMeanwhile: 409,
    ProposalDecided: 409,
    ProvenAlready: 409,
    RatingDue: 409,
    RequestKeyTaken: 409,
    StaleInstance: 409,
    SuspicionTaken: 409,
    TaskNotOpen: 409,
    # Nothing is broken: here nothing hears, until somebody installs it.
    VoiceNeedsExtra: 409,
    PeriodUnreadable: 422,
    TooMuch: 429,
    LakeBusy: 503,
    EngineFailed: 503,
}
"""What is not among them is 422 to whoever writes, and 503 to whoever reads."""


class Fault(Schema):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(Schema):
    """What went wrong: ``code`` stays whatever the words become."""

    type: str
    title: str
    status: int
    code: str
    message_id: str
    detail: str
    texts: dict[str, str]
    errors: list[Fault]


def code_of(failure: type[BaseException]) -> str:
    """Return the code of a failure: its name in snake case.

    Example:
        >>> code_of(CaseUnknown)
        'case_unknown'
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in failure.__name__).lstrip("_")


def answer_problems(api: NinjaAPI) -> None:
    """Have every failure of an API answered as a problem."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        LamplighterError: _refused,
        Http404: lambda request, failure: problem(404, "not_found", text("api.not_found")),
        ValidationError: _invalid,
        Throttled: _throttled,
        HttpError: _http_error,
        Exception: _defect,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _refused(request: HttpRequest, failure: LamplighterError) -> HttpResponse:
    if isinstance(failure, RightMissing):
        note_refused(request, failure, kind="api.operation")
    otherwise = 503 if request.method in ("GET", "HEAD") else 422
    status = next((status for kind, status in STATUSES.items() if isinstance(failure, kind)), otherwise)
    sentence = failure.args[0] if failure.args else ""
    headers = {"Retry-After": "60"} if status == 429 else {}
    return problem(status, code_of(type(failure)), sentence, errors=_faults(failure), headers=headers)


def _faults(failure: LamplighterError) -> list[dict[str, str]]:
    match failure:
        case FormRefused():
            return [{"field": name, "detail": said} for name, said in failure.faults.items()]
        case KnowledgeFileFaulty():
            return [{"field": f"file:{each.line}", "detail": each.words} for each in failure.faults]
        case DefinitionRefused():
            return [{"field": each.element or failure.file, "detail": each.sentence()} for each in failure.faults]
        case PlanFileFaulty():
            return [{"field": "file", "detail": each} for each in failure.faults]
        case FactsInvalid():
            return [{"field": each.split(":")[0], "detail": each.partition(": ")[2]} for each in failure.faults]
        case FactMissing() | FactUnusable():
            return [{"field": failure.name, "detail": str(failure)}]
        case ProofInsufficient():
            return [{"field": name, "detail": str(failure)} for name in failure.faults]
        case ReasonMissing():
            return [{"field": failure.field, "detail": str(failure)}]
    return []


def _invalid(request: HttpRequest, failure: ValidationError) -> HttpResponse:
    errors = [{"field": _place(each["loc"]), "detail": str(each["msg"])} for each in failure.errors]
    return problem(422, "request_invalid", text("api.request_invalid", count=len(errors)), errors=errors)


def _place(loc: Sequence[str | int]) -> str:
    """Return the name of a field as whoever asked wrote it: without the name our function gives the body."""
    parts = loc[2:] if loc[0] == "body" else loc[1:]
    return ".".join(map(str, parts)) or str(loc[0])


def _throttled(request: HttpRequest, failure: Throttled) -> HttpResponse:
    wait = str(failure.wait or 60)
    return problem(429, "too_many_requests", text("api.too_many", seconds=wait), headers={"Retry-After": wait})


def _http_error(request: HttpRequest, failure: HttpError) -> HttpResponse:
    if failure.status_code == 401:
        return problem(401, "not_authenticated", text("api.not_authenticated"), headers={"WWW-Authenticate": "Bearer"})
    if failure.status_code == 403:
        return problem(403, "csrf_missing", text("api.csrf_missing"))
    return problem(failure.status_code, "request_unreadable", text("api.request_unreadable"))


def _defect(request: HttpRequest, failure: Exception) -> HttpResponse:
    # The stack goes to the log, nothing of it to whoever asked.
    log.error("api.defect", exc_info=failure, extra={"kind": type(failure).__name__})
    return problem(500, "defect", text("api.defect"))
