"""Three months of the service desk of the demo company, played through its own operations by its sample staff."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from lamplighter.base.calendars import is_working_day
from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.models import Staff
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.tickets import operations
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.service_desk.tickets.store import STORE
from lamplighter.business.workflow.instances import Instance, Status
from lamplighter.business.workflow.queries import OpenTask, open_tasks
from lamplighter.business.workflow.records import Definition, Field, FieldKind
from lamplighter.simulation import SimulationSettings
from lamplighter.simulation.service import Brought, Place, draw_matters

MATTERS: Final = 300
DAYS: Final = 91
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_OPENS, _CLOSES = dt.time(8, 30), dt.time(17, 30)
_ROUND_THE_CLOCK: Final = dt.timedelta(hours=4)
"""What is due within it is worked day and night; the rest in office hours."""
_NO_DEADLINE: Final = dt.timedelta(hours=6)
"""What a task without a deadline of its own takes at most, in the demo."""
_AGENTS_ON_DUTY: Final = 2


def make_service(*, simulation: SimulationSettings | None = None, matters: int = MATTERS, days: int = DAYS) -> int:
    """Play the demo's three months of service, once: where tickets of that time are, nothing is done.

    The desk must be loaded and its sample staff made. What is not settled by the demo's morning stays open.

    Args:
        simulation: what kind of company; the demo's own when absent.
        matters: how many customers bring something.
        days: how long before the demo's morning the first does.

    Returns:
        How many tickets were taken down.
    """
    simulation = simulation or SimulationSettings()
    until = dt.datetime.combine(simulation.start_on + dt.timedelta(days=simulation.days), dt.time(), tzinfo=dt.UTC)
    if Ticket.objects.filter(registered_at__lte=until).exists():
        return 0
    staff = _Staff.of_desk()
    places = [] if staff is None else _places(staff)
    if staff is None or not places:
        return 0
    drawn = draw_matters(places, until=until, days=days, count=matters, seed=simulation.seed)
    with transaction.atomic():
        play = _Play(staff, drawn, until)
        play.run()
    return len(play.numbers)


@dataclass(frozen=True, slots=True)
class _Staff:
    """The sample staff by role, and the stations that have agents enough for one to call back what another settled."""

    by_role: Mapping[str, Sequence[Actor]]
    stations: frozenset[str]

    @classmethod
    def of_desk(cls) -> _Staff | None:
        by_role: dict[str, list[Actor]] = {}
        for person in Staff.objects.filter(is_active=True).order_by("pk"):
            actor = person.as_actor()
            for role in actor.roles:
                by_role.setdefault(role.value, []).append(actor)
        agents = by_role.get(Role.SERVICE_AGENT.value, [])
        if Role.SERVICE_SUPERVISOR.value not in by_role:
            return None
        on_duty: dict[str, int] = {}
        for agent in agents:
            on_duty[agent.unit_id] = on_duty.get(agent.unit_id, 0) + 1
        stations = frozenset(unit for unit, number in on_duty.items() if number >= _AGENTS_ON_DUTY)
        return cls(by_role, stations) if stations else None

    def seeing(self, ticket: Ticket, roles: Sequence[str]) -> list[Actor]:
        """Return who of some roles sees a ticket."""
        return [actor for role in roles for actor in self.by_role.get(role, ()) if actor.sees(ticket.path)]


def _places(staff: _Staff) -> list[Place]:
    rows = CustomerEntry.objects.filter(station_id__in=staff.stations).exclude(area_id="").order_by("account_id")
    return [Place(account, area) for account, area in rows.values_list("account_id", "area_id")]


@dataclass
class _Play:
    """The clock, and what is still to happen, the earliest first."""

    staff: _Staff
    drawn: Sequence[Brought]
    until: dt.datetime
    numbers: dict[int, int] = field(default_factory=dict)
    ahead: list[tuple[dt.datetime, int, str, int]] = field(default_factory=list)
    steps: dict[int, int] = field(default_factory=dict)
    counted: int = 0

    def run(self) -> None:
        """Play everything up to the end."""
        for at, brought in enumerate(self.drawn):
            self._plan(brought.at, "bring", at)
        for evening in self._evenings():
            self._plan(evening, "advance", -1)
        acts = {"bring": self._bring, "work": self._work, "remind": self._remind, "watch": self._watch}
        while self.ahead:
            now, _, act, at = heapq.heappop(self.ahead)
            if act == "advance":
                operations.advance_tickets(now=now)
            else:
                acts[act](at, now)
        operations.advance_tickets(now=self.until)

    def _plan(self, at: dt.datetime, act: str, matter: int) -> None:
        if at < self.until:
            self.counted += 1
            heapq.heappush(self.ahead, (at, self.counted, act, matter))

    def _evenings(self) -> Iterator[dt.datetime]:
        at = self.drawn[0].at.replace(hour=9, minute=0, second=0, microsecond=0) if self.drawn else self.until
        while at < self.until:
            yield at
            at += dt.timedelta(days=1)

    def _bring(self, at: int, now: dt.datetime) -> None:
        brought = self.drawn[at]
        customer = CustomerEntry.objects.get(account_id=brought.place.account_id)
        area = AreaEntry.objects.filter(area_id=customer.area_id).first()
        agents = [each for each in self.staff.by_role[Role.SERVICE_AGENT.value] if each.sees(customer.path)]
        row = operations.register_ticket(
            actor=agents[at % len(agents)],
            matter=Matter(
                class_code=brought.class_code,
                channel=Channel(brought.channel),
                subject=brought.subject,
                words=brought.words,
                account_id=brought.place.account_id,
                contact=brought.contact,
                place=area.name if area else "",
                area_id=customer.area_id,
                is_vulnerable=brought.is_vulnerable or customer.is_protected,
            ),
            path=customer.path,
            names={"area_name": area.name, "station_name": area.station_name} if area else {},
            data={**brought.start, "may_call_back": "true" if brought.satisfaction else "false"},
            now=now,
        )
        self.numbers[at] = row.number
        for hours in brought.reminders:
            self._plan(now + dt.timedelta(hours=hours), "remind", at)
        if brought.is_supervised:
            self._plan(now + dt.timedelta(hours=5), "watch", at)
        self._plan_next(at, now)

    def _plan_next(self, at: int, now: dt.datetime) -> None:
        """Plan when the next task is done: a share of the time it may take, in office hours where it has days."""
        definition, instance = STORE.load(self.numbers[at])
        task = _first(definition, instance, now)
        if task is None:
            return
        brought, step = self.drawn[at], self.steps.get(at, 0)
        self.steps[at] = step + 1
        allowed = _NO_DEADLINE if task.due_at is None else max(task.due_at - now, dt.timedelta(minutes=1))
        done_at = now + allowed * brought.shares[step % len(brought.shares)]
        if allowed > _ROUND_THE_CLOCK:
            done_at = _in_office_hours(done_at)
        self._plan(max(done_at, now + dt.timedelta(seconds=20)), "work", at)

    def _work(self, at: int, now: dt.datetime) -> None:
        ticket = Ticket.objects.get(pk=self.numbers[at])
        if ticket.closed_at is not None:
            return
        brought = self.drawn[at]
        into = self.numbers.get(brought.merged_into) if brought.merged_into is not None else None
        if into is not None and self._merge(ticket, into, now):
            return
        definition, instance = STORE.load(ticket.pk)
        task = _first(definition, instance, now)
        if task is None:
            return
        settled_by = set(instance.duties.get("handler", ()))
        able = self.staff.seeing(ticket, task.task.roles)
        able = [each for each in able if task.task.duty != "caller" or str(each.staff_id) not in settled_by]
        if not able:
            # Nobody of the sample staff may: it stays open, as it would.
            return
        operations.complete_task(
            actor=able[at % len(able)],
            number=ticket.pk,
            task=task.task.id,
            data={each.name: _filled(each, brought, self.steps[at], now) for each in task.task.fields},
            seen=instance.number,
            now=now,
        )
        self._plan_next(at, now)

    def _merge(self, ticket: Ticket, into: int, now: dt.datetime) -> bool:
        other = Ticket.objects.get(pk=into)
        if other.closed_at is not None:
            return False
        supervisor = self.staff.seeing(ticket, (Role.SERVICE_SUPERVISOR.value,))[0]
        operations.merge_ticket(
            actor=supervisor, number=ticket.pk, into=other.ticket_no, seen=ticket.instance_number, now=now
        )
        return True

    def _remind(self, at: int, now: dt.datetime) -> None:
        ticket = Ticket.objects.get(pk=self.numbers[at])
        if ticket.closed_at is None:
            agent = self.staff.seeing(ticket, (Role.SERVICE_AGENT.value,))[0]
            operations.remind(actor=agent, number=ticket.pk, words="客户来电催办，询问处理进度。", now=now)

    def _watch(self, at: int, now: dt.datetime) -> None:
        ticket = Ticket.objects.get(pk=self.numbers[at])
        if ticket.closed_at is None:
            supervisor = self.staff.seeing(ticket, (Role.SERVICE_SUPERVISOR.value,))[0]
            operations.supervise(actor=supervisor, number=ticket.pk, words="影响面较大，每日跟踪。", now=now)


def _first(definition: Definition, instance: Instance, now: dt.datetime) -> OpenTask | None:
    if instance.status is not Status.RUNNING:
        return None
    return next(iter(open_tasks(definition=definition, instance=instance, by=None, now=now)), None)


def _in_office_hours(at: dt.datetime) -> dt.datetime:
    """Return the instant, or the same minute after the next opening where nobody is at work then."""
    local = at.astimezone(_CHINA)
    if is_working_day(local.date()) and _OPENS <= local.time() < _CLOSES:
        return at
    day = local.date() if local.time() < _OPENS else local.date() + dt.timedelta(days=1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    opening = dt.datetime.combine(day, _OPENS, tzinfo=_CHINA) + dt.timedelta(minutes=local.minute)
    return opening.astimezone(dt.UTC)


def _filled(form: Field, brought: Brought, step: int, now: dt.datetime) -> str:
    """Return what a person of the demo writes into a field."""
    first_time = step <= 3
    known = {
        "team": brought.team,
        "handling": "WRONG_TEAM" if brought.is_wrong_team and first_time else "DONE",
        "satisfaction": "SATISFIED" if brought.is_sent_back and step > 6 else brought.satisfaction,
        "is_solved": "false" if brought.is_sent_back and step <= 6 else "true",
        "fault_kind": "LOW_VOLTAGE",
        "reply_text": brought.done,
        "cause": brought.done,
        "handling_note": brought.done,
        "repair_note": brought.done,
    }
    if form.name in known:
        return known[form.name]
    if form.kind is FieldKind.CHOICE:
        return form.options[0].value
    if form.kind is FieldKind.BOOLEAN:
        return "true"
    if form.kind is FieldKind.DATE:
        return now.astimezone(_CHINA).date().isoformat()
    if form.kind is FieldKind.TEXT:
        return brought.done if form.is_required else ""
    return "0"
