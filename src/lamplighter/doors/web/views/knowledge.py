"""*Knowledge*: what service knows, business by business, each edge with its source; changes proposed and decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import language, text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.knowledge.changes import (
    Change,
    ChangeKind,
    FiguresUnreadable,
    read_figures,
    write_figures,
)
from lamplighter.business.service_desk.knowledge.exchange import (
    GRADES,
    LARGEST_BYTES,
    Difference,
    KnowledgeFileFaulty,
)
from lamplighter.business.service_desk.knowledge.graph import UNCERTAIN, Edge, Relation, check_edges
from lamplighter.business.service_desk.knowledge.operations import (
    ChangeUnknown,
    decide_change,
    propose_change,
    propose_file,
    take_file,
)
from lamplighter.business.service_desk.knowledge.queries import ChangeRow, list_changes, may_decide, read_edges
from lamplighter.business.service_desk.radar.queries import last_cited
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.business.workflow.company_days import day_of
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.sending_files import send_text

_FIELDS: Final = (
    *("kind", "edge", "business", "relation", "zh", "en", "figures"),
    *("clause", "source", "grade", "valid_from", "valid_to", "reason"),
)
_LONGEST: Final = 2_000


class EdgeUnreadable(LamplighterError):
    """A form of a change lacks something or holds what cannot be read."""

    def __init__(self, what: str, **fields: str) -> None:
        super().__init__(text(f"knowledge.error.{what}", in_language=None, **fields))


@page(Right.SEE_TICKETS)
def knowledge(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show what is known on a day, narrowed to a business or to words, and the changes that wait."""
    return _show(request, actor=actor)


def _show(request: HttpRequest, *, actor: Actor, refusal: str = "") -> HttpResponse:
    today = day_of(timezone.now())
    on_date = _day(request.GET.get("on", "")) or today
    words, business = request.GET.get("q", "")[:100].strip(), request.GET.get("business", "")
    edges = read_edges()
    waiting, decided = list_changes(actor=actor)
    context = {
        "on": on_date,
        "is_today": on_date == today,
        "words": words,
        "business": business,
        "businesses": [(code, each.name) for code, each in intents().items()],
        "groups": _groups(edges, on_date, business, words.lower()),
        "faults": [fault.sentence for fault in check_edges(edges, on_date=on_date, cited=_cited(actor))],
        "count": sum(edge.holds_on(on_date) for edge in edges),
        "waiting": [_change(each) for each in waiting],
        "decided": [_change(each) for each in decided],
        "may_propose": actor.may(Right.SUPERVISE_TICKETS),
        "may_decide": may_decide(actor),
        "refusal": refusal,
    }
    return render(request, "knowledge.html", context, status=422 if refusal else 200)


def _cited(actor: Actor) -> Mapping[str, dt.date]:
    """Return when each edge was told last; nothing to whom the radar is closed."""
    return last_cited(actor=actor) if actor.may(Right.SUPERVISE_TICKETS) else {}


def _groups(edges: Sequence[Edge], on_date: dt.date, business: str, words: str) -> list[dict[str, Any]]:
    found = []
    for code, intent in intents().items():
        shown = [
            _edge(edge)
            for edge in edges
            if edge.business == code and edge.holds_on(on_date) and (not business or business == code)
        ]
        shown = [each for each in shown if not words or words in f"{intent.name} {each['searched']}".lower()]
        if shown:
            found.append({"code": code, "name": intent.name, "edges": shown})
    return found


def _edge(edge: Edge) -> dict[str, Any]:
    said = edge.sentence()
    return {
        "edge": edge,
        "said": said,
        "relation": text(f"service_desk.relation.{edge.relation}"),
        "figures": [spell_figure(figure) for figure in edge.values],
        "is_uncertain": edge.grade in UNCERTAIN,
        "searched": f"{said} {edge.zh} {edge.en} {edge.clause} {edge.source} {edge.id}",
    }


def _change(row: ChangeRow) -> dict[str, Any]:
    return {
        "row": row,
        "kind": text(f"knowledge.kind.{row.change.kind.value}"),
        "business": intents()[row.change.edge.business].name
        if row.change.edge.business in intents()
        else row.change.edge.business,
        "after": _edge(row.change.edge) if row.change.kind is not ChangeKind.RETIRED and not _has_gap(row) else None,
        "plain": row.change.edge.zh,
        "before": row.before.sentence() if row.before else "",
        "faults": [fault.sentence for fault in row.faults],
    }


def _has_gap(row: ChangeRow) -> bool:
    """Say whether a sentence names a figure that is not there: it cannot be said, and its fault says why."""
    return any(fault.kind == "values_differ" for fault in row.faults)


