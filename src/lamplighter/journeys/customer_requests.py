"""What the assistant sets going on the desk: tickets of all kinds, taken down by a program, and where one stands."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right, Role, UnitPath
from lamplighter.base.security.models import Unit
from lamplighter.business.customers.desk_queries import FoundCustomer, search_customers
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.network.desk_queries import locate_area
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.records import Facts, Figure, HandOver, SlotKind, Understanding
from lamplighter.business.service_desk.tickets.operations import add_place, comment, register_ticket
from lamplighter.business.service_desk.tickets.queries import (
    TicketRow,
    open_repairs_of,
    row_of,
    seen_ticket,
    tickets_of_account,
)
from lamplighter.business.service_desk.tickets.records import Channel, Matter, TicketClass
from lamplighter.business.service_desk.tickets.settings import ticket_class
from lamplighter.business.service_desk.tools import ToolFailed
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.durations import Duration, DurationUnit
from lamplighter.business.workflow.versions.library import LIBRARY
from lamplighter.journeys.service_tools import LakeTools

_NUMBER: Final = re.compile(r"GD-\d{8}-\d{6}", re.IGNORECASE)
_UNITS: Final = {
    DurationUnit.WORKING_DAYS: "工作日",
    DurationUnit.CALENDAR_DAYS: "天",
    DurationUnit.HOURS: "小时",
    DurationUnit.MINUTES: "分钟",
}
_RIGHTS: Final = frozenset({Right.REGISTER_TICKETS, Right.SEE_TICKETS, Right.SEE_CUSTOMERS})
_REPAIR: Final = "TK-5"
_PLACE_KIND: Final = "CITY"
"""Nobody knows the kind of place yet: the shortest limit holds until an agent says otherwise."""


def program_actor() -> Actor | None:
    """Return on whose behalf the chat acts: a program of the top unit; None on an empty desk."""
    top = Unit.objects.filter(parent_id="").order_by("unit_id").first()
    if top is None:
        return None
    name = text("chat.program")
    return Actor(0, name, top.unit_id, Level(top.level), frozenset({Role.SERVICE_AGENT}), _RIGHTS)


def customer_of(actor: Actor, account_id: str) -> FoundCustomer | None:
    """Return an account of the desk by its whole number; None where the desk has none."""
    return next(iter(search_customers(actor=actor, accounts=[account_id])), None) if account_id else None


@dataclass
class ChatTools(LakeTools):
    """What one conversation may look up and set going.

    Args:
        lake, tariffs: see `LakeTools`.
        actor: see `program_actor`; None = nothing is set going.
        top: units of what has no place.
        now: the instant, with its zone.
        opened: class -> number of the ticket this conversation opened; a second time adds to it.
    """

    lake: Lake
    tariffs: Path | None
    actor: Actor | None
    top: UnitPath | None
    now: dt.datetime
    opened: dict[str, int] = field(default_factory=dict)

    def outage_here(self, account_id: str, place: str) -> Facts:
        """Return an interruption on record and, where there is none, the repairs of the area that are open."""
        facts = super().outage_here(account_id, place)
        customer = customer_of(self._actor("outage_here"), account_id)
        if facts.figures or customer is None or not customer.area_id:
            return facts
        repairs = open_repairs_of(actor=self._actor("outage_here"), area_id=customer.area_id)
        if not repairs:
            return facts
        count = Figure(Decimal(len(repairs)), "", f"tickets {', '.join(row.ticket_no for row in repairs)}", "repairs")
        sentence = text("service_desk.sentence.repairs", count=spell_figure(count))
        return Facts("outage_here", (count,), facts.words, sentence=sentence)

    def application_progress(self, account_id: str, reference: str) -> Facts:
        """Return where a ticket of this account stands: the one named, else the newest."""
        actor = self._actor("application_progress")
        rows = tickets_of_account(actor=actor, account_id=account_id) if account_id else []
        named = _NUMBER.search(reference)
        found = next((row for row in rows if named is None or row.ticket_no == named[0].upper()), None)
        if found is None:
            raise ToolFailed("application_progress")
        source = f"ticket {found.ticket_no}"
        figures = [Figure(found.ticket_no, "", source, "ticket")]
        if found.promise_due_at and found.replied_at is None:
            figures.append(Figure(found.promise_due_at.date(), "", source, "answer_due"))
        return Facts(
            "application_progress",
            tuple(figures),
            {text("service_desk.figure.state"): text(f"cases.status.{found.status.value}")},
        )

    def request_appointment(self, account_id: str, day: str, time: str) -> Facts:
        """Ask for a visit; whoever takes the ticket agrees the hour with the customer."""
        words = " ".join(filter(None, (text("chat.subject.appointment"), day, time)))
        return self._register("request_appointment", "TK-11", words, account_id=account_id)

    def request_meter_test(self, account_id: str) -> Facts:
        """Ask for a test of the account's meter."""
        with self.lake.snapshot() as state:
            meters = read_meters(state, account_id=account_id).to_pylist()
        if not meters:
            raise ToolFailed("request_meter_test")
        words = text("chat.subject.meter_test")
        return self._register("request_meter_test", "MT", words, account_id=account_id, meter=meters[0]["meter_id"])

    def register_complaint(self, account_id: str, words: str) -> Facts:
        """Take a complaint down."""
        return self._register(
            "register_complaint", "TK-1", text("chat.subject.complaint"), words=words, account_id=account_id
        )

    def open_ticket(self, account_id: str, class_code: str, meant: Understanding, dossier: HandOver) -> Facts:
        """Take a matter down with its dossier. Danger is a repair with its flag, whoever asks and wherever it is."""
        # A claimed account says where to go; nothing of it is told.
        claimed = account_id or meant.slot(SlotKind.ACCOUNT) or ""
        return self._register(
            "open_ticket",
            class_code,
            dossier.summary if dossier.is_urgent else intents()[meant.intent].name,
            words=spell_dossier(dossier),
            account_id=account_id,
            placed_by=claimed,
            place=meant.slot(SlotKind.ADDRESS) or "",
            contact=meant.slot(SlotKind.TELEPHONE) or "",
            is_danger=bool(meant.dangers) or dossier.reason.startswith("danger"),
            is_vulnerable=bool(meant.vulnerable),
        )

    def add_place(self, place: str, contact: str) -> Facts:
        """Add where it is, and whom to call, to the ticket this conversation opened last."""
        actor = self._actor("add_place")
        if not self.opened:
            raise ToolFailed("add_place")
        number = list(self.opened.values())[-1]
        try:
            row = add_place(actor=actor, number=number, place=place, contact=contact, now=self.now)
        except LamplighterError as refused:
            raise ToolFailed("add_place") from refused
        figure = Figure(row.ticket_no, "", f"ticket {row.ticket_no}", "ticket")
        return Facts("add_place", (figure,), sentence=text("service_desk.sentence.place_added", ticket=row.ticket_no))

    def _actor(self, tool: str) -> Actor:
        if self.actor is None:
            raise ToolFailed(tool)
        return self.actor

    def _register(
        self,
        tool: str,
        code: str,
        subject: str,
        *,
        words: str = "",
        account_id: str = "",
        placed_by: str = "",
        place: str = "",
        contact: str = "",
        meter: str = "",
        is_danger: bool = False,
        is_vulnerable: bool = False,
    ) -> Facts:
        actor = self._actor(tool)
        of = ticket_class(code, on=day_of(self.now))
        customer = customer_of(actor, placed_by or account_id)
        area = locate_area(actor=actor, area_id=customer.area_id) if customer else None
        path = customer.path if customer else self.top
        if path is None:
            raise ToolFailed(tool)
        matter = Matter(
            class_code=code,
            channel=Channel.CHAT,
            subject=subject,
            words=words or subject,
            account_id=account_id,
            contact=contact,
            place=place,
            area_id=area.area_id if area else "",
            is_vulnerable=is_vulnerable,
        )
        # Danger after an ordinary repair is a matter of its own; the same danger twice is one.
        kept = f"{code}!" if is_danger else code
        given = begin_form(of, meter=meter, is_danger=is_danger, is_anonymous=not account_id)
        try:
            if kept in self.opened:
                row = self._add_to(kept, words or subject)
            else:
                names = {"area_name": area.name, "station_name": area.station_name} if area else {}
                row = register_ticket(actor=actor, matter=matter, path=path, names=names, data=given, now=self.now)
        except LamplighterError as refused:
            raise ToolFailed(tool) from refused
        self.opened[kept] = row.number
        return _promise(row, of, tool, is_danger=is_danger)

    def _add_to(self, kept: str, words: str) -> TicketRow:
        number = self.opened[kept]
        actor = self._actor("open_ticket")
        comment(actor=actor, number=number, words=words, now=self.now)
        return row_of(seen_ticket(actor, number))


