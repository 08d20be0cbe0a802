"""What can be done to an instance, and what is refused: nothing has happened then."""

import datetime as dt
import hashlib

import pytest

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.instances import Actor, EventKind, Status, Surroundings
from lamplighter.business.workflow.operations import advance, cancel, complete, deliver, resume, suspend
from lamplighter.business.workflow.queries import open_tasks
from lamplighter.business.workflow.refusals import (
    ConditionUndecided,
    DefinitionDiffers,
    DutiesNotSeparated,
    MessageNotAwaited,
    NotRunning,
    RequirementUnmet,
    RoleMissing,
    StaleInstance,
    SuspensionUnknown,
    TaskNotOpen,
)
from lamplighter.business.workflow.replaying import replay
from tests.business.workflow.drawing import (
    AROUND,
    CHIEF,
    CLERK,
    MONDAY,
    SHANGHAI,
    Weekdays,
    begun,
    deadline,
    done,
    field,
    flows,
    read,
    task,
    timer,
)

STRAIGHT = flows("s > a", "a > e")
OPINION = (
    '<extensionElements><lamp:suspension name="OPINION" label="opinion" roles="chief">'
    '<lamp:field name="opinion_no" kind="text" label="number"/></lamp:suspension>'
    '<lamp:cancellation roles="chief"/></extensionElements>'
)


def hours(count):
    return MONDAY + dt.timedelta(hours=count)


def local(instant):
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def acted(definition, step, operation, **more):
    """Carry an operation out on the instance of a step."""
    arguments = {"by": CLERK, "now": hours(1), "seen": step.instance.number, "around": AROUND, **more}
    return operation(definition=definition, instance=step.instance, **arguments)


class TestStart:
    def test_opens_the_first_task_with_its_deadline(self):
        definition = read(task("a", deadline("P5WD")), STRAIGHT)

        instance = begun(definition).instance

        assert (instance.status, instance.number, list(instance.opened)) == (Status.RUNNING, 1, ["a"])
        assert local(instance.opened["a"].due_at) == "03-10 00:00"

    def test_keeps_version_and_digest_of_its_definition(self):
        definition = read(task("a"), STRAIGHT, version=7)

        instance = begun(definition).instance

        assert (instance.process, instance.version, instance.digest) == ("p", 7, definition.digest)

    def test_needs_the_role(self):
        with speaking("en"), pytest.raises(RoleMissing, match="needs one of the roles clerk"):
            begun(read(task("a"), STRAIGHT), by=CHIEF)

    def test_needs_the_instant_with_its_zone(self):
        with pytest.raises(ValueError, match="zone"):
            begun(read(task("a"), STRAIGHT), now=dt.datetime(2026, 3, 2))

    def test_writes_down_who_when_and_a_hash_of_what(self):
        definition = read(f"<extensionElements>{field('account_no', 'text')}</extensionElements>", task("a"), STRAIGHT)

        [event] = begun(definition, {"account_no": "0571"}).events

        assert (event.kind, event.by, event.number) == (EventKind.STARTED, "clerk", 1)
        assert event.at == MONDAY
        assert event.data == {"account_no": "0571"}
        assert event.data_hash == hashlib.sha256(b'{"account_no":"0571"}').hexdigest()