@page(Right.SUPERVISE_TICKETS)
def propose(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the form of a change, filled with what is known of an edge; or propose the change."""
    if request.method != "POST":
        return _show_form(request, _filled(request.GET.get("edge", "")))
    typed = {name: request.POST.get(name, "")[:_LONGEST].strip() for name in _FIELDS}
    try:
        change = _read(typed)
        number, faults = propose_change(actor=actor, change=change, reason=typed["reason"], now=timezone.now())
    except RightMissing:
        raise
    except LamplighterError as refused:
        return _show_form(request, typed, str(refused))
    said = " ".join(fault.sentence for fault in faults)
    if said:
        messages.warning(request, text("knowledge.done.proposed_faults", number=number, faults=said))
    else:
        messages.success(request, text("knowledge.done.proposed", number=number))
    return redirect("knowledge")


@page(Right.SEE_TICKETS)
def file(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Hand out what is known on a day as a file."""
    on_date = _day(request.GET.get("on", "")) or day_of(timezone.now())
    written = take_file(actor=actor, on_date=on_date, now=timezone.now())
    return send_text(written, name=f"knowledge-{on_date.isoformat()}.toml")


@page(Right.SUPERVISE_TICKETS)
def upload(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Take a changed file back: what differs is proposed, and shown in sentences."""
    if request.method != "POST":
        return render(request, "knowledge_upload.html", {"most": LARGEST_BYTES // 1_000_000})
    sent, reason = request.FILES.get("file"), request.POST.get("reason", "")[:500]
    # One that is too large is refused by its size, before it is read into memory.
    content = sent.read(LARGEST_BYTES + 1) if sent is not None and not isinstance(sent, list) else b""
    context: dict[str, Any] = {"most": LARGEST_BYTES // 1_000_000, "reason": reason}
    try:
        done = propose_file(actor=actor, content=content, reason=reason, now=timezone.now())
    except KnowledgeFileFaulty as faulty:
        return render(
            request, "knowledge_upload.html", context | {"faults": faulty.faults, "refusal": str(faulty)}, status=422
        )
    except RightMissing:
        raise
    except LamplighterError as refused:
        return render(request, "knowledge_upload.html", context | {"refusal": str(refused)}, status=422)
    context |= {
        "done": done,
        "same": done.read - len(done.differences) - len(done.waiting),
        "differences": [_difference(number, each) for number, each in done.differences],
        "wrong": [fault.sentence for fault in done.faults],
    }
    return render(request, "knowledge_upload.html", context)


def _difference(number: int, found: Difference) -> dict[str, Any]:
    edge = found.change.edge
    return {
        "number": number,
        "kind": text(f"knowledge.kind.{found.change.kind.value}"),
        "edge": edge.id,
        "holds_from": found.change.holds_from,
        "said": edge.zh if language() == "zh" else edge.en,
        "fields": [
            text(
                "knowledge.file.differs", name=text(f"knowledge.field.{name}"), before=before or "—", after=after or "—"
            )
            for name, before, after in found.fields
        ],
    }


def _filled(edge_id: str) -> dict[str, str]:
    today = day_of(timezone.now())
    edge = next((each for each in read_edges() if each.id == edge_id and each.holds_on(today)), None)
    if edge is None:
        return {"kind": ChangeKind.NEW.value, "grade": "P", "valid_from": today.isoformat()}
    return {
        "kind": ChangeKind.CHANGED.value,
        "edge": edge.id,
        "business": edge.business,
        "relation": edge.relation.value,
        "zh": edge.zh,
        "en": edge.en,
        "figures": write_figures(edge.values),
        "clause": edge.clause,
        "source": edge.source,
        "grade": edge.grade,
        "valid_from": today.isoformat(),
    }


def _show_form(request: HttpRequest, typed: Mapping[str, str], refusal: str = "") -> HttpResponse:
    context = {
        "typed": typed,
        "refusal": refusal,
        "kinds": [(each.value, text(f"knowledge.kind.{each.value}")) for each in ChangeKind],
        "businesses": [(code, each.name) for code, each in intents().items()],
        "relations": [(each.value, text(f"service_desk.relation.{each.value}")) for each in Relation],
        "grades": [(each, each) for each in GRADES],
    }
    return render(request, "knowledge_propose.html", context, status=422 if refusal else 200)


def _read(typed: Mapping[str, str]) -> Change:
    holds_from, until = _day(typed["valid_from"]), _day(typed["valid_to"])
    if holds_from is None or (typed["valid_to"] and until is None):
        raise EdgeUnreadable("day")
    if typed["kind"] not in list(ChangeKind) or typed["relation"] not in list(Relation) or typed["grade"] not in GRADES:
        raise EdgeUnreadable("choice")
    if not typed["edge"] or len(typed["edge"]) > 128:
        raise EdgeUnreadable("edge")
    try:
        figures = read_figures(typed["figures"], clause=typed["clause"], grade=typed["grade"])
    except FiguresUnreadable as unreadable:
        raise EdgeUnreadable("figures", line=unreadable.line) from unreadable
    edge = Edge(
        id=typed["edge"],
        business=typed["business"],
        relation=Relation(typed["relation"]),
        zh=typed["zh"],
        en=typed["en"],
        values=figures,
        clause=typed["clause"][:300],
        source=typed["source"][:300],
        grade=typed["grade"],
        valid_from=holds_from,
        valid_to=until,
        says=(),
    )
    return Change(ChangeKind(typed["kind"]), edge, holds_from)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def decide(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Approve or refuse a change that waits."""
    what = request.POST.get("decision", "")
    if what not in ("approve", "refuse"):
        raise Http404
    try:
        decide_change(
            actor=actor,
            number=number,
            is_approved=what == "approve",
            reason=request.POST.get("reason", "")[:_LONGEST],
            now=timezone.now(),
        )
    except RightMissing:
        raise
    except ChangeUnknown as unknown:
        raise Http404 from unknown
    except LamplighterError as refused:
        return _show(request, actor=actor, refusal=str(refused))
    messages.success(request, text(f"knowledge.done.{what}"))
    return redirect("knowledge")


def _day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None
