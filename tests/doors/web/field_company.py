"""A crew of station S1 with one planned visit, whose case waits for it, and a telephone that sends as ours does."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.test import Client
from tests.doors.web.conftest import NIGHT, units_of
from tests.doors.web.field_desk import photo

from lamplighter.base.desk.models import Load
from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.inspection.case_store import STORE, load_chain
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.operations.chain import complete_task, open_case
from lamplighter.business.inspection.planning.models import DayPlan, PlanVisit
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

CREW = ("zhang", "zhao")
STEPS = ("whole_site", "box_with_seal", "meter_face", "clamp_photo")
AT = "2026-04-01T09:30:00+08:00"
PROVED = {
    # 6.9 kW flow in, 4.6 kW by currents, 30 / 1600 x 40 x 6 = 4.5 kW counted: a third goes past.
    "phases": [{"voltage_v": 230, "in_a": 10, "through_a": shown} for shown in (0.25, 0.25, 0)],
    "power_factor": 1,
    "multiplier": 40,
    "pulses": 30,
    "seconds": 600,
    "pulses_per_kwh": 1600,
}


def plan_stop(account: str, *, on: dt.date, crew: tuple[str, ...] = CREW, station: str = "S1") -> DayPlan:
    """Plan one stop of a crew on a day."""
    persons = [
        {"person_id": each, "shift": [510, 1050], "level": "2", "valid_to": "2036-01-01", "skills": [], "barred": []}
        for each in crew
    ]
    held = {"crew_id": "East 1", "persons": persons, "lunch": None, "lunch_minutes": 0.0}
    plan: DayPlan = DayPlan.objects.create(
        unit_id=station,
        on_date=on,
        as_of_on=NIGHT,
        crews=[held | {"longitude": 103.0, "latitude": 35.0}],
        visit_yuan=300.0,
        changed_by="li",
        changed_at=dt.datetime(2025, 4, 1, tzinfo=dt.UTC),
        **units_of(station),
    )
    suspicion = {
        "account_id": account,
        "area_id": "A1",
        "rank": 1,
        "theft_probability": 0.6,
        "expected_yuan": 500.0,
        "expected_kwh": 100.0,
        "colour": "red",
        "checks": ["compare_current", "seals"],
        "longitude": 103.01,
        "latitude": 35.01,
        "supply_kv": 0.4,
        "is_random": False,
        "propensity": 0.1,
    }
    PlanVisit.objects.create(
        plan=plan, account_id=account, area_name="台区1", rank=1, suspicion=suspicion, crew="East 1", place=0
    )
    return plan


def desk_work(inspector: Actor, leader: Actor) -> tuple[tuple[Actor, str, dict[str, object]], ...]:
    """Who completes which task with what until a visit is to be made."""
    return (
        (inspector, "desk_check", {"desk_decision": "VISIT", "desk_note": "balance and shape agree"}),
        (leader, "approve_visit", {"visit_decision": "APPROVE", "work_sheet_no": "W-1"}),
        (leader, "plan_visit", {"planned_on": "2025-04-01"}),
    )


def bring_on_site(make_staff: Callable[..., Staff]) -> Case:
    """Bring the case of S1's suspicion to where its visit is made."""
    people = {name: make_staff(Role.INSPECTOR, unit="S1", name=name) for name in (*CREW, "chen")}
    leader = make_staff(Role.INSPECTION_LEADER, unit="N", name="li").as_actor()
    zhang, now = people["zhang"].as_actor(), dt.datetime.now(dt.UTC)
    suspicion = Suspicion.objects.get(station_id="S1")
    number = accept_suspicion(actor=zhang, number=suspicion.pk, now=now).number
    for actor, task, data in desk_work(zhang, leader):
        _, instance = load_chain(Case.objects.get(pk=number))
        complete_task(actor=actor, number=number, task=task, data=data, seen=instance.number, now=now)
    return Case.objects.get(pk=number)