class TestComplete:
    def test_ends_the_instance_at_the_end(self):
        definition = read(task("a"), STRAIGHT)

        step = done(definition, begun(definition), "a")

        assert (step.instance.status, dict(step.instance.opened)) == (Status.FINISHED, {})

    def test_opens_the_same_task_anew_after_a_round(self):
        definition = read(
            task("a", field("again", "boolean") + deadline("PT24H")),
            '<exclusiveGateway id="g"/>',
            flows("s > a", "a > g", "g > a if again", "g > e if not(again)"),
        )

        step = done(definition, begun(definition), "a", again=True)

        assert local(step.instance.opened["a"].due_at) == "03-03 10:00"  # an hour later than the first time

    def test_tells_the_second_of_two_people(self):
        definition = read(task("a"), task("b"), flows("s > a", "a > b", "b > e"))
        first = begun(definition)
        after = done(definition, first, "a")

        with speaking("en"), pytest.raises(StaleInstance, match="somebody else was faster"):
            acted(definition, after, complete, task="a", data={}, seen=first.instance.number)

    def test_refuses_a_task_that_is_not_open(self):
        definition = read(task("a"), task("b"), flows("s > a", "a > b", "b > e"))

        with speaking("en"), pytest.raises(TaskNotOpen, match="what can be done: a"):
            acted(definition, begun(definition), complete, task="b", data={})

    def test_refuses_a_person_without_the_role(self):
        definition = read(task("a", roles="chief"), STRAIGHT)

        with pytest.raises(RoleMissing):
            acted(definition, begun(definition), complete, task="a", data={})

    def test_refuses_everything_once_it_is_over(self):
        definition = read(task("a"), STRAIGHT)
        over = done(definition, begun(definition), "a")

        with speaking("en"), pytest.raises(NotRunning, match="is finished"):
            acted(definition, over, complete, task="a", data={})

    def test_refuses_another_definition_than_it_began_with(self):
        definition, newer = read(task("a"), STRAIGHT), read(task("a"), STRAIGHT, version=2)

        with pytest.raises(DefinitionDiffers):
            acted(newer, begun(definition), complete, task="a", data={})

    def test_is_undone_when_a_condition_needs_what_nobody_filled_in(self):
        definition = read(
            task("a", field("amount", "decimal", more='required="false"')),
            '<exclusiveGateway id="g" default="g_e"/>',
            task("b"),
            flows("s > a", "a > g", "g > b if amount > 10", "g > e", "b > e"),
        )
        step = begun(definition)

        with speaking("en"), pytest.raises(ConditionUndecided, match="amount"):
            acted(definition, step, complete, task="a", data={})

        assert list(done(definition, step, "a", amount="10.01").instance.opened) == ["b"]

    def test_forgets_what_an_earlier_round_filled_in(self):
        definition = read(
            task("a", field("again", "boolean") + field("note", "text", more='required="false"')),
            '<exclusiveGateway id="g"/>',
            flows("s > a", "a > g", "g > a if again", "g > e if not(again)"),
        )
        once = done(definition, begun(definition), "a", again=True, note="first")

        twice = done(definition, once, "a", again=False)

        assert twice.instance.data == {"again": False}


GOOD = {
    "outcome": "THEFT",
    "energy_kwh": "5400.10",
    "count": "3",
    "found_on": "2026-03-02",
    "is_live": "true",
    "second": "zhao",
}


class TestForms:
    FIELDS = (
        field("outcome", "choice", "CLEAN", "THEFT")
        + field("energy_kwh", "decimal")
        + field("count", "integer")
        + field("found_on", "date")
        + field("is_live", "boolean")
        + field("second", "colleague")
        + field("note", "text", more='required="false"')
    )

    def refused(self, **given):
        definition = read(task("a", self.FIELDS), STRAIGHT)
        with speaking("en"), pytest.raises(FormRefused) as refused:
            acted(definition, begun(definition), complete, task="a", data={**GOOD, **given})
        return refused.value.faults

    def test_take_values_or_their_text(self):
        definition = read(task("a", self.FIELDS), STRAIGHT)

        data = acted(definition, begun(definition), complete, task="a", data=GOOD).instance.data

        assert str(data["energy_kwh"]) == "5400.10"
        assert (data["count"], data["found_on"], data["is_live"]) == (3, dt.date(2026, 3, 2), True)

    def test_name_every_fault_at_once(self):
        faults = self.refused(outcome="STOLEN", energy_kwh=0.1, count="3.5", found_on="yesterday", is_live="maybe")

        assert faults.keys() == {"outcome", "energy_kwh", "count", "found_on", "is_live"}
        assert "never a binary fraction" in faults["energy_kwh"]
        assert "CLEAN, THEFT" in faults["outcome"]

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"outcome": None}, "outcome"),
            ({"outcome": " "}, "outcome"),
            ({"extra": 1}, "extra"),
            ({"second": "clerk"}, "second"),
            ({"energy_kwh": "NaN"}, "energy_kwh"),
            ({"energy_kwh": "1e30"}, "energy_kwh"),
            ({"count": True}, "count"),
            ({"note": "x" * 10_001}, "note"),
        ],
    )
    def test_refuse_what_does_not_fit(self, given, name):
        assert list(self.refused(**given)) == [name]


