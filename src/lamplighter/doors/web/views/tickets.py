"""*Tickets*: the inbox, taking a matter down, the page of one, and what is done along its chain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.customers.desk_queries import search_customers
from lamplighter.business.service_desk.chats.queries import chat_of_ticket
from lamplighter.business.service_desk.tickets import operations
from lamplighter.business.service_desk.tickets.marks import read_mark
from lamplighter.business.service_desk.tickets.queries import (
    STATUSES,
    TicketRow,
    TicketUnknown,
    TicketView,
    contact_of,
    find_ticket,
    list_tickets,
    stream_tickets,
)
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.service_desk.tickets.settings import ticket_class, ticket_classes
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.versions.library import LIBRARY
from lamplighter.doors.web.case_forms import Shown, left_over, shown_fields, yes_no
from lamplighter.doors.web.cells import place
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    instant_column,
    place_filters,
    say_months,
    show_list,
    unit_filter,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import tickets as rows
from lamplighter.doors.web.views.cases import Refusal, seen_of, typed_of
from lamplighter.journeys.ticket_intake import ACCOUNT, first_fields, take_ticket

CHINA: Final = ZoneInfo("Asia/Shanghai")
_TYPED_CHANNELS: Final = (Channel.PHONE, Channel.COUNTER, Channel.APP, Channel.CHAT, Channel.LETTER, Channel.REGULATOR)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def class_words(code: str) -> str:
    """Return a class as people read it, such as ``TK-1 Complaint``."""
    return f"{code} {LIBRARY.latest(ticket_class(code, on=day_of(_now())).process).label.spoken()}"


def _list_page(actor: Actor) -> ListPage:
    classes = _classes()
    return ListPage(
        url_name="tickets",
        words="tickets.list",
        columns=(
            Column("ticket", value=lambda row: row.ticket_no, cell=rows.number, look="short"),
            Column(
                "class",
                value=lambda row: classes.get(row.class_code, ""),
                cell=lambda row, _: rows.matter(row, classes.get(row.class_code, "")),
                look="short",
            ),
            Column("subject", is_sorted=False, value=lambda row: row.subject, cell=rows.subject, look="full"),
            Column(
                "area",
                value=lambda row: f"{row.area_name} {row.station_name}".strip(),
                cell=lambda row, _: place(row.area_name, row.station_name),
            ),
            Column("state", value=_state_words, cell=rows.state, look="short"),
            Column(
                "due",
                value=lambda row: _told_words(row) or _instant_words(row.due_at),
                cell=rows.deadline,
                look="short",
            ),
            Column(
                "people",
                is_sorted=False,
                value=lambda row: " · ".join(filter(None, (row.team, row.handler))),
                cell=rows.people,
                look="full",
            ),
            instant_column(
                "registered",
                lambda row: row.registered_at,
                value=lambda row: _instant_words(row.registered_at),
                look="short",
            ),
        ),
        stream=lambda ask: stream_tickets(actor=actor, ask=ask, now=_now()),
        filters=(
            Filter("status", lambda: [(each, text(f"cases.status.{each}")) for each in STATUSES]),
            Filter("class", lambda: list(classes.items())),
            Filter("deadline", lambda: [(each, text(f"tickets.deadline.{each}")) for each in ("overdue", "day")]),
            Filter(
                "watch",
                lambda: [(each, text(f"tickets.watch.{each}")) for each in ("escalated", "supervised", "reminded")],
            ),
            Filter("channel", lambda: [(each.value, text(f"tickets.channel.{each}")) for each in Channel]),
            unit_filter(actor),
            *place_filters(actor, "unit"),
            Filter("mark", say=_say_mark),
            Filter("registered", say=say_months),
            Filter("closed", say=say_months),
            Filter("promised", say=say_months),
            Filter("topic", say=topic_words),
        ),
    )


def _say_mark(value: str) -> str:
    found = read_mark(value)
    return text("tickets.mark.unknown") if found is None else text(f"tickets.mark.{found[0]}.{found[1]}", days=found[2])


def topic_words(value: str) -> str:
    """Return what a complaint is about, as people read it; as it stands where nothing is known of it."""
    for field in LIBRARY.latest(ticket_class("TK-1", on=day_of(_now())).process).start_fields:
        for option in field.options:
            if option.value == value:
                return option.label.spoken()
    return value


LISTS["tickets"] = Listed(Right.SEE_TICKETS, _list_page)


def _state_words(row: TicketRow) -> str:
    """Return where a ticket stands, as a file says it."""
    if row.is_merged:
        return text("tickets.merged")
    said = text(f"tickets.state.{row.state}")
    return said if row.status is Status.RUNNING else f"{said} · {text(f'cases.status.{row.status.value}')}"


def _told_words(row: TicketRow) -> str:
    """Return whether the customer had his answer in time; empty while he waits, or where none was promised."""
    return "" if row.is_promise_kept is None else text(f"tickets.answered.{'kept' if row.is_promise_kept else 'late'}")


def _instant_words(at: dt.datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


@page(Right.SEE_TICKETS)
def tickets(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the tickets of one's unit, what is due first at the top."""
    listed = _list_page(actor)
    return show_list(request, listed, list_tickets(actor=actor, ask=ask_of(request, listed), now=_now()))


