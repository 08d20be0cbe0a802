"""Two months of inspection of the demo company, played through its own operations by its sample staff.

What a visit finds is what the simulated company truly has: a thief, a faulty meter, or nothing.
"""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from django.db import transaction
from PIL import Image

from lamplighter.base.calendars import add_working_days, is_working_day
from lamplighter.base.desk.models import newest_load
from lamplighter.base.documents.attachments import check_attachment
from lamplighter.base.lake import Lake
from lamplighter.base.messages import speaking, text
from lamplighter.base.outbox.models import Message
from lamplighter.base.outbox.operations import prove_service
from lamplighter.base.outbox.records import ProofKind
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.detection.desk_queries import COLOURS
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.detection.records import SuspicionState
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.models import Amount, Case
from lamplighter.business.inspection.operations import papers
from lamplighter.business.inspection.operations.notice import NoticeWords, issue_notice
from lamplighter.business.inspection.planning.desk_operations import import_crews, make_day_plan
from lamplighter.business.inspection.reading import FACTS, read_record
from lamplighter.business.inspection.records.findings import EvidenceKind
from lamplighter.business.inspection.records.notices import Inspector
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow.queries import open_tasks
from lamplighter.journeys.demo import is_demo
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion, work_on, write_outcomes

LEFT: Final = 2
"""Suspicions at the head of the list that nobody took up yet: the first thing a new reader does."""
EACH: Final = 2
"""One of so many is taken up from there, so that the list is tried beyond its head."""
BEGUN: Final = (33, 30, 27, 24, 21, 18, 15, 12, 9, 6, 5, 3, 3, 2, 1, 1)
"""Working days before now on which one is taken up each."""
_CREWS: Final = (("昀桥一组", "inspector", "inspector_b"), ("葳桥二组", "inspector_c", "inspector_2"))
_FINDERS: Final = ("inspector", "inspector_b")
_WHO: Final = {
    "repair_metering": "equipment_engineer",
    "settle_fault": "inspector_c",
    "review_fault": "inspection_leader",
    "book_settlement": "service_agent",
    "correct_archive": "data_steward",
    "calculate": "inspector_c",
    "review_section": "inspection_leader",
    "review_county": "manager",
    "decide_objection": "inspection_leader",
    "decide_settlement": "inspection_leader",
    "record_payment": "service_agent",
    "agree_instalments": "service_agent",
    "approve_visit": "inspection_leader",
    "plan_visit": "inspection_leader",
    "archive": "inspection_leader",
}
"""Who does what; everything else is the finder's."""
_PRICE_YUAN: Final = "0.52"


def make_inspections(*, home: Home, now: dt.datetime) -> int:
    """Play two months of inspection up to now, once: where there are cases or crews, nothing is done.

    Args:
        home: the demo's; in another nothing is done. The desk must be loaded and its sample staff made.
        now: the instant, with its zone; what is not settled by then stays open, as it would.

    Returns:
        How many suspicions were taken up.
    """
    staff = {person.username: person.as_actor() for person in Staff.objects.filter(is_active=True)}
    needed = {*_WHO.values(), *(name for crew in _CREWS for name in crew[1:])}
    if not is_demo(home) or Case.objects.exists() or not needed <= set(staff):
        return 0
    play = _Play(home, staff, _Truth.of(home), now.astimezone(dt.UTC).replace(microsecond=0))
    with speaking("zh"), transaction.atomic():
        numbers = _suspicions(staff[_FINDERS[0]])
        for place, (number, back) in enumerate(zip(numbers, BEGUN, strict=False)):
            play.take_up(number, place, first_on=_working_day(play.until, back=back))
        if numbers:
            _plan(staff["inspection_leader"], now=play.until)
    # The lake is told once everything stands: one write, of every case that is closed.
    write_outcomes(lake=Lake.open(home.lake), now=play.until)
    return len(numbers)


def _suspicions(inspector: Actor) -> list[int]:
    rows = Suspicion.objects.seen_by(inspector).filter(
        is_listed=True, colour__in=COLOURS, state=SuspicionState.OPEN.value, is_random=False
    )
    return list(rows.order_by("rank").values_list("pk", flat=True)[LEFT::EACH][: len(BEGUN)])


@dataclass(frozen=True, slots=True)
class _Truth:
    """What the simulated company truly has: energy stolen by account, meters at fault, addresses on a wrong area."""

    stolen_kwh: Mapping[str, float]
    unregistered_kwh: Mapping[str, float]
    misplaced: frozenset[str]

    @classmethod
    def of(cls, home: Home) -> _Truth:
        truth = home.path / "simulation" / "truth"

        def read(name: str) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = pq.read_table(truth / f"{name}.parquet").to_pylist()
            return rows

        return cls(
            stolen_kwh={row["account_id"]: row["stolen_kwh"] for row in read("thefts")},
            unregistered_kwh={row["account_id"]: row["unregistered_kwh"] for row in read("faults")},
            misplaced=frozenset(row["account_id"] for row in read("archive_errors")),
        )

    def outcome_of(self, account: str) -> str:
        """Return what is found on site."""
        if account in self.stolen_kwh:
            return "THEFT"
        if account in self.unregistered_kwh:
            return "METERING_FAULT"
        return "WRONG_ARCHIVE" if account in self.misplaced else "CLEAN"


