"""Deadlines counted again once a provisional calendar is announced."""

import datetime as dt

from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.instances import Surroundings
from lamplighter.business.workflow.operations import complete, resume, start, suspend
from lamplighter.business.workflow.recounting import recount
from lamplighter.business.workflow.replaying import replay
from tests.business.workflow.drawing import (
    AROUND,
    CHIEF,
    CLERK,
    HEAD,
    MONDAY,
    SHANGHAI,
    Weekdays,
    deadline,
    flows,
    task,
)

THURSDAY = dt.date(2026, 3, 5)
ANNOUNCED = Surroundings(Weekdays(THURSDAY), {})


def definition(duration="P5WD"):
    return read_process(
        (
            f'{HEAD}<process id="p" name="p" isExecutable="true" lamp:version="1" lamp:startRoles="clerk">'
            '<extensionElements><lamp:suspension name="OPINION" label="o" roles="chief"/></extensionElements>'
            f'<startEvent id="s"/>{task("look", deadline(duration))}<endEvent id="e"/>{flows("s > look", "look > e")}'
            "</process></definitions>"
        ).encode(),
        file="p.bpmn",
    )


def begun(drawn):
    return start(definition=drawn, instance_id="I1", data={}, by=CLERK, now=MONDAY, around=AROUND)


def last_on(instance):
    due = instance.opened["look"].due_at.astimezone(SHANGHAI)
    return (due - dt.timedelta(microseconds=1)).date()


class TestRecount:
    def test_moves_a_deadline_over_a_holiday_that_was_announced(self):
        # Five working days from Monday 2 March: Monday the 9th; with the Thursday off, Tuesday the 10th.
        drawn = definition()
        first = begun(drawn)
        assert last_on(first.instance) == dt.date(2026, 3, 9)

        step = recount(definition=drawn, instance=first.instance, events=first.events, now=MONDAY, around=ANNOUNCED)

        assert last_on(step.instance) == dt.date(2026, 3, 10)
        assert [event.kind.value for event in step.events] == ["recounted"]

    def test_says_nothing_where_nothing_moved(self):
        drawn = definition()
        first = begun(drawn)

        step = recount(definition=drawn, instance=first.instance, events=first.events, now=MONDAY, around=AROUND)

        assert (step.events, step.instance) == ((), first.instance)

    def test_leaves_a_deadline_of_calendar_days_alone(self):
        drawn = definition("P5D")
        first = begun(drawn)

        assert not recount(
            definition=drawn, instance=first.instance, events=first.events, now=MONDAY, around=ANNOUNCED
        ).events

    def test_gives_back_the_time_the_instance_stood_still(self):
        # Paused Tuesday to Tuesday, four left of five (Wed, Thu, Fri, Mon). Of the calendar before: Wed 11 to Mon 16.
        # With Thursday the 5th off still four are left: the first five are Tue, Wed, Fri, Mon, Tue.
        drawn = definition()
        first = begun(drawn)
        tuesday = MONDAY + dt.timedelta(days=1)
        held = suspend(
            definition=drawn,
            instance=first.instance,
            suspension="OPINION",
            by=CHIEF,
            now=tuesday,
            seen=first.instance.number,
            around=AROUND,
        )
        on = resume(
            definition=drawn,
            instance=held.instance,
            data={},
            by=CHIEF,
            now=tuesday + dt.timedelta(days=7),
            seen=held.instance.number,
            around=AROUND,
        )
        events = [*first.events, *held.events, *on.events]
        assert last_on(on.instance) == dt.date(2026, 3, 16)

        step = recount(definition=drawn, instance=on.instance, events=events, now=MONDAY, around=ANNOUNCED)

        assert last_on(step.instance) == dt.date(2026, 3, 16)

    def test_can_be_played_again_from_the_history(self):
        drawn = definition()
        first = begun(drawn)
        step = recount(definition=drawn, instance=first.instance, events=first.events, now=MONDAY, around=ANNOUNCED)
        done = complete(
            definition=drawn,
            instance=step.instance,
            task="look",
            data={},
            by=CLERK,
            now=MONDAY + dt.timedelta(hours=1),
            seen=step.instance.number,
            around=ANNOUNCED,
        )

        events = [*first.events, *step.events, *done.events]
        assert replay(definition=drawn, instance_id="I1", events=events, around=ANNOUNCED) == done.instance
        assert replay(definition=drawn, instance_id="I1", events=events[:2], around=AROUND) == step.instance