class TestRequirements:
    def test_are_told_together_when_they_do_not_hold(self):
        definition = read(
            task(
                "a",
                field("fee", "decimal")
                + field("safe", "boolean")
                + '<lamp:require that="fee >= 0" label="不得为负" en="not negative"/>'
                + '<lamp:require that="safe" label="须安全" en="must be safe"/>',
            ),
            STRAIGHT,
        )
        step = begun(definition)

        with speaking("en"), pytest.raises(RequirementUnmet, match=r"2 requirements.*\n- not negative\n- must be safe"):
            acted(definition, step, complete, task="a", data={"fee": "-1", "safe": False})
        with speaking("zh"), pytest.raises(RequirementUnmet, match="须安全"):
            acted(definition, step, complete, task="a", data={"fee": "0", "safe": False})


class TestDuties:
    def definition(self):
        apart = '<lamp:separation duties="finder calculator" source="company rule" evidence="P"/>'
        return read(
            f"<extensionElements>{apart}</extensionElements>",
            task("a", field("second", "colleague", more='duty="finder"'), more='lamp:duty="finder"'),
            task("b", more='lamp:duty="calculator"'),
            flows("s > a", "a > b", "b > e"),
        )

    @pytest.mark.parametrize("person", ["clerk", "zhao"])
    def test_that_are_kept_apart_need_two_persons(self, person):
        definition = self.definition()
        found = done(definition, begun(definition), "a", second="zhao")

        with speaking("en"), pytest.raises(DutiesNotSeparated, match=rf"{person}.*calculator.*finder.*company rule"):
            acted(definition, found, complete, task="b", data={}, by=Actor(person, frozenset({"clerk"})), now=hours(2))

    def test_may_be_taken_on_by_a_third(self):
        definition = self.definition()
        found = done(definition, begun(definition), "a", second="zhao")

        step = acted(definition, found, complete, task="b", data={}, by=Actor("chen", frozenset({"clerk"})))

        assert step.instance.duties == {"calculator": ("chen",), "finder": ("clerk", "zhao")}


class TestTimers:
    def test_are_waited_for_by_the_clock_passed_in(self):
        definition = read(timer("t", "P3D"), task("a"), flows("s > t", "t > a", "a > e"))
        step = begun(definition)

        # Three days after a Monday end with Thursday: 15 hours of the Monday and three days are 87 hours.
        early = advance(definition=definition, instance=step.instance, now=hours(86.9), around=AROUND)
        late = advance(definition=definition, instance=step.instance, now=hours(87), around=AROUND)

        assert early.events == ()
        assert [(event.kind, event.element) for event in late.events] == [(EventKind.TIMER, "t")]
        assert list(late.instance.opened) == ["a"]

    def test_end_a_task_that_took_too_long(self):
        definition = read(task("a"), timer("t", "PT24H", on="a"), task("b"), flows("s > a", "a > e", "t > b", "b > e"))
        step = begun(definition)

        late = advance(definition=definition, instance=step.instance, now=hours(24), around=AROUND)

        assert list(late.instance.opened) == ["b"]
        with pytest.raises(TaskNotOpen):
            acted(definition, step, complete, task="a", data={}, now=hours(25))
        assert done(definition, step, "a").instance.status is Status.FINISHED

    def test_may_open_work_beside_a_task(self):
        definition = read(
            task("a"),
            timer("t", "PT24H", on="a", interrupting=False),
            task("b"),
            '<endEvent id="e2"/>',
            flows("s > a", "a > e", "t > b", "b > e2"),
        )
        late = advance(definition=definition, instance=begun(definition).instance, now=hours(24), around=AROUND)

        assert list(late.instance.opened) == ["a", "b"]
        first = done(definition, late, "a")
        assert list(first.instance.opened) == ["b"]
        assert done(definition, first, "b").instance.status is Status.FINISHED

    def test_take_the_rule_of_the_day_on_which_they_begin(self):
        both = deadline("PT48H", valid_from="1996-10-08") + deadline("PT24H", valid_from="2026-03-03")
        definition = read(task("a", both), STRAIGHT)

        before, after = (begun(definition, now=MONDAY + dt.timedelta(days=days)).instance for days in (0, 1))

        assert local(before.opened["a"].due_at) == "03-04 09:00"
        assert local(after.opened["a"].due_at) == "03-04 09:00"


