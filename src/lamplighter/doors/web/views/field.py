"""*My visits in the field*: the page of a telephone, and the messages it sends when there is a network again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.documents.attachments import LARGEST_BYTES
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import catalogue, language, text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.desk_queries import CaseUnknown
from lamplighter.business.inspection.field.arriving import LARGEST_PART, LARGEST_SHEET, Announced, Differs
from lamplighter.business.inspection.field.checklists import Checklists, packaged_checklists
from lamplighter.business.inspection.field.handing_out import FieldTask, hand_out_day
from lamplighter.business.inspection.field.queries import (
    RecordStanding,
    VisitUnknown,
    find_picture,
    find_standing,
)
from lamplighter.business.inspection.field.staging import FieldDiskFull
from lamplighter.business.inspection.field.verifying import Verdict, verify_case
from lamplighter.business.inspection.notices.files import file_of
from lamplighter.doors.web.pages import load_of, page
from lamplighter.journeys import field_sync
from lamplighter.journeys.brief.wording import say_code

P = ParamSpec("P")
SCRIPTS: Final = ("app", "capture", "form", "sending", "store", "words")
SHELL: Final = (
    "tabler/tabler.min.css",
    "field/field.css",
    "desk/lamp.svg",
    "desk/theme.js",
    "idb/idb.js",
    *(f"field/{name}.js" for name in SCRIPTS),
)
"""What the page is made of: kept on the telephone, so that it opens without a network."""
ICONS: Final = (192, 512)
_WORDS: Final = "field.app."


@page(Right.SEE_OWN_VISITS)
def field(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the page a telephone keeps; whose visits they are comes with the day, not with the page."""
    get_token(request)
    words = {key.removeprefix(_WORDS): said for key, said in catalogue(language()).items() if key.startswith(_WORDS)}
    context = {"words": words, "limits": {"part": LARGEST_PART, "file": LARGEST_BYTES}}
    return render(request, "field.html", context)


