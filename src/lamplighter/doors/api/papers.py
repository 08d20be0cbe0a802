"""What is put into a case: evidence, calculations, notices; and whether a paper is what was printed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.desk.models import newest_load
from lamplighter.base.documents.attachments import LARGEST_BYTES, FileRefused
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.desk_queries import find_case
from lamplighter.business.inspection.operations import papers
from lamplighter.business.inspection.operations.notice import NoticeWords, issue_notice
from lamplighter.business.inspection.paper_queries import find_file, find_notice, verify_notice
from lamplighter.business.inspection.reading import FACTS, read_record
from lamplighter.business.inspection.records.findings import EvidenceKind
from lamplighter.business.inspection.records.notices import (
    Defect,
    DocumentKind,
    Inspector,
    Risk,
    Supply,
    VisitKind,
)
from lamplighter.doors.api.cases import AmountOut, NoticeOut, amount_of, notice_of
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Word, Words, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.case_papers import hand_out_kept

router = Router(tags=["papers"])

NonEmpty = Annotated[Word, Field(min_length=1)]


class EvidenceGiven(Schema):
    """What a file is and what it shows."""

    kind: EvidenceKind
    subject: Word = ""


class EvidenceKept(Schema):
    """The file as it is kept."""

    sha256: str


class Calculation(Schema):
    """Facts of a theft, a breach or a metering error, and the switches that were set."""

    kind: Literal["theft", "breach", "metering_error"]
    facts: dict[Word, Any]
    switches: dict[Word, Word] = Field(default_factory=dict)


class InspectorGiven(Schema):
    """Who inspects."""

    name: NonEmpty
    certificate: NonEmpty


class NoticeGiven(Schema):
    """What an inspector writes into a notice."""

    act: NonEmpty
    facts: Annotated[Words, Field(min_length=1)]
    customer: NonEmpty
    place: NonEmpty
    inspectors: Annotated[list[InspectorGiven], Field(min_length=1, max_length=6)]
    office: Word = ""
    telephone: Word = ""
    languages: Literal["zh", "en", "zh+en"] = "zh"


class PaperGiven(Schema):
    """What both papers of a visit say; the account is the case's, who approved the visit as well."""

    customer: NonEmpty
    place: NonEmpty
    inspectors: Annotated[list[InspectorGiven], Field(min_length=2, max_length=6)]
    languages: Literal["zh", "en", "zh+en"] = "zh"


class WorkSheetGiven(PaperGiven):
    """What is to be looked at on a visit."""

    visit: VisitKind
    trigger: Word = ""
    items: Annotated[list[NonEmpty], Field(max_length=50)] = Field(default_factory=list)


class DefectGiven(Schema):
    """A defect: what, by which clause, how dangerous, and by when it is put right."""

    item: NonEmpty
    clause: NonEmpty
    risk: Risk
    due_on: dt.date


class ResultNoticeGiven(PaperGiven):
    """What was found wrong that is neither theft nor breach."""

    inspected_on: dt.date
    defects: Annotated[list[DefectGiven], Field(min_length=1, max_length=50)]


class Verified(Schema):
    """Whether a paper of this number was printed in one's unit, and says the same."""

    number: str
    is_known: bool
    is_same: bool
    case_number: int | None
    made_at: Instant | None


@router.post("/cases/{number}/evidence", auth=opened(Right.SEE_CASES), response=answers(EvidenceKept, status=201))
def add_evidence(
    request: HttpRequest, number: NumberInPath, given: Form[EvidenceGiven], file: File[UploadedFile]
) -> Any:
    """Put a file into a case: JPEG, PNG or PDF, 20 MB at most; the same file twice is one."""
    if (file.size or 0) > LARGEST_BYTES:
        raise FileRefused("too_large")
    sha256 = papers.add_evidence(
        actor=actor_of(request),
        number=number,
        kind=given.kind,
        subject=given.subject,
        content=file.read(),
        home=read_settings().home,
        now=timezone.now(),
    )
    return Status(201, {"sha256": sha256})


