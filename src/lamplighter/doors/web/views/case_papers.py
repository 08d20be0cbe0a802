"""Files, calculations and papers of a case: taken in, handed out, verified."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lamplighter.base.documents.attachments import LARGEST_BYTES, FileRefused
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.desk_queries import (
    CaseUnknown,
    find_case,
)
from lamplighter.business.inspection.notices.files import file_of
from lamplighter.business.inspection.operations import papers
from lamplighter.business.inspection.operations.notice import NoticeWords, issue_notice
from lamplighter.business.inspection.operations.serving import SERVED_OVER
from lamplighter.business.inspection.paper_queries import KeptFile, find_file, find_notice, verify_notice
from lamplighter.business.inspection.reading import FACTS, FactsInvalid, read_record
from lamplighter.business.inspection.records.findings import EvidenceKind
from lamplighter.business.inspection.records.notices import DocumentKind, Inspector
from lamplighter.business.inspection.rules.sheet import FactMissing, FactUnusable
from lamplighter.doors.web.case_forms import facts_content
from lamplighter.doors.web.case_page import chosen_of
from lamplighter.doors.web.pages import load_of, page
from lamplighter.doors.web.paper_forms import read_paper
from lamplighter.doors.web.sending_files import hand_out
from lamplighter.doors.web.views.cases import Refusal, act, show_case, typed_of

_NOTICE_NEEDS: Final = (
    "act",
    "facts",
    "customer",
    "place",
    "inspector_1",
    "certificate_1",
    "inspector_2",
    "certificate_2",
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@require_POST
@page(Right.SEE_CASES)
def upload(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Take in a file that proves something."""

    def do(typed: dict[str, str]) -> None:
        sent = request.FILES.get("file")
        if sent is None or isinstance(sent, list):
            raise FileRefused("empty")
        if (sent.size or 0) > LARGEST_BYTES:
            # Said before it is read into memory.
            raise FileRefused("too_large")
        kind = typed.get("kind", "")
        papers.add_evidence(
            actor=actor,
            number=number,
            kind=EvidenceKind(kind) if kind in set(EvidenceKind) else EvidenceKind.PHOTO,
            subject=typed.get("subject", ""),
            content=sent.read(),
            home=read_settings().home,
            now=_now(),
        )

    return act(request, number, "evidence", do, actor=actor, done=text("cases.done.evidence"))


def hand_out_kept(found: KeptFile | None, number: int) -> HttpResponse:
    """Return a file of a case as an answer that no browser opens by itself."""
    if found is None:
        raise Http404
    return hand_out(
        file_of(read_settings().home, number, found.stored_as), name=found.name, media_type=found.media_type
    )


@page(Right.SEE_CASES)
def evidence(request: HttpRequest, number: int, file: int, *, actor: Actor) -> HttpResponse:
    """Hand out a file of evidence, to be saved and never shown in the page."""
    return hand_out_kept(find_file(actor=actor, number=number, file=file), number)


@page(Right.SEE_CASES)
def notice(request: HttpRequest, number: int, notice: int, *, actor: Actor) -> HttpResponse:
    """Hand out a printed paper."""
    return hand_out_kept(find_notice(actor=actor, number=number, notice=notice), number)


