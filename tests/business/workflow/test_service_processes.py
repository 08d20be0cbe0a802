"""The service processes as drawn: each can be walked to its end by the posts it names, and keeps its promises."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.durations import due_at
from lamplighter.business.workflow.instances import Actor, Instance, Status
from lamplighter.business.workflow.operations import advance, complete, start
from lamplighter.business.workflow.records import Definition, Field, FieldKind
from lamplighter.business.workflow.refusals import DutiesNotSeparated, RequirementUnmet
from lamplighter.business.workflow.replaying import replay
from tests.business.workflow.drawing import AROUND, MONDAY

NAMES = [name for name in packaged_library().names() if name != "inspection_case"]


def value(field: Field, pick=None) -> object:
    """A value that fits a field; the first choice, yes, or what ``pick`` takes of several."""
    match field.kind:
        case FieldKind.CHOICE:
            options = [option.value for option in field.options]
            return pick(options) if pick else options[0]
        case FieldKind.BOOLEAN:
            return pick([True, False]) if pick else True
        case FieldKind.DATE:
            return "2026-03-05"
        case FieldKind.DECIMAL | FieldKind.INTEGER:
            return "3"
        case _:
            return "words"


class Walk:
    """A ticket that people of every post work on; each task by somebody of its own, so that duties stay apart."""

    def __init__(self, name: str, pick=None, **begun):
        self.definition: Definition = packaged_library().latest(name)
        self.now, self.pick, self.events = MONDAY, pick, []
        data = {field.name: value(field, pick) for field in self.definition.start_fields} | begun
        self._keep(
            start(
                definition=self.definition,
                instance_id="T-1",
                data=data,
                by=self.somebody("start", self.definition.start_roles),
                now=self.now,
                around=AROUND,
            )
        )

    def somebody(self, task, roles, person=None):
        return Actor(person or f"who does {task}", frozenset(roles))

    def _keep(self, step):
        self.instance: Instance = step.instance
        self.events += step.events

    @property
    def open(self):
        return sorted(self.instance.opened)

    @property
    def states(self):
        return [state for event in self.events for state in event.states]

    def does(self, task, person=None, **filled):
        todo = self.definition.tasks[task]
        data = {field.name: value(field, self.pick) for field in todo.fields} | filled
        self._keep(
            complete(
                definition=self.definition,
                instance=self.instance,
                task=task,
                data=data,
                by=self.somebody(task, todo.roles, person),
                now=self.now,
                seen=self.instance.number,
                around=AROUND,
            )
        )
        return self

    def waits(self, **length):
        self.now += dt.timedelta(**length)
        self._keep(advance(definition=self.definition, instance=self.instance, now=self.now, around=AROUND))
        return self


class TestEveryProcess:
    def test_is_there(self):
        assert len(NAMES) == 16

    @pytest.mark.parametrize("name", NAMES)
    @settings(max_examples=12, deadline=None)
    @given(st.data())
    def test_ends_or_waits_whatever_people_choose_and_its_history_leads_to_the_same_state(self, name, data):
        walk = Walk(name, pick=lambda options: data.draw(st.sampled_from(options)))
        for _ in range(40):
            if walk.instance.status is not Status.RUNNING:
                break
            assert walk.open, f"{name} waits for nobody in {walk.instance.state}"
            task = data.draw(st.sampled_from(walk.open))
            try:
                walk.does(task)
            except RequirementUnmet:
                walk.waits(days=1)

        again = replay(definition=walk.definition, instance_id="T-1", events=walk.events, around=AROUND)
        assert again == walk.instance

    @pytest.mark.parametrize("name", NAMES)
    def test_states_the_source_and_grade_of_each_limit(self, name):
        tasks = packaged_library().latest(name).tasks.values()
        limits = [deadline for task in tasks for deadline in task.deadlines]

        assert limits
        assert all(limit.source and limit.evidence in ("R", "M-H", "M-M", "M-L", "P") for limit in limits)


class TestComplaint:
    def test_is_dispatched_contacted_handled_answered_and_called_back(self):
        walk = Walk("ticket_complaint")
        for task in ("dispatch", "contact", "handle", "reply", "revisit"):
            walk.does(task)

        assert walk.states == [
            "REGISTERED",
            "DISPATCHED",
            "CONTACTED",
            "HANDLED",
            "REPLIED",
            "REVISITED",
            "CLOSED",
        ]
        assert walk.instance.status is Status.FINISHED

    def test_is_contacted_within_a_day_and_handled_within_five_working_days(self):
        # Taken down on a Monday: dispatched within 20 minutes, and on.
        walk = Walk("ticket_complaint")
        assert walk.instance.opened["dispatch"].due_at == MONDAY + dt.timedelta(minutes=20)

        walk.does("dispatch")
        assert walk.instance.opened["contact"].due_at == MONDAY + dt.timedelta(hours=24)

        walk.does("contact")
        limit = walk.definition.tasks["handle"].deadlines[-1].duration
        assert (limit.amount, limit.unit.value) == (5, "working_days")
        assert walk.instance.opened["handle"].due_at == due_at(limit, since=MONDAY, calendar=AROUND.calendar)

    def test_goes_back_to_dispatch_from_the_wrong_team(self):
        walk = Walk("ticket_complaint").does("dispatch").does("contact").does("handle", handling="WRONG_TEAM")

        assert walk.open == ["dispatch"]

    def test_goes_back_to_work_when_the_customer_is_not_satisfied(self):
        walk = Walk("ticket_complaint")
        for task in ("dispatch", "contact", "handle", "reply"):
            walk.does(task)
        walk.does("revisit", satisfaction="UNSATISFIED", is_solved=False)

        assert walk.open == ["handle"]

    def test_is_called_back_by_somebody_else_than_who_handled_it(self):
        walk = Walk("ticket_complaint").does("dispatch").does("contact").does("handle", person="li").does("reply")

        with pytest.raises(DutiesNotSeparated):
            walk.does("revisit", person="li")

    def test_calls_nobody_back_who_does_not_want_it(self):
        walk = Walk("ticket_report", may_call_back=False)
        for task in ("dispatch", "handle", "reply"):
            walk.does(task)

        assert walk.instance.status is Status.FINISHED
        assert "REVISITED" not in walk.states


class TestRepair:
    @pytest.mark.parametrize(
        ("place", "minutes"), [("CITY", 45), ("RURAL", 90), ("REMOTE", 120), ("SH_INNER", 60), ("SH_OUTER", 90)]
    )
    def test_is_on_site_within_the_time_of_the_place(self, place, minutes):
        walk = Walk("ticket_repair", place_kind=place).does("dispatch").does("call_customer")

        (arrival,) = walk.open
        assert walk.instance.opened[arrival].due_at == MONDAY + dt.timedelta(minutes=minutes)

    def test_is_not_over_before_the_supply_is_back(self):
        walk = Walk("ticket_repair").does("dispatch").does("call_customer").does("arrive_city")

        with pytest.raises(RequirementUnmet):
            walk.does("restore", is_restored=False)
        assert walk.does("restore", is_restored=False, fault_kind="CUSTOMER").states[-1] == "RESTORED"


class TestConnection:
    def test_replies_with_the_scheme_of_a_single_high_voltage_source_in_ten_working_days_and_of_a_double_in_twenty(
        self,
    ):
        for kind, task, days in (("HV_SINGLE", "scheme_hv_single", 10), ("HV_DOUBLE", "scheme_hv_double", 20)):
            walk = Walk("connection", supply_kind=kind).does("check_papers")
            limit = walk.definition.tasks[task].deadlines[-1].duration
            assert walk.open == [task]
            assert (limit.amount, limit.unit.value) == (days, "working_days")

    def test_asks_for_what_is_missing_before_anything_else(self):
        walk = Walk("connection").does("check_papers", papers="MISSING")

        assert walk.open == ["wait_papers"]
        assert walk.does("wait_papers").open == ["check_papers"]


class TestArrears:
    def until_thirty(self):
        return Walk("arrears").does("send_reminder").waits(days=31)

    def test_ends_with_the_payment(self):
        walk = Walk("arrears").does("send_reminder").does("await_thirty")

        assert walk.instance.status is Status.FINISHED
        assert "STOPPED" not in walk.states

    def test_asks_for_no_stop_before_thirty_days(self):
        walk = Walk("arrears").does("send_reminder").waits(days=30)
        assert walk.open == ["await_thirty"]

        assert walk.waits(days=1).open == ["ask_stop"]

    def test_never_stops_a_protected_customer(self):
        with pytest.raises(RequirementUnmet):
            self.until_thirty().does("ask_stop", is_protected=True, has_dispute=False, stop_choice="STOP")

    def test_stops_after_notice_three_days_and_thirty_minutes_in_daytime_only(self):
        walk = self.until_thirty().does("ask_stop", is_protected=False, has_dispute=False, stop_choice="STOP")
        walk.does("approve_stop").does("serve_notice")
        assert walk.waits(days=2).open == ["await_notice"]
        assert walk.waits(days=2).open == ["final_call"]
        assert walk.does("final_call").waits(minutes=29).open == ["await_call"]
        assert walk.waits(minutes=1).open == ["stop_supply"]

        with pytest.raises(RequirementUnmet):
            walk.does("stop_supply", is_daytime=False, is_extreme_weather=False)
        walk.does("stop_supply", is_extreme_weather=False).does("await_stopped").does("restore")

        assert walk.states[-3:] == ["STOPPED", "RESTORED", "CLOSED"]

    def test_is_approved_by_somebody_else_than_who_asks(self):
        walk = self.until_thirty().does(
            "ask_stop", person="li", is_protected=False, has_dispute=False, stop_choice="STOP"
        )

        with pytest.raises(DutiesNotSeparated):
            walk.does("approve_stop", person="li")