@router.get(
    "/cases/{number}/evidence/{file}",
    auth=opened(Right.SEE_CASES),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def evidence(request: HttpRequest, number: NumberInPath, file: NumberInPath) -> HttpResponse:
    """A file of evidence."""
    return hand_out_kept(find_file(actor=actor_of(request), number=number, file=file), number)


@router.post("/cases/{number}/amounts", auth=opened(Right.SEE_CASES), response=answers(AmountOut, status=201))
def calculate(request: HttpRequest, number: NumberInPath, given: Calculation) -> Any:
    """Work out what the law of the day of the act makes of facts, and keep it in the case line by line."""
    actor, now = actor_of(request), timezone.now()
    facts = read_record(FACTS[given.kind], given.facts, source=text("cases.amount.title"))
    papers.work_out_amount(actor=actor, number=number, facts=facts, chosen=given.switches, now=now)
    view = find_case(actor=actor, number=number, now=now)
    if view is None:
        raise Http404
    return Status(201, amount_of(view.amounts[0]))


@router.post("/cases/{number}/notices", auth=opened(Right.SEE_CASES), response=answers(NoticeOut, status=201))
def print_notice(request: HttpRequest, number: NumberInPath, given: NoticeGiven) -> Any:
    """Issue the notice of breach or theft: numbered, fingerprinted, kept as PDF."""
    load = newest_load()
    row = issue_notice(
        actor=actor_of(request),
        number=number,
        words=NoticeWords(
            act=given.act,
            facts=given.facts.strip(),
            customer=given.customer.strip(),
            place=given.place.strip(),
            inspectors=_inspectors(given.inspectors),
            office=given.office.strip(),
            telephone=given.telephone.strip(),
        ),
        company=load.company if load else "",
        languages=given.languages,
        verify_url=request.build_absolute_uri(reverse("verify")),
        home=read_settings().home,
        now=timezone.now(),
    )
    return Status(201, notice_of(row))


@router.post("/cases/{number}/work-sheets", auth=opened(Right.SEE_CASES), response=answers(NoticeOut, status=201))
def print_work_sheet(request: HttpRequest, number: NumberInPath, given: WorkSheetGiven) -> Any:
    """Print the work sheet (用电检查工作单) a crew takes along, with who approved the visit."""
    said = {"visit": given.visit, "trigger": given.trigger.strip(), "items": tuple(given.items)}
    return _print_paper(request, number, DocumentKind.WORK_SHEET, given, said)


@router.post("/cases/{number}/result-notices", auth=opened(Right.SEE_CASES), response=answers(NoticeOut, status=201))
def print_result_notice(request: HttpRequest, number: NumberInPath, given: ResultNoticeGiven) -> Any:
    """Print the notice of results (用电检查结果通知书): defects, and by when they are put right."""
    defects = tuple(Defect(**each.dict()) for each in given.defects)
    said = {"inspected_on": given.inspected_on, "defects": defects}
    return _print_paper(request, number, DocumentKind.RESULT_NOTICE, given, said)


def _inspectors(given: list[InspectorGiven]) -> tuple[Inspector, ...]:
    return tuple(Inspector(name=each.name.strip(), certificate=each.certificate.strip()) for each in given)


def _print_paper(request: HttpRequest, number: int, kind: DocumentKind, given: PaperGiven, said: dict[str, Any]) -> Any:
    actor, now, load = actor_of(request), timezone.now(), newest_load()
    view = find_case(actor=actor, number=number, now=now)
    if view is None:
        raise Http404
    supply = Supply(account_id=view.row.account_id, customer=given.customer.strip(), address=given.place.strip())
    row = papers.print_visit_paper(
        actor=actor,
        number=number,
        kind=kind,
        content={
            "company": load.company if load else "",
            "supply": supply,
            "inspectors": _inspectors(given.inspectors),
            **said,
        },
        languages=given.languages,
        verify_url=request.build_absolute_uri(reverse("verify")),
        home=read_settings().home,
        now=now,
    )
    return Status(201, notice_of(row))


@router.get(
    "/cases/{number}/notices/{notice}",
    auth=opened(Right.SEE_CASES),
    response=answers(None),
    openapi_extra={
        "responses": {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}
    },
)
def notice(request: HttpRequest, number: NumberInPath, notice: NumberInPath) -> HttpResponse:
    """A printed paper, as PDF."""
    return hand_out_kept(find_notice(actor=actor_of(request), number=number, notice=notice), number)


@router.get("/notices/verify", auth=opened(Right.SEE_CASES), response=answers(Verified))
def verify(request: HttpRequest, number: Word, sha256: Word) -> Any:
    """Compare number and fingerprint of a paper with what was printed in one's unit."""
    return verify_notice(actor=actor_of(request), number=number, sha256=sha256)