class ReadingTools(ChatTools):
    """The same for a look: nothing is set going, so that every tool that would is not there."""

    @classmethod
    def of(cls, tools: ChatTools) -> Self:
        """Return the reading half of a conversation's tools."""
        return cls(tools.lake, tools.tariffs, tools.actor, tools.top, tools.now)

    def _register(self, tool: str, code: str, subject: str, **_: Any) -> Facts:
        raise ToolFailed(tool)


def begin_form(of: TicketClass, *, meter: str, is_danger: bool, is_anonymous: bool) -> dict[str, object]:
    """Return what the process of a class asks for at its start, as far as a chat knows it."""
    known: dict[str, object] = {
        "may_call_back": "true",
        "place_kind": _PLACE_KIND,
        "is_danger": str(is_danger).lower(),
        "subject_kind": "THEFT",
        "is_anonymous": str(is_anonymous).lower(),
        "meter_no": meter,
    }
    asked = {each.name for each in LIBRARY.latest(of.process).start_fields}
    return {name: value for name, value in known.items() if name in asked}


def spell_dossier(dossier: HandOver) -> str:
    """Return a dossier as an agent reads it: what is wanted, said, looked up with its source, promised, missing."""
    lines = [dossier.summary, *(text("chat.dossier.said", words=words) for words in dossier.said)]
    lines += [
        text(
            "chat.dossier.found",
            name=figure.label or text(f"service_desk.figure.{figure.name}"),
            figure=spell_figure(figure),
            source=figure.source,
        )
        for figure in dossier.looked_up
    ]
    lines += [text("chat.dossier.promised", words=words) for words in dossier.promised]
    lines += [text("chat.dossier.missing", words=words) for words in dossier.missing]
    return "\n".join(lines)


def _promise(row: TicketRow, of: TicketClass, tool: str, *, is_danger: bool) -> Facts:
    """Return a ticket's number and until when; in danger nobody is told of hours, but that help is called."""
    source = f"ticket {row.ticket_no}"
    ticket = Figure(row.ticket_no, "", source, "ticket")
    if of.promise is None or is_danger:
        sentence = text("service_desk.sentence.registered", ticket=row.ticket_no)
        return Facts(tool, (ticket,), opened=True, sentence=sentence)
    limit = _spell_limit(of.promise, of)
    name = "registered_repair" if of.code == _REPAIR else "registered_due"
    sentence = text(f"service_desk.sentence.{name}", ticket=row.ticket_no, limit=spell_figure(limit))
    if of.needs_confirmation:
        sentence += text("chat.confirm")
    return Facts(tool, (ticket, limit), opened=True, sentence=sentence)


def _spell_limit(limit: Duration, of: TicketClass) -> Figure:
    return Figure(Decimal(limit.amount), _UNITS[limit.unit], of.source, "promise", of.evidence)
