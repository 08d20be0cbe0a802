"""*Appraisals*: the figures of a period as issued, to print, with the appeals against them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, speaking, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.kpi.appraisals import (
    AppealRow,
    AppraisalUnknown,
    appeal,
    decide_appeal,
    find_appraisal,
    issue_appraisal,
    list_appraisals,
)
from lamplighter.business.kpi.records import Better, Figure, Kind
from lamplighter.business.kpi.reports import ReportLine, fingerprint, print_report, report_number, take_report
from lamplighter.business.kpi.rules.measures import CHINA
from lamplighter.doors.web.figures import UNKNOWN
from lamplighter.doors.web.kpi_words import say_figure, say_target, say_value
from lamplighter.doors.web.pages import load_of, page
from lamplighter.doors.web.sending_files import send_pdf
from lamplighter.doors.web.views.kpi import place_of


@page(Right.SEE_FIGURES)
def appraisals(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the appraisals of one's unit and those below."""
    return render(request, "appraisals.html", {"rows": list_appraisals(actor=actor)})


@page(Right.SUPERVISE_TICKETS)
@require_POST
def issue(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Issue the figures of a unit and period."""
    place = place_of(request, request.POST.dict(), actor)
    if place is None:
        raise Http404
    try:
        row = issue_appraisal(
            actor=actor, unit=place.unit, period=place.period, settings=place.settings, now=timezone.now()
        )
    except LamplighterError as refused:
        messages.error(request, str(refused))
        return redirect("kpi")
    return redirect("appraisal", row.number)


@page(Right.SEE_FIGURES)
def appraisal(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show an appraisal as it was issued, with its appeals."""
    found = find_appraisal(actor=actor, number=number)
    if found is None:
        raise Http404
    given = request.GET.get("sha256", "").strip().lower()
    context = {
        "row": found,
        "paper_no": report_number(found),
        "sha256": fingerprint(found),
        "given": given,
        "is_same": given == fingerprint(found),
        "is_one_month": found.period.months == 1,
        "figures": [_figure(each) for each in found.figures],
        "codes": [
            (each["code"], f"{each['code']} {text('kpi.figure.' + each['key'] + '.name')}") for each in found.figures
        ],
    }
    return render(request, "appraisal.html", context)


@page(Right.SEE_FIGURES)
def report(request: HttpRequest, number: int, spoken: str, *, actor: Actor) -> HttpResponse:
    """Hand an appraisal out on paper, in Chinese or English."""
    if spoken not in ("zh", "en"):
        raise Http404
    chosen: Language = "zh" if spoken == "zh" else "en"
    load = load_of(request)
    with speaking(chosen):
        try:
            row = take_report(actor=actor, number=number, now=timezone.now())
        except AppraisalUnknown as unknown:
            raise Http404 from unknown
        pdf = print_report(
            row,
            company=load.company if load else "",
            issued=text("kpi.appraisal.issued", at=_instant(row.issued_at), who=row.by_name),
            lines=[_line(_figure(each)) for each in row.figures],
            appeals=[_appeal(each) for each in row.appeals],
            verify_url=request.build_absolute_uri(reverse("appraisal", args=[number])),
        )
    return send_pdf(pdf, name=f"{report_number(row)}-{chosen}.pdf")


@page(Right.SEE_FIGURES)
@require_POST
def make_appeal(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Appeal against a figure of an appraisal."""

    def do() -> int:
        code, words = request.POST.get("code", ""), request.POST.get("words", "")
        appeal(actor=actor, number=number, code=code, words=words, now=timezone.now())
        return number

    return _do(request, do)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def decide(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Uphold or refuse an appeal."""

    def do() -> int:
        is_upheld, answer = request.POST.get("what") == "uphold", request.POST.get("answer", "")
        return decide_appeal(actor=actor, number=number, is_upheld=is_upheld, answer=answer, now=timezone.now())

    return _do(request, do)


def _do(request: HttpRequest, do: Callable[[], int]) -> HttpResponse:
    try:
        number = do()
    except AppraisalUnknown as unknown:
        raise Http404 from unknown
    except LamplighterError as refused:
        messages.error(request, str(refused))
        return redirect("appraisals")
    messages.success(request, text("kpi.appraisal.kept"))
    return redirect("appraisal", number)


def _instant(at: dt.datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _line(said: Mapping[str, Any]) -> ReportLine:
    """Return a figure in words as the paper has it."""
    figure, missing = said["figure"], said["no_data"] or text("kpi.nothing")
    standing = {None: "", True: text("kpi.target.met"), False: text("kpi.target.missed")}[said["is_met"]]
    return ReportLine(
        name=f"{said['code']} {said['name']}",
        definition=said["definition"],
        value=figure["value"] if figure else missing,
        counts=" · ".join(filter(None, (figure["counts"], figure["interval"]))) if figure else "",
        before=said["before"],
        target=said["target"],
        standing=standing,
        guards=[
            (f"{guard['code']} {guard['name']}", guard["figure"]["value"] if guard["figure"] else UNKNOWN)
            for guard in said["guards"]
        ],
    )


def _appeal(row: AppealRow) -> str:
    """Return an appeal with its decision as the paper has it."""
    state = "open" if row.is_upheld is None else "upheld" if row.is_upheld else "refused"
    said = f"{row.code} {text(f'kpi.appraisal.{state}')}: {row.words} ({row.by_name}, {_instant(row.made_at)})"
    if row.decided_at is None:
        return said
    decided = text("kpi.appraisal.decided", at=_instant(row.decided_at), who=row.decided_by, answer=row.answer)
    return f"{said} {decided}"


def _figure(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure as it was issued, in words."""
    kind, better = Kind(kept["kind"]), Better(kept["better"])
    parameters: dict[str, Any] = {name: f"{value:g}" for name, value in kept["parameters"].items()}
    return {
        "code": kept["code"],
        "name": text(f"kpi.figure.{kept['key']}.name"),
        "definition": text(f"kpi.figure.{kept['key']}.definition", **parameters),
        "no_data": text(f"kpi.no_data.{kept['no_data']}") if kept["no_data"] else "",
        "figure": say_figure(Figure(**kept["figure"]), kind),
        "before": say_value(kept["before"], kind),
        "target": say_target(kept["target"], kind, better),
        "is_met": kept["is_met"],
        "guards": [_figure(each) for each in kept.get("guards", ())],
    }