class Telephone:
    """Sends what a telephone sends, part by part, and may be told to send wrongly."""

    def __init__(self, client: Client, visit: str, *, second: str, photos: int = len(STEPS)) -> None:
        self.client, self.visit, self.record = client, visit, uuid4()
        self.second = second
        self.files = {UUID(int=self.record.int + number): photo(number) for number in range(1, photos + 1)}
        self.other: dict[str, Any] = {}

    def address(self, more: str = "") -> str:
        return f"/field/visits/{self.visit}/{self.record}/{more}"

    def standing(self) -> Any:
        return self.client.get(self.address()).json()

    def part(self, item: UUID, *, start: int = 0, end: int | None = None, **announced: Any) -> Any:
        content = self.files[item]
        query = {
            "sequence": list(self.files).index(item) + 1,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "offset": start,
        } | announced
        return self.client.put(
            self.address(f"items/{item}/"),
            content[start:end],
            content_type="application/octet-stream",
            query_params=query,
        )

    @property
    def sheet(self) -> bytes:
        lines = [
            {
                "item_id": str(item),
                "sequence": number,
                "kind": "photo",
                "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "taken_at": AT,
                "step": STEPS[(number - 1) % len(STEPS)],
            }
            for number, (item, content) in enumerate(self.files.items(), 1)
        ]
        said = {
            "record_id": str(self.record),
            "visit_id": self.visit,
            "device_id": str(UUID(int=9)),
            "checklist_version": packaged_checklists().version,
            "started_at": AT,
            "finished_at": AT,
            "second_inspector": self.second,
            "certificate_shown": True,
            "outcome": "THEFT",
            "found_by": "ct_short",
            "signing": {"consent": "refused", "reason": "angry", "witness": "neighbour Zhou"},
            "items": lines,
            "answers": [{"step": "register", "figure": 1234.5}, {"step": "balance", "balance": PROVED}],
            "seals": [{"place": "box", "number": "F-1", "state": "broken", "new_number": "F-2"}],
            "position": {"latitude": 35.0, "longitude": 103.0, "accuracy_m": 12.0, "at": AT},
            "note": "two of three windings shorted",
        }
        return json.dumps(said | self.other, ensure_ascii=False).encode()

    def send_sheet(self, content: bytes | None = None, **query: str) -> Any:
        sent = self.sheet if content is None else content
        asked = {"sha256": hashlib.sha256(sent).hexdigest(), "now": dt.datetime.now(dt.UTC).isoformat()} | query
        return self.client.put(self.address("sheet/"), sent, content_type="application/json", query_params=asked)

    def send_all(self) -> Any:
        for item in self.files:
            self.part(item)
        return self.send_sheet().json()


def make_crew_with_visits(visits: int) -> Staff:
    """Make a station with a crew and so many visits of today, each with its case on site; return the inspector."""
    from django.contrib.auth.models import Group

    make_groups()
    above = {"province_id": "P", "city_id": "C", "county_id": "N"}
    for unit, level, parent, ids in (
        ("P", "province", "", dict.fromkeys(UNIT_COLUMNS, "P")),
        ("C", "city", "P", {"province_id": "P", "city_id": "C", "county_id": "C", "station_id": "C"}),
        ("N", "county", "C", {**above, "station_id": "N"}),
        ("S1", "station", "N", {**above, "station_id": "S1"}),
    ):
        Unit.objects.create(unit_id=unit, name=f"{unit}所", level=level, parent_id=parent, **ids)
    now = dt.datetime.now(dt.UTC)
    load = {"generation": 1, "company": "东海供电", "timezone": "Asia/Shanghai", "night_on": NIGHT, "list_on": NIGHT}
    Load.objects.create(**load, worked_at=now, received_at=now, loaded_at=now)
    staff = {}
    for name, role, unit, called in (
        ("zhang", Role.INSPECTOR, "S1", "张伟"),
        ("zhao", Role.INSPECTOR, "S1", "赵敏"),
        ("li", Role.INSPECTION_LEADER, "N", "李强"),
    ):
        staff[name] = Staff.objects.create_user(
            name, password="quiet-lamps-over-water", unit_id=unit, first_name=called
        )
        staff[name].groups.set(Group.objects.filter(name=role.value))
    accounts = [f"00123{number:05d}" for number in range(visits)]
    first_case = _case_on_site(accounts[0], zhang=staff["zhang"].as_actor(), leader=staff["li"].as_actor(), now=now)
    with transaction.atomic():
        for number, account in enumerate(accounts[1:], 1):
            _copy(first_case, account, number)
    on = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    plan = plan_stop(accounts[0], on=on)
    first = PlanVisit.objects.get(plan=plan)
    PlanVisit.objects.bulk_create(
        PlanVisit(
            plan=plan,
            account_id=account,
            area_name=f"幸福路{number}号台区",
            rank=number + 1,
            suspicion=first.suspicion | {"account_id": account, "rank": number + 1},
            crew="East 1",
            place=number,
        )
        for number, account in enumerate(accounts)
        if number
    )
    return staff["zhang"]


def _case_on_site(account: str, *, zhang: Actor, leader: Actor, now: dt.datetime) -> Case:
    case = open_case(
        actor=zhang,
        account_id=account,
        path=UnitPath("P", "C", "N", "S1"),
        about={"meter_id": "M0", "area_id": "A1", "area_name": "台区", "customer_class": "commercial"},
        evidence={},
        suspicion_number=None,
        now=now,
    )
    for actor, task, data in desk_work(zhang, leader):
        _, instance = load_chain(Case.objects.get(pk=case.number))
        complete_task(actor=actor, number=case.number, task=task, data=data, seen=instance.number, now=now)
    return Case.objects.get(pk=case.number)


def _copy(case: Case, account: str, number: int) -> None:
    """Another case that stands where this one does: hundreds of them are not worked step by step."""
    events = list(case.events.order_by("pk"))
    old = case.pk
    copy = Case.objects.get(pk=old)
    copy.pk, copy.account_id, copy.case_no, copy.meter_id = None, account, f"AJ-{number:06d}", f"M{number}"
    copy.save()
    Case.objects.filter(pk=copy.pk).update(
        instance=case.instance.replace(STORE.instance_id(old), STORE.instance_id(copy.pk)).replace(
            case.account_id, account
        )
    )
    for event in events:
        event.pk, event.case_id = None, copy.pk
    CaseEvent.objects.bulk_create(events)