@require_POST
@page(Right.SEE_CASES)
def amounts(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Work out what the law makes of the facts typed in."""
    typed = typed_of(request)
    kind = typed.get("kind_of_amount", "")
    if kind not in FACTS:
        raise Http404
    try:
        facts = read_record(FACTS[kind], facts_content(kind, typed), source=text("cases.amount.title"))
        papers.work_out_amount(actor=actor, number=number, facts=facts, chosen=chosen_of(kind, typed), now=_now())
    except CaseUnknown as unknown:
        raise Http404 from unknown
    except FactsInvalid as invalid:
        names = [fault.split(":")[0].split(".") for fault in invalid.faults]
        faults = {_field(parts): text("cases.refused.fact") for parts in names}
        refusal = Refusal("amount", text("cases.refused.form"), faults, typed)
        return show_case(request, number, actor=actor, refusal=refusal)
    except (FactMissing, FactUnusable) as refused:
        name = refused.name.replace("meter.", "meter_")
        refusal = Refusal("amount", str(refused), {name: str(refused)}, typed)
        return show_case(request, number, actor=actor, refusal=refusal)
    except LamplighterError as refused:
        return show_case(request, number, actor=actor, refusal=Refusal("amount", str(refused), {}, typed))
    messages.success(request, text("cases.done.amount"))
    return redirect(f"{reverse('case', args=[number])}#amounts")


def _field(parts: list[str]) -> str:
    return f"meter_{parts[1]}" if parts[0] == "meter" and len(parts) > 1 else parts[0]


@require_POST
@page(Right.SEE_CASES)
def notices(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Print the notice of breach or theft."""
    typed = typed_of(request)
    if find_case(actor=actor, number=number, now=_now()) is None:
        raise Http404
    missing = {name: text("cases.refused.empty") for name in _NOTICE_NEEDS if not typed.get(name, "").strip()}
    if missing:
        refusal = Refusal("notice", text("cases.refused.form"), missing, typed)
        return show_case(request, number, actor=actor, refusal=refusal)
    load = load_of(request)

    def do(_: dict[str, str]) -> None:
        issue_notice(
            actor=actor,
            number=number,
            words=_notice_words(typed),
            company=load.company if load else "",
            languages=typed.get("languages") or "zh",
            verify_url=request.build_absolute_uri(reverse("verify")),
            channel=next((each for each in SERVED_OVER if each == typed.get("channel")), SERVED_OVER[0]),
            home=read_settings().home,
            now=_now(),
        )

    return act(request, number, "notice", do, actor=actor, done=text("cases.done.notice"))


@require_POST
@page(Right.SEE_CASES)
def paper(request: HttpRequest, number: int, kind: str, *, actor: Actor) -> HttpResponse:
    """Print the work sheet before a visit, or the notice of its results after it."""
    typed = typed_of(request)
    view = find_case(actor=actor, number=number, now=_now())
    if view is None or kind not in (DocumentKind.WORK_SHEET, DocumentKind.RESULT_NOTICE):
        raise Http404
    load = load_of(request)
    wanted = DocumentKind(kind)
    content, faults = read_paper(wanted, typed, company=load.company if load else "", account=view.row.account_id)
    if faults:
        refusal = Refusal(kind, text("cases.refused.form"), faults, typed)
        return show_case(request, number, actor=actor, refusal=refusal)

    def do(_: dict[str, str]) -> None:
        papers.print_visit_paper(
            actor=actor,
            number=number,
            kind=wanted,
            content=content,
            languages=typed.get("languages") or "zh",
            verify_url=request.build_absolute_uri(reverse("verify")),
            home=read_settings().home,
            now=_now(),
        )

    return act(request, number, kind, do, actor=actor, done=text("cases.done.paper"))


def _notice_words(typed: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        act=typed["act"],
        facts=typed["facts"].strip(),
        customer=typed["customer"].strip(),
        place=typed["place"].strip(),
        inspectors=tuple(
            Inspector(name=typed[f"inspector_{each}"].strip(), certificate=typed[f"certificate_{each}"].strip())
            for each in (1, 2)
        ),
        office=typed.get("office", "").strip(),
        telephone=typed.get("telephone", "").strip(),
    )


@page(Right.SEE_CASES)
def verify(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Compare number and fingerprint of a paper with what was printed."""
    number, sha256 = request.GET.get("no", "")[:64], request.GET.get("sha256", "")[:64]
    found = verify_notice(actor=actor, number=number, sha256=sha256) if number else None
    return render(request, "verify.html", {"number": number, "sha256": sha256, "found": found})
