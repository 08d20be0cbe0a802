"""Three months of the service desk of the demo company, played through its own operations by its sample staff."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from django.db import transaction

from lamplighter.base.calendars import is_working_day
from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.models import Staff
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.tickets import operations
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.queries import TicketRow
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.service_desk.tickets.settings import escalation_rule, ticket_class
from lamplighter.business.service_desk.tickets.store import STORE
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.instances import Instance
from lamplighter.business.workflow.queries import OpenTask, open_tasks
from lamplighter.business.workflow.records import Field, FieldKind
from lamplighter.simulation.service import Brought, Place, draw_matters

MATTERS: Final = 220
DAYS: Final = 91
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_OPENS, _CLOSES = dt.time(8, 30), dt.time(17, 30)
_AWAKE: Final = (dt.time(8), dt.time(21))
_AT_ONCE: Final = dt.timedelta(hours=4)
"""What is due within it is worked day and night; the rest in office hours."""
_NO_DEADLINE: Final = dt.timedelta(hours=6)
"""What a task without a deadline takes at most, in the demo; what is late already as well."""
_LEAST_OFFICE_TIME: Final = dt.timedelta(minutes=90)
_LOOK: Final = dt.timedelta(minutes=5)
_AGENTS_ON_DUTY: Final = 2


def make_service(*, now: dt.datetime, matters: int = MATTERS, days: int = DAYS, seed: int = 1) -> int:
    """Play three months of service up to now, once: where there are tickets, nothing is done.

    The desk must be loaded and its sample staff made. What is not settled by now stays open, as it would.

    Args:
        now: the instant, with its zone; nothing is said to have happened after it.
        matters: how many customers bring something.
        days: how long before the first does.
        seed: same seed and instant, same tickets.

    Returns:
        How many tickets were taken down.
    """
    if Ticket.objects.exists():
        return 0
    staff = _Staff.of_desk()
    places = [] if staff is None else _places(staff)
    if staff is None or not places:
        return 0
    until = now.astimezone(dt.UTC).replace(microsecond=0)
    drawn = draw_matters(places, until=until, days=days, count=matters, seed=seed)
    # All or nothing: one that was stopped half way is played anew.
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

    def seeing(self, path: UnitPath, roles: Sequence[str]) -> list[Actor]:
        """Return who of some roles sees what is of these units."""
        return [actor for role in roles for actor in self.by_role.get(role, ()) if actor.sees(path)]


def _places(staff: _Staff) -> list[Place]:
    rows = CustomerEntry.objects.filter(station_id__in=staff.stations).exclude(area_id="").order_by("account_id")
    return [Place(account, area) for account, area in rows.values_list("account_id", "area_id")]


def demo_places() -> list[Place]:
    """Return the accounts of the stations that have sample agents enough, with their areas; none without staff."""
    staff = _Staff.of_desk()
    return [] if staff is None else _places(staff)


@dataclass(frozen=True, slots=True)
class _Next:
    """What is to be done next in a ticket, and the chain as it stands."""

    task: OpenTask
    instance: Instance
    is_replied: bool


@dataclass
class _Play:
    """The clock, and what is still to happen, the earliest first."""

    staff: _Staff
    drawn: Sequence[Brought]
    until: dt.datetime
    numbers: dict[int, int] = field(default_factory=dict)
    paths: dict[int, UnitPath] = field(default_factory=dict)
    due: dict[int, _Next] = field(default_factory=dict)
    ahead: list[tuple[dt.datetime, int, str, int]] = field(default_factory=list)
    steps: dict[int, int] = field(default_factory=dict)
    counted: int = 0

    def run(self) -> None:
        """Play everything up to the end."""
        for at, brought in enumerate(self.drawn):
            self._plan(brought.at, "bring", at)
        acts = {
            "bring": self._bring,
            "work": self._work,
            "remind": self._remind,
            "watch": self._watch,
            "look": self._look,
        }
        while self.ahead:
            now, _, act, at = heapq.heappop(self.ahead)
            acts[act](at, now)

    def _plan(self, at: dt.datetime, act: str, matter: int) -> None:
        if at < self.until:
            self.counted += 1
            heapq.heappush(self.ahead, (at, self.counted, act, matter))

    def _bring(self, at: int, now: dt.datetime) -> None:
        brought = self.drawn[at]
        customer = CustomerEntry.objects.get(account_id=brought.place.account_id)
        area = AreaEntry.objects.filter(area_id=customer.area_id).first()
        agents = self.staff.seeing(customer.path, (Role.SERVICE_AGENT.value,))
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
        self.numbers[at], self.paths[at] = row.number, customer.path
        for hours in brought.reminders:
            asked_at = now + dt.timedelta(hours=hours)
            self._plan(asked_at if _is_urgent(row) else _awake(asked_at), "remind", at)
        if brought.is_supervised:
            self._plan(_after_office_time(now, until=now + dt.timedelta(days=1), share=0.5), "watch", at)
        self._plan_looks(row, at)
        self._plan_next(row, at, now)

    def _plan_looks(self, row: TicketRow, at: int) -> None:
        """Plan when the worker's look finds that somebody above has to know; it looks every few minutes."""
        if row.promise_due_at is None:
            return
        rule = escalation_rule(on=day_of(row.registered_at))
        for share in (rule.owner_share, rule.manager_share, 1.0):
            reached = row.registered_at + share * (row.promise_due_at - row.registered_at)
            looks = -(-reached.timestamp() // _LOOK.total_seconds())
            self._plan(dt.datetime.fromtimestamp(looks * _LOOK.total_seconds(), dt.UTC), "look", at)

    def _plan_next(self, row: TicketRow, at: int, now: dt.datetime) -> None:
        """Plan when the next task is done: a share of the time it may take."""
        definition, instance = STORE.load(row.number)
        tasks = open_tasks(definition=definition, instance=instance, by=None, now=now)
        if not tasks:
            self.due.pop(at, None)
            return
        self.due[at] = _Next(tasks[0], instance, row.replied_at is not None)
        brought, step = self.drawn[at], self.steps.get(at, 0)
        self.steps[at] = step + 1
        share = brought.shares[step % len(brought.shares)]
        promise = None if row.replied_at else row.promise_due_at
        known = [due for due in (tasks[0].due_at, promise) if due is not None and due > now]
        until = min(known, default=now + _NO_DEADLINE)
        if until - now <= _AT_ONCE or _is_urgent(row):
            done_at = now + share * (until - now)
        else:
            done_at = _after_office_time(now, until=until, share=share)
        self._plan(max(done_at.replace(microsecond=0), now + dt.timedelta(seconds=20)), "work", at)

    def _work(self, at: int, now: dt.datetime) -> None:
        todo, brought = self.due.get(at), self.drawn[at]
        if todo is None or self._is_merged(at, now):
            return
        task = todo.task.task
        settled_by = set(todo.instance.duties.get("handler", ()))
        able = self.staff.seeing(self.paths[at], task.roles)
        able = [each for each in able if task.duty != "caller" or str(each.staff_id) not in settled_by]
        if not able:
            # Nobody of the sample staff may: it stays open, as it would.
            return
        row = operations.complete_task(
            actor=able[at % len(able)],
            number=self.numbers[at],
            task=task.id,
            data={each.name: _filled(each, brought, self.steps[at], now) for each in task.fields},
            seen=todo.instance.number,
            now=now,
        )
        self._plan_next(row, at, now)

    def _look(self, at: int, now: dt.datetime) -> None:
        # To one that was answered or is over no look brings anything.
        if at in self.due and not self.due[at].is_replied:
            operations.advance_ticket(number=self.numbers[at], now=now)

    def _is_merged(self, at: int, now: dt.datetime) -> bool:
        """Let a matter go on in the one it belongs to, where that is still open."""
        into = self.drawn[at].merged_into
        if into is None or into not in self.due:
            return False
        other = Ticket.objects.get(pk=self.numbers[into])
        supervisor = self.staff.seeing(self.paths[at], (Role.SERVICE_SUPERVISOR.value,))[0]
        seen = self.due.pop(at).instance.number
        operations.merge_ticket(actor=supervisor, number=self.numbers[at], into=other.ticket_no, seen=seen, now=now)
        return True

    def _remind(self, at: int, now: dt.datetime) -> None:
        if at in self.due:
            agent = self.staff.seeing(self.paths[at], (Role.SERVICE_AGENT.value,))[0]
            words = "客户来电催办，询问处理进度。"
            operations.remind(actor=agent, number=self.numbers[at], words=words, now=now)

    def _watch(self, at: int, now: dt.datetime) -> None:
        if at in self.due:
            supervisor = self.staff.seeing(self.paths[at], (Role.SERVICE_SUPERVISOR.value,))[0]
            words = "影响面较大，每日跟踪。"
            operations.supervise(actor=supervisor, number=self.numbers[at], words=words, now=now)


def _is_urgent(row: TicketRow) -> bool:
    """Say whether the customer waits by the hour: such matters are worked day and night until he has his answer."""
    promise = ticket_class(row.class_code, on=day_of(row.registered_at)).promise
    return promise is not None and not promise.is_in_days and row.replied_at is None


def _after_office_time(since: dt.datetime, *, until: dt.datetime, share: float) -> dt.datetime:
    """Return when a share of the office hours between two instants has passed; above 1 it lies behind the second."""
    ahead, passed = _office_hours(since), []
    for opens, closes in ahead:
        passed.append((opens, closes))
        if closes >= until:
            break
    whole = sum((min(closes, until) - opens for opens, closes in passed if opens < until), dt.timedelta())
    left = share * max(whole, _LEAST_OFFICE_TIME)
    for opens, closes in chain(passed, ahead):
        if left < closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("office hours never end")


def _office_hours(since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yield the office hours from an instant on, without an end."""
    day = since.astimezone(_CHINA).date()
    while True:
        opens, closes = (dt.datetime.combine(day, hour, tzinfo=_CHINA).astimezone(dt.UTC) for hour in (_OPENS, _CLOSES))
        if is_working_day(day) and closes > since:
            yield max(opens, since), closes
        day += dt.timedelta(days=1)


def _awake(at: dt.datetime) -> dt.datetime:
    """Return the instant, or the same minute of the next morning where people sleep."""
    local, (rises, rests) = at.astimezone(_CHINA), _AWAKE
    if rises <= local.time() < rests:
        return at
    day = local.date() if local.time() < rises else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, rises.replace(minute=local.minute), tzinfo=_CHINA).astimezone(dt.UTC)


def _filled(form: Field, brought: Brought, step: int, now: dt.datetime) -> str:
    """Return what a person of the demo writes into a field."""
    first_time = step <= 3
    known = {
        "team": brought.team,
        "handling": "WRONG_TEAM" if brought.is_wrong_team and first_time else "DONE",
        "satisfaction": "SATISFIED" if brought.is_sent_back and step > 6 else brought.satisfaction,
        "is_solved": "false" if brought.is_sent_back and step <= 6 else "true",
        "fault_kind": brought.fault_kind,
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