class TestMessages:
    def definition(self):
        message = '<message id="m" name="payment_received"/>'
        wait = (
            '<intermediateCatchEvent id="w" lamp:roles="billing">'
            f"<extensionElements>{field('paid_yuan', 'decimal')}</extensionElements>"
            '<messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
        )
        return read(wait, task("a"), flows("s > w", "w > a", "a > e"), before=message)

    def test_let_the_instance_go_on(self):
        definition, billing = self.definition(), Actor("billing system", frozenset({"billing"}))

        step = deliver(
            definition=definition,
            instance=begun(definition).instance,
            message="payment_received",
            data={"paid_yuan": "12.50"},
            by=billing,
            now=hours(1),
            around=AROUND,
        )

        assert list(step.instance.opened) == ["a"]
        assert [(event.kind, event.element, event.by) for event in step.events] == [
            (EventKind.MESSAGE, "w", "billing system")
        ]

    def test_are_refused_when_nobody_waits_or_the_sender_may_not(self):
        definition = self.definition()
        arguments = {"data": {"paid_yuan": "1"}, "now": hours(1), "around": AROUND}
        step = begun(definition)

        with pytest.raises(MessageNotAwaited):
            deliver(definition=definition, instance=step.instance, message="other", by=CLERK, **arguments)
        with pytest.raises(RoleMissing):
            deliver(definition=definition, instance=step.instance, message="payment_received", by=CLERK, **arguments)


class TestSuspension:
    def test_stops_every_task_and_every_clock(self):
        definition = read(OPINION, task("a"), timer("t", "PT24H", on="a"), flows("s > a", "a > e", "t > e"))
        still = acted(definition, begun(definition), suspend, suspension="OPINION", by=CHIEF)

        assert (still.instance.status, still.instance.paused.suspension) == (Status.SUSPENDED, "OPINION")
        assert open_tasks(definition=definition, instance=still.instance, by=CLERK, now=hours(2)) == ()
        with speaking("en"), pytest.raises(NotRunning, match="suspended"):
            acted(definition, still, complete, task="a", data={}, now=hours(2))
        assert advance(definition=definition, instance=still.instance, now=hours(999), around=AROUND).events == ()

    def test_goes_on_where_it_stood_with_what_was_left_of_time(self):
        definition = read(
            OPINION, task("a", deadline("PT24H")), timer("t", "PT24H", on="a"), flows("s > a", "a > e", "t > e")
        )
        still = acted(definition, begun(definition), suspend, suspension="OPINION", by=CHIEF, now=hours(4))

        again = acted(definition, still, resume, data={"opinion_no": "K1"}, by=CHIEF, now=hours(104))

        assert local(again.instance.opened["a"].due_at) == "03-07 13:00"  # 24 h and 100 h after Monday 9:00
        assert again.instance.data["opinion_no"] == "K1"
        early, late = (
            advance(definition=definition, instance=again.instance, now=hours(count), around=AROUND)
            for count in (123.9, 124)
        )
        assert (early.instance.status, late.instance.status) == (Status.RUNNING, Status.FINISHED)

    def test_needs_a_reason_the_process_provides_for_and_the_role(self):
        definition = read(OPINION, task("a"), STRAIGHT)
        step = begun(definition)

        with speaking("en"), pytest.raises(SuspensionUnknown, match="it knows: OPINION"):
            acted(definition, step, suspend, suspension="HOLIDAY", by=CHIEF)
        with pytest.raises(RoleMissing):
            acted(definition, step, suspend, suspension="OPINION")
        with speaking("en"), pytest.raises(NotRunning, match="nothing to resume"):
            acted(definition, step, resume, data={}, by=CHIEF)


