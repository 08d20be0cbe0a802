"""One inspection case walked by the people of a supply company, each with their own roles."""

from __future__ import annotations

import datetime as dt

from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.instances import Actor, Event, Instance, Step
from lamplighter.business.workflow.operations import advance, complete, resume, start, suspend
from tests.business.workflow.drawing import AROUND, MONDAY

DEFINITION = packaged_library().latest("inspection_case")

PEOPLE = {
    name: Actor(name, frozenset(roles.split()))
    for name, roles in {
        "wang": "line_loss_analyst",
        "zhang": "inspector",
        "zhao": "inspector",
        "chen": "inspector",
        "li": "inspection_leader",
        "gao": "manager",
        "he": "city_manager",
        "sun": "service_agent",
        "zhou": "equipment_engineer",
        "wu": "data_steward",
    }.items()
}
USUAL = {
    "desk_check": ("wang", {"desk_decision": "VISIT", "desk_note": "balance and voltage agree"}),
    "approve_visit": ("li", {"visit_decision": "APPROVE", "work_sheet_no": "W-1"}),
    "plan_visit": ("li", {"planned_on": "2026-03-05"}),
    "on_site": ("zhang", {"second_inspector": "zhao", "outcome": "THEFT"}),
    "fix_evidence": ("zhang", {"acted_on": "2026-03-05", "evidence_hash": "e1"}),
    "serve_notice": (
        "zhang",
        {"notice_no": "N-1", "served_on": "2026-03-06", "served_by": "HAND", "stop_needed": False},
    ),
    "approve_stop": (
        "gao",
        {"stop_decision": "APPROVE", "stop_way": "NOTICE", "is_protected": False, "stop_reason": "theft"},
    ),
    "serve_stop_notice": ("zhang", {"stop_notice_no": "S-1"}),
    "final_call": ("zhang", {"called_person": "the user"}),
    "stop_supply": ("zhang", {"stopped_on": "2026-03-10", "others_unaffected": True}),
    "calculate": (
        "chen",
        {
            # Hook of 5 kW, lighting, time unknown: 5 kW x 180 d x 6 h; fee at 0.52; three times that on top.
            "energy_kwh": "5400",
            "fee_yuan": "2808.00",
            "penalty_yuan": "8424.00",
            "total_yuan": "11232.00",
            "is_multiple_reduced": False,
            "calculation_hash": "c1",
        },
    ),
    "review_section": ("li", {"review_decision": "APPROVE"}),
    "review_county": ("gao", {"review_decision": "APPROVE"}),
    "review_city": ("he", {"review_decision": "APPROVE"}),
    "user_response": ("zhang", {"user_answer": "CONFIRMED", "answered_on": "2026-03-12"}),
    "decide_objection": ("li", {"objection_result": "UPHELD", "objection_note": "the meter was read wrongly"}),
    "decide_settlement": ("li", {"payment_way": "FULL", "is_referred": False}),
    "record_payment": ("sun", {"paid_yuan": "11232.00", "paid_on": "2026-03-13"}),
    "agree_instalments": ("sun", {"agreement_no": "A-1", "last_due_on": "2026-06-30"}),
    "record_last_instalment": ("sun", {"paid_yuan": "11232.00", "paid_on": "2026-06-30"}),
    "refer_case": ("li", {"referred_to": "POLICE", "referral_no": "R-1"}),
    "referral_answer": ("li", {"referral_result": "case opened"}),
    "restore": ("zhang", {"restored_on": "2026-03-14"}),
    "archive": ("li", {"archive_hash": "f1"}),
    "repair_metering": ("zhou", {"repaired_on": "2026-03-06"}),
    "settle_fault": ("chen", {"fault_rule": "ME-4", "settlement_kwh": "5629.60", "settlement_yuan": "2927.39"}),
    "review_fault": ("li", {"fault_review": "APPROVE"}),
    "book_settlement": ("sun", {"booked_on": "2026-03-20"}),
    "correct_archive": ("wu", {"correction_note": "multiplier 40, not 30"}),
    "handle_vacancy": ("sun", {"vacancy_result": "SUSPEND"}),
    "register_solar": ("sun", {"is_registered": False, "solar_note": "contract signed"}),
}
USUAL["recalculate"] = ("chen", {**USUAL["calculate"][1], "total_yuan": "9000.00", "calculation_hash": "c2"})


class Case:
    """A case and its history; each step is an hour after the one before."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.events: list[Event] = []
        self.instance: Instance
        self._keep(
            start(
                definition=DEFINITION,
                instance_id="C-1",
                data={"account_no": "3301-0571"},
                by=PEOPLE["zhang"],
                now=self.now,
                around=AROUND,
            )
        )

    def _keep(self, step: Step) -> None:
        self.instance = step.instance
        self.events += step.events

    def does(self, task: str, by: str = "", **changed: object) -> Case:
        """Let the usual person, or another, complete a task with the usual data, or other."""
        usual, data = USUAL[task]
        self.now += dt.timedelta(hours=1)
        self._keep(
            complete(
                definition=DEFINITION,
                instance=self.instance,
                task=task,
                data={**data, **changed},
                by=PEOPLE[by or usual],
                now=self.now,
                seen=self.instance.number,
                around=AROUND,
            )
        )
        return self

    def walks(self, *tasks: str) -> Case:
        """Let the usual people complete tasks one after the other."""
        for task in tasks:
            self.does(task)
        return self

    def waits(self, **length: float) -> Case:
        """Let time pass."""
        self.now += dt.timedelta(**length)
        self._keep(advance(definition=DEFINITION, instance=self.instance, now=self.now, around=AROUND))
        return self

    def asks_metrology(self) -> Case:
        """Suspend the case for an opinion."""
        self._keep(
            suspend(
                definition=DEFINITION,
                instance=self.instance,
                suspension="METROLOGY_OPINION",
                by=PEOPLE["zhang"],
                now=self.now,
                seen=self.instance.number,
                around=AROUND,
            )
        )
        return self

    def gets_opinion(self) -> Case:
        """Let the opinion arrive."""
        self.now += dt.timedelta(days=9)
        self._keep(
            resume(
                definition=DEFINITION,
                instance=self.instance,
                data={"opinion_no": "K-1", "opinion_result": "TAMPERED"},
                by=PEOPLE["zhang"],
                now=self.now,
                seen=self.instance.number,
                around=AROUND,
            )
        )
        return self

    @property
    def open(self) -> list[str]:
        return sorted(self.instance.opened)

    @property
    def states(self) -> list[str]:
        """Every state the case reached, in order."""
        return [state for event in self.events for state in event.states]


def found(outcome: str) -> Case:
    """A case in which the visit has found something."""
    return Case().walks("desk_check", "approve_visit", "plan_visit").does("on_site", outcome=outcome)


def noticed(*, stop: bool = False, acted_on: str = "2026-03-05", outcome: str = "THEFT") -> Case:
    """A case whose notice is served."""
    case = found(outcome).does("fix_evidence", acted_on=acted_on)
    return case.does("serve_notice", stop_needed=stop)


def reviewed() -> Case:
    """A case whose amounts a second person approved."""
    return noticed().walks("calculate", "review_county")