@dataclass
class _Play:
    """One case after another, each step on a working day after the one before."""

    home: Home
    staff: Mapping[str, Actor]
    truth: _Truth
    until: dt.datetime
    thefts: int = field(default=0)

    def take_up(self, number: int, place: int, *, first_on: dt.date) -> None:
        """Accept a suspicion and work on its case until there is nothing to do, or it is now."""
        at = _at(first_on, hour=9, minute=10 + place)
        if at >= self.until:
            return
        case = accept_suspicion(actor=self.staff[_FINDERS[0]], number=number, now=at)
        outcome = self.truth.outcome_of(case.account_id)
        self.thefts += outcome == "THEFT"
        script = _Script(case.number, case.account_id, outcome, self.thefts)
        while (step := self._next(script, at)) is not None:
            task, at = step
            if at >= self.until:
                return
            self._do(script, task, at)

    def _next(self, script: _Script, at: dt.datetime) -> tuple[str, dt.datetime] | None:
        definition, instance = load_chain(Case.objects.get(pk=script.case))
        # Of several that are open the first named goes first; what waits for somebody outside stays open.
        for open_task in open_tasks(definition=definition, instance=instance, by=None, now=at):
            days, hour = _WHEN.get(open_task.task.id, (1, 10))
            if open_task.task.id in _WHEN or open_task.task.id in _WHO:
                return open_task.task.id, _at(_later(at, days), hour=hour, minute=at.minute)
        return None

    def _do(self, script: _Script, task: str, at: dt.datetime) -> None:
        actor = self.staff[_WHO.get(task, _FINDERS[0])]
        if (before := _BEFORE.get(task)) is not None:
            before(self, script, actor, at)
        case = Case.objects.get(pk=script.case)
        work_on(
            actor=actor,
            number=script.case,
            task=task,
            data=self._form(script, task, at),
            seen=case.instance_number,
            now=at,
        )

    def _form(self, script: _Script, task: str, at: dt.datetime) -> Mapping[str, object]:
        on = at.astimezone(CHINA).date()
        colleague = str(self.staff[_FINDERS[1]].staff_id)
        is_objection = script.theft == _OBJECTION
        forms: dict[str, dict[str, object]] = {
            "desk_check": {"desk_decision": "VISIT", "desk_note": "台区损失、曲线与电压三项相互印证，建议现场核查。"},
            "approve_visit": {"visit_decision": "APPROVE", "work_sheet_no": f"GZD-{on:%Y%m%d}-{script.case}"},
            "plan_visit": {"planned_on": _later(at, 2).isoformat()},
            "on_site": {"second_inspector": colleague, "outcome": script.outcome, "visit_note": _NOTES[script.outcome]},
            "repair_metering": {"repaired_on": on.isoformat(), "seal_nos": f"F{script.case:06d}"},
            "review_fault": {"fault_review": "APPROVE"},
            "book_settlement": {"booked_on": on.isoformat()},
            "correct_archive": {"correction_note": "按现场核对结果提交户变关系更正。"},
            "fix_evidence": {"acted_on": on.isoformat()},
            "serve_notice": {"stop_needed": "false"},
            "review_section": {"review_decision": "APPROVE"},
            "review_county": {"review_decision": "APPROVE"},
            "user_response": {
                "user_answer": "OBJECTED" if is_objection else "CONFIRMED",
                "answered_on": on.isoformat(),
            },
            "decide_objection": {
                "objection_result": "UPHELD",
                "objection_note": "异议成立：接线系前任承租户所为。",
            },
            "decide_settlement": {"payment_way": "FULL", "is_referred": "false"},
            "record_payment": {"paid_yuan": _claimed(script.case), "paid_on": on.isoformat()},
        }
        return forms.get(task, {})


@dataclass(frozen=True, slots=True)
class _Script:
    """A case of the play; ``theft`` counts the thefts so far, this one with them."""

    case: int
    account: str
    outcome: str
    theft: int


_OBJECTION: Final = 2
"""The second theft is objected to, and the objection upheld."""
_WHEN: Final[Mapping[str, tuple[int, int]]] = {
    # Working days after the step before, and the hour.
    "desk_check": (0, 11),
    "approve_visit": (1, 9),
    "plan_visit": (0, 10),
    "on_site": (2, 14),
    "fix_evidence": (0, 16),
    "serve_notice": (1, 15),
    "user_response": (4, 10),
    "repair_metering": (1, 14),
    "archive": (1, 16),
}
_NOTES: Final = {
    "THEFT": "计量装置前有旁路接线，已拍照取证，用户在场。",
    "METERING_FAULT": "现场校验误差超差，封印完好，未见人为痕迹。",
    "WRONG_ARCHIVE": "计量正常；户变关系与档案不符。",
    "CLEAN": "封印完好，接线与计量正常，负荷与生产情况相符。",
}