class TestCancel:
    def test_ends_it_with_the_reason_in_its_history(self):
        definition = read(OPINION, task("a"), STRAIGHT)

        step = acted(definition, begun(definition), cancel, reason="opened twice", by=CHIEF)

        assert (step.instance.status, step.instance.opened) == (Status.CANCELLED, {})
        assert step.events[0].data == {"reason": "opened twice"}
        with pytest.raises(NotRunning):
            acted(definition, step, cancel, reason="again", by=CHIEF)

    def test_needs_the_role(self):
        definition = read(OPINION, task("a"), STRAIGHT)

        with pytest.raises(RoleMissing):
            acted(definition, begun(definition), cancel, reason="no")


class TestServices:
    SERVICE = f'<serviceTask id="m" lamp:service="price"><extensionElements>{field("price_yuan", "decimal")}</extensionElements></serviceTask>'  # noqa: E501 - one element

    def definition(self):
        return read(task("a"), self.SERVICE, task("b"), flows("s > a", "a > m", "m > b", "b > e"), services=("price",))

    def test_are_called_by_name_and_their_answer_is_written_down(self):
        definition = self.definition()
        around = Surroundings(Weekdays(), {"price": lambda data: {"price_yuan": "0.52"}})

        step = acted(definition, begun(definition), complete, task="a", data={}, around=around)

        assert [(event.kind, event.element) for event in step.events] == [
            (EventKind.COMPLETED, "a"),
            (EventKind.SERVED, "m"),
        ]
        assert str(step.instance.data["price_yuan"]) == "0.52"

    def test_that_fail_leave_everything_as_it_was(self):
        definition, step = self.definition(), begun(self.definition())

        def out_of_order(data):
            raise ConnectionError("no answer")

        with pytest.raises(ConnectionError):
            acted(
                definition,
                step,
                complete,
                task="a",
                data={},
                around=Surroundings(Weekdays(), {"price": out_of_order}),
            )
        assert list(step.instance.opened) == ["a"]

    def test_are_not_called_again_when_the_history_is_replayed(self):
        definition = self.definition()
        first = begun(definition)
        answers = iter([{"price_yuan": "0.52"}])
        around = Surroundings(Weekdays(), {"price": lambda data: next(answers)})
        step = acted(definition, first, complete, task="a", data={}, around=around)

        again = replay(definition=definition, instance_id="I1", events=[*first.events, *step.events], around=around)

        assert again == step.instance


class TestOpenTasks:
    def test_say_whose_they_are_and_which_are_late_the_earliest_first(self):
        definition = read(
            '<parallelGateway id="g"/><parallelGateway id="j"/>',
            task("a", deadline("P5WD")),
            task("b", deadline("PT24H"), roles="chief"),
            task("c"),
            flows("s > g", "g > a", "g > b", "g > c", "a > j", "b > j", "c > j", "j > e"),
        )

        found = open_tasks(definition=definition, instance=begun(definition).instance, by=CLERK, now=hours(24))

        assert [(each.task.id, each.is_overdue, each.is_mine) for each in found] == [
            ("b", True, False),
            ("a", False, True),
            ("c", False, True),
        ]


class TestSameInput:
    def test_has_the_same_outcome(self):
        definition = read(task("a"), task("b"), flows("s > a", "a > b", "b > e"))

        one, other = (done(definition, begun(definition), "a") for _ in range(2))

        assert one == other