@page(Right.SEE_OWN_VISITS)
def worker(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Hand out the script that keeps the page on the telephone; from here, so that it rules ``/field/`` alone."""
    files = [staticfiles_storage.url(name) for name in SHELL]
    # The names of the files change with their content, and the worker's kept copy with them.
    version = hashlib.sha256("\n".join(files).encode()).hexdigest()[:12]
    said = {"files": json.dumps(files), "page": json.dumps(reverse("field")), "version": version}
    answer = render(request, "field/worker.js", said, "text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@page(Right.SEE_OWN_VISITS)
def manifest(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Say how the page is called and looks on a telephone's start screen."""
    icons = [
        {"src": staticfiles_storage.url(f"field/lamp-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in ICONS
    ]
    said = {
        "name": text("field.app.title"),
        "short_name": text("field.app.short"),
        "start_url": reverse("field"),
        "scope": reverse("field"),
        "display": "standalone",
        "background_color": "#1b2a4a",
        "theme_color": "#1b2a4a",
        "lang": {"zh": "zh-CN", "en": "en"}[language()],
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json")


def _answers(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Answer a refusal as a telephone reads it: a status, a name, a sentence."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RightMissing:
            raise
        except VisitUnknown as refusal:
            return _refusal(refusal, 404)
        except Differs as refusal:
            return _refusal(refusal, 409)
        except FieldDiskFull as refusal:
            return _refusal(refusal, 507)
        except LamplighterError as refusal:
            return _refusal(refusal, 422)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", answer)


def _refusal(refusal: LamplighterError, status: int) -> JsonResponse:
    named = {"error": type(refusal).__name__, "why": getattr(refusal, "why", ""), "sentence": str(refusal)}
    return JsonResponse(named, status=status)


@page(Right.SEE_OWN_VISITS)
@_answers
def day(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Hand out the day's visits with their checklists."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    now = timezone.now()
    load = load_of(request)
    on = now.astimezone(ZoneInfo(load.timezone if load else "UTC")).date()
    tasks = hand_out_day(actor=actor, on=on, now=now)
    whys = {"no_case": text("field.why.no_case"), "not_planned": text("field.why.not_planned")}
    said = [asdict(task) | _words_of(task, whys) for task in tasks]
    return JsonResponse(
        {
            "server_now": now.isoformat(),
            "on": on.isoformat(),
            "staff": {"id": str(actor.staff_id), "name": actor.name},
            "visits": said,
            "checklists": _spoken(packaged_checklists()),
        }
    )


def _words_of(task: FieldTask, whys: Mapping[str, str]) -> dict[str, str]:
    return {
        "why_not": whys.get(task.why_not, task.why_not),
        "class_words": say_code("customer", task.customer_class)[language()],
    }


def _spoken(held: Checklists) -> dict[str, Any]:
    return {
        "version": held.version,
        "source": held.source,
        "evidence": held.evidence,
        "figures": dict(held.figures),
        "proven": sorted(held.proven),
        "without_result": sorted(held.without_result),
        "steps": {each.id: {"kind": each.kind, "words": each.say(), "unit": each.unit} for each in held.steps.values()},
        "lists": {
            each.name: {
                "words": each.say(),
                "hint": each.say_hint(),
                "steps": each.steps,
                "proofs": each.proofs,
            }
            for each in held.lists.values()
        },
    }


def _standing(found: RecordStanding) -> JsonResponse:
    return JsonResponse(
        {
            "record_id": found.record_id,
            "has_sheet": found.has_sheet,
            "items": {each.item_id: [each.state.value, each.received, each.why] for each in found.items},
            "is_whole": found.is_whole,
            "has_moved": found.has_moved,
            "unmoved": found.unmoved,
            "said": found.said,
            "link": found.link,
            "server_now": timezone.now().isoformat(),
        }
    )


@page(Right.SEE_OWN_VISITS)
@_answers
def record(request: HttpRequest, visit: UUID, record: UUID, *, actor: Actor) -> HttpResponse:
    """Say what is here of a record."""
    return _standing(find_standing(actor=actor, visit_id=visit, record_id=record, home=read_settings().home))


def _sending(actor: Actor, visit: UUID, record: UUID) -> field_sync.Sending:
    return field_sync.Sending(actor, visit, record, read_settings().home, timezone.now())


@page(Right.SEE_OWN_VISITS)
@_answers
def item(request: HttpRequest, visit: UUID, record: UUID, item: UUID, *, actor: Actor) -> HttpResponse:
    """Take a part of a file."""
    # Known to be his before anything is read of what he sends.
    find_standing(actor=actor, visit_id=visit, record_id=record, home=read_settings().home)
    if request.method != "PUT":
        return HttpResponseNotAllowed(["PUT"])
    announced = Announced(
        item_id=item,
        sequence=_number(request, "sequence"),
        sha256=request.GET.get("sha256", ""),
        size=_number(request, "size"),
    )
    found = field_sync.take_part(
        _sending(actor, visit, record),
        item=announced,
        offset=_number(request, "offset"),
        content=request.read(LARGEST_PART + 1),
    )
    return _standing(found)


@page(Right.SEE_OWN_VISITS)
@_answers
def sheet(request: HttpRequest, visit: UUID, record: UUID, *, actor: Actor) -> HttpResponse:
    """Take the sheet of a record."""
    find_standing(actor=actor, visit_id=visit, record_id=record, home=read_settings().home)
    if request.method != "PUT":
        return HttpResponseNotAllowed(["PUT"])
    found = field_sync.take_sheet(
        _sending(actor, visit, record),
        content=request.read(LARGEST_SHEET + 1),
        sha256=request.GET.get("sha256", ""),
        telephone_now=_instant(request.GET.get("now", "")),
    )
    return _standing(found)


def _number(request: HttpRequest, name: str) -> int:
    held = request.GET.get(name, "")
    return int(held) if held.isascii() and held.isdecimal() and len(held) < 16 else -1


def _instant(written: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else None


@page(Right.SEE_CASES)
def picture(request: HttpRequest, number: int, item: int, *, actor: Actor) -> HttpResponse:
    """Show a picture of the field, without what its camera wrote into it."""
    name = find_picture(actor=actor, number=number, item=item)
    path = file_of(read_settings().home, number, name) if name else None
    if path is None or not path.exists():
        raise Http404
    answer = HttpResponse(path.read_bytes(), content_type="image/jpeg")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_POST
@page(Right.SEE_CASES)
def verify(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Read the evidence of a case again and say how it was found."""
    try:
        found = verify_case(actor=actor, number=number, home=read_settings().home, now=timezone.now())
    except CaseUnknown as unknown:
        raise Http404 from unknown
    say = messages.success if found.state.fault is None else messages.error
    say(request, say_verdict(found))
    return redirect(f"{reverse('case', args=[number])}#from-field")


def say_verdict(found: Verdict) -> str:
    """Return a verdict in words."""
    state = found.state
    if state.fault is None:
        return text("field.verdict.whole", case=found.case_no, links=state.links, files=state.files)
    fault = text(f"field.fault.{state.fault}", link=state.at)
    return text("field.verdict.broken", case=found.case_no, fault=fault)