def _prove_what_was_found(play: _Play, script: _Script, actor: Actor, at: dt.datetime) -> None:
    for number, subject in enumerate(("表箱与封印", "旁路接线"), 1):
        papers.add_evidence(
            actor=actor,
            number=script.case,
            kind=EvidenceKind.PHOTO,
            subject=subject,
            content=_picture(script.case, number),
            home=play.home,
            now=at,
        )


def _serve(play: _Play, script: _Script, actor: Actor, at: dt.datetime) -> None:
    load = newest_load()
    inspectors = tuple(
        Inspector(name=play.staff[each].name, certificate=f"JC-{place}") for place, each in enumerate(_FINDERS, 1)
    )
    area = Case.objects.get(pk=script.case).area_name
    issue_notice(
        actor=actor,
        number=script.case,
        words=NoticeWords(
            act="TH-1",
            facts="在供电企业的供电设施上擅自接线用电。",
            customer="用户（见档案）",
            place=area,
            inspectors=inspectors,
            office="葳桥县供电营业厅",
            telephone="95598",
        ),
        company=load.company if load else "",
        languages="zh",
        verify_url="",
        home=play.home,
        now=at,
    )
    message = Message.objects.filter(template="notice_served", subject_ref=str(script.case)).latest("pk")
    prove_service(
        actor=actor,
        number=message.pk,
        kind=ProofKind.SIGNATURE,
        served_on=at.astimezone(CHINA).date(),
        receiver="用户本人",
        witness="",
        postal_no="",
        note="",
        file=check_attachment(_picture(script.case, 9)),
        home=play.home,
        now=at,
        today=at.astimezone(CHINA).date(),
    )


def _work_out_theft(play: _Play, script: _Script, actor: Actor, at: dt.datetime) -> None:
    energy = max(1.0, round(play.truth.stolen_kwh[script.account], 1))
    facts = {
        "found_on": at.astimezone(CHINA).date().isoformat(),
        "method": "established",
        "category": "lighting",
        "price_yuan": _PRICE_YUAN,
        "established_kwh": f"{energy}",
        "acts": ["TH-1"],
    }
    _work_out(script, actor, "theft", facts, at)


def _work_out_fault(play: _Play, script: _Script, actor: Actor, at: dt.datetime) -> None:
    missing = max(1.0, round(play.truth.unregistered_kwh[script.account], 1))
    metered = 1000.0
    facts = {
        "kind": "error",
        "corrected_on": at.astimezone(CHINA).date().isoformat(),
        "price_yuan": _PRICE_YUAN,
        "metered_kwh": f"{metered}",
        "relative_error": f"{-missing / (metered + missing):.4f}",
        "tolerance": "0.02",
    }
    _work_out(script, actor, "metering_error", facts, at)


def _work_out(script: _Script, actor: Actor, kind: str, facts: Mapping[str, Any], at: dt.datetime) -> None:
    read = read_record(FACTS[kind], facts, source=text("cases.amount.title"))
    papers.work_out_amount(actor=actor, number=script.case, facts=read, chosen={}, now=at)


_BEFORE: Final[Mapping[str, Callable[[_Play, _Script, Actor, dt.datetime], None]]] = {
    "fix_evidence": _prove_what_was_found,
    "serve_notice": _serve,
    "calculate": _work_out_theft,
    "settle_fault": _work_out_fault,
}


def _claimed(case: int) -> str:
    found = Amount.objects.filter(case_id=case).order_by("-pk").first()
    return f"{found.total_yuan:.2f}" if found else "0.00"


def _picture(case: int, number: int) -> bytes:
    """Return a picture that stands for a photo: plain, and another one each time."""
    content = io.BytesIO()
    Image.new("RGB", (320, 240), (40 + 20 * number, (13 * case) % 200, 90)).save(content, format="JPEG", quality=85)
    return content.getvalue()


def _plan(leader: Actor, *, now: dt.datetime) -> None:
    """Write the crews down and plan today and the next working day."""
    day = now.astimezone(CHINA).date()
    expires = day.replace(year=day.year + 2, day=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "crews.csv")
        lines = ["crew,person,from,to,level,valid_to,lunch_from,lunch_to,lunch_minutes"]
        lines += [
            f"{crew},{person},08:30,17:30,2,{expires.isoformat()},11:30,13:00,60"
            for crew, *people in _CREWS
            for person in people
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        import_crews(actor=leader, path=path)
    visit_yuan = default_settings().number("cost.visit_yuan")
    for on in (day, add_working_days(day, 1)):
        make_day_plan(actor=leader, on=on, version=0, visit_yuan=visit_yuan, now=now)


def _at(day: dt.date, *, hour: int, minute: int) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA).astimezone(dt.UTC)


def _later(at: dt.datetime, days: int) -> dt.date:
    """Return the day so many working days after an instant."""
    return add_working_days(at.astimezone(CHINA).date(), days)


def _working_day(now: dt.datetime, *, back: int) -> dt.date:
    """Return the day so many working days before an instant."""
    day = now.astimezone(CHINA).date()
    while back:
        day -= dt.timedelta(days=1)
        back -= is_working_day(day)
    return day