def _classes() -> dict[str, str]:
    return {code: class_words(code) for code in ticket_classes(on=day_of(_now()))}


@page(Right.REGISTER_TICKETS)
def new_ticket(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the form of a matter, or take it down."""
    code = request.POST.get("class") or request.GET.get("class") or "TK-4"
    if code not in ticket_classes(on=day_of(_now())):
        raise Http404
    if request.method != "POST":
        return _show_new(request, code, Refusal("new", "", {}, request.GET.dict(), 200))
    typed = typed_of(request)
    try:
        row = _register(actor, code, typed)
    except FormRefused as refused:
        return _show_new(request, code, Refusal("new", text("cases.refused.form"), refused.faults, typed))
    except LamplighterError as refused:
        return _show_new(request, code, Refusal("new", str(refused), {}, typed))
    messages.success(request, text("tickets.done.registered", ticket=row.ticket_no))
    return redirect(reverse("ticket", args=[row.number]))


def _register(actor: Actor, code: str, typed: Mapping[str, str]) -> TicketRow:
    asked = [field.name for field in first_fields(code, on=day_of(_now())) if field.name != ACCOUNT]
    matter = Matter(
        class_code=code,
        channel=Channel(typed["channel"]) if typed.get("channel") in list(Channel) else Channel.PHONE,
        subject=typed.get("subject", ""),
        words=typed.get("words", ""),
        account_id=typed.get("account_no", ""),
        contact=typed.get("contact", ""),
        place=typed.get("place", ""),
        area_id=typed.get("area_id", ""),
        is_vulnerable=typed.get("is_vulnerable") == "true",
    )
    return take_ticket(
        actor=actor, matter=matter, data={name: typed[name] for name in asked if name in typed}, now=_now()
    )


def _show_new(request: HttpRequest, code: str, refusal: Refusal) -> HttpResponse:
    of = ticket_class(code, on=day_of(_now()))
    asked = first_fields(code, on=day_of(_now()))
    typed = refusal.typed
    fields = shown_fields(asked, colleagues=(), typed=typed, faults=refusal.faults, filled=(ACCOUNT,))
    account = next((each for each in asked if each.name == ACCOUNT), None)
    channels = tuple((each.value, text(f"tickets.channel.{each}")) for each in _TYPED_CHANNELS)
    matter = [
        Shown("subject", text("tickets.new.subject"), "text", typed.get("subject", ""), is_required=True),
        Shown("channel", text("tickets.new.channel"), "choice", typed.get("channel", "phone"), channels),
        Shown("words", text("tickets.new.words"), "area", typed.get("words", "")),
        Shown(
            "account_no",
            text("tickets.new.account"),
            "text",
            typed.get("account_no", ""),
            is_required=account is not None and account.is_required,
            fault=refusal.faults.get("account_no", ""),
        ),
        Shown("contact", text("tickets.new.contact"), "text", typed.get("contact", "")),
        Shown("place", text("tickets.new.place"), "text", typed.get("place", "")),
        Shown("is_vulnerable", text("tickets.new.vulnerable"), "yes_no", typed.get("is_vulnerable", ""), yes_no()),
    ]
    context = {
        "of": of,
        "class_words": _classes(),
        "matter": matter,
        "fields": fields,
        "refusal": refusal if refusal.sentence else None,
    }
    return render(request, "ticket_new.html", context, status=refusal.status)


@page(Right.SEE_TICKETS)
def ticket(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a ticket: where it stands, until when, what is to be done by whom."""
    return _show(request, number, actor=actor)


def _show(
    request: HttpRequest, number: int, *, actor: Actor, refusal: Refusal | None = None, contact: str = ""
) -> HttpResponse:
    now = _now()
    view = find_ticket(actor=actor, number=number, now=now)
    if view is None:
        raise Http404
    context: dict[str, Any] = {
        "ticket": view.row,
        "view": view,
        "now": now,
        "class_words": class_words(view.row.class_code),
        "tasks": [(each, _fields(each.task.id, view, refusal)) for each in view.tasks],
        "refusal": refusal,
        "left_over": _left_over(view, refusal),
        "contact": contact,
        "customer": next(iter(search_customers(actor=actor, accounts=[view.row.account_id])), None),
        "talk": chat_of_ticket(actor=actor, ticket=number) if view.row.channel is Channel.CHAT else None,
        "status_words": text(f"cases.status.{view.row.status.value}"),
    }
    return render(request, "ticket.html", context, status=refusal.status if refusal else 200)


def _left_over(view: TicketView, refusal: Refusal | None) -> list[tuple[str, str]]:
    """Return what was typed into a form that is not open any more; nothing where the form is there."""
    if refusal is None or any(each.task.id == refusal.form and not each.why_not for each in view.tasks):
        return []
    return left_over(view.definition, refusal.form, refusal.typed)


def _fields(task: str, view: TicketView, refusal: Refusal | None) -> list[Shown]:
    mine = refusal if refusal is not None and refusal.form == task else None
    typed, faults = (mine.typed, mine.faults) if mine else ({}, {})
    return shown_fields(view.definition.tasks[task].fields, colleagues=(), typed=typed, faults=faults)


def _act(
    request: HttpRequest, number: int, form: str, do: Callable[[dict[str, str]], object], *, actor: Actor
) -> HttpResponse:
    """Do something to a ticket and lead back to it; what is refused comes back as it was typed, with the reason."""
    typed = typed_of(request)
    try:
        do(typed)
    except TicketUnknown as unknown:
        raise Http404 from unknown
    except StaleInstance:
        sentence = text("cases.refused.stale")
        return _show(request, number, actor=actor, refusal=Refusal(form, sentence, {}, typed, 409))
    except FormRefused as refused:
        sentence = text("cases.refused.form")
        return _show(request, number, actor=actor, refusal=Refusal(form, sentence, refused.faults, typed))
    except LamplighterError as refused:
        return _show(request, number, actor=actor, refusal=Refusal(form, str(refused), {}, typed))
    messages.success(request, text("tickets.done.kept"))
    return redirect(reverse("ticket", args=[number]))


@require_POST
@page(Right.SEE_TICKETS)
def complete(request: HttpRequest, number: int, task: str, *, actor: Actor) -> HttpResponse:
    """Complete a task of a ticket."""

    def do(typed: dict[str, str]) -> object:
        return operations.complete_task(
            actor=actor, number=number, task=task, data=typed, seen=seen_of(request), now=_now()
        )

    return _act(request, number, task, do, actor=actor)


@require_POST
@page(Right.SEE_TICKETS)
def do_more(request: HttpRequest, number: int, what: str, *, actor: Actor) -> HttpResponse:
    """Do what lies beside the chain: comment, remind, supervise, appoint, merge, cancel."""

    def do(typed: dict[str, str]) -> None:
        words, seen, now = typed.get("words", ""), seen_of(request), _now()
        match what:
            case "comment":
                operations.comment(actor=actor, number=number, words=words, now=now)
            case "remind":
                operations.remind(actor=actor, number=number, words=words, now=now)
            case "supervise":
                operations.supervise(actor=actor, number=number, words=words, now=now)
            case "appoint":
                at = _instant(typed.get("at", ""))
                operations.set_appointment(actor=actor, number=number, at=at, now=now)
            case "merge":
                operations.merge_ticket(actor=actor, number=number, into=typed.get("into", ""), seen=seen, now=now)
            case "cancel":
                operations.cancel_ticket(actor=actor, number=number, reason=words, seen=seen, now=now)
            case _:
                raise Http404

    return _act(request, number, what, do, actor=actor)


class InstantUnreadable(LamplighterError):
    """A day and time could not be read."""

    def __init__(self) -> None:
        super().__init__(text("tickets.error.instant_unreadable"))


def _instant(typed: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(typed).replace(tzinfo=CHINA)
    except ValueError:
        raise InstantUnreadable from None


@require_POST
@page(Right.UNMASK)
def contact(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show whom to call about a ticket, once, and have it recorded."""
    try:
        found = contact_of(actor=actor, number=number)
    except TicketUnknown as unknown:
        raise Http404 from unknown
    record(act=Act.UNMASKED, by=actor, now=_now(), kind="ticket", subject=number, purpose="contact_customer")
    return _show(request, number, actor=actor, contact=found or text("tickets.no_contact"))
